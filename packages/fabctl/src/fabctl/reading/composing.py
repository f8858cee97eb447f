"""One document of YAML made into a value, with the line of each field, within bounds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from fabctl.reading.lines import Lines
from fabctl.reading.scalars import ScalarError, resolved

DEEPEST = 100
"""Levels of lists and mappings below each other; a manifest has ten at most."""

MOST_COPIED = 100_000
"""What aliases may add to a document, in values and stretches of 32 characters: a few lines can mean billions."""

_LOADER: Any = getattr(yaml, "CLoader", yaml.Loader)
_MERGE = "<<"


class DocumentError(Exception):
    """A document cannot be read: its text says why, `line` where."""

    def __init__(self, line: int, said: str, *, sure: bool = True) -> None:
        super().__init__(said)
        self.line = line
        self.sure = sure
        """Whether another reading of the text would not mend it."""


@dataclass(frozen=True, slots=True)
class Node:
    """A value, where it and all below it stands, how much it is, and what is wrong with it."""

    value: Any
    lines: Lines
    weight: int = 1
    faults: tuple[tuple[int, str], ...] = ()


class Composer:
    """Reads one document; what stands behind its end is no YAML without `---`, and kubectl would pass over it."""

    def __init__(self, text: str, first_line: int) -> None:
        self._loader = _LOADER(text)
        self._first_line = first_line
        self._anchors: dict[str, Node] = {}
        self._faults: list[tuple[int, str]] = []
        self._copied = 0

    def close(self) -> None:
        """Give back what the parser holds."""
        self._loader.dispose()

    def document(self) -> Node | None:
        """Return the document, or nothing where there is none.

        Raises:
            DocumentError: It cannot be read.
            yaml.YAMLError: It is no YAML.
        """
        self._loader.get_event()  # the stream begins
        if self._loader.check_event(yaml.StreamEndEvent):
            return None
        self._loader.get_event()  # the document begins
        node = self._node(self._loader.get_event(), 0)
        self._loader.get_event()  # the document ends
        self._loader.get_event()  # the stream ends
        return Node(node.value, node.lines, node.weight, tuple(self._faults))

    def _line(self, event: Any) -> int:
        return self._first_line + int(event.start_mark.line)

    def _at(self, event: Any, below: Any = None) -> Lines:
        return Lines(self._line(event), below, int(event.start_mark.column) + 1)

    def _node(self, event: Any, depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._aliased(event)
        if isinstance(event, yaml.ScalarEvent):
            node = self._scalar(event)
        elif depth == DEEPEST:
            raise DocumentError(self._line(event), f"this is nested more than {DEEPEST} levels deep")
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self._sequence(event, depth + 1)
        else:
            node = self._mapping(event, depth + 1)
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _aliased(self, event: Any) -> Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            raise DocumentError(self._line(event), f"*{event.anchor} is an alias of nothing that stands above it")
        self._count(node, self._line(event))
        return node

    def _count(self, node: Node, line: int) -> None:
        self._copied += node.weight
        if self._copied > MOST_COPIED:
            raise DocumentError(line, "aliases make this document too large: write out what is meant")

    def _scalar(self, event: Any) -> Node:
        try:
            value = resolved(event.value, event.tag, plain=event.implicit[0])
        except ScalarError as error:
            self._faults.append((self._line(event), str(error)))
            value = event.value
        return Node(value, self._at(event), 1 + len(event.value) // 32)

    def _sequence(self, event: Any, depth: int) -> Node:
        values, lines, weight = [], [], 1
        while not isinstance(each := self._loader.get_event(), yaml.SequenceEndEvent):
            node = self._node(each, depth)
            values.append(node.value)
            lines.append(node.lines)
            weight += node.weight
        return Node(values, self._at(event, lines), weight)

    def _mapping(self, event: Any, depth: int) -> Node:
        values: dict[str, Any] = {}
        lines: dict[str, Lines] = {}
        merged: set[str] = set()
        weight = 1
        while not isinstance(each := self._loader.get_event(), yaml.MappingEndEvent):
            key, line = self._key(each, depth), self._line(each)
            node = self._node(self._loader.get_event(), depth)
            weight += node.weight + 1 + len(key) // 32
            if key == _MERGE and each.implicit[0]:
                merged |= self._merge(values, lines, merged, node, line)
            elif key in values and key not in merged:
                self._faults.append((line, f"{key} stands twice, here and on line {lines[key].line}: take one away"))
            else:
                values[key], lines[key] = node.value, self._at(each, node.lines.below)
                merged.discard(key)
        return Node(values, self._at(event, lines), weight)

    def _key(self, event: Any, depth: int) -> str:
        """Return a key as JSON has it, where each is a text."""
        value = self._node(event, depth).value
        if isinstance(value, bool):
            return "true" if value else "false"
        if not isinstance(value, str | int):
            raise DocumentError(self._line(event), "this cannot be the name of a field: put it in quotes")
        return str(value)

    def _merge(
        self, values: dict[str, Any], lines: dict[str, Lines], merged: set[str], node: Node, line: int
    ) -> set[str]:
        """Take in what `<<` names: the first of several goes first; return the names that came so."""
        new: set[str] = set()
        for below, where in self._mergeable(node, line):
            for key, value in below.items():
                if key in values and key not in merged and key not in new:
                    self._faults.append(
                        (line, f"<< would overwrite {key} of line {lines[key].line} for kubectl: put << above it")
                    )
                elif key not in new:
                    values[key], lines[key] = value, where.get(key, Lines(line))
                    new.add(key)
        return new

    def _mergeable(self, node: Node, line: int) -> list[tuple[Mapping[str, Any], Mapping[str, Lines]]]:
        values, below = (node.value, node.lines.below) if isinstance(node.value, list) else ([node.value], [node.lines])
        if not all(isinstance(each, dict) for each in values):
            raise DocumentError(line, "<< takes a mapping, or a list of mappings")
        places = below if isinstance(below, list) else []
        return [(value, place.below or {}) for value, place in zip(values, places, strict=True)]
