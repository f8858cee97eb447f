"""An analysis under whatever comes: any metric, any answers, restarts, and a template that is lost for a while."""

import math
from datetime import timedelta
from typing import Any

from fabgitops_core.api.analysis.status import AnalysisStatus, MetricStatus
from fabgitops_core.control.analysis.running import begun, concluded, due, next_at, taken
from hypothesis import given, settings
from hypothesis import strategies as st

from .metrics import RATE, after, analyses, event, offers

ANSWERS: dict[str, Any] = {
    "Successful": [0.5],
    "Inconclusive": [3.0],
    "Failed": [7.0],
    "NoData": [math.nan],
    "Error": OSError("no connection"),
}
LIMITS = st.integers(-1, 3)
METRICS = st.fixed_dictionaries(
    {"failureLimit": LIMITS, "inconclusiveLimit": LIMITS, "noDataLimit": LIMITS},
    optional={"count": st.integers(3, 6), "warmup": st.just("5m"), "initialDelay": st.sampled_from(["30s", "10m"])},
)
STORY = st.lists(
    st.tuples(st.sampled_from(sorted(ANSWERS)), st.integers(0, 90), st.booleans(), st.booleans()), max_size=30
)


def is_passed(count: int, limit: int) -> bool:
    """Return whether a limit is passed."""
    return 0 <= limit < count


def should_be(metric: dict[str, Any], verdicts: list[str]) -> str:
    """Return what the verdicts of measurements come to, as Argo Rollouts' rules say it, looked at all at once."""
    errors = no_data = 0
    counts = dict.fromkeys(ANSWERS, 0)
    for verdict in verdicts:
        counts[verdict] += 1
        errors = errors + 1 if verdict == "Error" else 0
        no_data = no_data + 1 if verdict == "NoData" else no_data if verdict == "Error" else 0
    if is_passed(errors, 4):
        return "Error"
    if is_passed(no_data, metric["noDataLimit"]):
        return "NoData"
    if is_passed(counts["Inconclusive"], metric["inconclusiveLimit"]):
        return "Inconclusive"
    if is_passed(counts["Failed"], metric["failureLimit"]):
        return "Failed"
    made = counts["Successful"] + counts["Failed"] + counts["Inconclusive"]
    return "Successful" if made >= metric.get("count", math.inf) else "Running"


@settings(max_examples=4 * settings().max_examples)
@given(METRICS, STORY)
def test_it_comes_to_what_was_measured(metric: dict[str, Any], story: list[tuple[str, int, bool, bool]]) -> None:
    """Whatever is measured, lost or restarted, the metric ends when and how the rules say, and is measured no more."""
    of = offers({**RATE, "failureCondition": "result[0] > 5", **metric})
    status, verdicts, at = begun(0, analyses(), of, after(0)), list[str](), after(0)
    assert isinstance(status, AnalysisStatus)
    for answer, late, restarted, lost in story:
        when = next_at(status)
        if when is None:
            break
        assert due(status, analyses(), of, when - timedelta(seconds=1)) is None
        at = when + timedelta(seconds=late)
        request = due(status, analyses(), {} if lost else of, at)
        assert request is not None
        assert (request.metric is None) is lost
        status = taken(status, event(request, OSError("lost") if lost else ANSWERS[answer], at))
        verdicts.append("Error" if lost else answer)
        if restarted:
            status = AnalysisStatus.model_validate_json(status.model_dump_json(by_alias=True))
        (one,) = status.metrics
        assert one.verdict == should_be(metric, verdicts)
        assert_whole(status, one, verdicts)
    assert concluded(status, analyses(), {}).verdict == ("Inconclusive" if ending(status) else status.verdict)
    ended = concluded(status, analyses(), of)
    assert ended.verdict != "Running"
    if ended.verdict == "Successful" and ending(status):
        assert "Successful" in verdicts
        assert status.metrics[0].successful + status.metrics[0].failed + status.metrics[0].inconclusive >= metric.get(
            "count", 1
        )
    assert next_at(ended) is None


def ending(status: AnalysisStatus) -> bool:
    """Return whether an analysis is under way."""
    return status.verdict == "Running"


def assert_whole(status: AnalysisStatus, one: MetricStatus, verdicts: list[str]) -> None:
    """Fail unless an analysis of one metric says what that says, and keeps its last measurements."""
    assert status.verdict == ("Inconclusive" if one.verdict == "NoData" else one.verdict)
    assert (one.next_at is None) is (one.verdict != "Running")
    assert [each.verdict for each in one.measurements] == verdicts[-10:]
    if one.verdict not in {"Running", "Successful"}:
        assert status.message.startswith("checks/rate: it ")
