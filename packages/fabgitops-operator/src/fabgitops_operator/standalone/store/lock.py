"""One process a state: a lock that goes with the process, and says whose it is."""

import fcntl
import os
import time
from pathlib import Path

from fabgitops_operator.standalone.store.errors import InUseError

FILE = "state.lock"

_TRIES, _PAUSE_SECS = 4, 0.05


class Lock:
    """Holds a folder for this process until it is released, or the process ends."""

    def __init__(self, folder: Path) -> None:
        """Take it.

        Raises:
            InUseError: Another process has it, or another store of this one.
        """
        self._descriptor = os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _lock(self._descriptor)
        except BlockingIOError as error:
            owner = _told(self._descriptor)
            os.close(self._descriptor)
            raise InUseError(
                f"the state {folder} is in use by process {owner}: end that, or name another folder for the state"
            ) from error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let others have it."""
        os.close(self._descriptor)


def _lock(descriptor: int) -> None:
    """Take the lock; whoever only looks whether somebody has it (`holder`) lets it go at once."""
    for _ in range(_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE_SECS)
        else:
            return
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def holder(folder: Path) -> str:
    """Return the process that has a folder, or nothing."""
    try:
        descriptor = os.open(folder / FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _told(descriptor)
    finally:
        os.close(descriptor)
    return ""


def _told(descriptor: int) -> str:
    return os.pread(descriptor, 100, 0).decode(errors="replace").strip() or "unknown"
