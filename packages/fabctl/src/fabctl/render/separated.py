"""A table as CSV (RFC 4180, but with the line ends of Unix): for spreadsheets and scripts."""

import csv
import sys

from fabctl.fields import NOTHING
from fabctl.render.shapes import Table


def show_csv(table: Table, *, headers: bool) -> None:
    """Print a table to standard output; what is not known is empty, and times are RFC 3339 alone."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    if headers:
        writer.writerow(table.headers)
    writer.writerows(["" if cell == NOTHING else cell for cell in row] for row in table.rows)
