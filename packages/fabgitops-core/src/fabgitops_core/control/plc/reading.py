"""The first half of a pass: read everything, ask the device who it is where that matters, judge what was found."""

from collections.abc import Iterator
from dataclasses import replace

from fabgitops_core.control.commands import Commands, Identify, Notice, NoticeReason, Read
from fabgitops_core.control.events import (
    Due,
    Event,
    Failure,
    FailureKind,
    IdentifyDone,
    IdentifyFailed,
    ReadDone,
    ReadFailed,
)
from fabgitops_core.control.planner import NO_HOLES, Batch, Holes, gaps_of, row_of, split, words_of
from fabgitops_core.control.plc import situations as at_hand
from fabgitops_core.control.plc.changes import changes_for
from fabgitops_core.control.plc.contact import met
from fabgitops_core.control.plc.judging import Finding, Judgement, blank, judged, unread
from fabgitops_core.control.plc.reporting import contact_was_lost
from fabgitops_core.control.plc.resting import lost, rest
from fabgitops_core.control.plc.settling import looked_at_the_clock
from fabgitops_core.control.plc.situations import situation_of
from fabgitops_core.control.plc.state import (
    BUSY_PAUSE_SECS,
    BUSY_TRIES,
    HOLES_LAST,
    REST,
    Pass,
    PlcState,
    Stage,
    Step,
    begin,
    forced,
    in_stage,
    overtaken,
    same_places,
    say,
    usual_of,
    with_memory,
)
from fabgitops_core.control.plc.troubles import with_troubles
from fabgitops_core.control.plc.verdict import conclude
from fabgitops_core.control.plc.writing import may_write, write_next
from fabgitops_core.control.points import DeviceMap
from fabgitops_core.control.requests import ReadPlan

_NOT_THERE = {0x02, 0x03}
"""Illegal data address, illegal data value: a reading that touches an address the device does not have."""


def due(state: PlcState, event: Due) -> Step:
    """Begin a pass, unless there is a reason not to."""
    state = looked_at_the_clock(state, event.at)
    spec, wanted = state.spec, state.map
    if spec is None or spec.suspend:
        return rest(in_stage(Stage.IDLE, state, REST), event)
    request = state.request or state.serving
    begun = state._replace(request=None, serving=request) if request else state
    if begun.memory.holes_since and (request or event.at - begun.memory.holes_since >= HOLES_LAST):
        begun = with_memory(begun, holes=NO_HOLES, holes_since=None)._replace(usual=usual_of(wanted))
    if event.gate.wait > 0 and not forced(begun):
        cause = begun.status.message if contact_was_lost(begun.status) else event.gate.cause
        return lost(begun._replace(going=REST), event, cause, event.gate.wait)
    commands: Commands = ()
    if not state.status.in_sync and situation_of(state.status) is at_hand.PENDING:
        begun, commands = say(begun, at_hand.CONNECTING, f"connecting to {wanted.endpoint}", event)
    read = begun.usual.read if request is None else _read(begun, begun.usual.batches[0])
    return begin(begun), (*commands, read)


def read_done(state: PlcState, event: ReadDone) -> Step:
    """Take what a reading shows, and go on with the next, or judge."""
    going, memory, usual = state.going, state.memory, state.usual
    if not _is_current(state, event.plan):
        return overtaken(state)
    read = (*going.read, (going.queue[0], event.values))
    if len(going.queue) > 1:
        return _next(state, replace(going, queue=going.queue[1:], read=read, tries=0))
    if memory.settled and state.serving is None and read == memory.seen:
        return in_stage(Stage.IDLE, state, REST), usual.beat
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
    if failure.code in _NOT_THERE:
        state, parts = _around(state, going.queue[0], failure, event)
        if parts:
            return _next(state, replace(state.going, queue=(*parts, *going.queue[1:]), tries=0))
    return _without(state, event)


