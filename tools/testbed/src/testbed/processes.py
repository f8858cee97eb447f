"""Processes and ports that end with whoever holds them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from testbed import leash

LAST_LINES = 8
LONGEST_LINE = 300


def leashed(command: list[str], number: signal.Signals) -> list[str]:
    """The command, so that Linux sends it a signal as soon as this process ends, however it ends."""
    return [sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), str(int(number)), *command]


def start(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a command that writes to `log` (appended) and is killed when this process ends."""
    with log.open("ab") as output:
        return subprocess.Popen(
            leashed(command, signal.SIGKILL),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
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


def last_lines(log: str) -> str:
    """The last lines of a log, indented, for an error message."""
    lines = log.splitlines()[-LAST_LINES:]
    return "\n".join(f"    {line[:LONGEST_LINE]}" for line in lines) or "    (nothing logged)"


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
