"""A dry run of an AnalysisTemplate over history: how often changes that were begun then would have failed.

The same code judges as would have then: only the answers come from a range of samples.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import ValidationError

from fabgitops_core.api.analysis.metrics import Metric
from fabgitops_core.api.analysis.status import Measurement, MetricStatus
from fabgitops_core.api.analysis.template import ANALYSIS_TEMPLATE, AnalysisTemplateSpec
from fabgitops_core.api.refusals import sentences
from fabgitops_core.api.windows import length_of
from fabgitops_core.control.analysis.answers import Answer, Garbled, shown
from fabgitops_core.control.analysis.counting import at_its_end, counted, first_at
from fabgitops_core.control.analysis.history import Ask, answers
from fabgitops_core.control.analysis.judging import Verdict, judged

MAX_TIMES = 100_000
"""Times at which one metric is looked at, at most."""

HOUR = timedelta(hours=1)


class Row(NamedTuple):
    """What a metric would have said at one time."""

    at: datetime
    metric: str
    value: str
    verdict: str
    why: str


class End(NamedTuple):
    """How a change that was begun at one time would have been judged; `metric` says by which, "" where all passed."""

    begun: datetime
    verdict: str
    metric: str = ""
    why: str = ""


class DryRun(NamedTuple):
    """What came of it.

    `rows` has each metric at each time, `ends` the judgement of a change that was begun at each. `passed_over` says of
    metrics why they were not replayed.
    """

    rows: tuple[Row, ...]
    ends: tuple[End, ...]
    passed_over: Mapping[str, str]

    def verdicts(self) -> Mapping[str, int]:
        """Return how many changes would have been judged how."""
        return Counter(each.verdict for each in self.ends)


class DryRunError(ValueError):
    """It cannot be tried; the text says why."""


def dry_run(
    body: Mapping[str, Any],
    args: Mapping[str, str],
    start: datetime,
    end: datetime,
    step: timedelta,
    ask: Ask,
    *,
    prometheus: str = "",
    lasting: timedelta = HOUR,
) -> DryRun:
    """Judge as if a change had been begun at each step between two times.

    Args:
        body: The AnalysisTemplate, as a manifest.
        args: Values of its arguments.
        start: The first time.
        end: The last one; a change has to be over by then.
        step: How far apart changes are begun.
        ask: Gets a URL.
        prometheus: URL of the server for metrics that name none.
        lasting: How long each change goes on: metrics without a count are measured for so long.

    Raises:
        DryRunError: The template is not valid with these arguments, or it is too much.
        OSError: Prometheus cannot be reached.
    """
    if step <= timedelta() or end <= start:
        raise DryRunError("there is no time between start and end, or between two steps")
    replays: list[_Replay] = []
    passed_over: dict[str, str] = {}
    for metric in _metrics(body, args):
        try:
            replays.append(_replay(metric, start, end, step, ask, prometheus))
        except Garbled as error:
            passed_over[metric.name] = str(error)
    rows = tuple(row for replay in replays for row in replay.rows(step))
    begins = [start + step * place for place in range(int((end - start - lasting) / step) + 1)] if replays else []
    return DryRun(rows, tuple(_end(replays, begun, lasting) for begun in begins), passed_over)


class _Replay:
    """A metric, and what it would have said at each time."""

    def __init__(self, metric: Metric, start: datetime, step: timedelta, found: Sequence[Answer]) -> None:
        self.metric = metric
        self._start, self._step, self._found = start, step, found
        self._said = lru_cache(maxsize=None)(self._judge)

    def rows(self, step: timedelta) -> list[Row]:
        """Return what it would have said at each step."""
        every = max(1, round(step / self._step))
        return [
            Row(said.at, self.metric.name, said.value, said.verdict, said.message)
            for said in map(self._said, range(0, len(self._found), every))
        ]

    def ended(self, begun: datetime, lasting: timedelta) -> tuple[MetricStatus, datetime]:
        """Return how it would have ended in a change that was begun at a time, and when."""
        status = MetricStatus(name=self.metric.name, verdict=Verdict.RUNNING, next_at=first_at(self.metric, begun))
        at = begun
        while status.next_at is not None and status.next_at <= begun + lasting:
            at = status.next_at
            said = self._said(min(int((at - self._start) / self._step), len(self._found) - 1))
            status = counted(status, self.metric, said.model_copy(update={"at": at}))
        return (status, at) if status.verdict != Verdict.RUNNING else (at_its_end(status, self.metric), begun + lasting)

    def _judge(self, place: int) -> Measurement:
        answer = self._found[place]
        verdict = judged(self.metric, answer)
        at, value = self._start + self._step * place, shown(answer.value)
        return Measurement(at=at, value=value, verdict=verdict.verdict, message=verdict.why)


def _metrics(body: Mapping[str, Any], args: Mapping[str, str]) -> list[Metric]:
    """Return the metrics of a template with their arguments filled in.

    Raises:
        DryRunError: It is none, or not with these arguments.
    """
    if not ANALYSIS_TEMPLATE.matches(body):
        raise DryRunError(f"it is no {ANALYSIS_TEMPLATE.name} of {ANALYSIS_TEMPLATE.api_version}")
    try:
        spec = AnalysisTemplateSpec.model_validate(body.get("spec") or {})
        if missing := spec.missing(args):
            raise DryRunError(f"the argument {missing[0]} has no value")
        if unknown := sorted(args.keys() - {each.name for each in spec.args}):
            raise DryRunError(f"the template takes no argument {unknown[0]}")
        return [spec.resolved(metric, args) for metric in spec.metrics]
    except ValidationError as error:
        raise DryRunError(sentences(error)) from None


def _replay(metric: Metric, start: datetime, end: datetime, step: timedelta, ask: Ask, prometheus: str) -> _Replay:
    """Return a metric with its history.

    Raises:
        Garbled: There is none, and why.
        DryRunError: It is too much.
        OSError: Prometheus cannot be reached.
    """
    provider = metric.provider.prometheus
    if provider is None:
        raise Garbled("only Prometheus knows what was")
    address = provider.address or prometheus
    if not address:
        raise Garbled("it names no Prometheus, and none was given")
    apart = min(step, length_of(metric.interval) if metric.interval else step)
    if (end - start) / apart > MAX_TIMES:
        raise DryRunError(f"it would be measured at more than {MAX_TIMES} times: begin later")
    return _Replay(metric, start, apart, answers(provider, address, start, end, apart, ask))


def _end(replays: Sequence[_Replay], begun: datetime, lasting: timedelta) -> End:
    """Return how a change would have been judged: by the first of its metrics that has not passed."""
    ends = [replay.ended(begun, lasting) for replay in replays]
    failed = [(at, status) for status, at in ends if status.verdict != Verdict.SUCCESSFUL]
    if not failed:
        return End(begun, Verdict.SUCCESSFUL)
    _, status = min(failed, key=lambda each: each[0])
    verdict = Verdict.INCONCLUSIVE if status.verdict == Verdict.NO_DATA else Verdict(status.verdict)
    return End(begun, verdict, status.name, status.message)
