"""Runs command lines in children of one process that has read fabctl: each as good as a process, and much sooner.

Given how, and lines of words as JSON on standard input; prints what came of each as JSON.
"""

import contextlib
import json
import os
import pty
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from typing import Any

import fabctl.app
import fabctl.cluster.client
import fabctl.cluster.config
import fabctl.render.terminal  # noqa: F401
from fabctl.start import main

UNFLUSHED = 120
"""The exit code that Python ends with where standard output cannot be written at the end."""


def born(words: list[str], out: int, err: int, environment: dict[str, str]) -> int:
    """Begin a child that runs a command line, and return its process."""
    child = os.fork()
    if child:
        return child
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.environ.update(environment)
    sys.argv = ["fabctl", *words]
    code: Any = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    except BaseException as error:  # noqa: BLE001 - what Python would print of it
        os.write(2, f"Traceback: {error!r}".encode())
        code = 1
    try:
        sys.stdout.flush()
    except OSError:
        code = UNFLUSHED
    os._exit(code if isinstance(code, int) else 1)


def ended(child: int) -> int:
    """Return the exit code of a child, negative for the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def into_a_closed_pipe(words: list[str], err: int) -> dict[str, Any]:
    """Run one whose output nobody reads."""
    read, write = os.pipe()
    os.close(read)
    child = born(words, write, err, {})
    os.close(write)
    return {"code": ended(child)}


def interrupted(words: list[str], err: int) -> dict[str, Any]:
    """Press Ctrl-C when it has asked a server that says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent, tempfile.TemporaryFile() as out:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        config = {
            "clusters": [{"name": "x", "cluster": {"server": address}}],
            "contexts": [{"name": "x", "context": {"cluster": "x"}}],
            "current-context": "x",
        }
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(json.dumps(config))
            file.flush()
            child = born(words, out.fileno(), err, {"KUBECONFIG": file.name})
            silent.settimeout(30)
            with contextlib.suppress(TimeoutError):
                connection, _ = silent.accept()
                connection.recv(1)
            os.kill(child, signal.SIGINT)
            return {"code": ended(child)}


def on_a_terminal(columns: int, **environment: str) -> Callable[[list[str], int], dict[str, Any]]:
    """Return what runs one on a terminal that is so wide by COLUMNS."""

    def run(words: list[str], err: int) -> dict[str, Any]:
        master, slave = pty.openpty()
        child = born(words, slave, err, {"COLUMNS": str(columns), "TERM": "xterm", **environment})
        os.close(slave)
        seen = b""
        with contextlib.suppress(OSError):  # Linux says so when the last writer has gone
            while part := os.read(master, 65536):
                seen += part
        os.close(master)
        return {"code": ended(child), "seen": seen.decode()}

    return run


HOW = {
    "closed pipe": into_a_closed_pipe,
    "interrupted": interrupted,
    "narrow": on_a_terminal(30),
    "wide": on_a_terminal(400),
    "plain": on_a_terminal(80, LC_ALL="C"),
}

if __name__ == "__main__":
    for line in sys.stdin:
        with tempfile.TemporaryFile() as said:
            result = HOW[sys.argv[1]](json.loads(line), said.fileno())
            said.seek(0)
            print(json.dumps(result | {"said": said.read().decode()}), flush=True)
