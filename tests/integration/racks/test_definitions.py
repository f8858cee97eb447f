"""The definitions of racks on a real API server: limits, names, and what does not change."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.rack import BLADE, BMC, CHASSIS, KINDS, RACK, RACK_NODE, RACK_TEMPLATE
from testbed import ControlPlane

pytestmark = pytest.mark.integration

MANIFESTS = Path(__file__).parents[3] / "packages/fabgitops-operator/src/fabgitops_operator/manifests/racks"
APPLY = {"Content-Type": "application/apply-patch+yaml"}
PATIENCE = 30.0


def place(kind: Kind, name: str = "") -> str:
    """Return where objects of a kind are."""
    return f"/apis/fabgitops.io/v1/namespaces/default/{kind.plural}" + (f"/{name}" if name else "")


@pytest.fixture
def api(control_plane: ControlPlane) -> Iterator[httpx.Client]:
    """Return a client of an API server that serves racks."""
    with control_plane.client() as client:
        for kind in KINDS:
            crd = yaml.safe_load((MANIFESTS / f"{kind.crd_name}.yaml").read_text())
            url = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{kind.crd_name}"
            client.patch(
                url, params={"fieldManager": "test", "force": "true"}, json=crd, headers=APPLY
            ).raise_for_status()
        for kind in KINDS:
            until = time.monotonic() + PATIENCE
            while client.get(place(kind)).status_code != 200:
                assert time.monotonic() < until, f"{kind.plural} are not served"
        yield client
        for kind in KINDS:
            client.delete(place(kind)).raise_for_status()


def said(client: httpx.Client, kind: Kind, name: str, spec: dict[str, Any]) -> str:
    """Return what the API server says to an object that is made, or nothing where it takes it."""
    body = {"apiVersion": "fabgitops.io/v1", "kind": kind.name, "metadata": {"name": name}, "spec": spec}
    answer = client.post(place(kind), json=body)
    return "" if answer.is_success else str(answer.json()["message"])


def template(chassis: int = 2, blades: int = 4, nodes: int = 2, mode: str = "shared", **more: Any) -> dict[str, Any]:
    """Return the spec of a RackTemplate."""
    blade = {"nodeCount": nodes, "bmcMode": mode}
    return {"chassisCount": chassis, "chassisConfig": {"bladeCount": blades, "bladeConfig": blade}, **more}


def test_limits_of_a_template(api: httpx.Client) -> None:
    """A template has 1 to 42 chassis, 1 to 16 blades and 1 to 8 nodes, with shared or dedicated BMCs, and no others."""
    assert not said(api, RACK_TEMPLATE, "least", template(1, 1, 1, "dedicated"))
    assert not said(api, RACK_TEMPLATE, "most", template(42, 16, 8, "dedicated"))
    for field, spec in (
        ("chassisCount", template(0)),
        ("chassisCount", template(43)),
        ("bladeCount", template(blades=17)),
        ("nodeCount", template(nodes=9)),
        ("bmcMode", template(mode="nope")),
    ):
        assert f"{field}: " in said(api, RACK_TEMPLATE, "wrong", spec)
    plc = {"name": "c0-pdu", "at": "rack", "templateRef": {"name": "pdu"}}
    assert "does not begin as a place does" in said(api, RACK_TEMPLATE, "wrong", template(plcs=[plc]))
    assert not said(api, RACK_TEMPLATE, "pdus", template(plcs=[{**plc, "name": "pdu"}]))
    each = [{**plc, "name": f"p{number}", "at": "node"} for number in range(2)]
    assert not said(api, RACK_TEMPLATE, "sensors", template(42, 16, 8, plcs=each[:1]))
    assert "more than 5376 PLCs in one rack" in said(api, RACK_TEMPLATE, "wrong", template(42, 16, 8, plcs=each))


def test_the_name_of_a_rack_leaves_room_for_its_parts(api: httpx.Client) -> None:
    """A Rack has a name of at most 54 letters, digits and hyphens, for labels hold 63 of its parts; a template 63."""
    spec = {"templateRef": {"name": "any"}}
    assert not said(api, RACK, "r" * 54, spec)
    assert "has at most 54" in said(api, RACK, "r" * 55, spec)
    assert "has at most 54" in said(api, RACK, "rack.01", spec)
    assert "templateRef" in said(api, RACK, "rack", {})
    assert not said(api, RACK_TEMPLATE, "t" * 61 + ".5", template())
    assert "has at most 63" in said(api, RACK_TEMPLATE, "t" * 64, template())


@pytest.mark.parametrize(
    ("kind", "spec", "change"),
    [
        (CHASSIS, {"rackRef": {"name": "r"}, "chassisNumber": 1}, {"chassisNumber": 2}),
        (CHASSIS, {"rackRef": {"name": "r"}, "chassisNumber": 1}, {"rackRef": {"name": "s"}}),
        (BLADE, {"chassisRef": {"name": "r-c0"}, "bladeNumber": 1}, {"bladeNumber": 0}),
        (BMC, {"bladeRef": {"name": "r-c0s0"}}, {"bladeRef": {"name": "r-c0s1"}}),
        (RACK_NODE, {"bladeRef": {"name": "r-c0s0"}, "nodeNumber": 1}, {"nodeNumber": 3}),
    ],
    ids=lambda given: given.name if isinstance(given, Kind) else "-".join(given),
)
def test_a_part_stays_where_it_is(api: httpx.Client, kind: Kind, spec: dict[str, Any], change: dict[str, Any]) -> None:
    """The number of a part and what it stands in do not change; what is known of it does."""
    assert not said(api, kind, "part", spec)
    merge = {"Content-Type": "application/merge-patch+json"}
    refused = api.patch(place(kind, "part"), json={"spec": change}, headers=merge)
    assert refused.status_code == 422
    assert "says where it stands and does not change" in refused.json()["message"]
    free = (
        {"ipAddress": "10.0.0.1"} if kind is BMC else {"bmcRef": {"name": "b"}} if kind is RACK_NODE else {"model": "m"}
    )
    api.patch(place(kind, "part"), json={"spec": free}, headers=merge).raise_for_status()
