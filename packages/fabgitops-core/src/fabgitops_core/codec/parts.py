"""A number in pieces: the sum of words that stand at places of their own, each with a weight."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from fabgitops_core.codec.numbers import number_of_words
from fabgitops_core.codec.types import DataType, Words


@dataclass(frozen=True, slots=True)
class Part:
    """One word of such a number: how far it is from the first, by how much it counts, and how it is understood."""

    offset: int
    weight: Fraction
    type: DataType


def total(parts: Sequence[Part], words: Words) -> int | Fraction:
    """Return the number that words come to, one for each part, in their order; an int where it is whole.

    Raises:
        ValueError: A half byte of a BCD number is no decimal digit.
    """
    summed = sum(
        (part.weight * int(number_of_words((word,), part.type)) for part, word in zip(parts, words, strict=True)),
        Fraction(0),
    )
    return summed.numerator if summed.denominator == 1 else summed


def reach(parts: Sequence[Part]) -> tuple[Fraction, Fraction]:
    """Return the least and the greatest number that parts can come to."""
    ends = [[part.weight * bound for bound in part.type.bounds] for part in parts]
    return sum(map(min, ends), Fraction(0)), sum(map(max, ends), Fraction(0))
