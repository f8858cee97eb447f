"""What stands in what as a tree of lines: the house of a Rack, the waves of a rollout."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from fabctl.render import coloured
from fabctl.render.drawing import ascii_only, drawn
from fabctl.times import spoken

_LINES = ("├── ", "└── ", "│   ", "    ")
_ASCII = ("|-- ", "`-- ", "|   ", "    ")
"""For an output that has no others: in between, last, and below each of them."""


class Drawn(Protocol):
    """Something in a tree."""

    @property
    def called(self) -> str:
        """Return what kind of thing it is, nothing where its name says so."""

    @property
    def name(self) -> str:
        """Return its name."""

    @property
    def words(self) -> tuple[str, ...]:
        """Return how it stands."""

    @property
    def more(self) -> tuple[str, ...]:
        """Return what is said where there is room for it."""

    @property
    def inside(self) -> Sequence[Drawn]:
        """Return what is in it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line: what draws the branch, what stands there, and how it stands."""

    branch: str
    head: str
    words: tuple[str, ...]

    @property
    def plain(self) -> str:
        """Return it without colours."""
        said = f"  {', '.join(self.words)}" if self.words else ""
        return f"{self.branch}{self.head}{said}"


def tree(top: Drawn, *, wide: bool, plain: bool = False) -> Iterator[Line]:
    """Yield the lines of a tree."""
    yield _line("", top, wide=wide)
    yield from _inside(top, "", _ASCII if plain else _LINES, wide=wide)


def lines_of(top: Drawn, *, wide: bool) -> list[Line]:
    """Return the lines of a tree as standard output can show them."""
    lines = tree(top, wide=wide, plain=ascii_only())
    return [Line(line.branch, drawn(line.head), tuple(map(drawn, line.words))) for line in lines]


def show_tree(top: Drawn, *, wide: bool) -> None:
    """Print a tree to standard output."""
    lines = lines_of(top, wide=wide)
    if coloured():
        from fabctl.render.terminal import print_tree  # noqa: PLC0415

        print_tree(lines)
    else:
        sys.stdout.writelines(f"{line.plain}\n" for line in lines)


def _inside(room: Drawn, before: str, drawn: tuple[str, str, str, str], *, wide: bool) -> Iterator[Line]:
    between, last, beside, below = drawn
    for number, each in enumerate(room.inside, 1):
        at_end = number == len(room.inside)
        yield _line(before + (last if at_end else between), each, wide=wide)
        yield from _inside(each, before + (below if at_end else beside), drawn, wide=wide)


def _line(branch: str, room: Drawn, *, wide: bool) -> Line:
    words = (*room.words, *(room.more if wide else ()))
    head = spoken("{} {}", room.called, room.name) if room.called and room.name else room.called or room.name
    return Line(branch, head, words)
