"""A start: the folder is locked, the file opened, looked through and brought up to date, its objects read."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fabgitops_operator.standalone.resources import Resource
from fabgitops_operator.standalone.store import loading, reserve
from fabgitops_operator.standalone.store.errors import StateError
from fabgitops_operator.standalone.store.lock import Lock
from fabgitops_operator.standalone.store.record import Record
from fabgitops_operator.standalone.store.schema import FILE, connect, explained, prepare, sync

JUMP = 1_000_000
"""By so much versions jump after an end that was none: a client may know some that the file does not."""

RESTORING = "state.restoring"
"""A file that is there while a backup is put in the state's place."""


@dataclass(slots=True)
class Opened:
    """A state that this process has."""

    path: Path
    lock: Lock
    connection: sqlite3.Connection
    version: int
    facts: dict[str, str]
    records: Sequence[Record]

    def close(self) -> None:
        """Note that the end was a clean one, and let others have it."""
        try:
            _note(self.connection, clean="1")
        except sqlite3.Error:  # a full disk: then the next start takes it for unclean, which costs versions only
            pass
        finally:
            self.connection.close()
            self.lock.release()


def opened(folder: Path, resources: Sequence[Resource]) -> Opened:
    """Take a folder's state, or begin one there.

    Raises:
        StateError: It cannot be used.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = Lock(folder)
    except OSError as error:
        raise StateError(f"the folder {folder} cannot be used for the state: {error.strerror}") from error
    try:
        return _locked(folder, lock, resources)
    except BaseException:
        lock.release()
        raise


def _locked(folder: Path, lock: Lock, resources: Sequence[Resource]) -> Opened:
    path = folder / FILE
    if (folder / RESTORING).exists():
        raise StateError(
            f"a restore into {folder} was interrupted: run it again (fabgitops-operator standalone restore)"
        )
    connection = connect(path)
    try:
        prepare(connection, path)
        path.chmod(0o600)
        sync(folder)  # a name, which SQLite has on the disk for its log only
        facts = loading.facts(connection)
        records = tuple(loading.records(connection, path, resources))
        _begin(connection, facts)
    except sqlite3.Error as error:
        connection.close()
        raise explained(path, error) from error
    except BaseException:
        connection.close()
        raise
    reserve.keep(folder)
    return Opened(path, lock, connection, int(facts["version"]), facts, records)


def _begin(connection: sqlite3.Connection, facts: dict[str, str]) -> None:
    """Note that the state is in use, so that an end that is none shows; jump after one."""
    version, epoch = int(facts.get("version", "1")), int(facts.get("epoch", "0"))
    if facts.get("clean", "1") != "1":
        version, epoch = version + JUMP, epoch + 1
    facts.update(version=str(version), epoch=str(epoch), clean="0")
    _note(connection, version=facts["version"], epoch=facts["epoch"], clean="0")


def _note(connection: sqlite3.Connection, **facts: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.executemany("REPLACE INTO meta VALUES (?, ?)", facts.items())
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
