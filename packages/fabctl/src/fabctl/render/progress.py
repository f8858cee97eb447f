"""That something takes its time: a spinner on standard error, where that is a terminal."""

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any


def spinner(message: str) -> AbstractContextManager[Any]:
    """Turn while the context lasts, and leave no trace."""
    if not sys.stderr.isatty():
        return nullcontext()
    from fabctl.render.terminal import console  # noqa: PLC0415

    return console(stderr=True).status(message)
