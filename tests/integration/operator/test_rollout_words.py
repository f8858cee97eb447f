"""What fabctl says to a rollout, carried out by the real operator on real PLCs, on both planes."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from lightkube.generic_resource import create_namespaced_resource
from mock_plc.device import Device
from mock_plc.server import serving

from ..planes import APPLY, CRDS, FORCE, GROUP, KUBERNETES, MANIFESTS
from .conftest import IndustrialPLC, Site, until

pytestmark = pytest.mark.integration

FABCTL = Path(sys.executable).with_name("fabctl")
Rollout = create_namespaced_resource("fabgitops.io", "v1", "SetpointRollout", "setpointrollouts")
NAMES = ("press-1", "press-2", "press-3")
PLACES = {
    "CustomResourceDefinition": CRDS,
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "ValidatingAdmissionPolicy": "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
}
WAVES = [{"count": 1, "bakeSeconds": 0, "pause": {}}, {"percent": 100, "bakeSeconds": 0}]


@dataclass
class Line:
    """A line of presses that a rollout leads."""

    site: Site
    devices: dict[str, Device]
    ports: dict[str, int]

    async def want(self, value: int) -> None:
        """Let Git want something of each press."""
        for number, name in enumerate(NAMES, 1):
            spec = {"deviceAddress": "127.0.0.1", "port": self.ports[name], "unitId": number}
            spec |= {"targetRegister": 4001, "targetValue": value, "pollIntervalSecs": 1}
            metadata = {"name": name, "namespace": self.site.namespace, "labels": {"line": "3"}}
            body = {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC", "metadata": metadata, "spec": spec}
            await self.site.put(IndustrialPLC, body)

    async def fabctl(self, *words: str) -> tuple[int, str]:
        """Run fabctl in the namespace; return exit code and all that it says."""
        process = await asyncio.create_subprocess_exec(
            FABCTL,
            *words,
            "-n",
            self.site.namespace,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "KUBECONFIG": str(self.site.plane.kubeconfig)},
        )
        said, _ = await process.communicate()
        return process.returncode or 0, said.decode()

    async def rollout(self, *words: str) -> str:
        """Run a command of rollouts that is to succeed, and return what it says."""
        code, said = await self.fabctl("rollout", *words)
        assert code == 0, f"{words}: {said}"
        return said

    async def phase(self, *wanted: str) -> dict[str, Any]:
        """Wait until the rollout is in one of these phases, and return its status."""

        async def there() -> dict[str, Any]:
            found = await self.site.client.get(Rollout, "recipe", namespace=self.site.namespace)
            status = dict(found.get("status") or {})
            return status if status.get("phase") in wanted else {}

        try:
            return dict(await until(there, f"phase {wanted}"))
        except AssertionError:
            print((await self.fabctl("rollout", "status", "recipe"))[1])
            raise

    @property
    def holds(self) -> list[int]:
        """Return what each press holds."""
        return [self.devices[name][4001] for name in NAMES]


@pytest.fixture
async def line(site: Site) -> AsyncIterator[Line]:
    """Return a line whose presses hold what Git wants, with an operator that looks after it."""
    flags = []
    if site.plane.name == KUBERNETES:
        flags = ["--setpoint-rollouts"]
        await asyncio.to_thread(install, site)
    devices = {name: Device({4001: 2500}) for name in NAMES}
    async with contextlib.AsyncExitStack() as stack:
        ports = {name: await stack.enter_async_context(serving(devices[name])) for name in NAMES}
        made = Line(site, devices, ports)
        await made.want(2500)
        spec = {"selector": {"matchLabels": {"line": "3"}}, "order": list(NAMES), "waves": WAVES}
        metadata = {"name": "recipe", "namespace": site.namespace}
        body = {"apiVersion": "fabgitops.io/v1", "kind": "SetpointRollout", "metadata": metadata, "spec": spec}
        await until(lambda: served(site), "rollouts are served")
        await site.put(Rollout, body)
        await stack.enter_async_context(site.operator(*flags))
        yield made


def install(site: Site) -> None:
    """Install the kinds, the rights that the operator has with them, and what guards these, exactly as shipped."""
    files = [MANIFESTS / "setpoints.yaml", *sorted((MANIFESTS / "setpoints").glob("*.yaml"))]
    with site.plane.client() as api:
        for body in (each for file in files for each in yaml.safe_load_all(file.read_text())):
            url = f"{PLACES[body['kind']]}/{body['metadata']['name']}"
            api.patch(url, params=FORCE, json=body, headers=APPLY).raise_for_status()


async def served(site: Site) -> bool:
    """Return whether rollouts can be made."""
    with site.plane.client() as api:
        return bool(api.get(f"{GROUP}/setpointrollouts").status_code == 200)


async def test_words_are_carried_out(line: Line) -> None:
    """A change is planned, released press by press, taken back, begun again, paused and promoted: all by fabctl."""
    await line.phase("Watching", "Done")
    await line.want(2600)
    await line.phase("Paused")
    assert line.holds == [2600, 2500, 2500]
    plan = await line.rollout("plan", "recipe")
    assert "press-2" in plan
    assert "2600" in plan
    status = await line.rollout("status", "recipe")
    assert "fabctl rollout promote recipe" in status
    code, listed = await line.fabctl("get-status")
    assert (code, [row.split()[-1] for row in listed.splitlines()[1:]]) == (0, ["-", "recipe", "recipe"])
    said = await line.rollout("release", "press-3", "--yes")
    assert said.splitlines()[-1].startswith("press-3: released")
    await until(lambda: line.holds == [2600, 2500, 2600], "press-3 is released by hand")
    said = await line.rollout("abort", "recipe", "--yes")
    assert "recipe: given up, " in said
    await line.phase("Aborted")
    assert line.holds[0] == 2500
    assert (await line.fabctl("rollout", "status", "recipe"))[0] == 1
    said = await line.rollout("retry", "recipe", "--yes")
    assert "recipe: begun again, " in said
    await line.phase("Paused")
    said = await line.rollout("pause", "--all", "--reason", "shift change")
    assert "recipe: " in said
    code, said = await line.fabctl("rollout", "promote", "recipe", "--yes")
    assert (code, "it is paused: fabctl rollout resume recipe" in said) == (1, True)
    await line.rollout("resume", "--all", "--yes")
    said = await line.rollout("promote", "recipe", "--yes")
    assert "recipe: promoted, " in said
    await line.phase("Done", "Watching")
    assert line.holds == [2600, 2600, 2600]
    history = await line.rollout("history", "recipe")
    assert "Aborted" in history
    tree = await line.rollout("get", "recipe")
    assert tree.count("proven, SYNCED") >= 1, tree
