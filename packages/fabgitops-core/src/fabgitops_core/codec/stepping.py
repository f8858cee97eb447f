"""The next value on the way from one to another: exactly, never further than allowed, never beyond."""

import math
import struct
from fractions import Fraction

from fabgitops_core.codec import numbers
from fabgitops_core.codec.codec import Codec
from fabgitops_core.codec.types import DataType, Words


def engineering(codec: Codec, words: Words) -> Fraction | None:
    """Return what words of a numeric type hold in engineering units, exactly; None for NaN and infinities.

    Raises:
        ValueError: They mean nothing.
    """
    raw = _raw(codec, words)
    return None if raw is None else raw * numbers.exactly(codec.scale) + numbers.exactly(codec.offset)


def step_towards(codec: Codec, now: Words, target: Words, most: Fraction) -> Words | None:
    """Return the words of the furthest value between two that is at most so far from the first.

    They are those of the target where it is no further. None is returned where there is no such value: the type has
    none in between or its words mean no value, or the first is NaN or infinite.

    Args:
        codec: How both stand in their words; of a numeric type.
        now: What the register holds.
        target: What it is to hold in the end; a finite number.
        most: How far the step may be, in engineering units.

    Raises:
        ValueError: Words that mean nothing.
    """
    begin, end = _raw(codec, now), _raw(codec, target)
    if begin is None or end is None:
        return None
    reach = most / abs(numbers.exactly(codec.scale))
    if abs(end - begin) <= reach:
        return target
    ahead = begin + reach if end > begin else begin - reach
    raw = _short_of(ahead, begin, codec.type)
    words = codec.words_of_raw(raw)
    return None if raw == begin or codec.lacks(words) else words


def _raw(codec: Codec, words: Words) -> Fraction | None:
    raw = codec.raw(words)
    return Fraction(raw) if math.isfinite(raw) else None


def _short_of(ahead: Fraction, begin: Fraction, kind: DataType) -> Fraction:
    """Return the number of a type that is nearest to `ahead`, seen from `begin`, and not beyond it."""
    if not kind.floating:
        return Fraction(math.floor(ahead) if ahead > begin else math.ceil(ahead))
    (value,) = struct.unpack(numbers.PACKED[kind], struct.pack(numbers.PACKED[kind], float(ahead)))
    while (value > ahead) if ahead > begin else (value < ahead):
        value = _neighbour(value, ahead > begin, kind)
    return Fraction(value)


def _neighbour(value: float, below: bool, kind: DataType) -> float:
    """Return the next number of a type below or above one (IEEE 754: neighbours differ by one in their bits)."""
    if kind is DataType.FLOAT64:
        return math.nextafter(value, -math.inf if below else math.inf)
    if not value:
        smallest = struct.unpack(">f", b"\0\0\0\1")[0]
        return -smallest if below else float(smallest)
    (bits,) = struct.unpack(">I", struct.pack(">f", value))
    return float(struct.unpack(">f", struct.pack(">I", bits + (1 if (value < 0) is below else -1)))[0])
