"""A table as CSV (RFC 4180, but with the line ends of Unix): for spreadsheets and scripts."""

import csv
import re
import sys

from fabctl.fields import NOTHING
from fabctl.render.shapes import Table

_AGE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) \(\d+[smhd]\)")


def show_csv(table: Table, *, headers: bool) -> None:
    """Print a table to standard output; what is not known is empty, and times are RFC 3339 alone."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    if headers:
        writer.writerow(table.headers)
    writer.writerows([_plain(cell) for cell in row] for row in table.rows)


def _plain(cell: str) -> str:
    if cell == NOTHING:
        return ""
    at = _AGE.fullmatch(cell)
    return at[1] if at else cell
