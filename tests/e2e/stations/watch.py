"""Beside targets, in a pod with the node's processes: asks each target ten times a second, and kills processes.

GET /now                                 {"now": seconds of its own clock}
PUT /targets/NAME?host=H                 asks that one from now on
GET /targets/NAME?since=S                [[asked at, seconds that it took or null, periods throttled so far], ...]
GET /processes?text=T&pod=UID            [pid, ...] with the text in their command, of that pod or any; eldest first
POST /kill?pid=P                         kills that one, if it is still there; {"now": seconds}
POST /kill?pid=P&when=T                  the same, as soon as there is a process with T in its command
POST /kill?when=T                        kills the eldest of those, as soon as there is one
"""

import json
import os
import signal
import socket
import sys
import time
from collections import deque
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

PORT, EVERY_SECS, PATIENCE_SECS = int(sys.argv[1]), 0.1, 1.0
LOOK_SECS, MOST_SECS = 0.01, 30.0


class Sight(Thread):
    """Asks one target, again and again."""

    def __init__(self, host: str) -> None:
        """Prepare it."""
        super().__init__(daemon=True)
        self.host = host
        self.seen: deque[tuple[float, float | None, int]] = deque(maxlen=20_000)

    def run(self) -> None:
        """Ask for ever."""
        while True:
            at = time.monotonic()
            try:
                with socket.create_connection((self.host, PORT), PATIENCE_SECS) as connection:
                    connection.sendall(b"?")
                    throttled = int(connection.recv(64))
            except (OSError, ValueError):
                self.seen.append((at, None, 0))
            else:
                self.seen.append((at, time.monotonic() - at, throttled))
            time.sleep(max(0.0, at + EVERY_SECS - time.monotonic()))


SIGHTS: dict[str, Sight] = {}


def processes(text: str, pod: str = "") -> list[int]:
    """Return the processes whose command has a text in it, of a pod if its uid is given: the eldest first."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and int(folder.name) != os.getpid():
            try:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if text in command and pod in (folder / "cgroup").read_text().replace("_", "-"):
                    started = (folder / "stat").read_text().rpartition(")")[2].split()[19]
                    found.append((int(started), int(folder.name)))
            except OSError:  # it has ended meanwhile
                continue
    return [pid for _, pid in sorted(found)]


def awaited(text: str, secs: float) -> int:
    """Return the eldest process with a text in its command, as soon as there is one."""
    deadline = time.monotonic() + secs
    while not (found := processes(text)):
        if time.monotonic() > deadline:
            raise LookupError(f"within {secs:g} s there was no process with {text}")
        time.sleep(LOOK_SECS)
    return found[0]


def kill(pid: int) -> float:
    """Kill a process, if it is still there, and return when."""
    at = time.monotonic()
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return at


class Handler(BaseHTTPRequestHandler):
    """Answers JSON."""

    def do_GET(self) -> None:
        """Tell something."""
        path, given = self._asked()
        if path[:1] == ["targets"]:
            sight = SIGHTS[path[1]]
            self._say([each for each in list(sight.seen) if each[0] >= float(given["since"])])
        elif path == ["processes"]:
            self._say(processes(given["text"], given.get("pod", "")))
        else:
            self._say({"now": time.monotonic()})

    def do_PUT(self) -> None:
        """Have a target asked."""
        path, given = self._asked()
        sight = SIGHTS[path[1]] = Sight(given["host"])
        sight.start()
        self._say({})

    def do_POST(self) -> None:
        """Kill a process."""
        _, given = self._asked()
        try:
            eldest = awaited(given["when"], MOST_SECS) if "when" in given else 0
        except LookupError as error:
            self._say({"error": str(error)}, 404)
        else:
            self._say({"now": kill(int(given.get("pid") or eldest))})

    def _asked(self) -> tuple[list[str], dict[str, str]]:
        url = urlsplit(self.path)
        return url.path.strip("/").split("/"), dict(parse_qsl(url.query))

    def _say(self, body: object, status: int = 200) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


ThreadingHTTPServer(("", PORT), Handler).serve_forever()
