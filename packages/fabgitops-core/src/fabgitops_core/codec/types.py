"""What a register can hold, and in which order its bytes travel."""

import struct
from enum import StrEnum

Words = tuple[int, ...]
"""Raw words as they stand on the wire, each 0 to 65535; a place in a table of bits is one word, 0 or 1."""


class DataType(StrEnum):
    """How words are to be understood."""

    BOOL = "bool"
    """A coil or discrete input, or a whole word that is false when it is 0."""
    BIT = "bit"
    """One bit of a word; the others belong to somebody else."""
    BITS = "bits"
    """A number in some bits of a word, from one to another; the others belong to somebody else."""
    INT16 = "int16"
    UINT16 = "uint16"
    INT32 = "int32"
    UINT32 = "uint32"
    INT64 = "int64"
    UINT64 = "uint64"
    FLOAT32 = "float32"
    """IEEE 754 binary32."""
    FLOAT64 = "float64"
    """IEEE 754 binary64."""
    BCD16 = "bcd16"
    """Four decimal digits, one in each half byte."""
    BCD32 = "bcd32"
    """Eight decimal digits, one in each half byte."""
    STRING = "string"
    """Two characters a word, the first in the high byte."""
    SUM = "sum"
    """The sum of words that stand at places of their own, each with a weight."""

    @property
    def words(self) -> int:
        """Return how many words it takes; 0 for a string, which says it by its length, and a sum, by its parts."""
        return _WORDS.get(self, 1)

    @property
    def numeric(self) -> bool:
        """Return whether it is a number, so that scale, offset, limits and tolerance mean something."""
        return self not in _NO_NUMBERS

    @property
    def floating(self) -> bool:
        """Return whether it is a binary floating-point number."""
        return self in _FLOATS

    @property
    def bounds(self) -> tuple[int, int]:
        """Return the least and the greatest raw number of a type that counts in whole numbers."""
        return _BOUNDS[self]


_NO_NUMBERS = frozenset({DataType.BOOL, DataType.BIT, DataType.STRING})
_FLOATS = frozenset({DataType.FLOAT32, DataType.FLOAT64})
_WORDS = {
    DataType.INT32: 2,
    DataType.UINT32: 2,
    DataType.FLOAT32: 2,
    DataType.BCD32: 2,
    DataType.INT64: 4,
    DataType.UINT64: 4,
    DataType.FLOAT64: 4,
    DataType.STRING: 0,
    DataType.SUM: 0,
}
_BOUNDS = {
    DataType.INT16: (-(2**15), 2**15 - 1),
    DataType.UINT16: (0, 2**16 - 1),
    DataType.INT32: (-(2**31), 2**31 - 1),
    DataType.UINT32: (0, 2**32 - 1),
    DataType.INT64: (-(2**63), 2**63 - 1),
    DataType.UINT64: (0, 2**64 - 1),
    DataType.BCD16: (0, 9999),
    DataType.BCD32: (0, 99_999_999),
}


class ByteOrder(StrEnum):
    """Which byte comes first, told for four bytes of which A is the most significant.

    What that means for eight bytes and for two follows: CDAB and DCBA turn the order of the words, BADC and DCBA swap
    the bytes in each word. So CDAB is GHEFCDAB for eight bytes and changes nothing in a single word.
    """

    ABCD = "ABCD"
    """As Modbus itself orders a word: the most significant byte first (Application Protocol V1.1b3, section 4.2)."""
    CDAB = "CDAB"
    """The least significant word first ("word swap", "Modicon order")."""
    BADC = "BADC"
    """The bytes of each word swapped ("byte swap")."""
    DCBA = "DCBA"
    """The least significant byte first ("little endian")."""

    @property
    def swaps_words(self) -> bool:
        """Return whether the least significant word comes first."""
        return self is _CDAB or self is _DCBA

    @property
    def swaps_bytes(self) -> bool:
        """Return whether the bytes of each word are swapped."""
        return self is _BADC or self is _DCBA


_CDAB, _BADC, _DCBA = ByteOrder.CDAB, ByteOrder.BADC, ByteOrder.DCBA


def arranged(words: Words, order: ByteOrder) -> Words:
    """Return words in another order of bytes: from ABCD to `order`, and likewise back, as each order undoes itself."""
    if order.swaps_words:
        words = words[::-1]
    if order.swaps_bytes:
        words = tuple((word >> 8) | ((word & 0xFF) << 8) for word in words)
    return words


def words_of(data: bytes) -> Words:
    """Return an even number of bytes as words, the most significant byte first."""
    return struct.unpack(f">{len(data) // 2}H", data)


def bytes_of(words: Words) -> bytes:
    """Return words as bytes, the most significant first."""
    return struct.pack(f">{len(words)}H", *words)


def hex_of(words: Words) -> str:
    """Return words for people and for storing: `0x41AC0000`, four digits a word."""
    return "0x" + "".join(f"{word:04X}" for word in words)


def parse_hex(text: str) -> Words:
    """Return the words that `hex_of` wrote.

    Raises:
        ValueError: It is not of that form.
    """
    digits = text.removeprefix("0x")
    if not text.startswith("0x") or len(digits) % 4:
        raise ValueError(f"{text!r} is no row of words: it begins with 0x and has four digits a word")
    return words_of(bytes.fromhex(digits))
