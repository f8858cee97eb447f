"""The controller of one experiment: a state machine without I/O, a class for each state (`states`).

    state       event            next
    Undeclared  Declared         where its status says: Pending, Running, Recovering or over; Running with a target that
                                 is only being injected: Recovering, and never again
    Pending     Looked           what speaks against it is told, and looked at again; else Holding, with the finalizer
    Holding     Held             Selecting
    Selecting   Selected         nothing: Failed; else Steadying, with probes; or Examining
    Steadying   Acted            not steady: Failed; else Examining
    Examining   Examined         cannot: Failed; away: Pending; else the record, and Injecting when that is stored
    Injecting   Acted            all injected: Running; anything else: Recovering
                Unrecorded       Pending: nothing was done
    Running     Looked           time is over, ended, not allowed any more: Recovering; else Renewing; Resuming before
                                 it where no clock is known
    Resuming    Examined         Running; nobody answers: Recovering
    Renewing    Acted            Running; ended by itself, silent, a probe that failed: Recovering
    Recovering  Looked           Undoing; after 30 s of silence it is over without a word
    Undoing     Acted            all over: Closing; else Recovering
    Closing     Looked           Judging
    Judging     Acted            Completed, Failed or Aborted, with the verdict; or Closing, until it has time no more
    final       Released         the same, at rest
    any         Faulted          what may be injected is undone by its record, else as if nobody had answered
    any         Due              the same: it is looked at first (`Look`), where there is anything to look at
    any         Removed          Departed

The engine asks in passes alone, which Due begins: what is declared, and a fault, only have one begun.

Six rules hold whatever dies in between: the record is stored before anything is done (`Act.recorded`); what is renewed
is there, or it has ended (`ledger`); what has ended never begins again (there, too); what is not known to have been
done is undone, not repeated (`declaring`, `injecting`); after 30 s of silence it is over (`recovering`); and no request
is carried out later than 10 s after its sender knew the clock, or by another process than told it (`timing`, `ledger`).
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from fabgitops_core.api.chaos.experiment import CHAOS_EXPERIMENT
from fabgitops_core.api.meta import Key
from fabgitops_core.control.chaos import closing, declaring, finishing, injecting, recovering, running, starting
from fabgitops_core.control.chaos.events import Acted, Examined, Held, Looked, Released, Selected, Unrecorded
from fabgitops_core.control.chaos.registry import OURS, Registry
from fabgitops_core.control.chaos.requests import Look
from fabgitops_core.control.chaos.states import (
    Aborted,
    Closing,
    Completed,
    Departed,
    Ending,
    Examining,
    Failed,
    Holding,
    Injecting,
    Judging,
    Pending,
    Recovering,
    Renewing,
    Resuming,
    Running,
    Selecting,
    State,
    Steadying,
    Step,
    Undeclared,
    Undoing,
    Wanted,
    carried_over,
)
from fabgitops_core.control.commands import Commands, Request, Wake
from fabgitops_core.control.events import Declared, Due, Event, Faulted, Removed

AState = TypeVar("AState")
AnEvent = TypeVar("AnEvent", bound=Event)
Row = tuple[type[Any], type[Event], Callable[[Any, Any], Any]]


def on(state: type[AState], event: type[AnEvent], handler: Callable[[AState, AnEvent], Step]) -> Row:
    """Return a row: a handler takes exactly its state, which mypy checks, and nobody else calls it."""
    return state, event, handler


ROWS: tuple[Row, ...] = (
    on(Undeclared, Declared, declaring.first),
    on(Undeclared, Faulted, declaring.unreadable),
    on(Pending, Declared, declaring.resting),
    on(Pending, Looked, starting.looked),
    on(Holding, Held, starting.held),
    on(Selecting, Selected, starting.selected),
    on(Steadying, Acted, starting.probed),
    on(Examining, Examined, starting.examined),
    on(Injecting, Acted, injecting.injected),
    on(Injecting, Unrecorded, injecting.unrecorded),
    on(Injecting, Faulted, injecting.faulted),
    on(Running, Declared, declaring.resting),
    on(Running, Looked, running.looked),
    on(Running, Faulted, running.faulted_at_rest),
    on(Renewing, Acted, running.renewed),
    on(Renewing, Faulted, running.faulted),
    on(Resuming, Examined, running.resumed),
    on(Resuming, Faulted, running.faulted),
    on(Recovering, Looked, recovering.looked),
    on(Recovering, Faulted, recovering.faulted_at_rest),
    on(Undoing, Acted, recovering.undone),
    on(Undoing, Faulted, recovering.faulted),
    on(Closing, Looked, closing.looked),
    on(Judging, Acted, closing.judged),
    on(Judging, Faulted, closing.faulted),
    on(Holding, Faulted, starting.faulted),
    on(Selecting, Faulted, starting.faulted),
    on(Steadying, Faulted, starting.faulted),
    on(Examining, Faulted, starting.faulted),
    on(Holding, Declared, declaring.busy),
    on(Selecting, Declared, declaring.busy),
    on(Steadying, Declared, declaring.busy),
    on(Examining, Declared, declaring.busy),
    on(Injecting, Declared, declaring.busy),
    on(Renewing, Declared, declaring.busy),
    on(Resuming, Declared, declaring.busy),
    on(Recovering, Declared, declaring.ending),
    on(Undoing, Declared, declaring.ending),
    on(Closing, Declared, declaring.closing),
    on(Judging, Declared, declaring.ending),
    on(Completed, Declared, declaring.final),
    on(Completed, Looked, finishing.let_go),
    on(Completed, Released, finishing.released),
    on(Completed, Faulted, finishing.faulted),
    on(Failed, Declared, declaring.final),
    on(Failed, Looked, finishing.let_go),
    on(Failed, Released, finishing.released),
    on(Failed, Faulted, finishing.faulted),
    on(Aborted, Declared, declaring.final),
    on(Aborted, Looked, finishing.let_go),
    on(Aborted, Released, finishing.released),
    on(Aborted, Faulted, finishing.faulted),
)

TABLE: dict[tuple[type[Any], type[Event]], Callable[[Any, Any], Step]] = {row[:2]: row[2] for row in ROWS}


def step(state: State, event: Event) -> Step:
    """Return what is known after an event, and what is wanted; what belongs to no state changes nothing."""
    if isinstance(state, Departed):
        return state, ()
    if isinstance(event, Removed):
        return Departed(key=state.key), (Wake(None),)
    if isinstance(event, Due):
        return state, (Look(_namespace(state)),) if (type(state), Looked) in TABLE else ()
    handler = TABLE.get((type(state), type(event)))
    after = (state, ()) if handler is None else handler(state, event)
    return resting(*after) if isinstance(event, Declared | Faulted) else after


def resting(state: State, commands: Commands) -> Step:
    """Ask for nothing outside of a pass, where nobody would: have one begun that asks for it."""
    if not any(isinstance(each, Request) for each in commands):
        return state, commands
    kept = tuple(each for each in commands if not isinstance(each, Request | Wake))
    return _at_rest(state), (*kept, Wake(0.0))


def _at_rest(state: State) -> State:
    """Return the state in which nothing was asked for yet."""
    match state:
        case Undoing():
            return Recovering(**carried_over(state), tries=state.tries)
        case Judging():
            return Closing(**carried_over(state))
        case Completed() | Failed() | Aborted():
            return replace(state, asked=False)
    raise TypeError(f"a {type(state).__name__} asks for something outside of a pass")


def _namespace(state: State) -> str:
    """Return where the targets are."""
    plan = state.plan if isinstance(state, Wanted | Ending) else None
    return plan.namespace if plan else state.key.namespace


class ExperimentController:
    """The functions above as a `Controller`."""

    kind = CHAOS_EXPERIMENT

    def __init__(self, known: Registry = OURS) -> None:
        self._known = known

    def start(self, key: Key) -> State:
        """Return what is known before the first event."""
        return Undeclared(key=key, known=self._known)

    step = staticmethod(step)
