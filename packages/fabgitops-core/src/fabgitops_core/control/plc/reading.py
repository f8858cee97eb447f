"""The first half of a pass: read everything, and judge what was found."""

from collections.abc import Iterator
from dataclasses import replace

from fabgitops_core.api.plc.correction import Mode
from fabgitops_core.control.commands import Commands, Notice
from fabgitops_core.control.events import Due, Event, Failure, FailureKind
from fabgitops_core.control.plc import situations as at_hand
from fabgitops_core.control.plc.braking import braked, released, with_what_is_counted
from fabgitops_core.control.plc.changes import changes_for
from fabgitops_core.control.plc.commands import Identify, Read
from fabgitops_core.control.plc.confirming import confirmed
from fabgitops_core.control.plc.contact import met
from fabgitops_core.control.plc.counting import within_time
from fabgitops_core.control.plc.events import ReadDone, ReadFailed
from fabgitops_core.control.plc.gate.looking import looked
from fabgitops_core.control.plc.guards.asking import asked
from fabgitops_core.control.plc.guards.guard import Snapshot, snapshot
from fabgitops_core.control.plc.guards.table import may_write
from fabgitops_core.control.plc.history import with_late_proofs
from fabgitops_core.control.plc.holes import (
    FRUITLESS,
    around,
    asked_again,
    ended,
    is_left_out,
    reconsidered,
    within_its_limit,
    without_healed,
)
from fabgitops_core.control.plc.judging import (
    Finding,
    Judgement,
    blank,
    judged,
    ordered,
    quiet,
    to_be_written,
    unread,
)
from fabgitops_core.control.plc.planner import Batch, words_of
from fabgitops_core.control.plc.points import DeviceMap, Point
from fabgitops_core.control.plc.ramping import aims, disturbed, lapsed
from fabgitops_core.control.plc.reasons import PlcReason
from fabgitops_core.control.plc.repeating import is_due, repeats_of
from fabgitops_core.control.plc.reporting import contact_was_lost
from fabgitops_core.control.plc.requests import ReadPlan
from fabgitops_core.control.plc.resting import lost, rest
from fabgitops_core.control.plc.settling import looked_at_the_clock
from fabgitops_core.control.plc.situations import situation_of
from fabgitops_core.control.plc.state import (
    BUSY_PAUSE_SECS,
    BUSY_TRIES,
    JUDGED,
    REST,
    Pass,
    PlcState,
    Stage,
    Step,
    begin,
    forced,
    forced_for,
    in_stage,
    overtaken,
    same_places,
    say,
    with_memory,
)
from fabgitops_core.control.plc.troubles import with_troubles
from fabgitops_core.control.plc.verdict import conclude, next_look
from fabgitops_core.control.plc.writing import write_next


def due(state: PlcState, event: Due) -> Step:
    """Begin a pass, unless there is a reason not to."""
    state = looked_at_the_clock(state, event.at)
    spec, wanted = state.spec, state.map
    if spec is None or spec.suspend:
        return rest(in_stage(Stage.IDLE, state, REST), event)
    request = state.request or state.serving
    begun = state._replace(request=None, serving=request) if request else state
    if request and state.memory.awaiting is None:
        begun = released(begun)
    if begun.memory.holes_since is not None:
        begun = reconsidered(begun, event.at, asked=request is not None)
    if event.gate.wait > 0 and not forced(begun):
        cause = begun.status.message if contact_was_lost(begun.status) else event.gate.cause
        return lost(begun._replace(going=REST), event, cause, event.gate.wait)
    commands: Commands = ()
    if not state.status.in_sync and situation_of(state.status) is at_hand.PENDING:
        begun, commands = say(begun, at_hand.CONNECTING, f"connecting to {wanted.endpoint}", event)
    read = begun.usual.read if request is None else _read(begun, begun.usual.batches[0])
    if begun.memory.holes.refused or event.neighbours:
        again = asked_again(begun, event.at, everything=request is not None)
        going = replace(begun.usual.start, queue=(*begun.usual.batches, *again), neighbours=event.neighbours)
        return in_stage(Stage.READING, begin(begun), going), (*commands, read)
    return begin(begun), (*commands, read)


