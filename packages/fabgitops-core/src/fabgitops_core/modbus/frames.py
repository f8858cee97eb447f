"""Requests to bytes and bytes to answers: what a reply must be before anybody believes it. No I/O.

pymodbus frames and parses; what it lets through is refused here: a reply of another transaction, unit or function, one
with too few or too many registers, and an echo that is not what was written.
"""

from dataclasses import dataclass

from pymodbus.exceptions import ModbusException
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
from fabgitops_core.engine.errors import BadReply, Refused

MAX_READ_WORDS = 125
MAX_WRITE_WORDS = 123
HEADER = 6
"""Bytes of the MBAP header up to and with its length field (Modbus Messaging on TCP/IP V1.0b, section 3.1.3)."""
MAX_LENGTH = 254
"""The largest length field: a unit id and a PDU of 253 bytes (Modbus Application Protocol V1.1b3, section 4.1)."""

_FRAMER = FramerSocket(DecodePDU(is_server=False))

_EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "server device failure",
    5: "acknowledge",
    6: "server device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target device failed to respond",
}
"""Names of the exception codes (Modbus Application Protocol V1.1b3, section 7)."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request ready to be framed: whom it asks, how it is called in messages, and its PDU."""

    who: str
    unit_id: int
    pdu: ModbusPDU
    what: str


def ask_to_read(plan: ReadPlan) -> Ask:
    """Return the FC03 request of a plan.

    Raises:
        ValueError: The unit id, the address or the count is out of range.
    """
    _check("unit id", plan.unit_id, 0, 255)
    _check("address", plan.address, 0, 65535)
    _check("count", plan.count, 1, min(MAX_READ_WORDS, 65536 - plan.address))
    pdu = ReadHoldingRegistersRequest(dev_id=plan.unit_id, address=plan.address, count=plan.count)
    return Ask(_who(plan), plan.unit_id, pdu, f"reading register {plan.address}")


def ask_to_write(change: Change) -> Ask:
    """Return the request of a change: FC06 for one word, FC16 for more.

    Raises:
        ValueError: The unit id, the address, a value or the number of values is out of range.
    """
    values = change.values
    _check("unit id", change.unit_id, 0, 255)
    _check("address", change.address, 0, 65535)
    _check("number of values", len(values), 1, min(MAX_WRITE_WORDS, 65536 - change.address))
    for value in values:
        _check("value", value, 0, 65535)
    kind = WriteSingleRegisterRequest if len(values) == 1 else WriteMultipleRegistersRequest
    pdu = kind(dev_id=change.unit_id, address=change.address, registers=list(values))
    return Ask(_who(change), change.unit_id, pdu, f"writing register {change.address}")


def framed(ask: Ask, transaction: int) -> bytes:
    """Return the request as bytes on the wire, under a transaction id of 0 to 65535."""
    ask.pdu.transaction_id = transaction
    return _FRAMER.buildFrame(ask.pdu)


def frame_length(buffer: bytes | bytearray) -> int | None:
    """Return the length in bytes of the frame that a buffer begins with, or None while its header is incomplete.

    Raises:
        BadReply: It begins with no Modbus TCP header.
    """
    if len(buffer) < HEADER:
        return None
    length = int.from_bytes(buffer[4:6], "big")
    if buffer[2] or buffer[3] or not 3 <= length <= MAX_LENGTH:
        raise BadReply("what came is not Modbus TCP")
    return HEADER + length


def words_read(ask: Ask, transaction: int, frame: bytes) -> tuple[int, ...]:
    """Return the words of a reply to `ask_to_read`.

    Raises:
        Refused: The device answered with an exception.
        BadReply: It is not the answer to this request.
    """
    data = _payload(ask, transaction, frame)
    if data[1] != 2 * ask.pdu.count or len(data) != 2 + data[1]:
        raise _bad(ask, f"{(len(data) - 2) / 2:g} registers instead of {ask.pdu.count}")
    reply = ReadHoldingRegistersResponse()
    reply.decode(data[1:])
    return tuple(reply.registers)


def check_written(ask: Ask, transaction: int, frame: bytes) -> None:
    """Check that a reply confirms an `ask_to_write`.

    Raises:
        Refused: The device answered with an exception.
        BadReply: It is not the answer to this request, or echoes something else.
    """
    data = _payload(ask, transaction, frame)
    single = isinstance(ask.pdu, WriteSingleRegisterRequest)
    reply = WriteSingleRegisterResponse() if single else WriteMultipleRegistersResponse()
    if len(data) != 5:
        raise _bad(ask, f"a confirmation of {len(data)} bytes instead of 5")
    reply.decode(data[1:])
    confirmed = list(reply.registers) == list(ask.pdu.registers) if single else reply.count == ask.pdu.count
    if reply.address != ask.pdu.address or not confirmed:
        raise _bad(ask, "the confirmation of another write")


def _payload(ask: Ask, transaction: int, frame: bytes) -> bytes:
    """Return function code and data of a reply that belongs to the request."""
    _used, unit_id, answered, data = _FRAMER.decode(frame)
    if answered != transaction:
        raise _bad(ask, "the reply to another transaction")
    if unit_id != ask.unit_id:
        raise _bad(ask, f"a reply of unit {unit_id}")
    function = ask.pdu.function_code
    if data[0] == function | 0x80 and len(data) == 2:
        raise _refusal(ask, data)
    if data[0] != function:
        raise _bad(ask, f"function code {data[0]} instead of {function}")
    return data


def _refusal(ask: Ask, data: bytes) -> Refused:
    reply = ExceptionResponse(data[0] & 0x7F)
    try:
        reply.decode(data[1:])
    except ModbusException as error:
        raise _bad(ask, "an exception that cannot be read") from error
    name = _EXCEPTIONS.get(reply.exception_code, "not in the standard")
    text = f"{ask.who} answered {ask.what} with exception {reply.exception_code:02X} ({name})"
    return Refused(text, reply.exception_code)


def _bad(ask: Ask, came: str) -> BadReply:
    return BadReply(f"{ask.who} answered {ask.what} with {came}")


def _who(request: ReadPlan | Change) -> str:
    return f"{request.endpoint} unit {request.unit_id}"


def _check(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise ValueError(f"the {name} is {value}: it must be {low} to {high}")
