"""What a command line reads before it does anything: libraries take longer than all that most commands do."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

Serving = Callable[..., AbstractContextManager[Path]]

UNUSED = {
    *("lightkube", "httpx2", "httpx", "anyio", "pydantic", "fabgitops_core"),  # none is a part of fabctl
    "fabctl.examples",  # stand in the help alone
    *("fabctl.commands.contexts", "fabctl.commands.rows", "fabctl.loads"),
    *("fabctl.lineage", "fabctl.render.workloads", "fabctl.undoing", "fabctl.stepping"),  # of workloads alone
    *("importlib_metadata", "rich", "email", "http", "tempfile", "shutil", "difflib", "urllib.request"),
}
"""What no command line reads that is not mentioned below."""
CONNECTING = {"yaml", "h11", "fabctl.cluster.client"}
ASKING = {"asyncio", "ssl", "json", *CONNECTING}
NAMED = {"fabctl", "urllib"}
"""Packages of which each module counts by itself."""


class Server(BaseHTTPRequestHandler):
    """Has one PLC."""

    def do_GET(self) -> None:
        """Answer."""
        plc: dict[str, Any] = {"metadata": {"name": "mixer", "namespace": "default"}, "spec": {}}
        listing = {"metadata": {"resourceVersion": "1"}, "items": [plc]}
        body = json.dumps(plc if self.path.endswith("/mixer") else listing).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def kubeconfig(serving: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a kubeconfig of an API server with one PLC."""
    with serving(Server, tmp_path_factory.mktemp("cluster")) as file:
        yield file


def read(*arguments: str, **environment: str) -> tuple[str, set[str]]:
    """Return what a command line prints, and the packages, and modules of some, that it has imported by its end."""
    code = (
        "import sys; from fabctl.app import run\n"
        "try: run()\n"
        "except SystemExit: pass\n"
        "print('', *sys.modules, sep='\\nMODULE ')"
    )
    given = {"PATH": os.environ["PATH"], "HOME": "/nowhere", **environment}
    command = [sys.executable, "-c", code, *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env=given)
    said, *lines = ran.stdout.split("\nMODULE ")
    names = {line.strip() for line in lines}
    return said, {name if name.partition(".")[0] in NAMED else name.partition(".")[0] for name in names}


def unused(*arguments: str) -> set[str]:
    """Return what a command line does not read, whatever comes of it."""
    if "--help" in arguments:  # cyclopts writes it by rich
        return UNUSED - {"rich", "email", "http", "shutil", "tempfile", "fabctl.examples"}
    if {"version", "--version"} & {*arguments}:  # where the version stands is found by importlib.metadata
        return UNUSED - {"email", "shutil", "tempfile"}
    return UNUSED


@pytest.mark.parametrize(
    ("arguments", "without"),
    [
        (["--version"], (ASKING - {"json"}) | {"fabctl.options", "fabctl.render"}),
        (["version", "--client"], CONNECTING),
        (["get-status", "a", "-A"], CONNECTING),
        (["get-status"], {"h11", "fabctl.cluster.client"}),
        (["list", "--help"], CONNECTING),
        (["rack", "locate", "x"], CONNECTING),
        (["rack", "list"], {"h11", "fabctl.cluster.client", "fabctl.house"}),
        (["rollout", "pause"], CONNECTING),
        (["rollout", "status", "x"], {"h11", "fabctl.cluster.client", "fabctl.branching", "fabctl.render.waves"}),
        (["tree", "--help"], CONNECTING),
        (["diff", "-f", "/nowhere"], {"h11", "fabctl.cluster.client"}),
        (["validate", "-f", "/nowhere"], {"h11", "fabctl.cluster.client"}),
        (["suspend", "mixer", "--reason", " "], CONNECTING),
        (["completion", "bash"], CONNECTING),
        (["__candidates", "--", "rack", ""], CONNECTING),
    ],
    ids=[
        "version of itself",
        "version",
        "wrong usage",
        "no cluster",
        "help",
        "which light",
        "racks",
        "which rollout",
        "a rollout",
        "help of a tree",
        "no file to compare",
        "no file to judge",
        "no reason",
        "a shell's script",
        "Tab",
    ],
)
def test_nothing_is_imported_that_is_not_needed(arguments: list[str], without: set[str]) -> None:
    """What a command line does not need is not read."""
    _, modules = read(*arguments)
    assert "cyclopts" in modules
    assert not modules & (without | unused(*arguments))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["get-status"], "mixer"),
        (["get-status", "mixer", "-o", "json"], '"mixer"'),
        (["version"], "definitions"),
        (["rack", "list"], "mixer"),
        (["tree", "mixer"], "mixer"),
        (["rollout", "list"], "mixer"),
        (["rollout", "status", "spr/mixer"], "the operator has not looked at it yet"),
        (["rollout", "get", "spr/mixer"], "mixer"),
        (["suspend", "mixer", "--reason", "belt", "--dry-run"], "nothing was suspended"),
        (["events"], "LAST SEEN"),
        (["history", "-o", "name"], "mixer"),
        (["__candidates", "--", "sync", ""], "mixer"),
    ],
    ids=[
        "a table",
        "json",
        "version",
        "racks",
        "a tree",
        "rollouts",
        "why",
        "waves",
        "a rehearsal",
        "events",
        "history",
        "Tab",
    ],
)
def test_a_cluster_is_asked_by_little(kubeconfig: Path, arguments: list[str], said: str) -> None:
    """To ask a cluster takes a kubeconfig and HTTP, and none of what few need: plugins, proxies, a terminal."""
    shown, modules = read(*arguments, KUBECONFIG=str(kubeconfig))
    assert said in shown
    assert modules >= CONNECTING
    assert not modules & unused(*arguments)
