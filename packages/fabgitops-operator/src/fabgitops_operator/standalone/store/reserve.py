"""A file that is there to be given up: on a full disk even a deletion needs room first."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

FILE = "reserve"
SIZE = 4 * 2**20


def keep(folder: Path) -> None:
    """Have the reserve, where the disk has plenty of room left; without it everything works but the way out."""
    path = folder / FILE
    if path.exists() or shutil.disk_usage(folder).free < 8 * SIZE:
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, SIZE)
    except OSError:
        with suppress(OSError):
            path.unlink()
    finally:
        os.close(descriptor)


def free(folder: Path) -> int:
    """Give the reserve up; return the bytes that were gained. The next start with room makes it anew."""
    path = folder / FILE
    try:
        size = path.stat().st_size
        path.unlink()
    except FileNotFoundError:
        return 0
    return size
