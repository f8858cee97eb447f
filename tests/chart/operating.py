"""The operator as the chart declares it, run beside a cluster that has no nodes."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from testbed import processes

from .cluster import Cluster, until
from .helm import NAMESPACE, RELEASE, Helm, Values

NAME = f"{RELEASE}-fabgitops"
ACCOUNT = f"system:serviceaccount:{NAMESPACE}:{NAME}"
PROGRAMS = Path(sys.executable).parent
PATIENCE_SECS = 30.0


@contextmanager
def reserved_port() -> Iterator[int]:
    """Yield a port on loopback that nobody else gets."""
    port = processes.ReservedPort()
    try:
        yield port.number
    finally:
        port.release()


@contextmanager
def operating(helm: Helm, cluster: Cluster, values: Values, folder: Path) -> Iterator[Path]:
    """Install the release, run its operator by the pod's arguments and account, and yield its log once it is ready."""
    log = folder / "operator.log"
    with reserved_port() as port:
        helm.install({**values, "settings": {"metricsBind": "127.0.0.1", "metricsPort": port}})
        pod = cluster.get("deployment", NAME, "--namespace", NAMESPACE)["spec"]["template"]["spec"]
        cluster.established()
        command = [
            "/usr/bin/env",
            f"KUBECONFIG={cluster.plane.kubeconfig_for(ACCOUNT)}",
            str(PROGRAMS / "fabgitops-operator"),
        ]
        process = processes.start([*command, *pod["containers"][0]["args"]], log)

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
            processes.stop(process, PATIENCE_SECS)
