"""Hints that a map was read wrongly: what a register holds would make sense in another way. Nothing is done about them.

A hint is for people: it holds up no write, makes none, and is no alarm. What fits is never questioned: a value within
`min` and `max` (but for a float of 1e-40), one that is what Git wants, and without either nothing. Of what does not fit
another way is told only where it would hardly fit by chance, and no second one does.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from fabgitops_core.codec.codec import Codec
from fabgitops_core.codec.types import ByteOrder, DataType, Words
from fabgitops_core.control.plc.points import ANY, Extent, Point
from fabgitops_core.control.plc.requests import DeviceId, Table

_CHANCE = 16
"""Limits that take more than this part of all that the words could hold are met by chance too often."""
_TINY = 1e-4
"""A float that is this much smaller than both limits is what a float in the wrong order mostly is: nearly nothing."""
_LEAST_NORMAL = {DataType.FLOAT32: 2.0**-126, DataType.FLOAT64: 2.0**-1022}
_NOTHING = "next to nothing"
_FAR_EXACT, _FAR_NEAR = 8.0, 100.0
"""How many times as large or small as wanted a value must be: for another that is just what is wanted, or near it."""
_NEAR = 0.1
"""How far from what is wanted another value may be, as a part of it."""
ENOUGH = 3
"""Registers that must speak for a map that is off by one."""

_TWINS = {
    DataType.INT16: DataType.UINT16,
    DataType.INT32: DataType.UINT32,
    DataType.INT64: DataType.UINT64,
}
_SIGN = {**_TWINS, **{twin: kind for kind, twin in _TWINS.items()}}


def hint_of(point: Point, words: Words, *, in_sync: bool) -> str | None:
    """Return what speaks against the words of a register being read as the map says; None when nothing does.

    Raises:
        ValueError: The words mean nothing.
    """
    codec, span = point.place.read.codec, point.span
    if in_sync or not codec.type.numeric or (span is ANY and point.wanted is None):
        return None
    value = float(codec.measure(words))
    if span is not ANY:
        held = span.holds(value)
        if held and not _is_nothing(codec, words):
            return None
        said = _NOTHING if held else f"{span} {point.unit}".rstrip()
        other = _one(_within(codec, words, span)) if held or _is_beyond(value, span) else None
        return f"{said}; {_as(point, words, other)}" if other else None if held else said
    other = _one(_like_the_wanted(codec, words, _aim(point), value))
    return _as(point, words, other) if other else None


def _is_beyond(value: float, span: Extent) -> bool:
    """Return whether a value is further from its limits than they are from each other: nearer ones are often true.

    Small whole numbers, turned round, are small ones as well: 3 s of 5 to 120 s would be 112.65 s, and are 3 s.
    """
    if span.least is None or span.most is None or not math.isfinite(value):
        return True
    return max(span.least - value, value - span.most) > span.most - span.least


def _is_nothing(codec: Codec, words: Words) -> bool:
    """Return whether words hold a subnormal number (IEEE 754, section 3.4), which nobody measures.

    A plain float as 21.5, whose last word is 0, is one when it is read with its words turned round.
    """
    return codec.type.floating and 0 < abs(float(codec.raw(words))) < _LEAST_NORMAL[codec.type]


def _as(point: Point, words: Words, other: Codec) -> str:
    mine = point.place.read.codec
    how = other.order if other.order is not mine.order else other.type
    return f"read as {how} it would be {other.text(words)} {point.unit}".rstrip()


def _one(fitting: Iterable[Codec]) -> Codec | None:
    found = list(fitting)
    return found[0] if len(found) == 1 else None


@lru_cache(maxsize=256)
def _others(codec: Codec) -> tuple[Codec, ...]:
    """Return the other ways to read the same words: each byte order that differs, and with or without a sign.

    Names of the enum may not fit the other sign, as 0xFF7F is no int16: there it goes without.
    """
    if codec.parts or codec.exponent is not None or codec.type is DataType.BITS:
        return ()
    orders = tuple(ByteOrder) if codec.type.words > 1 else (ByteOrder.ABCD, ByteOrder.BADC)
    mine = codec.order if codec.type.words > 1 else ByteOrder.BADC if codec.order.swaps_bytes else ByteOrder.ABCD
    ways = [replace(codec, order=each) for each in orders if each is not mine]
    sign = _SIGN.get(codec.type)
    return (*ways, replace(codec, type=sign, names=())) if sign else tuple(ways)


def _readings(codec: Codec, words: Words) -> Iterable[tuple[Codec, float]]:
    for other in _others(codec):
        try:
            yield other, float(other.measure(words))
        except (ValueError, OverflowError):  # words that mean nothing that way
            continue


def _within(codec: Codec, words: Words, span: Extent) -> Iterable[Codec]:
    """Yield the ways in which words would be within limits that few words are within."""
    if span.least is None or span.most is None or not _is_narrow(codec, span.most - span.least):
        return
    tiny = _TINY * max(abs(span.least), abs(span.most)) if codec.type.floating else 0.0
    for other, value in _readings(codec, words):
        if span.holds(value) and abs(value) >= tiny:
            yield other


def _is_narrow(codec: Codec, width: float) -> bool:
    if codec.type.floating:
        return True
    low, high = codec.bounds
    return width / abs(codec.scale) * _CHANCE <= high - low


def _like_the_wanted(codec: Codec, words: Words, aim: float, value: float) -> Iterable[Codec]:
    """Yield the ways in which words would be what is wanted, or near it, while they are far from it as they are."""
    if not aim:
        return
    for other, held in _readings(codec, words):
        near = codec.type.words > 1 and abs(held - aim) <= _NEAR * abs(aim)
        if (held == aim and _is_far(value, aim, _FAR_EXACT)) or (near and _is_far(value, aim, _FAR_NEAR)):
            yield other


def _aim(point: Point) -> float:
    """Return what a number must be, 0 where that is not known."""
    codec = point.place.codec
    return float(codec.measure(point.wanted)) if point.wanted is not None and codec.type.numeric else 0.0


def _is_far(value: float, aim: float, times: float) -> bool:
    return not math.isfinite(value) or not abs(aim) / times <= abs(value) <= abs(aim) * times


# --- of a whole map ---------------------------------------------------------------------------------------------------

_Address = tuple[DeviceId, Table, int]


def shift_of(points: Sequence[Point], held: Sequence[Words | None], amiss: Sequence[bool]) -> str | None:
    """Return that a map is off by one, where what registers should hold stands beside them; None where it does not.

    Args:
        points: The map.
        held: The words of each register, None where they are not known.
        amiss: Whether each is known to hold something else than it should.
    """
    wrong = [point for point, each in zip(points, amiss, strict=True) if each and point.wanted is not None]
    if len(wrong) < ENOUGH:
        return None
    at = _by_address(points, held)
    for step, said in ((1, "higher: are the addresses of the map one too low"), (-1, "lower: are they one too high")):
        fits = [point for point in wrong if _stands(at, point, step)]
        if len(fits) >= ENOUGH and len(fits) * 2 > len(wrong) and len({each.wanted for each in fits}) >= ENOUGH:
            return f"what {len(fits)} of {len(wrong)} registers that differ should hold stands one address {said}?"
    return None


def _by_address(points: Sequence[Point], held: Sequence[Words | None]) -> Mapping[_Address, int]:
    at: dict[_Address, int] = {}
    for point, words in zip(points, held, strict=True):
        place = point.place
        if words is not None and _is_plain(point):
            at |= {(place.device, place.table, place.address + more): word for more, word in enumerate(words)}
    return at


def _is_plain(point: Point) -> bool:
    """Return whether the words of a register are its own, in a row, and read where they are written."""
    place = point.place
    return place.shown is None and place.codec.in_a_row and place.codec.bit is None


def _stands(at: Mapping[_Address, int], point: Point, step: int) -> bool:
    """Return whether what a register should hold stands beside it, as far as that was read."""
    place, wanted = point.place, point.wanted or ()
    if not _is_plain(point) or not any(wanted):
        return False
    first = place.address + step
    return all(at.get((place.device, place.table, first + more)) == word for more, word in enumerate(wanted))
