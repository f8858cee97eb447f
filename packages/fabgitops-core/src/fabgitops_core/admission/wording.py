"""A cause as the API server words it (apimachinery, pkg/util/validation/field/errors.go): Go's %q, %v and JSON."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fabgitops_core.admission.rules import shortest

_SHORT = {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"}
_JSON_ESCAPED = re.compile("[<>&\u2028\u2029]")


@dataclass(frozen=True, slots=True, order=True)
class Cause:
    """Why an object is refused: the path of the field, what kind of trouble it is, and the sentence.

    A policy names no field and no kind of trouble: both are empty.
    """

    field: str
    reason: str
    message: str

    @property
    def blocks(self) -> bool:
        """Return whether no rule is asked while this stands."""
        return self.reason.removeprefix("FieldValue") in (
            "NotSupported",
            "Required",
            "TooLong",
            "TooMany",
            "TypeInvalid",
        )


def invalid(path: str, value: Any, detail: str) -> Cause:
    """Return that a value is not right."""
    return Cause(path, "FieldValueInvalid", f"Invalid value: {shown(value)}: {detail}")


def of_wrong_type(path: str, value: Any, detail: str) -> Cause:
    """Return that a value is of another type."""
    return Cause(path, "FieldValueTypeInvalid", f"Invalid value: {shown(value)}: {detail}")


def required(path: str) -> Cause:
    """Return that a value is not there."""
    return Cause(path, "FieldValueRequired", "Required value")


def unsupported(path: str, value: Any, known: Iterable[str]) -> Cause:
    """Return that a value is none of those that there are."""
    listed = ", ".join(map(quoted, known))
    return Cause(path, "FieldValueNotSupported", f"Unsupported value: {shown(value)}: supported values: {listed}")


def too_long(path: str, most: int) -> Cause:
    """Return that a text is too long; it is not repeated."""
    unit = "byte" if most == 1 else "bytes"
    return Cause(path, "FieldValueTooLong", f"Too long: may not be more than {most} {unit}")


def too_many(path: str, count: int, most: int) -> Cause:
    """Return that there are too many items or properties."""
    unit = "item" if most == 1 else "items"
    return Cause(path, "FieldValueTooMany", f"Too many: {count}: must have at most {most} {unit}")


def duplicate(path: str, value: Any) -> Cause:
    """Return that a value is there already."""
    return Cause(path, "FieldValueDuplicate", f"Duplicate value: {shown(value)}")


def shown(value: Any) -> str:
    """Return a value as the API server repeats it."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return number(value) if type(value) in (int, float) else encoded(value)


def number(value: int | float) -> str:  # noqa: PYI041 - they are written in different ways
    """Return a number as Go's %v writes it."""
    return str(value) if isinstance(value, int) else shortest(value)


def quoted(text: str) -> str:
    """Return a text in quotes as Go's %q writes it."""
    return f'"{"".join(map(_quoted, text))}"'


def _quoted(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def encoded(value: Any) -> str:
    """Return a value as Go's JSON writes it: keys in order, and what HTML or JavaScript would mistake escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return _JSON_ESCAPED.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
