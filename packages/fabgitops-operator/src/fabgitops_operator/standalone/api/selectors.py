"""Label and field selectors: which objects a listing, a watch or a deletion is about.

An object of one exact word can only match where that word stands in its JSON, so most of those that do not match are
told apart without decoding them.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fabgitops_operator.standalone.api.labels import Requirement, requirements
from fabgitops_operator.standalone.api.refusals import bad_request
from fabgitops_operator.standalone.store import Record

FieldOf = Callable[[Mapping[str, Any]], str]
"""Returns a field of a stored object as text, "" where it has none."""

_WORD = re.compile(r"[A-Za-z0-9._/-]+")
_ESCAPED = {"\\", ",", "="}


@dataclass(frozen=True, slots=True)
class Field:
    """One requirement of a field selector."""

    label: str
    value: str
    equal: bool
    of: FieldOf

    def met(self, body: Mapping[str, Any]) -> bool:
        """Return whether an object meets it."""
        return (self.of(body) == self.value) is self.equal


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked for among the objects of a resource; of nothing at all, all of them."""

    labels: tuple[Requirement, ...] = ()
    fields: tuple[Field, ...] = ()
    words: tuple[bytes, ...] = ()
    """What stands in the JSON of each that matches."""

    def __bool__(self) -> bool:
        return bool(self.labels or self.fields)

    def takes(self, record: Record) -> bool:
        """Return whether a record is selected."""
        if not self:
            return True
        if any(word not in record.body for word in self.words):
            return False
        return self.takes_body(record.decoded())

    def takes_body(self, body: Mapping[str, Any]) -> bool:
        """Return whether an object is selected."""
        labels = body["metadata"].get("labels") or {}
        return all(each.met(labels) for each in self.labels) and all(each.met(body) for each in self.fields)

    def exactly(self, label: str) -> str:
        """Return the one value that a field must have, or nothing where it is free."""
        return next((each.value for each in self.fields if each.label == label and each.equal), "")


def selection(labels: str, fields: str, known: Mapping[str, FieldOf]) -> Selection:
    """Return what two selectors ask for.

    Args:
        labels: The label selector.
        fields: The field selector.
        known: The fields that can be selected by.

    Raises:
        RefusedError: One of them cannot be understood (400).
    """
    of_labels, of_fields = requirements(labels), _fields(fields, known)
    exact = [each.only for each in of_labels] + [each.value for each in of_fields if each.equal]
    words = tuple(f'"{word}"'.encode() for word in exact if _WORD.fullmatch(word))
    return Selection(of_labels, of_fields, words)


def _fields(text: str, known: Mapping[str, FieldOf]) -> tuple[Field, ...]:
    """Return the requirements of a field selector; one of nothing is none, as for the API server."""
    read = [_term(term, text) for term in sorted(_terms(text))]
    return tuple(_field(*each, known) for each in read if each[0] or each[2])


def _term(term: str, whole: str) -> tuple[str, str, str]:
    """Return label, operator and value of a term, which is split at the first operator in it."""
    found = re.fullmatch(r"(.*?)(!=|==|=)(.*)", term, re.DOTALL)
    if found is None:
        raise bad_request(f"invalid selector: '{whole}'; can't understand '{term}'")
    return found[1], found[2], _unescaped(found[3])


def _field(label: str, operator: str, value: str, known: Mapping[str, FieldOf]) -> Field:
    if label not in known:
        raise bad_request(f"field label not supported: {label}")
    return Field(label, value, operator != "!=", known[label])


def _terms(text: str) -> list[str]:
    """Split at commas that are not escaped."""
    return re.findall(r"(?:\\.|[^\\,]|\\$)+", text, re.DOTALL)


def _unescaped(value: str) -> str:
    """Return a value without its escapes: a backslash stands before a backslash, a comma or an equals sign only."""
    read, at = [], 0
    while at < len(value):
        letter = value[at]
        if letter == "\\":
            at += 1
            letter = value[at : at + 1]
            if letter not in _ESCAPED:
                raise bad_request(f"invalid field selector: invalid escape sequence: \\{letter}")
        elif letter in _ESCAPED:
            raise bad_request(f"invalid field selector: unescaped character in value: {ord(letter)}")
        read.append(letter)
        at += 1
    return "".join(read)


def at(*path: str) -> FieldOf:
    """Return what finds a field by its path."""

    def of(body: Mapping[str, Any]) -> str:
        value: Any = body
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        return value if isinstance(value, str) else ""

    return of
