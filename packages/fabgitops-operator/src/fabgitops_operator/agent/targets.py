"""The processes of a pod, found by the pod's uid in what /proc says of control groups: no runtime is asked.

Container runtimes name a pod's group `pod<uid>`, or by systemd's rules `pod<uid with _ for ->.slice`, and in it each
container's by its id (`<id>` or `cri-containerd-<id>.scope`).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fabgitops_operator.agent.holders.namespaces import Namespace, identity

PROC = Path("/proc")
_PARENT, _STARTED = 1, 19
"""Fields behind the name in /proc/PID/stat (proc(5)): ppid, and starttime in ticks since the machine started."""


class TargetError(Exception):
    """A pod cannot be the target: its text says why."""


class NoSuchPodError(TargetError):
    """There is no process of a pod, or of its container, on this node."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process, its parent, when it started in ticks since the machine did, and its control groups."""

    pid: int
    parent: int
    started: int
    groups: str


def sandbox(uid: str, proc: Path = PROC) -> Process:
    """Return the oldest process of the pod of a uid: its sandbox, which has its network and outlives its containers.

    Raises:
        NoSuchPodError: It has no process here.
    """
    return _oldest(processes(uid, proc), f"no process of a pod {uid} is on this node")


def container(uid: str, container_id: str, proc: Path = PROC) -> Process:
    """Return the oldest process of a container of a pod.

    Raises:
        NoSuchPodError: It has no process here.
    """
    of_it = (each for each in processes(uid, proc) if container_id in each.groups)
    return _oldest(of_it, f"no process of the container {container_id} of pod {uid} is on this node")


def _oldest(found: Iterable[Process], otherwise: str) -> Process:
    if oldest := min(found, key=lambda each: each.started, default=None):
        return oldest
    raise NoSuchPodError(otherwise)


def processes(uid: str, proc: Path = PROC) -> Iterator[Process]:
    """Give up the processes of the pod of a uid."""
    named = re.compile(f"pod({uid}|{uid.replace('-', '_')})(?![0-9a-f])")
    for folder in proc.iterdir():
        if folder.name.isdecimal():
            try:
                groups = (folder / "cgroup").read_text()
                if named.search(groups):
                    yield _process(folder, groups)
            except OSError:  # it has ended meanwhile
                continue


def _process(folder: Path, groups: str) -> Process:
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    return Process(int(folder.name), int(fields[_PARENT]), int(fields[_STARTED]), groups)


def check_own_network(of: Process) -> None:
    """Refuse the sandbox of a pod that has the node's network, in which an injection would be into the node.

    What starts a sandbox runs in the node's network: so the parent tells, also where the first process may not be
    looked at.

    Raises:
        TargetError: It has, or it cannot be told.
    """
    try:
        shared = identity(of.pid, Namespace.NETWORK) == identity(of.parent, Namespace.NETWORK)
    except OSError as error:
        raise TargetError(f"whether the pod has the node's network cannot be told: {error}") from None
    if shared:
        raise TargetError("the pod has the node's network (hostNetwork): an injection would be into the node")
