"""A target, in a pod: whoever connects is told in how many periods its own control group was throttled (cgroups(7))."""

import socket
import sys
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")
FILES = (GROUPS / "cpu" / "cpu.stat", GROUPS / "cpu.stat")
"""Of version 1, and of version 2; a container sees its own group there."""


def throttled() -> str:
    """Return in how many periods it was, so far."""
    text = next(file.read_text() for file in FILES if file.is_file())
    return dict(line.split() for line in text.splitlines())["nr_throttled"]


with socket.create_server(("", int(sys.argv[1])), backlog=64) as server:
    while True:
        connection, _ = server.accept()
        with connection:
            connection.settimeout(1)
            try:
                connection.recv(1)
                connection.sendall(f"{throttled()}\n".encode())
            except OSError:  # it has gone, as where its packets are lost
                continue