def read_done(state: PlcState, event: ReadDone) -> Step:
    """Take what a reading shows, and go on with the next, or judge."""
    going, memory = state.going, state.memory
    if not _is_current(state, event.plan):
        return overtaken(state)
    read = (*going.read, (going.queue[0], event.values))
    if len(going.queue) > 1:
        return _next(state, replace(going, queue=going.queue[1:], read=read, tries=0, fruitless=0))
    if memory.settled and state.serving is None and read == memory.seen:
        if not state.map.repeated:
            return in_stage(Stage.IDLE, state, JUDGED), state.usual.beat
        if not is_due(state, event.at):
            return in_stage(Stage.IDLE, state, JUDGED), next_look(state, (), event.at)
    return judge(in_stage(Stage.READING, state, replace(going, queue=(), read=read)), event)


def read_failed(state: PlcState, event: ReadFailed) -> Step:
    """Take note of a reading that failed: split it, try it again, or do without what it should have shown."""
    going, failure = state.going, event.failure
    if not _is_current(state, event.plan):
        return overtaken(state)
    if failure.kind is FailureKind.UNREACHABLE and len(state.map.devices) == 1:
        return lost(state, event, failure.message, event.retry_after)
    if failure.kind is FailureKind.REFUSED_FOR_NOW and going.tries < BUSY_TRIES:
        pause = BUSY_PAUSE_SECS * 2.0**going.tries
        return _next(state, replace(going, tries=going.tries + 1), after=pause)
    if failure.kind is FailureKind.REFUSED_FOR_GOOD:
        state, parts = around(state, going.queue[0], failure, event)
        if parts:
            return _next(state, replace(state.going, queue=(*parts, *going.queue[1:]), tries=0))
    return _without(state, event)


def _without(state: PlcState, event: ReadFailed) -> Step:
    """Go on without what a reading should have shown; where its unit is away, without all that is left to ask of it."""
    going, failure = state.going, event.failure
    away = failure.kind is FailureKind.UNREACHABLE
    unit = {each for each in going.queue if away and each.plan.unit_id == event.plan.unit_id} | {going.queue[0]}
    vain = going.fruitless >= FRUITLESS
    later = tuple(each for each in going.queue if each not in unit and not (vain and is_left_out(state, each)))
    failed = (*going.failed, *((each, failure) for each in going.queue if each in unit))
    going = replace(going, queue=later, failed=failed, tries=0)
    if later:
        return _next(state, going)
    if not going.read and all(each.kind is FailureKind.UNREACHABLE for _, each in failed):
        return lost(state._replace(going=going), event, failed[0][1].message, event.retry_after)
    return judge(in_stage(Stage.READING, state, going), event)


def _is_current(state: PlcState, plan: ReadPlan) -> bool:
    """Return whether a reading is the one under way, for a spec that still wants it."""
    queue = state.going.queue
    return (
        bool(queue)
        and (queue[0].plan is plan or queue[0].plan == plan)
        and (state.going_map is state.map or same_places(state.going_map, state.map))
        and is_wanted(state)
    )


def is_wanted(state: PlcState) -> bool:
    """Return whether there is something to look at: a valid spec that is not suspended."""
    return state.spec is not None and not state.spec.suspend


def _next(state: PlcState, going: Pass, after: float = 0.0) -> Step:
    return in_stage(Stage.READING, state, going), (_read(state, going.queue[0], after),)


def _read(state: PlcState, batch: Batch, after: float = 0.0) -> Read:
    return Read(batch.plan, state.map.timeout, urgent=state.serving is not None, after=after, force=forced(state))


# --- what was found ---------------------------------------------------------------------------------------------------


