"""The operators: each is a function of two values, or of one; `&&`, `||` and `?:` are not, see `compiling`."""

import math
from collections.abc import Callable
from typing import Any

from fabgitops_core.expressions.cel.values import CelError, equal, is_number, no_overload, whole

_JOINED = (float, str, list, bytes)


def add(left: Any, right: Any) -> Any:
    """Return a sum, or one text, one list of two."""
    kind = type(left)
    if kind is type(right):
        if kind is int:
            return whole(left + right)
        if kind in _JOINED:
            return left + right
    raise no_overload()


def subtract(left: Any, right: Any) -> Any:
    """Return a difference."""
    if type(left) is type(right) and is_number(left):
        return whole(left - right) if type(left) is int else left - right
    raise no_overload()


def multiply(left: Any, right: Any) -> Any:
    """Return a product."""
    if type(left) is type(right) and is_number(left):
        return whole(left * right) if type(left) is int else left * right
    raise no_overload()


def divide(left: Any, right: Any) -> Any:
    """Return a quotient: of ints without its fraction, of doubles by 0 an infinity."""
    if type(left) is int and type(right) is int:
        if right == 0:
            raise CelError("division by zero")
        return whole(abs(left) // abs(right) * (1 if (left < 0) is (right < 0) else -1))
    if not isinstance(left, float) or not isinstance(right, float):
        raise no_overload()
    if right == 0:
        return math.nan if left == 0 or math.isnan(left) else math.copysign(math.inf, left) * math.copysign(1, right)
    return left / right


def remainder(left: Any, right: Any) -> Any:
    """Return what a division of ints leaves, with the sign of what is divided."""
    if type(left) is not int or type(right) is not int:
        raise no_overload()
    if right == 0:
        raise CelError("modulus by zero")
    return abs(left) % abs(right) * (-1 if left < 0 else 1)


def negative(value: Any) -> Any:
    """Return a number with the other sign."""
    if not is_number(value):
        raise no_overload()
    return whole(-value) if type(value) is int else -value


def is_not(value: Any) -> bool:
    """Return the other truth value."""
    if value is True:
        return False
    if value is False:
        return True
    raise no_overload()


def _ordered(left: Any, right: Any) -> None:
    kind = type(left)
    if kind is type(right):
        if kind in (int, float, str, bool, bytes):
            return
    elif is_number(left) and is_number(right):
        return
    raise no_overload()


def less(left: Any, right: Any) -> bool:
    """Return whether the first comes before the second."""
    _ordered(left, right)
    return bool(left < right)


def at_most(left: Any, right: Any) -> bool:
    """Return whether the first comes before the second, or is equal."""
    _ordered(left, right)
    return bool(left <= right)


def more(left: Any, right: Any) -> bool:
    """Return whether the first comes after the second."""
    _ordered(left, right)
    return bool(left > right)


def at_least(left: Any, right: Any) -> bool:
    """Return whether the first comes after the second, or is equal."""
    _ordered(left, right)
    return bool(left >= right)


def differs(left: Any, right: Any) -> bool:
    """Return whether two values are not equal."""
    return not equal(left, right)


def within(item: Any, group: Any) -> bool:
    """Return whether an item is in a list, or a key in a mapping."""
    if isinstance(group, list):
        return any(equal(item, each) for each in group)
    if not isinstance(group, dict):
        raise no_overload()
    return isinstance(item, str) and item in group


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "%": remainder,
    "<": less,
    "<=": at_most,
    ">": more,
    ">=": at_least,
    "==": equal,
    "!=": differs,
    "in": within,
}
"""Operators of two operands, by their signs."""

UNARY: dict[str, Callable[[Any], Any]] = {"!": is_not, "-1": negative}
"""Operators of one operand."""
