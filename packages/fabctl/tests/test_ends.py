"""Every command: what becomes of it when nobody reads, when Ctrl-C is pressed, and on a narrow terminal."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import yaml
from cyclopts import App
from fabctl.app import app

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs pipes and signals of POSIX")

Serving = Callable[..., AbstractContextManager[Path]]

AT = "2026-01-01T00:00:00Z"
LINES: Mapping[str, str] = {
    "get-status": "",
    "list": "",
    "describe": "mixer",
    "events": "",
    "sync": "mixer --no-wait",
    "approve": "mixer --dry-run",
    "history": "",
    "suspend": "mixer --reason belt --dry-run",
    "resume": "mixer --dry-run",
    "templates": "",
    "wait": "mixer --for ready",
    "watch": "",
    "top": "",
    "tree": "plc/mixer",
    "diff": "-f FILE",
    "validate": "-f FILE",
    "export": "",
    "doctor": "",
    "completion": "bash",
    "version": "",
    "import": "dryer --csv TAGS --device 10.20.3.9",
    "init": "FOLDER",
    "rack list": "",
    "rack describe": "mixer",
    "rack approve": "mixer --dry-run",
    "rack locate": "mixer --on --no-wait",
    "brake status": "",
    "brake release": "--reason x --dry-run",
    "rollout list": "",
    "rollout get": "spr/mixer",
    "rollout status": "spr/mixer",
    "rollout plan": "spr/mixer",
    "rollout approve": "spr/mixer --dry-run",
    "rollout promote": "spr/mixer --dry-run",
    "rollout pause": "spr/mixer --reason x --dry-run",
    "rollout resume": "spr/mixer --dry-run",
    "rollout abort": "spr/mixer --dry-run",
    "rollout retry": "spr/mixer --dry-run",
    "rollout undo": "rollout/mixer --dry-run",
    "rollout release": "mixer --dry-run",
    "rollout history": "spr/mixer",
    "rollout analyze": "mixer --prometheus http://127.0.0.1:9",
    "chaos run": "CHAOS --dry-run",
    "chaos list": "",
    "chaos get": "mixer",
    "chaos abort": "mixer --dry-run",
    "chaos stop": "--dry-run",
    "chaos agents": "",
    "chaos scenarios": "",
}
"""What is typed of each command."""
UNASKED = {"completion", "validate", "import", "init", "chaos scenarios"}
"""Commands that ask nobody, and so have nothing that could be interrupted."""
UNHEARD = {"rollout analyze"}
"""What says nothing before it has asked a Prometheus; test_analyzing has one."""
TABLES = (
    *("get-status", "list", "events", "history", "templates", "top", "doctor"),
    *("rack list", "brake status", "rollout list", "rollout history", "chaos list", "chaos agents"),
)


def commands(of: App, before: str = "") -> Iterator[str]:
    """Yield each command that is no group, by the name that it is called by first."""
    for name in of:
        if not name.startswith(("-", "_")) and name == of[name].name[0]:
            inside = list(commands(of[name], f"{before}{name} "))
            yield from inside or [f"{before}{name}"]


def an_object(kind: str) -> dict[str, Any]:
    """Return an object that has something to show, whatever it is asked for as."""
    ready = {"type": "Ready", "status": "True", "reason": "InSync", "observedGeneration": 1, "lastTransitionTime": AT}
    write = {"register": "speed", "place": "holding 4001", "before": "1", "after": "2", "words": "0x1"}
    status = {
        "conditions": [ready],
        "observedGeneration": 1,
        "inSync": True,
        "currentValue": 2500,
        "phase": "Releasing",
        "currentPodHash": "bb",
        "stableRS": "aa",
        "history": [{"at": AT, "register": "speed", "before": "1", "wanted": "2", "after": "2", "result": "Proven"}],
        "decisions": [{"at": AT, "stage": "Releasing", "rule": "begin", "input": "x", "outcome": "y"}],
        "plan": {"digest": "5f2c", "hash": "5f2c", "since": AT, "writes": [write], "waves": [], "names": ["mixer"]},
    }
    metadata: dict[str, Any] = {"name": "mixer", "namespace": "default", "uid": "u-1", "generation": 1}
    metadata["creationTimestamp"] = AT
    spec = {"deviceAddress": "10.0.0.7", "targetRegister": 4001, "targetValue": 2500}
    event = {"type": "Warning", "reason": "DriftDetected", "note": "n", "regarding": {"name": "mixer", "uid": "u-1"}}
    brake = {"state": "engaged", "id": "b-1", "since": AT, "why": "a wave"}
    body = {"apiVersion": "fabgitops.io/v1", "kind": kind, "metadata": {**metadata, "resourceVersion": "1"}}
    return {**body, "spec": spec, "status": status, "data": brake, "eventTime": AT, **event}


def a_revision() -> dict[str, Any]:
    """Return the ReplicaSet that what is under way would go back to."""
    body = an_object("ReplicaSet")
    owners = [{"uid": "u-1", "controller": True}]
    body["metadata"] |= {"labels": {"rollouts-pod-template-hash": "aa"}, "ownerReferences": owners}
    return body


class Anything(BaseHTTPRequestHandler):
    """An API server that is the operator itself, and has one of everything."""

    def do_GET(self) -> None:
        """Answer."""
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._say('drift_events_total{namespace="default",plc_name="mixer"} 3\n')
        elif path == "/version":
            self._say(json.dumps({"gitVersion": "v1.34.0+fabgitops.0.1.0"}))
        elif path == "/apis/fabgitops.io/v1":
            kind = {"name": "industrialplcs", "kind": "IndustrialPLC", "namespaced": True}
            self._say(json.dumps({"resources": [kind]}))
        elif path.endswith("/replicasets"):
            self._say(json.dumps({"metadata": {"resourceVersion": "1"}, "items": [a_revision()]}))
        elif path.endswith("/mixer"):
            self._say(json.dumps(an_object("IndustrialPLC")))
        elif "watch=true" in self.path:
            self._say("")
        else:
            self._say(json.dumps({"metadata": {"resourceVersion": "1"}, "items": [an_object("IndustrialPLC")]}))

    def do_POST(self) -> None:
        """Answer a review, a dry run, or a patch."""
        self.rfile.read(int(self.headers["Content-Length"]))
        body = an_object("IndustrialPLC")
        if "dryRun" in self.path:
            body["spec"]["targetValue"] = 70000
        elif "reviews" in self.path:
            body["status"] = {"allowed": True, "userInfo": {"username": "me"}}
        self._say(json.dumps(body))

    do_PATCH = do_POST  # noqa: N815 - the name that the library calls

    def _say(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Nursery:
    """Command lines that run beside each other's servers."""

    def __init__(self, folder: Path, kubeconfig: Path) -> None:
        """Write what they read."""
        self._manifest = folder / "mixer.yaml"
        spec = {"deviceAddress": "10.0.0.7", "targetRegister": 4001, "targetValue": 70000}
        body = {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC", "metadata": {"name": "mixer"}, "spec": spec}
        self._manifest.write_text(yaml.safe_dump(body))
        self._tags = folder / "tags.csv"
        self._tags.write_text("name,address,type\nspeed,4001,uint16\n")
        self._chaos = folder / "chaos.yaml"
        target = {"kind": "plcs", "labelSelector": {"matchLabels": {"line": "3"}}}
        spec = {"scenario": {"plcFault": {"fault": "frozen"}}, "target": target}
        self._chaos.write_text(yaml.safe_dump({**body, "kind": "ChaosExperiment", "spec": spec}))
        self._config = kubeconfig

    @cache  # noqa: B019 - as long as the module
    def ran(self, how: str) -> dict[str, dict[str, Any]]:
        """Return what came of each command."""
        meant = [name for name in LINES if how not in {"narrow", "wide"} or name in TABLES]
        meant = [name for name in meant if how != "interrupted" or name not in UNASKED]
        meant = [name for name in meant if how != "plain" or name not in {"watch", *UNHEARD}]
        places = {"FILE": self._manifest, "TAGS": self._tags, "CHAOS": self._chaos}
        places["FOLDER"] = self._manifest.with_name(how.replace(" ", "-"))
        words = [[*name.split(), *(str(places.get(word, word)) for word in LINES[name].split())] for name in meant]
        done = subprocess.run(
            [sys.executable, Path(__file__).with_name("nursery.py"), how],
            input="".join(f"{json.dumps(each)}\n" for each in words),
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
            env={"PATH": os.environ["PATH"], "HOME": "/nowhere", "KUBECONFIG": str(self._config), "LANG": "C.UTF-8"},
        )
        return dict(zip(meant, map(json.loads, done.stdout.splitlines()), strict=True))


@pytest.fixture(scope="module")
def nursery(serving: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Return what runs command lines."""
    folder = tmp_path_factory.mktemp("nursery")
    with serving(Anything, folder) as kubeconfig:
        yield Nursery(folder, kubeconfig)


def test_no_command_is_left_out() -> None:
    """A new one comes with a line of its own here."""
    assert LINES.keys() == {*commands(app)}


@pytest.mark.parametrize("command", [name for name in LINES if name not in UNHEARD])
def test_it_ends_silently_when_nobody_reads(nursery: Nursery, command: str) -> None:
    """`fabctl … | head` ends as a program does that SIGPIPE ends, and says nothing of it."""
    result = nursery.ran("closed pipe")[command]
    assert (result["code"], "Traceback" in result["said"], "Broken" in result["said"]) == (141, False, False), result


@pytest.mark.parametrize("command", [name for name in LINES if name not in UNASKED])
def test_ctrl_c_ends_it_without_a_word(nursery: Nursery, command: str) -> None:
    """While a server is waited for: exit code 130, also of what goes on until then."""
    result = nursery.ran("interrupted")[command]
    assert (result["code"], result["said"]) == (130, "")


@pytest.mark.parametrize("command", TABLES)
def test_a_table_goes_by_columns(nursery: Nursery, command: str) -> None:
    """With COLUMNS=30 rows stand one below the other, with room they are rows."""
    narrow, wide = (re.sub("\x1b\\[[0-9;]*m", "", nursery.ran(how)[command]["seen"]) for how in ("narrow", "wide"))
    lines = [line for line in narrow.splitlines() if len(line) > 30]
    assert all(re.fullmatch(r" *[\w ?-]+: +\S.*", line) for line in lines), narrow
    assert max(map(len, wide.splitlines())) > 30
    assert "mixer" in narrow or "API server" in narrow or "Begin" in narrow or "begin" in narrow, narrow


@pytest.mark.parametrize("command", [name for name in LINES if name not in {"watch", *UNHEARD}])
def test_it_is_drawn_in_ascii_where_the_locale_is_c(nursery: Nursery, command: str) -> None:
    """On a terminal whose locale is not UTF-8 nothing else comes of what fabctl itself says."""
    result = nursery.ran("plain")[command]
    assert result["seen"].isascii(), result["seen"]
    assert "Traceback" not in result["said"]
