"""The maps in examples/devices/, applied to a real API server at once; an operator looks after them."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import lightkube
import pytest
import yaml
from fabgitops_operator.cluster.install import manifests
from lightkube import codecs
from lightkube.generic_resource import create_namespaced_resource
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Namespace
from testbed.plane import ControlPlane

from .pictures import registers_of, svg

pytestmark = pytest.mark.integration

FOLDER = Path(__file__).parent.parent / "examples" / "devices"
DEVICES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
PICTURES = Path(__file__).parent.parent / "docs" / "images" / "devices"
BIN = Path(sys.executable).parent
ACCOUNT = "system:serviceaccount:fabgitops-system:fabgitops-operator"
FIELD_MANAGER = "tests"
NAMESPACE = "devices"
PATIENCE = 60.0

IndustrialPLC = create_namespaced_resource("fabgitops.io", "v1", "IndustrialPLC", "industrialplcs")
Template = create_namespaced_resource("fabgitops.io", "v1", "IndustrialPLCTemplate", "industrialplctemplates")


async def until(true: Callable[[], Awaitable[object]], limit: float = PATIENCE) -> None:
    """Wait until something is true; what it returned last is told when it never is."""
    deadline = asyncio.get_running_loop().time() + limit
    while (found := await true()) is not True:
        assert asyncio.get_running_loop().time() < deadline, found
        await asyncio.sleep(0.1)


@asynccontextmanager
async def program(pattern: bytes, *command: str | Path, **environment: str) -> AsyncIterator[re.Match[bytes]]:
    """Run a program until the block ends; the block begins when a line of its log has the pattern."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **environment},
    )
    assert process.stderr is not None
    said: list[bytes] = []
    rest = asyncio.create_task(asyncio.sleep(0, b""))
    try:
        async with asyncio.timeout(PATIENCE):
            while not (found := re.search(pattern, said[-1] if said else b"")):
                said.append(await process.stderr.readline())
                assert said[-1], b"".join(said).decode()
        rest = asyncio.create_task(process.stderr.read())  # a pipe that is full would stop it
        yield found
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        print(b"".join(said).decode(), (await rest).decode())


class Quoting(yaml.SafeDumper):
    """Writes each text in quotes, as mock-plc wants those that may be numbers."""


Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def stilled(device: str, folder: Path) -> Path:
    """Return a device file of mock-plc in which nothing moves by itself, so that a picture of it is always the same."""
    content = yaml.safe_load((FOLDER / "mock" / f"{device}.yaml").read_text())
    for unit in (content.get("units") or {None: content}).values():
        for register in unit["registers"]:
            if not register.get("behaviours", {}).keys() <= {"readOnly"}:
                del register["behaviours"]
    file = folder / f"{device}.yaml"
    file.write_text(yaml.dump(content, Dumper=Quoting, sort_keys=False))
    return file


@asynccontextmanager
async def mock_plc(device: str, file: Path) -> AsyncIterator[int]:
    """Run mock-plc with a device's file, and return its port."""
    command = (BIN / "mock-plc", "--device", file, "--bind", "127.0.0.1", "--port", "0")
    async with program(rb"listening on 127\.0\.0\.1:(\d+)", *command) as found:
        yield int(found[1])


@pytest.fixture
async def client(control_plane: ControlPlane) -> AsyncIterator[lightkube.AsyncClient]:
    """Return a user's client, everything installed and a namespace made."""
    config = lightkube.KubeConfig.from_file(control_plane.kubeconfig)
    client = lightkube.AsyncClient(config=config, field_manager=FIELD_MANAGER, namespace=NAMESPACE)
    for body in yaml.safe_load_all(manifests()):
        await client.apply(codecs.from_dict(body), force=True)
    await client.apply(Namespace(metadata=ObjectMeta(name=NAMESPACE)), force=True)

    async def served() -> bool:
        try:
            for kind in (IndustrialPLC, Template):
                _ = [each async for each in client.list(kind)]
        except httpx2.HTTPStatusError:  # a kind that is not served yet answers in plain text
            return False
        return True

    await until(served)
    yield client
    for kind in (IndustrialPLC, Template):
        async for each in client.list(kind):
            await client.delete(kind, each["metadata"]["name"])
    await client.close()


async def apply(client: lightkube.AsyncClient, device: str, port: int) -> str:
    """Apply a file, its PLC at a port of this machine, polled each second and corrected, and return the PLC's name."""
    template, plc = yaml.safe_load_all((FOLDER / f"{device}.yaml").read_text())
    plc["spec"] |= {"deviceAddress": "127.0.0.1", "port": port, "pollIntervalSecs": 1, "autoCorrect": True}
    await client.apply(Template.from_dict(template), force=True)
    await client.apply(IndustrialPLC.from_dict(plc), force=True)
    return str(plc["metadata"]["name"])


async def described(name: str, kubeconfig: Path) -> str:
    """Return what `fabctl describe` prints of a PLC on a terminal with colours."""
    command = (BIN / "fabctl", "describe", name, "--namespace", NAMESPACE, "--color", "always")
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "KUBECONFIG": str(kubeconfig), "COLUMNS": "200", "LC_ALL": "C.UTF-8"},
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0, name
    return printed.decode()


async def check_picture(device: str, name: str, kubeconfig: Path) -> None:
    """Hold the picture of a device against what fabctl prints of it; with FABGITOPS_PICTURES=write make it anew."""
    file = PICTURES / f"{device}.svg"
    picture = svg(registers_of(await described(name, kubeconfig)), f"fabctl describe {name}", device)
    if os.environ.get("FABGITOPS_PICTURES") == "write":
        file.write_text(picture, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == picture, f"{file} is old: ./dev pictures makes it anew"


async def test_the_maps_are_accepted_corrected_and_ready(
    client: lightkube.AsyncClient, control_plane: ControlPlane, tmp_path: Path
) -> None:
    """All maps, applied together, pass the API server; the operator puts all devices right, as the gallery shows."""
    kubeconfig = str(control_plane.kubeconfig_for(ACCOUNT))
    flags = ("--namespace", NAMESPACE, "--metrics-bind", "127.0.0.1", "--metrics-port", "0", "--settle-secs", "0")
    async with AsyncExitStack() as stack:
        ports = {
            device: await stack.enter_async_context(mock_plc(device, stilled(device, tmp_path))) for device in DEVICES
        }
        operator = (BIN / "fabgitops-operator", "run", *flags, "--log-format", "json")
        await stack.enter_async_context(program(rb"looking after", *operator, KUBECONFIG=kubeconfig))
        names = {await apply(client, device, port): device for device, port in ports.items()}

        async def ready() -> object:
            waited: dict[str, Any] = {}
            async for each in client.list(IndustrialPLC):
                status = each.get("status") or {}
                conditions = {one["type"]: one["status"] for one in status.get("conditions", ())}
                if conditions.get("Ready") != "True":
                    waited[each["metadata"]["name"]] = status
            return not waited or json.dumps(waited, indent=1)

        await until(ready)
        for name, device in names.items():
            status = (await client.get(IndustrialPLC, name))["status"]
            template, _ = yaml.safe_load_all((FOLDER / f"{device}.yaml").read_text())
            assert [each["name"] for each in status["registers"]] == [
                each["name"] for each in template["spec"]["registers"]
            ]
            known = ("actual", "noValue", "given")
            assert all(set(known) & set(each) and not each.get("error") for each in status["registers"])
            done, all_of_them = status["registersInSync"].split("/")
            assert done == all_of_them
            await check_picture(device, name, control_plane.kubeconfig)
