"""An analysis from its beginning to its end: when it measures, what its limits mean, how it ends."""

import math
from typing import Any

import pytest
from fabgitops_core.api.analysis.status import AnalysisStatus
from fabgitops_core.control.analysis.answers import Answer
from fabgitops_core.control.analysis.asking import of_web
from fabgitops_core.control.analysis.running import Offers, begun, concluded, consulted, due, next_at, taken

from .metrics import RATE, after, analyses, event, offers

GOOD, BAD, BETWEEN, AWAY = [0.5], [7.0], [3.0], OSError("no connection")
NOTHING: list[float] = []
BOTH = {"failureCondition": "result[0] > 5"}


def begin(of: Offers, **args: str) -> AnalysisStatus:
    """Begin an analysis of the template `checks`."""
    status = begun(0, analyses(**args), of, after(0))
    assert isinstance(status, AnalysisStatus), status
    return status


def play(of: Offers, *answers: Any) -> tuple[AnalysisStatus, list[float]]:
    """Measure when it is due until all answers are used up or it has ended; return it, and the seconds of each."""
    status, times = begin(of), []
    for answer in answers:
        at = next_at(status)
        if at is None:
            break
        assert due(status, analyses(), of, at.replace(year=at.year - 1)) is None
        request = due(status, analyses(), of, at)
        assert request is not None
        times.append((at - after(0)).total_seconds())
        status = taken(status, event(request, answer, at))
    return status, times


TABLE: list[tuple[dict[str, Any], list[Any], str, list[float]]] = [
    # how often: neither count nor interval, an interval alone, both
    ({"interval": None}, [GOOD, GOOD], "Successful", [0]),
    ({}, [GOOD] * 3, "Running", [0, 60, 120]),
    ({"count": 3}, [GOOD] * 4, "Successful", [0, 60, 120]),
    ({"count": 1, "interval": None}, [GOOD] * 2, "Successful", [0]),
    # when it begins: after initialDelay and after the warm-up
    ({"initialDelay": "30s"}, [GOOD], "Running", [30]),
    ({"initialDelay": "30s", "warmup": "5m"}, [GOOD], "Running", [300]),
    ({"initialDelay": "10m", "warmup": "5m"}, [GOOD], "Running", [600]),
    # a limit is passed by more than it says; failures add up, errors have to follow each other
    ({"count": 5}, [GOOD, BAD, GOOD], "Failed", [0, 60]),
    ({"count": 5, "failureLimit": 1}, [BAD, GOOD, BAD, GOOD], "Failed", [0, 60, 120]),
    ({"count": 3, "failureLimit": 1}, [BAD, GOOD, GOOD], "Successful", [0, 60, 120]),
    ({"count": 3, "failureLimit": -1}, [BAD, BAD, BAD], "Successful", [0, 60, 120]),
    ({"count": 5, **BOTH}, [GOOD, BETWEEN], "Inconclusive", [0, 60]),
    ({"count": 3, "inconclusiveLimit": 1, **BOTH}, [BETWEEN, GOOD, BETWEEN], "Inconclusive", [0, 60, 120]),
    ({"count": 3, "inconclusiveLimit": -1, **BOTH}, [BETWEEN] * 3, "Successful", [0, 60, 120]),
    ({"count": 2}, [AWAY] * 5, "Error", [0, 10, 20, 30, 40]),
    ({"count": 2, "consecutiveErrorLimit": 0}, [AWAY], "Error", [0]),
    ({"count": 2}, [AWAY, AWAY, AWAY, AWAY, GOOD, AWAY, GOOD], "Successful", [0, 10, 20, 30, 40, 100, 110]),
    ({"interval": None, "count": None}, [AWAY, GOOD], "Successful", [0, 10]),
    # nothing to judge: no success, counts for nothing, and ends as inconclusive
    ({"count": 1}, [NOTHING] * 5, "Inconclusive", [0, 60, 120, 180, 240]),
    ({"interval": None}, [NOTHING, GOOD], "Successful", [0, 10]),
    ({"count": 2, "noDataLimit": 0}, [GOOD, NOTHING], "Inconclusive", [0, 60]),
    ({"count": 2, "noDataLimit": 1}, [NOTHING, GOOD, NOTHING, GOOD], "Successful", [0, 60, 120, 180]),
    ({"count": 2, "noDataLimit": 1}, [NOTHING, AWAY, NOTHING], "Inconclusive", [0, 60, 70]),
    ({"count": 1, "noDataLimit": -1}, [NOTHING] * 7, "Running", [0, 60, 120, 180, 240, 300, 360]),
]


