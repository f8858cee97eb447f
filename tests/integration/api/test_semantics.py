"""What a request does to an object, as Kubernetes has it: the same on both planes."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ..planes import GROUP, Reason, only_standalone, until
from .conftest import Place, done, refused

pytestmark = pytest.mark.integration

FINALIZER = "example.com/hold"
OWNER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "of-nothing", "uid": "5f0c1d6e-0000-4000-8000-000000000000"}
UID = "00000000-0000-4000-8000-000000000000"


def test_what_the_server_decides_is_not_taken_from_a_post(place: Place) -> None:
    """POST passes over status, uid, generation and creationTimestamp."""
    given = place.body("a", uid=UID, generation=7, creationTimestamp="2001-01-01T00:00:00Z")
    made = done(place.api.post(place.path(), json=given | {"status": {"phase": "Failed"}}))
    metadata = made["metadata"]
    assert metadata["uid"] != UID
    assert metadata["generation"] == 1
    assert not metadata["creationTimestamp"].startswith("2001")
    assert "status" not in made


def test_a_generated_name_begins_as_asked(place: Place) -> None:
    """GenerateName is followed by five characters, and stays in the object."""
    body = place.body() | {"metadata": {"generateName": "line-"}}
    metadata = done(place.api.post(place.path(), json=body))["metadata"]
    assert metadata["generateName"] == "line-"
    assert metadata["name"].startswith("line-")
    assert len(metadata["name"]) == len("line-") + 5


REFUSALS: dict[str, tuple[tuple[int, str], Callable[[Place], httpx.Response]]] = {
    "POST of what is there": ((409, "AlreadyExists"), lambda p: p.api.post(p.path(), json=p.body())),
    "POST with a resourceVersion": (
        (500, "None"),
        lambda p: p.api.post(p.path(), json=p.body("b", resourceVersion="1")),
    ),
    "POST without a name": ((422, "Invalid"), lambda p: p.api.post(p.path(), json=p.body(""))),
    "POST of a name that is none": ((422, "Invalid"), lambda p: p.api.post(p.path(), json=p.body("A_b"))),
    "POST into a namespace that is not there": (
        (404, "NotFound"),
        lambda p: p.api.post(f"{GROUP}/namespaces/nowhere/industrialplcs", json=p.body("b")),
    ),
    "POST of another namespace's object": (
        (400, "BadRequest"),
        lambda p: p.api.post(p.path(), json=p.body("b", namespace="other")),
    ),
    "POST of another kind": (
        (422, "Invalid"),
        lambda p: p.api.post(p.path(), json=p.body("b") | {"kind": "IndustrialPLCTemplate"}),
    ),
    "POST of another version": (
        (400, "BadRequest"),
        lambda p: p.api.post(p.path(), json=p.body("b") | {"apiVersion": "fabgitops.io/v2"}),
    ),
    "POST of no JSON": (
        (400, "BadRequest"),
        lambda p: p.api.post(p.path(), content=b"{", headers={"Content-Type": "application/json"}),
    ),
    "GET of what is not there": ((404, "NotFound"), lambda p: p.api.get(p.path("b"))),
    "DELETE of what is not there": ((404, "NotFound"), lambda p: p.delete("b")),
    "PATCH of what is not there": ((404, "NotFound"), lambda p: p.merge({"spec": {}}, "b")),
    "PUT of what is not there": (
        (404, "NotFound"),
        lambda p: p.api.put(p.path("b"), json=p.body("b", resourceVersion="1")),
    ),
    "PUT without a resourceVersion": ((422, "Invalid"), lambda p: p.api.put(p.path("a"), json=p.body())),
    "PUT of a version that has passed": (
        (409, "Conflict"),
        lambda p: p.api.put(p.path("a"), json=p.body(resourceVersion="1")),
    ),
    "PUT of another name": (
        (400, "BadRequest"),
        lambda p: p.api.put(p.path("a"), json=p.body("b", resourceVersion="1")),
    ),
    "merge patch of a version that has passed": (
        (409, "Conflict"),
        lambda p: p.merge({"metadata": {"resourceVersion": "1"}, "spec": {"targetValue": 2}}),
    ),
    "merge patch of another uid": ((422, "Invalid"), lambda p: p.merge({"metadata": {"uid": UID}})),
    "merge patch of another name": ((400, "BadRequest"), lambda p: p.merge({"metadata": {"name": "b"}})),
    "JSON patch whose test fails": (
        (422, "Invalid"),
        lambda p: p.steps({"op": "test", "path": "/spec/targetValue", "value": 7}),
    ),
    "JSON patch of what is not there": (
        (422, "Invalid"),
        lambda p: p.steps({"op": "remove", "path": "/nothing"}),
    ),
    "patch of a status that the schema refuses": (
        (422, "Invalid"),
        lambda p: p.merge({"status": {"phase": "Nonsense"}}, more="status"),
    ),
    "patch of a spec that the schema refuses": ((422, "Invalid"), lambda p: p.merge({"spec": {"targetValue": 70000}})),
    "an unknown field": (
        (400, "BadRequest"),
        lambda p: p.api.post(p.path(), json=p.body("b", {"targetValu": 1}), params={"fieldValidation": "Strict"}),
    ),
    "DELETE of another uid": ((409, "Conflict"), lambda p: p.delete(preconditions={"uid": UID})),
    "DELETE of another version": (
        (409, "Conflict"),
        lambda p: p.delete(preconditions={"resourceVersion": "1"}),
    ),
    "an owner without a uid": (
        (422, "Invalid"),
        lambda p: p.merge({"metadata": {"ownerReferences": [{**OWNER, "uid": ""}]}}),
    ),
    "two controllers": (
        (422, "Invalid"),
        lambda p: p.merge(
            {
                "metadata": {
                    "ownerReferences": [
                        {**OWNER, "controller": True},
                        {**OWNER, "controller": True, "uid": UID},
                    ]
                }
            }
        ),
    ),
    "a label that is none": ((422, "Invalid"), lambda p: p.merge({"metadata": {"labels": {"a b": "c"}}})),
    "a listing at a version to come": (
        (504, "Timeout"),
        lambda p: p.api.get(p.path(), params={"resourceVersion": str(10**15)}, timeout=30),
    ),
    "a selector that is none": ((400, "BadRequest"), lambda p: p.api.get(p.path(), params={"labelSelector": "a in"})),
    "a patch of a kind that custom resources do not take": (
        (415, "UnsupportedMediaType"),
        lambda p: p.api.patch(p.path("a"), json={}, headers={"Content-Type": "application/strategic-merge-patch+json"}),
    ),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_what_is_refused(place: Place, what: str) -> None:
    """What Kubernetes refuses is refused, with its code and reason, and changes nothing."""
    before = place.create()
    expected, ask = REFUSALS[what]
    assert refused(ask(place)) == expected
    assert place.get() == before
    assert [each["metadata"]["name"] for each in done(place.api.get(place.path()))["items"]] == ["a"]


@pytest.mark.parametrize("change", [{"spec": {"targetValue": 1}}, {"metadata": {"labels": None}}, {}])
def test_what_changes_nothing_keeps_the_version(place: Place, change: dict[str, Any]) -> None:
    """A patch after which everything is as before keeps resourceVersion and generation."""
    before = place.create()
    assert done(place.merge(change)) == before
    assert done(place.api.put(place.path("a"), json=before)) == before


def test_generation_counts_what_is_wanted(place: Place) -> None:
    """The generation grows by a change outside metadata and status, and by nothing else."""
    place.create()
    for patch, generation in (
        ({"metadata": {"labels": {"line": "3"}, "annotations": {"a": "b"}}}, 1),
        ({"spec": {"targetValue": 2}}, 2),
        ({"metadata": {"generation": 9}}, 2),
        ({"spec": {"targetValue": 2}}, 2),
    ):
        assert done(place.merge(patch))["metadata"]["generation"] == generation
    assert done(place.merge({"status": {"phase": "Connected"}}, more="status"))["metadata"]["generation"] == 2


def test_status_and_the_rest_do_not_touch_each_other(place: Place) -> None:
    """A patch of the status passes over spec, labels and uid; one of the object passes over the status."""
    made = place.create()
    both = {
        "spec": {"targetValue": 9},
        "metadata": {"labels": {"a": "b"}, "uid": UID},
        "status": {"phase": "Connected"},
    }
    by_status = done(place.merge(both, more="status"))
    assert by_status["status"] == {"phase": "Connected"}
    assert by_status["spec"] == made["spec"]
    assert "labels" not in by_status["metadata"]
    assert by_status["metadata"]["uid"] == made["metadata"]["uid"]
    by_object = done(place.merge({"spec": {"targetValue": 9}, "status": {"phase": "Failed"}}))
    assert by_object["status"] == {"phase": "Connected"}
    assert by_object["spec"]["targetValue"] == 9
    put = by_object | {"status": {"phase": "Failed"}}
    assert done(place.api.put(place.path("a"), json=put))["status"] == {"phase": "Connected"}


def test_a_delete_says_what_is_gone(place: Place) -> None:
    """DELETE answers Success with name, group, kind and uid, and the object is gone."""
    uid = place.create()["metadata"]["uid"]
    status = done(place.delete())
    assert status["status"] == "Success"
    assert status["details"] == {"name": "a", "group": "fabgitops.io", "kind": "industrialplcs", "uid": uid}
    assert refused(place.api.get(place.path("a"))) == (404, "NotFound")


def test_a_finalizer_holds_what_is_deleted(place: Place) -> None:
    """DELETE of what a finalizer holds marks it and answers the object; the last finalizer taken off lets it go."""
    place.create(finalizers=[FINALIZER])
    held = done(place.delete())
    marked = held["metadata"]["deletionTimestamp"]
    assert held["metadata"]["generation"] == 2
    assert done(place.delete())["metadata"]["deletionTimestamp"] == marked
    assert done(place.merge({"spec": {"targetValue": 2}}))["metadata"]["generation"] == 3
    more = {"metadata": {"finalizers": [FINALIZER, "example.com/late"]}}
    assert refused(place.merge(more)) == (422, "Invalid")
    done(place.merge({"metadata": {"finalizers": None}}))
    assert refused(place.api.get(place.path("a"))) == (404, "NotFound")


@pytest.mark.parametrize(("policy", "finalizer"), [("Orphan", "orphan"), ("Foreground", "foregroundDeletion")])
def test_a_policy_of_deletion_is_a_finalizer(place: Place, policy: str, finalizer: str) -> None:
    """Orphan and Foreground answer the object, held by the finalizer of their name until that is done."""
    place.create()
    held = done(place.delete(propagationPolicy=policy))
    assert held["metadata"]["finalizers"] == [finalizer]
    assert held["metadata"]["deletionTimestamp"]


def test_an_owner_may_be_nothing_that_is_there(place: Place) -> None:
    """An ownerReference is taken as it is, though nothing has its uid."""
    stored = done(place.merge({"metadata": {"ownerReferences": [OWNER]}}, name=place.create()["metadata"]["name"]))
    assert stored["metadata"]["ownerReferences"] == [OWNER]


def test_a_namespace_that_is_not_there_is_empty(place: Place) -> None:
    """A listing in a namespace that is not there is a list of nothing."""
    shown = done(place.api.get(f"{GROUP}/namespaces/nowhere/industrialplcs"))
    assert (shown["kind"], shown["items"]) == ("IndustrialPLCList", [])


def test_a_dry_run_stores_nothing(place: Place) -> None:
    """dryRun=All answers what would be stored, and stores nothing, for POST, PATCH and DELETE."""
    dry = {"dryRun": "All"}
    made = done(place.api.post(place.path(), json=place.body(), params=dry))
    assert made["spec"]["port"] == 502
    assert refused(place.api.get(place.path("a"))) == (404, "NotFound")
    before = place.create()
    assert done(place.merge({"spec": {"targetValue": 2}}, dryRun="All"))["metadata"]["generation"] == 2
    assert place.api.request("DELETE", place.path("a"), json={"dryRun": ["All"]}).is_success
    assert place.get() == before


def test_an_unknown_field_is_warned_of(place: Place) -> None:
    """By default an unknown field is dropped with a Warning header; Ignore drops it without a word."""
    body = place.body("a", {"targetValu": 1})
    for validation, warned in (("Warn", True), ("Ignore", False)):
        answer = place.api.post(place.path(), json=body, params={"fieldValidation": validation, "dryRun": "All"})
        assert "targetValu" not in done(answer)["spec"]
        assert ('299 - "unknown field \\"spec.targetValu\\""' in answer.headers.get("Warning", "")) is warned


def test_a_listing_is_served_in_pages(place: Place) -> None:
    """With a limit a listing comes in pages of one state; what is selected is all that is shown."""
    for name in ("c", "a", "d", "b"):
        place.create(name, labels={"half": "first" if name < "c" else "second"})
    names, query = [], {"limit": "3"}
    first = done(place.api.get(place.path(), params=query))
    assert first["metadata"]["remainingItemCount"] == 1
    rest = done(place.api.get(place.path(), params=query | {"continue": first["metadata"]["continue"]}))
    names = [each["metadata"]["name"] for page in (first, rest) for each in page["items"]]
    assert names == ["a", "b", "c", "d"]
    assert not rest["metadata"].get("continue")
    assert first["metadata"]["resourceVersion"] == rest["metadata"]["resourceVersion"]
    for selector, shown in (
        ({"labelSelector": "half=second"}, "cd"),
        ({"labelSelector": "half notin (second),half"}, "ab"),
        ({"labelSelector": "!half"}, ""),
        ({"fieldSelector": "metadata.name=b"}, "b"),
        ({"fieldSelector": "metadata.name!=b"}, "acd"),
    ):
        found = done(place.api.get(place.path(), params=selector))["items"]
        assert "".join(each["metadata"]["name"] for each in found) == shown, selector


def watched(place: Place, **query: str) -> list[tuple[str, str]]:
    """Return what a watch of a second tells: types and names; of an ERROR its reason."""
    told = []
    given = {"watch": "true", "timeoutSeconds": "1", **query}
    with place.api.stream("GET", place.path(), params=given, timeout=30) as answer:
        assert answer.status_code == 200
        for line in answer.iter_lines():
            event = json.loads(line)
            which = event["object"]["reason"] if event["type"] == "ERROR" else event["object"]["metadata"]["name"]
            told.append((event["type"], which))
    return told


def test_a_watch_tells_what_happened_since(place: Place) -> None:
    """A watch from a version tells of each change after it, in order; one without begins with what is there."""
    since = place.create("a")["metadata"]["resourceVersion"]
    place.create("b")
    done(place.merge({"spec": {"targetValue": 2}}))
    done(place.delete("b"))
    changes = [("ADDED", "b"), ("MODIFIED", "a"), ("DELETED", "b")]
    assert watched(place, resourceVersion=since) == changes
    assert watched(place) == [("ADDED", "a")]
    assert watched(place, resourceVersion="0", fieldSelector="metadata.name=b") == []


def test_a_watch_with_a_selector_sees_what_begins_and_ends_to_match(place: Place) -> None:
    """What begins to match is ADDED for a watch with a selector, and what ends to match DELETED."""
    since = place.create("a", labels={"line": "3"})["metadata"]["resourceVersion"]
    place.create("b")
    done(place.merge({"metadata": {"labels": {"line": "4"}}}))
    done(place.merge({"metadata": {"labels": {"line": "3"}}}, "b"))
    told = watched(place, resourceVersion=since, labelSelector="line=3")
    assert told == [("DELETED", "a"), ("ADDED", "b")]


def test_a_path_that_is_not_served(place: Place) -> None:
    """A path that is not served is 404 in plain text, as whoever looks for a kind expects."""
    answer = place.api.get(f"{GROUP}/namespaces/{place.namespace}/nothings")
    assert answer.status_code == 404
    assert answer.text.strip() == "404 page not found"


@only_standalone(Reason.COLLECTING)
def test_what_an_owner_leaves_is_collected(place: Place) -> None:
    """What an owner that is gone has left goes too, and nothing else."""
    owner = place.create("owner")
    reference = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": "owner"}
    place.create("owned", ownerReferences=[{**reference, "uid": owner["metadata"]["uid"]}])
    place.create("another")
    done(place.delete("owner", propagationPolicy="Background"))

    def left() -> bool:
        return [each["metadata"]["name"] for each in done(place.api.get(place.path()))["items"]] == ["another"]

    until(left, "what it owned is gone")
