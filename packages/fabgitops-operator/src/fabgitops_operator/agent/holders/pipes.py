"""How a holder and the agent speak: the agent holds and ends by lines on its input, it beats by lines on its output.

`hold SECS` lengthens the lease; `end`, or the end of the input, ends it. What it tells is one JSON object a line.
"""

import json
import os
import sys
from collections.abc import Iterator
from enum import StrEnum

_READ = 4096


class Cause(StrEnum):
    """Why a holder ended, as far as it can say so itself."""

    REMOVED = "removed"
    LEASE = "lease"
    CAP = "cap"
    TARGET = "target"
    WORKER = "worker"


class Orders:
    """The lines that come on the input."""

    def __init__(self) -> None:
        """Read the input without waiting for it."""
        self._left = b""
        self.ended = False
        os.set_blocking(self.fileno(), False)

    def fileno(self) -> int:
        """Return what to wait at."""
        return sys.stdin.fileno()

    def holds(self) -> Iterator[float]:
        """Give up by how many seconds the lease was lengthened, each time; `ended` says whether this is the end."""
        try:
            read = os.read(self.fileno(), _READ)
        except BlockingIOError:
            return
        self.ended = self.ended or not read
        *lines, self._left = (self._left + read).split(b"\n")
        for line in lines:
            if line == b"end":
                self.ended = True
            elif line.startswith(b"hold "):
                yield float(line[5:])


def tell(event: str, **about: object) -> None:
    """Tell the agent something; who has gone is told nothing."""
    line = json.dumps({"event": event, **about}) + "\n"
    try:
        os.write(sys.stdout.fileno(), line.encode())
    except BrokenPipeError:
        raise SystemExit("nobody listens") from None
