"""A number that is the sum of several words, each of which counts by its own weight."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from mock_plc.codec.types import LIMITS, DataType, pack_whole, unpack_whole


class Piece(NamedTuple):
    """One word of it: by how much it counts, and what it holds."""

    weight: Fraction
    kind: DataType


def added_up(pieces: Sequence[Piece], words: Sequence[int]) -> Fraction:
    """Return the number that words come to.

    Raises:
        ValueError: One is to be BCD, and has four bits that are no digit.
    """
    held = [unpack_whole(piece.kind, word.to_bytes(2, "big")) for piece, word in zip(pieces, words, strict=True)]
    return sum((piece.weight * number for piece, number in zip(pieces, held, strict=True)), Fraction(0))


def taken_apart(pieces: Sequence[Piece], number: Fraction) -> tuple[int, ...]:
    """Return words that come to a number: the heaviest holds as much of it as it can, then the next.

    Raises:
        ValueError: No words found so come to it.
    """
    left, held = number, [0] * len(pieces)
    for at in sorted(range(len(pieces)), key=lambda each: -abs(pieces[each].weight)):
        low, high = LIMITS[pieces[at].kind]
        share = left / pieces[at].weight
        held[at] = min(max(share.numerator // share.denominator if share >= 0 else -(-share // 1), low), high)
        left -= held[at] * pieces[at].weight
    if left:
        raise ValueError(f"{float(number):g} does not fit its parts")
    return tuple(int.from_bytes(pack_whole(piece.kind, each), "big") for piece, each in zip(pieces, held, strict=True))
