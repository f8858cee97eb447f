"""Values as CEL sees them: int is int64, float is double, neither is bool; errors are worded as cel-go does."""

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

LEAST, MOST = -(2**63), 2**63 - 1
"""The bounds of an int."""


class CelError(Exception):
    """Why an expression has no value, in cel-go's words."""


def no_overload() -> CelError:
    """Return that a function or an operator has nothing for values of these types."""
    return CelError("no such overload")


@dataclass(frozen=True, slots=True)
class Type:
    """The type of a value, which is a value itself."""

    name: str


@dataclass(frozen=True, slots=True)
class Optional:
    """A value that may be there (`optional`), as `a.?b` gives one."""

    there: bool
    value: Any = None


@dataclass(frozen=True, slots=True)
class Broken:
    """What stands where a value cannot be read: whoever reads it is told why."""

    why: str


ABSENT = Optional(there=False)
_TYPES = {
    bool: Type("bool"),
    int: Type("int"),
    float: Type("double"),
    str: Type("string"),
    bytes: Type("bytes"),
    list: Type("list"),
    dict: Type("map"),
    type(None): Type("null_type"),
    Type: Type("type"),
    Optional: Type("optional_type"),
}
TYPES = {each.name: each for each in _TYPES.values()}
"""The types that an expression can name."""


def type_of(value: Any) -> Type:
    """Return the type of a value."""
    return _TYPES.get(type(value)) or TYPES["map"]


def equal(left: Any, right: Any) -> bool:
    """Return whether two values are equal: numbers by what they are worth, of other types only the same type."""
    kind = type(left)
    if kind is type(right) and kind is not list and kind is not dict:
        return bool(left == right)
    if left != right or isinstance(left, bool) is not isinstance(right, bool):
        return False
    if isinstance(left, list):
        return all(map(equal, left, right))
    if isinstance(left, dict):
        return all(equal(each, right[key]) for key, each in left.items())
    return True


def is_number(value: Any) -> bool:
    """Return whether a value is an int or a double."""
    return type(value) in (int, float)


def whole(number: int) -> int:
    """Return an int as it is.

    Raises:
        CelError: It does not fit 64 bits.
    """
    if not LEAST <= number <= MOST:
        raise CelError("integer overflow")
    return number


def shortest(number: float) -> str:
    """Return a double as Go's %g writes it: with the fewest digits, with an exponent below 1e-04 and from 1e+06 on."""
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "+Inf" if number > 0 else "-Inf"
    if number == 0:
        return "-0" if math.copysign(1, number) < 0 else "0"
    exact = Decimal(repr(abs(number))).normalize()
    figures, tens = "".join(map(str, exact.as_tuple().digits)), exact.adjusted()
    minus = "-" if number < 0 else ""
    if -4 <= tens < 6:
        return minus + _plain(figures, tens)
    mantissa = figures[0] + ("." + figures[1:] if len(figures) > 1 else "")
    return f"{minus}{mantissa}e{'-' if tens < 0 else '+'}{abs(tens):02d}"


def _plain(figures: str, tens: int) -> str:
    if tens < 0:
        return "0." + "0" * (-tens - 1) + figures
    whole_part = figures[: tens + 1].ljust(tens + 1, "0")
    return whole_part + ("." + figures[tens + 1 :] if len(figures) > tens + 1 else "")
