"""What is shown: coloured on a terminal, plain in a pipe. Imports rich only where there is a terminal."""

import sys

from fabctl.render.colouring import coloured
from fabctl.render.shapes import (
    Pairs,
    Section,
    Table,
    plain_sections,
    plain_table,
    section_for_people,
    table_for_people,
)


def show_table(table: Table, output: str = "table", *, headers: bool = True) -> None:
    """Print a table to standard output; `output` is csv, or anything else."""
    if output == "csv":
        from fabctl.render.separated import show_csv  # noqa: PLC0415

        show_csv(table, headers=headers)
    elif not coloured():
        sys.stdout.write(plain_table(table, headers=headers))
    elif headers:
        from fabctl.render.terminal import print_table  # noqa: PLC0415

        print_table(table_for_people(table))
    else:
        sys.stdout.write(plain_table(table_for_people(table), headers=False))


def show_sections(sections: list[Section], *, below: bool = False) -> None:
    """Print titled parts, one after the other, to standard output; `below` something else that was printed."""
    if below:
        sys.stdout.write("\n")
    if coloured():
        from fabctl.render.terminal import console, print_sections  # noqa: PLC0415

        print_sections(console(), list(map(section_for_people, sections)))
    else:
        sys.stdout.write(plain_sections(sections))


__all__ = ["Pairs", "Section", "Table", "coloured", "show_sections", "show_table"]
