"""What a device does not have: left out of the readings, and asked for again after a growing pause.

A reading of several registers that is refused, with whatever exception, is tried in parts until what is refused stands
alone. A device that refuses everything is not asked for each of its registers in one pass: after `FRUITLESS` refusals
in a row the rest is left for the next passes, each of which begins with what the ones before found out.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from fabgitops_core.control.events import Event, Failure
from fabgitops_core.control.plc.planner import Batch, Holes, batch_of, gaps_of, row_of, split
from fabgitops_core.control.plc.state import Pause, PlcState, usual_of, with_memory

FRUITLESS = 16
"""Refusals in a row after which a pass tries nothing further in parts."""

LONGEST = timedelta(hours=1)
"""The longest pause before a refused register is asked for again; they are 1, 2, 4 … 60 minutes."""

HOLES_LAST = timedelta(days=1)
"""How long a gap that was refused is not spanned, and a reading kept to the length that was taken."""


def around(state: PlcState, batch: Batch, failure: Failure, event: Event) -> tuple[PlcState, tuple[Batch, ...]]:
    """Remember what a device does not have; return the parts of the reading to try instead, if there are any."""
    points, holes = state.map.points, state.memory.holes
    state = state._replace(going=replace(state.going, fruitless=state.going.fruitless + 1))
    if len(batch.points) == 1:
        return _refused(state, points[batch.points[0]].name, failure, event), ()
    if state.going.fruitless >= FRUITLESS:
        return state, ()
    parts = split(batch, points)
    gaps = gaps_of(parts, points)
    if not gaps:
        state = state._replace(going=replace(state.going, halved=(*state.going.halved, batch)))
    return _remembering(state, replace(holes, gaps=holes.gaps | gaps), event), parts


def _refused(state: PlcState, name: str, failure: Failure, event: Event) -> PlcState:
    holes, before = state.memory.holes, state.memory.pauses.get(name)
    grows = before is not None and event.at - before.until < LONGEST
    count = before.count + 1 if before is not None and grows else 1
    until = event.at + min(timedelta(minutes=2 ** min(count - 1, 10)), LONGEST)
    others = tuple(each for each in holes.refused if each[0] != name)
    noted = with_memory(state, pauses={**state.memory.pauses, name: Pause(count, until)})
    return _remembering(noted, replace(holes, refused=(*others, (name, failure.message))), event)


def _remembering(state: PlcState, holes: Holes, event: Event) -> PlcState:
    """Plan further passes around what a device does not have."""
    if holes == state.memory.holes:
        return state
    since = state.memory.holes_since or event.at
    known = with_memory(state, holes=holes, holes_since=since, settled=False)
    return known._replace(usual=usual_of(state.map, holes))


def is_left_out(state: PlcState, batch: Batch) -> bool:
    """Return whether a reading only asks again for what was refused before."""
    left_out = {name for name, _ in state.memory.holes.refused}
    return all(state.map.points[at].name in left_out for at in batch.points)


# --- asking again -----------------------------------------------------------------------------------------------------


def asked_again(state: PlcState, at: datetime, everything: bool) -> tuple[Batch, ...]:
    """Return the readings of what was refused that a pass asks for besides: one whose pause is over, or everything.

    Where all is refused the plan asks for one already.
    """
    if not everything and is_left_out(state, state.usual.batches[0]):
        return ()
    left_out = {name for name, _ in state.memory.holes.refused}
    planned = {place for batch in state.usual.batches for place in batch.points}
    again = [place for place, each in enumerate(state.map.points) if each.name in left_out and place not in planned]
    if not everything:
        order = {name: turn for turn, (name, _) in enumerate(state.memory.holes.refused)}
        over = [place for place in again if _is_over(state, state.map.points[place].name, at)]
        again = sorted(over, key=lambda place: order[state.map.points[place].name])[:1]
    return tuple(batch_of((place,), state.map.points) for place in again)


def _is_over(state: PlcState, name: str, at: datetime) -> bool:
    """Return whether a pause is over; a clock that was set back ends it."""
    pause = state.memory.pauses.get(name)
    return pause is None or not timedelta(0) < pause.until - at <= LONGEST


def reconsidered(state: PlcState, at: datetime, asked: bool) -> PlcState:
    """Span gaps anew, and ask for readings of any length, once a day, or when a sync is asked for."""
    memory = state.memory
    if memory.holes_since is None or not (asked or at - memory.holes_since >= HOLES_LAST):
        return state
    holes = Holes(memory.holes.refused)
    anew = with_memory(state, holes=holes, holes_since=at, pauses={} if asked else memory.pauses)
    return anew._replace(usual=usual_of(state.map, holes))


def ended(state: PlcState, at: datetime) -> PlcState:
    """End all pauses: the device has changed, or is another one."""
    pauses = {name: replace(each, until=min(each.until, at)) for name, each in state.memory.pauses.items()}
    return with_memory(state, pauses=pauses) if pauses else state


def without_healed(state: PlcState, event: Event) -> PlcState:
    """Read what was refused and is shown now as everything else; what else was refused may be well, too."""
    holes = state.memory.holes
    if not holes.refused:
        return state
    read = {state.map.points[at].name for batch, _ in state.going.read for at in batch.points}
    left = tuple(each for each in holes.refused if each[0] not in read)
    if len(left) == len(holes.refused):
        return state
    return ended(_remembering(state, replace(holes, refused=left), event), event.at)


def within_its_limit(state: PlcState, event: Event) -> PlcState:
    """Ask for no more at once than a device shows, where it refused a reading and then showed each part of it."""
    shown = {at: batch.plan.count for batch, _ in state.going.read for at in batch.points}
    holes = state.memory.holes
    for batch in state.going.halved:
        if all(at in shown for at in batch.points):
            row = row_of(state.map.points[batch.points[0]])
            holes = holes.limited(row, max(shown[at] for at in batch.points))
    return _remembering(state, holes, event)
