"""A brake on corrections that succeed: who corrects a register again and again has somebody else writing it.

Two resources that name one device by two names, or a master of which nobody here knows, undo each other at every poll,
until the memory behind the register is worn out. So a register that was corrected too often within an hour is not
written any more until somebody asks for it, with a sync, an edit, or a suspension that ends. That it is braked is in
the status, so a restart does not loosen it; the corrections that lead to it are counted anew by each process.
"""

from collections.abc import Sequence
from datetime import timedelta

from fabgitops_core.control.commands import Commands, Notice
from fabgitops_core.control.events import Event
from fabgitops_core.control.plc.judging import Judgement
from fabgitops_core.control.plc.reasons import PlcReason
from fabgitops_core.control.plc.state import Braked, PlcState, with_memory

WITHIN = timedelta(hours=1)


def braked(state: PlcState, found: Sequence[Judgement], event: Event) -> tuple[PlcState, Commands]:
    """Count the corrections that were proven, and brake where they are too many."""
    notices: Commands = ()
    for each in found:
        if each.corrections and state.spec is not None:
            state, told = _counted(state, each, state.spec.max_corrections_per_hour, event)
            notices = (*notices, *told)
    return state, notices


def _counted(state: PlcState, found: Judgement, most: int, event: Event) -> tuple[PlcState, Commands]:
    memory, name = state.memory, found.point.name
    lately = [at for at in memory.corrected.get(name, ()) if timedelta(0) <= event.at - at < WITHIN]
    times = (*lately, event.at)
    state = with_memory(state, corrected={**memory.corrected, name: times})
    if len(times) < most or name in memory.braked:
        return state, ()
    message = message_of(found.point.label, most)
    state = with_memory(state, braked={**memory.braked, name: Braked(event.at, message)})
    return state, (Notice(PlcReason.CONTENDED_WRITER, message),)


def message_of(label: str, most: int) -> str:
    """Return what is said of a register that was corrected as often as it may be."""
    return (
        f"somebody else writes {label}: {most} corrections within an hour; "
        "it is not written any more until a sync, an edit, or the end of a suspension"
    )


def released(state: PlcState) -> PlcState:
    """Write what is braked again: somebody asks for it."""
    return with_memory(state, corrected={}, braked={}) if state.memory.corrected or state.memory.braked else state
