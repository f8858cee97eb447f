"""Reading a commit straight from the object store: no work tree, so no link, filter, hook or name can do anything."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from fabgitops_operator.standalone.source.git.errors import GitError
from fabgitops_operator.standalone.source.git.program import Git

_FILES = ("100644", "100755", "100664")
LINK = "120000"
SUBMODULE = "160000"


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that a tree names; `size` in bytes, 0 of what is no file."""

    mode: str
    object: str
    size: int
    path: str

    @property
    def is_file(self) -> bool:
        """Return whether it is a regular file."""
        return self.mode in _FILES


async def entries(git: Git, commit: str, path: str = "") -> list[Entry]:
    """Return all that a commit has below a folder.

    Raises:
        GitError: It has no such folder, or cannot be read.
    """
    kind = await git("cat-file", "-t", f"{commit}:{path}")
    if kind.code or kind.out.strip() != b"tree":
        raise GitError(f"commit {commit[:12]} has no folder {path!r}")
    listed = await git.out("ls-tree", "-r", "-z", "-l", "--full-tree", f"{commit}:{path}")
    return [_entry(line) for line in listed.split(b"\0") if line]


def _entry(line: bytes) -> Entry:
    what, _, path = line.partition(b"\t")
    mode, _, name, size = what.decode("ascii").split()
    return Entry(mode, name, int(size) if size.isdigit() else 0, path.decode(errors="surrogateescape"))


async def contents(git: Git, wanted: Sequence[Entry]) -> Mapping[str, bytes]:
    """Return what stands in files, by their path.

    Raises:
        GitError: One of them is not there.
    """
    asked = "".join(f"{each.object}\n" for each in wanted).encode()
    answer = await git.out("cat-file", "--batch", text=asked) if wanted else b""
    return dict(zip((each.path for each in wanted), _blobs(answer, len(wanted)), strict=True))


def _blobs(answer: bytes, count: int) -> Iterator[bytes]:
    """Take apart what `cat-file --batch` prints: `NAME TYPE SIZE`, a line feed, so many bytes, a line feed."""
    at = 0
    for _ in range(count):
        end = answer.index(b"\n", at)
        head = answer[at:end].split()
        if len(head) != 3 or head[1] != b"blob":
            raise GitError(f"the repository is damaged: {answer[at:end].decode(errors='replace')}")
        at = end + 1 + int(head[2])
        yield answer[end + 1 : at]
        at += 1


async def parents(git: Git, commit: str) -> tuple[str, ...]:
    """Return the parents of a commit, which a shallow repository need not have."""
    raw = await git.out("cat-file", "commit", commit)
    head = raw.split(b"\n\n", 1)[0].decode(errors="replace").splitlines()
    return tuple(line.removeprefix("parent ") for line in head if line.startswith("parent "))


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files below a folder that is empty; a path that would lead out of it, or is git's, is passed over."""
    for path, data in files.items():
        parts = PurePosixPath(path).parts
        if {"..", ".git"} & set(parts) or PurePosixPath(path).is_absolute():
            continue
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
