"""A dashboard or a tree on a terminal, redrawn in place by rich."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from fabctl.render.drawing import ascii_only
from fabctl.render.terminal import console, tree_line
from fabctl.render.tree import Line

FOOT_LINES = 3
"""Lines of the screen that are not of a tree: how many more there are, time, trouble."""


@contextmanager
def _on_screen() -> Iterator[tuple[Console, Live]]:
    """Show on the terminal's alternate screen; leaving it brings back what was there, and the cursor."""
    terminal = console()
    with Live(console=terminal, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False) as live:
        yield terminal, live


@contextmanager
def live_board() -> Iterator["LiveBoard"]:
    """Begin to show a dashboard."""
    with _on_screen() as shown:
        yield LiveBoard(*shown)


@contextmanager
def live_tree(ends: str) -> Iterator["LiveTree"]:
    """Begin to show a tree, and below it what Ctrl-C does."""
    with _on_screen() as shown:
        yield LiveTree(*shown, ends)


class _Latest:
    """What was shown last, when that was, and what is wrong."""

    def __init__(self, terminal: Console, live: Live, ends: str) -> None:
        self._terminal, self._live, self._ends = terminal, live, ends
        self._last: RenderableType = Text("")
        self._at = datetime.now().astimezone()

    def trouble(self, message: str) -> None:
        """Say below why there is nothing newer."""
        self._draw(message)

    def _show(self, found: RenderableType) -> None:
        self._at, self._last = datetime.now().astimezone(), found
        self._draw("")

    def _draw(self, trouble: str) -> None:
        foot = Text(f"as of {self._at:%H:%M:%S}, {self._ends}", style="dim")
        parts = [self._last, foot, *([Text(trouble, style="bold red")] if trouble else [])]
        self._live.update(Group(*parts), refresh=True)


class LiveTree(_Latest):
    """The latest tree."""

    def show(self, lines: Sequence[Line]) -> None:
        """Show as many lines of a tree as the screen has room for; a long one ends at its edge."""
        room = max(1, self._terminal.height - FOOT_LINES)
        shown = [tree_line(line) for line in lines[:room]]
        for line in shown:
            line.truncate(self._terminal.width, overflow="crop" if ascii_only() else "ellipsis")
        hidden = len(lines) - room
        more = [Text(f"  and {hidden} more lines: make the window taller", style="bold")] if hidden > 0 else []
        self._show(Group(*shown, *more))


class LiveBoard:
    """A dashboard, each line of which ends at the edge of the screen."""

    def __init__(self, terminal: Console, live: Live) -> None:
        """Begin with nothing shown."""
        self._terminal, self._live = terminal, live

    @property
    def size(self) -> tuple[int, int]:
        """Return width and height as they are now."""
        return self._terminal.width, self._terminal.height

    def show(self, lines: Sequence[Text]) -> None:
        """Show the lines."""
        self._live.update(Group(*lines), refresh=True)
