"""The one thread that writes: what waits goes into one transaction, and is answered when that is on the disk.

A disk takes one commit in the time of a dozen, so many together cost little more than one. What was handed over later
may build on what was handed over before; so when a transaction fails, everything that was handed over after it, before
whoever hands over has heard of the failure, fails with it (`generation`).
"""

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from fabgitops_operator.standalone.store.errors import StateError
from fabgitops_operator.standalone.store.record import Change, row
from fabgitops_operator.standalone.store.schema import BUSY_MS, explained

log = logging.getLogger(__name__)

MOST_TOGETHER = 256
"""Commits that go into one transaction."""

QUIET_SECS = 2.0
"""Seconds without a write after which the write-ahead log is folded into the file."""

_PUT = """
    INSERT INTO object VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (resource, namespace, name) DO UPDATE SET
        uid = excluded.uid, version = excluded.version, origin = excluded.origin, given = excluded.given,
        at = excluded.at, body = excluded.body, digest = excluded.digest
"""
_DROP = "DELETE FROM object WHERE resource = ? AND namespace = ? AND name = ?"
_NOTE = "REPLACE INTO meta VALUES (?, ?)"


@dataclass(frozen=True, slots=True)
class Batch:
    """What is to be stored together, whole or not at all."""

    version: int
    generation: int
    changes: Sequence[Change]
    facts: Sequence[tuple[str, str]]
    done: asyncio.Future[None] = field(repr=False)


Outcome = tuple[Batch, StateError | None]


class Writer:
    """Writes batches in their order, and tells the event loop of the outcome of several at once."""

    def __init__(self, connection: sqlite3.Connection, path: Path, told: Callable[[Sequence[Outcome]], None]) -> None:
        """Begin.

        Args:
            connection: Used by nobody else from now on.
            path: Of the file, for messages.
            told: Called in the running event loop with what became of batches, in their order.
        """
        self._connection = connection
        self._path = path
        self._told = told
        self._loop = asyncio.get_running_loop()
        self._waiting: queue.SimpleQueue[Batch | None] = queue.SimpleQueue()
        self._failed = -1
        self._error: StateError | None = None
        self._thread = threading.Thread(target=self._run, name="state", daemon=True)
        self._thread.start()

    def submit(self, batch: Batch) -> None:
        """Hand over what is to be stored."""
        self._waiting.put(batch)

    async def close(self) -> None:
        """Write what waits, then end; the connection is free then."""
        self._waiting.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        dirty, more = False, True
        while more:
            try:
                first = self._waiting.get(timeout=QUIET_SECS if dirty else None)
            except queue.Empty:
                self._fold()
                dirty = False
                continue
            batches, more = self._gathered(first)
            if batches:
                self._tell(self._store(batches))
                dirty = True

    def _gathered(self, first: Batch | None) -> tuple[list[Batch], bool]:
        """Return what waits, and whether there may be more."""
        batches: list[Batch] = []
        each = first
        while each is not None:
            batches.append(each)
            if len(batches) == MOST_TOGETHER:
                return batches, True
            try:
                each = self._waiting.get_nowait()
            except queue.Empty:
                return batches, True
        return batches, False

    def _store(self, batches: list[Batch]) -> list[Outcome]:
        """Store all together; where that fails one after the other, for as long as it goes."""
        fresh = [each for each in batches if each.generation > self._failed]
        stale: list[Outcome] = [(each, self._error) for each in batches if each.generation <= self._failed]
        error = self._transaction(fresh) if fresh else None
        if error is None:
            return [*stale, *((each, None) for each in fresh)]
        return [*stale, *self._one_by_one(fresh, error)]

    def _one_by_one(self, batches: list[Batch], error: StateError | None) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for batch in batches:
            if batch.generation > self._failed:
                error = self._transaction([batch])
                if error is not None:
                    self._failed, self._error = batch.generation, error
            outcomes.append((batch, error))
        return outcomes

    def _transaction(self, batches: Sequence[Batch]) -> StateError | None:
        """Return why nothing of it was stored, or nothing."""
        execute, many = self._connection.execute, self._connection.executemany
        if not any(batch.changes or batch.facts for batch in batches):
            return None
        try:
            execute("BEGIN IMMEDIATE")
            for batch in batches:
                for change in batch.changes:
                    if change.gone:
                        execute(_DROP, (str(change.record.resource), *change.record.key))
                    else:
                        execute(_PUT, row(change.record))
                many(_NOTE, batch.facts)
            execute(_NOTE, ("version", str(batches[-1].version)))
            execute("COMMIT")
        except Exception as error:
            with suppress(sqlite3.Error):  # after some errors SQLite has done it by itself
                execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                return explained(self._path, error)
            log.exception("a fault of our own over what was to be stored in %s", self._path)
            return StateError(f"a fault of the operator's own: {self._path} was not written: {error}")
        return None

    def _fold(self) -> None:
        """Empty the write-ahead log, unless somebody reads it; what cannot be now is done by a later write."""
        execute = self._connection.execute
        execute("PRAGMA busy_timeout=0")  # a backup may take minutes, and others want to write
        with suppress(sqlite3.Error):
            execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        execute(f"PRAGMA busy_timeout={BUSY_MS}")

    def _tell(self, outcomes: list[Outcome]) -> None:
        with suppress(RuntimeError):  # the loop has ended, and nobody waits any more
            self._loop.call_soon_threadsafe(self._told, outcomes)
