"""The standard streams where they are closed, full, or nobody reads them."""

import os
import sys
from io import TextIOWrapper
from typing import TextIO


def make_whole() -> None:
    """Put streams in the place of those that the program was started without (`>&-`), which Python leaves as None.

    What is to become of the output is then decided where it is written: into standard output that was closed it fails
    as it does on a closed descriptor, and of standard error nobody would be told.
    """
    if sys.stdout is None:
        sys.stdout = _devnull(os.O_RDONLY)
    if sys.stderr is None:
        sys.stderr = _devnull(os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and not stream.encoding.lower().startswith("utf"):
            stream.reconfigure(errors="replace")  # a name that the locale cannot show ends nothing


def settle() -> None:
    """Write what is left or, where that cannot be done, drop it; the interpreter would try again and exit with 120."""
    try:
        sys.stdout.flush()
    except OSError:
        _give_up(sys.stdout)


def complain(line: str) -> None:
    """Write a line to standard error; where that cannot be done, the exit code has to say it all."""
    try:
        sys.stderr.write(line + "\n")
    except OSError:
        _give_up(sys.stderr)


def _give_up(stream: TextIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _devnull(flags: int) -> TextIO:
    return open(os.open(os.devnull, flags), "w", encoding="utf-8", closefd=False)
