"""Where a rollout is told of again and again: a tree on the terminal, redrawn in place, or lines in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from fabctl.parts import Decision
from fabctl.render.shapes import GAP
from fabctl.render.tree import Drawn, lines_of

if TYPE_CHECKING:
    from fabctl.render.live import LiveTree


SECOND = timedelta(seconds=1)


class Told(Protocol):
    """Shows how a rollout stands."""

    def show(self, decisions: Sequence[Decision], tree: Drawn, *, wide: bool) -> None:
        """Show it, and what was decided."""

    def trouble(self, message: str) -> None:
        """Say why there is nothing newer."""


@contextmanager
def open_tree(ends: str = "Ctrl-C ends") -> Iterator[Told]:
    """Begin to show; afterwards a terminal is as it was. `ends` says on a terminal what Ctrl-C does."""
    if not sys.stdout.isatty():
        yield Lines()
        return
    from fabctl.render.live import live_tree  # noqa: PLC0415

    with live_tree(ends) as screen:
        yield _OnScreen(screen)


class _OnScreen:
    def __init__(self, screen: LiveTree) -> None:
        self._screen = screen

    def show(self, _: Sequence[Decision], tree: Drawn, *, wide: bool) -> None:
        """Draw the tree anew."""
        self._screen.show(lines_of(tree, wide=wide))

    def trouble(self, message: str) -> None:
        """Say so below it."""
        self._screen.trouble(message)


class Lines:
    """Prints a line for each decision and for each change of how it stands; trouble once, to standard error."""

    def __init__(self) -> None:
        """Begin with nothing told."""
        self._said = ""
        self._decisions: set[Decision] | None = None
        self._trouble = ""

    def show(self, decisions: Sequence[Decision], tree: Drawn, *, wide: bool) -> None:
        """Print what is new; of the decisions those that were made since the first look."""
        if self._trouble:
            self._trouble = ""
            sys.stderr.write("fabctl: the API server answers again\n")
        before = self._decisions
        self._decisions = set(decisions)
        for each in decisions if before is not None else ():
            if each not in before:  # type: ignore[operator]
                _print(each.at, each.stage, each.rule, each.outcome)
        words = tree.words
        if (said := GAP.join(words)) != self._said:
            self._said = said
            _print(_now(decisions), *words)

    def trouble(self, message: str) -> None:
        """Say why there is nothing newer, unless that was said."""
        if message != self._trouble:
            self._trouble = message
            sys.stderr.write(f"fabctl: {message}\n")


def _now(decisions: Sequence[Decision]) -> datetime:
    """Return when a line is printed that follows from decisions: a status holds the next whole second of each."""
    now = datetime.now(UTC)
    last = next((each.at for each in reversed(decisions) if each.at), now)
    return last if now < last <= now + SECOND else now


def _print(at: datetime | None, *words: str) -> None:
    sys.stdout.write(GAP.join([f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else "-", *words]) + "\n")
    sys.stdout.flush()
