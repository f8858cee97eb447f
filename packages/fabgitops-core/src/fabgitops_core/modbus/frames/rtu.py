"""Frames with a checksum and no header (Modbus over Serial Line V1.02, section 2.5.1), as gateways carry them in TCP.

There is no transaction id, so a reply is told from another only by its unit, function and length: see `session` on what
follows from that.
"""

from pymodbus.framer import FramerRTU

from fabgitops_core.modbus.frames.garbled import Garbled

CHECKSUM = 2
"""Bytes of the CRC-16 at the end, low byte first (section 6.2.2)."""
EXCEPTION = 3
"""Bytes of an exception: unit id, function code, exception code."""
ECHOES = {5: 6, 6: 6, 15: 6, 16: 6, 22: 8}
"""Bytes of a write's confirmation by function code, without the checksum."""
COUNTED = {1, 2, 3, 4}
"""Functions whose reply counts its bytes in its third one."""
IDENTIFICATION = 43
IDENTIFICATION_HEAD = 8
"""Bytes before the first object: unit, function, MEI type, code, conformity, more follows, next object, objects."""


class Rtu:
    """The framing of Modbus RTU."""

    numbered = False

    def wrapped(self, body: bytes) -> bytes:
        """Return the frame of a unit id and PDU."""
        return body + _checksum(body)

    def prefix(self, start: bytes, rest: int) -> None:
        """Return None: a frame is not known by its beginning, since its checksum counts."""
        del start, rest

    def size(self, buffer: bytes) -> int | None:
        """Return the bytes of the reply that a buffer begins with, or None while that cannot be known.

        What begins with no function that is used here has no end that could be waited for: its size is what there is.
        """
        body = _body_size(buffer)
        return len(buffer) if body == 0 else body and body + CHECKSUM

    def body(self, reply: bytes, transaction: bytes) -> bytes:
        """Return the unit id and the PDU of a reply.

        Raises:
            Garbled: It is no frame, or more than one.
        """
        del transaction
        size = _body_size(reply)
        if not size:
            raise Garbled("something that is not Modbus RTU")
        if len(reply) > size + CHECKSUM:
            raise Garbled("more than one reply")
        if len(reply) < size + CHECKSUM:
            raise Garbled("a part of a reply")
        if reply[size:] != _checksum(reply[:size]):
            raise Garbled("a frame whose checksum is wrong")
        return reply[:size]


def _body_size(buffer: bytes) -> int | None:
    """Return the bytes of a reply without its checksum, 0 when it is none, None while that cannot be known."""
    if len(buffer) < EXCEPTION:
        return None
    function = buffer[1]
    if function & 0x80:
        return EXCEPTION
    if function in COUNTED:
        return EXCEPTION + buffer[2]
    if function == IDENTIFICATION:
        return _identification_size(buffer)
    return ECHOES.get(function, 0)


def _identification_size(buffer: bytes) -> int | None:
    size = IDENTIFICATION_HEAD
    if len(buffer) < size:
        return None
    for _ in range(buffer[7]):
        if len(buffer) < size + 2:
            return None
        size += 2 + buffer[size + 1]
    return size


def _checksum(body: bytes) -> bytes:
    return FramerRTU.compute_CRC(body).to_bytes(CHECKSUM, "big")
