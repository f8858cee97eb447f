"""The second half of a pass: all its writes are recorded, then sent one after the other, each read back after it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from fabgitops_core.api.plc.history import CorrectionResult
from fabgitops_core.codec.texts import first_of
from fabgitops_core.control.commands import Commands, Notice, Publish
from fabgitops_core.control.events import Event, Failure, FailureKind
from fabgitops_core.control.holding import Hold
from fabgitops_core.control.neighbours import ALONE, Outside
from fabgitops_core.control.plc import repeating
from fabgitops_core.control.plc import situations as at_hand
from fabgitops_core.control.plc.changes import Planned, changes_for
from fabgitops_core.control.plc.checks import checks_of
from fabgitops_core.control.plc.commands import Write
from fabgitops_core.control.plc.events import (
    ReadFailed,
    WriteDone,
    WriteFailed,
    WriteSpared,
    WriteUnknown,
    WriteUnrecorded,
    WriteWithdrawn,
)
from fabgitops_core.control.plc.guards.guard import snapshot
from fabgitops_core.control.plc.guards.secrets import SECRETS, sealed
from fabgitops_core.control.plc.guards.table import hold_of, holds_of, may_write
from fabgitops_core.control.plc.guards.telling import told_of
from fabgitops_core.control.plc.history import with_outcome
from fabgitops_core.control.plc.judging import Finding, Judgement, unread
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.ramping import aims
from fabgitops_core.control.plc.reasons import PlcReason
from fabgitops_core.control.plc.recording import intended, is_given, is_recorded, refused, taken_back, unsent
from fabgitops_core.control.plc.reporting import contact_was_lost, told
from fabgitops_core.control.plc.requests import Change
from fabgitops_core.control.plc.resting import lost
from fabgitops_core.control.plc.state import (
    PlcState,
    Stage,
    Step,
    forced_for,
    in_stage,
    overtaken,
    under_way,
    with_memory,
)
from fabgitops_core.control.plc.troubles import with_trouble
from fabgitops_core.control.plc.verdict import conclude, fields_of, held

MOST_TOLD = 16
"""How many registers the message of one write names: the bits of a word."""

Answer = WriteDone | WriteUnknown | WriteFailed | WriteUnrecorded | WriteWithdrawn | WriteSpared
"""What may come of a write."""


def still_wanted(state: PlcState, change: Change, at: datetime, outside: Outside = ALONE) -> bool:
    """Return whether a write that waits for its turn may still be sent: the last word before the wire."""
    points, seen = under_way(state), snapshot(state, at, outside)
    places = state.map.whole(each.at for each in points)
    return (
        state.stage is Stage.WRITING
        and bool(points)
        and all(may_write(seen, each) for each in points)
        and is_recorded(state, points)
        and not is_given(state, (each for each in points if not forced_for(state, each)))
        and changes_for(aims(state, places), places, state.going.repeats)[0].change == change
    )


def why_held(state: PlcState, change: Change, at: datetime, outside: Outside = ALONE) -> Hold | None:
    """Return which guard holds a write that waits for its turn, where it is to be tried again later."""
    points = under_way(state)
    current = bool(points) and state.going.changes[0].change == change
    return hold_of(state, points, at, outside) if current else None


def write_next(state: PlcState, event: Event) -> Step:
    """Send the next write, the first after all were recorded; or end the pass, when none is left."""
    going, points = state.going, state.map.points
    while going.changes and not _may_write(state, going.changes[0].of(points), event.at):
        state = unsent(state, going.changes[:1])
        going = replace(state.going, changes=going.changes[1:])
    state = state._replace(going=going)
    if not going.changes:
        return conclude(state, event)
    first, quiet = going.published is None, going.published is None and repeating.is_quiet(state)
    state = intended(state._replace(going=replace(going, said=state.status)), event.at) if first else state
    change = going.changes[0]
    write = Write(change.change, state.map.timeout, first, going.over, checks_of(state))
    if quiet:
        return in_stage(Stage.WRITING, state, state.going), (write,)
    amiss = [said for at in change.points if (said := _why(state, at))]
    message = f"{first_of(amiss, MOST_TOLD)}; writing {_what(change.of(points))}"
    fields = fields_of(state) | told_of(state, holds_of(state, event.at), event.at)
    status = told(
        state.status, at_hand.CORRECTING, message, event.at, state.generation, release=state.release, **fields
    )
    begun = in_stage(Stage.WRITING, state._replace(status=status), state.going)
    return begun, (Publish(status, before_write=first), write)


def _why(state: PlcState, at: int) -> str:
    """Return what is wrong with a register that is written; nothing where it only goes out with others of its group."""
    found = state.going.found[at]
    if at not in state.going.repeats:
        return found.message
    return f"{found.point.label} holds {found.point.target}, and is to be written again"


def _what(points: Sequence[Point]) -> str:
    """Return what is written, for people."""
    return f"group {points[0].group}, all {len(points)} registers of it" if points[0].group else "it"


def _may_write(state: PlcState, points: Iterable[Point], at: datetime) -> bool:
    seen = snapshot(state, at)
    return all(may_write(seen, each) for each in points)


def go_on(state: PlcState, event: Event, left: tuple[Planned, ...]) -> Step:
    """Go on with what is left; when the spec has changed meanwhile, look again before anything else is written."""
    if state.going_map is not state.map:
        return stopped(state._replace(status=state.status.model_copy(update=fields_of(state))))
    return write_next(state._replace(going=replace(state.going, changes=left, tries=0)), event)


def stopped(state: PlcState) -> Step:
    """End a pass that was overtaken; what is stored must not go on telling of writes that are not sent."""
    unsent = taken_back(state)
    after, commands = overtaken(unsent)
    return after, (Publish(unsent.status), *commands)


def is_current(state: PlcState, event: Answer) -> bool:
    """Return whether a write is the one under way, of registers by which the spec still means the same."""
    wanted = state.spec is not None and not state.spec.suspend
    return wanted and bool(under_way(state)) and event.change == state.going.changes[0].change


# --- writes that were not carried out ---------------------------------------------------------------------------------


def write_failed(state: PlcState, event: WriteFailed) -> Step:
    """Take note of a write that was certainly not carried out."""
    unreachable = event.failure.kind is FailureKind.UNREACHABLE
    state = unsent(state, state.going.changes[:1]) if unreachable else refused(state, event.at)
    if not is_current(state, event):
        return stopped(state)
    if unreachable:
        return unit_lost(state, event, event.failure, event.retry_after)
    state = with_outcome(state, CorrectionResult.REFUSED, event.at)
    state, notices = _refused(state, state.going.changes[:1], event)
    after, commands = go_on(state, event, state.going.changes[1:])
    return after, (*notices, *commands)


def unrecorded(state: PlcState, event: WriteUnrecorded) -> Step:
    """Take note that the pass may not write at all; each of its registers waits as after a refusal by the device."""
    state = unsent(state, state.going.changes)
    if not is_current(state, event):
        return stopped(state)
    state, notices = _refused(state, state.going.changes, event)
    after, commands = go_on(state, event, ())
    return after, (*notices, *commands)


def _refused(
    state: PlcState, changes: Iterable[Planned], event: WriteFailed | WriteUnrecorded
) -> tuple[PlcState, Commands]:
    """Note that these were not written: a correction waits a while, a repetition is tried again by the next poll."""
    places, why = [at for each in changes for at in each.points], event.failure.message
    state = repeating.missed(state, places, why, failed=True)
    amiss = (at for at in places if at not in state.going.repeats and not _holds(state, at))
    points = [state.map.points[at] for at in amiss]
    return with_trouble(state, points, at_hand.WRITE_REFUSED, why, event) if points else (state, ())


def _holds(state: PlcState, at: int) -> bool:
    """Return whether a register holds what it must, and only goes out with others of its group."""
    return state.going.found[at].finding is Finding.SYNC


def withdrawn(state: PlcState, event: WriteWithdrawn) -> Step:
    """Take note of a write that was not sent, since it was no longer wanted, or is held: that is said, and not kept.

    What is held is decided anew by the next pass.
    """
    if event.hold is None or not is_current(state, event):
        return stopped(state)
    unsent = taken_back(state)
    if not event.recorded:  # nobody heard that it would be written
        unsent = unsent._replace(status=state.going.said)
    if event.hold.guard == SECRETS:
        return _sealed(unsent, event, event.hold)
    left = [at for each in state.going.changes for at in each.points]
    unsent = repeating.missed(unsent, left, event.hold.message, failed=False)
    kept = (at for at in left if state.going.found[at].message)
    holds = dict(holds_of(unsent, event.at)) | dict.fromkeys(kept, event.hold)
    if not holds:
        return go_on(unsent, event, ())
    return held(unsent, event, tuple(sorted(holds.items(), key=lambda each: each[0])))


def _sealed(state: PlcState, event: WriteWithdrawn, hold: Hold) -> Step:
    """Go on without a write whose Secret is missing, by a record of what is left: it holds no other register."""
    going = state.going
    told_before = state.status.model_copy(update={"held": going.said.held})  # what is still missing is no news
    state = repeating.missed(state, going.changes[0].points, hold.message, failed=False)
    state = sealed(state._replace(status=told_before), hold, event)
    return write_next(state._replace(going=replace(going, changes=going.changes[1:], published=None)), event)


def unit_lost(state: PlcState, event: ReadFailed | WriteFailed, failure: Failure, retry_after: float) -> Step:
    """End the pass where contact is lost, or, where other units answer, go on with those."""
    if len(state.map.devices) == 1:
        return lost(taken_back(state), event, failure.message, retry_after)
    points, at = state.map.points, state.going.changes[0].points[0]
    unit, later = points[at].unit_id, state.going.changes[1:]
    state = unsent(state, [each for each in later if each.change.unit_id == unit])
    found = tuple(
        summed(each, unread(each.point, each.status, failure)) if each.point.unit_id == unit else each
        for each in state.going.found
    )
    known = state.memory.lost or contact_was_lost(state.status)
    notices: Commands = () if known else (Notice(PlcReason.CONNECTION_FAILED, failure.message),)
    state = with_memory(state._replace(going=replace(state.going, found=found)), lost=True)
    after, commands = go_on(state, event, tuple(each for each in later if each.change.unit_id != unit))
    return after, (*notices, *commands)


def summed(before: Judgement, now: Judgement) -> Judgement:
    """Add what was counted of a register earlier in the pass."""
    return replace(now, drifts=before.drifts + now.drifts, corrections=before.corrections + now.corrections)
