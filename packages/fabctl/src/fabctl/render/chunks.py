"""Lists that are printed as they come: what has come is to be seen before more is asked for, and nothing is kept.

JSON, YAML, names, CSV and jsonpath that goes over the items once are printed so, and say to the letter what they say of
a list that is there as a whole. Tables are not: how wide a column is, is known when the last row is.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from fabctl.jsonpath import Template as JsonPath
from fabctl.options import Format, Template
from fabctl.render.chosen import filling, harmless
from fabctl.render.objects import LISTING, line_of, shown_of, written
from fabctl.render.separated import show_csv
from fabctl.start import at_once

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fabctl.fields import Body
    from fabctl.jsonpath import OverItems
    from fabctl.names import Kind
    from fabctl.render.shapes import Table


class Chunks(ABC):
    """Prints a list chunk by chunk."""

    def more(self, bodies: Sequence[Body]) -> None:
        """Print one chunk, to be seen at once.

        Raises:
            Refused: An object holds what the format cannot say.
        """
        with at_once():
            self._print(bodies)
            sys.stdout.flush()

    @abstractmethod
    def _print(self, bodies: Sequence[Body]) -> None:
        """Print one chunk."""

    def end(self) -> None:
        """Print what stands behind the last chunk."""
        sys.stdout.write(self._behind())

    def _behind(self) -> str:
        return ""


def chunks_of(
    output: Format | Template, table: Callable[[list[Body]], Table], *, kind: Kind, managed_fields: bool, headers: bool
) -> Chunks | None:
    """Return what prints a list in a format as it comes, or None where all of it has to be there first.

    Args:
        output: The format.
        table: What makes a table, whose columns for CSV are the same whatever is in it.
        kind: What is listed.
        managed_fields: Whether to keep metadata.managedFields.
        headers: Whether CSV has a line with the names of columns.

    Raises:
        UsageError: The template makes no sense.
    """
    if isinstance(output, Template):
        how, _, expression = output.partition("=")
        over = JsonPath(expression).over_items() if how == "jsonpath" else None
        return _Chosen(over, managed_fields=managed_fields) if over else None
    match output:
        case Format.NAME:
            return _Names(kind)
        case Format.CSV:
            return _Rows(table, headers=headers)
        case Format.JSON:
            return _Json(managed_fields=managed_fields)
        case Format.YAML:
            return _Yaml(managed_fields=managed_fields)
    return None


class _Names(Chunks):
    def __init__(self, kind: Kind) -> None:
        self._kind = kind

    def _print(self, bodies: Sequence[Body]) -> None:
        sys.stdout.writelines(line_of(body, self._kind) for body in bodies)


class _Rows(Chunks):
    def __init__(self, table: Callable[[list[Body]], Table], *, headers: bool) -> None:
        self._table, self._headers = table, headers

    def _print(self, bodies: Sequence[Body]) -> None:
        if bodies:
            show_csv(self._table(list(bodies)), headers=self._headers)
            self._headers = False


class _Json(Chunks):
    def __init__(self, *, managed_fields: bool) -> None:
        self._managed_fields, self._begun = managed_fields, False
        self._head, _, self._tail = written({**LISTING, "items": []}, Format.JSON).rpartition("]")

    def _print(self, bodies: Sequence[Body]) -> None:
        for body in bodies:
            item = written(shown_of(body, managed_fields=self._managed_fields), Format.JSON).rstrip("\n")
            sys.stdout.write(("," if self._begun else self._head) + "\n    " + item.replace("\n", "\n    "))
            self._begun = True

    def _behind(self) -> str:
        return ("\n  ]" if self._begun else self._head + "]") + self._tail


class _Yaml(Chunks):
    def __init__(self, *, managed_fields: bool) -> None:
        self._managed_fields, self._begun = managed_fields, False
        self._empty = written({**LISTING, "items": []}, Format.YAML)

    def _print(self, bodies: Sequence[Body]) -> None:
        for body in bodies:
            item = written([shown_of(body, managed_fields=self._managed_fields)], Format.YAML)
            sys.stdout.write(("" if self._begun else self._empty.removesuffix(" []\n") + "\n") + item)
            self._begun = True

    def _behind(self) -> str:
        return "" if self._begun else self._empty


class _Chosen(Chunks):
    def __init__(self, template: OverItems, *, managed_fields: bool) -> None:
        self._template, self._managed_fields = template, managed_fields

    def _print(self, bodies: Sequence[Body]) -> None:
        with filling("jsonpath"):
            items = [shown_of(body, managed_fields=self._managed_fields) for body in bodies]
            sys.stdout.write(harmless(self._template.more(items)))

    def _behind(self) -> str:
        return harmless(self._template.end())
