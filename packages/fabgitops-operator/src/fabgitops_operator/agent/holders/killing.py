"""A timer that has the kernel kill this process (timer_create(2)); Python has none.

Its signal is SIGKILL: that of alarm(2) does not reach a process that is stopped (SIGSTOP) or frozen.
"""

import ctypes
import os
import signal
import time

_SIGEV_SIGNAL = 0


class _Event(ctypes.Structure):
    """What comes when it is over: struct sigevent of sigevent(3type), 64 bytes of which the rest is 0."""

    _fields_ = (
        ("value", ctypes.c_void_p),
        ("signal", ctypes.c_int),
        ("notify", ctypes.c_int),
        ("rest", ctypes.c_byte * 48),
    )


class _Times(ctypes.Structure):
    """When, once: struct itimerspec of timer_settime(2), which repeats after no time at all."""

    _fields_ = (
        ("repeat_secs", ctypes.c_long),
        ("repeat_nanos", ctypes.c_long),
        ("secs", ctypes.c_long),
        ("nanos", ctypes.c_long),
    )


class Killer:
    """Kills this process, none of its children, when the time is over: it counts while the machine sleeps, too."""

    def __init__(self) -> None:
        """Make it; it does nothing yet.

        Raises:
            OSError: The kernel has no place for it.
        """
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._timer = ctypes.c_void_p()
        event = _Event(None, signal.SIGKILL, _SIGEV_SIGNAL)
        self._done(self._libc.timer_create(time.CLOCK_BOOTTIME, ctypes.byref(event), ctypes.byref(self._timer)))

    def kill_in(self, secs: float) -> None:
        """Have it done after so many seconds, more than 0, from now on, and not when it was to be before."""
        whole = int(secs)
        times = _Times(0, 0, whole, int((secs - whole) * 1e9))
        self._done(self._libc.timer_settime(self._timer, 0, ctypes.byref(times), None))

    def _done(self, failed: int) -> None:
        if failed:
            number = ctypes.get_errno()
            raise OSError(number, f"no timer that ends this process: {os.strerror(number)}")
