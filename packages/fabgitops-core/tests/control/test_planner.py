"""The planner against brute force: every register shown, within every limit, in no more requests than needed."""

from collections.abc import Sequence

from fabgitops_core.codec.codec import Codec
from fabgitops_core.codec.tables import Table
from fabgitops_core.codec.types import DataType
from fabgitops_core.control.plc.planner import (
    MAX_BITS,
    NO_HOLES,
    Batch,
    Holes,
    gaps_of,
    planned,
    split,
    words_of,
)
from fabgitops_core.control.plc.points import Limits, Place, Point
from fabgitops_core.control.plc.requests import DeviceId, Endpoint
from hypothesis import given
from hypothesis import strategies as st

ENDPOINT = Endpoint("10.0.0.5", 502)


def point(name: str, address: int, unit: int = 1, table: Table = Table.HOLDING, codec: Codec | None = None) -> Point:
    """Return a register."""
    codec = codec or Codec(DataType.BOOL if table.bits else DataType.UINT16)
    return Point(name, name, "", name, Place(DeviceId(ENDPOINT, unit), table, address, codec))


def bit(number: int) -> Codec:
    """Return how a bit of a word is understood."""
    return Codec(DataType.BIT, bit=number)


CODECS = [Codec(kind) for kind in (DataType.UINT16, DataType.FLOAT32, DataType.INT64)] + [bit(0), bit(15)]


@st.composite
def maps(draw: st.DrawFn) -> list[Point]:
    """Draw registers of two units and three tables, close to each other, in any order; bits may share a word."""
    drawn = draw(
        st.lists(
            st.tuples(
                st.sampled_from([1, 2]),
                st.sampled_from([Table.HOLDING, Table.INPUT, Table.COIL]),
                st.integers(0, 60),
                st.sampled_from(CODECS),
            ),
            min_size=1,
            max_size=30,
        )
    )
    return [
        point(f"r{at}", address, unit, table, None if table.bits else codec)
        for at, (unit, table, address, codec) in enumerate(drawn)
    ]


LIMITS = st.builds(Limits, st.integers(4, 125), st.integers(0, 20))


def spots(each: Point) -> set[tuple[int, Table, int]]:
    """Return the places that a register takes."""
    return {(each.unit_id, each.place.table, address) for address in range(each.place.address, each.end)}


def spanned(batch: Batch) -> list[tuple[int, Table, int]]:
    """Return the places that a reading spans."""
    plan = batch.plan
    return [(plan.unit_id, plan.table, plan.address + each) for each in range(plan.count)]


def longest_gap(batch: Batch, points: Sequence[Point]) -> int:
    """Return how many places in a row a reading spans that no register takes."""
    asked = set[tuple[int, Table, int]]().union(*(spots(points[at]) for at in batch.points))
    longest = here = 0
    for spot in spanned(batch):
        here = 0 if spot in asked else here + 1
        longest = max(longest, here)
    return longest


@given(maps(), LIMITS)
def test_every_register_is_shown_once_within_the_limits(points: list[Point], limits: Limits) -> None:
    """Each register is in exactly one reading, which spans all of it and keeps every limit of the device."""
    batches = planned(points, limits)
    assert sorted(at for batch in batches for at in batch.points) == list(range(len(points)))
    for batch in batches:
        assert all(spots(points[at]) <= set(spanned(batch)) for at in batch.points)
        assert longest_gap(batch, points) <= limits.gap
        assert batch.plan.count <= (MAX_BITS if batch.plan.table.bits else limits.words)


def fewest(points: Sequence[Point], limits: Limits) -> int:
    """Return the fewest readings that show all registers, by trying every way to cut each table."""
    needed = 0
    rows = {(each.unit_id, each.place.table) for each in points}
    for unit, table in rows:
        row = sorted((p.place.address, p.end) for p in points if (p.unit_id, p.place.table) == (unit, table))
        most = MAX_BITS if table.bits else limits.words
        best = [0] + [len(row)] * len(row)
        for last in range(1, len(row) + 1):
            for first in range(last):
                if fits(row[first:last], most, limits.gap):
                    best[last] = min(best[last], best[first] + 1)
        needed += best[-1]
    return needed


