"""What is shown of rollouts of set-points: how each stands, what it decided and measured, and what waits to be told.

All of it is in their statuses, which the engine keeps anyway: nothing is counted at a poll of a PLC.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple, TypeVar

from fabgitops_core.api.analysis.status import Measurement
from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.api.setpoint.setpointrollout import SETPOINT_ROLLOUT
from fabgitops_core.api.setpoint.status import Members, SetpointRolloutStatus
from fabgitops_core.control.commands import Commands, Publish
from fabgitops_core.control.events import Declared, Event
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from fabgitops_operator.hosting.families import Sample, by_name, in_parts, readiness

_ROLLOUT = ("namespace", "rollout")
_Told = TypeVar("_Told")

PHASE = partial(
    GaugeMetricFamily,
    "fabgitops_setpoint_rollout_phase",
    "1 for the phase that a rollout of set-points is in.",
    labels=(*_ROLLOUT, "phase"),
)
READY = partial(
    GaugeMetricFamily,
    "fabgitops_setpoint_rollout_ready",
    "1 while the condition Ready of a rollout is True, else 0, by the reason that it has.",
    labels=(*_ROLLOUT, "reason"),
)
WAVE = partial(
    GaugeMetricFamily,
    "fabgitops_setpoint_wave",
    "The wave of a rollout that is under way; 0 before the first.",
    labels=_ROLLOUT,
)
MEMBERS = partial(
    GaugeMetricFamily,
    "fabgitops_setpoint_members",
    "PLCs of a rollout by how they stand; total is all of them.",
    labels=(*_ROLLOUT, "state"),
)
DECISIONS = partial(
    CounterMetricFamily, "fabgitops_setpoint_decisions", "Decisions of rollouts by their rule.", labels=("rule",)
)
MEASUREMENTS = partial(
    CounterMetricFamily, "fabgitops_analysis_measurements", "Measurements by their verdict.", labels=("verdict",)
)
PENDING = partial(
    GaugeMetricFamily,
    "fabgitops_outbox_pending",
    "Events of a rollout that nobody has taken yet.",
    labels=_ROLLOUT,
)


class _Metric(NamedTuple):
    """Which metric, of which analysis: that of a wave, begun at a time."""

    wave: int
    began: str
    name: str


class SetpointMetrics:
    """Counts what rollouts of set-points decide and measure, and shows how they stand when asked."""

    def __init__(self) -> None:
        self._rows: dict[Key, SetpointRolloutStatus] = {}
        self._decisions: Counter[str] = Counter()
        self._measurements: Counter[str] = Counter()

    def happened(self, key: Key, event: Event, commands: Commands) -> None:
        """Note what a controller was told and what it wanted done; what earlier processes counted is not counted."""
        if key.kind != SETPOINT_ROLLOUT.name:
            return
        if key not in self._rows:
            if not isinstance(event, Declared):
                return  # the end of a pass over one that is gone
            self._rows[key] = _stands(event.status)
        for command in commands:
            if isinstance(command, Publish):
                self._take(key, _stands(command.status))

    def _take(self, key: Key, status: SetpointRolloutStatus) -> None:
        before, self._rows[key] = self._rows[key], status
        if status.decisions != before.decisions:
            self._decisions.update(each.rule for each in added(before.decisions, status.decisions))
        if status.analyses != before.analyses:
            known = _measured(before)
            for metric, measurements in _measured(status).items():
                self._measurements.update(each.verdict for each in added(known.get(metric, ()), measurements))

    def forgotten(self, key: Key) -> None:
        """Drop what is known of a rollout that is gone."""
        self._rows.pop(key, None)

    def families(self) -> Iterator[Metric]:
        """Yield what is read off when asked."""
        rows = list(self._rows.items())
        yield from in_parts(PHASE, [((*_of(key), each.phase.value), 1.0) for key, each in rows])
        yield from in_parts(READY, [readiness(key, each.conditions) for key, each in rows])
        yield from in_parts(WAVE, [(_of(key), float(each.wave)) for key, each in rows])
        yield from in_parts(MEMBERS, (sample for key, each in rows for sample in _members(key, each.members)))
        yield from in_parts(DECISIONS, by_name(self._decisions))
        yield from in_parts(MEASUREMENTS, by_name(self._measurements))
        yield from in_parts(PENDING, [(_of(key), float(len(each.outbox))) for key, each in rows])


def _stands(status: ApiModel | None) -> SetpointRolloutStatus:
    return status if isinstance(status, SetpointRolloutStatus) else SetpointRolloutStatus()


def added(before: Sequence[_Told], after: Sequence[_Told]) -> Sequence[_Told]:
    """Return what was added at the end of a list that loses its first ones when it is full."""
    known = next(len(kept) for gone in range(len(before) + 1) if (kept := before[gone:]) == after[: len(kept)])
    return after[known:]


def _measured(status: SetpointRolloutStatus) -> dict[_Metric, tuple[Measurement, ...]]:
    return {
        _Metric(analysis.wave, str(analysis.started_at), metric.name): metric.measurements
        for analysis in status.analyses
        for metric in analysis.metrics
    }


def _of(key: Key) -> tuple[str, str]:
    return key.namespace, key.name


def _members(key: Key, members: Members) -> Iterator[Sample]:
    for state in Members.model_fields:
        yield (*_of(key), state), float(getattr(members, state))
