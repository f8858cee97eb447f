"""How long a frame on a serial line is, by what it begins with (Modbus Application Protocol V1.1b3, section 6).

A line carries requests as well as answers, and nothing in a frame says which it is: each has its length by its
function. All are counted with the unit id in front and the checksum behind.
"""

from collections.abc import Mapping

SHORTEST, LONGEST = 4, 256
"""Bytes of a frame (Modbus over Serial Line V1.02, section 2.5.1)."""
EXCEPTION = 5
UNKNOWN = 0
"""What stands for the length of a frame whose function has none here."""

_IDENTIFICATION = 43
_IDENTIFICATION_HEAD = 8
"""Bytes before the first object: unit, function, MEI type, code, conformity, more follows, next object, objects."""
_FIFO = 24
"""Its answer counts in two bytes."""
_CHECKSUM = 2

_ANSWERS = {5: 8, 6: 8, 7: 5, 8: 8, 11: 8, 15: 8, 16: 8, 22: 10}
_COUNTED_ANSWERS = dict.fromkeys((1, 2, 3, 4, 12, 17, 20, 21, 23), 2)
_REQUESTS = {**dict.fromkeys(range(1, 7), 8), 7: 4, 8: 8, 11: 4, 12: 4, 17: 4, 22: 10, 24: 6, _IDENTIFICATION: 7}
_COUNTED_REQUESTS = {15: 6, 16: 6, 20: 2, 21: 2, 23: 10}
"""Where the count of the bytes stands that follow it, by function."""


def of_answer(buffer: bytes, at: int) -> int | None:
    """Return the bytes of the answer that begins at a place, None while that cannot be known, or UNKNOWN."""
    if len(buffer) < at + 2:
        return None
    function = buffer[at + 1]
    if function & 0x80:
        return EXCEPTION
    if function == _IDENTIFICATION:
        return _identification(buffer, at)
    if function == _FIFO:
        return 4 + int.from_bytes(buffer[at + 2 : at + 4], "big") + _CHECKSUM if len(buffer) >= at + 4 else None
    return _by(_ANSWERS, _COUNTED_ANSWERS, buffer, at)


def of_request(buffer: bytes, at: int) -> int | None:
    """Return the same of a request."""
    return _by(_REQUESTS, _COUNTED_REQUESTS, buffer, at) if len(buffer) >= at + 2 else None


def _by(fixed: Mapping[int, int], counted: Mapping[int, int], buffer: bytes, at: int) -> int | None:
    function = buffer[at + 1]
    place = counted.get(function)
    if place is None:
        return fixed.get(function, UNKNOWN)
    return place + 1 + buffer[at + place] + _CHECKSUM if len(buffer) > at + place else None


def _identification(buffer: bytes, at: int) -> int | None:
    size = _IDENTIFICATION_HEAD
    if len(buffer) < at + size:
        return None
    for _ in range(buffer[at + size - 1]):
        if len(buffer) < at + size + 2:
            return None
        size += 2 + buffer[at + size + 1]
    return size + _CHECKSUM