@pytest.mark.parametrize(("given", "answers", "verdict", "times"), TABLE)
def test_the_limits_and_counts_of_a_metric(
    given: dict[str, Any], answers: list[Any], verdict: str, times: list[float]
) -> None:
    """A metric is measured as often, as soon and as long as Argo Rollouts would, and ends as it would."""
    metric = {key: value for key, value in {**RATE, **given}.items() if value is not None}
    status, measured = play(offers(metric), *answers)
    assert (status.verdict, measured) == (verdict, times)


def test_one_metric_that_has_failed_ends_all() -> None:
    """An analysis ends with its first metric that has not passed, says which and why, and measures nothing more."""
    of = offers({**RATE, "count": 5}, {**RATE, "name": "slow", "initialDelay": "1h"})
    status, _ = play(of, BAD)
    assert (status.verdict, next_at(status)) == ("Failed", None)
    assert status.message == "checks/rate: it failed once: successCondition does not hold: result[0] < 1"
    assert due(status, analyses(), of, after(9999)) is None


def test_all_metrics_must_pass() -> None:
    """An analysis is a success when all of its metrics are, not before."""
    of = offers({**RATE, "count": 1}, {**RATE, "name": "slow", "count": 1, "initialDelay": "1h"})
    assert play(of, GOOD)[0].verdict == "Running"
    assert play(of, GOOD, GOOD)[0].verdict == "Successful"


def test_what_was_measured_is_kept() -> None:
    """The last ten measurements say what was asked with its arguments, what came back, and the verdict."""
    query = {"prometheus": {"query": 'temp{line="{{args.line}}"}'}}
    of = offers({**RATE, "provider": query}, args=[{"name": "line", "value": "7"}])
    status, _ = play(of, *[[at / 100] for at in range(12)], AWAY)
    kept = status.metrics[0].measurements
    assert [each.value for each in kept] == ["[0.03]", *[f"[{at / 100:g}]" for at in range(4, 12)], ""]
    assert {each.query for each in kept} == {'temp{line="7"}'}
    assert (kept[-1].verdict, kept[-1].message) == ("Error", "no connection")


def test_it_goes_on_from_its_status_alone() -> None:
    """After a restart an analysis goes on where its stored status says, with no measurement more or less."""
    of = offers({**RATE, "count": 3, "failureLimit": 1})
    status, _ = play(of, BAD, GOOD)
    again = AnalysisStatus.model_validate_json(status.model_dump_json(by_alias=True))
    assert next_at(again) == after(120)
    request = due(again, analyses(), of, after(120))
    assert request is not None
    assert taken(again, event(request, GOOD, after(120))).verdict == "Successful"


def test_what_is_lost_meanwhile_is_an_error() -> None:
    """A template that is deleted, broken or loses the metric in mid-change is an Error after its retries."""
    of = offers(RATE)
    for lost in ({}, {("AnalysisTemplate", "checks"): (None, "bad")}, offers({**RATE, "name": "other"})):
        status = begin(of)
        for _ in range(5):
            at = next_at(status)
            assert at is not None
            request = due(status, analyses(), lost, at)
            assert request is not None
            assert request.metric is None
            status = taken(status, event(request, OSError(request.problem), at))
        assert status.verdict == "Error"
        assert "checks" in status.message


def test_an_answer_to_another_analysis_changes_nothing() -> None:
    """An answer that was asked for by another wave, or comes when all has ended, is not counted."""
    of = offers({**RATE, "count": 2})
    status = begin(of)
    request = due(status, analyses(), of, after(0))
    assert request is not None
    other = begun(3, analyses(), of, after(0))
    assert isinstance(other, AnalysisStatus)
    assert taken(other, event(request, BAD, after(1))) is other
    failed = taken(status, event(request, BAD, after(1)))
    assert taken(failed, event(request, GOOD, after(2))) is failed


@pytest.mark.parametrize(
    ("given", "answers", "verdict", "why"),
    [
        ({}, [GOOD], "Successful", ""),
        ({"failureLimit": 1}, [GOOD, BAD], "Successful", ""),
        ({}, [], "Inconclusive", "checks/rate: it was over after 0 of 1 measurements"),
        ({}, [NOTHING], "Inconclusive", "checks/rate: it was over after 0 of 1 measurements"),
        ({"count": 3}, [GOOD, GOOD], "Inconclusive", "checks/rate: it was over after 2 of 3 measurements"),
        ({"failureLimit": -1}, [BAD], "Inconclusive", "checks/rate: it was never measured with success"),
        ({"count": 1}, [BAD], "Failed", "checks/rate: it failed once: successCondition does not hold: result[0] < 1"),
    ],
)
def test_what_measured_too_little_is_no_success(given: Any, answers: list[Any], verdict: str, why: str) -> None:
    """When the change is over before an analysis is, it has passed only if it was measured as it should be."""
    of = offers({**RATE, **given})
    status, _ = play(of, *answers)
    ended = concluded(status, analyses(), of)
    assert (ended.verdict, ended.message) == (verdict, why)


