"""What racks cost: `python -m benchmarks.racks [RACKS] [SIMULATED]` prints a table.

The real operator makes RACKS racks of 82 parts on a real API server, which counts what is asked of it, then and at
rest. Beside it, in the same run, the engine makes SIMULATED racks on an API server in memory: what decisions cost.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from cyclopts import App
from cyclopts.types import PositiveInt
from fabgitops_core.api.meta import API_VERSION, Key
from fabgitops_core.api.rack import KINDS, RACK, RACK_TEMPLATE
from fabgitops_core.control.intake import declared
from fabgitops_core.control.kinds import FAMILIES
from fabgitops_core.control.rack.kinds import PARTS
from fabgitops_core.control.rack.records import watched
from fabgitops_core.engine.engine import Engine
from fabgitops_core.testing.apiserver import FakeApiServer
from fabgitops_core.testing.bus import FakeBus
from fabgitops_core.testing.devices import FakeDevices
from fabgitops_core.testing.host import FakeHost, FakeObserver
from fabgitops_core.testing.objects import FakeObjects
from fabgitops_core.testing.watches import FakeWatch
from fabgitops_operator.cluster.install import manifests
from rich.console import Console
from rich.table import Table
from testbed import ControlPlane, control_plane
from testbed.gotools import KUBECTL, built

from benchmarks.cluster import total
from benchmarks.standalone import until

PARTS_OF_ONE = 82
SHAPE = {"chassisCount": 2, "chassisConfig": {"bladeCount": 4, "bladeConfig": {"nodeCount": 8, "bmcMode": "shared"}}}
"""2 chassis, 8 blades, 8 BMCs, 64 nodes."""
REST_SECS = 20.0
ACCOUNT = "system:serviceaccount:fabgitops-system:fabgitops-racks"
ALL = {kind.plural for kind in KINDS}

app = App(name="bench-racks", help_format="plaintext")


class Asked(NamedTuple):
    """What the API server was asked for objects of racks: applies of parts, statuses, and all but watches."""

    applies: float
    statuses: float
    all: float

    def since(self, before: "Asked") -> "Asked":
        """Return what was asked since then."""
        return Asked(*(now - then for now, then in zip(self, before, strict=True)))


def asked(plane: ControlPlane) -> Asked:
    """Return what the API server has been asked, as it counts that itself."""
    text, name = plane.apiserver_metrics(), "apiserver_request_total"
    applies = sum(total(text, name, resource=each, verb="APPLY") for each in ALL)
    statuses = sum(total(text, name, resource=each, subresource="status") for each in ALL)
    watches = sum(total(text, name, resource=each, verb="WATCH") for each in ALL)
    return Asked(applies, statuses, sum(total(text, name, resource=each) for each in ALL) - watches)


def body(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    """Return an object."""
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def hall(racks: int) -> Iterator[dict[str, Any]]:
    """Yield a template and the Racks that are made by it."""
    yield body(RACK_TEMPLATE.name, "build", SHAPE)
    for number in range(racks):
        yield body(RACK.name, f"rack-{number}", {"templateRef": {"name": "build"}})


def apply(plane: ControlPlane, text: str) -> None:
    """Apply manifests as the administrator."""
    command = [
        str(built(KUBECTL)["kubectl"]),
        "--kubeconfig",
        str(plane.kubeconfig),
        "apply",
        "--server-side",
        "-f",
        "-",
    ]
    subprocess.run(command, input=text, text=True, stdout=subprocess.DEVNULL, check=True)


@contextmanager
def operating(plane: ControlPlane) -> Iterator[psutil.Process]:
    """Run the operator of racks with the rights that it is shipped with."""
    command = [
        str(Path(sys.executable).parent / "fabgitops-operator"),
        "run",
        "--kinds",
        "racks",
        "--log-format",
        "text",
    ]
    command += ["--metrics-bind", "127.0.0.1", "--metrics-port", "0"]
    environment = {**os.environ, "KUBECONFIG": str(plane.kubeconfig_for(ACCOUNT))}
    with tempfile.NamedTemporaryFile("w") as log, subprocess.Popen(command, stderr=log, env=environment) as process:
        until(lambda: "the watch of racknodes is up" in Path(log.name).read_text(), "the operator watches")
        yield psutil.Process(process.pid)
        process.terminate()


def real(table: Table, count: int) -> None:
    """Let the real operator make racks on a real API server."""
    with control_plane() as plane, plane.client() as http:
        apply(plane, manifests(with_racks=True))
        until(lambda: all(_status(http, plural) for plural in ALL), "the kinds are served")
        with operating(plane) as operator:
            before, memory, began = asked(plane), operator.memory_info().rss, time.monotonic()
            spent = sum(operator.cpu_times()[:2])
            apply(plane, "\n---\n".join(json.dumps(each) for each in hall(count)))
            until(lambda: _ready(http) == count, f"{count} racks are Ready")
            took, cpu = time.monotonic() - began, sum(operator.cpu_times()[:2]) - spent
            _calm(plane)
            made, grown = asked(plane).since(before), operator.memory_info().rss - memory
            at_rest = asked(plane)
            time.sleep(REST_SECS)
            rest = asked(plane).since(at_rest)
    parts = count * PARTS_OF_ONE
    table.add_row(f"{count} racks, {parts} parts, on a real API server", f"{took:.0f} s, {cpu:.1f} s of CPU")
    table.add_row("applies for each part", f"{(made.applies - count - 1) / parts:.2f}")
    table.add_row("statuses for each rack", f"{made.statuses / count:.1f}")
    table.add_row(f"asked within {REST_SECS:.0f} s at rest", f"{rest.all:.0f}")
    table.add_row("memory of the process for each part", f"{grown / parts:.0f} bytes")


def _status(http: Any, plural: str) -> bool:
    return bool(http.get(f"/apis/{API_VERSION}/{plural}").status_code == 200)


def _ready(http: Any) -> int:
    racks = http.get(f"/apis/{API_VERSION}/racks").json()["items"]
    return sum(each.get("status", {}).get("phase") == "Ready" for each in racks)


def _calm(plane: ControlPlane) -> None:
    """Wait until the API server is asked nothing for a while."""

    def calm() -> bool:
        before = asked(plane)
        time.sleep(3)
        return asked(plane) == before

    until(calm, "the operator has nothing more to say")


async def simulated(table: Table, count: int) -> None:
    """Let the engine make racks on an API server in memory."""
    api = FakeApiServer((RACK, RACK_TEMPLATE, *PARTS), lambda: datetime.now(UTC))
    objects, host = FakeObjects(api), FakeHost()
    engine = Engine(FakeDevices(), host, FakeObserver(), objects=objects, bus=FakeBus())
    for owned in watched():
        FakeWatch(api, engine.families, owned).list()
    controllers = {controller.kind.name: controller for controller in FAMILIES["racks"]}
    began = time.process_time()
    for each in hall(count):
        api.create(each)
        key = Key(each["kind"], "default", each["metadata"]["name"])
        controller = controllers[key.kind]
        engine.declare(key, controller, declared(controller.kind, api[key], datetime.now(UTC)))
    parts = count * PARTS_OF_ONE
    await _until(lambda: len(objects.requests) >= parts)
    cpu, requests = time.process_time() - began, len(objects.requests)
    await engine.stop(1.0)
    table.add_row(f"{count} racks, {parts} parts, simulated", f"{cpu:.0f} s of CPU")
    table.add_row("requests for each part", f"{requests / parts:.2f}")
    table.add_row("CPU for each part, its API server included", f"{cpu / parts * 1e6:.0f} µs")


async def _until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.1)


@app.default
def main(racks: PositiveInt = 60, simulations: PositiveInt = 1000) -> None:
    """Make racks of 82 parts, and say what that costs.

    Args:
        racks: How many on a real API server.
        simulations: How many on one in memory.
    """
    table = Table("what", "measured", title="Racks of 2 chassis, 8 blades, 8 BMCs and 64 nodes")
    real(table, racks)
    asyncio.run(simulated(table, simulations))
    Console().print(table)


if __name__ == "__main__":
    app()
