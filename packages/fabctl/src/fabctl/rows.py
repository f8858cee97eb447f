"""A rollout in a list, whichever kind it is of. Pure."""

from dataclasses import dataclass
from datetime import datetime

from fabctl.fields import NOTHING, Body
from fabctl.names import ROLLOUT, WORKLOAD
from fabctl.rollouts import rollout_view
from fabctl.workloads import FAILED, WAITING, workload_view

_TELLING = frozenset({"Paused", "Restoring", "Aborted"})
"""Phases of set-points of which a listing says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a list says of a rollout."""

    namespace: str
    name: str
    kind: str
    phase: str
    step: str
    released: str
    """How many PLCs hold what Git wants of how many, or the share that a new version has."""
    available: str
    """How many pods of how many."""
    failed: str
    away: str
    created: datetime | None
    revision: str
    decision: str
    """By which rule was decided last."""
    message: str
    telling: bool
    """Whether the list is to say what is going on, for it has stopped."""


def row_of(body: Body) -> Row:
    """Return what a list says of a rollout."""
    return _of_workload(body) if body.get("kind") == WORKLOAD.title else _of_set_points(body)


def _of_set_points(body: Body) -> Row:
    rollout = rollout_view(body)
    return Row(
        namespace=rollout.namespace,
        name=rollout.name,
        kind=ROLLOUT.title,
        phase=rollout.phase,
        step=rollout.progress,
        released=rollout.released,
        available=NOTHING,
        failed=str(rollout.members["failed"]),
        away=str(rollout.members["unreachable"]),
        created=rollout.created,
        revision=rollout.revision or NOTHING,
        decision=rollout.last_decision.rule if rollout.last_decision else NOTHING,
        message=rollout.message or NOTHING,
        telling=rollout.phase in _TELLING or bool(rollout.stalled),
    )


def _of_workload(body: Body) -> Row:
    rollout = workload_view(body)
    return Row(
        namespace=rollout.namespace,
        name=rollout.name,
        kind=WORKLOAD.title,
        phase=rollout.phase,
        step=rollout.progress,
        released=rollout.released,
        available=f"{rollout.available}/{rollout.wanted}",
        failed=NOTHING,
        away=NOTHING,
        created=rollout.created,
        revision=rollout.hash or NOTHING,
        decision=rollout.last_decision.rule if rollout.last_decision else NOTHING,
        message=rollout.message or NOTHING,
        telling=rollout.phase in {FAILED, *WAITING} or bool(rollout.stalled),
    )
