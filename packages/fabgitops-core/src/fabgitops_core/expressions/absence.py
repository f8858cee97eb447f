"""Of what a condition speaks that is not there: that kind alone it is asked about, and no other.

A guard against an empty list says nothing of NaN, with which every comparison is false: `len(result) > 0 &&
result[0] > 5` would find no fault with it.
"""

from collections.abc import Iterator
from enum import StrEnum

from fabgitops_core.expressions.cel.nodes import Call, Index, ListOf, Literal, MapOf, Node, Select


class Absence(StrEnum):
    """What there is instead of something to judge."""

    NULL = "null"
    EMPTY = "empty"
    """A list without items."""
    NAN = "NaN"
    """A number that is none."""


_BY = {
    "isNil": {Absence.NULL},
    "isNaN": {Absence.NAN},
    "default": {Absence.NULL, Absence.EMPTY},  # of NaN it is the value that is there
}
_COUNTS = frozenset({"len", "size"})
_PICKS = "filter"


def spoken_of(node: Node) -> frozenset[Absence]:
    """Return of what an expression speaks."""
    own: set[Absence] = set()
    match node:
        case Call(name, arguments, target):
            own |= _BY.get(name, set())
            if name in _COUNTS and not any(map(_picks, _counted(arguments, target))):
                own.add(Absence.EMPTY)
        case Select(optional=True) | Index(optional=True):
            own |= {Absence.NULL, Absence.EMPTY}
        case Literal(None):
            own.add(Absence.NULL)
    return frozenset(own).union(*map(spoken_of, _parts(node)))


def _counted(arguments: tuple[Node, ...], target: Node | None) -> tuple[Node, ...]:
    return arguments if target is None else (target,)


def _picks(node: Node) -> bool:
    """Return whether a list is what was picked from another: that it has no items says nothing of that other."""
    return (isinstance(node, Call) and node.name == _PICKS) or any(map(_picks, _parts(node)))


def _parts(node: Node) -> Iterator[Node]:
    match node:
        case Call(_, arguments, target):
            yield from arguments
            if target is not None:
                yield target
        case Select(of):
            yield of
        case Index(of, key):
            yield from (of, key)
        case ListOf(items):
            yield from items
        case MapOf(entries):
            yield from (each for entry in entries for each in entry)
