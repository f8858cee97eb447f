"""The facade as a process before a real API server, beside the operator of racks where a test needs it."""

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from fabgitops_core.api.rack import KINDS
from fabgitops_core.control.kinds import KINDS as OF_PLCS
from testbed.plane import ControlPlane

from ..planes import APPLY, CRDS, FORCE, GROUP, MANIFESTS, until

PROGRAM = Path(sys.executable).with_name("fabgitops-operator")
NUMBERS = count(1)
Start = Callable[..., str]


@pytest.fixture(scope="session")
def racks(control_plane: ControlPlane) -> ControlPlane:
    """Return a control plane with the kinds of racks."""
    with control_plane.client() as api:
        files = {kind: MANIFESTS / "racks" / f"{kind.crd_name}.yaml" for kind in KINDS}
        files |= {kind: MANIFESTS / f"{kind.crd_name}.yaml" for kind in OF_PLCS}  # which the operator looks for, too
        for kind, file in files.items():
            body = file.read_text()
            api.patch(f"{CRDS}/{kind.crd_name}", params=FORCE, content=body, headers=APPLY).raise_for_status()
        until(
            lambda: all(api.get(f"{GROUP}/{kind.plural}").status_code == 200 for kind in KINDS), "the kinds are served"
        )
    return control_plane


@pytest.fixture
def kubernetes(racks: ControlPlane) -> Iterator[httpx.Client]:
    """Return a client of the API server."""
    with racks.client() as client:
        yield client


@pytest.fixture
def namespace(kubernetes: httpx.Client) -> str:
    """Return a fresh namespace."""
    name = f"facade-{next(NUMBERS)}"
    kubernetes.post("/api/v1/namespaces", json={"metadata": {"name": name}}).raise_for_status()
    return name


@pytest.fixture
def start(racks: ControlPlane, namespace: str, tmp_path: Path) -> Iterator[Start]:
    """Return what starts a facade for the namespace, and returns its URL when it can answer."""
    running: list[subprocess.Popen[bytes]] = []

    def started(
        *flags: str, kubeconfig: Path | None = None, ready: bool = True, verify: ssl.SSLContext | bool = True
    ) -> str:
        log = tmp_path / f"facade-{len(running)}.log"
        environment = {**os.environ, "KUBECONFIG": str(kubeconfig or racks.kubeconfig)}
        words = [
            str(PROGRAM),
            "facade",
            "--listen",
            "127.0.0.1:0",
            "--namespace",
            namespace,
            "--log-format",
            "json",
            *flags,
        ]
        with log.open("wb") as out:
            running.append(subprocess.Popen(words, stderr=out, env=environment))

        def url() -> str:
            assert running[-1].poll() is None, log.read_text()
            lines = [json.loads(line)["message"] for line in log.read_text().splitlines() if line.endswith("}")]
            return next((line.split()[8].rstrip(";") for line in lines if line.startswith("serving the racks")), "")

        found = until(url, "the facade says where it serves")
        if ready:
            until(lambda: httpx.get(f"{found}/health", verify=verify).status_code == 200, "the facade can answer")
        return found

    yield started
    for process in running:
        process.terminate()
        assert process.wait(10) == 0


@pytest.fixture
def url(start: Start) -> str:
    """Return the URL of a facade on loopback, without TLS."""
    return start()


@pytest.fixture
def rest(url: str) -> Iterator[httpx.Client]:
    """Return a client of it."""
    with httpx.Client(base_url=url) as client:
        yield client


class Kubectl:
    """What others do in the namespace, who know nothing of the facade."""

    def __init__(self, kubernetes: httpx.Client, namespace: str) -> None:
        self._kubernetes = kubernetes
        self._at = f"{GROUP}/namespaces/{namespace}"

    def get(self, plural: str, name: str) -> dict[str, Any]:
        """Return an object as Kubernetes has it."""
        found: dict[str, Any] = self._kubernetes.get(f"{self._at}/{plural}/{name}").raise_for_status().json()
        return found

    def make(self, kind: str, plural: str, name: str, spec: dict[str, Any], **labels: str) -> dict[str, Any]:
        """Make an object."""
        metadata = {"name": name, "labels": {f"fabgitops.io/{key}": value for key, value in labels.items()}}
        body = {"apiVersion": "fabgitops.io/v1", "kind": kind, "metadata": metadata, "spec": spec}
        made: dict[str, Any] = self._kubernetes.post(f"{self._at}/{plural}", json=body).raise_for_status().json()
        return made


@pytest.fixture
def others(kubernetes: httpx.Client, namespace: str) -> Kubectl:
    """Return what others do."""
    return Kubectl(kubernetes, namespace)


@pytest.fixture
def operator(racks: ControlPlane, namespace: str, tmp_path: Path) -> Iterator[None]:
    """Let the operator of racks look after the namespace."""
    words = [str(PROGRAM), "run", "--kinds", "racks", "--namespace", namespace, "--no-lease", "--settle-secs", "0"]
    here = ["--metrics-bind", "127.0.0.1", "--metrics-port", "0"]
    environment = {**os.environ, "KUBECONFIG": str(racks.kubeconfig)}
    with (tmp_path / "operator.log").open("wb") as log:
        process = subprocess.Popen([*words, *here], stderr=log, env=environment)
    try:
        yield
        assert process.poll() is None, (tmp_path / "operator.log").read_text()
    finally:
        process.terminate()
        process.wait(30)
