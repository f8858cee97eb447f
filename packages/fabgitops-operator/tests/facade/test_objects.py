"""Objects by REST: in, out, changed and gone."""

from typing import Any

import pytest
from fabgitops_operator.facade.answering import TRIES
from fabgitops_operator.facade.ports import AwayError

from .conftest import AT, CREATED, SPEC, Client, Kubernetes, refusal


async def test_a_flat_body_becomes_an_object(ask: Client, kubernetes: Kubernetes) -> None:
    """What is made has the name, labels and annotations of the body, and the rest of it as its spec."""
    body = {"name": "standard", "labels": {"a": "b"}, "annotations": {"c": "d"}, **SPEC, "description": "two"}
    made = await ask("POST", "/racktemplates", body)
    assert made.code == 201
    assert kubernetes.objects[f"{AT}/racktemplates/standard"]["spec"] == {**SPEC, "description": "two"}
    uid = made.json["metadata"]["uid"]
    assert made.headers == {"ETag": '"1"', "Location": f"/racktemplates/{uid}"}
    assert made.json == {
        "apiVersion": "v1",
        "kind": "RackTemplate",
        "schemaVersion": "v1",
        "metadata": {
            "name": "standard",
            "uid": uid,
            "labels": {"a": "b"},
            "annotations": {"c": "d"},
            "createdAt": CREATED,
            "updatedAt": CREATED,
        },
        "spec": {**SPEC, "description": "two"},
        "status": {"usageCount": 0},
    }
    assert (await ask("GET", f"/racktemplates/{uid}")).json == made.json
    assert (await ask("GET", "/racktemplates")).json == [made.json]


async def test_references_are_uids_here_and_names_there(ask: Client, kubernetes: Kubernetes) -> None:
    """TemplateUID names the template by its uid; Kubernetes keeps its name."""
    template = kubernetes.add("RackTemplate", "standard", SPEC)
    made = await ask("POST", "/racks", {"name": "rack-01", "templateUID": template, "row": "A"})
    assert kubernetes.objects[f"{AT}/racks/rack-01"]["spec"] == {"templateRef": {"name": "standard"}, "row": "A"}
    assert made.json["spec"] == {"templateUID": template, "row": "A"}


async def test_what_refers_to_an_object_is_listed_in_the_order_of_places(ask: Client, kubernetes: Kubernetes) -> None:
    """Blade 10 stands behind blade 9, and what is of another chassis is not listed."""
    rack = kubernetes.add("Rack", "r", {"templateRef": {"name": "gone"}})
    chassis = kubernetes.add("Chassis", "r-c0", {"rackRef": {"name": "r"}, "chassisNumber": 0})
    numbers = [10, 9, 0]
    blades = [kubernetes.add("Blade", f"r-c0s{n}", {"chassisRef": {"name": "r-c0"}}) for n in numbers]
    kubernetes.add("Blade", "r-c1s0", {"chassisRef": {"name": "r-c1"}})
    shown = (await ask("GET", f"/chassis/{chassis}")).json
    assert shown["status"] == {"powerState": "Unknown", "health": "Unknown", "bladeUIDs": list(reversed(blades))}
    assert shown["spec"]["rackUID"] == rack


async def test_a_node_is_a_rack_node(ask: Client, kubernetes: Kubernetes) -> None:
    """The kind is called Node here, and starts as unknown."""
    blade = kubernetes.add("Blade", "r-c0s0", {"chassisRef": {"name": "r-c0"}})
    made = await ask("POST", "/nodes", {"name": "r-c0s0n0", "bladeUID": blade, "nodeNumber": 0})
    assert kubernetes.objects[f"{AT}/racknodes/r-c0s0n0"]["kind"] == "RackNode"
    assert made.json["kind"] == "Node"
    assert made.json["status"] == {"powerState": "Unknown", "health": "Unknown", "bootState": "Unknown"}


async def test_pages_make_one_array(ask: Client, kubernetes: Kubernetes) -> None:
    """A listing of more than a page is one array, whatever the pages are."""
    for number in range(7):
        kubernetes.add("RackTemplate", f"t{number}", SPEC)
    kubernetes.page = 3
    listed = (await ask("GET", "/racktemplates?labelSelector=a%3Db")).json
    assert [each["metadata"]["name"] for each in listed] == [f"t{number}" for number in range(7)]
    assert [dict(each.query).get("labelSelector") for each, _who in kubernetes.asked] == ["a=b"] * 3
    assert (await ask("GET", "/nodes")).json == []


