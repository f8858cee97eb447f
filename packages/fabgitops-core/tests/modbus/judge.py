"""What a reply is by the standard alone: the judge of what may be believed shares nothing with whom it judges."""

from .peer import IDENTIFY, READ, READ_INPUT, checksum


def believable(sent: list[bytes], proper: list[bytes], answer: object, *, rtu: bool) -> bool:
    """Return whether an answer is what the replies say, each of which must be one to its request.

    `proper` are the replies that an honest device gives: they tell transaction, unit, function and length.
    """
    bodies = [_body(each, right, rtu) for each, right in zip(sent, proper, strict=True)]
    if not bodies or any(body is None for body in bodies):
        return False
    first, right = bodies[0] or b"", proper[0][:-2] if rtu else proper[0][6:]
    if first[1] == IDENTIFY:
        objects = {number: text for body in bodies for number, text in _objects(body or b"").items()}
        return answer == objects
    if first[1] >= 5:
        return first == right and answer is None
    return first[:3] == right[:3] and len(first) == len(right) and answer == _values(first, answer)


def _body(sent: bytes, proper: bytes, rtu: bool) -> bytes | None:
    """Return unit id and PDU of a frame that is whole and answers the same unit and function as the proper one."""
    if rtu:
        body, right, whole = sent[:-2], proper[:-2], checksum(sent[:-2]) == sent[-2:]
    else:
        body, right = sent[6:], proper[6:]
        whole = sent[:4] == proper[:4] and int.from_bytes(sent[4:6], "big") == len(body)
    return body if whole and len(body) > 2 and body[:2] == right[:2] else None


def _objects(body: bytes) -> dict[int, str]:
    """Return the objects of an identification that has the form of section 6.21, otherwise something never equal."""
    objects, at = {}, 8
    while at < len(body):
        number, size = body[at], body[at + 1]
        objects[number] = body[at + 2 : at + 2 + size].rstrip(b"\0 ").decode("ascii", "backslashreplace")
        at += 2 + size
    well = body[2] == 14 and body[5] in (0, 255) and len(objects) == body[7] and at == len(body)
    return objects if well else {-1: "not well formed"}


def _values(body: bytes, answer: object) -> tuple[int, ...]:
    if body[1] in (READ, READ_INPUT):
        return tuple(int.from_bytes(body[at : at + 2], "big") for at in range(3, len(body), 2))
    count = len(answer) if isinstance(answer, tuple) else 0
    return tuple(body[3 + place // 8] >> place % 8 & 1 for place in range(count))
