"""What is shown: coloured on a terminal, plain in a pipe. Imports rich only where there is a terminal."""

import os
import sys

from fabctl.render.shapes import Pairs, Section, Table, plain_sections, plain_table


def coloured() -> bool:
    """Return whether to show what a terminal shows: on one, and where FORCE_COLOR asks for it (force-color.org)."""
    return sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR"))


def show_table(table: Table, output: str = "table", *, headers: bool = True) -> None:
    """Print a table to standard output; `output` is csv, or anything else."""
    if output == "csv":
        from fabctl.render.separated import show_csv  # noqa: PLC0415

        show_csv(table, headers=headers)
    elif coloured() and headers:
        from fabctl.render.terminal import print_table  # noqa: PLC0415

        print_table(table)
    else:
        sys.stdout.write(plain_table(table, headers=headers))


def show_sections(sections: list[Section], *, below: bool = False) -> None:
    """Print titled parts, one after the other, to standard output; `below` something else that was printed."""
    if below:
        sys.stdout.write("\n")
    if coloured():
        from fabctl.render.terminal import console, print_sections  # noqa: PLC0415

        print_sections(console(), sections)
    else:
        sys.stdout.write(plain_sections(sections))


__all__ = ["Pairs", "Section", "Table", "show_sections", "show_table"]
