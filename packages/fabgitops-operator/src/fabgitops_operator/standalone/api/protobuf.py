r"""Kubernetes' protobuf, as far as a question of kubectl needs it: `auth can-i` and `whoami` ask in nothing else.

A body is the four bytes `k8s\0` and a message `Unknown` (runtime/generated.proto): 1 the type, 2 the object, as bytes.
Fields that are asked for are texts or messages, so of the wire types only those of a length are looked into.
"""

from collections.abc import Iterator

MAGIC = b"k8s\x00"

Shape = dict[int, "str | tuple[str, Shape]"]
"""What the fields of a message are called: a name for a text, a name and a shape for a message."""

_LONGEST_NUMBER = 10


def decoded(body: bytes, shape: Shape) -> dict[str, object]:
    """Return the object of a body.

    Args:
        body: The whole body.
        shape: Which of its fields are wanted.

    Raises:
        ValueError: It is no such body.
    """
    if not body.startswith(MAGIC):
        raise ValueError("it does not begin as Kubernetes' protobuf does")
    raw = b"".join(value for number, value in _fields(body[len(MAGIC) :]) if number == 2)
    return _message(raw, shape)


def _message(raw: bytes, shape: Shape) -> dict[str, object]:
    found: dict[str, object] = {}
    for number, value in _fields(raw):
        wanted = shape.get(number)
        if isinstance(wanted, str):
            found[wanted] = value.decode()
        elif wanted is not None:
            name, inner = wanted
            found[name] = _message(value, inner)
    return found


def _fields(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and bytes of each field that has a length; pass over the others."""
    at = 0
    while at < len(raw):
        key, at = _number(raw, at)
        wire = key & 7
        if wire == 0:
            _value, at = _number(raw, at)
        elif wire in {1, 5}:
            at += 8 if wire == 1 else 4
        elif wire == 2:
            size, at = _number(raw, at)
            if at + size > len(raw):
                raise ValueError("it ends in the middle of a field")
            yield key >> 3, raw[at : at + size]
            at += size
        else:
            raise ValueError(f"there is no wire type {wire}")


def _number(raw: bytes, at: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, the lowest first, and where the next field begins."""
    value = 0
    for place in range(_LONGEST_NUMBER):
        if at + place >= len(raw):
            break
        byte = raw[at + place]
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, at + place + 1
    raise ValueError("a number does not end")
