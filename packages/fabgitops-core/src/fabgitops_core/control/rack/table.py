"""The controller of one Rack: a state machine without I/O, whose lasting state is the objects themselves.

From any inventory it goes the same way: what is there is compared with what is to be there, what is missing or differs
is applied, what is too much goes. The whole of it is TABLE, below; an event that is not in it for the stage that it
meets came too late and changes nothing. `Declared`, `Referenced`, `Emitted` and `Removed` are heard in every stage:
they change what is wanted, and end a pass at its next step. `Faulted` ends it at once.

    stage     event         next
    IDLE      Surveyed      compare plan and inventory: APPLYING, PRUNING, or IDLE with Publish
    APPLYING  Applied       APPLYING the next; then PRUNING; then IDLE (Ready, and provisioned once)
    APPLYING  ApplyFailed   CONFLICT: the same by force, or reported; TAKEN: onto what stands there, if it is ours or
                            given to us; GONE: the next; REFUSED: the next, at the end Stalled, and no retry until
                            something changes; AWAY, HELD: IDLE, and again after 2, 4 … 60 s, or when woken
    PRUNING   Deleted       PRUNING the next of a batch; then IDLE, to look again
    PRUNING   DeleteFailed  GONE: as Deleted; TAKEN: the next; REFUSED: the next, and it is said what stayed;
                            AWAY, HELD: as above
    any       Surveyed      as from IDLE: passes are never doubled, so the one before died of a fault of ours
    any       Removed       GONE: nothing is sent any more
"""

from collections.abc import Callable
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rack import RACK, RACK_TEMPLATE
from fabgitops_core.api.rack.rack import RackSpec
from fabgitops_core.control.commands import Commands, Wake
from fabgitops_core.control.events import (
    Applied,
    ApplyFailed,
    Declared,
    Deleted,
    DeleteFailed,
    Emitted,
    Event,
    Faulted,
    Referenced,
    Removed,
    Surveyed,
)
from fabgitops_core.control.objects import Watched
from fabgitops_core.control.rack import happenings
from fabgitops_core.control.rack.declaring import declared, referenced
from fabgitops_core.control.rack.passing import applied, surveyed
from fabgitops_core.control.rack.records import watched
from fabgitops_core.control.rack.refusing import apply_failed
from fabgitops_core.control.rack.removing import delete_failed, deleted
from fabgitops_core.control.rack.resting import faulted
from fabgitops_core.control.rack.state import REST, RackState, Stage, Step
from fabgitops_core.control.rack.telling import emitted, tell_of_all

TABLE: dict[tuple[Stage, type[Event]], Callable[[RackState, Any], Step]] = {
    (Stage.IDLE, Surveyed): surveyed,
    (Stage.APPLYING, Surveyed): surveyed,
    (Stage.PRUNING, Surveyed): surveyed,
    (Stage.APPLYING, Applied): applied,
    (Stage.APPLYING, ApplyFailed): apply_failed,
    (Stage.PRUNING, Deleted): deleted,
    (Stage.PRUNING, DeleteFailed): delete_failed,
}

ALWAYS: dict[type[Event], Callable[[RackState, Any], Step]] = {
    Declared: declared,
    Referenced: referenced,
    Emitted: emitted,
    Faulted: faulted,
}


def step(state: RackState, event: Event) -> Step:
    """Return what the controller knows after an event, and what it wants done."""
    kind = type(event)
    if state.stage is Stage.GONE:
        return state, ()
    if handler := TABLE.get((state.stage, kind)) or ALWAYS.get(kind):
        return handler(state, event)
    if isinstance(event, Removed):
        return _removed(state, event)
    return state, ()


def _removed(state: RackState, event: Removed) -> Step:
    """End: the cluster collects the parts, and nothing is sent any more but that the Rack is gone."""
    told: Commands = ()
    if state.uid:
        id_ = f"{state.uid}/{happenings.DELETED}"
        gone = happenings.of_rack(state.key, state.uid, happenings.DELETED, id_, event.at, state.created)
        state, told = tell_of_all(state, gone, event.at)
    return state._replace(stage=Stage.GONE, going=REST), (*told, Wake(None))


class RackController:
    """The functions above as a `Controller` that owns objects and refers to a template."""

    kind = RACK

    def start(self, key: Key) -> RackState:
        """Return what is known before the first event."""
        return RackState(key=key)

    step = staticmethod(step)

    def owns(self) -> tuple[Watched, ...]:
        """Return the parts of racks."""
        return watched()

    def reference(self, spec: RackSpec | None) -> tuple[str, str] | None:
        """Return kind and name of the template that a spec refers to."""
        return (RACK_TEMPLATE.name, spec.template_ref.name) if spec else None
