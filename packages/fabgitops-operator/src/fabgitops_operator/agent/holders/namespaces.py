"""Going into the namespace of another process (setns(2)); Python has a function for it from 3.12 on only."""

import ctypes
import os
from enum import StrEnum
from pathlib import Path


class Namespace(StrEnum):
    """What is looked at from inside another process."""

    NETWORK = "net"
    CGROUP = "cgroup"


def enter(pid: int, kind: Namespace) -> None:
    """Go into a namespace of a process, for good.

    Raises:
        OSError: There is no such process, or this one may not (it takes CAP_SYS_ADMIN, and CAP_SYS_PTRACE to look).
    """
    descriptor = os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if ctypes.CDLL(None, use_errno=True).setns(descriptor, 0):
            number = ctypes.get_errno()
            raise OSError(number, f"setns into {kind} of {pid}: {os.strerror(number)}")
    finally:
        os.close(descriptor)


def identity(pid: int | str, kind: Namespace) -> tuple[int, int]:
    """Return what tells a namespace from all others: the device and the number of its file.

    Raises:
        OSError: As of `enter`.
    """
    status = Path(f"/proc/{pid}/ns/{kind}").stat()
    return status.st_dev, status.st_ino
