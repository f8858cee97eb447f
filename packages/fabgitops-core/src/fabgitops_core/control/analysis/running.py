"""An analysis from its beginning to its end: what is measured next, and what the measurements come to.

`AnalysisStatus` is all that is remembered. Who is judged calls `begun` once, then whenever it looks: `due` for the
measurement to ask for, `taken` with what came of it, and `concluded` when what is judged is over, or it `is_measured`.
A template that is changed or lost meanwhile counts from the next measurement on: what cannot be asked any more is an
Error.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from pydantic import ValidationError

from fabgitops_core.api.analysis.metrics import Metric
from fabgitops_core.api.analysis.refs import Analyses
from fabgitops_core.api.analysis.status import AnalysisStatus, Measurement, MetricStatus
from fabgitops_core.api.analysis.template import ANALYSIS_TEMPLATE, MAX_METRICS, AnalysisTemplateSpec
from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.refusals import sentences
from fabgitops_core.codec.texts import brief
from fabgitops_core.control.analysis.answers import LONGEST_QUERY, LONGEST_WHY, shown
from fabgitops_core.control.analysis.asking import asked
from fabgitops_core.control.analysis.counting import LOST, at_its_end, counted, first_at, made
from fabgitops_core.control.analysis.judging import Judged, Verdict, judged
from fabgitops_core.control.commands import Measure
from fabgitops_core.control.events import Measured, MeasureFailed

Offers = Mapping[tuple[str, str], tuple[ApiModel | None, str]]
"""By kind and name what a resource offers, or None with the reason why not (`Mustered.offers`)."""

_WORST = (Verdict.FAILED, Verdict.ERROR, Verdict.INCONCLUSIVE)
"""What an analysis ends as when metrics have ended so; the first goes before the others."""

_OF_A_METRIC = {each.value: each for each in (Verdict.RUNNING, Verdict.SUCCESSFUL, *_WORST)}


def consulted(analyses: Analyses | None) -> frozenset[tuple[str, str]]:
    """Return kind and name of each template that an analysis needs."""
    return frozenset((ANALYSIS_TEMPLATE.name, each.template_name) for each in (analyses.templates if analyses else ()))


def begun(wave: int, analyses: Analyses, offers: Offers, at: datetime) -> AnalysisStatus | str:
    """Return an analysis that begins now, or why it cannot.

    Args:
        wave: Of which wave; 0 is that of the whole change.
        analyses: The templates, and the arguments for them.
        offers: What the templates say.
        at: The time of day.
    """
    given = {each.name: each.value for each in analyses.args}
    metrics: list[MetricStatus] = []
    taken_by_any: set[str] = set()
    for name in dict.fromkeys(each.template_name for each in analyses.templates):
        spec, problem = _offered(name, offers)
        if spec is None:
            return problem
        if missing := spec.missing(given):
            return f"AnalysisTemplate {name} takes the argument {missing[0]}, which has no value"
        taken_by_any |= {each.name for each in spec.args}
        try:
            found = [spec.resolved(metric, given) for metric in spec.metrics]
        except ValidationError as error:
            return brief(f"AnalysisTemplate {name} with these arguments: {sentences(error, 'metric')}", LONGEST_WHY)
        metrics += [_waiting(f"{name}/{metric.name}", first_at(metric, at)) for metric in found]
    if unknown := sorted(given.keys() - taken_by_any):
        return f"no AnalysisTemplate of it takes the argument {unknown[0]}"
    if len(metrics) > MAX_METRICS:
        return f"it has {len(metrics)} metrics, {MAX_METRICS} are the most"
    return AnalysisStatus(wave=wave, started_at=at, verdict=Verdict.RUNNING, metrics=tuple(metrics))


def due(status: AnalysisStatus, analyses: Analyses, offers: Offers, at: datetime) -> Measure | None:
    """Return the measurement that is to be made now, of several the one that has waited longest; None for none."""
    waiting = [each for each in _running(status) if each.next_at is not None and each.next_at <= at]
    if not waiting:
        return None
    metric = min(waiting, key=lambda each: (each.next_at or at, each.name))
    return _measure(status, metric.name, analyses, offers)


def next_at(status: AnalysisStatus) -> datetime | None:
    """Return when the next measurement is to be made; None where there is none to come."""
    return min((each.next_at for each in _running(status) if each.next_at is not None), default=None)


def taken(status: AnalysisStatus, event: Measured | MeasureFailed) -> AnalysisStatus:
    """Return how an analysis stands after a measurement; one that is not of it, or came too late, changes nothing."""
    request = event.request
    if (request.wave, request.since) != (status.wave, status.started_at) or status.verdict != Verdict.RUNNING:
        return status
    metrics = tuple(
        _measured(each, event) if each.name == request.name and each.verdict == Verdict.RUNNING else each
        for each in status.metrics
    )
    return _whole(status, metrics) if metrics != status.metrics else status


def is_measured(status: AnalysisStatus, analyses: Analyses, offers: Offers) -> bool:
    """Return whether each metric was measured as often as it says, or once where it says nothing of that."""
    requests = (_measure(status, each.name, analyses, offers) for each in _running(status))
    return all(
        request.metric is not None and made(each) >= (request.metric.times or 1)
        for each, request in zip(_running(status), requests, strict=True)
    )


def concluded(status: AnalysisStatus, analyses: Analyses, offers: Offers) -> AnalysisStatus:
    """Return how an analysis ends, now that what it judges is over.

    What goes on to the end has passed if it was measured with success at least once; what was measured less than it
    should be is inconclusive, never a success.
    """
    if status.verdict != Verdict.RUNNING:
        return status
    if not status.metrics:  # somebody has taken them out of the status
        return status.model_copy(update={"verdict": Verdict.INCONCLUSIVE.value, "message": "no metric of it is known"})
    asked_last = ((each, _measure(status, each.name, analyses, offers)) for each in status.metrics)
    metrics = (
        at_its_end(each, request.metric, request.problem) if each.verdict == Verdict.RUNNING else each
        for each, request in asked_last
    )
    return _whole(status, tuple(metrics))


def _waiting(name: str, at: datetime) -> MetricStatus:
    return MetricStatus(name=name, verdict=Verdict.RUNNING, next_at=at)


def _running(status: AnalysisStatus) -> Iterator[MetricStatus]:
    if status.verdict == Verdict.RUNNING:
        yield from (each for each in status.metrics if each.verdict == Verdict.RUNNING)


def _offered(name: str, offers: Offers) -> tuple[AnalysisTemplateSpec | None, str]:
    offer, problem = offers.get((ANALYSIS_TEMPLATE.name, name), (None, ""))
    if isinstance(offer, AnalysisTemplateSpec):
        return offer, ""
    return (
        None,
        f"AnalysisTemplate {name} is not valid: {problem}" if problem else f"there is no AnalysisTemplate {name}",
    )


def _measure(status: AnalysisStatus, name: str, analyses: Analyses, offers: Offers) -> Measure:
    """Return the request for a metric, also where it cannot be asked: it comes back as an Error."""
    metric, problem = _metric(name, analyses, offers)
    return Measure(status.wave, name, metric, problem, status.started_at)


def _metric(name: str, analyses: Analyses, offers: Offers) -> tuple[Metric | None, str]:
    """Return a metric as it is now, or None with the reason why it cannot be asked any more."""
    template, _, own = name.partition("/")
    spec, problem = _offered(template, offers)
    if spec is None:
        return None, problem
    metric = next((each for each in spec.metrics if each.name == own), None)
    if metric is None:
        return None, f"AnalysisTemplate {template} has no metric {own} any more"
    given = {each.name: each.value for each in analyses.args}
    try:
        return spec.resolved(metric, given), ""
    except ValidationError as error:
        return None, sentences(error, "metric")


def _measured(status: MetricStatus, event: Measured | MeasureFailed) -> MetricStatus:
    metric = event.request.metric
    if isinstance(event, Measured) and metric is not None:
        found, value = judged(metric, event.answer), shown(event.answer.value) if not event.answer.missing else ""
    else:
        found, value = Judged(Verdict.ERROR, event.why if isinstance(event, MeasureFailed) else ""), ""
    measurement = Measurement(
        at=event.at,
        query="" if metric is None else brief(asked(metric), LONGEST_QUERY),
        value=value,
        verdict=found.verdict,
        message=brief(found.why, LONGEST_WHY),
    )
    return counted(status, metric or LOST, measurement)


def _whole(status: AnalysisStatus, metrics: tuple[MetricStatus, ...]) -> AnalysisStatus:
    """Return an analysis with its verdict: that of the worst metric that has ended, or success when all have."""
    ended = {_as_a_whole(each): each for each in reversed(metrics)}
    worst = next((verdict for verdict in _WORST if verdict in ended), None)
    if worst is not None:
        metric = ended[worst]
        message = brief(f"{metric.name}: {metric.message}", LONGEST_WHY)
        return status.model_copy(update={"metrics": metrics, "verdict": worst.value, "message": message})
    verdict = Verdict.RUNNING if Verdict.RUNNING in ended else Verdict.SUCCESSFUL
    return status.model_copy(update={"metrics": metrics, "verdict": verdict.value})


def _as_a_whole(metric: MetricStatus) -> Verdict:
    """Return what a metric says of the whole: NoData could not tell, nor could what is no verdict of ours."""
    return _OF_A_METRIC.get(metric.verdict, Verdict.INCONCLUSIVE)
