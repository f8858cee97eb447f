"""A power of ten that stands in a word of the device, beside a number: the scale factor of SunSpec."""

from collections.abc import Callable
from fractions import Fraction

from fabgitops_core.codec.types import Words

MOST = 10
"""A scale factor is -10 to 10 (SunSpec Device Information Model Specification, "sunssf")."""

NOT_THERE = 0x8000
"""The word that means that there is none; the number beside it has no value then."""

_BY_SIZE = sorted(range(-MOST, MOST + 1), key=abs)


def exponent_of(word: int) -> int:
    """Return the power of ten that a word means.

    Raises:
        ValueError: It is further from 0 than a scale factor may be.
    """
    exponent = word - 0x10000 if word >= NOT_THERE else word
    if abs(exponent) > MOST:
        raise ValueError(f"its scale factor is {exponent}, and none is further from 0 than {MOST}")
    return exponent


def times(number: int, word: int) -> int | Fraction:
    """Return a number times the power of ten that a word means.

    Raises:
        ValueError: As `exponent_of`.
    """
    exponent = exponent_of(word)
    return number * 10**exponent if exponent >= 0 else Fraction(number, 10**-exponent)


def over(number: Fraction, word: int) -> Fraction:
    """Return the number that, times the power of ten of a word, is another.

    Raises:
        ValueError: As `exponent_of`.
    """
    return number / Fraction(10) ** exponent_of(word)


def plainest(number: Fraction, fits: Callable[[Fraction], Words | None]) -> Words | None:
    """Return the words of a number and of the power of ten nearest to 0 by which it fits; None where it never does."""
    for exponent in _BY_SIZE:
        words = fits(number / Fraction(10) ** exponent)
        if words is not None:
            return (*words, exponent % 0x10000)
    return None
