"""A rack with a BMC that we did not write, on a real API server: what it is gets known, and what is wished is done."""

import asyncio
import base64
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import yaml
from testbed.plane import ControlPlane

from .bmcs import USER, WORD, Foreign, emulator
from .test_redfish import MACHINES, _lights, as_sushy

pytestmark = [pytest.mark.interop, pytest.mark.filterwarnings("default"), pytest.mark.timeout(400)]

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
PLANT = "/apis/fabgitops.io/v1/namespaces/plant"
BMC = f"{PLANT}/bmcs/rack-01-c0s0b0"
T = TypeVar("T")


def until(found: Callable[[], T], what: str, seconds: float = 90.0) -> T:
    """Wait until something is true, and return it."""
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        time.sleep(0.2)
    return value


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[Foreign]:
    """Return an emulator with one machine, which is off."""
    with emulator(tmp_path, MACHINES[:1]) as running:
        yield running


@pytest.fixture
def api(control_plane: ControlPlane) -> Iterator[httpx.Client]:
    """Return a client of an API server that has the kinds, the roles of racks, and the right to read Secrets."""
    with control_plane.client() as client:
        for path in ("racks/*.yaml", "industrialplcs*.yaml", "racks.yaml", "racks-secrets.yaml"):
            for manifest in sorted(MANIFESTS.glob(path)):
                for body in yaml.safe_load_all(manifest.read_text()):
                    url = f"{PATHS[body['kind']]}/{body['metadata']['name']}"
                    client.patch(url, params=FORCE, json=body, headers=APPLY).raise_for_status()
        until(
            lambda: all(client.get(f"/apis/fabgitops.io/v1/{kind}").is_success for kind in ("bmcs", "racks")), "kinds"
        )
        client.post("/api/v1/namespaces", json={"metadata": {"name": "plant"}}).raise_for_status()
        yield client


@pytest.fixture
def operator(control_plane: ControlPlane, api: httpx.Client, tmp_path: Path) -> Iterator[Path]:
    """Run the operator of racks, with the rights that it is shipped with, and return its log."""
    del api
    log = tmp_path / "operator.log"
    command = [str(Path(sys.executable).with_name("fabgitops-operator")), "run", "--kinds", "racks"]
    command += ["--metrics-bind", "127.0.0.1", "--metrics-port", "0"]
    environment = {**os.environ, "KUBECONFIG": str(control_plane.kubeconfig_for(ACCOUNT))}
    with log.open("wb") as out, subprocess.Popen(command, stderr=out, env=environment) as process:
        try:
            yield log
        finally:
            process.terminate()


def put(api: httpx.Client, kind: str, plural: str, name: str, spec: Mapping[str, Any]) -> None:
    """Make an object."""
    body = {"apiVersion": "fabgitops.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
    made = api.post(f"{PLANT}/{plural}", json=body)
    assert made.is_success, made.text


def status(api: httpx.Client, url: str = BMC) -> dict[str, Any]:
    """Return the status of an object, empty while there is none."""
    return dict(api.get(url).raise_for_status().json().get("status") or {})


def patch(api: httpx.Client, body: Mapping[str, Any]) -> None:
    """Merge into the BMC."""
    api.patch(BMC, json=body, headers=MERGE).raise_for_status()


def test_a_rack_with_a_bmc_that_we_did_not_write(api: httpx.Client, foreign: Foreign, operator: Path) -> None:
    """With an address a BMC tells what it is; a wish for power and one for its light come true, as others see."""
    data = {"username": USER, "password": WORD, "ca.crt": foreign.ca.read_text()}
    encoded = {name: base64.b64encode(text.encode()).decode() for name, text in data.items()}
    secret = {"metadata": {"name": "bmcs"}, "type": "kubernetes.io/basic-auth", "data": encoded}
    api.post("/api/v1/namespaces/plant/secrets", json=secret).raise_for_status()
    blade = {"bladeCount": 1, "bladeConfig": {"nodeCount": 1, "bmcMode": "dedicated"}}
    put(api, "RackTemplate", "racktemplates", "one", {"chassisCount": 1, "chassisConfig": blade})
    slot = {"slot": "c0s0b0", "address": "127.0.0.1", "credentialsRef": {"name": "bmcs"}}
    put(api, "Rack", "racks", "rack-01", {"templateRef": {"name": "one"}, "slots": [slot]})
    until(lambda: api.get(BMC).is_success, f"the BMC is made; {operator.read_text()[-2000:]}")
    patch(api, {"spec": {"port": foreign.port}})

    until(lambda: status(api).get("systems"), "the BMC is looked at")
    known = status(api)
    (system,) = known["systems"]
    assert (system["uuid"], system["powerState"], known["reachable"]) == (MACHINES[0]["uuid"], "Off", True)

    patch(api, {"spec": {"power": "On"}})
    until(lambda: status(api)["systems"][0].get("power", {}).get("outcome") == "Reached", f"it is on; {status(api)}")
    assert status(api)["powerState"] == "On"
    ((*_, power, _),) = asyncio.run(asyncio.to_thread(as_sushy, foreign)).values()
    assert power == "On"

    node = until(lambda: status(api, f"{PLANT}/racknodes/rack-01-c0s0n0"), "the node is told")
    until(lambda: status(api, f"{PLANT}/racknodes/rack-01-c0s0n0")["powerState"] == "On", "the node is on")
    assert node["uuid"] == MACHINES[0]["uuid"]
    until(lambda: status(api, f"{PLANT}/chassis/rack-01-c0").get("powerState") == "On", "the chassis is on")

    patch(api, {"metadata": {"annotations": {"fabgitops.io/locate": "on"}}})
    until(lambda: status(api).get("locate", {}).get("state") == "on", f"its light is on; {status(api)}")
    assert asyncio.run(asyncio.to_thread(_lights, foreign)) == {"Blinking"}

    events = api.get("/apis/events.k8s.io/v1/namespaces/plant/events").raise_for_status().json()["items"]
    told = {each["reason"] for each in events if each["regarding"]["name"] == "rack-01-c0s0b0"}
    assert {"PowerRequested", "PowerReached"} <= told
    assert WORD not in operator.read_text()
