"""How what happened gets to the bus, at least once and in order, however often the process dies.

Nothing is kept of it but how far it is: of parts the creationTimestamp through which the bus has all of them, of the
Rack's own transitions the moment. What came after is told again after a start, with the same ids. Parts that are
deleted stand in the status before they are, until the bus has that they are gone.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from fabgitops_core.api.conditions import Condition
from fabgitops_core.api.rack.rackstatus import EventsStatus, PendingDelete
from fabgitops_core.control.commands import Command, Emit
from fabgitops_core.control.events import Emitted
from fabgitops_core.control.happenings import Happening
from fabgitops_core.control.objects import Child, Children
from fabgitops_core.control.rack import happenings
from fabgitops_core.control.rack.adopting import Whose, whose
from fabgitops_core.control.rack.state import RackState, Stage, Step, Waiting, published

MOST_OUTSTANDING = 100
"""How many happenings a Rack hands to the bus before it has taken some."""

OVERLAP = timedelta(seconds=5)
"""How far before the watermark is told again: API servers have clocks of their own."""

PART, END, OWN = "part", "end", "own"


def hand_over(state: RackState, happening: Happening, waiting: Waiting) -> Step:
    """Tell the bus of something, and remember that it does not have it for good yet."""
    telling = state.telling
    outstanding = {**telling.outstanding, happening.id: waiting}
    told = telling.told | {waiting.uid} if waiting.what == PART else telling.told
    return state._replace(telling=replace(telling, outstanding=outstanding, told=told)), (Emit(happening),)


def tell_of_part(state: RackState, child: Child, at: datetime) -> Step:
    """Tell of a part that was made; later, where the bus has enough to take."""
    if child.uid in state.telling.told:
        return state, ()
    if len(state.telling.outstanding) >= MOST_OUTSTANDING:
        telling = replace(state.telling, backlog=(*state.telling.backlog, child))
        return state._replace(telling=telling), ()
    id_ = f"{child.uid}/{happenings.CREATED}"
    made = happenings.of_part(state.key, child, happenings.CREATED, id_, _moment(child.created, at))
    return hand_over(state, made, Waiting(PART, child.created, child.uid))


def tell_of_own(state: RackState, happening: Happening, at: datetime) -> Step:
    """Tell of a transition of the Rack itself."""
    return hand_over(state, happening, Waiting(OWN, _written(at)))


def conditions_told(state: RackState, before: Iterable[Condition], now: Iterable[Condition], at: datetime) -> Step:
    """Tell of the conditions that say something else than before."""
    known = {each.type: each for each in before}
    commands: list[Command] = []
    for condition in now:
        previous = known.get(condition.type)
        if previous is not None and previous.status is condition.status:
            continue
        was = previous.status.value if previous else ""
        told = happenings.of_condition(state.key, state.uid, condition, was, at)
        state, more = tell_of_own(state, told, at)
        commands += more
    return state, tuple(commands)


# --- what is there ----------------------------------------------------------------------------------------------------


def caught_up(state: RackState, children: Children, at: datetime) -> Step:
    """Tell of all that is there and was not told of, and note how far the bus is."""
    state, ends = _ends(state, children, at)
    commands = list(ends)
    parts = [
        child
        for child in children.values()
        if not child.leaving and whose(child, state.key, state.uid) is not Whose.OTHERS
    ]
    since = _before(_events(state).published_through)
    recent = sorted((each.created, each.uid, each) for each in parts if each.created >= since)
    untold = [each for _created, uid, each in recent if uid not in state.telling.told]
    room = max(MOST_OUTSTANDING - len(state.telling.outstanding), 0)
    for child in untold[:room]:
        state, more = tell_of_part(state, child, at)
        commands += more
    return _noted(state, recent, untold[room:]), tuple(commands)


def _noted(state: RackState, recent: list[tuple[str, str, Child]], backlog: list[Child]) -> RackState:
    """Note how far the bus is: through the newest part before the first that it does not have."""
    telling, events = state.telling, _events(state)
    open_ = [each.moment for each in telling.outstanding.values() if each.what == PART]
    open_ += [each.created for each in backlog]
    first = min(open_, default="")
    taken = [created for created, _uid, _child in recent if not first or created < first]
    through = max([*taken, events.published_through or ""])
    own = events.announced_through or ""
    if telling.own and not any(each.what == OWN for each in telling.outstanding.values()):
        own = max(own, telling.own)
    since = _before(through)
    told = frozenset(uid for created, uid, _child in recent if uid in telling.told and created >= since)
    told |= {each.uid for each in telling.outstanding.values() if each.what == PART}
    noted = events.model_copy(update={"published_through": through or None, "announced_through": own or None})
    telling = replace(telling, told=told, backlog=tuple(backlog))
    return _with_events(state._replace(telling=telling), noted)


def begun(state: RackState, at: datetime) -> Step:
    """After a start: tell again of the Rack what the process before may not have got to the bus."""
    events, commands = _events(state), list[Command]()
    since = _before(events.announced_through)
    if state.created >= _before(events.published_through):
        id_ = f"{state.uid}/{happenings.CREATED}"
        moment = _moment(state.created, at)
        made = happenings.of_rack(state.key, state.uid, happenings.CREATED, id_, moment, state.created)
        state, more = tell_of_own(state, made, at)
        commands += more
    provisioned = state.status.provisioned_at
    if provisioned is not None and _written(provisioned) >= since:
        state, more = tell_provisioned(state, provisioned)
        commands += more
    for condition in state.status.conditions:
        if _written(condition.last_transition_time) >= since:
            told = happenings.of_condition(state.key, state.uid, condition, "", condition.last_transition_time)
            state, more = tell_of_own(state, told, condition.last_transition_time)
            commands += more
    return state, tuple(commands)


def tell_provisioned(state: RackState, at: datetime) -> Step:
    """Tell that all that was wanted was there for the first time."""
    id_ = f"{state.uid}/{happenings.PROVISIONED}"
    told = happenings.of_rack(state.key, state.uid, happenings.PROVISIONED, id_, at, state.created)
    return tell_of_own(state, told, at)


# --- what goes --------------------------------------------------------------------------------------------------------


def _ends(state: RackState, children: Children, at: datetime) -> Step:
    """Tell of parts that were deleted, and nobody told so; of those that are still there nothing is to be told."""
    alive = {child.uid for child in children.values() if not child.leaving}
    events, commands = _events(state), list[Command]()
    kept = tuple(each for each in events.pending if each.uid not in alive)
    if kept != events.pending:
        state = _with_events(state, events.model_copy(update={"pending": kept}))
    for part in kept:
        if f"{part.uid}/{happenings.DELETED}" not in state.telling.outstanding:
            state, more = tell_of_end(state, part, at)
            commands += more
    return state, tuple(commands)


def tell_of_end(state: RackState, part: PendingDelete, at: datetime) -> Step:
    """Tell that a part is gone."""
    return hand_over(state, happenings.of_gone(state.key, part, at), Waiting(END, "", part.uid))


def with_pending(state: RackState, going: Iterable[Child]) -> RackState:
    """Return the state with parts in its status that are about to be deleted."""
    events = _events(state)
    known = {each.uid for each in events.pending}
    more = tuple(
        PendingDelete(kind=child.key.kind, name=child.key.name, uid=child.uid, created=child.created)
        for child in going
        if child.uid not in known
    )
    return _with_events(state, events.model_copy(update={"pending": (*events.pending, *more)}))


def without_pending(state: RackState, uid: str) -> RackState:
    """Return the state without a part in its status that is not deleted after all, or of which all is told."""
    events = _events(state)
    kept = tuple(each for each in events.pending if each.uid != uid)
    return _with_events(state, events.model_copy(update={"pending": kept}))


# --- what the bus says ------------------------------------------------------------------------------------------------


def emitted(state: RackState, event: Emitted) -> Step:
    """Take the news that the bus has something for good: the next that waits can go."""
    waiting = state.telling.outstanding.get(event.id)
    if waiting is None:
        return state, ()
    outstanding = {id_: each for id_, each in state.telling.outstanding.items() if id_ != event.id}
    telling = replace(state.telling, outstanding=outstanding)
    if waiting.what == OWN:
        telling = replace(telling, own=max(telling.own, waiting.moment))
    elif waiting.what == PART:
        telling = replace(telling, parts=max(telling.parts, waiting.moment))
    state = state._replace(telling=telling)
    if waiting.what == END:
        state = without_pending(state, waiting.uid)
    while state.telling.backlog and len(outstanding) < MOST_OUTSTANDING:
        first, *rest = state.telling.backlog
        state = state._replace(telling=replace(state.telling, backlog=tuple(rest)))
        state, commands = tell_of_part(state, first, event.at)
        if commands:
            return state, commands
    return (state, ()) if outstanding else _all_taken(state, event.at)


def _all_taken(state: RackState, at: datetime) -> Step:
    """Note that the bus has everything; a pass under way says so with what it says next."""
    events, telling = _events(state), state.telling
    noted = events.model_copy(
        update={
            "published_through": max(events.published_through or "", telling.parts) or None,
            "announced_through": max(events.announced_through or "", telling.own) or None,
        }
    )
    state = _with_events(state, noted)
    return published(state, at) if state.stage is Stage.IDLE and state.said.conditions else (state, ())


def _with_events(state: RackState, events: EventsStatus) -> RackState:
    if events == _events(state):
        return state
    return state._replace(status=state.status.model_copy(update={"events": events}))


def _events(state: RackState) -> EventsStatus:
    return state.status.events or EventsStatus()


def _before(moment: str | None) -> str:
    """Return the moment from which on all is told again; a watermark that somebody spoilt counts for none."""
    try:
        return _written(datetime.fromisoformat(moment) - OVERLAP) if moment else ""
    except (ValueError, OverflowError):
        return ""


def _moment(written: str, otherwise: datetime) -> datetime:
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        return otherwise


def _written(moment: datetime) -> str:
    return f"{moment.replace(microsecond=0, tzinfo=None).isoformat()}Z"
