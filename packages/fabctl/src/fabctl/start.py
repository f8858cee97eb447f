"""Where the program begins: before anything else is imported Ctrl-C is looked after, so it never shows a traceback."""

import os
import signal
from types import FrameType

INTERRUPTED = 130
"""The exit code that a shell reports of a program that Ctrl-C ended."""


def main() -> None:
    """Run the command line and end the process with its exit code."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # and not ignored, as under nohup
        signal.signal(signal.SIGINT, _leave)
    from fabctl.app import main as run  # noqa: PLC0415

    run()


def _leave(_number: int, _frame: FrameType | None) -> None:
    """End at once: while the program is being read there is nothing to put back, and no exception passes an import."""
    os._exit(INTERRUPTED)


def interruptible() -> None:
    """From now on let Ctrl-C be an exception, which passes all that has something to put back."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def over() -> None:
    """From now on let Ctrl-C do nothing: what is left of the program takes no time."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