def fits(run: Sequence[tuple[int, int]], most: int, gap: int) -> bool:
    """Return whether one reading may show a run of registers."""
    end = run[0][1]
    for address, new_end in run:
        if address - end > gap:
            return False
        end = max(end, new_end)
    return end - run[0][0] <= most


@given(maps(), LIMITS)
def test_no_plan_needs_fewer_readings(points: list[Point], limits: Limits) -> None:
    """No other way to cut the map into readings needs fewer of them."""
    assert len(planned(points, limits)) == fewest(points, limits)


def test_two_thousand_bits_are_the_most() -> None:
    """2,001 coils side by side take two readings; 126 words do as well."""
    coils = [point(f"c{at}", at, table=Table.COIL) for at in range(2001)]
    assert [batch.plan.count for batch in planned(coils, Limits())] == [2000, 1]
    words = [point(f"w{at}", at) for at in range(126)]
    assert [batch.plan.count for batch in planned(words, Limits())] == [125, 1]


def test_bits_of_one_word_are_one_reading() -> None:
    """Bits that share a word are read together, and each gets that word."""
    bits = [point(f"b{at}", 7, codec=bit(at)) for at in range(16)]
    (batch,) = planned(bits, Limits())
    assert (batch.plan.address, batch.plan.count) == (7, 1)
    assert all(words_of(batch, (0x8001,), at, bits) == (0x8001,) for at in range(16))


def ask(
    points: Sequence[Point], limits: Limits, bad: set[tuple[int, Table, int]], holes: Holes
) -> tuple[set[int], Holes, int]:
    """Read as a pass does, from a device that refuses what touches bad places; return what was shown, and what learned.

    The third number counts the refusals.
    """
    queue, shown, refusals = list(planned(points, limits, holes)), set[int](), 0
    while queue:
        batch = queue.pop(0)
        if not bad & set(spanned(batch)):
            shown |= set(batch.points)
            continue
        refusals += 1
        assert refusals <= 4 * len(points), "it never ends"
        if len(batch.points) == 1:
            name = points[batch.points[0]].name
            holes = Holes((*holes.refused, (name, "no")), holes.gaps)
            continue
        parts = split(batch, points)
        assert sorted(at for part in parts for at in part.points) == sorted(batch.points)
        assert len(parts) > 1
        holes = Holes(holes.refused, holes.gaps | gaps_of(parts, points))
        queue = [*parts, *queue]
    return shown, holes, refusals


@given(maps(), LIMITS, st.sets(st.tuples(st.just(1), st.just(Table.HOLDING), st.integers(0, 63)), max_size=6))
def test_splitting_leaves_out_just_what_is_bad(
    points: list[Point], limits: Limits, bad: set[tuple[int, Table, int]]
) -> None:
    """However many addresses a device does not have, the registers beside them are all read, and those on them are not.

    What was learned holds: the next pass shows the same and meets no refusal, unless there is nothing else to ask.
    """
    shown, holes, _ = ask(points, limits, bad, NO_HOLES)
    assert shown == {at for at, each in enumerate(points) if not spots(each) & bad}
    again, kept, refusals = ask(points, limits, bad, holes)
    assert again == shown
    assert refusals == (0 if shown else 1)
    if shown:
        assert kept == holes


def test_a_device_that_has_nothing_is_asked_for_one_register() -> None:
    """When every register was refused the next pass asks for the one refused first: it may be well again."""
    points = [point(f"r{at}", at) for at in range(100)]
    for first in (0, 42):
        refused = [*points[first:], *points[:first]]
        (batch,) = planned(points, Limits(), Holes(tuple((each.name, "no") for each in refused)))
        assert (batch.plan.address, batch.plan.count, batch.points) == (first, 1, (first,))
