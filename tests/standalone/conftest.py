"""The operator without a cluster, as a process on a folder of manifests, with mock PLCs beside it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import yaml

BIN = Path(sys.executable).parent
PATIENCE = 60.0
PLCS = "/apis/fabgitops.io/v1/namespaces/default/industrialplcs"


def until(true: Callable[[], Any], what: str) -> Any:
    """Wait until something is true, and return it."""
    deadline = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < deadline, f"not within {PATIENCE:g} s: {what}"
        time.sleep(0.05)
    return found


@dataclass
class Answer:
    """What the API answers."""

    status: int
    text: str

    @property
    def body(self) -> Any:
        """Return it decoded."""
        return json.loads(self.text)


class Box:
    """A box: a folder of manifests, a state, and processes on them."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.source, self.state = folder / "plant", folder / "state"
        self.log = folder / "operator.log"
        self.folder = folder
        self._stack = stack
        self.source.mkdir()

    def declare(self, name: str, **spec: Any) -> None:
        """Write a manifest into the source."""
        body = {
            "apiVersion": "fabgitops.io/v1",
            "kind": "IndustrialPLC",
            "metadata": {"name": name},
            "spec": {"deviceAddress": "127.0.0.1", "targetRegister": 1, "pollIntervalSecs": 1, **spec},
        }
        (self.source / f"{name}.yaml").write_text(yaml.safe_dump(body))

    def plc(self, **registers: int) -> int:
        """Start a mock PLC with registers (`r1=5`), and return its port."""
        given = [f"--register={name[1:]}={value}" for name, value in registers.items()]
        log = self.folder / f"plc-{len(list(self.folder.glob('plc-*')))}.log"
        with log.open("wb") as output:
            command = [str(BIN / "mock-plc"), "--bind", "127.0.0.1", "--port", "0", *given]
            process = self._stack.enter_context(subprocess.Popen(command, stdout=output, stderr=output))
        self._stack.callback(process.kill)
        return int(until(lambda: _found(r"listening on 127\.0\.0\.1:(\d+)", log), "the PLC listens"))

    @contextmanager
    def running(self, *flags: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run the operator until the block ends."""
        process = self.start(*flags, **environment)
        try:
            until(lambda: process.poll() is not None or self.is_ready(), "the operator is ready")
            assert process.poll() is None, self.log.read_text()
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)

    def start(self, *flags: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start the operator."""
        command = [str(BIN / "fabgitops-operator"), "standalone", "--log-format", "text"]
        if "--settle-secs" not in flags:
            command += ["--settle-secs", "0"]
        if not any(flag.startswith("--listen") for flag in flags):
            command += ["--listen", "127.0.0.1:0"]
        if "--source" not in flags:
            command += ["--source", str(self.source)]
        command += ["--state", str(self.state), *flags]
        (self.state / "kubeconfig").unlink(missing_ok=True)
        with self.log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **environment})
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        return process

    @property
    def server(self) -> str:
        """Return where the API is, by the kubeconfig; "" while there is none."""
        file = self.state / "kubeconfig"
        if not file.exists():
            return ""
        return str(yaml.safe_load(file.read_text())["clusters"][0]["cluster"]["server"])

    def is_ready(self) -> bool:
        """Return whether it says so."""
        try:
            return bool(self.server) and self.get("/readyz").status == 200
        except OSError:
            return False

    def get(self, path: str) -> Answer:
        """Ask the API for a path."""
        return self.ask("GET", path)

    def ask(self, method: str, path: str, body: Any = None, media_type: str = "application/json") -> Answer:
        """Send a request to the API."""
        data = json.dumps(body).encode() if body is not None else None
        request = Request(self.server + path, data, {"Content-Type": media_type}, method=method)  # noqa: S310
        try:
            with urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - it is our own
                return Answer(answer.status, answer.read().decode())
        except HTTPError as error:
            return Answer(error.code, error.read().decode())

    def status(self, name: str) -> dict[str, Any]:
        """Return the status of a PLC, empty while it is not there."""
        answer = self.get(f"{PLCS}/{name}")
        return dict(answer.body.get("status") or {}) if answer.status == 200 else {}

    def synced(self, name: str) -> bool:
        """Return whether a PLC is in sync."""
        conditions = self.status(name).get("conditions") or []
        return any((each["type"], each["status"]) == ("InSync", "True") for each in conditions)


def _found(pattern: str, log: Path) -> str:
    found = re.search(pattern, log.read_text())
    return found[1] if found else ""


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """Return a box on which nothing runs yet."""
    with ExitStack() as stack:
        yield Box(tmp_path, stack)


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """Return the socket of a service manager, at `tmp_path / "notify"`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(PATIENCE)
        yield listening
