"""Words by which a device says that it has no value: a sensor that is not fitted, an inverter at night."""

import re
from collections.abc import Iterable

from fabgitops_core.codec.types import ByteOrder, DataType, Words, arranged, words_of

NAN = "NaN"
"""Stands for each of the many rows of words that are no number, for a type that has them."""

TEXT = r"^(0x[0-9A-Fa-f]{1,500}|NaN)$"
LEAST, MOST = -(2**31), 2**32 - 1
"""What may stand there as a number; what is beyond is written out as words, of which JSON loses no digit."""

_HEX = re.compile(r"0x([0-9A-Fa-f]{1,500})")

NOTHING: frozenset[Words] = frozenset()
"""No such words, kept once for all registers that name none: an empty set of its own takes 216 bytes."""


class NoValue(ValueError):
    """The words are those by which the device says that it has none."""


def words_named(given: int | str, kind: DataType, order: ByteOrder, size: int) -> Words:
    """Return the words on the wire that a manual means by a number or by hexadecimal digits.

    They are raw, before scale and offset, the most significant digit first whatever the order; a negative number is its
    two's complement.

    Raises:
        ValueError: It takes more words than the register has, or of a text not all of them.
    """
    bits = 16 * size
    found = _HEX.fullmatch(given) if isinstance(given, str) else None
    if isinstance(given, str) and found is None:
        raise ValueError(f'{given!r} is neither hexadecimal digits ("0x8000") nor "NaN"')
    if found and kind is DataType.STRING and len(found[1]) != bits // 4:
        raise ValueError(f"{given} must have all {bits // 4} digits of the text")
    number = int(found[1], 16) if found else int(given)
    if not -(1 << bits - 1) <= number < 1 << bits:
        raise ValueError(f"{given} does not fit the {bits} bits of the register")
    return arranged(words_of((number % (1 << bits)).to_bytes(2 * size)), order)


def all_named(given: Iterable[int | str], kind: DataType, order: ByteOrder, size: int) -> tuple[frozenset[Words], bool]:
    """Return each row of words that is named, and whether every NaN is one of them.

    Raises:
        ValueError: As `words_named`, or NaN is named for a type that has none.
    """
    named, nan = set[Words](), False
    for each in given:
        if each == NAN:
            if not kind.floating:
                raise ValueError(f"NaN is for float32 and float64, and the type is {kind}")
            nan = True
        else:
            named.add(words_named(each, kind, order, size))
    return frozenset(named), nan
