"""Changes by REST that a real API server judges."""

from typing import Any

import httpx
import pytest
from testbed.plane import ControlPlane

from ..planes import GROUP, MERGE, until
from .conftest import Kubectl

pytestmark = pytest.mark.integration

SPEC: dict[str, Any] = {
    "chassisCount": 2,
    "chassisConfig": {"bladeCount": 4, "bladeConfig": {"nodeCount": 2, "bmcMode": "shared"}},
}


def add(rest: httpx.Client, path: str, **body: object) -> str:
    """Make an object, and return where it is."""
    made = rest.post(path, json=body)
    assert made.status_code == 201, made.text
    return f"{path}/{made.json()['metadata']['uid']}"


WRONG = [
    ({"chassisCount": -5}, "chassisCount"),
    ({"chassisCount": 43}, "chassisCount"),
    ({"chassisCount": "2"}, "chassisCount"),
    ({"chassisConfig": {**SPEC["chassisConfig"], "bladeCount": 99}}, "chassisConfig.bladeCount"),
    ({"chassisConfig": {"bladeCount": 1, "bladeConfig": {"nodeCount": 1, "bmcMode": "nope"}}}, "bmcMode"),
    ({"colour": "red"}, 'unknown field "colour"'),
]


@pytest.mark.parametrize(("change", "says"), WRONG)
def test_what_post_refuses_put_and_patch_refuse(rest: httpx.Client, change: dict[str, object], says: str) -> None:
    """A spec that cannot be is 400 however it is given, names the field as here, and changes nothing."""
    at = add(rest, "/racktemplates", name="t", **SPEC)
    before = rest.get(at).json()
    whole = {**SPEC, **change}
    refused = [
        rest.post("/racktemplates", json={"name": "u", **whole}),
        rest.put(at, json=whole),
        rest.patch(at, json=change, headers=MERGE),
    ]
    for each in refused:
        assert each.status_code == 400, each.text
        assert each.json()["code"] == 400
        assert says in each.json()["error"]
        assert "spec." not in each.json()["error"]
    assert rest.get(at).json() == before


def test_names(rest: httpx.Client) -> None:
    """A second one of a name is 409, and the name of a Rack leaves room for those of its parts."""
    template = add(rest, "/racktemplates", name="t", **SPEC)
    assert rest.post("/racktemplates", json={"name": "t", **SPEC}).status_code == 409
    uid = template.rpartition("/")[2]
    refused = rest.post("/racks", json={"name": "r" * 55, "templateUID": uid})
    assert refused.status_code == 400
    assert "the name of a Rack has at most 54" in refused.json()["error"]
    missing = rest.post("/racks", json={"name": "r"})
    assert missing.json() == {"error": "templateUID: Required value", "code": 400}


def test_where_a_part_stands_does_not_change(rest: httpx.Client, others: Kubectl) -> None:
    """The number of a chassis, and its rack, are what they are."""
    template = add(rest, "/racktemplates", name="t", **SPEC).rpartition("/")[2]
    rack = add(rest, "/racks", name="r", templateUID=template).rpartition("/")[2]
    other = add(rest, "/racks", name="s", templateUID=template).rpartition("/")[2]
    at = add(rest, "/chassis", name="r-c0", rackUID=rack, chassisNumber=0)
    refused = rest.patch(at, json={"rackUID": other}, headers=MERGE)
    assert refused.status_code == 400
    assert "rackUID" in refused.json()["error"]
    assert rest.patch(at, json={"model": "X"}, headers=MERGE).json()["spec"] == {
        "rackUID": rack,
        "chassisNumber": 0,
        "model": "X",
        "serialNumber": "",
    }
    kept = others.get("chassis", "r-c0")
    assert kept["spec"]["rackRef"] == {"name": "r"}
    assert {each["manager"] for each in kept["metadata"]["managedFields"]} == {"fabgitops-facade"}


