"""Numbers, exactly: what a user writes, what a person reads, and the raw number that a register holds.

Everything between is a fraction, so 21.5 at a scale of 0.1 is 215 and not 214.99999999999997, and an integer of 64 bits
keeps its last digit.
"""

import math
import re
import struct
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import lru_cache

from fabgitops_core.codec.types import DataType, Words, bytes_of, words_of

NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")
_JSON_KEEPS = 2**53
DIGITS_LOST = "JSON keeps 53 bits of a number, so its last digits may be lost"
"""Why a number without quotes is refused; the way out depends on where it stands."""

_TEXT_PRECISION = 60
PACKED = {DataType.FLOAT32: ">f", DataType.FLOAT64: ">d"}


@lru_cache(maxsize=4096, typed=True)
def exactly(value: float | str) -> Fraction:
    """Return the number that somebody wrote: 0.1 is a tenth, not the binary number next to it.

    Raises:
        ValueError: It is NaN, an infinity, or a text that is no decimal number.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("NaN and infinities are no values for a device")
    if isinstance(value, int) and not isinstance(value, bool):
        return Fraction(value)
    text = value if isinstance(value, str) else repr(value)
    if not NUMBER.fullmatch(text):
        raise ValueError("it is not a number")
    return Fraction(text)


def exactly_whole(value: float | str) -> Fraction:
    """Return the number that somebody wrote for a type that counts in whole numbers.

    Raises:
        ValueError: As `exactly`, or its last digits were lost where JSON was read, which keeps 53 bits of most numbers.
    """
    if isinstance(value, float) and math.isfinite(value) and digits_lost(value):
        raise ValueError(f"{DIGITS_LOST}: write it in quotes, with all of them")
    return exactly(value)


def digits_lost(value: float, step: float = 1) -> bool:
    """Return whether a number that came without quotes may not be the one that somebody wrote.

    Programs that read JSON or YAML make a double of a number with a point, an exponent or more than 63 bits, many of
    them of each; and a double may be printed as an integer again. So an integer is as doubtful as a float (RFC 8259,
    section 6): from 2^53 on, and from where doubles lie further apart than the steps in which it counts.
    """
    return abs(value) >= _JSON_KEEPS or math.ulp(value) > step


def decimal_text(number: Fraction, digits: int = _TEXT_PRECISION) -> str:
    """Return a number as people write it, rounded to so many digits: `21.5`, `-0.001`, `1.5E+30`."""
    with localcontext() as context:
        context.prec = digits
        return plainly((Decimal(number.numerator) / Decimal(number.denominator)).normalize())


def plainly(number: Decimal) -> str:
    """Return a number without an exponent, where it is not very large or small."""
    plain = -7 <= number.adjusted() <= 20  # so that every 64-bit integer is written out
    return format(number, "f") if plain else str(number)


def words_of_number(raw: Fraction, kind: DataType) -> Words:
    """Return a raw number as words in the order ABCD; a float takes the nearest that its type has.

    Raises:
        ValueError: It does not fit the type.
    """
    if kind.floating:
        return _words_of_float(raw, kind)
    low, high = kind.bounds
    if raw.denominator != 1 or not low <= raw <= high:
        raise ValueError(f"{kind} holds whole numbers from {low} to {high}")
    if kind in {DataType.BCD16, DataType.BCD32}:
        return words_of(bytes.fromhex(f"{raw.numerator:0{4 * kind.words}d}"))
    return words_of(raw.numerator.to_bytes(2 * kind.words, signed=low < 0))


def _words_of_float(raw: Fraction, kind: DataType) -> Words:
    try:
        packed = struct.pack(PACKED[kind], float(raw))
    except OverflowError:
        raise ValueError(f"it is too large for {kind}") from None
    if raw and not struct.unpack(PACKED[kind], packed)[0]:
        raise ValueError(f"it is too small for {kind}, which would make it 0")
    return words_of(packed)


def number_of_words(words: Words, kind: DataType) -> int | float:
    """Return the raw number that words in the order ABCD hold; a float may be NaN or infinite.

    Raises:
        ValueError: A half byte of a BCD number is no decimal digit.
    """
    data = bytes_of(words)
    if kind.floating:
        return float(struct.unpack(PACKED[kind], data)[0])
    if kind in {DataType.BCD16, DataType.BCD32}:
        digits = data.hex()
        if not digits.isdecimal():
            raise ValueError(f"0x{digits.upper()} is no {kind}: each of its digits must be 0 to 9")
        return int(digits)
    return int.from_bytes(data, signed=kind.bounds[0] < 0)
