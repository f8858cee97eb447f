"""Who a PLC says it is: function 43, MEI type 14, Read Device Identification (protocol, section 6.21)."""

from collections.abc import Mapping

from mock_plc.exceptions import ModbusException

MEI_DEVICE_IDENTIFICATION = 14
_BASIC, _REGULAR, _EXTENDED, _INDIVIDUAL = 1, 2, 3, 4
_LAST_OF = {_BASIC: 0x02, _REGULAR: 0x7F, _EXTENDED: 0xFF}
"""The highest object of each category."""
_ROOM = 253 - 7
"""What a PDU of 253 bytes has left for objects."""
_MOST = _ROOM - 2
"""What an object's value may have at most, after its id and its length."""
_ASKED, _WITH_INDIVIDUAL = 4, 0x80


def identify(objects: Mapping[int, str], request: bytes) -> bytes:
    """Return what follows the function code in the answer to a request's PDU.

    An object is text, sent as UTF-8 and cut at 244 bytes. What does not fit into one answer is asked for by another
    request, from the object that this answer names.

    Raises:
        ModbusException: 1 if there is no identity or another MEI type is asked for; 3 if the request is malformed or
            its category unknown; 2 if the single object that it asks for is not there.
    """
    if not objects or request[1:2] not in (bytes((MEI_DEVICE_IDENTIFICATION,)), b""):
        raise ModbusException(1)
    if len(request) != _ASKED or not _BASIC <= request[2] <= _INDIVIDUAL:
        raise ModbusException(3)
    category, first = request[2:]
    if category == _INDIVIDUAL:
        if first not in objects:
            raise ModbusException(2)
        sent, following = _packed(objects, [first]), 0
    else:
        wanted = [each for each in sorted(objects) if each <= _LAST_OF[category]]
        if first not in wanted:  # an unknown object to begin with is as if 0 were asked for
            first = 0
        sent, following = _fitting(objects, [each for each in wanted if each >= first])
    head = (*request[1:3], _conformity(objects), 0xFF if following else 0x00, following, len(sent))
    return bytes(head) + b"".join(sent)


def _conformity(objects: Mapping[int, str]) -> int:
    category = next(each for each, last in _LAST_OF.items() if max(objects) <= last)
    return category | _WITH_INDIVIDUAL


def _packed(objects: Mapping[int, str], wanted: list[int]) -> list[bytes]:
    values = ((each, objects[each].encode()[:_MOST]) for each in wanted)
    return [bytes((each, len(value))) + value for each, value in values]


def _fitting(objects: Mapping[int, str], wanted: list[int]) -> tuple[list[bytes], int]:
    """Return the objects that fit into one answer, and the first that does not, or 0."""
    sent: list[bytes] = []
    for each, packed in zip(wanted, _packed(objects, wanted), strict=True):
        if sum(map(len, sent)) + len(packed) > _ROOM:
            return sent, each
        sent.append(packed)
    return sent, 0
