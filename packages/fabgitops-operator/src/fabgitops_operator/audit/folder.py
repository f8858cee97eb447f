"""A folder of records: one file after the other, each named by its first record, and none ever written over.

Everything here blocks, and is called from one thread.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from errno import EIO
from pathlib import Path

from fabgitops_operator.audit.chain import Head, Line, parsed, parsed_head
from fabgitops_operator.audit.records import ATTEMPT, BEGIN, OUTCOME, START, Found

HEAD, LOCK, PATTERN = "head.json", "lock", "audit-*.jsonl"

Fields = dict[str, object]


class Folder:
    """Keeps records in a folder, which one process has at a time.

    Args:
        path: The folder, which is made where it is not there.
        most: Bytes after which a file is full.
        keep: How many files are kept; 0 keeps all.
        sync: Whether what is appended must be on the disk.
    """

    def __init__(self, path: Path, most: int, keep: int, *, sync: bool) -> None:
        self.path = path
        self._most = most
        self._keep = keep
        self._sync = sync
        self._lock = self._head = self._file = -1
        self._size = 0
        self._cut: tuple[Path, int] | None = None
        self._current = path

    @property
    def full(self) -> bool:
        """Return whether the next record begins a new file."""
        return self._size >= self._most

    def open(self) -> Found:
        """Take the folder, and return what it holds.

        Raises:
            OSError: It cannot be had.
        """
        self.path.mkdir(parents=True, exist_ok=True, mode=0o750)
        self._take()
        if self._cut is not None and self._cut[0].is_file():
            os.truncate(*self._cut)  # what was half written when it failed
        self._cut = None
        torn, told = 0, self._told()
        for path in reversed(files_in([self.path])):
            last, found, rest = _read(path)
            torn += rest
            if last is not None:
                return _furthest(Found(last.head, found, torn), told)
        return Found(told, {}, torn, told.seq if told else 0)

    def _told(self) -> Head | None:
        """Return what is noted as the last record, if anything is."""
        line = parsed_head(os.pread(self._head, 4096, 0))
        return None if line is None else Head(line.head.chain, line.head.seq, line.prev)

    def begin(self, seq: int) -> None:
        """Begin the file whose first record has this number.

        Raises:
            OSError: It cannot be made.
        """
        path, count = self.path / f"audit-{seq:012d}.jsonl", 1
        while path.exists() and path.stat().st_size:  # of a chain that could not be read
            count += 1
            path = self.path / f"audit-{seq:012d}_{count}.jsonl"
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        if self._file >= 0:
            os.close(self._file)
        self._file, self._size, self._current = file, 0, path
        if self._sync:
            _sync(self.path)

    def append(self, lines: bytes, head: bytes) -> None:
        """Append lines, all or none of them, and note what the last of them is.

        Raises:
            OSError: They could not be written, or somebody else has taken the file away or changed it meanwhile.
        """
        self._look()
        self._cut = self._current, self._size
        _write(self._file, lines)
        if self._sync:
            os.fsync(self._file)
        os.pwrite(self._head, head, 0)
        os.ftruncate(self._head, len(head))
        self._cut = None
        self._size += len(lines)

    def _look(self) -> None:
        """See that all is still there as it was: what went into a file that was deleted would be nowhere."""
        ours = (self._file, self._current), (self._head, self.path / HEAD), (self._lock, self.path / LOCK)
        for descriptor, path in ours:
            if not path.exists() or not os.path.samestat(os.fstat(descriptor), path.stat()):
                raise OSError(EIO, f"{path.name} was taken away by somebody else")
        if os.fstat(self._file).st_size != self._size:
            raise OSError(EIO, f"{self._current.name} was changed by somebody else")

    def surplus(self) -> Iterator[tuple[Path, Line]]:
        """Yield the files that are not kept any more, with the last record of each."""
        for path in files_in([self.path])[: -self._keep] if self._keep else ():
            last = _read(path)[0]
            if last is not None and path != self._current:
                yield path, last

    def remove(self, path: Path) -> None:
        """Delete a file.

        Raises:
            OSError: It could not be.
        """
        path.unlink(missing_ok=True)

    def close(self) -> None:
        """Give the folder up; to be opened again changes nothing."""
        for descriptor in (self._file, self._head, self._lock):
            if descriptor >= 0:
                os.close(descriptor)
        self._lock = self._head = self._file = -1

    def _take(self) -> None:
        self._lock = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(self._lock, 100, 0).decode(errors="replace").strip() or "unknown"
            raise BlockingIOError(0, f"process {owner} keeps its records there") from None
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.uname().nodename} {os.getpid()}\n".encode(), 0)
        self._head = os.open(self.path / HEAD, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)


def _sync(folder: Path) -> None:
    """See to it that a new name in a folder is on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def files_in(places: Iterable[Path]) -> list[Path]:
    """Return files as they are given, and of folders the files of records in them, in their order."""
    return [file for place in places for file in (_listed(place) if place.is_dir() else [place])]


def _listed(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob(PATTERN) if file.is_file())


def _furthest(found: Found, told: Head | None) -> Found:
    """Return what a folder holds, with the end that is noted where its files do not go so far: they were cut off."""
    if told is None or found.head is None or told.chain != found.head.chain or told.seq <= found.head.seq:
        return found
    return replace(found, head=told, missing=told.seq - found.head.seq)


def _write(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _read(path: Path) -> tuple[Line | None, dict[str, Fields], int]:
    """Return the last record of a file, its attempts without an outcome, and how many bytes are left after it."""
    last: Line | None = None
    found: dict[str, Fields] = {}
    rest = 0
    with path.open("rb") as file:
        for raw in file:
            rest += len(raw)
            line = parsed(raw[:-1]) if raw.endswith(b"\n") else None
            if line is not None:
                last, rest = line, 0
                _note(found, line)
    return last, found, rest


def _note(found: dict[str, Fields], line: Line) -> None:
    """Note what a record opens and ends."""
    fields = dict(line.fields)
    kind, write = fields.get("record"), str(fields.get("write"))
    if kind == ATTEMPT:
        found[write] = fields
    elif kind == OUTCOME:
        found.pop(write, None)
    elif kind == BEGIN and fields.get("why") == START:
        found.clear()
    elif kind == BEGIN:
        told = fields.get("open")
        found.update({str(each): {"write": each} for each in (told if isinstance(told, list) else ())})
