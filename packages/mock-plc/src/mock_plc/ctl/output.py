"""How an answer is printed: JSON as it came, or a table for people."""

import json
import sys
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Any

from cyclopts import Parameter

from mock_plc.streams import printable


class Format(StrEnum):
    """How to print."""

    TABLE = "table"
    JSON = "json"


Output = Annotated[Format, Parameter(alias="-o", help="table or json (as the control API gave it).")]


def show(answer: Mapping[str, Any], output: Format, rows: Iterable[Mapping[str, Any]], *columns: str) -> None:
    """Print an answer, or a table of some rows; columns that nothing is in are left out."""
    if output is Format.JSON:
        sys.stdout.write(json.dumps(answer, indent=2) + "\n")
        return
    rows = list(rows)
    shown = [column for column in columns if any(row.get(column) is not None for row in rows)]
    table = [[_heading(column) for column in shown], *([_text(row.get(column)) for column in shown] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table if rows else [["none"]]:
        sys.stdout.write("  ".join(map(str.ljust, line, widths or [0])).rstrip() + "\n")


def say(answer: Mapping[str, Any], output: Format, sentence: str) -> None:
    """Print an answer, or what it means in a sentence."""
    sys.stdout.write((json.dumps(answer, indent=2) if output is Format.JSON else sentence) + "\n")


def _heading(column: str) -> str:
    words = "".join(f" {letter}" if letter.isupper() else letter for letter in column)
    return words.upper()


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return "-" if value is None else printable(str(value))