async def test_a_put_replaces_the_spec_and_adds_labels(ask: Client, kubernetes: Kubernetes) -> None:
    """Fields that are not given go, labels that are not given stay, and so does the status."""
    template = kubernetes.add("RackTemplate", "standard", SPEC)
    spec = {"templateRef": {"name": "standard"}, "row": "A", "position": "01"}
    rack = kubernetes.add("Rack", "r", spec, labels={"a": "b"})
    body = {"name": "r", "templateUID": template, "row": "B", "labels": {"c": "d"}}
    put = await ask("PUT", f"/racks/{rack}", body)
    assert put.code == 200
    assert put.json["spec"] == {"templateUID": template, "row": "B"}
    assert put.json["metadata"]["labels"] == {"a": "b", "c": "d"}
    other = await ask("PUT", f"/racks/{rack}", {**body, "name": "s"})
    assert other.code == 400
    assert other.error.startswith("name: an object keeps its name")


PATCHES = [
    ("application/merge-patch+json", {"chassisConfig": {"bladeCount": 8}, "description": None}),
    ("application/json", {"chassisConfig": {"bladeCount": 8}, "description": None}),
    (
        "application/json-patch+json",
        [
            {"op": "test", "path": "/chassisCount", "value": 2},
            {"op": "replace", "path": "/chassisConfig/bladeCount", "value": 8},
            {"op": "remove", "path": "/description"},
        ],
    ),
    ("application/shorthand-patch+json", {"chassisConfig.bladeCount": 8, "description": None}),
]


@pytest.mark.parametrize(("kind", "patch"), PATCHES)
async def test_each_kind_of_patch_changes_the_spec(ask: Client, kubernetes: Kubernetes, kind: str, patch: Any) -> None:
    """A merge patch, a JSON patch and the shorthand do the same."""
    uid = kubernetes.add("RackTemplate", "t", {**SPEC, "description": "two"})
    patched = await ask("PATCH", f"/racktemplates/{uid}", patch, content_type=kind)
    assert patched.code == 200
    assert patched.json["spec"] == {**SPEC, "chassisConfig": {**SPEC["chassisConfig"], "bladeCount": 8}}


async def test_a_patch_leaves_a_reference_that_leads_nowhere(ask: Client, kubernetes: Kubernetes) -> None:
    """A Rack whose template is gone is told without a uid, and keeps the name when something else is patched."""
    rack = kubernetes.add("Rack", "r", {"templateRef": {"name": "gone"}, "row": "A"})
    patched = await ask("PATCH", f"/racks/{rack}", {"row": "B"})
    assert patched.json["spec"] == {"templateUID": "", "row": "B"}
    assert kubernetes.objects[f"{AT}/racks/r"]["spec"] == {"templateRef": {"name": "gone"}, "row": "B"}


async def test_a_status_is_replaced_and_patched(ask: Client, kubernetes: Kubernetes) -> None:
    """The status goes to the subresource, without what is only listed here."""
    uid = kubernetes.add("Chassis", "r-c0", {"rackRef": {"name": "r"}, "chassisNumber": 0})
    put = await ask("PUT", f"/chassis/{uid}/status", {"health": "OK", "powerState": "On", "bladeUIDs": ["x"]})
    assert kubernetes.asked[-1][0].path == f"{AT}/chassis/r-c0/status"
    assert kubernetes.objects[f"{AT}/chassis/r-c0"]["status"] == {"health": "OK", "powerState": "On"}
    assert put.json["status"] == {"health": "OK", "powerState": "On", "bladeUIDs": []}
    patched = await ask("PATCH", f"/chassis/{uid}/status", {"health": "Warning"})
    assert patched.json["status"]["health"] == "Warning"
    assert patched.json["status"]["powerState"] == "On"


async def test_a_deletion_is_of_one_uid(ask: Client, kubernetes: Kubernetes) -> None:
    """It is answered with message and uid; again it is 404; another object of the name stays."""
    uid = kubernetes.add("RackTemplate", "t", SPEC)
    gone = await ask("DELETE", f"/racktemplates/{uid}")
    assert gone.code == 200
    assert gone.json == {"message": "RackTemplate deleted successfully", "uid": uid}
    other = kubernetes.add("RackTemplate", "t", SPEC)
    again = await ask("DELETE", f"/racktemplates/{uid}")
    assert again.code == 404
    assert uid in again.error
    assert (await ask("GET", f"/racktemplates/{other}")).code == 200


async def test_what_a_finalizer_keeps_is_being_deleted(ask: Client, kubernetes: Kubernetes) -> None:
    """The answer does not say that it is gone."""
    uid = kubernetes.add("RackTemplate", "t", SPEC, finalizers=["example.org/x"])
    assert (await ask("DELETE", f"/racktemplates/{uid}")).json["message"] == "RackTemplate is being deleted"
    assert (await ask("GET", f"/racktemplates/{uid}")).code == 200


