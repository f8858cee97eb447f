"""What conditions have beside CEL: the functions that those of Argo Rollouts call, and numbers of both types mixed.

Whatever is measured is a double, as JSON's numbers are in CEL, and `result * 100` means what it looks like.
"""

import math
from collections.abc import Callable
from typing import Any, TypeAlias

from fabgitops_core.expressions.cel.functions import as_double, as_int, size
from fabgitops_core.expressions.cel.operators import BINARY
from fabgitops_core.expressions.cel.values import CelError, is_number, no_overload

Run: TypeAlias = Callable[[list[Any]], Any]


def _mixed(operator: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def run(left: Any, right: Any) -> Any:
        if type(left) is not type(right) and is_number(left) and is_number(right):
            return operator(float(left), float(right))
        return operator(left, right)

    return run


OPERATORS = {sign: _mixed(BINARY[sign]) for sign in ("+", "-", "*", "/")}
"""Operators that take an int for a double where the other operand is one."""


def is_nan(value: Any) -> bool:
    """Return whether a number is none."""
    return math.isnan(as_double(value))


def is_inf(value: Any) -> bool:
    """Return whether a number is an infinity."""
    return math.isinf(as_double(value))


def _number(value: Any) -> Any:
    if not is_number(value):
        raise no_overload()
    return value


def absolute(value: Any) -> Any:
    """Return a number without its sign."""
    return abs(_number(value))


def greatest(left: Any, right: Any) -> Any:
    """Return the greater of two numbers; of one that is none, that."""
    return left if math.isnan(_number(left)) or left >= _number(right) else right


def least(left: Any, right: Any) -> Any:
    """Return the smaller of two numbers; of one that is none, that."""
    return left if math.isnan(_number(left)) or left <= _number(right) else right


FUNCTIONS: dict[tuple[str, int], Callable[..., Any]] = {
    ("abs", 1): absolute,
    ("asFloat", 1): as_double,
    ("asInt", 1): as_int,
    ("float", 1): as_double,
    ("isInf", 1): is_inf,
    ("isNaN", 1): is_nan,
    ("isNil", 1): lambda value: value is None,
    ("len", 1): size,
    ("max", 2): greatest,
    ("min", 2): least,
}
"""By name and how many arguments they take."""


def default(value: Run, otherwise: Run) -> Run:
    """Return a value, or another where there is none: it is null, or a part of it is not there."""

    def run(frame: list[Any]) -> Any:
        try:
            found = value(frame)
        except CelError:
            return otherwise(frame)
        return otherwise(frame) if found is None else found

    return run


FORMS: dict[tuple[str, int], Callable[..., Run]] = {("default", 2): default}
"""The same of what has to see whether its argument has a value."""
