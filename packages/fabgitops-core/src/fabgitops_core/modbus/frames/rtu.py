"""Frames with a checksum and no header (Modbus over Serial Line V1.02, section 2.5.1), as gateways carry them in TCP.

There is no transaction id, so a reply is told from another only by its unit, function and length: see `session` on what
follows from that.
"""

from pymodbus.framer import FramerRTU

from fabgitops_core.modbus.frames.garbled import Garbled
from fabgitops_core.modbus.frames.lengths import of_answer

CHECKSUM = 2
"""Bytes of the CRC-16 at the end, low byte first (section 6.2.2)."""


class Rtu:
    """The framing of Modbus RTU."""

    numbered = False

    def wrapped(self, body: bytes) -> bytes:
        """Return the frame of a unit id and PDU."""
        return body + _checksum(body)

    def prefix(self, start: bytes, rest: int) -> None:
        """Return None: a frame is not known by its beginning, since its checksum counts."""
        del start, rest

    def body(self, reply: bytes, transaction: bytes) -> bytes:
        """Return the unit id and the PDU of a reply.

        Raises:
            Garbled: It is no frame, or more than one.
        """
        del transaction
        size = of_answer(reply, 0)
        if not size:
            raise Garbled("something that is not Modbus RTU")
        if len(reply) > size:
            raise Garbled("more than one reply")
        if len(reply) < size:
            raise Garbled("a part of a reply")
        body, summed = reply[:-CHECKSUM], reply[-CHECKSUM:]
        if summed != _checksum(body):
            raise Garbled("a frame whose checksum is wrong")
        return body


def _checksum(body: bytes) -> bytes:
    return FramerRTU.compute_CRC(body).to_bytes(CHECKSUM, "big")
