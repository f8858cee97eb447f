"""The command as a user runs it, without a cluster, and objects to look at."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

COMMAND = Path(sys.executable).with_name("fabctl")

Fabctl = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def fabctl(tmp_path: Path) -> Fabctl:
    """Return what runs fabctl for a user without any cluster."""

    def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("KUBE", "FORCE_COLOR"))}
        return subprocess.run(
            [COMMAND, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**clean, "HOME": str(tmp_path), **environment},
            timeout=60,
        )

    return run


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], folder: Path, namespace: str = "default") -> Iterator[Path]:
    """Answer as an API server by a handler, and yield the file of a kubeconfig of it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    document = {
        "clusters": [{"name": "x", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
        "contexts": [{"name": "x", "context": {"cluster": "x", "namespace": namespace}}],
        "current-context": "x",
    }
    file = folder / "config"
    file.write_text(json.dumps(document))  # JSON is YAML, too
    try:
        yield file
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session", name="serving")
def _serving() -> Callable[..., AbstractContextManager[Path]]:
    return serving


def plc(reason: str = "", ready: str = "Unknown", **status: Any) -> dict[str, Any]:
    """Return an object of generation 3; one without a reason has not been looked at."""
    if reason:
        status["conditions"] = [{"type": "Ready", "status": ready, "reason": reason}]
        status.setdefault("observedGeneration", 3)
    return {
        "apiVersion": "fabgitops.io/v1",
        "kind": "IndustrialPLC",
        "metadata": {"name": "mixer", "namespace": "line-3", "uid": "u-1", "generation": 3},
        "spec": {"deviceAddress": "10.0.0.7", "targetRegister": 4001, "targetValue": 2500},
        "status": status,
    }


REGISTERS: list[dict[str, Any]] = [
    {"name": "speed", "address": 100, "type": "float32", "value": 21.5, "unit": "rpm"},
    {"name": "mode", "reference": 40104, "enum": {"Stopped": 0, "Running": 1}, "value": "Running"},
    {"name": "power", "table": "input", "address": 0, "unit": "W"},
]
SEEN: dict[str, dict[str, Any]] = {
    "speed": {"place": "holding 100 float32 unit 1", "desired": "21.5", "actual": "21.5", "raw": "0x41AC0000"},
    "mode": {"place": "holding 103 uint16 unit 1", "desired": "Running", "actual": "Running", "raw": "0x0001"},
    "power": {"place": "input 0 uint16 unit 1", "actual": "700", "raw": "0x02BC"},
}


def mapped(reason: str = "InSync", ready: str = "True", **changed: dict[str, Any]) -> dict[str, Any]:
    """Return an object with a map of three registers, two of them with a desired value, as the operator leaves it.

    Args:
        reason: Ready's reason.
        ready: Ready's status.
        **changed: Fields of the status of registers, by name.
    """
    held: dict[str, dict[str, Any]] = {"speed": {"inSync": True}, "mode": {"inSync": True}, "power": {}}
    seen = [{"name": name, **SEEN[name], **held[name], **changed.get(name, {})} for name in SEEN]
    count = f"{sum(each.get('inSync') is True for each in seen)}/2"
    body = plc(reason, ready, registers=seen, registersInSync=count, inSync=ready == "True")
    body["spec"] = {"deviceAddress": "10.0.0.7", "registers": REGISTERS}
    return body


@pytest.fixture(name="mapped")
def _mapped() -> Callable[..., dict[str, Any]]:
    return mapped


@pytest.fixture(name="plc")
def _plc() -> Callable[..., dict[str, Any]]:
    return plc
