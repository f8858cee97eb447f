"""How one register's value becomes words and comes back from them.

A register is looked at in three ways: `words` are what lies in the memory, a `raw` number is what these words say by
type and byte order, and a `value` is raw x scale + offset, in the unit that people read.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from mock_plc.codec.orders import ByteOrder, bytes_of, words_of
from mock_plc.codec.sums import Piece, added_up, taken_apart
from mock_plc.codec.types import LARGEST, LIMITS, DataType, pack_float, pack_whole, unpack_float, unpack_whole
from mock_plc.memory import Value

NO_VALUE = "no value"
"""How a register is told, and tells, that it has none, where `noValue` says which words mean that."""
_HALF = 0.5
_NO_POWER = 0x8000
_MOST_POWER = 10


class Padding(StrEnum):
    """What fills a string up to its length."""

    NULL = "null"
    SPACE = "space"

    @property
    def character(self) -> str:
        """The character that it is."""
        return " " if self is Padding.SPACE else "\0"


@dataclass(frozen=True)
class Codec:
    """The form of one register. Methods raise ValueError, in words that say what does not fit.

    `bit` (0 the least significant) is of the type bit alone, `length` (bytes, even), `encoding` and `padding` of
    string alone, and `scale` and `offset` of numbers. Whole numbers are rounded to the nearest, halves to the even.
    """

    type: DataType = DataType.UINT16
    order: ByteOrder = ByteOrder.ABCD
    scale: float = 1
    offset: float = 0
    bit: int = 0
    length: int = 0
    encoding: str = "ascii"
    padding: Padding = Padding.NULL
    no_value: tuple[int, ...] = ()
    """The bits of all its words, as in the order ABCD, that say that there is no value."""
    no_value_nan: bool = False
    """Whether a number that is none says so, too."""
    pieces: tuple[Piece, ...] = ()
    """The words of a sum, each with what it counts."""
    scaled: bool = False
    """Whether a word more, behind its own, holds the power of ten by which the value is to be multiplied besides."""
    last_bit: int = 0
    """The most significant bit of a number in some bits of its word, of which `bit` is the least."""

    @property
    def size(self) -> int:
        """How many words, or in a table of bits how many bits, it takes."""
        return self.length // 2 or len(self.pieces) or self.type.size

    @property
    def owns_a_bit(self) -> bool:
        """Whether only one bit of its word is its own, or some."""
        return self.type in (DataType.BIT, DataType.BITS)

    @property
    def limits(self) -> tuple[int, int]:
        """The lowest and the highest raw number, of a type that holds whole ones."""
        return (0, (2 << self.last_bit - self.bit) - 1) if self.type is DataType.BITS else LIMITS[self.type]

    def encode(self, value: Value, held: Sequence[int] = (0,)) -> tuple[int, ...]:
        """Return the words of a value; a bit is put into the word that is `held`, whose other bits stay.

        So does the power of ten that is held.
        """
        if self.scaled:
            return (*self._at(held[-1]).encode(value), held[-1])
        if value == NO_VALUE and (self.no_value or self.no_value_nan):
            return self.nothing
        return self.words(self.raw_of(value), held)

    def nearest(self, value: float, held: Sequence[int] = (0,)) -> tuple[int, ...]:
        """Return the words that come nearest to a number, NaN excepted: those of an end if it is beyond it."""
        if self.scaled:
            return (*self._at(held[-1]).nearest(value), held[-1])
        if self.type.logical:
            return self.words(value >= _HALF, held)
        if self.type.floating:
            most = LARGEST[self.type]
            return self.words(min(max((value - self.offset) / self.scale, -most), most))
        low, high = self.limits
        if math.isinf(value):
            return self.words(high if (value > 0) is (self.scale > 0) else low)
        return self.words(min(max(self._rounded(value), low), high))

    def decode(self, words: Sequence[int]) -> Value:
        """Return the value of words."""
        if self.scaled:
            return self._at(words[-1]).decode(words[:-1])
        if self.lacks(words):
            raise ValueError(NO_VALUE)
        return self.value_of(self.raw(words))

    def _at(self, power: int) -> "Codec":
        """Return the codec that has the power of ten of a word in its scale; there is none beyond those of SunSpec."""
        if power == _NO_POWER:
            raise ValueError(NO_VALUE)
        exponent = power - 0x10000 if power > _NO_POWER else power
        if abs(exponent) > _MOST_POWER:
            raise ValueError(f"10^{exponent} is no power of ten from -{_MOST_POWER} to {_MOST_POWER}")
        return replace(self, scaled=False, scale=self.scale * 10.0**exponent)

    def lacks(self, words: Sequence[int]) -> bool:
        """Return whether words say that there is no value."""
        if not (self.no_value or self.no_value_nan):
            return False
        if int.from_bytes(bytes_of(words, self.order), "big") in self.no_value:
            return True
        return self.no_value_nan and math.isnan(unpack_float(self.type, bytes_of(words, self.order)))

    @property
    def nothing(self) -> tuple[int, ...]:
        """The words that say it, the first where there are several."""
        if not self.no_value:
            return words_of(pack_float(self.type, math.nan), self.order)
        return words_of(self.no_value[0].to_bytes(2 * self.size, "big"), self.order)

    def words(self, raw: Value, held: Sequence[int] = (0,)) -> tuple[int, ...]:
        """Return the words of a raw value, like `encode`."""
        if self.type is DataType.BIT:
            return ((held[0] & ~(1 << self.bit)) | (bool(raw) << self.bit),)
        if self.type is DataType.BITS and not isinstance(raw, str):
            return ((held[0] & ~(self.limits[1] << self.bit)) | int(raw) << self.bit,)
        if self.type is DataType.BOOL:
            return (int(bool(raw)),)
        if self.pieces and not isinstance(raw, str):
            return taken_apart(self.pieces, exact(raw))
        return words_of(self._bytes(raw), self.order)

    def raw(self, words: Sequence[int]) -> Value:
        """Return the raw value of words."""
        if self.type is DataType.BIT:
            return bool(words[0] >> self.bit & 1)
        if self.type is DataType.BITS:
            return words[0] >> self.bit & self.limits[1]
        if self.type is DataType.BOOL:
            return bool(words[0])
        if self.pieces:
            number = added_up(self.pieces, words)
            return number.numerator if number.denominator == 1 else float(number)
        data = bytes_of(words, self.order)
        if self.type is DataType.STRING:
            return self._text(data)
        return unpack_float(self.type, data) if self.type.floating else unpack_whole(self.type, data)

    def raw_of(self, value: Value) -> Value:
        """Return the raw value that comes nearest to a value."""
        if self.type.logical:
            return _logical(value)
        if self.type is DataType.STRING:
            if not isinstance(value, str):
                raise ValueError(f"{value} is no text")
            return value
        if isinstance(value, bool | str):
            raise ValueError(f"{value!r} is no number")  # noqa: TRY004 - a value that does not fit, like all the others
        if self.type.floating:
            return (value - self.offset) / self.scale
        return self._summed(value) if self.pieces else self._whole(value)

    def value_of(self, raw: Value) -> Value:
        """Return the value of a raw value; one of a whole type is as exact as a float can be."""
        if isinstance(raw, bool | str) or (self.scale == 1 and self.offset == 0):
            return raw
        if isinstance(raw, float):
            return raw * self.scale + self.offset
        value = raw * self._scale + self._offset
        return int(value) if self._scale.denominator == self._offset.denominator == 1 else float(value)

    def _summed(self, value: float) -> float:
        raw = (exact(value) - self._offset) / self._scale
        return raw.numerator if raw.denominator == 1 else float(raw)

    def _whole(self, value: float) -> int:
        low, high = self.limits
        raw = self._rounded(value) if math.isfinite(value) else high + 1
        if not low <= raw <= high:
            lowest, highest = sorted((self.value_of(low), self.value_of(high)))
            raise ValueError(f"{value} does not fit: {self.type}{self._scaled()} holds {lowest} to {highest}")
        return raw

    def _rounded(self, value: float) -> int:
        return round((exact(value) - self._offset) / self._scale)

    def _scaled(self) -> str:
        parts = [f" scale {self.scale:g}"] * (self.scale != 1) + [f" offset {self.offset:g}"] * (self.offset != 0)
        return " with" + " and".join(parts) if parts else ""

    @cached_property
    def _scale(self) -> Fraction:
        return exact(self.scale)

    @cached_property
    def _offset(self) -> Fraction:
        return exact(self.offset)

    def _bytes(self, raw: Value) -> bytes:
        if isinstance(raw, str):
            return self._padded(raw)
        return pack_float(self.type, raw) if self.type.floating else pack_whole(self.type, int(raw))

    def _padded(self, text: str) -> bytes:
        try:
            data = text.encode(self.encoding)
        except UnicodeEncodeError as error:
            raise ValueError(f"{text!r} has {error.object[error.start]!r}, which {self.encoding} has not") from None
        if len(data) > self.length:
            raise ValueError(f"{text!r} has {len(data)} bytes in {self.encoding}, more than its length {self.length}")
        return data.ljust(self.length, self.padding.character.encode())

    def _text(self, data: bytes) -> str:
        try:
            text = data.decode(self.encoding)
        except UnicodeDecodeError:
            raise ValueError(f"0x{data.hex().upper()} is no text in {self.encoding}") from None
        return text.rstrip(" ") if self.padding is Padding.SPACE else text.partition("\0")[0]


def _logical(value: Value) -> bool:
    if isinstance(value, str) or value not in (0, 1):
        raise ValueError(f"{value!r} is neither true nor false")
    return bool(value)


def exact(number: float) -> Fraction:
    """Return the number that a person means by writing it: 0.1 is a tenth, not the float next to it."""
    return Fraction(repr(number))
