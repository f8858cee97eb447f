"""Do other registers show what they must? Only while the spindle stands still.

A register of this map is judged by what the pass has read, and once more by what is read right before the write, in the
same turn. One of another resource is judged by what that one has read itself, if it is not too old.
"""

import operator
from collections.abc import Callable
from math import inf, isnan
from typing import Any, NamedTuple

from fabgitops_core.api.plc.interlocks import Interlock, Operator
from fabgitops_core.codec.numbers import exactly
from fabgitops_core.codec.types import Words
from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.neighbours import Neighbour
from fabgitops_core.control.plc.checks import shown
from fabgitops_core.control.plc.guards.guard import Snapshot
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.state import PlcState

INTERVALS = 3
"""A reading of another resource may be so many of its poll intervals old, unless maxAgeSecs says otherwise."""

_ORDERS: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.LESS: operator.lt,
    Operator.AT_MOST: operator.le,
    Operator.GREATER: operator.gt,
    Operator.AT_LEAST: operator.ge,
}


def by_interlocks(seen: Snapshot, _: Point) -> Hold | None:
    """Hold everything while an interlock is not satisfied; that is the same for all registers of a resource."""
    interlocks = seen.state.spec.correction.interlocks if seen.state.spec else ()
    if not interlocks:
        return None
    said: dict[str, Hold | None] = {} if seen.said is None else seen.said
    if "interlocks" not in said:
        said["interlocks"] = _hold(seen, interlocks)
    return said["interlocks"]


def _hold(seen: Snapshot, interlocks: tuple[Interlock, ...]) -> Hold | None:
    checked = None if seen.outside.checked is None else shown(seen.state, seen.outside.checked)
    for each in interlocks:
        found = _neighbours(each, each.plc, seen) if each.plc else _own(each, seen, checked)
        why = found if isinstance(found, str) else _why_not(each, found)
        if why is not None:
            return Hold(HoldReason.INTERLOCK, f"the interlock {each} is not satisfied{why and f': {why}'}", inf)
    return None


class _Shown(NamedTuple):
    """A register, and the words that it is known to hold."""

    point: Point
    words: Words


def _own(interlock: Interlock, seen: Snapshot, checked: dict[str, Words] | None) -> _Shown | str:
    """Return what a register of this map shows, or why that is not known, or does not count."""
    name = interlock.register_
    point = _named(name, seen.state)
    if isinstance(point, str):
        return point
    words = checked.get(name) if checked is not None else _found(name, seen.state.going.found)
    if words is None:
        return _unknown(name, seen.state.going.found)
    if point.place.read.codec.lacks(words):
        return f"{name} has no value"
    if point.wanted is not None and not _holds(point, words, point.wanted):
        return f"{name} is not as Git wants it, and would be written itself"
    return _Shown(point, words)


def _neighbours(interlock: Interlock, plc: str, seen: Snapshot) -> _Shown | str:
    """Return what a register of another resource shows, or why that is not known."""
    neighbour = seen.outside.neighbours.get(plc)
    if neighbour is None:
        return f"there is no IndustrialPLC {plc} in this namespace"
    state = neighbour.state
    if not isinstance(state, PlcState) or state.spec is None:
        return f"the spec of {plc} is not valid"
    if state.spec.suspend:
        return f"{plc} is suspended, so nobody reads it"
    point = _named(interlock.register_, state, f" of {plc}")
    if isinstance(point, str):
        return point
    if why := _too_old(interlock, plc, neighbour, state):
        return why
    words = _found(interlock.register_, state.memory.found)
    if words is None:
        return _unknown(interlock.register_, state.memory.found, f" of {plc}")
    return (
        f"{interlock.register_} of {plc} has no value" if point.place.read.codec.lacks(words) else _Shown(point, words)
    )


def _too_old(interlock: Interlock, plc: str, neighbour: Neighbour, state: PlcState) -> str:
    most = interlock.max_age_secs or INTERVALS * state.map.interval
    fresh = neighbour.age is not None and state.memory.found and neighbour.age <= most
    return "" if fresh else f"{plc} was not read within the last {most:g} s"


def _named(name: str, state: PlcState, whose: str = "") -> Point | str:
    """Return a register of a map that is read, or say why there is none."""
    point = next((each for each in state.map.points if each.name == name), None)
    if point is None:
        return f"there is no register {name} in the map{whose}"
    return f"{name}{whose} is a command, and never read" if point.command else point


def _found(name: str, found: tuple[Any, ...]) -> Words | None:
    return next((each.words for each in found if each.point.name == name), None)


def _unknown(name: str, found: tuple[Any, ...], whose: str = "") -> str:
    absent = any(each.status.no_value for each in found if each.point.name == name)
    return f"{name}{whose} has no value" if absent else f"{name}{whose} cannot be read"


def _holds(point: Point, words: Words, wanted: Words) -> bool:
    try:
        return point.shows(words, wanted)
    except ValueError:
        return False


def _why_not(interlock: Interlock, found: _Shown) -> str | None:
    """Return why what is shown does not satisfy an interlock, "" for just that; None when it does."""
    point, words = found
    codec = point.place.read.codec
    try:
        if codec.type.numeric and isnan(codec.measure(words)):
            return f"{point.name} is no number"
    except ValueError:
        return f"{point.name} holds words that mean nothing"
    try:
        return None if _compares(interlock, point, words) else ""
    except ValueError as error:
        return f"{point.name} cannot be compared with it: {error}"


def _compares(interlock: Interlock, point: Point, words: Words) -> bool:
    """Compare.

    Raises:
        ValueError: The value is none that such a register has.
    """
    codec = point.place.read.codec
    if interlock.operator.orders:
        if not codec.type.numeric:
            raise ValueError(f"{interlock.operator} is for numbers, and its type is {codec.type}")
        (value,) = interlock.wanted
        bound, held = codec.number(value), codec.measure(words)
        if codec.type.floating and codec.same(words, codec.encode(value)):  # as near as such a register comes to it
            return interlock.operator in {Operator.AT_MOST, Operator.AT_LEAST}
        return _ORDERS[interlock.operator](exactly(held) if abs(held) != inf else held, bound)
    same = [codec.same(words, codec.encode(each)) for each in interlock.wanted]
    return not any(same) if interlock.operator is Operator.UNEQUAL else any(same)
