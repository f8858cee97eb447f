"""The numbers that metrics show, taken from the last readings when somebody asks."""

import math

from fabgitops_core.codec.types import Words
from fabgitops_core.control.planner import words_of
from fabgitops_core.control.plc.state import PlcState
from fabgitops_core.control.points import Point


def readings(state: PlcState) -> dict[str, float]:
    """Return the numbers last read, by what metrics call the register; texts and what means nothing are left out.

    A name of the enum counts as the number that it stands for.
    """
    wanted, found = state.map, dict[str, float]()
    for batch, values in state.memory.seen:
        for at in batch.points:
            number = _number(wanted.points[at], words_of(batch, values, at, wanted.points))
            if number is not None:
                found[wanted.points[at].metric] = number
    return found


def _number(point: Point, words: Words) -> float | None:
    try:
        number = point.place.codec.measure(words)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
