"""The same with rich, on a terminal."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table as RichTable
from rich.text import Text

from fabctl.model import Status
from fabctl.registers import State
from fabctl.render.colouring import forced, without_style
from fabctl.render.drawing import ascii_only
from fabctl.render.shapes import INDENT, Section, Table, column_span, plain_section, print_line, width_of
from fabctl.times import for_people

if TYPE_CHECKING:
    from fabctl.render.tree import Line

_ASCII_HEAD = box.Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
"""`box.SIMPLE_HEAD` where ASCII is all there is."""

UNBOUNDED = 10_000
"""Columns of a terminal that has room for every table."""

STYLES = {
    Status.SYNCED: "green",
    Status.DRIFT: "bold yellow",
    Status.CORRECTING: "cyan",
    Status.FAILED: "bold red",
    Status.CONFLICT: "bold red",
    Status.WRONG_DEVICE: "bold red",
    Status.NO_TEMPLATE: "bold red",
    Status.SUSPENDED: "dim",
    Status.INVALID: "bold red",
    Status.NO_VALUE: "dim",
    Status.CONNECTING: "cyan",
    Status.PENDING: "dim",
    Status.UPDATING: "cyan",
}

STATE_STYLES = {
    State.ERROR: "bold red",
    State.DRIFT: "bold yellow",
    State.WRITING: "cyan",
    State.UNKNOWN: "dim",
    State.NO_VALUE: "dim",
    State.SYNCED: "green",
    State.GIVEN: "dim",
    State.OBSERVED: "dim",
}


PHASES = {
    "Ready": "green",
    "Provisioning": "cyan",
    "Pending": "dim",
    "Error": "bold red",
    "UPDATING": "cyan",
    "Watching": "green",
    "Planning": "cyan",
    "Releasing": "cyan",
    "Baking": "cyan",
    "Analysing": "cyan",
    "Paused": "bold yellow",
    "Restoring": "bold yellow",
    "Aborted": "bold red",
    "Done": "green",
    "Initializing": "cyan",
    "Progressing": "cyan",
    "Preview": "cyan",
    "Experimenting": "cyan",
    "Concluded": "bold yellow",
    "Completed": "green",
    "Failed": "bold red",
    "Recovering": "cyan",
}
"""Of racks, of rollouts and of experiments."""

WORDS = {
    **STYLES,
    **PHASES,
    "On": "green",
    "Off": "dim",
    "OK": "green",
    "Warning": "bold yellow",
    "Critical": "bold red",
    "not reachable": "bold red",
    "being deleted": "bold yellow",
    "light on": "bold cyan",
    "proven": "green",
    "released": "cyan",
    "held": "dim",
    "put back": "bold yellow",
    "done": "green",
    "under way": "cyan",
    "not begun": "dim",
    "given up": "bold red",
    "Successful": "green",
    "Failed": "bold red",
    "Inconclusive": "bold yellow",
    "scaled down": "dim",
    "Running": "green",
    "Terminating": "dim",
    "Passed": "green",
    "Injecting": "cyan",
    "Injected": "bold yellow",
    "Recovered": "green",
    "Gone": "dim",
    **dict.fromkeys(("(stable)", "(active)"), "green"),
    **dict.fromkeys(("(canary)", "(preview)"), "yellow"),
    **dict.fromkeys(("CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "Error", "OOMKilled"), "bold red"),
}
"""Of the parts of a Rack, of a rollout, and of an experiment."""


_STATUS = re.compile(rf"(?<=Status:) +(?:{'|'.join(STYLES)})(?= |$)")
_STATE = re.compile(rf"(?<=State:) +(?:{'|'.join(STATE_STYLES)})(?= |$)")


def console(*, stderr: bool = False, width: int | None = None) -> Console:
    """Return the terminal, without any style where none is wanted."""
    shown = partial(
        Console,
        file=sys.stderr if stderr else sys.stdout,
        highlight=False,
        markup=False,
        emoji=False,
        width=width,
    )
    if without_style():
        return shown(color_system=None)
    if not forced() or stderr:
        return shown(color_system="auto")
    return shown(color_system="auto" if sys.stdout.isatty() else "standard", force_terminal=True, no_color=False)


def print_table(table: Table) -> None:
    """Print a table; on a terminal that has no room for it its rows stand one below the other, and nothing is wrapped.

    A long value is left to the terminal even so, which copies it whole.
    """
    if sys.stdout.isatty() and width_of(table) > console().width:
        print_sections(console(), [Section(table.title, table)])
    else:
        console(width=UNBOUNDED).print(rich_table(table), crop=False)


def rich_table(table: Table) -> RichTable:
    """Return a table whose status words are coloured; where it has no room, its last column is folded."""
    shown = RichTable(
        title=table.title or None,
        title_style="bold",
        title_justify="left",
        box=_ASCII_HEAD if ascii_only() else box.SIMPLE_HEAD,
    )
    for header in table.headers:
        shown.add_column(
            header,
            justify="right" if header in table.numeric else "left",
            overflow="fold",
            no_wrap=header != table.headers[-1],
        )
    for row in table.rows:
        shown.add_row(*(_cell(header, cell) for header, cell in zip(table.headers, row, strict=True)))
    return shown


def _cell(header: str, cell: str) -> Text:
    if header == "Phase":
        return Text(cell, style=PHASES.get(cell, ""))
    return Text(cell, style=STYLES[Status(cell)] if header == "Status" and cell in STYLES else "")


def print_tree(lines: Iterable[Line]) -> None:
    """Print a tree; long lines are left to the terminal."""
    to = console()
    for line in lines:
        to.print(tree_line(line), soft_wrap=True)


def tree_line(line: Line) -> Text:
    """Return a line of a tree with its words coloured."""
    shown = Text().append(line.branch, style="dim").append(for_people(line.head), style="" if line.branch else "bold")
    for number, word in enumerate(line.words):
        shown.append(", " if number else "  ").append(for_people(word), style=WORDS.get(word, ""))
    return shown


_DIFFERENCE = {"---": "bold", "+++": "bold", "@@ ": "cyan"}


def print_difference(lines: Iterable[str]) -> None:
    """Print the lines of a difference: what goes is red, what comes green; long lines are left to the terminal."""
    to = console()
    for line in lines:
        style = _DIFFERENCE.get(line[:3]) or {"-": "red", "+": "green"}.get(line[:1], "")
        to.print(Text(line, style=style), soft_wrap=True)


def print_sections(to: Console, sections: list[Section]) -> None:
    """Print titled parts; long lines are left to the terminal, so that they can be copied whole."""
    text = Text("\n").join(_section(section, to.width if to.is_terminal else UNBOUNDED) for section in sections)
    to.print(text, soft_wrap=True, end="")


def _section(section: Section, room: int) -> Text:
    """Return a titled part with its title in bold and the words for how things stand coloured."""
    narrow = isinstance(section.content, Table) and width_of(section.content) + len(INDENT) > room
    lines = [Text(line) for line in plain_section(section, narrow=narrow).splitlines(keepends=True)]
    if section.title:
        lines[0].stylize("bold")
    if narrow or not isinstance(section.content, Table):
        for line in lines:
            line.highlight_regex(_STATUS, lambda word: STYLES[Status(word.strip())])
            line.highlight_regex(_STATE, lambda word: STATE_STYLES[State(word.strip())])
    elif "State" in section.content.headers:
        start, end = (len(INDENT) + at for at in column_span(section.content, "State"))
        for line in lines[2:]:
            line.stylize(STATE_STYLES[State(line.plain[start:end].rstrip())], start, end)
    return Text("").join(lines)


@contextmanager
def spinning(message: str) -> Iterator[Callable[[str], None]]:
    """Turn a spinner on standard error; what is yielded prints a line to standard output, without it in the way."""
    # Without redirection: rich would send to standard error what is meant for standard output.
    live = Live(
        Spinner("line" if ascii_only() else "dots", Text(message)),
        console=console(stderr=True),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )

    def say(line: str) -> None:
        live.stop()
        print_line(line)
        live.start()

    with live:
        yield say
