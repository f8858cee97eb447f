"""Requests for what a device says of itself: FC43/14 (Modbus Application Protocol V1.1b3, section 6.21)."""

from typing import NamedTuple

from pymodbus.pdu.mei_message import ReadDeviceInformationRequest

from fabgitops_core.control.plc.requests import IdentityPlan
from fabgitops_core.modbus.frames.request import Expected, Request, check, request

MEI_TYPE = 14
BASIC, REGULAR = 1, 2
"""Codes for stream access: vendor name, product code and revision, or those and up to object 127."""
MORE = 0xFF
"""In `more follows`: there are further objects; otherwise 0."""


class Page(NamedTuple):
    """The objects of one reply by their ids, and the id with which to ask on, None after the last."""

    objects: dict[int, str]
    next: int | None


def identity_request(plan: IdentityPlan, first: int = 0) -> Request[Page]:
    """Return the request for the objects from an id on.

    Raises:
        ValueError: The unit id is out of range.
    """
    unit, code = plan.unit_id, REGULAR if plan.regular else BASIC
    check("unit id", unit, 0, 255)
    sent = ReadDeviceInformationRequest(dev_id=unit, read_code=code, object_id=first)
    start = bytes([unit, sent.function_code, MEI_TYPE, code])

    def take(reply: bytes, at: int) -> Page | None:
        return _page(reply[at:], first)

    return request(plan, "read_device_identification", sent, Expected(start, None, take))


def _page(rest: bytes, first: int) -> Page | None:
    """Return a page, or None unless its objects fill it exactly and whoever asks on comes nearer to the end."""
    if len(rest) < 4:
        return None
    _conformity, more, following, count = rest[:4]
    objects: dict[int, str] = {}
    at = 4
    for _ in range(count):
        if at + 2 > len(rest):
            return None
        number, size = rest[at], rest[at + 1]
        if number < first or number in objects or at + 2 + size > len(rest):
            return None
        objects[number] = _text(rest[at + 2 : at + 2 + size])
        at += 2 + size
    if at != len(rest) or more not in (0, MORE) or (more and following <= max(objects, default=first)):
        return None
    return Page(objects, following if more else None)


def _text(value: bytes) -> str:
    r"""Return an object's text; padding at its end is dropped, bytes that are not ASCII are shown as `\xNN`."""
    return value.rstrip(b"\0 ").decode("ascii", "backslashreplace")
