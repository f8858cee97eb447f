"""Burns processor time inside the control groups of a container, so that its limit is what is used up.

The holder itself stays where the agent is; each worker is a child of it that goes into the container's groups and
dies with it. A holder that is frozen with the agent ends nobody: so each worker looks at the lease itself.
"""

import math
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from fabgitops_operator.agent.holders.cgroups import join, leads_out
from fabgitops_operator.agent.holders.lasting import last
from fabgitops_operator.agent.holders.namespaces import Namespace, enter
from fabgitops_operator.agent.holders.pipes import Cause, tell
from fabgitops_operator.agent.holders.ties import Ties, tie

_PERIOD_SECS = 0.1
_JOINED = "joined"
_HOLDER_PROCESSOR_SECS = 600
_STAT_TIMES = slice(11, 13)
"""utime and stime behind the name in /proc/PID/stat (proc(5))."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be held: in which process's groups, for how long, by how many workers at how much of one core."""

    injection: str
    pid: int
    lease_secs: float
    cap_secs: float
    load_percent: int
    workers: int

    @classmethod
    def of(cls, given: dict[str, Any]) -> Self:
        """Return it out of JSON."""
        return cls(**given)


def hold(asked: Asked) -> None:
    """Hold what is asked for, to its end.

    Raises:
        OSError: The target is gone, or its groups take no worker.
        ValueError: Its groups limit no processor time.
    """
    ties = tie(os.getppid(), asked.lease_secs, asked.cap_secs, _HOLDER_PROCESSOR_SECS)
    target = os.pidfd_open(asked.pid)
    workers = [_worker(asked, ties) for _ in range(asked.workers)]
    try:
        tell("ready")
        cause = last(ties, target, _Workers(workers))
    finally:
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
            os.waitpid(worker, 0)
    tell("ended", cause=cause)


def _worker(asked: Asked, ties: Ties) -> int:
    """Begin a worker, wait until it is in its groups, and return its number."""
    parent, (told, tells) = os.getpid(), os.pipe()
    if pid := os.fork():
        os.close(tells)
        with os.fdopen(told) as answer:
            if (said := answer.read()) != _JOINED:
                raise ValueError(f"a worker cannot join the container's groups: {said or 'it died'}")
        return pid
    try:
        _begin(asked, ties, parent, tells)
    except (OSError, ValueError) as error:
        os.write(tells, str(error).encode())
    finally:
        os._exit(1)


def _begin(asked: Asked, ties: Ties, parent: int, tells: int) -> None:
    own = tie(parent, asked.lease_secs, asked.cap_secs, asked.cap_secs)
    if not join(os.getpid(), _listing(asked.pid)):
        raise ValueError("none of them limits processor time")
    os.write(tells, _JOINED.encode())
    os.close(tells)
    _burn(asked.load_percent / 100, ties.of(own))


def _listing(pid: int) -> str:
    """Return the groups of a process by their places in the tree, as the first process of the machine sees them."""
    file = Path(f"/proc/{pid}/cgroup")
    listed = file.read_text()
    if not leads_out(listed):
        return listed
    enter(1, Namespace.CGROUP)
    return file.read_text()


def _burn(load: float, ties: Ties) -> None:
    while ties.left() > 0:
        ties.arm()
        ends = time.monotonic() + _PERIOD_SECS * load
        while time.monotonic() < ends:
            pass
        time.sleep(_PERIOD_SECS * (1 - load))


@dataclass(frozen=True, slots=True)
class _Workers:
    pids: list[int]

    def sources(self) -> list[int]:
        return []

    def wait(self) -> float:
        return math.inf

    def turn(self) -> Cause | None:
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return Cause.WORKER if any(os.waitid(os.P_PID, pid, options) for pid in self.pids) else None

    def told(self) -> Mapping[str, object]:
        return {"usedSecs": round(sum(map(_used, self.pids)), 2)}


def _used(worker: int) -> float:
    fields = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[_STAT_TIMES])) / os.sysconf("SC_CLK_TCK")
