"""A rack with a BMC that we did not write, on a real API server: what it is gets known, and what is wished is done."""

import asyncio
import base64
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import yaml
from testbed.plane import ControlPlane

from .bmcs import USER, WORD, Foreign, emulator, mockup
from .test_redfish import MACHINES, _lights, as_sushy

pytestmark = [pytest.mark.interop, pytest.mark.filterwarnings("default"), pytest.mark.timeout(500)]

MANIFESTS = Path(__file__).parents[2] / "packages/fabgitops-operator/src/fabgitops_operator/manifests"
ACCOUNT = "system:serviceaccount:fabgitops-system:fabgitops-racks"
FORCE = {"fieldManager": "tests", "force": "true"}
APPLY = {"Content-Type": "application/apply-patch+yaml"}
MERGE = {"Content-Type": "application/merge-patch+json"}
ADMISSION = "/apis/admissionregistration.k8s.io/v1"
PATHS = {
    "ValidatingAdmissionPolicy": f"{ADMISSION}/validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": f"{ADMISSION}/validatingadmissionpolicybindings",
    "CustomResourceDefinition": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "Role": "/apis/rbac.authorization.k8s.io/v1/namespaces/fabgitops-system/roles",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/fabgitops-system/rolebindings",
    "Namespace": "/api/v1/namespaces",
    "ServiceAccount": "/api/v1/namespaces/fabgitops-system/serviceaccounts",
}
SHIPPED = ("racks/*.yaml", "industrialplcs*.yaml", "racks.yaml", "racks-secrets.yaml")
GROUP = "/apis/fabgitops.io/v1"
NUMBERS = count(1)
T = TypeVar("T")


def until(found: Callable[[], T], what: str, seconds: float = 120.0) -> T:
    """Wait until something is true, and return it."""
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        time.sleep(0.2)
    return value


