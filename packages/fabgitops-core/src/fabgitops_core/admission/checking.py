"""A value against its schema, with the API server's words (kube-openapi, pkg/validation/validate)."""

import re
from collections.abc import Iterator
from typing import Any

from fabgitops_core.admission import wording
from fabgitops_core.admission.correlating import Correlation, identical
from fabgitops_core.admission.rules import pattern
from fabgitops_core.admission.structure import Structure
from fabgitops_core.admission.wording import Cause

_MOST_EXACT = 2.0**53 - 1
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_TIME = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))")
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def checked(value: Any, structure: Structure, above: str = "", correlation: Correlation | None = None) -> list[Cause]:
    """Return why a value is not what its schema wants.

    Args:
        value: What is judged.
        structure: What it must be.
        above: The path of what is judged, where that is not the whole object; sentences begin below it.
        correlation: What stood there before: what is the same is not refused again.
    """
    return list(_Check(above).value(value, structure, "", correlation))


class _Check:
    """One object, or its status, that is looked through."""

    def __init__(self, above: str) -> None:
        self._above = above

    def value(self, value: Any, known: Structure, path: str, old: Correlation | None) -> Iterator[Cause]:
        """Yield what is wrong with a value and with all that is in it."""
        found = list(self._all(value, known, path, old))
        if not found or (old is not None and old.same()):
            return
        yield from found

    def _all(self, value: Any, known: Structure, path: str, old: Correlation | None) -> Iterator[Cause]:
        yield from self._type(value, known, path)
        if isinstance(value, str):
            yield from self._text(value, known, path)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield from self._number(value, known, path)
        elif isinstance(value, list):
            yield from self._items(value, known, path, old)
        if known.enum and not any(identical(value, each) for each in known.enum):
            yield wording.unsupported(self._field(path), value, [str(each) for each in known.enum])
        if isinstance(value, dict):
            yield from self._properties(value, known, path, old)

    def _field(self, path: str) -> str:
        path = path.removeprefix(".")
        return f"{self._above}.{path}" if self._above and path else self._above or path or "<nil>"

    def _type(self, value: Any, known: Structure, path: str) -> Iterator[Cause]:
        wanted = known.types
        said, form = _named(value)
        if value is None:
            if wanted and not known.nullable:
                yield self._other_type(path, ",".join(wanted), "null")
            return
        if not wanted and not known.format:
            return
        near = (said == "number" and "integer" in wanted and _is_whole(value)) or (
            said == "integer" and "number" in wanted
        )
        fits = said in wanted or near
        if not isinstance(value, (str, list)) and known.format and not (fits or form == known.format):
            yield self._other_type(path, known.format, form)
        elif known.format and isinstance(value, (str, list)) and not {"number", "integer"}.intersection(wanted):
            return
        elif not fits:
            yield self._other_type(path, ",".join(wanted), said)

    def _other_type(self, path: str, wanted: str, said: str) -> Cause:
        detail = f"{path} in body must be of type {wanted}: {wording.quoted(said)}"
        return wording.of_wrong_type(self._field(path), said, detail)

    def _text(self, value: str, known: Structure, path: str) -> Iterator[Cause]:
        if known.max_length is not None and len(value) > known.max_length:
            yield wording.too_long(self._field(path), known.max_length)
        elif known.min_length is not None and len(value) < known.min_length:
            yield self._invalid(path, value, f"should be at least {known.min_length} chars long")
        elif known.pattern and not pattern(known.pattern).search(value):
            yield self._invalid(path, value, f"should match '{known.pattern}'")
        if known.format == "date-time" and not _is_moment(value):
            yield self._other_type(path, known.format, value)

    def _number(self, value: float, known: Structure, path: str) -> Iterator[Cause]:
        # The bounds of a whole number are whole themselves: what is behind their point is cut off. Those of others are
        # none, and written so: 4.294967295e+09.
        as_value = int if isinstance(value, int) else float
        least, most = (None if each is None else as_value(each) for each in (known.minimum, known.maximum))
        if least is not None and value < least:
            yield self._invalid(path, value, f"should be greater than or equal to {wording.number(least)}")
        if most is not None and value > most:
            yield self._invalid(path, value, f"should be less than or equal to {wording.number(most)}")

    def _items(self, value: list[Any], known: Structure, path: str, old: Correlation | None) -> Iterator[Cause]:
        if known.items is not None:
            for place, each in enumerate(value):
                yield from self.value(each, known.items, f"{path}[{place}]", old.index(place) if old else None)
        if known.min_items is not None and len(value) < known.min_items:
            # The value of such an error is how many there are, and is not told.
            yield self._invalid(path, len(value), f"should have at least {known.min_items} items")
        if known.max_items is not None and len(value) > known.max_items:
            yield wording.too_many(self._field(path), len(value), known.max_items)

    def _properties(
        self, value: dict[str, Any], known: Structure, path: str, old: Correlation | None
    ) -> Iterator[Cause]:
        if known.min_properties is not None and len(value) < known.min_properties:
            yield self._invalid(path, len(value), f"should have at least {known.min_properties} properties")
        if known.max_properties is not None and len(value) > known.max_properties:
            yield wording.too_many(self._field(path), len(value), known.max_properties)
        for name, each in value.items():
            inner = known.child(name)
            if inner is not None:
                below = f"{path}.{name}" if path or name not in known.properties else name
                before = old.key(name) if old and (path or name not in ("kind", "apiVersion")) else None
                yield from self.value(each, inner, below, before)
        for name in known.required:
            if name not in value:
                yield wording.required(self._field(f"{path}.{name}"))

    def _invalid(self, path: str, value: Any, detail: str) -> Cause:
        return wording.invalid(self._field(path), value, f"{path} in body {detail}")


def _named(value: Any) -> tuple[str, str]:
    """Return JSON's name of a value's type, and of its format."""
    if isinstance(value, bool):
        return "boolean", ""
    if isinstance(value, int):
        return "integer", "int64"
    if isinstance(value, float):
        return "number", "float64"
    return ("string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"), ""


def _is_whole(number: float) -> bool:
    """Return whether a double counts as whole (go-openapi/swag): so does what is off by less than a billionth."""
    if not -_MOST_EXACT <= number <= _MOST_EXACT:
        return False
    if number == int(number):
        return True
    near = float(int(number))
    return number > 0 and near != 0 and abs(number - near) / (number + near) < 1e-9


def _is_moment(text: str) -> bool:
    """Return whether a text is a moment as RFC 3339 writes it, also in small letters (kube-openapi, strfmt)."""
    if len(text) < 4:
        return False
    day, *rest = text.lower().split("t")
    date = _DATE.fullmatch(day)
    if not rest or date is None or not _is_day(*map(int, date.groups())):
        return False
    time = _TIME.fullmatch(rest[0])
    return time is not None and time[1] <= "23" and time[2] <= "59" and time[3] <= "59"


def _is_day(year: int, month: int, day: int) -> bool:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1] and (month != 2 or day < 29 or leap)
