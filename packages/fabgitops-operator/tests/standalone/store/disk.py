"""A disk that remembers each write and each sync, so that the power can be pulled at any of them.

It is a VFS of SQLite's, by apsw, which has a SQLite of its own: the store's schema and writer run on it unchanged. In
WAL mode it needs `locking_mode=EXCLUSIVE`, because it has no shared memory.
"""

import itertools
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw


@dataclass(frozen=True, slots=True)
class Step:
    """What was done to a file: written, cut, deleted or synced; or a promise that was made."""

    what: str
    name: str = ""
    at: int = 0
    data: bytes = b""
    promise: int = 0


@dataclass
class Disk:
    """What happened on it, in order."""

    steps: list[Step] = field(default_factory=list)

    def promised(self, promise: int) -> None:
        """Note that somebody was told that this is stored."""
        self.steps.append(Step("promise", promise=promise))

    def cuts(self) -> Iterator[tuple[int, int]]:
        """Yield each moment at which the power can be pulled, and what was promised by then."""
        promise = 0
        for number, step in enumerate(self.steps):
            if step.what == "promise":
                promise = step.promise
            else:
                yield number, promise

    def left(self, until: int, survives: str) -> dict[str, bytes]:
        """Return the files after a cut.

        Args:
            until: The moment.
            survives: What of the writes that were not synced: `all`, `none`, or every second (`half`).
        """
        files: dict[str, bytearray] = defaultdict(bytearray)
        waiting: dict[str, list[Step]] = defaultdict(list)
        for step in self.steps[:until]:
            if step.what == "sync":
                for each in waiting.pop(step.name, []):
                    _do(files, each)
            elif step.what == "delete":
                waiting.pop(step.name, None)
                files.pop(step.name, None)
            elif step.what != "promise":
                waiting[step.name].append(step)
        count = itertools.count()
        for step in itertools.chain.from_iterable(waiting.values()):
            if survives == "all" or (survives == "half" and next(count) % 2):
                _do(files, step)
        return {name: bytes(data) for name, data in files.items()}


def _do(files: dict[str, bytearray], step: Step) -> None:
    file = files[step.name]
    if step.what == "cut":
        del file[step.at :]
        return
    file.extend(bytes(max(0, step.at - len(file))))
    file[step.at : step.at + len(step.data)] = step.data


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: str, flags: list[int]) -> None:
        self._disk, self._name = disk, Path(name).name
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.steps.append(Step("write", self._name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._disk.steps.append(Step("cut", self._name, newsize))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self._disk.steps.append(Step("sync", self._name))


class _Vfs(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        super().__init__("remembering", "")

    def xOpen(self, name: Any, flags: list[int]) -> Any:  # noqa: N802
        if name is None:
            return super().xOpen(name, flags)
        return _File(self._disk, name.filename() if isinstance(name, apsw.URIFilename) else name, flags)

    def xDelete(self, name: str, sync: bool) -> None:  # noqa: N802
        super().xDelete(name, sync)
        self._disk.steps.append(Step("delete", Path(name).name))


class Connection:
    """apsw's connection, as the store uses that of the standard library."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, values: Sequence[Any] = ()) -> Any:
        """Run a statement."""
        with _translated():
            return self._connection.execute(statement, values)

    def executemany(self, statement: str, rows: Sequence[Sequence[Any]]) -> Any:
        """Run a statement for each row."""
        with _translated():
            return self._connection.executemany(statement, rows)

    def executescript(self, statements: str) -> None:
        """Run statements."""
        with _translated():
            for _ in self._connection.execute(statements):
                pass

    @property
    def in_transaction(self) -> bool:
        """Return whether a transaction is open."""
        return bool(self._connection.in_transaction)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except apsw.Error as error:
        raise sqlite3.OperationalError(str(error)) from error


@contextmanager
def remembered(path: Path, synchronous: str = "FULL") -> Iterator[tuple[Disk, Any]]:
    """Yield a disk, and a connection to a database on it, set as the store sets its own but for the locking."""
    disk = Disk()
    vfs = _Vfs(disk)
    connection = apsw.Connection(str(path), vfs="remembering")
    try:
        for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", f"synchronous={synchronous}"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        yield disk, Connection(connection)
    finally:
        connection.close()
        vfs.unregister()
