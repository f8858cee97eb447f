"""What an expression is made of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias


class SyntaxFault(ValueError):
    """A text is no expression, or names what there is not here; `at` is the place of that in the text, -1 for none."""

    def __init__(self, message: str, at: int = -1) -> None:
        super().__init__(message)
        self.at = at


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as it stands."""

    value: Any


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, or the name of a type."""

    name: str
    at: int = field(default=-1, compare=False)


@dataclass(frozen=True, slots=True)
class Select:
    """A field of a mapping, `a.b`; `optional` is `a.?b`."""

    of: "Node"
    field: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """An item of a list or a mapping, `a[b]`; `optional` is `a[?b]`."""

    of: "Node"
    key: "Node"
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A function, an operator (by its sign) or a macro; `target` is what stands before the dot, if there is one."""

    name: str
    arguments: tuple["Node", ...]
    target: "Node | None" = None
    at: int = field(default=-1, compare=False)


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list, item by item."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping, key by key."""

    entries: Sequence[tuple["Node", "Node"]]


Node: TypeAlias = Literal | Name | Select | Index | Call | ListOf | MapOf
