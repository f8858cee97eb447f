"""A request, and the verdict on what comes back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pymodbus.pdu import ModbusPDU

from fabgitops_core.control.plc.requests import Change, IdentityPlan, ReadPlan, Table
from fabgitops_core.engine.device_errors import BadReply, DeviceError, Refused, UnitUnreachable
from fabgitops_core.modbus.frames.framings import Framing, framing_of
from fabgitops_core.modbus.frames.garbled import Garbled
from fabgitops_core.modbus.frames.manners import STRICT, Share

T = TypeVar("T")
Asked = ReadPlan | Change | IdentityPlan

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
_GATEWAY = {0x0A, 0x0B}

EXCEPTION = 3
"""Bytes of an exception: unit id, function code, exception code."""


@dataclass(frozen=True, slots=True)
class Expected(Generic[T]):
    """The one reply that a request believes: its unit id and PDU begin with `start`, and `rest` bytes more follow.

    `take` makes of a reply, from the end of `start` on, what was asked for. Where `rest` is None the reply says itself
    how long it is, and `take` returns None unless that is true.
    """

    start: bytes
    rest: int | None
    take: Callable[[bytes, int], T | None]


@dataclass(frozen=True, slots=True)
class Request(Generic[T]):
    """A request ready to be sent, and the reply it will believe; both want only their transaction id in front."""

    asked: Asked
    function: str
    framing: Framing
    frame: bytes
    expected: Expected[T]
    prefix: bytes | None
    """How its reply begins as a frame, where that, and the length, is all there is to know of it."""

    def answer(self, reply: bytes, transaction: bytes, share: Share = STRICT) -> T:
        """Return what a reply to the transaction says, to a share that may ignore some of it.

        Raises:
            Refused: The device answered with an exception.
            BadReply: It is not the answer to this request.
        """
        expected = self.expected
        if self.prefix is not None:  # most of the time: nothing is taken apart that is known to be right
            start = transaction + self.prefix
            if len(reply) == len(start) + (expected.rest or 0) and reply.startswith(start):
                answer = expected.take(reply, len(start))
                if answer is not None:
                    return answer
        try:
            body = self.framing.body(reply, share.transaction(reply, transaction))
        except Garbled as what:
            raise self.bad(str(what)) from None
        start = expected.start
        if share.ignore:
            body = share.completed(body, start)
        if body.startswith(start) and expected.rest in (None, len(body) - len(start)):
            answer = expected.take(body, len(start))
            if answer is not None:
                return answer
        raise self.verdict(body)

    def is_answered_by(self, body: bytes, share: Share) -> bool:
        """Return whether a body is addressed and shaped as the answer, or is an exception that answers."""
        start, rest = self.expected.start, self.expected.rest
        if body[:1] == start[:1] and body[1:2] == bytes([start[1] | 0x80]):
            return len(body) == EXCEPTION and body[2] != 0
        body = share.completed(body, start)
        return body.startswith(start) and rest in (None, len(body) - len(start))

    @property
    def who(self) -> str:
        """Return whom it asks."""
        return f"{self.asked.endpoint} unit {self.asked.unit_id}"

    @property
    def what(self) -> str:
        """Return what it asks for."""
        asked = self.asked
        if isinstance(asked, IdentityPlan):
            return "the read of its identification"
        verb, count = ("read", asked.count) if isinstance(asked, ReadPlan) else ("write", len(asked.values))
        noun = "register" if asked.table is Table.HOLDING else asked.table.noun
        if count == 1:
            return f"the {verb} of {noun} {asked.address}"
        return f"the {verb} of {noun}s {asked.address} to {asked.address + count - 1}"

    @property
    def how(self) -> str:
        """Return what it asks for, of a write also by which function code: some devices know only the other one."""
        return f"{self.what} by FC{self.expected.start[1]:02d}" if isinstance(self.asked, Change) else self.what

    def verdict(self, body: bytes) -> DeviceError:
        """Say what a reply is that is not the expected one; no text holds a number that changes with each reply."""
        unit_id, pdu = body[0], body[1:]
        if unit_id != self.asked.unit_id:
            return self.bad(f"a reply of unit {unit_id}")
        function = self.expected.start[1]
        if pdu[0] == function | 0x80 and len(pdu) == 2 and pdu[1]:
            return self._refused(pdu[1])
        if pdu[0] != function:
            return self.bad(f"function code {pdu[0]} instead of {function}")
        if isinstance(self.asked, Change):
            return self.bad("the confirmation of another write")
        if isinstance(self.asked, IdentityPlan):
            return self.bad("an identification that is not well formed")
        return self.bad(self._counted(self.asked, pdu))

    def _counted(self, asked: ReadPlan, pdu: bytes) -> str:
        """Return what is wrong with the size of a reading; four bytes for each address asked are told as what they are.

        Such devices there are: what they hold at one address is a value of two words, and no request fits them.
        """
        count, came, counted = asked.count, len(pdu) - 2, pdu[1]
        of = ("bit" if asked.table.bits else "register") + ("" if count == 1 else "s")
        said = f"{came} bytes for {count} {of}, counted as {counted}, instead of {self.expected.rest}"
        if asked.table.bits or not came == counted == 4 * count:
            return said
        return f"{said}: a device with four bytes at each address cannot be read"

    def _refused(self, code: int) -> Refused:
        error = UnitUnreachable if code in _GATEWAY else Refused
        name = _EXCEPTIONS.get(code, "not in the standard")
        return error(f"{self.who} answered {self.what} with exception {code:02X} ({name})", code)

    def bad(self, came: str) -> BadReply:
        """Return the error that something which is no answer came."""
        return BadReply(f"{self.who} answered {self.what} with {came}")


def request(asked: Asked, function: str, sent: ModbusPDU, expected: Expected[T]) -> Request[T]:
    """Return the request that sends a PDU and believes one reply."""
    framing = framing_of(asked.endpoint.transport)
    prefix = None if expected.rest is None else framing.prefix(expected.start, expected.rest)
    return Request(asked, function, framing, framing.wrapped(body_of(sent)), expected, prefix)


def body_of(pdu: ModbusPDU) -> bytes:
    """Return a PDU with its unit id in front."""
    return bytes([pdu.dev_id, pdu.function_code]) + pdu.encode()


def check(name: str, value: int, low: int, high: int) -> None:
    """Raise ValueError, with the name of a value, unless it lies in its range."""
    if not low <= value <= high:
        raise ValueError(f"the {name} is {value}: it must be {low} to {high}")
