"""Become another program that ends with its parent: `python leash.py PARENT SIGNAL COMMAND...`.

Linux keeps PR_SET_PDEATHSIG over exec, so the program needs to know nothing of it. Elsewhere there is
no such thing, and only an orderly end of the parent ends the program. A file that imports nothing of
ours: it is run by path, to start at once.
"""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(parent: int, signal: int, command: list[str]) -> None:
    """Ask to be sent `signal` when the parent ends, then become the command."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal)
    if os.getppid() != parent:  # it ended before the call above took hold
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