@dataclass(frozen=True)
class Plant:
    """A namespace for a rack with one BMC, and the API server that it is in."""

    control: ControlPlane
    api: httpx.Client
    namespace: str
    log: Path

    @contextmanager
    def operating(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run the operator of racks, with the rights that it is shipped with."""
        command = [str(Path(sys.executable).with_name("fabgitops-operator")), "run", "--kinds", "racks"]
        command += ["--metrics-bind", "127.0.0.1", "--metrics-port", "0"]
        environment = {**os.environ, "KUBECONFIG": str(self.control.kubeconfig_for(ACCOUNT))}
        with self.log.open("ab") as out, subprocess.Popen(command, stderr=out, env=environment) as process:
            try:
                yield process
            finally:
                process.terminate()

    def rack(self, foreign: Foreign) -> None:
        """Make a rack whose one BMC is the foreign one."""
        data = {"username": USER, "password": WORD, "ca.crt": foreign.ca.read_text()}
        encoded = {name: base64.b64encode(text.encode()).decode() for name, text in data.items()}
        secret = {"metadata": {"name": "bmcs"}, "type": "kubernetes.io/basic-auth", "data": encoded}
        self.api.post(f"/api/v1/namespaces/{self.namespace}/secrets", json=secret).raise_for_status()
        blade = {"bladeCount": 1, "bladeConfig": {"nodeCount": 1, "bmcMode": "dedicated"}}
        self._put("RackTemplate", "racktemplates", "one", {"chassisCount": 1, "chassisConfig": blade})
        slot = {"slot": "c0s0b0", "address": "127.0.0.1", "credentialsRef": {"name": "bmcs"}}
        self._put("Rack", "racks", "rack-01", {"templateRef": {"name": "one"}, "slots": [slot]})
        until(lambda: self.api.get(self._url("bmcs", "rack-01-c0s0b0")).is_success, "the BMC is made")
        self.patch({"spec": {"port": foreign.port}})
        until(lambda: self.bmc().get("systems"), "the BMC is looked at")

    def _url(self, plural: str, name: str) -> str:
        return f"{GROUP}/namespaces/{self.namespace}/{plural}/{name}"

    def _put(self, kind: str, plural: str, name: str, spec: Mapping[str, Any]) -> None:
        body = {"apiVersion": "fabgitops.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
        made = self.api.post(self._url(plural, ""), json=body)
        assert made.is_success, made.text

    def status(self, plural: str, name: str) -> dict[str, Any]:
        """Return the status of an object, empty while there is none."""
        return dict(self.api.get(self._url(plural, name)).raise_for_status().json().get("status") or {})

    def bmc(self) -> dict[str, Any]:
        """Return the status of the BMC."""
        return self.status("bmcs", "rack-01-c0s0b0")

    def power(self) -> dict[str, Any]:
        """Return what stands there of the last request for power."""
        return dict(self.bmc()["systems"][0].get("power") or {})

    def patch(self, body: Mapping[str, Any]) -> None:
        """Merge into the BMC."""
        self.api.patch(self._url("bmcs", "rack-01-c0s0b0"), json=body, headers=MERGE).raise_for_status()

    def events(self) -> set[str]:
        """Return the reasons of the Events about the BMC."""
        found = self.api.get(f"/apis/events.k8s.io/v1/namespaces/{self.namespace}/events").raise_for_status()
        return {each["reason"] for each in found.json()["items"] if each["regarding"]["name"] == "rack-01-c0s0b0"}


@pytest.fixture
def plant(control_plane: ControlPlane, tmp_path: Path) -> Iterator[Plant]:
    """Return a fresh namespace, where the kinds, the roles of racks, and the right to read Secrets are."""
    with control_plane.client() as api:
        for manifest in (path for pattern in SHIPPED for path in sorted(MANIFESTS.glob(pattern))):
            for body in yaml.safe_load_all(manifest.read_text()):
                url = f"{PATHS[body['kind']]}/{body['metadata']['name']}"
                api.patch(url, params=FORCE, json=body, headers=APPLY).raise_for_status()
        until(lambda: all(api.get(f"{GROUP}/{kind}").is_success for kind in ("bmcs", "racks")), "the kinds are served")
        name = f"bmcs-{next(NUMBERS)}"
        api.post("/api/v1/namespaces", json={"metadata": {"name": name}}).raise_for_status()
        yield Plant(control_plane, api, name, tmp_path / "operator.log")


def test_a_rack_with_a_bmc_that_we_did_not_write(plant: Plant, tmp_path: Path) -> None:
    """With an address a BMC tells what it is; a wish for power and one for its light come true, as others see."""
    with emulator(tmp_path, MACHINES[:1]) as foreign, plant.operating():
        plant.rack(foreign)
        known = plant.bmc()
        (system,) = known["systems"]
        assert (system["uuid"], system["powerState"], known["reachable"]) == (MACHINES[0]["uuid"], "Off", True)

        plant.patch({"spec": {"power": "On"}})
        until(lambda: plant.power().get("outcome") == "Reached", "it is on")
        assert plant.bmc()["powerState"] == "On"
        ((*_, power, _),) = asyncio.run(asyncio.to_thread(as_sushy, foreign)).values()
        assert power == "On"

        until(lambda: plant.status("racknodes", "rack-01-c0s0n0").get("powerState") == "On", "the node is on")
        assert plant.status("racknodes", "rack-01-c0s0n0")["uuid"] == MACHINES[0]["uuid"]
        until(lambda: plant.status("chassis", "rack-01-c0").get("powerState") == "On", "the chassis is on")

        plant.patch({"metadata": {"annotations": {"fabgitops.io/locate": "on"}}})
        until(lambda: plant.bmc().get("locate", {}).get("state") == "on", "its light is on")
        assert asyncio.run(asyncio.to_thread(_lights, foreign)) == {"Blinking"}
        until(lambda: {"PowerRequested", "PowerReached"} <= plant.events(), "people are told")
    assert WORD not in plant.log.read_text()


def test_an_operator_that_is_killed_switches_nothing_twice(plant: Plant, tmp_path: Path) -> None:
    """Killed when the BMC has what was sent, an operator begins anew, looks, waits, and sends nothing more."""
    with mockup(tmp_path) as foreign:
        with plant.operating() as first:
            plant.rack(foreign)
            plant.patch({"spec": {"power": "Off"}})
            until(lambda: "GracefulShutdown" in foreign.log.read_text(), "it is asked to shut down")
            first.kill()
        record = plant.power()
        assert record["reset"] == "GracefulShutdown"
        plant.patch({"metadata": {"annotations": {"reconcile.fabgitops.io/requestedAt": "again"}}})
        with plant.operating():
            until(lambda: plant.bmc().get("lastHandledReconcileAt") == "again", "it was looked at again")
            assert (plant.power()["reset"], plant.power()["at"]) == (record["reset"], record["at"])
    assert foreign.log.read_text().count('"ResetType"') == 1