def _without(state: PlcState, event: ReadFailed) -> Step:
    """Go on without what a reading should have shown; where its unit is away, without all that is left to ask of it."""
    going, failure = state.going, event.failure
    away = failure.kind is FailureKind.UNREACHABLE
    unit = {each for each in going.queue if away and each.plan.unit_id == event.plan.unit_id} | {going.queue[0]}
    later = tuple(each for each in going.queue if each not in unit)
    failed = (*going.failed, *((each, failure) for each in going.queue if each in unit))
    going = replace(going, queue=later, failed=failed, tries=0)
    if later:
        return _next(state, going)
    if not going.read and all(each.kind is FailureKind.UNREACHABLE for _, each in failed):
        return lost(state._replace(going=going), event, failed[0][1].message, event.retry_after)
    return judge(in_stage(Stage.READING, state, going), event)


def _around(state: PlcState, batch: Batch, failure: Failure, event: Event) -> tuple[PlcState, tuple[Batch, ...]]:
    """Remember what a device does not have; return the parts of the reading to try instead, if there are any."""
    points, holes = state.map.points, state.memory.holes
    parts: tuple[Batch, ...] = ()
    if len(batch.points) > 1:
        parts = split(batch, points)
        gaps = gaps_of(parts, points)
        holes = replace(holes, gaps=holes.gaps | gaps)
        if not gaps:
            state = state._replace(going=replace(state.going, halved=(*state.going.halved, batch)))
    else:
        name = points[batch.points[0]].name
        others = tuple(each for each in holes.refused if each[0] != name)
        holes = replace(holes, refused=(*others, (name, failure.message)))
    return _remembering(state, holes, event), parts


def _remembering(state: PlcState, holes: Holes, event: Event) -> PlcState:
    """Plan further passes around what a device does not have."""
    if holes == state.memory.holes:
        return state
    since = state.memory.holes_since or event.at
    known = with_memory(state, holes=holes, holes_since=since, settled=False)
    return known._replace(usual=usual_of(state.map, holes))


def _is_current(state: PlcState, plan: ReadPlan) -> bool:
    """Return whether a reading is the one under way, for a spec that still wants it."""
    queue = state.going.queue
    return (
        bool(queue)
        and (queue[0].plan is plan or queue[0].plan == plan)
        and (state.going_map is state.map or same_places(state.going_map, state.map))
        and _wanted(state)
    )


def _wanted(state: PlcState) -> bool:
    return state.spec is not None and not state.spec.suspend


def _next(state: PlcState, going: Pass, after: float = 0.0) -> Step:
    return in_stage(Stage.READING, state, going), (_read(state, going.queue[0], after),)


def _read(state: PlcState, batch: Batch, after: float = 0.0) -> Read:
    return Read(batch.plan, state.map.timeout, urgent=state.serving is not None, after=after, force=forced(state))


# --- who is it? -------------------------------------------------------------------------------------------------------


def identified(state: PlcState, event: IdentifyDone) -> Step:
    """Compare what a device says of itself with what the spec pins."""
    if state.going_map is not state.map or event.plan != state.map.identity_plan or not _wanted(state):
        return overtaken(state)
    differences = [
        f"its {_OBJECTS.get(number, f'object {number}')} is {event.objects.get(number, 'not told')!r}, not {wanted!r}"
        for number, wanted in state.map.identity.items()
        if event.objects.get(number) != wanted
    ]
    stranger = (
        f"{state.map.who} is not the device that spec.identity names: {'; '.join(differences)}" if differences else ""
    )
    return _met(state, stranger, event)


def not_identified(state: PlcState, event: IdentifyFailed) -> Step:
    """Take a device that does not say who it is for a stranger, until it does; one that never answered is away."""
    if state.going_map is not state.map or not _wanted(state):
        return overtaken(state)
    failure = event.failure
    if failure.kind is FailureKind.UNREACHABLE and not state.going.read:
        return lost(state, event, failure.message, event.retry_after)
    return _met(state, f"spec.identity cannot be checked: {failure.message}", event)


def _met(state: PlcState, stranger: str, event: IdentifyDone | IdentifyFailed) -> Step:
    told = f"{stranger}; nothing is written" if stranger else ""
    notices: Commands = ()
    if told and situation_of(state.status) is not at_hand.IDENTITY_MISMATCH:
        notices = (Notice(NoticeReason.IDENTITY_MISMATCH, told),)
    over = event.over if isinstance(event, IdentifyDone) else None
    met = with_memory(state._replace(going=replace(state.going, met=True, over=over)), stranger=told)
    after, commands = judge(met, event)
    return after, (*notices, *commands)