def test_an_etag_is_the_version_that_kubernetes_has(
    rest: httpx.Client, kubernetes: httpx.Client, namespace: str
) -> None:
    """Somebody else's change by kubectl makes an older ETag fail, and a status is of the same object."""
    at = add(rest, "/racktemplates", name="t", **SPEC)
    tag = rest.get(at).headers["ETag"]
    path = f"{GROUP}/namespaces/{namespace}/racktemplates/t"
    kubernetes.patch(path, json={"spec": {"description": "x"}}, headers=MERGE).raise_for_status()
    body = {**SPEC, "description": "mine"}
    assert rest.put(at, json=body, headers={"If-Match": tag}).status_code == 412
    tag = rest.get(at).headers["ETag"]
    put = rest.put(at, json=body, headers={"If-Match": tag})
    assert put.status_code == 200
    assert put.headers["ETag"] != tag
    status = rest.put(f"{at}/status", json={"usageCount": 3})
    assert status.json()["status"]["usageCount"] == 3
    assert status.json()["spec"]["description"] == "mine"
    patched = rest.patch(f"{at}/status", json={"usageCount": 4}, headers=MERGE)
    assert patched.json()["status"]["usageCount"] == 4
    assert rest.patch(f"{at}/status", json={"usageCount": -1}, headers=MERGE).status_code == 400


def test_what_others_make_and_take_away_is_heard(
    rest: httpx.Client, others: Kubectl, kubernetes: httpx.Client, namespace: str
) -> None:
    """An object that kubectl made is found by its uid, and is 404 when kubectl has deleted it."""
    made = others.make("RackTemplate", "racktemplates", "t", SPEC)
    at = f"/racktemplates/{made['metadata']['uid']}"
    assert rest.get(at).json()["metadata"]["name"] == "t"
    kubernetes.delete(f"{GROUP}/namespaces/{namespace}/racktemplates/t").raise_for_status()
    assert rest.get(at).status_code == 404
    again = others.make("RackTemplate", "racktemplates", "t", SPEC)
    assert rest.delete(at).status_code == 404
    assert rest.delete(f"/racktemplates/{again['metadata']['uid']}").json()["message"].endswith("deleted successfully")
    assert rest.get("/racktemplates").json() == []


def test_more_than_a_page_is_one_array(rest: httpx.Client, others: Kubectl) -> None:
    """More objects than are asked for at once come as one array, and those of a label alone where that is wanted."""
    for number in range(510):
        others.make("RackTemplate", "racktemplates", f"t-{number}", SPEC, batch=str(number % 2))
    assert len(rest.get("/racktemplates").json()) == 510
    some = rest.get("/racktemplates", params={"labelSelector": "fabgitops.io/batch=1"}).json()
    assert len(some) == 255


def test_large_bodies_and_wrong_types(rest: httpx.Client) -> None:
    """A body of more than 3 MiB is 413, one of another type 415, both as {error, code}."""
    large = rest.post(
        "/racktemplates", content=b" " * (3 * 1024 * 1024 + 1), headers={"Content-Type": "application/json"}
    )
    assert (large.status_code, large.json()["code"]) == (413, 413)
    assert rest.post("/racktemplates", data={"name": "t"}).status_code == 415


def test_an_api_server_that_comes_back_is_found_again(rest: httpx.Client, racks: ControlPlane, others: Kubectl) -> None:
    """While it is away every request is 503; afterwards what is made is heard of as before."""
    at = add(rest, "/racktemplates", name="t", **SPEC)
    racks.stop_apiserver()
    try:
        away = rest.get(at)
        assert away.status_code == 503
        assert "cannot be reached" in away.json()["error"]
    finally:
        racks.start_apiserver()
    until(lambda: rest.get(at).status_code == 200, "it answers again")
    made = others.make("RackTemplate", "racktemplates", "u", SPEC)
    until(lambda: rest.get(f"/racktemplates/{made['metadata']['uid']}").status_code == 200, "news is heard again")
