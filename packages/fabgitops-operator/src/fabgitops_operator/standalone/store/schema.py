"""The file that the state is kept in: how it is opened, its tables, and how those of older programs become these.

SQLite in WAL mode with `synchronous=FULL`: a commit that was answered is on the disk, also when the power goes.
"""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from fabgitops_operator.standalone.store.errors import DamagedError, StateError, UnavailableError

FILE = "state.db"

APPLICATION = 0x46474F50
"""What marks the file as ours (`FGOP`), in SQLite's `application_id`."""

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE object (
        resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
        uid TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, origin TEXT NOT NULL, given TEXT NOT NULL,
        at REAL NOT NULL, body BLOB NOT NULL, digest BLOB NOT NULL,
        PRIMARY KEY (resource, namespace, name)
    ) WITHOUT ROWID;
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    """,
)
"""What makes each version of the schema out of the one before; never changed once it was released, only added to."""

_WAL_LIMIT = 16 * 2**20
BUSY_MS = 10_000
"""Milliseconds that whoever else has the file is waited for."""


def connect(path: Path) -> sqlite3.Connection:
    """Open the file, whoever else reads it.

    Raises:
        StateError: It is damaged, or no file of ours.
    """
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000)
        try:
            connection.execute("PRAGMA journal_mode=WAL").fetchone()
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute(f"PRAGMA journal_size_limit={_WAL_LIMIT}")
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise explained(path, error) from error
    return connection


def explained(path: Path, error: sqlite3.Error) -> StateError:
    """Return what an error of SQLite means for who runs this."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if isinstance(code, int) else None
    if primary in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return DamagedError(path, str(error))
    if primary == sqlite3.SQLITE_CONSTRAINT:
        return StateError(f"a fault of the operator's own: {path} does not take this: {error}")
    return UnavailableError(path, f"{error} ({getattr(error, 'sqlite_errorname', type(error).__name__)})")


def prepare(connection: sqlite3.Connection, path: Path, migrations: Sequence[str] = MIGRATIONS) -> None:
    """Bring the tables up to date, with a copy of the file beside it before the first that was not empty.

    Raises:
        StateError: It is damaged, no file of ours, or of a newer program.
    """
    try:
        check_quickly(connection, path)
        found = number(connection, "user_version")
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if number(connection, "application_id") != APPLICATION and tables:
            raise StateError(f"{path} is a database of another program; name another folder for the state")
        if found > len(migrations):
            raise StateError(
                f"the state {path} was written by a newer version of this program (schema {found}, known here is"
                f" {len(migrations)}); install that again, or restore the backup that it made beside the file"
            )
        if found < len(migrations) and tables:
            copy(connection, path.with_name(f"{path.stem}-schema-{found}{path.suffix}"))
        for version in range(found, len(migrations)):
            _migrate(connection, migrations[version], version + 1)
    except sqlite3.Error as error:
        raise explained(path, error) from error


def _migrate(connection: sqlite3.Connection, statements: str, version: int) -> None:
    try:
        connection.executescript(
            f"BEGIN IMMEDIATE; {statements};PRAGMA user_version={version}; PRAGMA application_id={APPLICATION}; COMMIT;"
        )
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def number(connection: sqlite3.Connection, pragma: str) -> int:
    """Return a pragma that is a number."""
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


def check_quickly(connection: sqlite3.Connection, path: Path) -> None:
    """Have SQLite look through the pages of the file.

    Raises:
        DamagedError: They do not fit together.
        sqlite3.Error: They cannot be read at all.
    """
    found = [str(each) for (each,) in connection.execute("PRAGMA quick_check(5)")]
    if found != ["ok"]:
        raise DamagedError(path, "; ".join(" ".join(each.split()) for each in found))


def copy(connection: sqlite3.Connection, target: Path, pages: int = 256) -> None:
    """Copy the database page by page into a file that is whole or not there.

    Raises:
        sqlite3.Error, OSError: It cannot be written.
        DamagedError: The copy is not whole.
    """
    partial = target.with_name(f"{target.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(partial)) as copied:
            connection.backup(copied, pages=pages, sleep=0.001)
            copied.execute("PRAGMA journal_mode=DELETE").fetchone()  # one file, and nothing beside it
            check_quickly(copied, partial)
        partial.chmod(0o600)
        sync(partial)
        partial.replace(target)
        sync(target.parent)
    finally:
        partial.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
