"""A state looked through: every page, every digest, every object."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fabgitops_operator.standalone.store import loading
from fabgitops_operator.standalone.store.lock import holder
from fabgitops_operator.standalone.store.reading import reading
from fabgitops_operator.standalone.store.schema import FILE, number

MOST_TROUBLES = 20
"""How many troubles are told."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found of a state."""

    path: Path
    objects: int
    version: int
    """The newest resourceVersion in it."""
    schema: int
    size: int
    """Bytes of the file and its write-ahead log."""
    free: int
    """Bytes that are free on its disk."""
    holder: str
    """The process that has it, or nothing."""
    troubles: tuple[str, ...]
    """What is wrong with it; nothing: it is whole."""

    def __str__(self) -> str:
        """Return it in a line."""
        had = f"in use by process {self.holder}" if self.holder else "in use by nobody"
        return (
            f"{self.path}: {self.objects} objects up to version {self.version}, schema {self.schema},"
            f" {self.size} bytes ({self.free} are free on its disk), {had}, {'damaged' if self.troubles else 'whole'}"
        )


def check(folder: Path) -> Checked:
    """Look through the state of a folder, whoever writes it meanwhile.

    Raises:
        StateError: It is not there, cannot be read at all, or is none of ours.
    """
    path = folder / FILE
    with reading(path) as connection:
        facts = loading.facts(connection)
        troubles: list[str] = []
        for trouble in _troubles(connection):
            if len(troubles) == MOST_TROUBLES:
                troubles.append("and more")
                break
            troubles.append(trouble)
        (objects,) = connection.execute("SELECT count(*) FROM object").fetchone()
        return Checked(
            path,
            objects,
            int(facts.get("version", "0")),
            number(connection, "user_version"),
            sum(each.stat().st_size for each in (path, path.with_name(f"{FILE}-wal")) if each.exists()),
            shutil.disk_usage(folder).free,
            holder(folder),
            tuple(troubles),
        )


def _troubles(connection: sqlite3.Connection) -> Iterator[str]:
    for (found,) in connection.execute(f"PRAGMA integrity_check({MOST_TROUBLES})"):
        if found != "ok":
            yield " ".join(str(found).split())
    for row in connection.execute(loading.ROWS):
        if trouble := loading.wrong(row) or _odd(row):
            yield trouble


def _odd(row: tuple[Any, ...]) -> str:
    """Return what an object says of itself that is not so, or nothing."""
    resource, namespace, name, uid, version, *_ = row
    metadata = json.loads(row[8])["metadata"]
    said = (metadata.get("namespace", ""), metadata["name"], metadata["uid"], metadata["resourceVersion"])
    right = said == (namespace, name, uid, str(version))
    return "" if right else f"{resource} {namespace}/{name} says that it is {said}"
