"""A dry run over history: how often changes would have failed that were begun then."""

import json
import math
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fabgitops_core.control.analysis.replaying import DryRun, DryRunError, dry_run

from .metrics import AT, RATE

HOUR = timedelta(hours=1)
END = AT + 4 * HOUR


class History:
    """A Prometheus that was bad for half an hour, from the second hour on, and knows nothing of the last."""

    def __init__(self, kind: str = "vector") -> None:
        self.kind = kind
        self.asked: list[str] = []

    def value(self, at: float) -> str | None:
        """Return what it was at a time."""
        hours = (at - AT.timestamp()) / 3600
        if hours >= 3:
            return None
        return "7" if 2 <= hours < 2.5 else "0.5"

    def __call__(self, url: str, timeout: float) -> bytes:
        """Answer as the HTTP API does."""
        parts = urlsplit(url)
        given = {key: value[0] for key, value in parse_qs(parts.query).items()}
        self.asked.append(f"{parts.scheme}://{parts.netloc}{parts.path} {given['query']} {timeout:g}")
        if parts.path.endswith("/query"):
            value: list[object] = [float(given["time"]), "0.5"]
            return self._said(self.kind, value if self.kind == "scalar" else [{"metric": {}, "value": value}])
        start, end, step = (float(given[each]) for each in ("start", "end", "step"))
        times = [start + step * at for at in range(int((end - start) / step + 1e-6) + 1)]
        values = [[at, text] for at in times if (text := self.value(at)) is not None]
        return self._said("matrix", [{"metric": {}, "values": values}] if values else [])

    def _said(self, kind: str, result: Any) -> bytes:
        return json.dumps({"status": "success", "data": {"resultType": kind, "result": result}}).encode()


def tried(*metrics: dict[str, Any], history: Any = None) -> DryRun:
    """Try a template over the last hours."""
    body = {"apiVersion": "fabgitops.io/v1", "kind": "AnalysisTemplate", "spec": {"metrics": metrics}}
    return dry_run(body, {}, AT, END, HOUR / 2, history or History(), prometheus="http://prometheus:9090")


def verdicts(run: DryRun) -> dict[datetime, str]:
    """Return how a change would have been judged that was begun at which time."""
    return {each.begun: each.verdict for each in run.ends}


def test_it_says_how_often_a_change_would_have_failed() -> None:
    """A change is judged as it would have been, by the history that follows its beginning."""
    run = tried({**RATE, "count": 3})
    assert [verdicts(run)[AT + HOUR * at / 2] for at in range(7)] == [
        *["Successful"] * 4,
        "Failed",
        "Successful",
        "Inconclusive",
    ]
    assert run.verdicts() == {"Successful": 5, "Failed": 1, "Inconclusive": 1}
    failed = next(each for each in run.ends if each.verdict == "Failed")
    assert (failed.metric, failed.why) == ("rate", "it failed once: successCondition does not hold: result[0] < 1")


def test_what_goes_on_to_the_end_is_measured_for_as_long_as_a_change_lasts() -> None:
    """A metric without a count sees what comes to pass within the time that a change takes."""
    assert verdicts(tried(RATE))[AT + 1.5 * HOUR] == "Failed"
    assert verdicts(tried(RATE))[AT + 0.5 * HOUR] == "Successful"


def test_each_measurement_is_shown() -> None:
    """The rows say what was measured at each step, and what that is worth."""
    rows = tried({**RATE, "count": 3}).rows
    assert [(each.value, each.verdict) for each in rows] == [
        *[("[0.5]", "Successful")] * 4,
        ("[7]", "Failed"),
        ("[0.5]", "Successful"),
        *[("[]", "NoData")] * 3,
    ]
    assert rows[4].at == AT + 2 * HOUR


def test_history_is_asked_as_often_as_it_would_have_been() -> None:
    """A metric that is measured each minute is asked for each minute, in as few requests as Prometheus allows."""
    history = History()
    tried(
        {**RATE, "provider": {"prometheus": {"address": "http://other/p/", "query": "q", "timeout": 3}}},
        history=history,
    )
    assert history.asked == ["http://other/p/api/v1/query q 3", "http://other/p/api/v1/query_range q 3"]
    history = History()
    tried({**RATE, "interval": "1s"}, history=history)
    assert len(history.asked) == 1 + 2


def test_a_scalar_is_a_number_in_history_too() -> None:
    """A query that is a number when it is asked is one at each past time."""
    run = tried({**RATE, "count": 1, "successCondition": "result < 1"}, history=History("scalar"))
    assert verdicts(run)[AT] == "Successful"


def test_what_has_no_history_is_passed_over() -> None:
    """Metrics that nobody knows the past of are named, and the others tried."""
    run = tried({**RATE, "count": 1}, {"name": "sync", "provider": {"fleet": {}}})
    assert run.passed_over == {"sync": "only Prometheus knows what was"}
    assert run.ends


@pytest.mark.parametrize("moment", [math.inf, math.nan, "noon", None])
def test_a_sample_of_no_time_is_told(moment: Any) -> None:
    """What answers with samples of no time is no Prometheus, and its metric is passed over."""

    class Timeless(History):
        def _said(self, kind: str, result: Any) -> bytes:
            return super()._said(kind, [{"values": [[moment, "1"]]}] if kind == "matrix" else result)

    assert tried(RATE, history=Timeless()).passed_over == {"rate": "the answer is not one of Prometheus"}


def test_a_query_that_prometheus_refuses_is_told() -> None:
    """What Prometheus says of a query that it does not answer is passed on."""
    run = tried(RATE, history=lambda _url, _timeout: b'{"status": "error", "error": "1:1: parse error"}')
    assert run.passed_over == {"rate": "Prometheus says: 1:1: parse error"}
    assert not run.ends


@pytest.mark.parametrize(
    ("spec", "args", "why"),
    [
        ({"args": [{"name": "limit"}]}, {}, "the argument limit has no value"),
        ({}, {"limit": "3"}, "the template takes no argument limit"),
        ({"metrics": []}, {}, "spec.metrics: it must have at least one"),
        ({"metrics": [{**RATE, "successCondition": "reslt < 3"}]}, {}, "undeclared reference to 'reslt' (column 1)"),
        ({"metrics": [{**RATE, "interval": "1s"}]}, {}, "it would be measured at more than 100000 times"),
    ],
)
def test_what_cannot_be_tried_says_why(spec: dict[str, Any], args: dict[str, str], why: str) -> None:
    """A template that is not valid, or not with these arguments, is refused before anything is asked."""
    body = {"apiVersion": "fabgitops.io/v1", "kind": "AnalysisTemplate", "spec": {"metrics": [RATE], **spec}}
    history = History()
    with pytest.raises(DryRunError) as error:
        dry_run(body, args, AT, AT + 48 * HOUR, HOUR, history, prometheus="http://prometheus")
    assert why in str(error.value)
    assert not history.asked


def test_what_is_no_template_is_refused() -> None:
    """Another manifest is not taken for a template."""
    with pytest.raises(DryRunError, match=r"it is no AnalysisTemplate of fabgitops\.io/v1"):
        dry_run({"kind": "AnalysisTemplate", "apiVersion": "argoproj.io/v1alpha1"}, {}, AT, END, HOUR, History())