def judge(state: PlcState, event: Event) -> Step:
    """Judge every register, and correct those that are ours to correct."""
    state = looked(state)
    wanted, status = state.map, state.status
    found = tuple(_found(state, wanted, event))
    if state.spec is not None and state.spec.mode is Mode.OBSERVE:
        found = tuple(quiet(each) for each in found)
    found = lapsed(state, within_time(state, found, event.at))
    noted, troubles = with_troubles(met(state, found), found, event)
    noted, brakes = braked(noted, (*found, *disturbed(noted, found)), event)
    found = with_what_is_counted(noted, found)
    noted = confirmed(noted, found)._replace(going=replace(noted.going, found=found))
    noted = asked(noted, found, event.at)
    if wanted.repeated:
        noted = noted._replace(going=replace(noted.going, repeats=repeats_of(noted, found, event.at)))
    going = noted.going
    seen = snapshot(noted, event.at)
    wrong = [at for at, each in enumerate(found) if _to_correct(seen, each)]
    wrong += [at for at in sorted(going.repeats) if may_write(seen, found[at].point)]
    if wanted.identity and not going.met and (wrong or state.memory.stranger != "" or state.serving):
        unsaid = replace(going, found=())
        return in_stage(Stage.IDENTIFYING, state, unsaid), (Identify(wanted.identity_plan, wanted.timeout),)
    noted, contact = _contact(within_its_limit(without_healed(noted, event), event), found, event)
    base = (status.drift_events, status.corrections_applied)
    wrong = wanted.whole(wrong)
    changes = changes_for(aims(noted, wrong), wrong, going.repeats)
    noted = noted._replace(going=replace(noted.going, base=base, changes=changes))
    noted = with_late_proofs(noted, event.at)
    notices = tuple(notice for each in found for notice in each.notices)
    after, commands = write_next(noted, event) if changes else conclude(noted, event)
    return after, (*contact, *notices, *troubles, *brakes, *commands)


def _found(state: PlcState, wanted: DeviceMap, event: Event) -> Iterator[Judgement]:
    points = wanted.points
    before = {each.name: each for each in state.status.registers}
    last = state.memory.found or [None] * len(points)
    words = {at: words_of(batch, values, at, points) for batch, values in state.going.read for at in batch.points}
    failures = {at: failure for batch, failure in state.going.failed for at in batch.points}
    away = {each.plan.unit_id: why for each, why in state.going.failed if why.kind is FailureKind.UNREACHABLE}
    for at, point in enumerate(points):
        known = before.get(point.name) or blank(point)
        if point.command:
            yield unread(point, known, away[point.unit_id]) if point.unit_id in away else ordered(point, known)
        elif at in words:
            earlier = last[at]
            same = earlier is not None and earlier.holds_again(words[at], known)
            yield earlier if earlier is not None and same else judged(point, known, words[at], event.at)
        else:
            refused = Failure(FailureKind.REFUSED_FOR_GOOD, state.memory.holes.why(point.name))
            yield unread(point, known, failures.get(at, refused))


def _to_correct(seen: Snapshot, found: Judgement) -> bool:
    force = forced_for(seen.state, found.point)
    if not to_be_written(found, force) or not may_write(seen, found.point):
        return False
    return force or not _waits(seen, found.point)


def _waits(seen: Snapshot, point: Point) -> bool:
    """Return whether a register, or another of its group, has to wait after corrections that failed."""
    troubles = seen.state.memory.troubles
    if not troubles:
        return False
    points = seen.state.map.points
    some = (troubles.get(points[at].name) for at in seen.state.map.whole((point.at,)))
    return any(each is not None and each.wait(seen.at) > 0 for each in some)


def _contact(state: PlcState, found: tuple[Judgement, ...], event: Event) -> tuple[PlcState, Commands]:
    """Note whether every unit answers, and tell when that has changed; one that was away is asked for all again."""
    away = next((each.message for each in found if each.finding is Finding.LOST), "")
    was_away = state.memory.lost or contact_was_lost(state.status)
    notices: Commands = ()
    if away and not was_away:
        notices = (Notice(PlcReason.CONNECTION_FAILED, away),)
    elif was_away and not away:
        notices = (Notice(PlcReason.CONNECTION_RESTORED, f"{state.map.who} answers again"),)
        state = ended(state, event.at)
    return with_memory(state, lost=bool(away)) if bool(away) != state.memory.lost else state, notices
