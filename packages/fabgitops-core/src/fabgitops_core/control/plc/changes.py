"""The writes of a pass: planned changes, each one request and the registers that it makes right."""

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.requests import Change, WriteFunction

_Points = Sequence[Point] | Mapping[int, Point]


@dataclass(frozen=True, slots=True)
class Planned:
    """One write that a pass intends, and the registers that a reading after it must show right, by place in the map."""

    change: Change
    points: tuple[int, ...]

    def of(self, points: Sequence[Point]) -> tuple[Point, ...]:
        """Return its registers out of those of the map."""
        return tuple(points[at] for at in self.points)


def changes_for(points: _Points, wrong: Iterable[int], repeats: Collection[int] = ()) -> tuple[Planned, ...]:
    """Return the writes that make registers of a map hold what they must, in the order of the map.

    Bits of one word go out together: a device must not see a value of several bits that Git never said, on its way from
    one to the next. Only where they ask for different functions each function has a write of its own; a bit that asks
    for none goes with those beside it. A group goes out in one request, too.

    Args:
        points: Registers by place in the map: all of them, or at least those that are to be written.
        wrong: Which of them are to be written, by place in the map; of a group all (`DeviceMap.whole`).
        repeats: Which of those hold what they must, and are written again.
    """
    words: dict[object, list[int]] = {}
    for at in wrong:
        words.setdefault(_word(points[at], at), []).append(at)
    planned = (each for members in words.values() for each in _planned(points, members))
    marked = (_marked(each, repeats) for each in planned) if repeats else planned
    return tuple(sorted(marked, key=lambda each: min(each.points)))


def _marked(planned: Planned, repeats: Container[int]) -> Planned:
    """Return a write as a repetition where it makes nothing right."""
    if not all(at in repeats for at in planned.points):
        return planned
    return replace(planned, change=replace(planned.change, repeat=True))


def _word(point: Point, at: int) -> object:
    """Return what a register shares with those that go out with it: a group, the word of its bits, or nothing.

    One that is read elsewhere goes out alone, for it is proven there.
    """
    place = point.place
    if point.group:
        return point.group
    return at if place.shown is not None or point.change().mask is None else (place.device, place.address)


def _planned(points: _Points, members: Sequence[int]) -> Iterable[Planned]:
    return (_side_by_side(points, members),) if points[members[0]].group else _by_function(points, members)


def _side_by_side(points: _Points, members: Sequence[int]) -> Planned:
    """Return the one request with the values of a whole group, which has no hole."""
    ordered = sorted(members, key=lambda at: points[at].place.address)
    changes = [points[at].change() for at in ordered]
    values = tuple(value for each in changes for value in each.values)
    return Planned(replace(changes[0], values=values, function=WriteFunction.MULTIPLE), tuple(ordered))


def _by_function(points: _Points, members: Sequence[int]) -> Iterable[Planned]:
    asked = list(dict.fromkeys(points[at].function for at in members))
    named = [each for each in asked if each is not WriteFunction.AUTO] or asked
    for function in named:
        mine = {function, WriteFunction.AUTO} if function is named[0] else {function}
        yield _joined([at for at in members if points[at].function in mine], points, function)


def _joined(members: Sequence[int], points: _Points, function: WriteFunction) -> Planned:
    first, *others = (points[at].change() for at in members)
    joined = replace(first, function=function)
    for each in others:
        values = (joined.values[0] | each.values[0],)
        joined = replace(joined, values=values, mask=(joined.mask or 0) | (each.mask or 0))
    return Planned(joined, tuple(members))
