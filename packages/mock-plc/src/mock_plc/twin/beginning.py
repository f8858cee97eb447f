"""What the registers of a twin hold at its start: what Git wants, or something else that each of them can hold."""

import random
from collections.abc import Iterable, Iterator
from enum import StrEnum
from fractions import Fraction

from mock_plc.codec.codec import exact
from mock_plc.codec.types import DataType
from mock_plc.memory import Value
from mock_plc.spec.register import Register
from mock_plc.twin.plant import Site
from mock_plc.twin.registers import Declared


class Start(StrEnum):
    """How a twin begins."""

    IN_SYNC = "in-sync"
    """As a plant that runs: each register holds what Git wants, and the others nothing."""
    DRIFTED = "drifted"
    """As a plant that nobody has set yet: each register for which Git wants a value holds another one."""


def starts(site: Site, start: Start, seed: str) -> dict[tuple[int, str], Register]:
    """Return the registers of a device as they begin, by unit id and name; the same seed makes the same values."""
    found: dict[tuple[int, str], Register] = {}
    for unit_id, placed in site.units.items():
        for each in placed:
            one = each.declared
            value = one.register.value
            if start is Start.DRIFTED and value is not None:
                dice = random.Random(f"{seed}/{site.address}/{unit_id}/{each.name}")  # noqa: S311 - to be repeated
                value = another(one, dice)
            # Not validated again: what it is called in a twin of several may be longer than a device file has it.
            found[unit_id, each.name] = one.register.model_copy(update={"name": each.name, "value": value})
    return found


def another(one: Declared, dice: random.Random) -> Value:
    """Return a value that is not the one that Git wants: farther off than its tolerance, within its limits if it can.

    One for which there is nothing else, as of a counter with one state, stays as it is.
    """
    register = one.register
    wanted = register.start
    if register.kind is DataType.STRING:
        return "" if wanted else "?"
    if register.kind.logical:
        return not wanted
    if not isinstance(wanted, int | float):
        return wanted
    names = [value for value in (register.enum or {}).values() if isinstance(value, int | float)]
    others = [value for value in names if abs(exact(value) - exact(wanted)) > one.tolerance]
    if others:
        return dice.choice(sorted(others))
    for candidate in _candidates(one, exact(wanted), dice):
        held = register.codec.decode(register.codec.nearest(float(candidate)))
        if isinstance(held, int | float) and abs(exact(held) - exact(wanted)) > one.tolerance:
            return held
    return wanted


def _candidates(one: Declared, wanted: Fraction, dice: random.Random) -> Iterator[Fraction]:
    """Yield what comes into question: a tenth off, then the ends of its limits, then those of its type."""
    grid = one.register.grid
    lowest, highest = exact(grid.low), exact(grid.high)
    low = lowest if one.low is None else max(lowest, one.low)
    high = highest if one.high is None else min(highest, one.high)
    step = exact(grid.step) if grid.step else Fraction(1)
    away = one.tolerance + max(abs(wanted) / 10, step)
    near = [wanted + away, wanted - away]
    dice.shuffle(near)
    yield from (each for each in near if low <= each <= high)
    yield from _farthest((low, high), wanted)
    yield from (min(max(each, lowest), highest) for each in near)
    yield from _farthest((lowest, highest), wanted)


def _farthest(ends: Iterable[Fraction], wanted: Fraction) -> list[Fraction]:
    return sorted(ends, key=lambda end: -abs(end - wanted))
