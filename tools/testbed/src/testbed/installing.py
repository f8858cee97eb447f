"""Putting executables into a folder that several processes may fill at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

LOCK = "install.lock"

Say = Callable[[str], None]


def executables(folder: Path, names: Sequence[str]) -> dict[str, Path]:
    """Those of the names that are executable files in a folder."""
    paths = {name: folder / name for name in names}
    return {name: path for name, path in paths.items() if path.is_file() and os.access(path, os.X_OK)}


@contextmanager
def only_one(folder: Path, say: Say) -> Iterator[None]:
    """Hold the folder (made when it is not there) against other processes; waits, and says so."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        say(f"another process is filling {folder}; waiting for it")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A temporary name to write an executable to; becomes `path` at once when the block ends well."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)  # a killed build may have left half of it, which go would not replace
    try:
        yield temporary
        temporary.chmod(0o755)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
