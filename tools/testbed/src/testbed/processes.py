"""Processes and ports that end with whoever holds them."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1  # linux/prctl.h
LAST_LINES = 8
LONGEST_LINE = 300


def ends_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """What a child runs before exec so that Linux signals it when its parent's thread ends.

    None where the platform has no such thing; there only an orderly end of the parent ends the child.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def in_child() -> None:
        prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # it ended before the call above took hold
            os._exit(1)

    return in_child


def start(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a command that writes to `log` (appended) and is killed when this process ends."""
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - our own command lines
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            preexec_fn=ends_with_parent(signal.SIGKILL),  # noqa: PLW1509 - the supervisor has one thread
        )


def stop(process: subprocess.Popen[bytes], patience: float) -> None:
    """Ask a process to end, kill it after `patience` seconds (0: at once), and wait until it is gone."""
    if patience > 0:
        process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
    else:
        process.kill()
    process.wait()


def last_lines(log: Path) -> str:
    """The last lines of a log file, indented, for an error message."""
    lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    return "\n".join(f"    {line[:LONGEST_LINE]}" for line in lines[-LAST_LINES:]) or "    (nothing logged)"


class ReservedPort:
    """A free loopback port that stays ours, also while its server is stopped.

    On Linux a bound socket that does not listen keeps a port from being handed to anyone who asks
    for a free one, yet lets a server that sets SO_REUSEADDR (Go's do) listen on it. Elsewhere the
    port is only looked up.
    """

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", 0))
        self.number: int = self._socket.getsockname()[1]
        if sys.platform != "linux":
            self._socket.close()

    def release(self) -> None:
        """Let others have the port."""
        self._socket.close()
