"""What a PLC answers to a request: a function of its memory and the bytes that were asked (protocol, section 6)."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mock_plc.exceptions import ModbusException
from mock_plc.memory import Table, Unit
from mock_plc.wire.identity import identify

READ_COILS, READ_DISCRETE, READ_HOLDING, READ_INPUT = 1, 2, 3, 4
WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS = 5, 6, 15, 16
MASK_WRITE, READ_WRITE, IDENTIFY = 22, 23, 43

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, GATEWAY_NO_RESPONSE = 1, 2, 3, 11
EXCEPTION = 0x80
"""Set in the function code of an answer that is an exception."""

TABLES = {
    READ_COILS: Table.COIL,
    READ_DISCRETE: Table.DISCRETE,
    READ_HOLDING: Table.HOLDING,
    READ_INPUT: Table.INPUT,
    WRITE_COIL: Table.COIL,
    WRITE_COILS: Table.COIL,
    WRITE_REGISTER: Table.HOLDING,
    WRITE_REGISTERS: Table.HOLDING,
    MASK_WRITE: Table.HOLDING,
    READ_WRITE: Table.HOLDING,
}
"""The table that each function is about."""

WRITES = frozenset({WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS, MASK_WRITE, READ_WRITE})
"""The functions that write, READ_WRITE among them."""

MAX_READ_BITS, MAX_READ_WORDS, MAX_WRITE_BITS, MAX_WRITE_WORDS = 2000, 125, 1968, 123
_MAX_READ_WRITE_WORDS = 121
_COIL = {0x0000: 0, 0xFF00: 1}
_PAIR, _READ_WRITE_HEAD = struct.Struct(">HH"), struct.Struct(">HHHHB")
_LAST = 65535


def answer(unit: Unit | None, request: bytes) -> bytes:
    """Return the PDU that answers a request's PDU, which has at least its function code.

    Without a unit the answer is exception 11, which is for a gateway behind which the target does not respond
    (protocol, section 7), and what pymodbus's server answers as well: a client has to tell "nobody is there" from 4,
    "the device failed".
    """
    function = request[0]
    serve = _SERVED.get(function)
    if unit is None:
        return refusal(function, GATEWAY_NO_RESPONSE)
    if serve is None or (function in TABLES and TABLES[function] not in unit.tables):
        return refusal(function, ILLEGAL_FUNCTION)
    try:
        return request[:1] + serve(unit, request)
    except ModbusException as exception:
        return refusal(function, exception.code)


def refusal(function: int, code: int) -> bytes:
    """Return the PDU that is an exception (protocol, section 7)."""
    return bytes((function | EXCEPTION, code))


@dataclass(frozen=True, slots=True)
class Subject:
    """What a request is about, as far as it can be told; where it writes, `address` and `count` are what it writes."""

    function: int
    table: Table | None = None
    address: int = 0
    count: int = 0

    @property
    def writes(self) -> bool:
        """Whether the request writes."""
        return self.function in WRITES


def subject(request: bytes) -> Subject:
    """Return what a request's PDU is about; it may be malformed."""
    function = request[0]
    at = 5 if function == READ_WRITE else 1
    if function not in TABLES or len(request) < at + 4:
        return Subject(function)
    address, count = _PAIR.unpack_from(request, at)
    single = function in (WRITE_COIL, WRITE_REGISTER, MASK_WRITE)
    return Subject(function, TABLES[function], address, 1 if single else count)


