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
from fabgitops_core.control.rack.state import Late, RackState, Stage, Step, Waiting, published

MOST_OUTSTANDING = 100
"""How many happenings a Rack hands to the bus before it has taken some."""

MOST_LATER = 1000
"""Of how much may wait in the process before transitions of the Rack itself are left out; its last ones are told."""

MOST_LAST = 800
"""Of how much is told at once of a Rack that is gone: a bus has room for a thousand."""

MOST_RECORDED = 256
"""How many parts stand in the status because they are being deleted: it is written for each few of them.

While a bus is away longer, what goes beyond is told all the same, unless the process is killed meanwhile.
"""

OVERLAP = timedelta(seconds=5)
"""How far before the watermark is told again: API servers have clocks of their own."""

PART, END, OWN = "part", "end", "own"


def _hand_over(state: RackState, late: Late) -> Step:
    """Tell the bus of something, and remember that it does not have it for good yet."""
    happening = _happening(state, late)
    outstanding = {**state.telling.outstanding, happening.id: late.waiting}
    return state._replace(telling=replace(state.telling, outstanding=outstanding)), (Emit(happening),)


def _happening(state: RackState, late: Late) -> Happening:
    if isinstance(late.of, Happening):
        return late.of
    if isinstance(late.of, PendingDelete):
        return happenings.of_gone(state.key, late.of, late.at)
    if late.waiting.what == PART:
        return happenings.of_part(
            state.key, late.of, happenings.CREATED, f"{late.of.uid}/{happenings.CREATED}", late.at
        )
    id_ = f"{late.of.uid}/{late.of.version}/{happenings.UPDATED}"
    return happenings.of_part(state.key, late.of, happenings.UPDATED, id_, late.at)


def _in_turn(state: RackState, late: Late) -> Step:
    """Tell the bus of something, behind all that waits already, and when it does not have too much to take."""
    telling = state.telling
    if not telling.later and len(telling.outstanding) < MOST_OUTSTANDING:
        return _hand_over(state, late)
    if isinstance(late.of, Happening) and len(telling.later) >= MOST_LATER:
        return state._replace(telling=replace(telling, missed=True)), ()
    return state._replace(telling=replace(telling, later=(*telling.later, late))), ()


def tell_of_part(state: RackState, child: Child, at: datetime) -> Step:
    """Tell of a part that was made."""
    if child.uid in state.telling.told:
        return state, ()
    state = state._replace(telling=replace(state.telling, told=state.telling.told | {child.uid}))
    return _in_turn(state, Late(Waiting(PART, child.created, child.uid), _moment(child.created, at), child))


def tell_of_change(state: RackState, child: Child, at: datetime) -> Step:
    """Tell of a part that was put right, or taken over."""
    return _in_turn(state, Late(Waiting(OWN, _written(at)), at, child))


def tell_of_own(state: RackState, happening: Happening, at: datetime) -> Step:
    """Tell of a transition of the Rack itself."""
    return _in_turn(state, Late(Waiting(OWN, _written(at)), at, happening))


def tell_of_all(state: RackState, last: Happening, at: datetime) -> Step:
    """Tell at once of what still waits, as far as the bus has room, and of the last thing that there is to tell."""
    commands = list[Command]()
    for late in (*state.telling.later[:MOST_LAST], Late(Waiting(OWN, _written(at)), at, last)):
        state, more = _hand_over(state, late)
        commands += more
    return state._replace(telling=replace(state.telling, later=())), tuple(commands)


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
    for _created, _uid, child in recent:
        state, more = tell_of_part(state, child, at)
        commands += more
    return _noted(state, recent), tuple(commands)


def _noted(state: RackState, recent: list[tuple[str, str, Child]]) -> RackState:
    """Note how far the bus is: through the newest part before the first that it does not have."""
    telling, events = state.telling, _events(state)
    untaken = [*telling.outstanding.values(), *(late.waiting for late in telling.later)]
    first = min((each.moment for each in untaken if each.what == PART), default="")
    taken = [created for created, _uid, _child in recent if not first or created < first]
    through = max([*taken, events.published_through or ""])
    own = events.announced_through or ""
    if telling.own and not telling.missed and not any(each.what == OWN for each in untaken):
        own = max(own, telling.own)
    since = _before(through)
    told = frozenset(uid for created, uid, _child in recent if uid in telling.told and created >= since)
    told |= {each.uid for each in untaken if each.what == PART}
    noted = events.model_copy(update={"published_through": through or None, "announced_through": own or None})
    return _with_events(state._replace(telling=replace(telling, told=told)), noted)


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
    known = {late.waiting.uid for late in state.telling.later if late.waiting.what == END}
    known |= {each.uid for each in state.telling.outstanding.values() if each.what == END}
    for part in kept:
        if part.uid not in known:
            state, more = tell_of_end(state, part, at)
            commands += more
    return state, tuple(commands)


def tell_of_end(state: RackState, part: PendingDelete, at: datetime) -> Step:
    """Tell that a part is gone."""
    return _in_turn(state, Late(Waiting(END, "", part.uid), at, part))


def record_of(child: Child) -> PendingDelete:
    """Return what stands in the status of a part that is about to be deleted."""
    return PendingDelete(kind=child.key.kind, name=child.key.name, uid=child.uid, created=child.created)


def with_pending(state: RackState, parts: Iterable[Child]) -> RackState:
    """Return the state with parts in its status that are about to be deleted, as far as there is room for them."""
    events = _events(state)
    known = {each.uid for each in events.pending}
    more = [record_of(child) for child in parts if child.uid not in known]
    room = max(MOST_RECORDED - len(known), 0)
    return _with_events(state, events.model_copy(update={"pending": (*events.pending, *more[:room])}))


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
    if state.telling.later and len(outstanding) < MOST_OUTSTANDING:
        first, *rest = state.telling.later
        return _hand_over(state._replace(telling=replace(state.telling, later=tuple(rest))), first)
    return (state, ()) if outstanding else _all_taken(state, event.at)


def _all_taken(state: RackState, at: datetime) -> Step:
    """Note that the bus has everything; a pass under way says so with what it says next.

    Of what had no room meanwhile it is told how it stands by now.
    """
    if state.telling.missed:
        return begun(state._replace(telling=replace(state.telling, missed=False)), at)
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
