"""Frames with the header of Modbus TCP (Modbus Messaging on TCP/IP Implementation Guide V1.0b, section 3.1.3)."""

from fabgitops_core.modbus.frames.garbled import Garbled

HEADER = 6
"""Bytes of the header up to and with its length field: transaction id, protocol id, length."""
MIN_LENGTH = 3
"""The smallest length field of a reply: unit id, function code and one byte more (an exception)."""
MAX_LENGTH = 254
"""The largest length field: a unit id and a PDU of 253 bytes (Modbus Application Protocol V1.1b3, section 4.1)."""


class Mbap:
    """The framing of Modbus TCP; the transaction id is whoever sends's to put in front."""

    numbered = True

    def wrapped(self, body: bytes) -> bytes:
        """Return the frame of a unit id and PDU, without its transaction id."""
        return b"\0\0" + len(body).to_bytes(2, "big") + body

    def prefix(self, start: bytes, rest: int) -> bytes:
        """Return how a frame begins, after its transaction id, whose body is `start` and `rest` bytes more."""
        return b"\0\0" + (len(start) + rest).to_bytes(2, "big") + start

    def size(self, buffer: bytes) -> int | None:
        """Return the bytes of the frame that a buffer begins with, or None while that cannot be known.

        What begins with no header of Modbus TCP has no end that could be waited for: its size is what there is.
        """
        if len(buffer) < HEADER:
            return None
        length = int.from_bytes(buffer[4:6], "big")
        if buffer[2:4] != b"\0\0" or not MIN_LENGTH <= length <= MAX_LENGTH:
            return len(buffer)
        return HEADER + length

    def body(self, reply: bytes, transaction: bytes) -> bytes:
        """Return the unit id and the PDU of a reply to a transaction.

        Raises:
            Garbled: It is no frame, more than one, or belongs to another transaction.
        """
        length = int.from_bytes(reply[4:6], "big")
        if len(reply) < HEADER or reply[2:4] != b"\0\0" or not MIN_LENGTH <= length <= MAX_LENGTH:
            raise Garbled("something that is not Modbus TCP")
        if len(reply) > HEADER + length:
            raise Garbled("more than one reply")
        if len(reply) < HEADER + length:
            raise Garbled("a part of a reply")
        if reply[:2] != transaction:
            raise Garbled("the reply to another request: its transaction id differs")
        return reply[HEADER:]
