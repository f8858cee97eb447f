"""JSON with the line of each field, which the standard library does not tell."""

import re
from collections.abc import Iterator
from dataclasses import replace
from json import JSONDecodeError, JSONDecoder
from typing import Any

from fabgitops_operator.standalone.source.composing import DEEPEST, DocumentError, Node
from fabgitops_operator.standalone.source.lines import Lines
from fabgitops_operator.standalone.source.scalars import Scalar, json_number

_SPACE = re.compile(r"[ \t\r\n]*")
_BEGINNINGS = frozenset("-0123456789tfn")


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


_DECODER = JSONDecoder(parse_constant=_no_number)


def json_documents(text: str) -> Iterator[Node]:
    """Return an iterator over the values that stand in a text one after the other.

    Raises:
        DocumentError: The text is no JSON.
    """
    return iter(_Reader(text).documents())


class _Reader:
    """Reads a text from its beginning to its end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._counted_to = 0
        self._lines = 1
        self._line_begins = 0
        self._faults: list[tuple[int, str]] = []

    def documents(self) -> list[Node]:
        found = []
        while self._next():
            node = self._node(0)
            found.append(Node(node.value, node.lines, node.weight, tuple(self._faults)))
            self._faults = []
        return found

    def _line(self) -> int:
        if new := self._text.count("\n", self._counted_to, self._at):
            self._lines += new
            self._line_begins = self._text.rfind("\n", self._counted_to, self._at) + 1
        self._counted_to = self._at
        return self._lines

    def _here(self) -> Lines:
        line = self._line()
        return Lines(line, None, self._at - self._line_begins + 1)

    def _next(self) -> str:
        """Pass over spaces, and return the character that follows: none at the end."""
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._text[self._at : self._at + 1]

    def _take(self, wanted: str) -> None:
        if self._next() != wanted:
            raise self._error(f"{wanted!r} is missing")
        self._at += 1

    def _error(self, said: str) -> DocumentError:
        return DocumentError(self._line(), f"this is no JSON: {said}", sure=False)

    def _node(self, depth: int) -> Node:
        if depth == DEEPEST:
            raise DocumentError(self._line(), f"this is nested more than {DEEPEST} levels deep")
        first, here = self._next(), self._here()
        if first == "{":
            return self._mapping(here, depth + 1)
        if first == "[":
            return self._sequence(here, depth + 1)
        value = self._string() if first == '"' else self._bare()
        return Node(value, here, 1)

    def _string(self) -> str:
        value = self._scalar()
        try:
            value.encode()
        except UnicodeEncodeError:
            raise self._error("half a character stands alone (a surrogate)") from None
        return str(value)

    def _bare(self) -> Scalar:
        if self._text[self._at : self._at + 1] not in _BEGINNINGS:
            raise self._error("a value is missing")
        value = self._scalar()
        if isinstance(value, float | int) and not isinstance(value, bool):
            return json_number(value)
        return value  # type: ignore[no-any-return]  # a word: true, false or null

    def _scalar(self) -> Any:
        """Return what stands here, by the reader of the standard library."""
        try:
            value, self._at = _DECODER.raw_decode(self._text, self._at)
        except ValueError as error:
            raise self._error(error.msg if isinstance(error, JSONDecodeError) else str(error)) from None
        if isinstance(value, float) and abs(value) == float("inf"):
            raise self._error("this is too large a number")
        return value

    def _sequence(self, here: Lines, depth: int) -> Node:
        values: list[Any] = []
        lines: list[Lines] = []
        self._at += 1
        while self._next() != "]":
            if values:
                self._take(",")
            node = self._node(depth)
            values.append(node.value)
            lines.append(node.lines)
        self._at += 1
        return Node(values, replace(here, below=lines))

    def _mapping(self, here: Lines, depth: int) -> Node:
        values: dict[str, Any] = {}
        lines: dict[str, Lines] = {}
        self._at += 1
        while self._next() != "}":
            if values:
                self._take(",")
            self._field(values, lines, depth)
        self._at += 1
        return Node(values, replace(here, below=lines))

    def _field(self, values: dict[str, Any], lines: dict[str, Lines], depth: int) -> None:
        if self._next() != '"':
            raise self._error("the name of a field is missing")
        here, key = self._here(), self._string()
        self._take(":")
        node = self._node(depth)
        if key in values:
            self._faults.append((here.line, f"{key} stands twice, here and on line {lines[key].line}: take one away"))
        values[key], lines[key] = node.value, replace(here, below=node.lines.below)
