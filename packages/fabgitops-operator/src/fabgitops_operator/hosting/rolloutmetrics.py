"""What is shown of every kind of rollouts, read off their statuses: the phase, decisions, measurements, the outbox."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from fabgitops_core.api.analysis.status import AnalysisStatus, Measurement
from fabgitops_core.api.conditions import Condition
from fabgitops_core.api.meta import Key
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from fabgitops_operator.hosting.families import by_name, in_parts, readiness

LABELS = ("namespace", "rollout")

MEASUREMENTS = partial(
    CounterMetricFamily, "fabgitops_analysis_measurements", "Measurements by their verdict.", labels=("verdict",)
)
PENDING = partial(
    GaugeMetricFamily,
    "fabgitops_outbox_pending",
    "Events of a rollout that nobody has taken yet.",
    labels=LABELS,
)

Family = Callable[[], Any]
"""Makes a family of samples."""


class _Phase(Protocol):
    @property
    def value(self) -> str: ...


class _Decision(Protocol):
    @property
    def rule(self) -> str: ...


class Stands(Protocol):
    """What a status of each kind of rollouts has."""

    @property
    def phase(self) -> _Phase:
        """Where it stands."""
        ...

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Its conditions."""
        ...

    @property
    def decisions(self) -> Sequence[_Decision]:
        """Its last decisions."""
        ...

    @property
    def analyses(self) -> tuple[AnalysisStatus, ...]:
        """Its analyses."""
        ...

    @property
    def outbox(self) -> Sequence[object]:
        """What waits to be told."""
        ...


S = TypeVar("S", bound=Stands)
_Told = TypeVar("_Told")


class _Measured(NamedTuple):
    """Which metric, of which analysis: that of a wave or a step, begun at a time."""

    wave: int
    began: str
    name: str


class RolloutMetrics(Generic[S]):
    """Counts what rollouts of a kind decide and measure, and knows how each stands."""

    def __init__(self) -> None:
        self.rows: dict[Key, S] = {}
        self._decisions: Counter[str] = Counter()
        self._measurements: Counter[str] = Counter()

    def take(self, key: Key, status: S) -> None:
        """Take a status that one makes known: what is new in it is counted."""
        before, self.rows[key] = self.rows[key], status
        if status.decisions != before.decisions:
            self._decisions.update(each.rule for each in added(before.decisions, status.decisions))
        if status.analyses != before.analyses:
            known = _measured(before.analyses)
            for metric, measurements in _measured(status.analyses).items():
                self._measurements.update(each.verdict for each in added(known.get(metric, ()), measurements))

    def standing(self, phase: Family, ready: Family) -> Iterator[Metric]:
        """Yield where each stands."""
        rows = list(self.rows.items())
        yield from in_parts(phase, [((*of(key), each.phase.value), 1.0) for key, each in rows])
        yield from in_parts(ready, [readiness(key, each.conditions) for key, each in rows])

    def told(self, decisions: Family) -> Iterator[Metric]:
        """Yield what was decided and measured, and what waits to be told."""
        yield from in_parts(decisions, by_name(self._decisions))
        yield from in_parts(MEASUREMENTS, by_name(self._measurements))
        yield from in_parts(PENDING, [(of(key), float(len(each.outbox))) for key, each in list(self.rows.items())])


def of(key: Key) -> tuple[str, str]:
    """Return the values of LABELS."""
    return key.namespace, key.name


def added(before: Sequence[_Told], after: Sequence[_Told]) -> Sequence[_Told]:
    """Return what was added at the end of a list that loses its first ones when it is full."""
    known = next(len(kept) for gone in range(len(before) + 1) if (kept := before[gone:]) == after[: len(kept)])
    return after[known:]


def _measured(analyses: Sequence[AnalysisStatus]) -> dict[_Measured, tuple[Measurement, ...]]:
    return {
        _Measured(analysis.wave, str(analysis.started_at), metric.name): metric.measurements
        for analysis in analyses
        for metric in analysis.metrics
    }
