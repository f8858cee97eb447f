"""The types of value that a register can have, and the bytes of each."""

import struct
import sys
from enum import StrEnum
from typing import Final


class DataType(StrEnum):
    """What a register holds."""

    BOOL = "bool"
    BIT = "bit"
    BITS = "bits"
    INT16 = "int16"
    UINT16 = "uint16"
    INT32 = "int32"
    UINT32 = "uint32"
    INT64 = "int64"
    UINT64 = "uint64"
    FLOAT32 = "float32"
    FLOAT64 = "float64"
    BCD16 = "bcd16"
    BCD32 = "bcd32"
    STRING = "string"
    SUM = "sum"

    @property
    def whole(self) -> bool:
        """Whether it holds whole numbers."""
        return self in LIMITS

    @property
    def floating(self) -> bool:
        """Whether it holds IEEE 754 numbers."""
        return self in _FLOATS

    @property
    def numeric(self) -> bool:
        """Whether it holds numbers."""
        return self.whole or self.floating

    @property
    def logical(self) -> bool:
        """Whether it holds true or false."""
        return self in (DataType.BOOL, DataType.BIT)

    @property
    def size(self) -> int:
        """How many words it takes; 0 for a string or a sum, which say so themselves."""
        return _SIZES[self]


def _integers(bits: int, *, signed: bool) -> tuple[int, int]:
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)


LIMITS: Final = {
    DataType.BITS: _integers(16, signed=False),
    DataType.INT16: _integers(16, signed=True),
    DataType.UINT16: _integers(16, signed=False),
    DataType.INT32: _integers(32, signed=True),
    DataType.UINT32: _integers(32, signed=False),
    DataType.INT64: _integers(64, signed=True),
    DataType.UINT64: _integers(64, signed=False),
    DataType.BCD16: (0, 9999),
    DataType.BCD32: (0, 99999999),
}
"""The lowest and the highest whole number of each type that holds them."""

LARGEST: Final = {DataType.FLOAT32: (2 - 2**-23) * 2.0**127, DataType.FLOAT64: sys.float_info.max}
"""The largest finite number of each floating type (IEEE 754, binary32 and binary64)."""

_FLOATS: Final = {DataType.FLOAT32: struct.Struct(">f"), DataType.FLOAT64: struct.Struct(">d")}
_SIZES: Final = {
    DataType.BOOL: 1,
    DataType.BIT: 1,
    DataType.BITS: 1,
    DataType.INT16: 1,
    DataType.UINT16: 1,
    DataType.BCD16: 1,
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
_BCD: Final = (DataType.BCD16, DataType.BCD32)


def pack_whole(kind: DataType, number: int) -> bytes:
    """Return the bytes of a whole number, most significant first; of BCD, four bits a digit.

    Raises:
        ValueError: It is beyond the limits of the type.
    """
    low, high = LIMITS[kind]
    if not low <= number <= high:
        raise ValueError(f"{number} is outside {low} to {high}")
    size = 2 * kind.size
    if kind in _BCD:
        return bytes.fromhex(f"{number:0{2 * size}d}")
    return number.to_bytes(size, "big", signed=low < 0)


def unpack_whole(kind: DataType, data: bytes) -> int:
    """Return the whole number of bytes, most significant first.

    Raises:
        ValueError: They are to be BCD, and have four bits that are no digit.
    """
    if kind not in _BCD:
        return int.from_bytes(data, "big", signed=LIMITS[kind][0] < 0)
    digits = data.hex()
    if not digits.isdecimal():
        raise ValueError(f"0x{digits.upper()} is no BCD")
    return int(digits)


def pack_float(kind: DataType, number: float) -> bytes:
    """Return the bytes of a number by IEEE 754, most significant first, of the nearest that the type has.

    Raises:
        ValueError: It is finite, and too large for the type.
    """
    try:
        return _FLOATS[kind].pack(number)
    except OverflowError:
        raise ValueError(f"{number} is too large for {kind}") from None


def unpack_float(kind: DataType, data: bytes) -> float:
    """Return the number of bytes by IEEE 754, most significant first; NaN and the infinities are numbers here."""
    (number,) = _FLOATS[kind].unpack(data)
    return float(number)
