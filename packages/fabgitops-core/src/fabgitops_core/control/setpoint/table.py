"""The controller of one SetpointRollout: a state machine without I/O, which goes on from its status and its members.

A pass begins with `Mustered`: all members as they stand. What follows is MOVES (`mustering`), by where it stands:

    WATCHING   Git wants something else                   PLANNING: a new round
    PLANNING   Git changes again                          PLANNING: it has to stand still anew
               it stands still, nothing speaks against it RELEASING wave 1
               nothing is to be released any more         WATCHING
    RELEASING  members to go                              RELEASING: permits, at most maxParallel under way
               all of the wave are proven                 BAKING; RELEASING the next, where none of it was released
    BAKING     it has held for its time                   RELEASING the next wave, DONE after the last, PAUSED between;
                                                          ANALYSING, where the wave is judged once more
    ANALYSING  the analysis has ended well                as after BAKING
    PAUSED     promoted, not paused any more, time over   where it goes on
    DONE       somebody who was passed over is back       DONE: a permit, outside waves
               Git wants something else                   PLANNING: a new round
    RESTORING  members to be put back                     RESTORING: permits, last first
               all are back, or the deadline has passed   ABORTED
    ABORTED    Git has changed                            PLANNING: a new round; WATCHING if there is nothing to do
               somebody retries                           PLANNING: a new round
    RELEASING, BAKING, ANALYSING, PAUSED:
               it has failed                              RESTORING, PAUSED, or on, by failurePolicy
               an analysis cannot tell                    PAUSED
               Git has changed                            PLANNING in the same round: what was released stays
    PLANNING and these: somebody aborts                   RESTORING
    any        two rollouts select one member             the same; nothing is released or put back

`Measured` and `MeasureFailed` bring the first permit of the pass, `Annotated` and `AnnotateFailed` the next. `Declared`
changes what is wanted, and ends a pass at its next permit. `Emitted` lets the next event go. Nothing follows after
`Removed`: the members hold what they hold.
"""

from collections.abc import Callable, Mapping
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.api.setpoint.setpointrollout import SETPOINT_ROLLOUT
from fabgitops_core.control.commands import Wake
from fabgitops_core.control.events import (
    Annotated,
    AnnotateFailed,
    Declared,
    Emitted,
    Event,
    Faulted,
    Measured,
    MeasureFailed,
    Mustered,
    Removed,
)
from fabgitops_core.control.members import Selects
from fabgitops_core.control.setpoint.analysing import consulted
from fabgitops_core.control.setpoint.declaring import declared, faulted
from fabgitops_core.control.setpoint.mustering import mustered
from fabgitops_core.control.setpoint.permitting import annotate_failed, annotated, measured
from fabgitops_core.control.setpoint.state import (
    MEMBER,
    PERMITS_PER_SECOND,
    SETTLE_SECS,
    Pace,
    SetpointState,
    Step,
)
from fabgitops_core.control.setpoint.telling import emitted, last_words

TABLE: Mapping[type[Event], Callable[[SetpointState, Any], Step]] = {
    Declared: declared,
    Mustered: mustered,
    Annotated: annotated,
    AnnotateFailed: annotate_failed,
    Measured: measured,
    MeasureFailed: measured,
    Emitted: emitted,
    Faulted: faulted,
}


def step(state: SetpointState, event: Event) -> Step:
    """Return what the controller knows after an event, and what it wants done."""
    if state.gone:
        return state, ()
    if isinstance(event, Removed):
        return state._replace(gone=True, queue=()), (*last_words(state, event.at), Wake(None))
    handler = TABLE.get(type(event))
    return handler(state, event) if handler else (state, ())


class SetpointRolloutController:
    """The functions above as a `Controller` that leads PLCs."""

    kind = SETPOINT_ROLLOUT

    def __init__(self, settle_secs: float = SETTLE_SECS, permits_per_second: float = PERMITS_PER_SECOND) -> None:
        self._pace = Pace(settle_secs, permits_per_second)

    def start(self, key: Key) -> SetpointState:
        """Return what is known before the first event."""
        return SetpointState(key=key, pace=self._pace)

    step = staticmethod(step)

    def leads(self) -> str:
        """Return the name of the kind that is led."""
        return MEMBER

    def selects(self, state: SetpointState) -> Selects | None:
        """Return which PLCs it leads, be the rest of it valid or not; None while that is not known, or it is gone."""
        if state.selector is None or state.gone or state.leaving:
            return None
        return state.selector.matches

    def place(self, state: SetpointState, name: str) -> str:
        """Return where a PLC stands in the plan; "" while there is none."""
        if state.status.plan is None or (wave := state.fleet.wave_of.get(name)) is None:
            return ""
        return f"wave {wave} of {len(state.fleet.bounds)}"

    def places(self, state: SetpointState) -> object:
        """Return what tells one plan from another."""
        return state.fleet.digest if state.status.plan else ""

    def consults(self, state: SetpointState) -> frozenset[tuple[str, str]]:
        """Return the resources whose offer it wants to know."""
        return consulted(state.spec)
