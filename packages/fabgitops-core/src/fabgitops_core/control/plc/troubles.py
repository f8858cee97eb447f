"""Corrections that fail: told once, and tried again after a growing pause."""

from collections.abc import Iterable
from datetime import timedelta

from fabgitops_core.control.commands import Commands, Notice
from fabgitops_core.control.events import Event
from fabgitops_core.control.plc import situations as at_hand
from fabgitops_core.control.plc.judging import Finding, Judgement
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.reasons import PlcReason
from fabgitops_core.control.plc.situations import Situation
from fabgitops_core.control.plc.state import MAX_SETBACK_SECS, PlcState, Trouble, with_memory


def with_troubles(state: PlcState, found: tuple[Judgement, ...], event: Event) -> tuple[PlcState, Commands]:
    """Note corrections that did not hold, and that what is in sync is in no trouble."""
    notices: Commands = ()
    for each in found:
        if each.finding is Finding.NOT_HELD:
            state, told_of = with_trouble(state, (each.point,), at_hand.VERIFICATION_FAILED, each.message, event)
            notices = (*notices, *told_of)
        elif not state.memory.troubles:
            continue
        elif (
            each.finding in {Finding.SYNC, Finding.OBSERVED, Finding.GIVEN} and each.point.name in state.memory.troubles
        ):
            left = {name: trouble for name, trouble in state.memory.troubles.items() if name != each.point.name}
            state = with_memory(state, troubles=left)
    return state, notices


def with_trouble(
    state: PlcState, points: Iterable[Point], situation: Situation, message: str, event: Event
) -> tuple[PlcState, Commands]:
    """Note that one correction failed, or one cause kept several back: told once, and again only after it was well.

    Each register waits longer before the next: memory that wears out is not hammered.
    """
    known = state.memory.troubles
    failed = {each.name: again(known.get(each.name), situation, message, event) for each in points}
    notices: Commands = () if failed.keys() <= known.keys() else (Notice(PlcReason.CORRECTION_FAILED, message),)
    return with_memory(state, troubles={**known, **failed}), notices


def again(before: Trouble | None, situation: Situation, message: str, event: Event) -> Trouble:
    """Return what keeps a register from being written, once more or for the first time, and until when it waits."""
    count = before.count + 1 if before else 1
    until = event.at + timedelta(seconds=min(2 ** min(count, 10), MAX_SETBACK_SECS))
    return Trouble(situation, message, count, until)
