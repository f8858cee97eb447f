"""From a tag list, CSV with a line for each register, to the registers of a map. Pure."""

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fabctl.errors import UsageError

_LONGEST = 63
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")


def _whole(said: str) -> int:
    return int(said, 0)


def _reference(said: str) -> int:
    return int(said)


def _number(said: str) -> int | float:
    found = float(said.replace(",", "."))
    if found - found != 0:  # neither is endless, or no number
        raise ValueError
    return int(found) if found == int(found) else found


def _tolerance(said: str) -> int | float | str:
    return said if said.endswith("%") else _number(said)


def _value(said: str) -> Any:
    if said.lower() in {"true", "false"}:
        return said.lower() == "true"
    try:
        return _number(said)
    except ValueError:
        return said


FIELDS: Mapping[str, Callable[[str], Any]] = {
    "name": str,
    "table": str.lower,
    "address": _whole,
    "reference": _reference,
    "unitId": _whole,
    "type": str.lower,
    "bit": _whole,
    "length": _whole,
    "byteOrder": str.upper,
    "scale": _number,
    "offset": _number,
    "unit": str,
    "value": _value,
    "tolerance": _tolerance,
    "min": _number,
    "max": _number,
}
"""The fields of a register that a column may give, and what makes them of a cell."""


def mapped(given: Sequence[str]) -> dict[str, str]:
    """Return which column gives which field, as it was said: FIELD=COLUMN.

    Raises:
        UsageError: It is no such field, or says no column.
    """
    found: dict[str, str] = {}
    for each in given:
        field, equals, column = each.partition("=")
        if field not in FIELDS or not equals or not column.strip():
            raise UsageError(
                f"--column {each}: give FIELD=COLUMN, as in --column name=Tag; fields: {', '.join(FIELDS)}"
            )
        found[field] = column.strip()
    return found


def registers(content: str, columns: Mapping[str, str]) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the registers of a tag list, and the columns that none of them is made of.

    Args:
        content: The list, with the names of its columns in the first line; between them commas, semicolons or tabs.
        columns: By field, the column that gives it; without one the column that is called like the field.

    Raises:
        UsageError: A column is not there, or a cell makes no sense; the text names its line.
    """
    lines = content.splitlines()
    separator = max(",;\t", key=lines[0].count) if lines else ","
    try:
        rows = list(csv.reader(lines, delimiter=separator))
    except csv.Error as error:
        raise UsageError(f"this is no CSV: {error}") from None
    headers = [each.strip() for each in rows[0]] if rows else []
    places = _places(headers, columns)
    if "name" not in places or not {"address", "reference"} & places.keys():
        raise UsageError(
            f"no column for name, and address or reference: give --column; there are: {', '.join(headers)}"
        )
    found, names = [], set[str]()
    for number, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row):
            continue
        entry = _entry(number, row, places)
        if entry["name"] in names:
            raise UsageError(f"line {number}: {entry['name']} stands twice, as names are written in a map")
        names.add(entry["name"])
        found.append(entry)
    return found, [each for at, each in enumerate(headers) if at not in places.values()]


def _places(headers: Sequence[str], columns: Mapping[str, str]) -> dict[str, int]:
    plain = [_plain(each) for each in headers]
    places = {}
    for field in FIELDS:
        wanted = columns.get(field)
        if wanted is not None and wanted not in headers:
            raise UsageError(f"there is no column {wanted}: there are: {', '.join(headers)}")
        if wanted is not None:
            places[field] = headers.index(wanted)
        elif _plain(field) in plain:
            places[field] = plain.index(_plain(field))
    return places


def _plain(header: str) -> str:
    return re.sub(r"[\s_-]+", "", header).lower()


def _entry(number: int, row: Sequence[str], places: Mapping[str, int]) -> dict[str, Any]:
    entry: dict[str, Any] = {}
    for field, at in places.items():
        cell = row[at].strip() if at < len(row) else ""
        if not cell:
            continue
        try:
            entry[field] = FIELDS[field](cell)
        except (ValueError, OverflowError):
            raise UsageError(f"line {number}: {cell!r} can be no {field}") from None
    entry["name"] = _NOT_IN_A_NAME.sub("-", entry.get("name", "")).strip("-._")[:_LONGEST].strip("-._")
    if not entry["name"]:
        raise UsageError(f"line {number}: a register needs a name of letters or digits")
    if not {"address", "reference"} & entry.keys():
        raise UsageError(f"line {number}: {entry['name']} has neither address nor reference")
    return entry
