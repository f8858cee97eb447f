"""Requests to bytes, and replies to words or to the error they are. No I/O.

Every request knows the one reply that it will believe. A read's is known but for its words, a write's (an echo) to the
last byte, so a reply is believed when it begins with the bytes that were expected and is as long as they say, and for
no other reason. Whatever else comes is looked at only to say what is wrong with it. This closes what pymodbus lets
through: replies of another transaction, unit or function, with too few or too many registers, or that echo something
else. pymodbus builds what is sent and what is expected, and takes apart what was not.
"""

from dataclasses import dataclass
from functools import cache
from struct import Struct

from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadHoldingRegistersResponse,
    WriteMultipleRegistersRequest,
    WriteMultipleRegistersResponse,
    WriteSingleRegisterRequest,
    WriteSingleRegisterResponse,
)

from fabgitops_core.control.requests import Change, ReadPlan
from fabgitops_core.engine.errors import BadReply, DeviceError, Refused

MAX_READ_WORDS = 125
"""Words in one FC03 (Modbus Application Protocol V1.1b3, section 6.3)."""
MAX_WRITE_WORDS = 123
"""Words in one FC16 (section 6.12)."""
HEADER = 6
"""Bytes of the MBAP header up to and with its length field (Modbus Messaging on TCP/IP V1.0b, section 3.1.3)."""
MIN_LENGTH = 3
"""The smallest length field of a reply: unit id, function code and one byte more (an exception)."""
MAX_LENGTH = 254
"""The largest length field: a unit id and a PDU of 253 bytes (Modbus Application Protocol V1.1b3, section 4.1)."""

_FRAMER = FramerSocket(DecodePDU(is_server=False))

_EXCEPTIONS = {
    0x01: "illegal function",
    0x02: "illegal data address",
    0x03: "illegal data value",
    0x04: "server device failure",
    0x05: "acknowledge",
    0x06: "server device busy",
    0x08: "memory parity error",
    0x0A: "gateway path unavailable",
    0x0B: "gateway target device failed to respond",
}
"""Names of the exception codes (Modbus Application Protocol V1.1b3, section 7)."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request ready to be sent, and the reply it will believe; both want only their transaction id in front."""

    asked: ReadPlan | Change
    function: str
    frame: bytes
    expected: bytes
    words: Struct
    """The words that follow `expected`: those read, or none."""

    def words_of(self, reply: bytes, transaction: bytes) -> tuple[int, ...]:
        """Return the words of a reply to the transaction: those read, or none when a write was confirmed.

        Raises:
            Refused: The device answered with an exception.
            BadReply: It is not the answer to this request.
        """
        start = transaction + self.expected
        if len(reply) == len(start) + self.words.size and reply.startswith(start):
            return self.words.unpack_from(reply, len(start))
        raise self._verdict(reply, transaction)

    @property
    def who(self) -> str:
        """Return whom it asks."""
        return f"{self.asked.endpoint} unit {self.asked.unit_id}"

    @property
    def what(self) -> str:
        """Return what it asks for."""
        asked = self.asked
        verb, count = ("read", asked.count) if isinstance(asked, ReadPlan) else ("write", len(asked.values))
        if count == 1:
            return f"the {verb} of register {asked.address}"
        return f"the {verb} of registers {asked.address} to {asked.address + count - 1}"

    def _verdict(self, reply: bytes, transaction: bytes) -> DeviceError:
        """Say what a reply is that is not the expected one; no text holds a number that changes with each reply."""
        if frame_size(reply) is None or not _is_modbus(reply):
            return self._bad("something that is not Modbus TCP")
        used, unit_id, answered, pdu = _FRAMER.decode(reply)
        if used < len(reply):
            return self._bad("more than one reply")
        if answered != int.from_bytes(transaction, "big"):
            return self._bad("the reply to another request: its transaction id differs")
        if unit_id != self.asked.unit_id:
            return self._bad(f"a reply of unit {unit_id}")
        function = self.expected[5]
        if pdu[0] == function | 0x80 and len(pdu) == 2 and pdu[1]:
            return self._refused(pdu)
        if pdu[0] != function:
            return self._bad(f"function code {pdu[0]} instead of {function}")
        if isinstance(self.asked, Change):
            return self._bad("the confirmation of another write")
        return self._bad(f"{len(pdu) - 2} bytes of registers, counted as {pdu[1]}, instead of {self.words.size}")

    def _refused(self, pdu: bytes) -> Refused:
        exception = ExceptionResponse(pdu[0] & 0x7F)
        exception.decode(pdu[1:])
        code = exception.exception_code
        name = _EXCEPTIONS.get(code, "not in the standard")
        return Refused(f"{self.who} answered {self.what} with exception {code:02X} ({name})", code)

    def _bad(self, came: str) -> BadReply:
        return BadReply(f"{self.who} answered {self.what} with {came}")


