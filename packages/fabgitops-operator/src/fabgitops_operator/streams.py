"""What a command says: results to standard output, complaints in a line to standard error."""

import errno
import sys


def complain(message: str) -> None:
    """Say in one line what is wrong."""
    sys.stderr.write(f"fabgitops-operator: {' '.join(message.split())}\n")


def say(text: str) -> None:
    """Write to standard output.

    Raises:
        OSError: It cannot be written, or whoever started the process closed it.
    """
    if sys.stdout is None:
        raise OSError(errno.EBADF, "standard output is closed")
    sys.stdout.write(text)
