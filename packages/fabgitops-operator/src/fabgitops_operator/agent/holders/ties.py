"""What ends a holder without anybody's help: its parent's death, a lease that runs out, a cap, processor time.

All four are the kernel's (prctl(2), alarm(2), setrlimit(2)), because an interpreter that hangs ends nothing itself.
The lease is in seconds of this process's own clock, which counts while the machine sleeps (CLOCK_BOOTTIME).
"""

import ctypes
import math
import os
import resource
import signal
import time
from dataclasses import dataclass

_PR_SET_PDEATHSIG = 1
_GRACE_SECS = 2.0
"""How much later than its own end the kernel ends a holder that does not."""


@dataclass(slots=True)
class Ties:
    """Until when a holder may go on: to the end of its lease, never past its cap."""

    ends: float
    cap: float

    def left(self) -> float:
        """Return how many seconds are left."""
        return min(self.ends, self.cap) - now()

    def hold(self, secs: float) -> None:
        """Lengthen the lease: so many seconds from now on."""
        self.ends = now() + secs
        signal.alarm(max(1, math.ceil(self.left() + _GRACE_SECS)))


def now() -> float:
    """Return seconds from any beginning."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def tie(parent: int, lease_secs: float, cap_secs: float, processor_secs: float) -> Ties:
    """Tie this process to its parent, to a lease and to a cap.

    Raises:
        SystemExit: The parent is dead already.
    """
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above, and nobody will tell
        raise SystemExit("the parent is gone")
    most = max(1, math.ceil(processor_secs))
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    ties = Ties(0.0, now() + cap_secs)
    ties.hold(lease_secs)
    return ties
