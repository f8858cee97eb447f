"""What the measurements of a metric come to: counts, limits, and when the next one is made (Argo Rollouts' rules)."""

from datetime import datetime, timedelta

from fabgitops_core.api.analysis.metrics import Metric
from fabgitops_core.api.analysis.providers import FleetProvider, Provider
from fabgitops_core.api.analysis.status import MAX_MEASUREMENTS, Measurement, MetricStatus
from fabgitops_core.api.windows import length_of
from fabgitops_core.control.analysis.judging import Judged, Verdict

RETRY = timedelta(seconds=10)
"""After what could not be measured, or had nothing to judge and no interval, it is tried again."""

LOST = Metric(
    name="lost",
    interval="10s",
    failure_limit=-1,
    inconclusive_limit=-1,
    no_data_limit=-1,
    provider=Provider(fleet=FleetProvider()),
)
"""By whose limits a metric is judged while its template does not have it: what was measured before is no matter."""


def made(status: MetricStatus) -> int:
    """Return how many measurements count."""
    return status.successful + status.failed + status.inconclusive


def first_at(metric: Metric, started_at: datetime) -> datetime:
    """Return when a metric is measured for the first time."""
    waits = (length_of(each) for each in (metric.initial_delay, metric.warmup) if each)
    return started_at + max(waits, default=timedelta())


def counted(status: MetricStatus, metric: Metric, measurement: Measurement) -> MetricStatus:
    """Return how a metric stands after a measurement."""
    verdict = Verdict(measurement.verdict)
    counts = status.model_copy(
        update={
            "successful": status.successful + (verdict is Verdict.SUCCESSFUL),
            "failed": status.failed + (verdict is Verdict.FAILED),
            "inconclusive": status.inconclusive + (verdict is Verdict.INCONCLUSIVE),
            "errors": status.errors + 1 if verdict is Verdict.ERROR else 0,
            "no_data": _without_data(status.no_data, verdict),
            "measurements": (*status.measurements, measurement)[-MAX_MEASUREMENTS:],
        }
    )
    ended = _ended(counts, metric, measurement.message)
    following = None if ended.verdict is not Verdict.RUNNING else _next_at(metric, verdict, measurement.at)
    return counts.model_copy(update={"verdict": ended.verdict.value, "message": ended.why, "next_at": following})


def at_its_end(status: MetricStatus, metric: Metric | None, gone: str = "") -> MetricStatus:
    """Return how a metric ends that is under way when what it judges is over.

    Args:
        status: How it stands.
        metric: What it is; None where nobody can say by then how often it should have been measured.
        gone: Why not.
    """
    why = _lacking(status, metric) if metric is not None else _unknown(status, gone)
    verdict = Verdict.INCONCLUSIVE if why else Verdict.SUCCESSFUL
    return status.model_copy(update={"verdict": verdict.value, "message": why, "next_at": None})


def _lacking(status: MetricStatus, metric: Metric) -> str:
    """Return what a metric lacks that has been measured to the end; "" where it has passed."""
    times = metric.times or 1
    if made(status) < times:
        return f"it was over after {made(status)} of {times} measurements"
    return "" if status.successful else "it was never measured with success"


def _unknown(status: MetricStatus, gone: str) -> str:
    return f"it was over after {made(status)} measurements, and it cannot be said how many it needs: {gone}"


def _without_data(before: int, verdict: Verdict) -> int:
    """Return how many had no data since the last that had any: an error between two of them changes nothing."""
    if verdict is Verdict.NO_DATA:
        return before + 1
    return before if verdict is Verdict.ERROR else 0


def _ended(status: MetricStatus, metric: Metric, why: str) -> Judged:
    """Return whether a metric has ended, and how: of several limits Error goes before the others."""
    because = f": {why}" if why else ""
    for count, limit, verdict, words in (
        (status.errors, metric.consecutive_error_limit, Verdict.ERROR, "could not be measured {} times in a row"),
        (status.no_data, metric.no_data_limit, Verdict.NO_DATA, "had nothing to be judged by {} times in a row"),
        (status.inconclusive, metric.inconclusive_limit, Verdict.INCONCLUSIVE, "was inconclusive {} times"),
        (status.failed, metric.failure_limit, Verdict.FAILED, "failed {} times"),
    ):
        if 0 <= limit < count:
            times = words.format(count).replace(" 1 times in a row", "").replace("1 times", "once")
            return Judged(verdict, f"it {times}{because}")
    if metric.times is not None and made(status) >= metric.times:
        return Judged(Verdict.SUCCESSFUL)
    return Judged(Verdict.RUNNING)


def _next_at(metric: Metric, verdict: Verdict, at: datetime) -> datetime:
    if verdict is Verdict.ERROR or metric.interval is None:
        return at + RETRY
    return at + length_of(metric.interval)
