"""Operators of racks and of workloads as processes, and what a cluster must have for them."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Self

import httpx
import yaml
from fabgitops_core.api.kinds import Kind

from .planes import APPLY, FORCE, until

PLURALS = {
    "CustomResourceDefinition": "apiextensions.k8s.io/v1/customresourcedefinitions",
    "ClusterRole": "rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "rbac.authorization.k8s.io/v1/clusterrolebindings",
}


def install(api: httpx.Client, manifests: str, kinds: Iterable[Kind]) -> None:
    """Install definitions and cluster roles as they are shipped, and wait until the kinds are served."""
    for body in yaml.safe_load_all(manifests):
        if plural := PLURALS.get(body["kind"]):
            url = f"/apis/{plural}/{body['metadata']['name']}"
            api.patch(url, params=FORCE, json=body, headers=APPLY).raise_for_status()
    urls = [f"/apis/{kind.api_version}/{kind.plural}" for kind in kinds]
    until(lambda: all(api.get(url).status_code == httpx.codes.OK for url in urls), "the kinds are served")


class Operator:
    """An operator as a process."""

    def __init__(
        self,
        kubeconfig: Path,
        bus: str,
        log: Path,
        *flags: str,
        lease: str = "",
        begun: str = "looking after",
        kinds: str = "racks",
    ) -> None:
        """Prepare it.

        Args:
            kubeconfig: How it finds the API server.
            bus: Where it tells what happens.
            log: Where it says what it does.
            flags: More than it takes to run.
            lease: The Lease in the namespace default that it takes; none when empty.
            begun: What it says when it has begun.
            kinds: Which kinds it looks after.
        """
        program = Path(sys.executable).parent / "fabgitops-operator"
        self._command = [str(program), "run", "--kinds", kinds, "--bus", bus]
        self._command += ["--lease-namespace", "default", "--lease-name", lease] if lease else ["--no-lease"]
        self._command += ["--metrics-bind", "127.0.0.1", "--metrics-port", "0", "--log-format", "json", *flags]
        self._begun = begun
        self._kubeconfig = kubeconfig
        self._log = log
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it, and wait until it looks after what is there."""
        with self._log.open("ab") as log:
            environment = {**os.environ, "KUBECONFIG": str(self._kubeconfig)}
            process = self.process = subprocess.Popen(self._command, stderr=log, env=environment)
        until(lambda: process.poll() is not None or self._begun in self.log, f"it says: {self._begun}")
        assert process.poll() is None, self.log
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)

    @property
    def log(self) -> str:
        """Return what it said so far."""
        return self._log.read_text()

    def metrics(self) -> str:
        """Return its metrics."""
        port = self.log.split("probes on port ")[1].split('"')[0]
        return httpx.get(f"http://127.0.0.1:{port}/metrics").text
