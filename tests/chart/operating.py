"""The operator as the chart declares it, run beside a cluster that has no nodes."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from .cluster import Cluster, until
from .helm import NAMESPACE, RELEASE, Helm, Values

NAME = f"{RELEASE}-fabgitops"
ACCOUNT = f"system:serviceaccount:{NAMESPACE}:{NAME}"
PROGRAMS = Path(sys.executable).parent


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def operating(helm: Helm, cluster: Cluster, values: Values, folder: Path) -> Iterator[Path]:
    """Install the release, run its operator by the pod's arguments and account, and yield its log once it is ready."""
    port, log = free_port(), folder / "operator.log"
    helm.install({**values, "settings": {"metricsBind": "127.0.0.1", "metricsPort": port}})
    pod = cluster.get("deployment", NAME, "--namespace", NAMESPACE)["spec"]["template"]["spec"]
    cluster.established()
    command = [str(PROGRAMS / "fabgitops-operator"), *pod["containers"][0]["args"]]
    environment = {**os.environ, "KUBECONFIG": str(cluster.plane.kubeconfig_for(ACCOUNT))}
    with log.open("wb") as output:
        process = subprocess.Popen(command, stderr=output, env=environment)

    def ready() -> bool:
        assert process.poll() is None, log.read_text(encoding="utf-8")
        try:
            return httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).is_success
        except httpx.TransportError:
            return False

    try:
        until(ready, "the operator is ready")
        yield log
    finally:
        process.terminate()
        process.wait()
