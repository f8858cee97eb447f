"""What a service manager is told of a service (systemd's `sd_notify(3)` and `Type=notify`), and its watchdog.

The protocol is a datagram of KEY=VALUE lines to the Unix socket that NOTIFY_SOCKET names; an `@` in front stands for
the zero byte of Linux's abstract namespace. Without that variable nobody listens, and nothing is sent.

The watchdog is fed from the event loop that polls, at half of the time that it gives (`WATCHDOG_USEC`, for the process
of `WATCHDOG_PID`), and only while the loop keeps its times and the store still answers: a process that lives and does
neither is to be ended and begun anew.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Mapping

log = logging.getLogger(__name__)

LATE_PART = 0.25
"""The part of the watchdog's time that the loop may be late by, and that the store may take to answer."""


class Notify:
    """Tells the service manager of this process, where there is one."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        path = environment.get("NOTIFY_SOCKET", "")
        self._address = f"\0{path[1:]}" if path.startswith("@") else path
        self.watchdog_secs = _watchdog_secs(environment)
        """Seconds after which the manager ends a process that it has not heard of; 0: it does not."""

    def ready(self, status: str) -> None:
        """Say that the start is over, and in a line how things are."""
        self._tell("READY=1", f"STATUS={_line(status)}")

    def status(self, status: str) -> None:
        """Say in a line how things are, for `systemctl status`."""
        self._tell(f"STATUS={_line(status)}")

    def stopping(self) -> None:
        """Say that the end has begun."""
        self._tell("STOPPING=1", "STATUS=stopping")

    def alive(self) -> None:
        """Feed the watchdog."""
        self._tell("WATCHDOG=1")

    def _tell(self, *lines: str) -> None:
        """Send lines; a manager that cannot be reached is told of in the log, and changes nothing."""
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
                channel.setblocking(False)  # a manager that does not read keeps no poll waiting
                channel.sendto("\n".join(lines).encode(), self._address)
        except OSError as error:
            log.warning("the service manager was not told %s: %s", lines[0], error)


async def feed(notify: Notify, answered: Callable[[], Awaitable[object]]) -> None:
    """Feed the watchdog for as long as the process is well, if there is one; runs until it is cancelled.

    Args:
        notify: Who is told.
        answered: Returns when the store's writer has answered.
    """
    if not notify.watchdog_secs:
        return
    clock = asyncio.get_running_loop().time
    pause, patience = notify.watchdog_secs / 2, notify.watchdog_secs * LATE_PART
    while True:
        due = clock() + pause
        await asyncio.sleep(pause)
        late = clock() - due
        if late > patience:
            log.error("the watchdog is not fed: the event loop is %.1f s late", late)
        elif why := await _why_silent(answered, patience):
            log.error("the watchdog is not fed: %s", why)
        else:
            notify.alive()


async def _why_silent(answered: Callable[[], Awaitable[object]], patience: float) -> str:
    """Return why the store counts as silent, or nothing: one that answers with an error has answered."""
    try:
        async with asyncio.timeout(patience):
            await answered()
    except TimeoutError:
        return f"the store has not answered for {patience:g} s"
    except Exception as error:  # noqa: BLE001 - a full disk is told of where something is stored
        log.debug("the store answers the watchdog with %s", error)
    return ""


def _watchdog_secs(environment: Mapping[str, str]) -> float:
    """Return what the manager asks this process for: 0 when it asks nothing, or asks another process."""
    micros, pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not micros.isdecimal() or (pid and pid != str(os.getpid())):
        return 0.0
    return int(micros) / 1e6


def _line(text: str) -> str:
    return " ".join(text.split())
