"""What metrics show of registers, made when somebody asks: what was last read, what must be, and in which unit."""

import math

from fabgitops_core.codec.codec import Codec
from fabgitops_core.codec.types import Words
from fabgitops_core.control.plc.planner import words_of
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.state import PlcState


def readings(state: PlcState) -> dict[str, float]:
    """Return the numbers last read, by what metrics call the register; texts and what means nothing are left out.

    A name of the enum counts as the number that it stands for.
    """
    wanted, found = state.map, dict[str, float]()
    for batch, values in state.memory.seen:
        for at in batch.points:
            number = _shown(wanted.points[at], words_of(batch, values, at, wanted.points))
            if number is not None:
                found[wanted.points[at].metric] = number
    return found


def reading(state: PlcState, name: str) -> float | None:
    """Return the number last read of a register, by its name; None where that is not known, or is no number.

    Raises:
        KeyError: There is no such register.
    """
    points = state.map.points
    place = next((point.at for point in points if point.name == name), None)
    if place is None:
        raise KeyError(name)
    for batch, values in state.memory.seen:
        if place in batch.points:
            return _shown(points[place], words_of(batch, values, place, points))
    return None


def targets(state: PlcState) -> dict[str, float]:
    """Return the numbers that registers must hold, by what metrics call the register, read or not; no texts."""
    points = (point for point in state.map.points if point.wanted is not None)
    wanted = ((point.metric, _number(point.place.codec, point.wanted or ())) for point in points)
    return {name: number for name, number in wanted if number is not None}


def units(state: PlcState) -> dict[str, str]:
    """Return what the values of registers are counted in, by what metrics call the register, where that is said."""
    return {point.metric: point.unit for point in state.map.points if point.unit}


def _shown(point: Point, words: Words) -> float | None:
    """Return what was read as a number; where names stand for others than are written, as those that are written."""
    place = point.place
    shown, number = place.read.codec, _number(place.read.codec, words)
    if number is None or shown.names == place.codec.names:
        return number
    return dict(place.codec.names).get(shown.name_of(number), number)


def _number(codec: Codec, words: Words) -> float | None:
    try:
        number = codec.measure(words)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
