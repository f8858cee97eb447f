"""How a write is proven: by reading back what it changed, before anything else is written."""

from dataclasses import replace

from fabgitops_core.api.plc.history import CorrectionResult
from fabgitops_core.control.commands import Commands
from fabgitops_core.control.events import FailureKind
from fabgitops_core.control.plc import repeating
from fabgitops_core.control.plc.braking import braked, with_what_is_counted
from fabgitops_core.control.plc.commands import Read
from fabgitops_core.control.plc.counting import read_at
from fabgitops_core.control.plc.events import ReadDone, ReadFailed, WriteDone, WriteSpared, WriteUnknown
from fabgitops_core.control.plc.guards.secrets import opened
from fabgitops_core.control.plc.history import with_outcome, with_proofs
from fabgitops_core.control.plc.judging import Finding, Judgement, judged, ordered, unread
from fabgitops_core.control.plc.planner import batch_of, words_of
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.recording import sent, spared_record
from fabgitops_core.control.plc.requests import WriteFunction
from fabgitops_core.control.plc.state import (
    BUSY_PAUSE_SECS,
    BUSY_TRIES,
    PlcState,
    Stage,
    Step,
    forced,
    in_stage,
    under_way,
)
from fabgitops_core.control.plc.troubles import with_troubles
from fabgitops_core.control.plc.writing import go_on, is_current, stopped, summed, unit_lost


def read_back(state: PlcState, event: WriteDone | WriteUnknown) -> Step:
    """Prove a write by reading it back; a command is given with that."""
    state = repeating.sent(sent(state, confirmed=isinstance(event, WriteDone), now=event.at), event)
    state = with_outcome(opened(state), CorrectionResult.UNKNOWN, event.at)
    doubt = event.failure.message if isinstance(event, WriteUnknown) else ""
    state = state._replace(going=replace(state.going, doubt=doubt))
    if not is_current(state, event):
        return stopped(state)
    delay = max(each.verify_delay for each in under_way(state)) if isinstance(event, WriteDone) else 0.0
    return _given_or_proven(state, event, delay)


def spared(state: PlcState, event: WriteSpared) -> Step:
    """Take note of bits that were right before we wrote them; a reading says so, and it is no correction of ours."""
    state = spared_record(state)
    state = state._replace(going=replace(state.going, doubt=""))
    return _given_or_proven(state, event, 0.0) if is_current(state, event) else stopped(state)


def _given_or_proven(state: PlcState, event: WriteDone | WriteUnknown | WriteSpared, after: float) -> Step:
    """Judge the commands of the write under way by what their records say by now, and read all else back."""
    points, written = state.map.points, state.going.changes[0].points
    for at in (at for at in written if points[at].command):
        now = ordered(points[at], state.going.found[at].status)
        state, _ = with_troubles(_with_found(state, at, now), (now,), event)
    compared = tuple(at for at in written if not points[at].command)
    return _read_back(state, compared, after) if compared else go_on(state, event, state.going.changes[1:])


def proven(state: PlcState, event: ReadDone) -> Step:
    """Judge the reading that should prove a write, and go on with the next."""
    if not _is_proof(state, event):
        return stopped(state)
    batch, points = state.going.queue[0], state.map.points
    notices: Commands = ()
    for at in batch.points:
        before = state.going.found[at]
        now = judged(points[at], before.status, words_of(batch, event.values, at, points), event.at)
        now = now if at in state.going.repeats else read_at(now, event.at)
        state = with_proofs(state, (before.status,), (now,), event.at)
        if before.status.unverified_write is None and now.finding is Finding.DRIFTED:  # it was spared, and is not now
            message = f"{now.message}; it was right a moment ago, and the next poll looks again"
            now = replace(now, finding=Finding.UNPROVEN, message=message)
        if now.finding is Finding.NOT_HELD and state.going.doubt:
            now = replace(now, message=_with_doubt(state.going.doubt, now, points[at]))
        state, brakes = braked(state, (now,), event)
        (now,) = with_what_is_counted(state, (now,))
        state, troubles = with_troubles(_with_found(state, at, now), (now,), event)
        notices = (*notices, *now.notices, *troubles, *brakes)
    state = state._replace(going=replace(state.going, read=(*state.going.read, (batch, event.values))))
    after, commands = go_on(state, event, state.going.changes[1:])
    return after, (*notices, *commands)


def _with_doubt(doubt: str, now: Judgement, point: Point) -> str:
    """Return both reasons why a write did not hold: that nobody confirmed it, and what was read after it."""
    change = point.change()
    hint = ""
    alone = len(change.values) == 1 and not point.group and not now.status.unfinished
    if alone and change.function is not WriteFunction.MASK:
        other = WriteFunction.SINGLE if change.function is WriteFunction.MULTIPLE else WriteFunction.MULTIPLE
        hint = f"; if that is always so, try write.function: {other}"
    return f"{doubt}; {now.message}{hint}"


def proof_failed(state: PlcState, event: ReadFailed) -> Step:
    """Leave a write unproven whose reading back failed: a later reading proves it."""
    if not _is_proof(state, event):
        return stopped(state)
    failure, tries = event.failure, state.going.tries
    if failure.kind is FailureKind.REFUSED_FOR_NOW and tries < BUSY_TRIES:
        return _read_back(state, state.going.queue[0].points, BUSY_PAUSE_SECS * 2.0**tries, tries + 1)
    if failure.kind is FailureKind.UNREACHABLE:
        return unit_lost(state, event, failure, event.retry_after)
    notices: Commands = ()
    for at in state.going.queue[0].points:
        now = unread(state.map.points[at], state.going.found[at].status, failure)
        state, notices = _with_found(state, at, now), (*notices, *now.notices)
    after, commands = go_on(state, event, state.going.changes[1:])
    return after, (*notices, *commands)


def _read_back(state: PlcState, written: tuple[int, ...], after: float, tries: int = 0) -> Step:
    batch = batch_of(written, state.map.points)
    going = replace(state.going, queue=(batch,), tries=tries)
    read = Read(batch.plan, state.map.timeout, urgent=True, after=after, force=forced(state))
    return in_stage(Stage.PROVING, state, going), (read,)


def _is_proof(state: PlcState, event: ReadDone | ReadFailed) -> bool:
    wanted = state.spec is not None and not state.spec.suspend
    return wanted and bool(under_way(state)) and event.plan == state.going.queue[0].plan


def _with_found(state: PlcState, at: int, now: Judgement) -> PlcState:
    """Put a judgement in the place of the one that stood there, and add what was counted of the register before."""
    found = state.going.found
    judgement = summed(found[at], now)
    return state._replace(going=replace(state.going, found=(*found[:at], judgement, *found[at + 1 :])))
