"""A plant's repository, unchanged, against its twin: no device of the plant is reached, and all of it is in sync."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from lightkube.generic_resource import create_namespaced_resource
from mock_plc.device import Device
from mock_plc.server import serving

from .conftest import IndustrialPLC, Operator, Site, until

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
PLANT = ROOT / "examples/plant"
LINES = sorted(path.name for path in (PLANT / "lines").iterdir())
MOCK_PLC = Path(sys.executable).with_name("mock-plc")
IndustrialPLCTemplate = create_namespaced_resource(
    "fabgitops.io", "v1", "IndustrialPLCTemplate", "industrialplctemplates"
)
RESOURCES: dict[str, Any] = {"IndustrialPLC": IndustrialPLC, "IndustrialPLCTemplate": IndustrialPLCTemplate}
ODD = """
apiVersion: fabgitops.io/v1
kind: IndustrialPLC
metadata: {name: press}
spec:
  deviceAddress: press.line-9.example
  port: 802
  pollIntervalSecs: 1
  connection: {transport: tls, tlsSecretRef: {name: plc-tls}}
  identity: {vendor: Press Maker, productCode: P-7, revision: V2.1}
  registers:
  - {name: force, address: 10, type: float32, byteOrder: CDAB, value: 12.5, min: 0, max: 50, unit: kN}
  - {name: recipe, address: 20, type: string, length: 8, value: STEEL}
---
apiVersion: fabgitops.io/v1
kind: IndustrialPLC
metadata: {name: scale}
spec:
  deviceAddress: 10.30.0.9
  port: 802
  pollIntervalSecs: 1
  connection: {transport: tls, tlsServerName: scale.line-9.example}
  targetRegister: 1
  targetValue: 7
---
apiVersion: fabgitops.io/v1
kind: IndustrialPLC
metadata: {name: gateway}
spec:
  deviceAddress: 10.30.0.1
  port: 4001
  pollIntervalSecs: 1
  connection: {transport: rtuOverTcp}
  registers:
  - {name: fan, unitId: 7, reference: "00017", value: true}
  - {name: level, unitId: 9, address: 5, type: int16, scale: 0.1, value: -3.5}
---
apiVersion: fabgitops.io/v1
kind: IndustrialPLC
metadata: {name: meter}
spec:
  deviceAddress: 2001:db8::7
  pollIntervalSecs: 1
  connection: {transport: udp}
  registers:
  - {name: energy, table: input, address: 0, type: uint64}
  - {name: period, address: 2, type: bcd16, value: 15}
