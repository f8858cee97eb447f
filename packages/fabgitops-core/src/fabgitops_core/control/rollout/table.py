"""The controller of one Rollout: a state machine without I/O, which goes on from its status and its objects.

A pass begins with `Surveyed`: all that is there. What others have made for it is taken over first (`adopting`). What
follows then is MOVES (`passing`), asked in their order until none applies; then what is to be (`aiming`) is compared
with what is there (`doing`), and the first difference is put right by one request, which waits until the status is
stored that it follows from.

    stage      event                         next
    IDLE       Surveyed                      MOVES, status; ACTING with a request for an object, or MEASURING when none
                                             is to be made, or the last did not succeed; IDLE until something is due
    ACTING     Applied, Patched, Deleted     IDLE, and a look at once
               Drafted                       the same, with what an API server makes of the template
               …Failed                       CHANGED, GONE, CONFLICT: a look soon; TAKEN by another: another name;
                                             REFUSED, AWAY: it is said, and a look after 2, 4 … 60 s; HELD: when woken
    MEASURING  Measured, MeasureFailed       IDLE, and a look at once
    any        Emitted                       the same: the next event that waits is handed over
    any        Surveyed                      as from IDLE: passes are never doubled, so the one before died of a fault,
                                             or its measurement is on its way: the same is asked for again, and has it
    any        Contested                    the same: another Rollout names, or has, one of its Services
    any        Removed                       GONE: nothing is sent any more; the cluster collects what it owned

`Declared` changes what is wanted: a request that followed from something else is not sent any more (`wants`).
"""

from collections.abc import Callable
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout.marks import ROLLOUT as LABEL
from fabgitops_core.api.rollout.rollout import ROLLOUT
from fabgitops_core.control.commands import Commands, Request, Wake
from fabgitops_core.control.events import (
    Applied,
    ApplyFailed,
    Contested,
    Declared,
    Deleted,
    DeleteFailed,
    Drafted,
    DraftFailed,
    Emitted,
    Event,
    Faulted,
    Measured,
    MeasureFailed,
    Patched,
    PatchFailed,
    Removed,
    Surveyed,
)
from fabgitops_core.control.objects import Viewed, Watched
from fabgitops_core.control.rollout.declaring import declared, faulted
from fabgitops_core.control.rollout.judging.analysing import measured
from fabgitops_core.control.rollout.judging.judges import consulted
from fabgitops_core.control.rollout.kinds import DEPLOYMENT, GRPC_ROUTE, HTTP_ROUTE, REPLICA_SET, SERVICE
from fabgitops_core.control.rollout.looking import regarded
from fabgitops_core.control.rollout.passing import done, drafted, failed, surveyed
from fabgitops_core.control.rollout.records import deployment, replica_set, service
from fabgitops_core.control.rollout.saying.telling import emitted, handed_over, last_words
from fabgitops_core.control.rollout.state import RolloutState, Stage, Step
from fabgitops_core.control.rollout.traffic import claiming
from fabgitops_core.control.rollout.traffic.claiming import contested
from fabgitops_core.control.rollout.traffic.routes import grpc_route, http_route

TABLE: dict[type[Event], Callable[[RolloutState, Any], Step]] = {
    Surveyed: surveyed,
    Applied: done,
    Patched: done,
    Deleted: done,
    ApplyFailed: failed,
    Drafted: drafted,
    DraftFailed: failed,
    PatchFailed: failed,
    DeleteFailed: failed,
    Declared: declared,
    Contested: contested,
    Measured: measured,
    MeasureFailed: measured,
    Emitted: emitted,
    Faulted: faulted,
}


def step(state: RolloutState, event: Event) -> Step:
    """Return what the controller knows after an event, and what it wants done."""
    if state.stage is Stage.GONE:
        return state, ()
    if isinstance(event, Removed):
        return state._replace(stage=Stage.GONE, inputs=()), (*last_words(state, event.at), Wake(None))
    handler = TABLE.get(type(event))
    if handler is None:
        return state, ()
    state, commands = handler(state, event)
    state, told = handed_over(state)
    return state, (*_before(commands), *told, *commands[len(_before(commands)) :])


def _before(commands: Commands) -> Commands:
    """Return what is not the request, which is last."""
    return commands[:-1] if commands and isinstance(commands[-1], Request) else commands


class RolloutController:
    """The functions above as a `Controller`: it owns ReplicaSets and routes, and looks at what others have."""

    kind = ROLLOUT

    def start(self, key: Key) -> RolloutState:
        """Return what is known before the first event."""
        return RolloutState(key=key)

    step = staticmethod(step)

    def owns(self) -> tuple[Watched, ...]:
        """Return the ReplicaSets of rollouts, and the routes that are made for them."""
        return (
            Watched(REPLICA_SET, LABEL, ROLLOUT.name, replica_set),
            Watched(HTTP_ROUTE, LABEL, ROLLOUT.name, http_route),
            Watched(GRPC_ROUTE, LABEL, ROLLOUT.name, grpc_route),
        )

    def views(self) -> tuple[Viewed, ...]:
        """Return the kinds of what is only looked at."""
        return (
            Viewed(SERVICE, service),
            Viewed(DEPLOYMENT, deployment),
            Viewed(HTTP_ROUTE, http_route),
            Viewed(GRPC_ROUTE, grpc_route),
        )

    def regards(self, state: RolloutState) -> frozenset[Key]:
        """Return the objects that a Rollout looks at."""
        return regarded(state)

    def identities(self, state: RolloutState) -> frozenset[str]:
        """Return the Services and rules of routes that a Rollout has for itself alone."""
        return claiming.identities(state)

    def wishes(self, state: RolloutState) -> frozenset[str]:
        """Return those that it names and does not have yet."""
        return claiming.wishes(state)

    def consults(self, state: RolloutState) -> frozenset[tuple[str, str]]:
        """Return the templates by which its revisions are judged."""
        return consulted(state.spec)

    def wants(self, state: RolloutState, request: Request) -> bool:
        """Return whether a request may still be sent: not when people want something else by now."""
        del request
        return state.stage in {Stage.ACTING, Stage.MEASURING} and state.inputs == state.declared
