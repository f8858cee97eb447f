"""From records to a chain in its place. It blocks, and is called from one thread."""

import logging
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from fabgitops_operator.audit.chain import Head, Line, Seal, linked, sealed
from fabgitops_operator.audit.records import AGAIN, ATTEMPT, OUTCOME, SIZE, START, Found, begin, pruned

log = logging.getLogger(__name__)


class Place(Protocol):
    """Where lines go; all of it may raise OSError."""

    @property
    def full(self) -> bool:
        """Return whether the next record begins a new file."""
        ...

    def open(self) -> Found:
        """Take the place, and return what it holds."""
        ...

    def begin(self, seq: int) -> None:
        """Begin a file with the record of this number."""
        ...

    def append(self, lines: bytes, head: bytes) -> None:
        """Append lines, all or none, and note what the last of them is."""
        ...

    def surplus(self) -> Iterator[tuple[Path, Line]]:
        """Yield the files that are not kept any more, with the last record of each."""
        ...

    def remove(self, path: Path) -> None:
        """Delete a file."""
        ...

    def close(self) -> None:
        """Give it up until it is opened again."""
        ...


class Writer:
    """Chains records and puts them in their place.

    Args:
        place: Where they go.
        seal: How they are hashed.
        now: The time of day.
    """

    def __init__(self, place: Place, seal: Seal, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._place = place
        self._seal = seal
        self._now = now
        self._head: Head | None = None
        self._open: dict[str, Mapping[str, Any]] = {}
        self._began = False
        self.seq = 0
        """The number of the last record that is stored."""
        self.found = Found()
        """What the place held when this process took it."""

    def write(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Store records, all or none.

        Raises:
            OSError: They could not be; to be tried again.
        """
        try:
            self._write(records)
        except BaseException:
            self._head = None
            self._place.close()
            raise

    def close(self) -> None:
        """Give the place up."""
        self._head = None
        self._place.close()

    def _write(self, records: Sequence[Mapping[str, Any]]) -> None:
        head, surplus, first = self._head, list[tuple[Path, Line]](), list[Mapping[str, Any]]()
        if head is None or self._place.full:
            head, opening = self._opened(head)
            self._place.begin(head.seq + 1)
            surplus = list(self._place.surplus())
            first = [opening, *(pruned(self._now(), path.name, last.head.seq, last.hash) for path, last in surplus)]
        head = self._append(head, [*first, *records])
        self._head, self.seq, self._began = head, head.seq, True
        for path, _ in surplus:
            self._remove(path)

    def _opened(self, head: Head | None) -> tuple[Head, Mapping[str, Any]]:
        """Return what the next file follows, and its first record."""
        if head is not None:
            return head, begin(self._now(), SIZE, self._who(), Found(None, self._open))
        found = self._place.open()
        if found.missing:
            log.error("%d audit record(s) that were stored are not there any more", found.missing)
        head = found.head or Head(secrets.token_hex(8))
        if self._began:
            return head, begin(self._now(), AGAIN, self._who(), Found(None, self._open, found.torn))
        self.found = found
        return head, begin(self._now(), START, self._who(), found)

    def _remove(self, path: Path) -> None:
        """Delete what is not kept any more; what cannot be is tried again with the next file."""
        try:
            self._place.remove(path)
        except OSError as error:
            log.warning("the audit file %s is not kept any more and cannot be deleted: %s", path, error)

    def _append(self, head: Head, records: Sequence[Mapping[str, Any]]) -> Head:
        lines = []
        for record in records:
            head, line = linked(head, self._seal, record)
            lines.append(line)
        if lines:
            last = sealed(self._seal, {"chain": head.chain, "seq": head.seq, "last": head.hash})
            self._place.append(b"".join(lines), last)
        for record in records:
            if record["record"] == ATTEMPT:
                self._open[record["write"]] = record
            elif record["record"] == OUTCOME:
                self._open.pop(record["write"], None)
        return head

    def _who(self) -> dict[str, str]:
        key = {"key": self._seal.key_id} if self._seal.key_id else {}
        node, operator = os.uname().nodename, version("fabgitops-operator")
        return {"host": node, "process": str(os.getpid()), "operator": operator, "sealed": self._seal.name, **key}
