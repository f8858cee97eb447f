"""The file looked at without changing it, also while another process writes it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from fabgitops_operator.standalone.store.errors import StateError
from fabgitops_operator.standalone.store.schema import APPLICATION, MIGRATIONS, explained, number


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Read a state as it is at one moment.

    Raises:
        StateError: It is not there, damaged, no file of ours, or of a newer program.
    """
    if not path.is_file():
        raise StateError(f"there is no state in {path.parent}: {path.name} is not there")
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None)) as connection:
            connection.execute("BEGIN")
            _check(connection, path)
            yield connection
    except sqlite3.Error as error:
        raise explained(path, error) from error


def _check(connection: sqlite3.Connection, path: Path) -> None:
    if number(connection, "application_id") != APPLICATION:
        raise StateError(f"{path} is no state of this program")
    if (found := number(connection, "user_version")) > len(MIGRATIONS):
        raise StateError(f"{path} was written by a newer version of this program (schema {found})")
