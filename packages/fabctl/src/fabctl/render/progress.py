"""That something takes its time: a spinner on standard error, where that is a terminal."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from fabctl.render.shapes import print_line


def spinner(message: str) -> AbstractContextManager[Callable[[str], None]]:
    """Turn while the context lasts, and leave no trace; what it gives prints a line to standard output meanwhile."""
    if not sys.stderr.isatty():
        return nullcontext(print_line)
    from fabctl.render.terminal import spinning  # noqa: PLC0415

    return spinning(message)
