"""What is shown of rollouts of set-points: how each stands, what it decided and measured, and what waits to be told.

All of it is in their statuses, which the engine keeps anyway: nothing is counted at a poll of a PLC.
"""

from collections.abc import Iterator
from functools import partial

from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.api.setpoint.setpointrollout import SETPOINT_ROLLOUT
from fabgitops_core.api.setpoint.status import Members, SetpointRolloutStatus
from fabgitops_core.control.commands import Commands, Publish
from fabgitops_core.control.events import Declared, Event
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from fabgitops_operator.hosting.families import Sample, in_parts
from fabgitops_operator.hosting.rolloutmetrics import LABELS, RolloutMetrics, of

PHASE = partial(
    GaugeMetricFamily,
    "fabgitops_setpoint_rollout_phase",
    "1 for the phase that a rollout of set-points is in.",
    labels=(*LABELS, "phase"),
)
READY = partial(
    GaugeMetricFamily,
    "fabgitops_setpoint_rollout_ready",
    "1 while the condition Ready of a rollout is True, else 0, by the reason that it has.",
    labels=(*LABELS, "reason"),
)
WAVE = partial(
    GaugeMetricFamily,
    "fabgitops_setpoint_wave",
    "The wave of a rollout that is under way; 0 before the first.",
    labels=LABELS,
)
MEMBERS = partial(
    GaugeMetricFamily,
    "fabgitops_setpoint_members",
    "PLCs of a rollout by how they stand; total is all of them.",
    labels=(*LABELS, "state"),
)
DECISIONS = partial(
    CounterMetricFamily, "fabgitops_setpoint_decisions", "Decisions of rollouts by their rule.", labels=("rule",)
)


class SetpointMetrics:
    """Counts what rollouts of set-points decide and measure, and shows how they stand when asked."""

    def __init__(self) -> None:
        self._rollouts: RolloutMetrics[SetpointRolloutStatus] = RolloutMetrics()

    def happened(self, key: Key, event: Event, commands: Commands) -> None:
        """Note what a controller was told and what it wanted done; what earlier processes counted is not counted."""
        if key.kind != SETPOINT_ROLLOUT.name:
            return
        if key not in self._rollouts.rows:
            if not isinstance(event, Declared):
                return  # the end of a pass over one that is gone
            self._rollouts.rows[key] = _stands(event.status)
        for command in commands:
            if isinstance(command, Publish):
                self._rollouts.take(key, _stands(command.status))

    def forgotten(self, key: Key) -> None:
        """Drop what is known of a rollout that is gone."""
        self._rollouts.rows.pop(key, None)

    def families(self) -> Iterator[Metric]:
        """Yield what is read off when asked."""
        yield from self._rollouts.standing(PHASE, READY)
        rows = list(self._rollouts.rows.items())
        yield from in_parts(WAVE, [(of(key), float(each.wave)) for key, each in rows])
        yield from in_parts(MEMBERS, (sample for key, each in rows for sample in _members(key, each.members)))
        yield from self._rollouts.told(DECISIONS)


def _stands(status: ApiModel | None) -> SetpointRolloutStatus:
    return status if isinstance(status, SetpointRolloutStatus) else SetpointRolloutStatus()


def _members(key: Key, members: Members) -> Iterator[Sample]:
    for state in Members.model_fields:
        yield (*of(key), state), float(getattr(members, state))
