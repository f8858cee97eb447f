"""The functions that our rules call: CEL's own, its string extension's, and Kubernetes' (lists, regex, ip).

A function that is not here cannot be compiled; a test compiles every rule there is.
"""

import ipaddress
import re
from collections.abc import Callable
from typing import Any

from fabgitops_core.expressions.cel.patterns import pattern
from fabgitops_core.expressions.cel.values import (
    LEAST,
    MOST,
    CelError,
    Optional,
    equal,
    is_number,
    no_overload,
    shortest,
    type_of,
    whole,
)

_INT = re.compile(r"[+-]?[0-9]+")
_DOUBLE = re.compile(r"[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?|[+-]?(inf|infinity)|nan", re.IGNORECASE)


def size(value: Any) -> int:
    """Return how many code points, bytes, items or keys there are."""
    if not isinstance(value, (str, bytes, list, dict)):
        raise no_overload()
    return len(value)


def as_int(value: Any) -> int:
    """Return a number without what is behind its point, or the number that a text says."""
    if type(value) is int:
        return value
    if isinstance(value, float):
        if not LEAST < value < MOST:
            raise CelError("integer overflow")
        return int(value)
    if not isinstance(value, str):
        raise no_overload()
    if not _INT.fullmatch(value):
        raise CelError(f'strconv.ParseInt: parsing "{value}": invalid syntax')
    digits = value.lstrip("+-").lstrip("0") or "0"
    if len(digits) > len(str(MOST)):  # far more of them Python would not even read
        raise CelError("integer overflow")
    return whole(int(f"-{digits}" if value.startswith("-") else digits))


def as_double(value: Any) -> float:
    """Return a number as a double, or the number that a text says."""
    if is_number(value):
        return float(value)
    if not isinstance(value, str):
        raise no_overload()
    if not _DOUBLE.fullmatch(value):
        raise CelError(f'strconv.ParseFloat: parsing "{value}": invalid syntax')
    return float(value)


def as_string(value: Any) -> str:
    """Return a value as a text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return shortest(value)
    if isinstance(value, int):
        return str(value)
    raise no_overload()


def as_bytes(value: Any) -> bytes:
    """Return the UTF-8 bytes of a text."""
    if isinstance(value, bytes):
        return value
    return _text(value).encode("utf-8", "surrogatepass")


def is_ip(value: Any) -> bool:
    """Return whether a text is an address, of IPv4 or IPv6, without a zone and not of one within the other."""
    try:
        address = ipaddress.ip_address(_text(value))
    except ValueError:
        return False
    return isinstance(address, ipaddress.IPv4Address) or (address.scope_id is None and address.ipv4_mapped is None)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise no_overload()
    return value


def _items(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise no_overload()
    return value


def contains(text: Any, part: Any) -> bool:
    """Return whether a text holds another."""
    return _text(part) in _text(text)


def starts_with(text: Any, part: Any) -> bool:
    """Return whether a text begins with another."""
    return _text(text).startswith(_text(part))


def ends_with(text: Any, part: Any) -> bool:
    """Return whether a text ends with another."""
    return _text(text).endswith(_text(part))


def matches(text: Any, expression: Any) -> bool:
    """Return whether a pattern is found in a text."""
    return pattern(_text(expression)).search(_text(text)) is not None


def find_all(text: Any, expression: Any) -> list[str]:
    """Return what a pattern is found as in a text, time after time."""
    return [found.group() for found in pattern(_text(expression)).finditer(_text(text))]


def substring(text: Any, begin: Any) -> str:
    """Return a text from a place on."""
    if type(begin) is not int:
        raise no_overload()
    if not 0 <= begin <= len(_text(text)):
        raise CelError(f"index out of range: {begin}")
    return _text(text)[begin:]


def replace(text: Any, old: Any, new: Any) -> str:
    """Return a text with another in place of a part."""
    return _text(text).replace(_text(old), _text(new))


def join(items: Any) -> str:
    """Return texts as one."""
    return "".join(map(_text, _items(items)))


def index_of(inside: Any, wanted: Any) -> int:
    """Return where a text, or an item of a list, is first, or -1."""
    if isinstance(inside, str):
        return inside.find(_text(wanted))
    return next((place for place, item in enumerate(_items(inside)) if equal(item, wanted)), -1)


def last_index_of(inside: Any, wanted: Any) -> int:
    """Return where a text, or an item of a list, is last, or -1."""
    if isinstance(inside, str):
        return inside.rfind(_text(wanted))
    items = _items(inside)
    return next((place for place in range(len(items) - 1, -1, -1) if equal(items[place], wanted)), -1)


def total(items: Any) -> Any:
    """Return the sum of numbers, 0 of none."""
    if not all(map(is_number, _items(items))):
        raise no_overload()
    added = sum(items)
    return whole(added) if isinstance(added, int) else added


def least(items: Any) -> Any:
    """Return the smallest of some numbers or texts."""
    return _outermost(min, "min", items)


def most(items: Any) -> Any:
    """Return the greatest of some numbers or texts."""
    return _outermost(max, "max", items)


def _outermost(choose: Callable[[list[Any]], Any], name: str, items: Any) -> Any:
    if not _items(items):
        raise CelError(f"{name} called on empty list")
    if not (all(map(is_number, items)) or all(isinstance(item, str) for item in items)):
        raise no_overload()
    return choose(items)


def or_value(optional: Any, otherwise: Any) -> Any:
    """Return the value that may be there, or else another."""
    if not isinstance(optional, Optional):
        raise no_overload()
    return optional.value if optional.there else otherwise


def same(value: Any) -> Any:
    """Return a value as it is: types are asked for when a rule is run."""
    return value


GLOBAL: dict[tuple[str, int], Callable[..., Any]] = {
    ("bytes", 1): as_bytes,
    ("double", 1): as_double,
    ("dyn", 1): same,
    ("int", 1): as_int,
    ("isIP", 1): is_ip,
    ("size", 1): size,
    ("string", 1): as_string,
    ("type", 1): type_of,
}
"""Functions by name and how many arguments they take."""

MEMBER: dict[tuple[str, int], Callable[..., Any]] = {
    ("contains", 1): contains,
    ("findAll", 1): find_all,
    ("indexOf", 1): index_of,
    ("join", 0): join,
    ("lastIndexOf", 1): last_index_of,
    ("matches", 1): matches,
    ("max", 0): most,
    ("min", 0): least,
    ("orValue", 1): or_value,
    ("replace", 2): replace,
    ("size", 0): size,
    ("startsWith", 1): starts_with,
    ("substring", 1): substring,
    ("sum", 0): total,
}
"""The same of what stands behind a dot; what stands before it is the first argument."""

MORE_MEMBERS: dict[tuple[str, int], Callable[..., Any]] = {("endsWith", 1): ends_with}
"""Those of CEL's own that no rule uses, and that were not compared with an API server's."""
