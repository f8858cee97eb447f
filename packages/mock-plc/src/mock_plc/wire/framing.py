"""What stands around a PDU on its way: MBAP (messaging, section 3.1.3) or RTU with its CRC (serial, section 2.5.1)."""

import struct
from dataclasses import dataclass
from typing import Protocol

from mock_plc.wire import pdu

MAX_PDU = 253
_MBAP = struct.Struct(">HHHB")
_MBAP_LENGTH = 6
"""How much of the header its length does not count: transaction, protocol and length itself."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A PDU with who it is for or from; `transaction` is 0 where frames carry none."""

    unit: int
    pdu: bytes
    transaction: int = 0


class Unframed(Exception):
    """What came cannot be told into frames: nothing that follows can be believed."""


class Framing(Protocol):
    """How frames are made, and found in what arrives."""

    @property
    def has_transactions(self) -> bool:
        """Whether an answer repeats a number of its request."""

    @property
    def answers_for_missing(self) -> bool:
        """Whether somebody answers for a unit that is not there."""

    def take(self, buffer: bytearray) -> list[Frame]:
        """Remove whole frames from what has arrived, and return them.

        Raises:
            Unframed: What has arrived is no frame, and none can be found after it.
        """

    def pack(self, frame: Frame) -> bytes:
        """Return a frame as it is sent."""


class Mbap:
    """Frames of Modbus TCP, TLS and UDP. A gateway there answers for a unit that is not there."""

    has_transactions = True
    answers_for_missing = True

    def take(self, buffer: bytearray) -> list[Frame]:
        """Remove whole frames and return them; one of another protocol is Unframed, as is an impossible length."""
        frames: list[Frame] = []
        while len(buffer) >= _MBAP.size:
            transaction, protocol, length, unit = _MBAP.unpack_from(buffer)
            if protocol or not 1 < length <= MAX_PDU + 1:
                raise Unframed
            if len(buffer) < _MBAP_LENGTH + length:
                break
            frames.append(Frame(unit, bytes(buffer[_MBAP.size : _MBAP_LENGTH + length]), transaction))
            del buffer[: _MBAP_LENGTH + length]
        return frames

    def pack(self, frame: Frame) -> bytes:
        """Return a frame with its MBAP header."""
        return _MBAP.pack(frame.transaction, 0, len(frame.pdu) + 1, frame.unit) + frame.pdu


class Rtu:
    """Frames of a serial line, carried by a byte stream, where no silence tells one from the next.

    Where a frame ends is told by its function. What has a wrong CRC, or a function of which the length is unknown, is
    dropped with all that came along, as a device on the line drops it, unanswered; but all that came along may be one
    whole frame, which then is taken, and answered by exception 1.
    """

    has_transactions = False
    answers_for_missing = False

    def take(self, buffer: bytearray) -> list[Frame]:
        """Remove whole frames and return them, and drop what cannot become one."""
        frames: list[Frame] = []
        while len(buffer) > 1:
            length = _rtu_length(buffer)
            if length is None:
                length = len(buffer)
            elif not length or len(buffer) < length:
                break
            frame = bytes(buffer[:length])
            if length < _SHORTEST_RTU or crc(frame):
                buffer.clear()
                break
            frames.append(Frame(frame[0], frame[1:-2]))
            del buffer[:length]
        return frames

    def pack(self, frame: Frame) -> bytes:
        """Return a frame with its CRC."""
        body = bytes((frame.unit,)) + frame.pdu
        return body + crc(body).to_bytes(2, "little")


_SHORTEST_RTU = 4
_FIXED = {
    **dict.fromkeys(range(1, 7), 8),
    pdu.MASK_WRITE: 10,
    pdu.IDENTIFY: 7,
}
"""How long a request's frame is, by its function."""
_COUNTED = {pdu.WRITE_COILS: 6, pdu.WRITE_REGISTERS: 6, pdu.READ_WRITE: 10}
"""Where a request's frame has the count of the bytes that follow, before the CRC."""


def _rtu_length(buffer: bytearray) -> int | None:
    """Return how long the first frame is, 0 if that is not there yet, None if it cannot be known."""
    function = buffer[1]
    if function in _COUNTED:
        at = _COUNTED[function]
        return at + 1 + buffer[at] + 2 if len(buffer) > at else 0
    return _FIXED.get(function)


def crc(data: bytes) -> int:
    """Return the CRC-16 of a serial frame, sent low byte first; over a frame with its right CRC it is 0.

    Serial, section 6.2.2: polynomial 0xA001, the reflected 0x8005, from 0xFFFF.
    """
    value = 0xFFFF
    for byte in data:
        value = value >> 8 ^ _CRC[(value ^ byte) & 0xFF]
    return value


def _crc_of(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (0xA001 if byte & 1 else 0)
    return byte


_CRC = tuple(map(_crc_of, range(256)))
