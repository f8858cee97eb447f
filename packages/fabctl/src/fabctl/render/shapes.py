"""Tables and titled parts as such, and as plain text: columns aligned by spaces, and nothing cut off."""

import sys
from dataclasses import dataclass

from fabctl.start import at_once
from fabctl.times import for_people, in_full

GAP = "   "
INDENT = "  "


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headers; `numeric` names the columns that are aligned right."""

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[str] = frozenset()


Pairs = tuple[tuple[str, str], ...]
"""Names and values, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part with a title, "" for the first one."""

    title: str
    content: Table | Pairs


def table_for_people(table: Table) -> Table:
    """Return a table as people are told it."""
    return Table(table.title, table.headers, tuple(tuple(map(for_people, row)) for row in table.rows), table.numeric)


def section_for_people(section: Section) -> Section:
    """Return a titled part as people are told it."""
    if isinstance(section.content, Table):
        return Section(section.title, table_for_people(section.content))
    return Section(section.title, tuple((name, in_full(value)) for name, value in section.content))


def plain_table(table: Table, *, headers: bool = True) -> str:
    """Return a table for a pipe: headers in capitals, a line a row."""
    lines = [*([tuple(header.upper() for header in table.headers)] if headers else []), *table.rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "".join(plain_row(table, line, widths) for line in lines)


def width_of(table: Table) -> int:
    """Return how many columns of a terminal a table takes."""
    return sum(max(map(len, column)) + len(GAP) for column in zip(table.headers, *table.rows, strict=True))


def one_below_the_other(table: Table) -> str:
    """Return a table for a terminal that has no room for it: its rows one below the other, each as names and values."""
    return "\n".join(plain_pairs(tuple(zip(table.headers, row, strict=True))) for row in table.rows)


def column_span(table: Table, header: str) -> tuple[int, int]:
    """Return where a column begins and ends in each line of a plain table."""
    at = table.headers.index(header)
    widths = [max(map(len, column)) for column in zip(table.headers, *table.rows, strict=True)]
    start = sum(widths[:at]) + len(GAP) * at
    return start, start + widths[at]


def plain_row(table: Table, line: tuple[str, ...], widths: list[int]) -> str:
    """Return a line of a table with columns of these widths."""
    cells = (
        cell.rjust(width) if header in table.numeric else cell.ljust(width)
        for header, cell, width in zip(table.headers, line, widths, strict=True)
    )
    return GAP.join(cells).rstrip() + "\n"


def plain_sections(sections: list[Section]) -> str:
    """Return titled parts for a pipe."""
    return "\n".join(map(plain_section, sections))


def plain_section(section: Section, *, narrow: bool = False) -> str:
    """Return one titled part as plain text; where it is narrow the rows of a table stand one below the other."""
    indent = INDENT if section.title else ""
    if isinstance(section.content, Table):
        body = one_below_the_other(section.content) if narrow else plain_table(section.content)
    else:
        body = plain_pairs(section.content)
    lines = [f"{section.title}:"] if section.title else []
    return "\n".join([*lines, *((indent + line).rstrip() for line in body.splitlines())]) + "\n"


def plain_pairs(pairs: Pairs) -> str:
    """Return names and values, the values under each other."""
    width = max((len(name) for name, _ in pairs), default=0) + 1
    return "".join(f"{name + ':':<{width}}  {value}\n" for name, value in pairs)


def print_line(line: str) -> None:
    """Print a line to standard output, to be seen at once."""
    with at_once():
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
