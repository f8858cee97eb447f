"""The table on a terminal, redrawn in place by rich."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.text import Text

from fabctl.render.shapes import Table
from fabctl.render.terminal import STYLES, console, rich_table, tree_line
from fabctl.render.tree import Line

FRAME_LINES = 8
"""Lines of the screen that are not rows: title, headers, rules, counts, time, trouble."""

FOOT_LINES = 3
"""Lines of the screen that are not of a tree: how many more there are, time, trouble."""

COLUMN_GAP = 3
LAST_COLUMN = 24
"""Characters that the last column gets at least."""


@contextmanager
def _on_screen() -> Iterator[tuple[Console, Live]]:
    """Show on the terminal's alternate screen; leaving it brings back what was there, and the cursor."""
    terminal = console()
    with Live(console=terminal, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False) as live:
        yield terminal, live


@contextmanager
def live_screen() -> Iterator["LiveScreen"]:
    """Begin to show tables."""
    with _on_screen() as shown:
        yield LiveScreen(*shown)


@contextmanager
def live_tree() -> Iterator["LiveTree"]:
    """Begin to show a tree."""
    with _on_screen() as shown:
        yield LiveTree(*shown)


class _Latest:
    """What was shown last, when that was, and what is wrong."""

    def __init__(self, terminal: Console, live: Live) -> None:
        self._terminal, self._live = terminal, live
        self._last: RenderableType = Text("")
        self._at = datetime.now().astimezone()

    def trouble(self, message: str) -> None:
        """Say below why there is nothing newer."""
        self._draw(message)

    def _show(self, found: RenderableType) -> None:
        self._at, self._last = datetime.now().astimezone(), found
        self._draw("")

    def _draw(self, trouble: str) -> None:
        foot = Text(f"as of {self._at:%H:%M:%S}, Ctrl-C ends", style="dim")
        parts = [self._last, foot, *([Text(trouble, style="bold red")] if trouble else [])]
        self._live.update(Group(*parts), refresh=True)


class LiveTree(_Latest):
    """The latest tree."""

    def show(self, lines: Sequence[Line]) -> None:
        """Show as many lines of a tree as the screen has room for; a long one ends at its edge."""
        room = max(1, self._terminal.height - FOOT_LINES)
        shown = [tree_line(line) for line in lines[:room]]
        for line in shown:
            line.truncate(self._terminal.width, overflow="ellipsis")
        hidden = len(lines) - room
        more = [Text(f"  and {hidden} more lines: make the window taller", style="bold")] if hidden > 0 else []
        self._show(Group(*shown, *more))


class LiveScreen(_Latest):
    """The latest table, and how many are how."""

    def show(self, table: Table, empty: str) -> None:
        """Show a table, or the sentence for an empty one."""
        self._show(Text(empty) if empty else Group(self._fitting(table), _counts(table)))

    def _fitting(self, table: Table) -> RenderableType:
        """Return as much of a table as fits on the screen, and how much does not."""
        room = max(1, self._terminal.height - FRAME_LINES)
        hidden = len(table.rows) - room
        if hidden <= 0:
            return _Roomy(table)
        more = Text(f"  and {hidden} more: choose with -n, -l or NAME, or make the window taller", style="bold")
        return Group(_Roomy(replace(table, rows=table.rows[:room])), more)


class _Roomy:
    """A table whose columns keep their width but for the last one; a screen too narrow even so cuts at its edge."""

    def __init__(self, table: Table) -> None:
        self._table = table
        columns = list(zip(table.headers, *table.rows, strict=True))[:-1]
        self._needed = sum(max(map(len, column)) + COLUMN_GAP for column in columns) + LAST_COLUMN

    def __rich_console__(self, terminal: Console, options: ConsoleOptions) -> RenderResult:
        """Render with the width that it needs."""
        wide = options.update(width=max(options.max_width, self._needed))
        yield from terminal.render(rich_table(self._table), wide)


def _counts(table: Table) -> Text:
    column = table.headers.index("Status")
    counts = Counter(row[column] for row in table.rows)
    text = Text("  ")
    for status, style in STYLES.items():
        if counts[status]:
            text.append(f"{counts[status]} {status}  ", style=style)
    return text
