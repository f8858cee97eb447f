"""The fewest digits that tell a float from its neighbours, which is what people are shown of it.

A text of a number is right when reading it gives the same float; of the right ones the one with the fewest digits is
taken, from six on. What stands between the float and the text, scale and offset, is exact, so whether a text is right
is a matter of whole numbers. The search for the number of digits compares how far off a rounded number is with how far
it may be, which goes one way only: more digits are never further off.
"""

import math
import struct
from bisect import bisect_left
from decimal import ROUND_05UP, ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

from fabgitops_core.codec.numbers import NUMBER, PACKED, decimal_text, plainly
from fabgitops_core.codec.types import DataType

_TRIED = range(6, 41)
_EXACT = Context(prec=60, rounding=ROUND_05UP)
"""Rounds so that rounding its result again is as good as rounding once (Python documentation, "decimal")."""
_ROUND = tuple(Context(prec=max(digits, 1), rounding=ROUND_HALF_EVEN) for digits in range(_TRIED.stop))
_SLACK = Decimal("1.01")
"""A float32 is made of a float64, so what rounds to it reaches a little further than half way to its neighbours."""


def shortest(raw: float, kind: DataType, scale: Fraction, offset: Fraction) -> str:
    """Return the first digits of `raw * scale + offset` that are enough to come back to `raw`; minus zero is 0.

    Args:
        raw: A finite number that the type has.
        kind: float32 or float64.
        scale: Not 0.
        offset: In engineering units, as the result.
    """
    if scale == 1 and not offset:
        return _unscaled(raw, kind)
    return _scaled(raw, kind, scale, offset)


def _unscaled(raw: float, kind: DataType) -> str:
    """Try each number of digits from the least that can do: of a float64 that of the digits which Python shows.

    At the latest 17 are enough (IEEE 754-2008, section 5.12.2).
    """
    raw += 0.0
    least = 6 if kind is DataType.FLOAT32 else max(6, len(Decimal(repr(raw)).normalize().as_tuple().digits))
    texts = (f"{raw:.{digits - 1}e}" for digits in range(least, 18))
    return plainly(Decimal(next(text for text in texts if _stored(float(text), kind) == raw)).normalize())


def _scaled(raw: float, kind: DataType, scale: Fraction, offset: Fraction) -> str:
    above, below = raw.as_integer_ratio()
    above = above * scale.numerator * offset.denominator + offset.numerator * scale.denominator * below
    below = below * scale.denominator * offset.denominator
    exact = _EXACT.divide(Decimal(above), Decimal(below))
    reach = _reach(raw, kind) * Decimal(float(abs(scale))) * _SLACK

    def near(digits: int) -> bool:
        return abs(_ROUND[digits].plus(exact) - exact) <= reach

    for digits in _TRIED[bisect_left(_TRIED, True, key=near) :]:
        rounded = _ROUND[digits].plus(exact).normalize(_EXACT)
        text = plainly(rounded)
        if NUMBER.fullmatch(text) and _comes_back(rounded, raw, kind, scale, offset):
            return text
    return decimal_text(Fraction(above, below))


def _reach(raw: float, kind: DataType) -> Decimal:
    """Return how far a number may be from a float that becomes it: half way to the further of its neighbours."""
    if kind is DataType.FLOAT64:
        return Decimal(math.ulp(raw)) / 2
    return Decimal(max(math.ulp(raw) * 2.0**29, 2.0**-149)) / 2


def _comes_back(text: Decimal, raw: float, kind: DataType, scale: Fraction, offset: Fraction) -> bool:
    """Return whether a number as it is written, less the offset and divided by the scale, becomes a float again."""
    above, below = text.as_integer_ratio()
    above = (above * offset.denominator - offset.numerator * below) * scale.denominator
    below = below * offset.denominator * scale.numerator
    try:
        stored = _stored(above / below, kind)
    except OverflowError:
        return False
    return stored == raw and (stored != 0 or above == 0)


def _stored(number: float, kind: DataType) -> float:
    """Return what a float type makes of a number.

    Raises:
        OverflowError: It is too large.
    """
    if kind is DataType.FLOAT64:
        return number
    packed = PACKED[kind]
    return float(struct.unpack(packed, struct.pack(packed, number))[0])
