"""From registers to the fewest readings that show them all, and what to do when a device refuses one of them.

A reading spans registers of one table of one unit that lie next to each other, or not further apart than the limits
allow. A device may refuse a reading that touches an address it does not have; then the reading
is split, first at the gaps that nobody asked for, then in halves, until the bad address stands alone. What was learned
is kept as `Holes`, so that the next pass does not run into it again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from fabgitops_core.codec.tables import Table
from fabgitops_core.codec.types import Words
from fabgitops_core.control.plc.points import Limits, Point
from fabgitops_core.control.plc.requests import ReadPlan

MAX_BITS = 2000
"""Bits in one FC01 or FC02 (Modbus Application Protocol V1.1b3, sections 6.1 and 6.2)."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One reading, and the registers that it shows, by their place in the map."""

    plan: ReadPlan
    points: tuple[int, ...]


Row = tuple[int, Table]
"""A unit id and a table: what one reading stays within."""


@dataclass(frozen=True, slots=True)
class Holes:
    """What a device refused.

    `refused` are registers to leave out, by name, with what it said, the last one last; `gaps` what cannot be spanned,
    each known by the address that follows it; `most` how many words or bits it shows at once, where it refused more.
    """

    refused: tuple[tuple[str, str], ...] = ()
    gaps: frozenset[tuple[Row, int]] = frozenset()
    most: tuple[tuple[Row, int], ...] = ()

    def limited(self, row: Row, most: int) -> "Holes":
        """Return the same with a limit on what one reading of a row may ask for."""
        known = dict(self.most)
        return replace(self, most=tuple((known | {row: min(most, known.get(row, most))}).items()))

    def why(self, name: str) -> str:
        """Return what the device said of a register, or nothing."""
        return dict(self.refused).get(name, "")


NO_HOLES = Holes()


def planned(points: Sequence[Point], limits: Limits, holes: Holes = NO_HOLES) -> tuple[Batch, ...]:
    """Return the readings of a pass, in the order of unit, table and address.

    Registers that the device refused are left out, and so are commands; when that leaves none, the one that was refused
    the longest ago is asked for, or else the first, as somebody must notice whether the device is well.
    """
    names = {name for name, _ in holes.refused}
    asked = [at for at, point in enumerate(points) if point.name not in names and not point.command]
    asked = asked or [at for at, point in enumerate(points) if holes.refused and point.name == holes.refused[0][0]]
    asked = asked or [0]
    avoided = [point for point in points if point.name in names]
    return tuple(
        batch
        for row, members in groupby(sorted(asked, key=lambda at: _order(points[at])), key=lambda at: row_of(points[at]))
        for batch in _batches(row, points, list(members), limits, _Obstacles(row, avoided, holes))
    )


def split(batch: Batch, points: Sequence[Point]) -> tuple[Batch, ...]:
    """Return the parts of a reading that was refused: its runs without a gap, else its halves; itself if it is one."""
    runs = list(_runs(batch.points, points))
    if len(runs) == 1 and len(batch.points) > 1:
        runs = _halves(batch.points, points)
    return tuple(batch_of(run, points) for run in runs)


def gaps_of(parts: Iterable[Batch], points: Sequence[Point]) -> frozenset[tuple[Row, int]]:
    """Return the gaps before all but the first of the parts of a reading, for `Holes`."""
    starts = [points[part.points[0]] for part in parts]
    ends = [part.plan.address + part.plan.count for part in parts]
    return frozenset(
        (row_of(point), point.start) for end, point in zip(ends, starts[1:], strict=False) if point.start > end
    )


def batch_of(members: Sequence[int], points: Sequence[Point]) -> Batch:
    """Return the one reading that shows registers of one row, given by place in the map in the order of address."""
    first, start = points[members[0]].place.read, min(points[at].start for at in members)
    count = _end(members, points) - start
    return Batch(ReadPlan(first.device.endpoint, first.device.unit_id, start, count, first.table), tuple(members))


def words_of(batch: Batch, values: Words, at: int, points: Sequence[Point]) -> Words:
    """Return the words of one register out of a reading's."""
    place = points[at].place
    place = place.shown or place
    codec = place.codec
    start = place.address - codec.ahead - batch.plan.address
    words = values[start : start + codec.span]
    return words if codec.in_a_row else codec.of_span(words)


@dataclass(frozen=True, slots=True)
class _Obstacles:
    """What a reading of one row must not span."""

    row: Row
    avoided: Sequence[Point]
    holes: Holes

    def between(self, end: int, address: int) -> bool:
        """Return whether a reading that went to `end` may not go on to `address`."""
        if end < address and (self.row, address) in self.holes.gaps:
            return True
        return any(row_of(point) == self.row and point.start < address and point.end > end for point in self.avoided)


def _batches(
    row: Row, points: Sequence[Point], members: list[int], limits: Limits, obstacles: _Obstacles
) -> Iterable[Batch]:
    most = min(MAX_BITS if row[1].bits else limits.words, dict(obstacles.holes.most).get(row, MAX_BITS))
    run = [members[0]]
    start, end = points[members[0]].start, points[members[0]].end
    for at in members[1:]:
        point = points[at]
        address, new_end = point.start, max(end, point.end)
        if address - end <= limits.gap and new_end - start <= most and not obstacles.between(end, address):
            run.append(at)
            end = new_end
            continue
        yield batch_of(run, points)
        run, start, end = [at], address, point.end
    yield batch_of(run, points)


def _runs(members: Sequence[int], points: Sequence[Point]) -> Iterable[list[int]]:
    run, end = [members[0]], points[members[0]].end
    for at in members[1:]:
        if points[at].start > end:
            yield run
            run = []
        run.append(at)
        end = max(end, points[at].end)
    yield run


def _halves(members: Sequence[int], points: Sequence[Point]) -> list[list[int]]:
    """Cut where no word is shared; registers that share one, as bits do, stay together as long as there are others."""
    middle = len(members) // 2
    cuts = [cut for cut in range(1, len(members)) if points[members[cut]].start >= _end(members[:cut], points)]
    if not cuts:
        return [[at] for at in members]
    cut = min(cuts, key=lambda each: abs(each - middle))
    return [list(members[:cut]), list(members[cut:])]


def _end(members: Sequence[int], points: Sequence[Point]) -> int:
    return max(points[at].end for at in members)


def row_of(point: Point) -> Row:
    """Return what a reading that shows a register stays within."""
    return point.unit_id, point.place.read.table


def _order(point: Point) -> tuple[int, Table, int, int]:
    return point.unit_id, point.place.read.table, point.start, point.end
