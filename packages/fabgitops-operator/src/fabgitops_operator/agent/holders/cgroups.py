"""The control groups of a process (cgroups(7)): read line by line, since versions and controllers may be mixed."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT = Path("/sys/fs/cgroup")
WANTED = ("cpuset", "cpu", "cpuacct")
"""The controllers of version 1 that limit or count processor time; cpuset first, or the others' work has no place."""


def leads_out(listing: str) -> bool:
    """Return whether a path leads out of the tree, as it does where another cgroup namespace is looked out of."""
    return any(".." in PurePosixPath(line.split(":", 2)[2]).parts for line in listing.splitlines())


def groups(listing: str, root: Path = ROOT) -> Iterator[Path]:
    """Return the folders of the groups to join, of what /proc/PID/cgroup says, in the order of joining.

    Raises:
        ValueError: A path leads out of the tree.
    """
    if leads_out(listing):
        raise ValueError(f'"{listing.strip()}" leads out of the tree: it is of another cgroup namespace')
    found: dict[str, str] = {}
    for line in listing.splitlines():
        _, controllers, path = line.split(":", 2)
        found |= dict.fromkeys(controllers.split(","), path)
    for controller in (name for name in WANTED if name in found):
        yield root / controller / found[controller].lstrip("/")
    if "" in found:
        unified = root / "unified" if (root / "unified").is_dir() else root
        yield unified / found[""].lstrip("/")


def join(pid: int, listing: str, root: Path = ROOT) -> list[Path]:
    """Put a process into the groups that a listing names, as far as they are there; return those.

    Raises:
        OSError: A group refuses it.
        ValueError: As of `groups`.
    """
    joined = []
    for group in groups(listing, root):
        procs = group / "cgroup.procs"
        if procs.is_file():
            procs.write_text(str(pid))
            joined.append(group)
    return joined


def leave_freezer(pid: int, root: Path = ROOT) -> None:
    """Take a process out of what is frozen with its container, where groups are of version 1.

    What is frozen there heeds no signal at all, before it is thawed; with version 2 SIGKILL ends it (cgroups(7)).

    Raises:
        OSError: The group refuses it.
    """
    freezer = root / "freezer" / "cgroup.procs"
    if freezer.is_file():
        freezer.write_text(str(pid))