def read_request(plan: ReadPlan) -> Request:
    """Return the FC03 request of a plan.

    Raises:
        ValueError: The unit id, the address or the count is out of range.
    """
    unit, address, count = plan.unit_id, plan.address, plan.count
    _check("unit id", unit, 0, 255)
    _check("address", address, 0, 65535)
    _check(f"count from address {address}", count, 1, min(MAX_READ_WORDS, 65536 - address))
    pdu = ReadHoldingRegistersRequest(dev_id=unit, address=address, count=count)
    reply = ReadHoldingRegistersResponse(dev_id=unit, registers=[0] * count)
    words = _words(count)
    return Request(plan, "read_holding_registers", _framed(pdu), _framed(reply)[: -words.size], words)


def write_request(change: Change) -> Request:
    """Return the request of a change: FC06 for one word, FC16 for more.

    Raises:
        ValueError: The unit id, the address, a value or the number of values is out of range.
    """
    unit, address, values = change.unit_id, change.address, list(change.values)
    _check("unit id", unit, 0, 255)
    _check("address", address, 0, 65535)
    _check(f"number of values from address {address}", len(values), 1, min(MAX_WRITE_WORDS, 65536 - address))
    for value in values:
        _check("value", value, 0, 65535)
    pdu: ModbusPDU
    reply: ModbusPDU
    if len(values) == 1:
        function = "write_single_register"
        pdu = WriteSingleRegisterRequest(dev_id=unit, address=address, registers=values)
        reply = WriteSingleRegisterResponse(dev_id=unit, address=address, registers=values)
    else:
        function = "write_multiple_registers"
        pdu = WriteMultipleRegistersRequest(dev_id=unit, address=address, registers=values)
        reply = WriteMultipleRegistersResponse(dev_id=unit, address=address, count=len(values))
    return Request(change, function, _framed(pdu), _framed(reply), _words(0))


def frame_size(buffer: bytes | bytearray) -> int | None:
    """Return the bytes of the frame that a buffer begins with, or None while that cannot be known.

    What begins with no Modbus TCP header has no end that could be waited for: its size is what there is.
    """
    if len(buffer) < HEADER:
        return None
    if not _is_modbus(buffer):
        return len(buffer)
    return HEADER + int.from_bytes(buffer[4:6], "big")


def _is_modbus(buffer: bytes | bytearray) -> bool:
    protocol, length = buffer[2:4], int.from_bytes(buffer[4:6], "big")
    return protocol == b"\0\0" and MIN_LENGTH <= length <= MAX_LENGTH


def _framed(pdu: ModbusPDU) -> bytes:
    """Return the frame of a request or reply, without its transaction id."""
    return _FRAMER.buildFrame(pdu)[2:]


@cache
def _words(count: int) -> Struct:
    return Struct(f">{count}H")


def _check(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise ValueError(f"the {name} is {value}: it must be {low} to {high}")