"""


class Twin:
    """A running twin, and what its user asks it by `mock-plc ctl`."""

    def __init__(self, control: str) -> None:
        self._control = control

    async def ctl(self, *arguments: str) -> Any:
        """Return what an answer of the control API holds."""
        command: tuple[str | Path, ...] = (MOCK_PLC, "ctl", *arguments, "--control", self._control, "-o", "json")
        ended = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        said, _ = await ended.communicate()
        assert ended.returncode == 0
        return json.loads(said)

    async def value(self, plc: str, register: str) -> Any:
        """Return what a register of a device holds."""
        answer = await self.ctl("get", register, "--plc", plc)
        return answer["registers"][0]["value"]


@asynccontextmanager
async def twin(*arguments: str | Path, path: str = "", text: str = "") -> AsyncIterator[Twin]:
    """Run a twin with a control API until the block ends; it has written its map when it is yielded."""
    command: tuple[str | Path, ...] = (MOCK_PLC, "twin", *arguments, "--control", "0")
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PATH": f"{path}:{os.environ['PATH']}"},
    )
    try:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(text.encode())
        process.stdin.close()
        said = ""
        while "device map in" not in said:
            line = await asyncio.wait_for(process.stderr.readline(), 60)
            assert line, said
            said += line.decode()
        control = re.search(r"control API on http://(\S+)", said)
        assert control is not None
        yield Twin(control[1])
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def kustomized(kubectl: Path, folder: Path) -> str:
    """Return what a kustomization comes to."""
    process = await asyncio.create_subprocess_exec(kubectl, "kustomize", folder, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    assert process.returncode == 0
    return said.decode()


async def put(site: Site, manifests: str, namespace: str) -> None:
    """Apply manifests to a namespace, templates first."""
    bodies: Iterator[dict[str, Any]] = yaml.safe_load_all(manifests)
    for body in sorted(bodies, key=lambda body: body["kind"], reverse=True):
        body["metadata"]["namespace"] = namespace
        await site.put(RESOURCES[body["kind"]], body)


async def statuses(site: Site, namespace: str) -> dict[str, dict[str, Any]]:
    """Return the statuses of a namespace."""
    found = site.client.list(IndustrialPLC, namespace=namespace)
    return {each["metadata"]["name"]: dict(each.get("status") or {}) async for each in found}


def reason(status: dict[str, Any]) -> str:
    """Return the reason of its Ready condition."""
    return next((each["reason"] for each in status.get("conditions", []) if each["type"] == "Ready"), "")


async def test_a_plant_runs_against_its_twin(site: Site, kubectl_program: Path, tmp_path: Path) -> None:
    """examples/plant, as it stands, is in sync on its twin; drift is corrected there, and statuses name the plant."""
    file = tmp_path / "map.yaml"
    namespaces = {line: f"{site.namespace}-{line}" for line in LINES}
    for line, namespace in namespaces.items():
        await asyncio.to_thread(site.plane.add_namespace, namespace)
        await put(site, await kustomized(kubectl_program, PLANT / "lines" / line), namespace)
    path = str(kubectl_program.parent)
    async with (
        twin("-f", PLANT, "--device-map", file, path=path) as plant,
        site.operator("--device-map", str(file), also=namespaces.values()) as operator,
    ):

        async def settled() -> bool:
            found = {line: await statuses(site, namespace) for line, namespace in namespaces.items()}
            said = {(line, name): reason(status) for line, each in found.items() for name, status in each.items()}
            return len(said) == 9 and said.pop(("line-3", "conveyor")) == "Suspended" and {*said.values()} == {"InSync"}

        await until(settled, "the plant is in sync, but for what is suspended")
        await plant.ctl("set", "speed", "1300", "--plc", "line-2/mixer")

        async def corrected() -> bool:
            status = (await statuses(site, namespaces["line-2"]))["mixer"]
            return (status["driftEvents"], status["correctionsApplied"], status["inSync"]) == (1, 1, True)

        await until(corrected, "the drift is corrected")
        assert await plant.value("line-2/mixer", "speed") == 1200
        assert (await statuses(site, namespaces["line-2"]))["mixer"]["endpoint"] == "10.20.2.12:502"
        assert f"--device-map {file} is in force: 9 device(s)" in operator.log
    for namespace in namespaces.values():
        for name in await statuses(site, namespace):
            await site.client.delete(IndustrialPLC, name, namespace=namespace)


async def test_every_transport_begins_drifted_and_is_corrected(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over TLS with and without a Secret, RTU over TCP with units, and UDP: all that Git wants is written."""
    await asyncio.to_thread(site.plane.let_secrets_be_read)
    file, secrets = tmp_path / "map.yaml", tmp_path / "secrets"
    monkeypatch.setenv("SSL_CERT_FILE", str(secrets / "ca.crt"))
    begin = ("-f", "-", "-n", site.namespace, "--device-map", file, "--secrets", secrets, "--start", "drifted")
    async with twin(*begin, text=ODD) as plant, site.operator("--device-map", str(file)):
        certificates = {each.name: each.read_bytes() for each in (secrets / site.namespace / "plc-tls").iterdir()}
        await asyncio.to_thread(site.plane.keep_secret, site.namespace, "plc-tls", certificates)
        assert await plant.value(f"{site.namespace}/press", "recipe") == ""
        await put(site, ODD, site.namespace)
        for name in ("press", "scale", "gateway", "meter"):
            await site.until_status(name, inSync=True)
        assert await plant.value("press.line-9.example:802", "force") == 12.5
        assert await plant.value("press.line-9.example:802", "recipe") == "STEEL"
        assert await plant.value("10.30.0.9:802", "target") == 7
        assert await plant.value("10.30.0.1:4001", "7.fan") is True
        assert await plant.value("10.30.0.1:4001", "9.level") == -3.5
        assert await plant.value("[2001:db8::7]:502", "period") == 15


async def test_no_device_outside_the_map_is_reached(site: Site, tmp_path: Path) -> None:
    """A device that is not on a map that is in force is not connected to, though it listens; its status says why."""
    file = tmp_path / "map.yaml"
    file.write_text('"10.20.1.12:502": "127.0.0.1:9"\n')
    plc = Device({4001: 7})
    async with serving(plc) as port, site.operator("--device-map", str(file)) as operator:
        await site.apply("mixer", port)
        await site.until_ready("mixer", "False", "ConnectionFailed")
        assert f"127.0.0.1:{port} is not connected to: it is not in --device-map {file}" in await message(site)
        file.write_text(f'"127.0.0.1:{port}": "localhost:{port}"\n')
        await site.until_status("mixer", inSync=True, currentValue=2500)
        assert await told(operator, "has changed: 1 device(s)")
    assert plc[4001] == 2500


async def message(site: Site) -> str:
    """Return what the status of the mixer says."""
    return str((await site.status("mixer"))["message"])


async def told(operator: Operator, text: str) -> bool:
    """Wait until the log has a text."""
    return bool(await until(lambda: text in operator.log, text))
