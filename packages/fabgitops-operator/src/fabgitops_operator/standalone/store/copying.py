"""Backups: made while the state is written, and put back in its place."""

import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from fabgitops_operator.standalone.store import loading
from fabgitops_operator.standalone.store.errors import DamagedError, StateError
from fabgitops_operator.standalone.store.lock import Lock
from fabgitops_operator.standalone.store.opening import RESTORING
from fabgitops_operator.standalone.store.reading import reading
from fabgitops_operator.standalone.store.schema import FILE, connect, copy, sync


def backup(folder: Path, target: Path) -> Path:
    """Copy the state of a folder into one file, as it is at one moment, whoever writes it meanwhile.

    Args:
        folder: Where the state is.
        target: The file, which is not there yet; it is whole or not there.

    Raises:
        StateError: There is none, it is damaged, or the file cannot be written.
    """
    if target.exists():
        raise StateError(f"{target} is there already; name another file for the backup")
    try:
        with reading(folder / FILE) as connection:
            connection.execute("SELECT count(*) FROM meta").fetchone()  # from here on it is one moment
            copy(connection, target)
    except OSError as error:
        raise StateError(f"the backup {target} cannot be written: {error.strerror}") from error
    _check(target)
    return target


def restore(folder: Path, file: Path) -> Path | None:
    """Put a backup in the place of the state of a folder; return where that is kept, if there was any.

    Its versions go on above those of both, and jump at the next start, because a client may know some of them.

    Raises:
        StateError: The backup is none, or damaged, or the folder is in use or cannot be written.
    """
    _check(file)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = Lock(folder)
        try:
            return _put(folder, file)
        finally:
            lock.release()
    except OSError as error:
        raise StateError(f"the state cannot be restored into {folder}: {error.strerror}") from error


def _put(folder: Path, file: Path) -> Path | None:
    path, marker = folder / FILE, folder / RESTORING
    new = path.with_name(f"{FILE}.new")
    with reading(file) as connection:
        copy(connection, new)
    _mark(new, _version(path))
    marker.touch(mode=0o600)  # from here to its removal nobody starts on what is there
    sync(folder)
    kept = _keep(path)
    new.replace(path)
    sync(folder)
    marker.unlink()
    sync(folder)
    return kept


def _keep(path: Path) -> Path | None:
    """Move a state out of the way, with what belongs to it."""
    if not path.exists():
        return None
    kept = path.with_name(f"{path.stem}-before-restore-{datetime.now(UTC):%Y%m%dT%H%M%S%f}{path.suffix}")
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    with suppress(FileNotFoundError):
        path.with_name(f"{path.name}-wal").rename(kept.with_name(f"{kept.name}-wal"))
    path.rename(kept)
    return kept


def _version(path: Path) -> int:
    """Return the version of the state that is replaced, as far as it can be read."""
    if not path.exists():
        return 0
    with suppress(StateError, sqlite3.Error, ValueError), closing(connect(path)) as connection:
        return int(loading.facts(connection).get("version", "0"))
    return 0


def _mark(path: Path, version: int) -> None:
    """Have the versions of a copy go on above another's, and jump at the next start."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        found = loading.facts(connection)
        facts = {"version": str(max(version, int(found.get("version", "1")))), "clean": "0"}
        connection.execute("BEGIN")
        connection.executemany("REPLACE INTO meta VALUES (?, ?)", facts.items())
        connection.execute("COMMIT")
    sync(path)


def _check(file: Path) -> None:
    """Refuse a backup that is not what was stored."""
    with reading(file) as connection:
        found = [str(each) for (each,) in connection.execute("PRAGMA integrity_check(3)")]
        if found != ["ok"]:
            raise DamagedError(file, "; ".join(found))
        for row in connection.execute(loading.ROWS):
            if why := loading.wrong(row):
                raise DamagedError(file, why)
