"""How a write is proven: by reading back what it changed, before anything else is written."""

from collections.abc import Iterable
from dataclasses import replace

from fabgitops_core.control.commands import Commands, Read
from fabgitops_core.control.events import FailureKind, ReadDone, ReadFailed, WriteDone, WriteSpared, WriteUnknown
from fabgitops_core.control.planner import batch_of, words_of
from fabgitops_core.control.plc.braking import braked
from fabgitops_core.control.plc.judging import Finding, Judgement, judged, unread
from fabgitops_core.control.plc.recording import sent, unsent
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
    """Prove a write by reading it back; what is not to be verified at once is proven by the next pass."""
    state = sent(state)
    if not is_current(state, event):
        return stopped(state)
    if isinstance(event, WriteUnknown):
        return _prove(state, 0.0)
    points, written = state.map.points, state.going.changes[0].points
    verified = tuple(at for at in written if points[at].verify)
    state = _left_unproven(state, [at for at in written if at not in verified])
    if not verified:
        return go_on(state, event, state.going.changes[1:])
    return _read_back(state, verified, max(points[at].verify_delay for at in written))


def spared(state: PlcState, event: WriteSpared) -> Step:
    """Take note of bits that were right before we wrote them; a reading says so, and it is no correction of ours."""
    state = unsent(state, state.going.changes[:1])
    return _prove(state, 0.0) if is_current(state, event) else stopped(state)


def proven(state: PlcState, event: ReadDone) -> Step:
    """Judge the reading that should prove a write, and go on with the next."""
    if not _is_proof(state, event):
        return stopped(state)
    batch, points = state.going.queue[0], state.map.points
    notices: Commands = ()
    for at in batch.points:
        before = state.going.found[at]
        now = judged(points[at], before.status, words_of(batch, event.values, at, points), event.at)
        if before.status.unverified_write is None and now.finding is Finding.DRIFTED:  # it was spared, and is not now
            message = f"{now.message}; it was right a moment ago, and the next poll looks again"
            now = replace(now, finding=Finding.UNPROVEN, message=message)
        state, troubles = with_troubles(_with_found(state, at, now), (now,), event)
        state, brakes = braked(state, (now,), event)
        notices = (*notices, *now.notices, *troubles, *brakes)
    state = state._replace(going=replace(state.going, read=(*state.going.read, (batch, event.values))))
    after, commands = go_on(state, event, state.going.changes[1:])
    return after, (*notices, *commands)


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


def _prove(state: PlcState, after: float) -> Step:
    return _read_back(state, state.going.changes[0].points, after)


def _read_back(state: PlcState, written: tuple[int, ...], after: float, tries: int = 0) -> Step:
    batch = batch_of(written, state.map.points)
    going = replace(state.going, queue=(batch,), tries=tries)
    read = Read(batch.plan, state.map.timeout, urgent=True, after=after, force=forced(state))
    return in_stage(Stage.PROVING, state, going), (read,)


def _is_proof(state: PlcState, event: ReadDone | ReadFailed) -> bool:
    wanted = state.spec is not None and not state.spec.suspend
    return wanted and bool(under_way(state)) and event.plan == state.going.queue[0].plan


def _left_unproven(state: PlcState, written: Iterable[int]) -> PlcState:
    for at in written:
        before = state.going.found[at]
        message = f"{before.message}; wrote it, the next reading shows whether it holds"
        unproven = replace(before, finding=Finding.UNPROVEN, message=message, drifts=0, corrections=0)
        state = _with_found(state, at, unproven)
    return state


def _with_found(state: PlcState, at: int, now: Judgement) -> PlcState:
    """Put a judgement in the place of the one that stood there, and add what was counted of the register before."""
    found = state.going.found
    judgement = summed(found[at], now)
    return state._replace(going=replace(state.going, found=(*found[:at], judgement, *found[at + 1 :])))
