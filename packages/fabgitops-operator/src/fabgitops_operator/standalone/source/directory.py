"""A folder as the source: looked through every few seconds, and read when two looks in a row agree.

No change is heard of from the kernel: inotify is silent on NFS, SMB and bind mounts, and looking through a thousand
files costs 3 ms. A file that is being copied differs between two looks, so no half of one is read.
"""

import asyncio
import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fabgitops_operator.standalone.source.tree import LARGEST_FILE, WHOLE, Bounds, Revision, is_read
from fabgitops_operator.standalone.source.troubles import AwayError

Stamp = tuple[int, int, int]
"""When a file was changed (ns), its size in bytes, its inode: what differs when it is another one."""


@dataclass(slots=True)
class _Look:
    """What there is at a moment."""

    stamps: dict[str, Stamp] = field(default_factory=dict)
    real: dict[str, Path] = field(default_factory=dict)
    passed_over: list[str] = field(default_factory=list)
    bounds: Bounds = field(default_factory=Bounds)

    def same(self, other: "_Look | None") -> bool:
        """Return whether nothing has changed since another look."""
        return other is not None and (self.stamps, self.bounds.troubles) == (other.stamps, other.bounds.troubles)


class Directory:
    """A folder that holds manifests, also in folders below it."""

    def __init__(self, root: Path, path: str = "") -> None:
        self._root = root
        self._path = path
        self._folder = root / path
        self._before: _Look | None = None
        self._read: _Look | None = None
        self.seen = ""
        """The digest of what was read last."""

    def __str__(self) -> str:
        """Return where it is."""
        return str(self._folder)

    async def look(self, known: str) -> Revision | None:
        """Return what stands there; nothing while it changes, or when it is what is known.

        Args:
            known: The revision that was judged last.

        Raises:
            AwayError: The folder is not there, or cannot be read.
            RevisionError: It holds what is not read.
        """
        now = await asyncio.to_thread(self._scan)
        before, self._before = self._before, now
        if not now.same(before) or now.same(self._read):
            return None
        files = await asyncio.to_thread(self._contents, now)
        if files is None:
            return None
        self._read, self.seen = now, ""
        now.bounds.check()
        self.seen = revision = digest_of(files)
        if revision == known:
            return None
        return Revision(revision, files, self._export, passed_over=tuple(now.passed_over))

    def again(self) -> None:
        """Read at the next look, even if nothing changes: what was read could not be judged."""
        self._read = None

    def _scan(self) -> _Look:
        look = _Look(bounds=Bounds(self._path))
        try:
            for path, entry in _walk(self._folder, ""):
                self._enter(path, entry, look)
        except OSError as error:
            raise AwayError(f"{error.filename or self._folder}: {error.strerror or error}") from None
        return look

    def _enter(self, path: str, entry: "os.DirEntry[str]", look: _Look) -> None:
        if entry.is_symlink():
            if not is_read(path):
                return
            real = Path(os.path.realpath(entry.path))
            if not real.is_relative_to(os.path.realpath(self._root)):
                look.bounds.refuse(path, "this is a link that leads out of the source: put the file itself there")
                return
        elif not is_read(path):
            return
        else:
            real = Path(entry.path)
        try:
            found = os.stat(real, follow_symlinks=False)
        except FileNotFoundError:
            look.bounds.refuse(path, "this is a link that leads nowhere, or a file that is just being taken away")
            return
        if not stat.S_ISREG(found.st_mode):
            look.passed_over.append(f"{path}: no file")
        elif look.bounds.let(path, found.st_size):
            look.stamps[path] = (found.st_mtime_ns, found.st_size, found.st_ino)
            look.real[path] = real

    def _contents(self, look: _Look) -> Mapping[str, bytes] | None:
        """Return what stands in the files, or nothing if one of them changed meanwhile."""
        try:
            files = {path: _content(real) for path, real in sorted(look.real.items())}
        except FileNotFoundError:
            return None
        except OSError as error:
            raise AwayError(f"{error.filename}: {error.strerror or error}") from None
        return files if self._scan().same(look) else None

    async def _export(self, folder: Path) -> None:
        await asyncio.to_thread(self._copy, folder)

    def _copy(self, folder: Path) -> None:
        """Copy the regular files of the whole source."""
        bounds = Bounds(way_out=WHOLE)
        for path, entry in _walk(self._root, ""):
            if entry.is_file(follow_symlinks=False) and bounds.let(path, entry.stat(follow_symlinks=False).st_size):
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(_content(Path(entry.path)))


def digest_of(files: Mapping[str, bytes]) -> str:
    """Return what names the content of files."""
    whole = hashlib.sha256()
    for path, data in sorted(files.items()):
        whole.update(f"{path}\0{len(data)}\0".encode(errors="surrogateescape") + data)
    return whole.hexdigest()


def _walk(folder: Path, below: str) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    """Yield all that is no folder, by its path; links to folders are not followed, nor is what is hidden."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            path = f"{below}{entry.name}"
            if not entry.is_dir(follow_symlinks=False):
                yield path, entry
            elif not entry.name.startswith(".") or path == ".fabgitops":
                yield from _walk(Path(entry.path), f"{path}/")


def _content(path: Path) -> bytes:
    """Return what stands in a regular file, and never wait for one that is none."""
    opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(opened, "rb") as file:
        return file.read(LARGEST_FILE)
