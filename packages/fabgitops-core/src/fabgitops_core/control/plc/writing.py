"""The second half of a pass: one write after the other, each recorded before it is sent and read back after it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from fabgitops_core.codec.types import hex_of
from fabgitops_core.control.commands import Commands, Notice, NoticeReason, Publish, Read, Write
from fabgitops_core.control.events import (
    Event,
    Failure,
    FailureKind,
    ReadDone,
    ReadFailed,
    WriteDone,
    WriteFailed,
    WriteSpared,
    WriteUnknown,
    WriteWithdrawn,
)
from fabgitops_core.control.plc import situations as at_hand
from fabgitops_core.control.plc.judging import Finding, Judgement, judged, unread
from fabgitops_core.control.plc.reporting import contact_was_lost, told
from fabgitops_core.control.plc.resting import lost
from fabgitops_core.control.plc.situations import Situation
from fabgitops_core.control.plc.state import (
    MAX_SETBACK_SECS,
    PlcState,
    Stage,
    Step,
    Trouble,
    forced,
    in_stage,
    overtaken,
    own_batch,
    point_under_way,
    with_memory,
)
from fabgitops_core.control.plc.verdict import conclude, fields_of, held
from fabgitops_core.control.points import Point
from fabgitops_core.control.requests import Change

BUSY_TRIES = 3
BUSY_PAUSE_SECS = 0.1
"""A reading that is answered with "busy" is tried again within the pass after 0.1, 0.2 and 0.4 s."""


def may_write(state: PlcState, point: Point) -> bool:
    """Return whether drift of a register is ours to correct."""
    spec = state.spec
    return (
        spec is not None
        and not spec.suspend
        and (spec.auto_correct or forced(state))
        and point.wanted is not None
        and point.name not in state.rivals
        and (not state.map.identity or state.memory.stranger == "")
    )


def still_wanted(state: PlcState, change: Change) -> bool:
    """Return whether a write that waits for its turn may still be sent: the last word before the wire."""
    point = point_under_way(state)
    return state.stage is Stage.WRITING and point is not None and may_write(state, point) and change == point.change()


def write_next(state: PlcState, event: Event) -> Step:
    """Record the next write and send it; or end the pass, when none is left."""
    going, wanted = state.going, state.map
    left = tuple(at for at in going.writes if may_write(state, wanted.points[at]))
    if not left:
        return conclude(state, event)
    going = replace(going, writes=left, said=state.status)
    point, judgement = wanted.points[left[0]], going.found[left[0]]
    state = state._replace(going=going)
    recorded = judgement.status.model_copy(update={"unverified_write": hex_of(point.wanted or ())})
    state = _with_found(state, replace(judgement, status=recorded))
    fields, message = fields_of(state), f"{judgement.message}; writing it"
    status = told(state.status, at_hand.CORRECTING, message, event.at, state.generation, **fields)
    write = Write(point.change(), wanted.timeout)
    begun = in_stage(Stage.WRITING, state._replace(status=status), state.going)
    return begun, (Publish(status, before_write=True), write)


# --- what came of a write ---------------------------------------------------------------------------------------------


def read_back(state: PlcState, event: WriteDone | WriteUnknown) -> Step:
    """Prove a write by reading it back; one that is not to be verified at once is proven by the next pass."""
    point = point_under_way(state)
    if point is None or not _is_about(event.change, point) or state.spec is None or state.spec.suspend:
        return overtaken(state)
    if isinstance(event, WriteDone) and not point.verify:
        judgement = state.going.found[state.going.writes[0]]
        message = f"{judgement.message}; wrote it, the next reading shows whether it holds"
        unproven = _with_found(state, replace(judgement, finding=Finding.UNPROVEN, message=message))
        return _go_on(unproven, event, state.going.writes[1:])
    return _prove(state, point, point.verify_delay if isinstance(event, WriteDone) else 0.0, tries=0)


def _prove(state: PlcState, point: Point, after: float, tries: int) -> Step:
    batch = own_batch(state.going.writes[0], point)
    going = replace(state.going, queue=(batch,), tries=tries)
    read = Read(batch.plan, state.map.timeout, urgent=True, after=after, force=forced(state))
    return in_stage(Stage.PROVING, state, going), (read,)


def proven(state: PlcState, event: ReadDone) -> Step:
    """Judge the reading that should prove a write, and go on with the next."""
    point, going = point_under_way(state), state.going
    if point is None or state.spec is None or state.spec.suspend or event.plan != going.queue[0].plan:
        return overtaken(state)
    before = going.found[going.writes[0]]
    judgement = judged(point, before.status, event.values, event.at)
    if before.status.unverified_write is None and judgement.finding is Finding.DRIFTED:  # it was spared, and is not now
        message = f"{judgement.message}; it was right a moment ago, and the next poll looks again"
        judgement = replace(judgement, finding=Finding.UNPROVEN, message=message)
    read = (*going.read, (going.queue[0], event.values))
    state = _with_found(state._replace(going=replace(going, read=read)), _summed(before, judgement))
    state, troubles = with_troubles(state, (judgement,), event)
    after, commands = _go_on(state, event, going.writes[1:])
    return after, (*judgement.notices, *troubles, *commands)


def proof_failed(state: PlcState, event: ReadFailed) -> Step:
    """Leave a write unproven whose reading back failed: a later reading proves it."""
    point, going = point_under_way(state), state.going
    if point is None or state.spec is None or state.spec.suspend or event.plan != going.queue[0].plan:
        return overtaken(state)
    failure = event.failure
    if failure.kind is FailureKind.REFUSED_FOR_NOW and going.tries < BUSY_TRIES:
        return _prove(state, point, BUSY_PAUSE_SECS * 2.0**going.tries, going.tries + 1)
    if failure.kind is FailureKind.UNREACHABLE:
        return _unit_lost(state, event, failure, event.retry_after)
    judgement = _summed(going.found[going.writes[0]], unread(point, going.found[going.writes[0]].status, failure))
    after, commands = _go_on(_with_found(state, judgement), event, going.writes[1:])
    return after, (*judgement.notices, *commands)


def write_failed(state: PlcState, event: WriteFailed) -> Step:
    """Take note of a write that was certainly not carried out."""
    state = _without_record(state)
    point = point_under_way(state)
    if point is None or not _is_about(event.change, point) or state.spec is None or state.spec.suspend:
        return _stopped(state)
    if event.failure.kind is FailureKind.UNREACHABLE:
        return _unit_lost(state, event, event.failure, event.retry_after)
    state, notices = _with_trouble(state, point, at_hand.WRITE_REFUSED, event.failure.message, event)
    after, commands = _go_on(state, event, state.going.writes[1:])
    return after, (*notices, *commands)


def spared(state: PlcState, event: WriteSpared) -> Step:
    """Take note of bits that were right before we wrote them; a reading says so, and it is no correction of ours."""
    state = _without_record(state)
    point = point_under_way(state)
    if point is None or not _is_about(event.change, point) or state.spec is None or state.spec.suspend:
        return _stopped(state)
    return _prove(state, point, 0.0, tries=0)


def withdrawn(state: PlcState, event: WriteWithdrawn) -> Step:
    """Take note of a write that was not sent, since it was no longer wanted, or is held: that is said, and not kept.

    What is held is decided anew by the next pass.
    """
    unsent, point = _without_record(state), point_under_way(state)
    if not event.why or point is None or not _is_about(event.change, point) or state.spec is None or state.spec.suspend:
        return _stopped(unsent)
    if not event.recorded:  # nobody heard that it would be written
        unsent = unsent._replace(status=state.going.said)
    return held(unsent, event, event.why)


def _stopped(unsent: PlcState) -> Step:
    """End a pass that was overtaken; what is stored must not go on telling of a write that was never carried out."""
    stopped, commands = overtaken(unsent)
    return stopped, (Publish(unsent.status), *commands)


def _unit_lost(state: PlcState, event: ReadFailed | WriteFailed, failure: Failure, retry_after: float) -> Step:
    """End the pass where contact is lost, or, where other units answer, go on with those."""
    if len(state.map.devices) == 1:
        return lost(state, event, failure.message, retry_after)
    points, at = state.map.points, state.going.writes[0]
    unit = points[at].unit_id
    found = tuple(
        _summed(each, unread(each.point, each.status, failure)) if each.point.unit_id == unit else each
        for each in state.going.found
    )
    known = state.memory.lost or contact_was_lost(state.status)
    notices: Commands = () if known else (Notice(NoticeReason.CONNECTION_FAILED, failure.message),)
    rest = tuple(each for each in state.going.writes[1:] if points[each].unit_id != unit)
    state = with_memory(state._replace(going=replace(state.going, found=found)), lost=True)
    after, commands = _go_on(state, event, rest)
    return after, (*notices, *commands)


def _is_about(change: Change, point: Point) -> bool:
    """Return whether a write went to a register, whatever its value was."""
    return replace(change, values=()) == replace(point.change(), values=())


def _go_on(state: PlcState, event: Event, writes: tuple[int, ...]) -> Step:
    """Go on with the next write; when the spec has changed meanwhile, look again before anything else is written."""
    if state.going_map is not state.map:
        known = state._replace(status=state.status.model_copy(update=fields_of(state)))
        after, commands = overtaken(known)
        return after, (Publish(known.status), *commands)
    return write_next(state._replace(going=replace(state.going, writes=writes, tries=0)), event)


def _with_found(state: PlcState, judgement: Judgement) -> PlcState:
    """Put a judgement in the place of the one of the register that is being written."""
    at, found = state.going.writes[0], state.going.found
    return state._replace(going=replace(state.going, found=(*found[:at], judgement, *found[at + 1 :])))


def _summed(before: Judgement, now: Judgement) -> Judgement:
    """Add what was counted of a register earlier in the pass."""
    return replace(now, drifts=before.drifts + now.drifts, corrections=before.corrections + now.corrections)


def _without_record(state: PlcState) -> PlcState:
    """Take the record of a write back that was not sent."""
    if not state.going.found:
        return state
    judgement = state.going.found[state.going.writes[0]]
    unsent = judgement.status.model_copy(update={"unverified_write": None})
    recorded = (judgement.point.name, judgement.point.where)
    registers = tuple(
        each.model_copy(update={"unverified_write": None}) if (each.name, each.place) == recorded else each
        for each in state.status.registers
    )
    changes: dict[str, Any] = {"registers": registers}
    if registers and (registers[0].name, registers[0].place) == recorded:
        changes["unverified_write"] = None
    state = state._replace(status=state.status.model_copy(update=changes))
    return _with_found(state, replace(judgement, status=unsent))


# --- corrections that fail --------------------------------------------------------------------------------------------


def with_troubles(state: PlcState, found: tuple[Judgement, ...], event: Event) -> tuple[PlcState, Commands]:
    """Note corrections that did not hold, and that what is in sync is in no trouble."""
    notices: Commands = ()
    for each in found:
        if each.finding is Finding.NOT_HELD:
            state, told_of = _with_trouble(state, each.point, at_hand.VERIFICATION_FAILED, each.message, event)
            notices = (*notices, *told_of)
        elif not state.memory.troubles:
            continue
        elif each.finding in {Finding.SYNC, Finding.OBSERVED} and each.point.name in state.memory.troubles:
            left = {name: trouble for name, trouble in state.memory.troubles.items() if name != each.point.name}
            state = with_memory(state, troubles=left)
    return state, notices


def _with_trouble(
    state: PlcState, point: Point, situation: Situation, message: str, event: Event
) -> tuple[PlcState, Commands]:
    """Note that a correction failed, and wait longer before the next: memory that wears out is not hammered."""
    before = state.memory.troubles.get(point.name)
    count = before.count + 1 if before else 1
    until = event.at + timedelta(seconds=min(2 ** min(count, 10), MAX_SETBACK_SECS))
    troubles = {**state.memory.troubles, point.name: Trouble(situation, message, count, until)}
    notices: Commands = () if before else (Notice(NoticeReason.CORRECTION_FAILED, message),)
    return with_memory(state, troubles=troubles), notices
