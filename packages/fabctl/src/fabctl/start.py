"""Where the program begins: before anything else is imported Ctrl-C is looked after, so it never shows a traceback.

Nor is garbage looked for while the program is read, and when it ends: there is none, and it takes a sixth of the time
that a short command takes in all.
"""

import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
"""The exit code that a shell reports of a program that Ctrl-C ended."""


def main() -> None:
    """Run the command line and end the process with its exit code."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # and not ignored, as under nohup
        signal.signal(signal.SIGINT, _leave)
    gc.disable()
    from fabctl.app import main as run  # noqa: PLC0415

    run()


def complete() -> None:
    """Complete a command line of `kubectl fab`, as kubectl asks its plugins to: by what stands behind it so far."""
    sys.argv[1:1] = ["__candidates", "--"]
    main()


def _leave(_number: int, _frame: FrameType | None) -> None:
    """End at once: while the program is being read there is nothing to put back, and no exception passes an import."""
    os._exit(INTERRUPTED)


def interruptible() -> None:
    """From now on let Ctrl-C be an exception, which passes all that has something to put back."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def at_once() -> Iterator[None]:
    """Let Ctrl-C be an exception there and then, while a person or a pager is waited for.

    asyncio only notes the first one, for a task to be cancelled; none goes on until what blocks has ended.
    """
    before = signal.getsignal(signal.SIGINT)
    if not callable(before):  # ignored, as under nohup
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def is_read() -> None:
    """From now on look for garbage, though not in what has been read: a command may go on for days."""
    gc.freeze()
    gc.enable()


def over() -> None:
    """From now on let Ctrl-C do nothing: what is left of the program takes no time."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
