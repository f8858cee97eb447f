"""Which groups, versions and resources there are."""

from typing import Any

import pytest

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"
KUBECTL = ",".join([AGGREGATED.format("v2"), AGGREGATED.format("v2beta1"), "application/json"])


async def test_kubectl_gets_each_root_as_one_document(ask: Any) -> None:
    """The type names the form, and a tag saves the next answer."""
    core = await ask.get("/api", accept=KUBECTL)
    groups = await ask.get("/apis", accept=KUBECTL)
    assert core.type == groups.type == AGGREGATED.format("v2")
    assert [each["resource"] for each in core.json["items"][0]["versions"][0]["resources"]] == ["events", "namespaces"]
    named = {each["metadata"]["name"]: each["versions"][0]["resources"] for each in groups.json["items"]}
    assert set(named) == {"fabgitops.io", "events.k8s.io", "authentication.k8s.io", "authorization.k8s.io"}
    plcs = next(each for each in named["fabgitops.io"] if each["resource"] == "industrialplcs")
    assert plcs | {"verbs": sorted(plcs["verbs"])} == {
        "resource": "industrialplcs",
        "responseKind": {"group": "fabgitops.io", "version": "v1", "kind": "IndustrialPLC"},
        "scope": "Namespaced",
        "singularResource": "industrialplc",
        "verbs": ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
        "shortNames": ["plc"],
        "categories": ["fabgitops"],
        "subresources": [
            {
                "subresource": "status",
                "responseKind": {"group": "fabgitops.io", "version": "v1", "kind": "IndustrialPLC"},
                "verbs": ["get", "patch", "update"],
            }
        ],
    }


async def test_what_is_known_already_is_not_sent_again(ask: Any) -> None:
    """A 304 has no type: kubectl's cache takes it over, and then knows no resource any more."""
    first = await ask.get("/apis", accept=KUBECTL)
    again = await ask.get("/apis", accept=KUBECTL, if_none_match=first.headers["ETag"])
    assert (again.status, again.body, again.type) == (304, b"", "")
    assert again.headers["ETag"] == first.headers["ETag"]
    other = await ask.get("/apis", accept=KUBECTL, if_none_match='"other"')
    assert other.status == 200


async def test_the_older_form_is_known_too(ask: Any) -> None:
    """A kubectl up to 1.29 asks for v2beta1 alone."""
    got = await ask.get("/apis", accept=f"{AGGREGATED.format('v2beta1')},application/json")
    assert (got.type, got.json["apiVersion"]) == (AGGREGATED.format("v2beta1"), "apidiscovery.k8s.io/v2beta1")


async def test_lists_of_old_say_the_same(ask: Any) -> None:
    """Who asks for plain JSON, as kubectl 1.20 and kopf do, finds the same resources."""
    assert (await ask.get("/api")).json["versions"] == ["v1"]
    groups = (await ask.get("/apis", accept="application/json")).json
    assert groups["kind"] == "APIGroupList"
    for group in groups["groups"]:
        listed = (await ask.get(f"/apis/{group['preferredVersion']['groupVersion']}")).json
        assert listed["kind"] == "APIResourceList"
        assert listed["resources"]
        assert (await ask.get(f"/apis/{group['name']}")).json["name"] == group["name"]
    names = {each["name"]: each for each in (await ask.get("/apis/fabgitops.io/v1")).json["resources"]}
    assert names["industrialplcs"]["shortNames"] == ["plc"]
    assert names["industrialplcs"]["categories"] == ["fabgitops"]
    assert names["industrialplcs"]["storageVersionHash"] == "qLzflXJdjKc="
    assert names["industrialplcs/status"]["verbs"] == ["get", "patch", "update"]
    assert [each["name"] for each in (await ask.get("/api/v1")).json["resources"]][:2] == ["events", "namespaces"]


async def test_the_version_is_honest(ask: Any) -> None:
    """It names the API that clients choose by, and that this is another server."""
    said = (await ask.get("/version")).json
    assert (said["major"], said["minor"]) == ("1", "34")
    assert said["gitVersion"].startswith("v1.34.0+fabgitops.")


@pytest.mark.parametrize(
    "path",
    ["/", "/nosuch", "/apis/nosuch", "/apis/fabgitops.io/v2", "/apis/fabgitops.io/v1/nosuch", "/api/v1/pods", "/api/v2",
     "/apis/fabgitops.io/v1/namespaces",
     "/apis/fabgitops.io/v1/industrialplcs/a", "/api/v1/namespaces/line-1/pods", "/openapi/v3/apis/nosuch/v1"],
)  # fmt: skip
async def test_a_wrong_path_is_not_found(path: str, ask: Any) -> None:
    """In plain text, as nothing of an API."""
    got = await ask.get(path)
    assert (got.status, got.body, got.type) == (404, b"404 page not found\n", "text/plain; charset=utf-8")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/version"),
        ("DELETE", "/api/v1"),
        ("PUT", "/apis"),
        ("POST", "/openapi/v2"),
        ("POST", "/apis/fabgitops.io/v1/industrialplcs"),
        ("GET", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"),
        ("OPTIONS", "/apis/fabgitops.io/v1/industrialplcs"),
        ("POST", "/apis/fabgitops.io/v1/namespaces/line-1/industrialplcs/a"),
        ("DELETE", "/apis/fabgitops.io/v1/namespaces/line-1/industrialplcs/a/status"),
    ],
)
async def test_a_method_that_a_path_does_not_have_is_refused(method: str, path: str, ask: Any) -> None:
    """With a Status."""
    got = await ask(method, path)
    assert (got.status, got.json["reason"]) == (405, "MethodNotAllowed")


@pytest.mark.parametrize("more", ["scale", "status/more", "b/c"])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_a_part_that_objects_do_not_have_is_not_found(method: str, more: str, ask: Any) -> None:
    """By the object's name, as the API server tells it."""
    got = await ask(method, f"/apis/fabgitops.io/v1/namespaces/line-1/industrialplcs/a/{more}")
    assert (got.status, got.json["message"]) == (404, 'industrialplcs.fabgitops.io "a" not found')


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", ""),
        ("DELETE", ""),
        ("DELETE", "/line-1"),
        ("PATCH", "/line-1"),
        ("PUT", "/line-1"),
        ("PUT", "/line-1/status"),
    ],
)
async def test_namespaces_are_the_sources(method: str, path: str, ask: Any) -> None:
    """Nobody makes, changes or deletes one, in whatever encoding they ask; discovery says so, too."""
    got = await ask(method, f"/api/v1/namespaces{path}", b"k8s", content_type="application/vnd.kubernetes.protobuf")
    assert got.status == 403
    assert "it is there for as long as the source names objects in it" in got.json["message"]
    listed = {each["name"]: each["verbs"] for each in (await ask.get("/api/v1")).json["resources"]}
    assert (listed["namespaces"], listed["namespaces/status"]) == (["get", "list", "watch"], ["get"])