_OBJECTS = {0: "vendor", 1: "product code", 2: "revision"}


# --- what was found ---------------------------------------------------------------------------------------------------


def judge(state: PlcState, event: Event) -> Step:
    """Judge every register, and correct those that are ours to correct."""
    wanted, status = state.map, state.status
    found = tuple(_found(state, wanted, event))
    noted, troubles = with_troubles(met(state, found), found, event)
    going = noted.going
    wrong = [at for at, each in enumerate(found) if _to_correct(noted, each, event)]
    if wanted.identity and not going.met and (wrong or state.memory.stranger != "" or state.serving):
        return in_stage(Stage.IDENTIFYING, state, going), (Identify(wanted.identity_plan, wanted.timeout),)
    noted, contact = _contact(_within_its_limit(_without_healed(noted), event), found)
    base = (status.drift_events, status.corrections_applied)
    changes = changes_for(wanted.points, wrong)
    noted = noted._replace(going=replace(going, found=found, base=base, changes=changes))
    notices = tuple(notice for each in found for notice in each.notices)
    after, commands = write_next(noted, event) if changes else conclude(noted, event)
    return after, (*contact, *notices, *troubles, *commands)


def _within_its_limit(state: PlcState, event: Event) -> PlcState:
    """Ask for no more at once than a device shows, where it refused a reading and then showed each part of it."""
    shown = {at: batch.plan.count for batch, _ in state.going.read for at in batch.points}
    holes = state.memory.holes
    for batch in state.going.halved:
        if all(at in shown for at in batch.points):
            row = row_of(state.map.points[batch.points[0]])
            holes = holes.limited(row, max(shown[at] for at in batch.points))
    return _remembering(state, holes, event)


def _without_healed(state: PlcState) -> PlcState:
    """Forget what a device does not have once it shows some of it: it has changed."""
    holes = state.memory.holes
    if not holes.refused:
        return state
    read = {state.map.points[at].name for batch, _ in state.going.read for at in batch.points}
    if not any(name in read for name, _ in holes.refused):
        return state
    return with_memory(state, holes=NO_HOLES, holes_since=None)._replace(usual=usual_of(state.map))


def _found(state: PlcState, wanted: DeviceMap, event: Event) -> Iterator[Judgement]:
    points = wanted.points
    before = {each.name: each for each in state.status.registers}
    last = state.memory.found or [None] * len(points)
    words = {at: words_of(batch, values, at, points) for batch, values in state.going.read for at in batch.points}
    failures = {at: failure for batch, failure in state.going.failed for at in batch.points}
    for at, point in enumerate(points):
        known = before.get(point.name) or blank(point)
        if at in words:
            earlier = last[at]
            same = earlier is not None and earlier.holds_again(words[at], known)
            yield earlier if earlier is not None and same else judged(point, known, words[at], event.at)
        else:
            refused = Failure(FailureKind.REFUSED_FOR_GOOD, state.memory.holes.why(point.name))
            yield unread(point, known, failures.get(at, refused))


def _to_correct(state: PlcState, found: Judgement, event: Event) -> bool:
    if found.finding is not Finding.DRIFTED or not may_write(state, found.point):
        return False
    trouble = state.memory.troubles.get(found.point.name)
    return trouble is None or trouble.wait(event.at) <= 0 or forced(state)


def _contact(state: PlcState, found: tuple[Judgement, ...]) -> tuple[PlcState, Commands]:
    """Note whether every unit answers, and tell when that has changed."""
    away = next((each.message for each in found if each.finding is Finding.LOST), "")
    was_away = state.memory.lost or contact_was_lost(state.status)
    notices: Commands = ()
    if away and not was_away:
        notices = (Notice(NoticeReason.CONNECTION_FAILED, away),)
    elif was_away and not away:
        notices = (Notice(NoticeReason.CONNECTION_RESTORED, f"{state.map.who} answers again"),)
    return with_memory(state, lost=bool(away)) if bool(away) != state.memory.lost else state, notices
