"""The table on a terminal, redrawn in place by rich."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from fabctl.render.shapes import Table
from fabctl.render.terminal import STYLES, console, rich_table

FRAME_LINES = 8
"""Lines of the screen that are not rows: title, headers, rules, counts, time, trouble."""


@contextmanager
def live_screen() -> Iterator["LiveScreen"]:
    """Show on the terminal's alternate screen; leaving it brings back what was there, and the cursor."""
    terminal = console()
    with Live(console=terminal, screen=True, auto_refresh=False) as live:
        yield LiveScreen(terminal, live)


class LiveScreen:
    """The latest table, how many are how, and what is wrong."""

    def __init__(self, terminal: Console, live: Live) -> None:
        """Begin with nothing shown."""
        self._terminal, self._live = terminal, live
        self._last: RenderableType = Text("")
        self._at = datetime.now().astimezone()

    def show(self, table: Table, empty: str) -> None:
        """Show a table, or the sentence for an empty one."""
        self._at = datetime.now().astimezone()
        self._last = Text(empty) if empty else Group(self._fitting(table), _counts(table))
        self._draw("")

    def trouble(self, message: str) -> None:
        """Say under the last table why there is nothing newer."""
        self._draw(message)

    def _draw(self, trouble: str) -> None:
        foot = Text(f"as of {self._at:%H:%M:%S}, Ctrl-C ends", style="dim")
        parts = [self._last, foot, *([Text(trouble, style="bold red")] if trouble else [])]
        self._live.update(Group(*parts), refresh=True)

    def _fitting(self, table: Table) -> RenderableType:
        """Return as much of a table as fits on the screen, and how much does not."""
        room = max(1, self._terminal.height - FRAME_LINES)
        hidden = len(table.rows) - room
        if hidden <= 0:
            return rich_table(table)
        more = Text(f"  and {hidden} more: choose with -n, -l or NAME, or make the window taller", style="bold")
        return Group(rich_table(replace(table, rows=table.rows[:room])), more)


def _counts(table: Table) -> Text:
    column = table.headers.index("Status")
    counts = Counter(row[column] for row in table.rows)
    text = Text("  ")
    for status, style in STYLES.items():
        if counts[status]:
            text.append(f"{counts[status]} {status}  ", style=style)
    return text
