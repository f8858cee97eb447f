"""A pipe into which one table is written after the other, and whether anybody reads it."""

from __future__ import annotations

import select
import sys

from fabctl.render.shapes import Table, plain_table


def nobody_reads() -> bool:
    """Return whether standard output is a pipe that nobody reads any more, where the system can tell (not Windows).

    A write would tell as well, but while nothing changes there is nothing to write.
    """
    if not hasattr(select, "poll"):
        return False
    poll = select.poll()
    poll.register(sys.stdout, 0)  # POSIX, poll(): POLLERR and POLLHUP are told unasked
    return bool(poll.poll(0))


class Pipe:
    """Prints a table when it differs from the last one, and trouble once, to standard error."""

    def __init__(self) -> None:
        """Begin with nothing shown."""
        self._shown = ""
        self._trouble = ""

    def show(self, table: Table, empty: str) -> None:
        """Print what has changed."""
        if self._trouble:
            self._trouble = ""
            sys.stderr.write("fabctl: the API server answers again\n")
        text = plain_table(table)
        if text == self._shown:
            return
        if empty:
            sys.stderr.write(empty + "\n")
        else:
            sys.stdout.write(f"\n{text}" if self._shown else text)
            sys.stdout.flush()
        self._shown = text

    def trouble(self, message: str) -> None:
        """Say why there is nothing newer, unless that was said."""
        if message != self._trouble:
            self._trouble = message
            sys.stderr.write(f"fabctl: {message}\n")
