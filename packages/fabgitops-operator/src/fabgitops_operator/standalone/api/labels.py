"""Label selectors, as apimachinery's labels.Parse reads them: `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fabgitops_operator.standalone.api.refusals import bad_request

_TOKENS = re.compile(r"\s*(==|!=|[=!(),<>]|[^\s=!(),<>]+)")
_SYMBOLS = {"=", "==", "!=", "!", "(", ")", ",", "<", ">", ""}
_OPERATORS = {"=": "in", "==": "in", "!=": "notin", "in": "in", "notin": "notin", ">": "gt", "<": "lt"}
_KEY = re.compile(r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement: `in` and `notin` a set of values, `exists`, `absent`, `gt` and `lt` a number."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def met(self, labels: Mapping[str, str]) -> bool:
        """Return whether labels meet it; who lacks the label is not in any set."""
        value = labels.get(self.key)
        if self.operator in {"absent", "notin"}:
            return value is None or (self.operator == "notin" and value not in self.values)
        if value is None:
            return False
        return self.operator == "exists" or (value in self.values if self.operator == "in" else self._compares(value))

    def _compares(self, value: str) -> bool:
        (bound,) = self.values
        if not re.fullmatch(r"[+-]?\d{1,18}", value):
            return False
        return int(value) > int(bound) if self.operator == "gt" else int(value) < int(bound)

    @property
    def only(self) -> str:
        """Return the one value that meets it, or nothing."""
        return next(iter(self.values)) if self.operator == "in" and len(self.values) == 1 else ""


def requirements(text: str) -> tuple[Requirement, ...]:
    """Return what a label selector asks for; all of it must be met.

    Raises:
        RefusedError: It cannot be understood (400).
    """
    reading = _Reading(_TOKENS.findall(text))
    read: list[Requirement] = []
    if not reading.next:
        return ()
    if reading.next != "!" and reading.next in _SYMBOLS:
        raise bad_request(f"found '{reading.next}', expected: !, identifier, or 'end of string'")
    while True:
        read.append(_requirement(reading))
        if not (after := reading.take()):
            return tuple(read)
        if after != ",":
            raise bad_request(f"found '{after}', expected: ',' or 'end of string'")
        if reading.next != "!" and reading.next in _SYMBOLS:
            raise bad_request(f"found '{reading.next}', expected: identifier after ','")


class _Reading:
    """The tokens of a selector, one after the other; "" is the end."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = iter(tokens)
        self.next = next(self._tokens, "")

    def take(self) -> str:
        """Return the next token, and go on."""
        taken, self.next = self.next, next(self._tokens, "")
        return taken


def _requirement(reading: _Reading) -> Requirement:
    absent = reading.next == "!"
    if absent:
        reading.take()
    key = reading.take()
    if key in _SYMBOLS:
        raise _unparsed(f"found '{key}', expected: identifier")
    if not _KEY.fullmatch(key):
        raise _unparsed(f'<nil>: Invalid value: "{key}": a qualified name must consist of alphanumeric characters')
    if absent:
        return Requirement(key, "absent")
    if reading.next in {"", ","}:
        return Requirement(key, "exists")
    symbol = reading.take()
    if symbol not in _OPERATORS:
        raise _unparsed(f"found '{symbol}', expected: in, notin, =, ==, !=, gt, lt")
    values = _set(reading) if symbol in {"in", "notin"} else [_value(reading)]
    return Requirement(key, _OPERATORS[symbol], frozenset(_checked(_OPERATORS[symbol], key, values)))


def _value(reading: _Reading) -> str:
    if reading.next in {"", ","}:
        return ""
    if reading.next in _SYMBOLS:
        raise _unparsed(f"found '{reading.next}', expected: identifier")
    return reading.take()


def _set(reading: _Reading) -> list[str]:
    if (opening := reading.take()) != "(":
        raise _unparsed(f"found '{opening}' expected: '('")
    values: list[str] = []
    while True:
        values.append("" if reading.next in {",", ")"} else reading.take())
        if (after := reading.take()) == ")":
            return values
        if after != ",":
            raise _unparsed(f"found '{after}', expected: ',' or ')'")


def _checked(operator: str, key: str, values: list[str]) -> list[str]:
    for at, value in enumerate(values):
        if operator in {"gt", "lt"} and not re.fullmatch(r"[+-]?\d{1,18}", value):
            why = "for 'Gt', 'Lt' operators, the value must be an integer"
            raise _unparsed(f'values[{at}]: Invalid value: "{value}": {why}')
        if not _VALUE.fullmatch(value):
            why = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.'"
            raise _unparsed(f'values[{at}][{key}]: Invalid value: "{value}": {why}')
    return values


def _unparsed(why: str) -> Exception:
    return bad_request(f"unable to parse requirement: {why}")
