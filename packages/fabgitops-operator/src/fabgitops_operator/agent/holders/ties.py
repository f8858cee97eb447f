"""What ends a holder without anybody's help: its parent's death, a lease that runs out, a cap, processor time.

All four are the kernel's (prctl(2), timer_create(2), setrlimit(2)), and each is a SIGKILL: an interpreter that hangs
ends nothing itself, and one that stands still (SIGSTOP, a frozen control group of version 2) heeds no other signal.
The lease is in seconds of this process's own clock, which counts while the machine sleeps (CLOCK_BOOTTIME). Its end is
in memory that children share: one that is in another control group goes on where the holder is frozen, and no signal of
a frozen parent reaches it.
"""

import ctypes
import math
import mmap
import os
import resource
import signal
import time
from dataclasses import dataclass, field, replace
from typing import Self

from fabgitops_operator.agent.holders.killing import Killer

_PR_SET_PDEATHSIG = 1
_GRACE_SECS = 2.0
"""How much later than its own end the kernel ends a holder that does not."""


@dataclass(frozen=True, slots=True)
class Ties:
    """Until when a holder and its children may go on: to the end of its lease, never past its cap."""

    cap: float
    killer: Killer
    _ends: ctypes.c_double = field(default_factory=lambda: ctypes.c_double.from_buffer(mmap.mmap(-1, mmap.PAGESIZE)))
    """The end of the lease, in memory that is shared (mmap(2)): eight bytes at the start of a page, written as one."""

    def left(self) -> float:
        """Return how many seconds are left."""
        return min(self._ends.value, self.cap) - now()

    def of(self, child: "Ties") -> Self:
        """Return them for a child, whose timer is its own: none is inherited."""
        return replace(self, killer=child.killer)

    def hold(self, secs: float) -> None:
        """Lengthen the lease: so many seconds from now on."""
        self._ends.value = now() + secs
        self.arm()

    def arm(self) -> None:
        """Have the kernel end this process a little after that, if it does not end itself."""
        self.killer.kill_in(max(1.0, self.left() + _GRACE_SECS))


def now() -> float:
    """Return seconds from any beginning."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def tie(parent: int, lease_secs: float, cap_secs: float, processor_secs: float) -> Ties:
    """Tie this process to its parent, to a lease and to a cap.

    Raises:
        OSError: The kernel has no place for a timer.
        SystemExit: The parent is dead already.
    """
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above, and nobody will tell
        raise SystemExit("the parent is gone")
    most = max(1, math.ceil(processor_secs))
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))
    ties = Ties(now() + cap_secs, Killer())
    ties.hold(lease_secs)
    return ties
