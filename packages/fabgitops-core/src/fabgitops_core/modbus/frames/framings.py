"""Which framing a transport has."""

from typing import Protocol

from fabgitops_core.control.plc.requests import Transport
from fabgitops_core.modbus.frames.mbap import Mbap
from fabgitops_core.modbus.frames.rtu import Rtu


class Framing(Protocol):
    """How a unit id and a PDU, its body, become a frame."""

    @property
    def numbered(self) -> bool:
        """Return whether a transaction id goes in front of each frame."""
        ...

    def wrapped(self, body: bytes) -> bytes:
        """Return the frame of a body, without its transaction id."""
        ...

    def prefix(self, start: bytes, rest: int) -> bytes | None:
        """Return how a frame begins, after its transaction id, whose body is `start` and `rest` bytes more.

        None where a frame must be looked at as a whole.
        """
        ...

    def body(self, reply: bytes, transaction: bytes) -> bytes:
        """Return the body of a reply to a transaction.

        Raises:
            Garbled: It is not one frame, or not of this transaction.
        """
        ...


MBAP = Mbap()
_RTU = Rtu()


def framing_of(transport: Transport) -> Framing:
    """Return the framing of a transport."""
    return _RTU if transport is Transport.RTU_OVER_TCP else MBAP