def pack_bits(bits: Sequence[int]) -> bytes:
    """Return bits eight to the byte, the first in the lowest bit of the first byte (protocol, section 6.1)."""
    return sum(bool(bit) << at for at, bit in enumerate(bits)).to_bytes((len(bits) + 7) // 8, "little")


def unpack_bits(data: bytes, count: int) -> list[int]:
    """Return the first `count` bits that `pack_bits` has packed."""
    number = int.from_bytes(data, "little")
    return [number >> at & 1 for at in range(count)]


def _span(request: bytes, most: int, at: int = 1) -> tuple[int, int]:
    """Return address and count, once the count is right (else exception 3) and ends within 65535 (else 2)."""
    if len(request) < at + 4:
        raise ModbusException(ILLEGAL_VALUE)
    address, count = _PAIR.unpack_from(request, at)
    if not 1 <= count <= most:
        raise ModbusException(ILLEGAL_VALUE)
    if address + count - 1 > _LAST:
        raise ModbusException(ILLEGAL_ADDRESS)
    return address, count


def _exactly(request: bytes, length: int) -> None:
    if len(request) != length:
        raise ModbusException(ILLEGAL_VALUE)


def _words(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(data) // 2}H", data)


def _counted(words: Sequence[int]) -> bytes:
    return struct.pack(f">B{len(words)}H", 2 * len(words), *words)


def _read_bits(unit: Unit, request: bytes) -> bytes:
    _exactly(request, 5)
    bits = pack_bits(unit.read(TABLES[request[0]], *_span(request, MAX_READ_BITS)))
    return bytes((len(bits),)) + bits


def _read_words(unit: Unit, request: bytes) -> bytes:
    _exactly(request, 5)
    return _counted(unit.read(TABLES[request[0]], *_span(request, MAX_READ_WORDS)))


def _write_coil(unit: Unit, request: bytes) -> bytes:
    _exactly(request, 5)
    address, value = _PAIR.unpack_from(request, 1)
    if value not in _COIL:
        raise ModbusException(ILLEGAL_VALUE)
    unit.write(Table.COIL, address, [_COIL[value]])
    return request[1:]


def _write_register(unit: Unit, request: bytes) -> bytes:
    _exactly(request, 5)
    address, value = _PAIR.unpack_from(request, 1)
    unit.write(Table.HOLDING, address, [value])
    return request[1:]


def _write_coils(unit: Unit, request: bytes) -> bytes:
    address, count = _span(request, MAX_WRITE_BITS)
    size = (count + 7) // 8
    _exactly(request, 6 + size)
    _exactly(request, 6 + request[5])
    unit.write(Table.COIL, address, unpack_bits(request[6:], count))
    return request[1:5]


def _write_registers(unit: Unit, request: bytes) -> bytes:
    address, count = _span(request, MAX_WRITE_WORDS)
    _exactly(request, 6 + 2 * count)
    _exactly(request, 6 + request[5])
    unit.write(Table.HOLDING, address, _words(request[6:]))
    return request[1:5]


def _mask_write(unit: Unit, request: bytes) -> bytes:
    """Set (register AND and-mask) OR (or-mask AND NOT and-mask), in one step (protocol, section 6.16)."""
    _exactly(request, 7)
    address, keep, put = struct.unpack_from(">HHH", request, 1)
    (held,) = unit.read(Table.HOLDING, address, 1)
    unit.write(Table.HOLDING, address, [(held & keep) | (put & ~keep & 0xFFFF)])
    return request[1:]


def _read_write(unit: Unit, request: bytes) -> bytes:
    """Write first, and then read (protocol, section 6.17); nothing is written if the read is refused."""
    address, count = _span(request, MAX_READ_WORDS)
    written, size = _span(request, _MAX_READ_WRITE_WORDS, at=5)
    _exactly(request, _READ_WRITE_HEAD.size + 1 + 2 * size)
    _exactly(request, _READ_WRITE_HEAD.size + 1 + request[9])
    wanted, changed = range(address, address + count), range(written, written + size)
    # What is about to be written can be read as well; of all else that has to be known before it is written.
    before = [] if wanted[0] in changed and wanted[-1] in changed else unit.read(Table.HOLDING, address, count)
    unit.write(Table.HOLDING, written, _words(request[10:]))
    apart = wanted[-1] < changed[0] or changed[-1] < wanted[0]
    return _counted(before if apart else unit.read(Table.HOLDING, address, count))


_SERVED: dict[int, Callable[[Unit, bytes], bytes]] = {
    READ_COILS: _read_bits,
    READ_DISCRETE: _read_bits,
    READ_HOLDING: _read_words,
    READ_INPUT: _read_words,
    WRITE_COIL: _write_coil,
    WRITE_REGISTER: _write_register,
    WRITE_COILS: _write_coils,
    WRITE_REGISTERS: _write_registers,
    MASK_WRITE: _mask_write,
    READ_WRITE: _read_write,
    IDENTIFY: lambda unit, request: identify(unit.identity, request),
}
