"""AnalysisRuns as Argo Rollouts has them: an analysis of a Rollout, told as an object that its tools and Argo CD read.

It decides nothing: what was measured and what follows from it stands in the status of the Rollout, and the object says
the same. The one word that people say by it is `spec.terminate`.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from pydantic import Field

from fabgitops_core.api.analysis.status import MAX_MEASUREMENTS, AnalysisStatus, Count, Measurement, MetricStatus
from fabgitops_core.api.argo.kinds import GROUP, VERSION, Manifest
from fabgitops_core.api.kinds import Column, Kind
from fabgitops_core.api.meta import ApiModel, Time
from fabgitops_core.api.schema import Rule

RUNNING, SUCCESSFUL, INCONCLUSIVE = "Running", "Successful", "Inconclusive"
FAILED, ERROR = "Failed", "Error"
_PHASES = {each: each for each in (RUNNING, SUCCESSFUL, INCONCLUSIVE, FAILED, ERROR)}
"""Of our verdicts; what else there is, as NoData, could not tell."""


class RunSummary(ApiModel):
    """How many metrics there are, and how many of them have ended so."""

    count: Count = 0
    """How many there are."""
    successful: Count = 0
    """How many have passed."""
    failed: Count = 0
    """How many have failed."""
    inconclusive: Count = 0
    """How many could not tell."""
    error: Count = 0
    """How many could not be measured."""


class RunMeasurement(ApiModel):
    """One measurement."""

    phase: str
    """Successful, Failed, Inconclusive or Error."""
    value: str = ""
    """What the answer was."""
    message: str = ""
    """Why."""
    started_at: Time
    """When."""
    finished_at: Time
    """When, too."""


class MetricResult(ApiModel):
    """How a metric stands."""

    name: str
    """Its name; with that of its template in front where two templates have one of that name."""
    phase: str
    """Running, Successful, Failed, Inconclusive or Error."""
    message: str = ""
    """Why it has ended so."""
    count: Count = 0
    """How many measurements count."""
    successful: Count = 0
    """How many of them were that."""
    failed: Count = 0
    """How many of them were that."""
    inconclusive: Count = 0
    """How many of them were that."""
    error: Count = 0
    """How many in a row could not be made."""
    consecutive_error: Count = 0
    """The same."""
    measurements: Annotated[tuple[RunMeasurement, ...], Field(max_length=MAX_MEASUREMENTS)] = ()
    """The last of them."""


class AnalysisRunStatus(ApiModel):
    """How an analysis stands."""

    phase: str = ""
    """Running, Successful, Failed, Inconclusive or Error."""
    message: str = ""
    """Why it has ended so."""
    started_at: Time | None = None
    """When it was begun."""
    completed_at: Time | None = None
    """When it was told that it is over."""
    metric_results: tuple[MetricResult, ...] = ()
    """Its metrics."""
    run_summary: RunSummary = RunSummary()
    """How many metrics have ended how."""
    dry_run_summary: RunSummary = RunSummary()
    """The same of those that do not count: there are none."""


_NOT_RUN = Rule(
    "has(self.status) && has(self.status.phase) && self.status.phase != ''",
    "an AnalysisRun tells how an analysis of a Rollout stands, and one of its own is not run: let an analysis judge a"
    " Rollout, or ask what a template would say by fabctl rollout analyze",
)
"""Those that tell of an analysis say how it stands from the first moment."""

ANALYSIS_RUN = Kind(
    name="AnalysisRun",
    group=GROUP,
    version=VERSION,
    plural="analysisruns",
    singular="analysisrun",
    short_names=("ar",),
    description="An analysis of a Rollout, as Argo Rollouts has it: it tells how that stands.",
    spec=Manifest,
    status=AnalysisRunStatus,
    columns=(
        Column("Status", "string", ".status.phase", "How it stands."),
        Column("Age", "date", ".metadata.creationTimestamp", "Time since it was made."),
    ),
    rules=(_NOT_RUN,),
    optional=True,
    plain_status=True,
)


def phase_of(verdict: str) -> str:
    """Return the phase of a verdict of ours."""
    return _PHASES.get(verdict, INCONCLUSIVE)


def names_of(metrics: Iterable[str]) -> dict[str, str]:
    """Return by TEMPLATE/METRIC what a metric is called in a run: METRIC, where that is not the name of two."""
    whole = list(metrics)
    twice = Counter(_own(each) for each in whole)
    return {each: _own(each) if twice[_own(each)] == 1 else each for each in whole}


def told_run(status: AnalysisStatus, completed_at: datetime | None = None) -> AnalysisRunStatus:
    """Return how an analysis stands as its run tells it.

    Args:
        status: The analysis.
        completed_at: When it was told that it is over; None while it is not.
    """
    names, is_over = names_of(each.name for each in status.metrics), status.verdict != RUNNING
    metrics = tuple(_ended(each) if is_over else each for each in status.metrics)
    return AnalysisRunStatus(
        phase=phase_of(status.verdict),
        message=status.message,
        started_at=status.started_at,
        completed_at=completed_at,
        metric_results=tuple(_result(names[each.name], each) for each in metrics),
        run_summary=_summary(metrics),
    )


def _ended(metric: MetricStatus) -> MetricStatus:
    """Return how a metric stands of an analysis that is over: one that was under way could not tell."""
    return metric.model_copy(update={"verdict": INCONCLUSIVE}) if metric.verdict == RUNNING else metric


def _own(name: str) -> str:
    return name.partition("/")[2] or name


def _summary(metrics: tuple[MetricStatus, ...]) -> RunSummary:
    phases = Counter(phase_of(each.verdict) for each in metrics)
    return RunSummary(
        count=len(metrics),
        successful=phases[SUCCESSFUL],
        failed=phases[FAILED],
        inconclusive=phases[INCONCLUSIVE],
        error=phases[ERROR],
    )


def _result(name: str, metric: MetricStatus) -> MetricResult:
    return MetricResult(
        name=name,
        phase=phase_of(metric.verdict),
        message=metric.message,
        count=metric.successful + metric.failed + metric.inconclusive,
        successful=metric.successful,
        failed=metric.failed,
        inconclusive=metric.inconclusive,
        error=metric.errors,
        consecutive_error=metric.errors,
        measurements=tuple(map(_measurement, metric.measurements)),
    )


def _measurement(made: Measurement) -> RunMeasurement:
    return RunMeasurement(
        phase=phase_of(made.verdict), value=made.value, message=made.message, started_at=made.at, finished_at=made.at
    )
