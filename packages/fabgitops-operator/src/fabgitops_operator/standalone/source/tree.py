"""The files of a source: which are read, and how much of them there may be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Protocol

from fabgitops_core.codec.texts import printable

from fabgitops_operator.standalone.source.allowing import ALLOWANCE
from fabgitops_operator.standalone.source.reading import SUFFIXES
from fabgitops_operator.standalone.source.troubles import RevisionError, Trouble

MOST_FILES = 20_000
LARGEST_FILE = 16 * 2**20
LARGEST_TREE = 128 * 2**20
"""Bounds of what is read of one revision, in files and bytes; 5,000 PLCs are some 2 MB."""

WHOLE = "kustomize may need all of it, so keep manifests in a repository or folder of their own"
"""What to do where the whole of a source is too much for a copy."""

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""The names under which kustomize finds what it builds from."""


class Export(Protocol):
    """Writes a whole tree, with all that a kustomization may name, into a folder that is empty."""

    async def __call__(self, folder: Path) -> None:
        """Write regular files alone: no links, nothing hidden by a name that leads elsewhere."""
        ...


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of a source."""

    id: str
    """The commit, or the digest of what stands in a folder; hexadecimal."""
    files: Mapping[str, bytes]
    """Manifests, kustomizations and the allowance, by their path below the folder that holds the manifests."""
    export: Export
    parents: tuple[str, ...] = ()
    remark: str = ""
    """What else is to be told of it: that a branch went back."""
    passed_over: tuple[str, ...] = ()
    """What stands in the source and was not read."""

    @property
    def short(self) -> str:
        """Return its name for people."""
        return self.id[:12]


def is_read(path: str) -> bool:
    """Return whether a file is read: a manifest that is not hidden, a kustomization, or the allowance."""
    if path == ALLOWANCE:
        return True
    parts = PurePosixPath(path).parts
    if any(part.startswith(".") for part in parts):
        return False
    return parts[-1].endswith(SUFFIXES) or is_kustomization(path)


def is_kustomization(path: str) -> bool:
    """Return whether kustomize would build from a file of this name."""
    return PurePosixPath(path).name in KUSTOMIZATIONS


@dataclass(slots=True)
class Bounds:
    """Counts files and bytes, and what is wrong with them."""

    below: str = ""
    """The folder that paths are below, in the source."""
    way_out: str = "name the folder that matters with --path"
    """What to do where there is too much."""
    files: int = 0
    size: int = 0
    troubles: list[Trouble] = field(default_factory=list)

    def let(self, path: str, size: int) -> bool:
        """Return whether a file may be read; a name that cannot be shown as it is may not."""
        self.files += 1
        self.size += size
        if self.files > MOST_FILES or self.size > LARGEST_TREE:
            much = f"more than {MOST_FILES} files" if self.files > MOST_FILES else f"more than {LARGEST_TREE >> 20} MiB"
            raise RevisionError([Trouble("", 0, f"the source holds {much}: {self.way_out}")])
        if size > LARGEST_FILE:
            self.refuse(path, f"the file has {size} bytes, and {LARGEST_FILE} at most are read: split it")
        elif not path.isprintable():
            self.refuse(path, "the name of the file has characters that cannot be shown: rename it")
        else:
            return True
        return False

    def refuse(self, path: str, why: str) -> None:
        """Note what is wrong with a file."""
        self.troubles.append(Trouble(printable(str(PurePosixPath(self.below, path))), 0, why))

    def check(self) -> None:
        """Raise what is wrong.

        Raises:
            RevisionError: Something is.
        """
        if self.troubles:
            raise RevisionError(self.troubles)
