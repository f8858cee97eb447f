"""A brake on corrections that succeed: who corrects a register again and again has somebody else writing it.

Two resources that name one device by two names, or a master of which nobody here knows, undo each other at every poll,
until the memory behind the register is worn out. So a register that was corrected too often within an hour is not
written any more until somebody asks for it, with a sync, an edit, or a suspension that ends. That it is braked is in
the status, so a restart does not loosen it. The corrections that lead to it are in the status of those who give
`correction.fight`, as how many, the first and the last: what lies between is taken to have come evenly. Of all others
each process counts them anew, which costs nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from fabgitops_core.api.plc.fight import AN_HOUR, Fight, Fought
from fabgitops_core.control.commands import Commands, Notice
from fabgitops_core.control.events import Event
from fabgitops_core.control.plc.judging import Judgement
from fabgitops_core.control.plc.reasons import PlcReason
from fabgitops_core.control.plc.state import Braked, PlcState, with_memory

MOST = 3600
"""Corrections that a status may speak of: no fight has more."""


def braked(state: PlcState, found: Sequence[Judgement], event: Event) -> tuple[PlcState, Commands]:
    """Count the corrections that were proven, and brake where they are too many."""
    notices: Commands = ()
    for each in found:
        if each.corrections and state.spec is not None:
            state, told = _counted(state, each, state.spec.fight, event)
            notices = (*notices, *told)
    return state, notices


def _counted(state: PlcState, found: Judgement, fight: Fight, event: Event) -> tuple[PlcState, Commands]:
    memory, name = state.memory, found.point.name
    within = timedelta(seconds=fight.within_secs)
    lately = [at for at in memory.corrected.get(name, ()) if timedelta(0) <= event.at - at < within]
    times = (*lately, event.at)
    state = with_memory(state, corrected={**memory.corrected, name: times})
    if len(times) < fight.corrections or name in memory.braked:
        return state, ()
    message = message_of(found.point.label, fight)
    state = with_memory(state, braked={**memory.braked, name: Braked(event.at, message)})
    return state, (Notice(PlcReason.CONTENDED_WRITER, message),)


def with_what_is_counted(state: PlcState, found: tuple[Judgement, ...]) -> tuple[Judgement, ...]:
    """Return judgements whose statuses say how often registers were corrected lately, where that is to be kept."""
    if state.spec is None or state.spec.correction.fight is None:
        return found
    return tuple(_with_fight(state, each) for each in found)


def _with_fight(state: PlcState, found: Judgement) -> Judgement:
    fight = _fought(state.memory.corrected.get(found.point.name, ()))
    if fight == found.status.fight:
        return found
    return replace(found, status=found.status.model_copy(update={"fight": fight}))


def _fought(times: Sequence[datetime]) -> Fought | None:
    return Fought(corrections=len(times), since=times[0], last=times[-1]) if times else None


def counted_before(fight: Fought | None) -> tuple[datetime, ...]:
    """Return when a register was corrected, as far as a status tells."""
    if fight is None or not fight.corrections:
        return ()
    steps = min(fight.corrections, MOST) - 1
    pace = (fight.last - fight.since) / steps if steps else timedelta(0)
    return tuple(fight.last - pace * left for left in range(steps, -1, -1))


def message_of(label: str, fight: Fight) -> str:
    """Return what is said of a register that was corrected as often as it may be."""
    within = "an hour" if fight.within_secs == AN_HOUR else f"{fight.within_secs} s"
    return (
        f"somebody else writes {label}: {fight.corrections} corrections within {within}; "
        "it is not written any more until a sync, an edit, or the end of a suspension"
    )


def released(state: PlcState) -> PlcState:
    """Write what is braked again: somebody asks for it."""
    return with_memory(state, corrected={}, braked={}) if state.memory.corrected or state.memory.braked else state
