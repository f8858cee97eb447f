"""Records on standard output, for whoever collects that: a chain for each process, of which nothing is read again."""

import os
from collections.abc import Iterator
from pathlib import Path

from fabgitops_operator.audit.chain import Line
from fabgitops_operator.audit.records import Found


class Stream:
    """As `Folder`, for a descriptor that is only written to."""

    full = False

    def __init__(self, descriptor: int = 1) -> None:
        self._descriptor = descriptor
        self._broken = False

    def open(self) -> Found:
        """Return that nothing is known of what came before."""
        return Found()

    def begin(self, seq: int) -> None:
        """Have no file to begin."""

    def append(self, lines: bytes, head: bytes) -> None:
        """Write lines; what was cut off before them gets an end.

        Raises:
            OSError: They could not be written, or in part.
        """
        del head
        rest = memoryview(b"\n" + lines if self._broken else lines)
        self._broken = True
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        self._broken = False

    def surplus(self) -> Iterator[tuple[Path, Line]]:
        """Yield nothing."""
        return iter(())

    def remove(self, path: Path) -> None:
        """Have nothing to delete."""

    def close(self) -> None:
        """Leave it open: it is not ours."""
