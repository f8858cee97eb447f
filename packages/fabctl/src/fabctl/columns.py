"""Columns that a user chooses: `-o custom-columns=NAME:.metadata.name,STATUS:.status.phase`. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from fabctl.errors import UsageError
from fabctl.fields import Body, text
from fabctl.jsonpath import Path, shown
from fabctl.render.shapes import Table

NONE = "<none>"


def custom_table(given: str, bodies: Iterable[Body]) -> Table:
    """Return a table with a row for each object.

    Raises:
        UsageError: What is given are no columns.
    """
    columns = [_column(each) for each in _split(given)]
    rows = tuple(tuple(_cell(path, body) for _, path in columns) for body in bodies)
    return Table("", tuple(name for name, _ in columns), rows)


def _split(given: str) -> list[str]:
    """Return the columns; a comma in brackets is none between two."""
    parts, depth = [""], 0
    for each in given:
        depth += (each in "[(") - (each in "])")
        if each == "," and not depth:
            parts.append("")
        else:
            parts[-1] += each
    return parts


def _column(given: str) -> tuple[str, Path]:
    name, colon, path = given.partition(":")
    bare = path.strip().removeprefix("{").removesuffix("}")
    if not name.strip() or not colon or not bare:
        raise UsageError(f"{given!r} is no column: give NAME:PATH, as in STATUS:.status.phase")
    return text(name.strip()), Path(bare)


def _cell(path: Path, body: Body) -> str:
    found = path.found(body, body)
    return text(",".join(map(_go, found))) if found else NONE


def _go(value: Any) -> str:
    """Return a value as Go writes it by %v, which kubectl does in columns."""
    if isinstance(value, list):
        return f"[{' '.join(map(_go, value))}]"
    if isinstance(value, Mapping):
        return f"map[{' '.join(f'{name}:{_go(value[name])}' for name in sorted(value))}]"
    return shown(value)
