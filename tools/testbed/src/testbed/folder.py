"""The folder of one control plane: claimed by a lock, removed by whoever holds the lock."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from testbed.errors import TestbedError

LOCK = "testbed.lock"  # held by the supervisor for as long as it lives; also marks the folder as ours
STATE = "testbed.json"
PREFIX = "fabgitops-testbed-"
YOUNG = 60.0  # seconds


@dataclass(frozen=True)
class State:
    """What a supervisor says of itself in its folder."""

    supervisor: int
    url: str
    controller_manager: bool

    def write(self, folder: Path) -> None:
        """Leave the state where `read` finds it, whole or not at all."""
        new = folder / f"{STATE}.new"
        new.write_text(json.dumps(asdict(self)), encoding="utf-8")
        new.replace(folder / STATE)

    @classmethod
    def read(cls, folder: Path) -> State | None:
        """The state in a folder whose supervisor lives and is done with starting; None otherwise."""
        path = folder / STATE
        return cls(**json.loads(path.read_text("utf-8"))) if in_use(folder) and path.exists() else None


def in_use(folder: Path) -> bool:
    """Whether a living supervisor holds the folder."""
    if not (folder / LOCK).exists():
        return False
    try:
        with FileLock(folder / LOCK, blocking=False):
            return False
    except Timeout:
        return True


def remove_leftover(folder: Path) -> None:
    """Remove a folder whose supervisor did not live to do so.

    Raises:
        TestbedError: the folder is in use, or holds something that is not a test bed.
    """
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / LOCK).exists():
        raise TestbedError(f"{folder} is not empty and is no test bed's: name another folder, or empty it")
    if in_use(folder):
        raise TestbedError(f"a test bed is using {folder}: take it down first, or name another folder")
    shutil.rmtree(folder)


@contextmanager
def claimed(wanted: Path | None) -> Iterator[Path]:
    """A new folder (`wanted`, or a temporary one), locked for the time of the context, then removed."""
    if wanted is None:
        _sweep()
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    else:
        folder = wanted
        remove_leftover(folder)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK, blocking=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise TestbedError(f"another test bed was quicker to take {folder}") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
        lock.release()


def _sweep() -> None:
    """Remove temporary folders whose supervisor was itself killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(FileNotFoundError):  # its owner was quicker
            status = folder.stat()
            # A young folder may be between being made and being locked.
            grown = time.time() - status.st_mtime > YOUNG
            if grown and status.st_uid == os.getuid() and (folder / LOCK).exists() and not in_use(folder):
                shutil.rmtree(folder)
