"""Manifests in files: which files are meant, and what stands in them and where."""

import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fabctl.bounded import read_all, read_file
from fabctl.errors import UsageError
from fabctl.fields import Body, mapping, text
from fabctl.reading.documents import documents
from fabctl.reading.lines import Lines
from fabctl.reading.lines import Path as Field

GROUP = "fabgitops.io"
SUFFIXES = (".yaml", ".yml", ".json")
"""Files that kubectl reads in a folder."""
KUSTOMIZATION = "Kustomization"
"""A file that kustomize reads, which has no such suffix."""
STDIN = "-"


@dataclass(frozen=True, slots=True, order=True)
class Trouble:
    """One thing that is wrong: where, and what."""

    file: str
    line: int
    """Counted from 1; 0 where it is about the whole file."""
    column: int
    """Counted from 1; 0 where it is about the whole line."""
    message: str

    def __str__(self) -> str:
        """Return it as compilers do."""
        where = ":".join(map(str, (self.file, *(number for number in (self.line, self.column) if number))))
        return f"{text(where)}: {text(self.message)}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """An object in a file."""

    body: Body
    file: str
    lines: Lines

    @property
    def kind(self) -> str:
        """Return its kind."""
        return text(self.body.get("kind"))

    @property
    def name(self) -> str:
        """Return its name, or nothing."""
        return text(mapping(self.body.get("metadata")).get("name"))

    @property
    def namespace(self) -> str:
        """Return the namespace that it says, or nothing."""
        return text(mapping(self.body.get("metadata")).get("namespace"))

    def trouble(self, path: Field, message: str) -> Trouble:
        """Return what is wrong with a field of it."""
        at = self.lines.at(path)
        return Trouble(self.file, at.line, at.column, message)


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in files."""

    manifests: tuple[Manifest, ...]
    troubles: tuple[Trouble, ...]
    """Files that cannot be read, and what stands in them and is no object."""
    others: tuple[Manifest, ...]
    """Objects of other groups, which are passed over, but for those of Argo Rollouts that are to be judged."""


def files_of(given: Sequence[str]) -> list[Path]:
    """Return the files that are meant: of a folder all with a name that kubectl reads, also in folders below it.

    Raises:
        UsageError: One is not there, or a folder cannot be read.
    """
    found: dict[Path, None] = {}
    for each in given:
        path = Path(each)
        if each == STDIN:
            found[path] = None
        elif os.path.isdir(path):
            found |= dict.fromkeys(sorted(_below(path)))
        elif os.path.exists(path):  # which is no error of a name that no file system takes
            found[path] = None
        else:
            raise UsageError(f"no file or folder {each}: check -f")
    return list(found)


def _below(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder; what is hidden is not meant, `.git` above all.

    Links to folders are followed when all else is known, and none to where it has been: they may go in circles.

    Raises:
        UsageError: A folder cannot be read.
    """
    waiting, seen = deque([folder]), set[tuple[int, int]]()
    while waiting:
        identity, entries = _looked_into(waiting.pop())
        if identity in seen:
            continue
        seen.add(identity)
        for each in entries:
            if each.name.startswith("."):
                continue
            if os.path.isdir(each):
                (waiting.appendleft if each.is_symlink() else waiting.append)(each)
            elif each.suffix in SUFFIXES or each.name == KUSTOMIZATION:
                yield each


def _looked_into(folder: Path) -> tuple[tuple[int, int], list[Path]]:
    """Return which folder it is, by whatever way it was come to, and what is in it."""
    try:
        found = folder.stat()
        return (found.st_dev, found.st_ino), sorted(folder.iterdir())
    except OSError as error:
        raise UsageError(f"{folder} cannot be read: {error.strerror}") from None


def read(files: Iterable[Path]) -> Found:
    """Return what stands in files; "-" is standard input."""
    found = [_read_file(file) for file in files]
    return Found(
        tuple(each for one in found for each in one.manifests),
        tuple(each for one in found for each in one.troubles),
        tuple(each for one in found for each in one.others),
    )


def _read_file(file: Path) -> Found:
    name = "standard input" if str(file) == STDIN else str(file)
    try:
        content = read_all(sys.stdin.buffer) if str(file) == STDIN else read_file(file)
    except OSError as error:
        return Found((), (Trouble(name, 0, 0, f"it cannot be read: {error.strerror}"),), ())
    try:
        return read_text(content.decode("utf-8-sig"), name)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Found((), (Trouble(name, line, 0, "this is no UTF-8: save the file as UTF-8"),), ())


def read_text(content: str, name: str) -> Found:
    """Return what stands in a text."""
    found = documents(content)
    manifests: list[Manifest] = []
    troubles = [Trouble(name, each.line, 0, each.text) for each in found.faults]
    others: list[Manifest] = []
    for body, lines in (each for node in found.nodes for each in _flattened(node.value, node.lines)):
        is_ours = _is_ours(body)
        if is_ours is None:
            troubles.append(
                Trouble(name, lines.line, lines.column, "this is no object: apiVersion and kind are missing")
            )
        elif is_ours:
            manifests.append(Manifest(body, name, lines))
        else:
            others.append(Manifest(body, name, lines))
    return Found(tuple(manifests), tuple(troubles), tuple(others))


def _is_ours(body: Any) -> bool | None:
    """Return whether it is one of ours; None for what is no object at all."""
    if not isinstance(body, Mapping) or not all(isinstance(body.get(each), str) for each in ("apiVersion", "kind")):
        return None
    return str(body["apiVersion"]).partition("/")[0] == GROUP


def _flattened(body: Any, lines: Lines) -> Iterator[tuple[Any, Lines]]:
    """Yield an object, or the objects of a list, as kubectl flattens each kind whose name ends in List."""
    items = body.get("items") if isinstance(body, Mapping) and str(body.get("kind")).endswith("List") else None
    if not isinstance(items, list):
        yield body, lines
        return
    below = lines.below["items"].below if isinstance(lines.below, Mapping) else ()
    for each, where in zip(items, below if isinstance(below, Sequence) else (), strict=True):
        yield from _flattened(each, where)
