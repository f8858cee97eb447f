"""Files that somebody names, read within a bound: one may be endless, as a pipe or a device is."""

import errno
from pathlib import Path
from typing import BinaryIO

MOST_BYTES = 256 << 20
"""Bytes of a file: a manifest has a few thousand."""


def read_file(file: Path) -> bytes:
    """Return what stands in a file.

    Raises:
        OSError: It cannot be read, or is too large.
    """
    with file.open("rb") as opened:
        return read_all(opened)


def read_all(stream: BinaryIO) -> bytes:
    """Return what comes from a stream until it ends.

    Raises:
        OSError: It cannot be read, or is too much.
    """
    found = stream.read(MOST_BYTES + 1)
    if len(found) > MOST_BYTES:
        raise OSError(errno.EFBIG, f"it has more than {MOST_BYTES >> 20} MiB")
    return found
