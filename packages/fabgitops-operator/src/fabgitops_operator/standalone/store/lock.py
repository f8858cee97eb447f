"""One process a state: a lock that goes with the process, and says whose it is."""

import fcntl
import os
from pathlib import Path

from fabgitops_operator.standalone.store.errors import InUseError

FILE = "state.lock"


class Lock:
    """Holds a folder for this process until it is released, or the process ends."""

    def __init__(self, folder: Path) -> None:
        """Take it.

        Raises:
            InUseError: Another process has it, or another store of this one.
        """
        self._descriptor = os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = os.pread(self._descriptor, 100, 0).decode(errors="replace").strip() or "unknown"
            os.close(self._descriptor)
            raise InUseError(
                f"the state {folder} is in use by process {owner}: end that, or name another folder for the state"
            ) from error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let others have it."""
        os.close(self._descriptor)
