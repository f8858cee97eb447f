"""What one answer says: conditions, and what there is nothing to judge of."""

import math
from typing import Any

import pytest
from fabgitops_core.control.analysis.answers import Answer
from fabgitops_core.control.analysis.judging import Judged, Verdict, judged

from .metrics import metric

S, F, B, E, N = Verdict.SUCCESSFUL, Verdict.FAILED, Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.NO_DATA
LOW, HIGH = "result[0] < 1", "result[0] > 5"

TABLE: list[tuple[str | None, str | None, Any, Verdict]] = [
    (None, None, [7.0], S),
    (LOW, None, [0.5], S),
    (LOW, None, [3.0], F),
    (None, HIGH, [0.5], S),
    (None, HIGH, [7.0], F),
    (LOW, HIGH, [0.5], S),
    (LOW, HIGH, [3.0], B),
    (LOW, HIGH, [7.0], F),
    ("result[0] < 9", HIGH, [7.0], F),  # failure wins where both hold
    ("result[0] < result[1]", None, [0.5], E),
    (LOW, "result[0] > result[1]", [0.5], E),
    ("result[0] + 1", None, [0.5], E),
    (None, None, [], N),
    (LOW, None, [], N),
    (LOW, HIGH, [], N),
    (None, HIGH, [], N),  # nothing is no success, although it is no failure either
    (LOW, None, [math.nan], N),
    ("result.all(x, x < 1)", None, [0.5, math.nan], N),
    ("result < 1", None, math.nan, N),
    (None, "result > 5", None, N),
    ("len(result) == 0 || result[0] < 1", None, [], S),
    ("len(result) > 0 && result[0] < 1", None, [], F),
    ("default(result[0], 0) < 1", None, [], S),
    ("isNaN(result[0]) || result[0] < 1", None, [math.nan], S),
    (LOW, "len(result) == 0", [], F),
    ("len(result) == 0 || result[0] < 1", HIGH, [], S),  # of nothing only the one that speaks of it is asked
    (LOW, None, [math.inf], F),
    # a guard against nothing says nothing of NaN, and the other way round
    (None, "len(result) > 0 && result[0] > 5", [math.nan], N),
    (None, "len(result) > 0 && result[0] > 5", [], S),
    ("len(result) == 0 || result[0] < 1", None, [math.nan], N),
    ("result.size() > 0 && result.all(x, x < 1)", None, [0.5, math.nan], N),
    ("default(result[0], 0) < 1", None, [math.nan], N),
    (None, "default(result[0], 0) > 5", [math.nan], N),
    ("isNaN(result[0]) || result[0] < 1", None, [], N),
    (None, "isNaN(result[0])", [math.nan], F),
    ("isNaN(result[0]) || result[0] < 1", "len(result) == 0", [math.nan], S),
    (LOW, "len(result) == 0", [math.nan], N),
    ("count(result, {# > 5}) <= 1", None, [], N),
    ("len(result) == 0 or count(result, {# > 5}) <= 1", None, [], S),
    ("isNil(result) || result < 1", None, None, S),
    ("result == nil", None, None, S),
    ("len(result) == 0", None, None, N),
    # wherever in an answer it stands
    (None, "result.rate > 5", {"rate": math.nan}, N),
    ("result.all(x, x[0] < 1)", None, [[0.5], [math.nan]], N),
    (None, "result.lines[0].rate > 5", {"lines": [{"rate": math.nan}]}, N),
]


@pytest.mark.parametrize(("success", "failure", "value", "verdict"), TABLE)
def test_an_answer_is_judged(success: str | None, failure: str | None, value: Any, verdict: Verdict) -> None:
    """An answer is judged as Argo Rollouts does, but that nothing, or no number, is NoData."""
    asked = metric(successCondition=success, failureCondition=failure)
    assert judged(asked, Answer(value)).verdict is verdict


def test_what_is_missing_is_no_data_whatever_conditions_say() -> None:
    """What could not be found, as a PLC that is away, is NoData with its reason."""
    asked = metric(successCondition="len(result) == 0")
    assert judged(asked, Answer(missing="press-4 is away")) == Judged(N, "press-4 is away")


@pytest.mark.parametrize(("value", "verdict"), [(True, S), (False, F), (3.0, S)])
def test_an_expression_over_registers_may_be_its_own_condition(value: Any, verdict: Verdict) -> None:
    """Without conditions an expression over registers that is false is a failure."""
    asked = metric(successCondition=None, provider={"registers": {"expression": 'plc["a"].b < 3'}})
    assert judged(asked, Answer(value)).verdict is verdict


def test_a_failure_says_which_condition_it_broke() -> None:
    """Who reads the status is told which condition did not hold."""
    assert judged(metric(), Answer([3.0])).why == "successCondition does not hold: result[0] < 1"
