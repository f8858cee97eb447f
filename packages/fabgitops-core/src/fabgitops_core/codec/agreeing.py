"""Whether the settings of a codec agree with each other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fabgitops_core.codec.numbers import DIGITS_LOST
from fabgitops_core.codec.types import ByteOrder, DataType

if TYPE_CHECKING:
    from fabgitops_core.codec.codec import Codec

MAX_LENGTH = 250
"""Bytes that one read reaches: 125 words (Modbus Application Protocol V1.1b3, section 6.3)."""

_HIGHEST_BIT = 15
_ODD = {DataType.BITS, DataType.SUM}


class InvalidCodec(ValueError):
    """Settings that contradict each other; `field` is the one to change, by its name in `Codec`."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def check(codec: Codec) -> None:
    """Look for settings that contradict each other.

    Raises:
        InvalidCodec: There are some.
    """
    _check_shape(codec)
    _check_scaling(codec)
    _check_names(codec)


def _check_bits(codec: Codec) -> None:
    if (codec.bit is None) == (codec.type in {DataType.BIT, DataType.BITS}):
        raise InvalidCodec("bit", "it goes with type bit or bits, which need it: 0 (least significant) to 15")
    if (codec.last_bit is None) == (codec.type is DataType.BITS):
        raise InvalidCodec("last_bit", "it goes with type bits, which need it: 0 (least significant) to 15")
    if codec.last_bit is not None and not (codec.bit or 0) < codec.last_bit <= _HIGHEST_BIT:
        raise InvalidCodec("last_bit", "bits go up from bit to lastBit, at most to 15; a single one is of type bit")


def _check_shape(codec: Codec) -> None:
    _check_bits(codec)
    if codec.bit is not None and not 0 <= codec.bit <= _HIGHEST_BIT:
        raise InvalidCodec("bit", "a word has the bits 0 (least significant) to 15")
    if (codec.parts == ()) == (codec.type is DataType.SUM):
        raise InvalidCodec("type", "sum goes with parts, which say their own types: drop type, or parts")
    if codec.exponent is not None and (not codec.type.numeric or codec.type.floating or codec.type in _ODD):
        raise InvalidCodec("exponent", f"a power of ten is for whole numbers, and the type is {codec.type}")
    if codec.parts and codec.order is not ByteOrder.ABCD:
        raise InvalidCodec("order", "each part is one word, and has none: drop it")
    if codec.parts and codec.names:
        raise InvalidCodec("names", "a sum of several words is a measured number: drop enum, or parts")
    if (codec.length == 0) == (codec.type is DataType.STRING):
        raise InvalidCodec("length", "it goes with type string, and type string needs it: bytes, an even number")
    if codec.length % 2 or not 0 <= codec.length <= MAX_LENGTH:
        raise InvalidCodec("length", f"a string has an even number of bytes, two a word, up to {MAX_LENGTH}")
    if codec.type is DataType.STRING and codec.order.swaps_words:
        raise InvalidCodec("order", "a string is ABCD (the first character in the high byte) or BADC")
    if codec.type in {DataType.BOOL, DataType.BIT, DataType.BITS} and codec.order is not ByteOrder.ABCD:
        raise InvalidCodec("order", f"type {codec.type} has no order of bytes; count bits in the word as it arrives")


def _check_scaling(codec: Codec) -> None:
    for name, given, neutral in (("scale", codec.scale, 1), ("offset", codec.offset, 0)):
        if not math.isfinite(given):
            raise InvalidCodec(name, "NaN and infinities scale nothing")
        if given != neutral and not codec.type.numeric:
            raise InvalidCodec(name, f"it is for numbers, and the type is {codec.type}")
    if codec.scale == 0:
        raise InvalidCodec("scale", "a scale of 0 makes every value the same; leave it out for 1")


def _check_names(codec: Codec) -> None:
    if codec.names and codec.type is DataType.STRING:
        raise InvalidCodec("names", "it names numbers, and a string is its own name")
    seen: dict[int, str] = {}
    for name, number in codec.names:
        if number in seen:
            raise InvalidCodec("names", f"{seen[number]} and {name} both name {number}: keep one of them")
        seen[number] = name
        if codec.doubtful(number):
            way_out = "leave the name out, and write the number in quotes as value"
            raise InvalidCodec("names", f"{name} names {number}, but {DIGITS_LOST}: {way_out}")
        try:
            codec.encode(number)
        except ValueError as error:
            raise InvalidCodec("names", f"{name} names {number}: {error}") from None
