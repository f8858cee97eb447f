"""What is read right before each write, in the same turn: the registers of this map that interlocks name.

And of what the write is about those whose power of ten the device says, for that may have changed since the pass read.
"""

from collections.abc import Iterator

from fabgitops_core.codec.types import Words
from fabgitops_core.control.plc.planner import Batch, planned, words_of
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.requests import ReadPlan
from fabgitops_core.control.plc.state import PlcState


def checks_of(state: PlcState) -> tuple[ReadPlan, ...]:
    """Return the readings that must go right before each write of a resource; nearly always none."""
    return tuple(batch.plan for batch in _batches(state, _checked(state)))


def shown(state: PlcState, answers: tuple[Words, ...]) -> dict[str, Words]:
    """Return the words of each register that the answers to those readings show, by its name."""
    points = _checked(state)
    read = zip(_batches(state, points), answers, strict=True)
    return dict(_words(points, read))


def _words(points: tuple[Point, ...], read: Iterator[tuple[Batch, Words]]) -> Iterator[tuple[str, Words]]:
    for batch, values in read:
        for at in batch.points:
            yield points[at].name, words_of(batch, values, at, points)


def _checked(state: PlcState) -> tuple[Point, ...]:
    interlocks = state.spec.correction.interlocks if state.spec else ()
    names = {each.register_ for each in interlocks if each.plc is None}
    if state.map.scaled and state.going.changes:
        written = state.going.changes[0].of(state.map.points)
        names |= {each.name for each in written if each.place.codec.exponent is not None}
    return tuple(each for each in state.map.points if each.name in names and not each.command) if names else ()


def _batches(state: PlcState, points: tuple[Point, ...]) -> tuple[Batch, ...]:
    return planned(points, state.map.limits, state.memory.holes) if points else ()
