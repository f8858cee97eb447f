"""The same with rich, on a terminal."""

import os
import sys

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from fabctl.model import Status
from fabctl.render.shapes import Section, Table, plain_sections

STYLES = {
    Status.SYNCED: "green",
    Status.DRIFT: "bold yellow",
    Status.CORRECTING: "cyan",
    Status.FAILED: "bold red",
    Status.SUSPENDED: "dim",
    Status.INVALID: "bold red",
    Status.CONNECTING: "cyan",
    Status.PENDING: "dim",
    Status.UPDATING: "cyan",
}


def console(*, stderr: bool = False) -> Console:
    """Return the terminal; without any style when NO_COLOR is set (no-color.org)."""
    return Console(
        file=sys.stderr if stderr else sys.stdout,
        color_system=None if os.environ.get("NO_COLOR") else "auto",
        highlight=False,
        markup=False,
        emoji=False,
    )


def rich_table(table: Table) -> RichTable:
    """Return a table whose status words are coloured; what is too wide is folded, never cut off."""
    shown = RichTable(title=table.title or None, title_style="bold", title_justify="left", box=box.SIMPLE_HEAD)
    for header in table.headers:
        shown.add_column(header, justify="right" if header in table.numeric else "left", overflow="fold")
    for row in table.rows:
        shown.add_row(*(_cell(header, cell) for header, cell in zip(table.headers, row, strict=True)))
    return shown


def _cell(header: str, cell: str) -> Text:
    return Text(cell, style=STYLES[Status(cell)] if header == "Status" and cell in STYLES else "")


def print_sections(to: Console, sections: list[Section]) -> None:
    """Print titled parts; long lines are left to the terminal, so that they can be copied whole."""
    for number, section in enumerate(sections):
        text = Text("\n" if number else "", end="")
        text.append(plain_sections([section]))
        text.highlight_regex(r"^[A-Z][^:\n]*:$", "bold")
        for status, style in STYLES.items():
            text.highlight_regex(rf"(?<=^Status:) +{status}\b", style)
        to.print(text, soft_wrap=True)