GONE = "it was over after 1 measurements, and it cannot be said how many it needs:"


@pytest.mark.parametrize("given", [{"count": 10}, {}])
@pytest.mark.parametrize(
    ("later", "why"),
    [
        ({}, f"{GONE} there is no AnalysisTemplate checks"),
        ({("AnalysisTemplate", "checks"): (None, "bad")}, f"{GONE} AnalysisTemplate checks is not valid: bad"),
        (offers({**RATE, "name": "other"}), f"{GONE} AnalysisTemplate checks has no metric rate any more"),
    ],
)
def test_what_is_lost_at_the_end_is_no_success(given: Any, later: Offers, why: str) -> None:
    """Where nobody can say any more how often it should have been measured, a success or two of it prove nothing."""
    status, _ = play(offers({**RATE, **given}), GOOD)
    ended = concluded(status, analyses(), later)
    assert (ended.verdict, ended.message) == ("Inconclusive", f"checks/rate: {why}")


def test_an_analysis_without_its_metrics_is_no_success() -> None:
    """What somebody has taken out of the status was not measured, as far as anybody knows."""
    of = offers(RATE)
    ended = concluded(begin(of).model_copy(update={"metrics": ()}), analyses(), of)
    assert (ended.verdict, ended.message) == ("Inconclusive", "no metric of it is known")


def test_why_it_cannot_begin() -> None:
    """What is missing for an analysis is said before it begins, by name."""
    of = offers(
        {**RATE, "successCondition": "result[0] < {{args.limit}}"},
        args=[{"name": "limit"}],
        broken=(None, "spec.metrics is missing"),
    )
    assert begun(0, analyses("none"), of, after(0)) == "there is no AnalysisTemplate none"
    assert begun(0, analyses("broken"), of, after(0)) == "AnalysisTemplate broken is not valid: spec.metrics is missing"
    assert begun(0, analyses(), of, after(0)) == "AnalysisTemplate checks takes the argument limit, which has no value"
    assert (
        begun(0, analyses(limit="3", limits="4"), of, after(0)) == "no AnalysisTemplate of it takes the argument limits"
    )
    unfit = begun(0, analyses(limit="3 <"), of, after(0))
    assert isinstance(unfit, str)
    assert "metric.successCondition is 'result[0] < 3 <': it ends too early (column 16)" in unfit
    many = offers(*[{**RATE, "name": f"m{at}"} for at in range(20)], more=offers()["AnalysisTemplate", "checks"])
    assert begun(0, analyses("checks", "more"), many, after(0)) == "it has 21 metrics, 20 are the most"
    assert consulted(analyses("a", "b")) == {("AnalysisTemplate", "a"), ("AnalysisTemplate", "b")}
    assert not consulted(None)


def test_an_answer_of_any_depth_is_shown() -> None:
    """A document that is nested as deeply as one may be read is judged and shown, as far as it is short."""
    of = offers({**RATE, "successCondition": "size(result) == 1"})
    for text in (b"[" * 900 + b"]" * 900, b'{"a":' * 900 + b"1" + b"}" * 900):
        status, _ = play(of, of_web(text, "{$}"))
        found = status.metrics[0].measurements[0]
        assert (found.verdict, len(found.value), found.value[-1]) == ("Successful", 100, "…")


def test_an_argument_that_is_left_is_an_error() -> None:
    """A template that takes another argument in mid-change is an Error; a value that speaks of one cannot begin."""
    of = offers(RATE)
    status = begin(of)
    more = offers({**RATE, "successCondition": "result[0] < {{args.limit}}"}, args=[{"name": "limit"}])
    request = due(status, analyses(), more, after(0))
    assert request is not None
    assert (request.metric, request.problem) == (
        None,
        "metric.successCondition is 'result[0] < {{args.limit}}': limit has no value",
    )
    assert "limit has no value" in str(begun(0, analyses(limit="{{args.limit}}"), more, after(0)))


def test_a_status_is_bounded() -> None:
    """However long queries and answers are, an analysis of twenty metrics stays far below what can be stored."""
    long = {**RATE, "interval": "1s", "failureLimit": -1, "provider": {"prometheus": {"query": "x" * 4096}}}
    of = offers(*[{**long, "name": f"m{at}"} for at in range(20)])
    status, _ = play(of, *[Answer([math.pi] * 9999)] * 400)
    assert len(status.model_dump_json(by_alias=True)) < 200_000