async def test_a_name_that_was_given_anew_is_another_object(ask: Client, kubernetes: Kubernetes) -> None:
    """While the watch has not told that an object was made anew, its old uid finds nothing, and nothing is changed."""
    uid = kubernetes.add("RackTemplate", "t", SPEC)
    kubernetes.objects[f"{AT}/racktemplates/t"]["metadata"]["uid"] = "another"
    assert (await ask("GET", f"/racktemplates/{uid}")).code == 404
    assert (await ask("PUT", f"/racktemplates/{uid}", SPEC)).code == 404
    kubernetes.index.put("RackTemplate", {"metadata": {"name": "t", "uid": uid}})
    assert (await ask("DELETE", f"/racktemplates/{uid}")).code == 404
    assert f"{AT}/racktemplates/t" in kubernetes.objects


async def test_an_etag_guards_a_change(ask: Client, kubernetes: Kubernetes) -> None:
    """If-Match with another version, or a weak one, changes nothing (412); with the right one it does."""
    uid = kubernetes.add("RackTemplate", "t", SPEC)
    at = f"/racktemplates/{uid}"
    tag = (await ask("GET", at)).headers["ETag"]
    for wrong in ('"0"', f"W/{tag}", "nonsense"):
        for method, body in (("PUT", SPEC), ("PATCH", {"description": "x"}), ("DELETE", None)):
            assert (await ask(method, at, body, if_match=wrong)).code == 412
    assert (await ask("PATCH", at, {"description": "x"}, if_match=f'"0", {tag}')).code == 200
    assert (await ask("PATCH", at, {"description": "y"}, if_match=tag)).code == 412
    assert (await ask("PATCH", at, {"description": "y"}, if_match="*")).code == 200
    assert (await ask("DELETE", at, if_match=(await ask("GET", at)).headers["ETag"])).code == 200


async def test_what_the_client_has_is_not_sent_again(ask: Client, kubernetes: Kubernetes) -> None:
    """If-None-Match with the version that is there is answered by 304, without a body."""
    uid = kubernetes.add("RackTemplate", "t", SPEC)
    tag = (await ask("GET", f"/racktemplates/{uid}")).headers["ETag"]
    same = await ask("GET", f"/racktemplates/{uid}", if_none_match=f"W/{tag}")
    assert (same.code, same.body) == (304, b"")
    assert (await ask("GET", f"/racktemplates/{uid}", if_none_match='"0"')).code == 200


async def test_a_change_without_a_version_is_tried_again(ask: Client, kubernetes: Kubernetes) -> None:
    """Who says no version is not troubled when others change the object, too, until it is always so."""
    uid = kubernetes.add("RackTemplate", "t", SPEC)
    busy = refusal(409, "Conflict", "the object has been modified")
    kubernetes.answers = [None, busy] * (TRIES - 1)
    assert (await ask("PATCH", f"/racktemplates/{uid}", {"description": "x"})).code == 200
    kubernetes.answers = [None, busy] * TRIES
    refused = await ask("PATCH", f"/racktemplates/{uid}", {"description": "y"})
    assert (refused.code, refused.error) == (409, "the object has been modified")
    kubernetes.answers = [None, busy]
    tag = (await ask("GET", f"/racktemplates/{uid}")).headers["ETag"]
    kubernetes.answers = [None, busy]
    assert (await ask("PATCH", f"/racktemplates/{uid}", {"description": "y"}, if_match=tag)).code == 412


async def test_who_waited_in_vain_once_waits_no_more(ask: Client, kubernetes: Kubernetes) -> None:
    """A listing with many references that lead nowhere takes the patience of one."""
    for number in range(5):
        kubernetes.add("Rack", f"r{number}", {"templateRef": {"name": f"gone-{number}"}})
    assert [each["spec"]["templateUID"] for each in (await ask("GET", "/racks")).json] == [""] * 5
    assert kubernetes.waited == ["gone-0"]


async def test_an_api_server_that_is_away_is_told(ask: Client, kubernetes: Kubernetes) -> None:
    """It is 503 with the reason, and nothing is kept of the request."""
    kubernetes.answers = [AwayError("the Kubernetes API server cannot be reached: refused")]
    away = await ask("POST", "/racktemplates", {"name": "t", **SPEC})
    assert (away.code, away.error) == (503, "the Kubernetes API server cannot be reached: refused")
    assert away.headers["Retry-After"] == "1"
    assert not kubernetes.objects


async def test_an_answer_teaches_nothing_that_the_watch_has_taken_back(ask: Client, kubernetes: Kubernetes) -> None:
    """A listing or an object of an older moment than the watch has told of brings back nothing that is gone."""
    uid = kubernetes.add("RackTemplate", "t", SPEC)
    kubernetes.index.heard("RackTemplate", "99")
    kubernetes.index.forget("RackTemplate", uid)
    assert len((await ask("GET", "/racktemplates")).json) == 1
    assert kubernetes.index.name_of("RackTemplate", uid) == ""
    assert (await ask("POST", "/racktemplates", {"name": "u", **SPEC})).code == 201
    assert kubernetes.index.uid_of("RackTemplate", "u") == ""
