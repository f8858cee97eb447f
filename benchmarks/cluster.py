"""What the real operator asks of a real API server: `python -m benchmarks.cluster SECONDS COUNT` prints a JSON line."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import lightkube
import psutil
import yaml
from fabgitops_operator.cluster.install import manifests
from lightkube import codecs
from lightkube.generic_resource import create_namespaced_resource
from prometheus_client.parser import text_string_to_metric_families
from testbed import ControlPlane, control_plane

from benchmarks.devices import REGISTER, TARGET, said

ACCOUNT = "system:serviceaccount:fabgitops-system:fabgitops-operator"
AT_ONCE = 20
PATIENCE = 300.0
IndustrialPLC = create_namespaced_resource("fabgitops.io", "v1", "IndustrialPLC", "industrialplcs")


def total(text: str, name: str, **labels: str) -> float:
    """Return the sum of the samples of a metric whose labels include these."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


async def until(true: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait until something is true.

    Raises:
        SystemExit: It is not within PATIENCE seconds.
    """
    deadline = time.monotonic() + PATIENCE
    while not await true():
        if time.monotonic() > deadline:
            sys.exit(f"not within {PATIENCE:.0f} s: {what}")
        await asyncio.sleep(0.2)


async def install(plane: ControlPlane, ports: list[int]) -> None:
    """Install what the operator needs, and a resource for each port."""
    client = lightkube.AsyncClient(config=lightkube.KubeConfig.from_file(plane.kubeconfig), field_manager="bench")
    for body in yaml.safe_load_all(manifests()):
        await client.apply(codecs.from_dict(body), force=True)
    with plane.client() as http:
        while http.get("/apis/fabgitops.io/v1/industrialplcs").status_code != 200:
            await asyncio.sleep(0.2)
    slots = asyncio.Semaphore(AT_ONCE)

    async def create(port: int) -> None:
        spec = {"deviceAddress": "127.0.0.1", "port": port, "targetRegister": REGISTER, "targetValue": TARGET}
        metadata = {"name": f"plc-{port}", "namespace": "default"}
        body = {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC", "metadata": metadata, "spec": spec}
        async with slots:
            await client.create(IndustrialPLC.from_dict(body))

    await asyncio.gather(*(create(port) for port in ports))
    await client.close()


async def measure(
    plane: ControlPlane, process: psutil.Process, port: int, count: int, seconds: float, drift: Callable[[], float]
) -> Any:
    """Wait until all is calm, count for a while, then let everything drift."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as operator:

        async def metrics() -> str:
            return (await operator.get("/metrics")).text

        async def connected() -> bool:
            return total(await metrics(), "plc_connection_status") == count

        async def calm() -> bool:
            before = total(await metrics(), "fabgitops_api_writes_total")
            await asyncio.sleep(2)
            return total(await metrics(), "fabgitops_api_writes_total") == before

        async def corrected() -> bool:
            return total(await metrics(), "corrections_total") == count

        await until(connected, f"all {count} PLCs answer the operator")
        await until(calm, "the operator has nothing more to tell the API server")
        polls, asked = total(await metrics(), "fabgitops_modbus_requests_total"), requests(plane)
        spent = sum(process.cpu_times()[:2])
        await asyncio.sleep(seconds)
        spent = sum(process.cpu_times()[:2]) - spent
        polls, asked = total(await metrics(), "fabgitops_modbus_requests_total") - polls, requests(plane) - asked
        drifted = drift()
        await until(corrected, f"all {count} corrections are proven")
        cost = {"polls": polls, "requests": asked, "cpu_us": spent / max(polls, 1) * 1e6}
        return {**cost, "corrected": time.monotonic() - drifted}


def requests(plane: ControlPlane) -> float:
    """Return how many requests for IndustrialPLCs the API server has answered."""
    return total(plane.apiserver_metrics(), "apiserver_request_total", resource="industrialplcs")


def main(seconds: float, count: int) -> None:
    """Bring everything up, measure, take everything down."""
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    command = [str(Path(sys.executable).parent / "fabgitops-operator"), "run", "--metrics-bind", "127.0.0.1"]
    with (
        control_plane() as plane,
        subprocess.Popen([sys.executable, "-m", "benchmarks.devices", str(count)], **pipes) as farm,
        tempfile.NamedTemporaryFile("r") as log,
    ):
        assert farm.stdin
        assert farm.stdout
        asyncio.run(install(plane, json.loads(said(farm.stdout, "the farm of devices"))))
        environment = {**os.environ, "KUBECONFIG": str(plane.kubeconfig_for(ACCOUNT))}
        flags = ["--metrics-port", "0", "--log-format", "text"]
        with (
            open(log.name, "w") as output,
            subprocess.Popen([*command, *flags], stderr=output, env=environment) as operator,
        ):
            while "probes on port" not in (text := Path(log.name).read_text()):
                time.sleep(0.1)
            port = int(text.partition("probes on port ")[2].split()[0])

            def drift() -> float:
                assert farm.stdin
                assert farm.stdout
                farm.stdin.write("drift\n")
                return float(said(farm.stdout, "the farm of devices"))

            process = psutil.Process(operator.pid)
            sys.stdout.write(json.dumps(asyncio.run(measure(plane, process, port, count, seconds, drift))) + "\n")
            operator.terminate()
        farm.kill()


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
