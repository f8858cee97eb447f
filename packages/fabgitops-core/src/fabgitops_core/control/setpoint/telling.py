"""What is told to the world of a change: it waits in the status, is told oldest first, and goes when the bus has it."""

from datetime import datetime

from fabgitops_core.control.cdevents.making import happening
from fabgitops_core.control.cdevents.outbox import taken
from fabgitops_core.control.cdevents.telling import entry
from fabgitops_core.control.cdevents.telling import told as put
from fabgitops_core.control.cdevents.words import Word
from fabgitops_core.control.commands import Commands, Emit, Notice
from fabgitops_core.control.events import Emitted
from fabgitops_core.control.setpoint.reasons import SetpointReason
from fabgitops_core.control.setpoint.state import SetpointState, Step, published


def told(
    state: SetpointState, word: Word, at: datetime, *, wave: int | None = None, text: str = "", verdict: str = ""
) -> SetpointState:
    """Note that something is to be told, in the same status as what it tells of."""
    return state._replace(status=put(state.uid, state.status, word, at, wave=wave, text=text, verdict=verdict))


def handed_over(state: SetpointState) -> Step:
    """Tell the bus of what waits longest, once: the status that it stands in is made known by now."""
    outbox = state.status.outbox
    if not outbox or state.emitting == outbox[0].id:
        return state, ()
    first = outbox[0]
    return state._replace(emitting=first.id), (Emit(happening(state.key, state.uid, first)),)


def emitted(state: SetpointState, event: Emitted) -> Step:
    """Take the news that the bus has something for good, or never will: the next that waits can go."""
    kept = taken(state.status.outbox, event.id)
    if len(kept) == len(state.status.outbox):
        return state, ()
    state = state.with_status(outbox=kept, untold=state.status.untold + bool(event.refused))
    lost: Commands = ()
    if event.refused:
        lost = (Notice(SetpointReason.EVENT_LOST, f"an event is given up: {event.refused}"),)
    state, commands = published(state._replace(emitting=""), event.at)
    state, more = handed_over(state)
    return state, (*commands, *lost, *more)


def last_words(state: SetpointState, at: datetime) -> Commands:
    """Return what is told of a rollout that is gone: all that waits, and that its change is over."""
    status = state.status
    waiting = status.outbox[1:] if state.emitting else status.outbox
    if state.is_begun:
        waiting = (*waiting, entry(state.uid, status, Word.FINISHED_CANCEL, at, wave=0, text="the rollout is gone"))
    return tuple(Emit(happening(state.key, state.uid, each)) for each in waiting)
