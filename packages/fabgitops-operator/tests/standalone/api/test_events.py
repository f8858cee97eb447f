"""Events under both their names."""

from typing import Any

import pytest

EVENTS = "/apis/events.k8s.io/v1/namespaces/line-1/events"
CORE = "/api/v1/namespaces/line-1/events"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
TIME, LATER = "2026-11-28T10:00:00.123456Z", "2026-11-28T12:00:00.123456Z"


def event(name: str, about: str = "mixer", **more: Any) -> dict[str, Any]:
    """Return an Event as the operator tells it."""
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": "line-1"},
        "eventTime": TIME,
        "type": "Warning",
        "reason": "DriftDetected",
        "action": "Poll",
        "note": "register 4001 holds 7",
        "reportingController": "fabgitops.io/operator",
        "reportingInstance": "box",
        "regarding": {
            "apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC", "name": about, "namespace": "line-1",
            "uid": f"u-{about}",
        },
        **more,
    }  # fmt: skip


async def make(ask: Any, *bodies: dict[str, Any]) -> None:
    """Store Events."""
    for body in bodies:
        done = await ask("POST", EVENTS, body)
        assert done.status == 201, done.body


async def test_an_event_is_shown_as_v1_too(ask: Any) -> None:
    """Every field under the name that it has there, as the API server shows it."""
    await make(ask, event("e1"))
    stored, core = (await ask.get(f"{EVENTS}/e1")).json, (await ask.get(f"{CORE}/e1")).json
    assert stored["apiVersion"] == "events.k8s.io/v1"
    assert stored["note"] == "register 4001 holds 7"
    assert core == {
        "kind": "Event",
        "apiVersion": "v1",
        "metadata": stored["metadata"],
        "involvedObject": stored["regarding"],
        "reason": "DriftDetected",
        "message": "register 4001 holds 7",
        "source": {},
        "firstTimestamp": None,
        "lastTimestamp": None,
        "type": "Warning",
        "eventTime": TIME,
        "action": "Poll",
        "reportingComponent": "fabgitops.io/operator",
        "reportingInstance": "box",
    }


async def test_an_event_can_be_told_as_v1(ask: Any) -> None:
    """And is the same under the other name."""
    about = {"kind": "IndustrialPLC", "name": "mixer", "namespace": "line-1"}
    body = {
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": "e1"}, "involvedObject": about, "message": "hello",
        "source": {"component": "me", "host": "box"}, "count": 3, "firstTimestamp": TIME, "lastTimestamp": LATER,
        "reason": "Told", "type": "Normal",
    }  # fmt: skip
    made = await ask("POST", CORE, body)
    assert (made.status, made.json["apiVersion"], made.json["message"]) == (201, "v1", "hello")
    stored = (await ask.get(f"{EVENTS}/e1")).json
    assert (stored["note"], stored["regarding"], stored["deprecatedCount"]) == ("hello", about, 3)
    changed = await ask("PATCH", f"{CORE}/e1", {"message": "other"})
    assert (changed.status, changed.json["message"]) == (200, "other")
    assert (await ask.get(f"{EVENTS}/e1")).json["note"] == "other"
    refused = await ask("PATCH", f"{CORE}/e1", [], content_type="application/json-patch+json")
    assert refused.status == 415
    assert (await ask("DELETE", f"{CORE}/e1")).json["details"] == {
        "name": "e1",
        "kind": "events",
        "uid": stored["metadata"]["uid"],
    }


@pytest.mark.parametrize(
    ("path", "selector", "names"),
    [
        (CORE, "involvedObject.uid=u-oven", ["e2"]),
        (CORE, "involvedObject.name=mixer,involvedObject.namespace=line-1,involvedObject.kind=IndustrialPLC", ["e1"]),
        (CORE, "involvedObject.kind=IndustrialPLC,involvedObject.uid=u-mixer,involvedObject.name=mixer", ["e1"]),
        (CORE, "involvedObject.kind=Pod", []),
        (CORE, "involvedObject.fieldPath=", ["e1", "e2"]),
        (CORE, "type=Warning,reason!=DriftDetected", []),
        (CORE, "source=fabgitops.io/operator", ["e1", "e2"]),
        (CORE, "reportingComponent=fabgitops.io/operator", ["e1", "e2"]),
        (EVENTS, "regarding.uid=u-oven", ["e2"]),
        (EVENTS, "regarding.name!=oven", ["e1"]),
        (EVENTS, "reportingController=fabgitops.io/operator,metadata.name=e1", ["e1"]),
    ],
)
async def test_events_are_selected_by_what_they_are_about(path: str, selector: str, names: list[str], ask: Any) -> None:
    """By any field of the reference, in any order: describe and fabctl ask so."""
    await make(ask, event("e1"), event("e2", "oven"))
    got = await ask.get(f"{path}?fieldSelector={selector.replace('=', '%3D')}")
    assert got.names == names


@pytest.mark.parametrize(
    ("path", "field"),
    [(CORE, "regarding.uid"), (CORE, "action"), (EVENTS, "involvedObject.uid"), (EVENTS, "source"), (EVENTS, "foo")],
)
async def test_each_name_has_its_own_fields(path: str, field: str, ask: Any) -> None:
    """As in Kubernetes; whoever mixes them up is told."""
    got = await ask.get(f"{path}?fieldSelector={field}%3Dx")
    assert (got.status, got.json["message"]) == (400, f"field label not supported: {field}")


@pytest.mark.parametrize("path", [CORE, EVENTS])
async def test_events_are_shown_as_kubectl_shows_them(path: str, ask: Any) -> None:
    """When, what, about which object; a series with when it was last seen and how often."""
    await make(ask, event("e1", note=" spaced "), event("e2", series={"count": 3, "lastObservedTime": LATER}))
    table = (await ask.get(path, accept=TABLE)).json
    names = [column["name"] for column in table["columnDefinitions"]]
    assert names == [
        "Last Seen", "Type", "Reason", "Object", "Subobject", "Source", "Message", "First Seen", "Count", "Name"
    ]  # fmt: skip
    first, second = (dict(zip(names, row["cells"], strict=True)) for row in table["rows"])
    assert first | {"Last Seen": "", "First Seen": ""} == {
        "Last Seen": "", "Type": "Warning", "Reason": "DriftDetected", "Object": "industrialplc/mixer", "Subobject": "",
        "Source": "fabgitops.io/operator, box", "Message": "spaced", "First Seen": "", "Count": 1, "Name": "e1",
    }  # fmt: skip
    assert first["Last Seen"] == first["First Seen"]
    assert (second["Count"], second["Last Seen"] == second["First Seen"]) == (3, False)


async def test_an_event_of_odd_parts_is_shown_all_the_same(ask: Any) -> None:
    """Nobody judges Events, and one that is odd must not take the others from view."""
    odd: dict[str, Any] = {
        name: ["odd"] for name in ("series", "regarding", "deprecatedSource", "note", "eventTime", "deprecatedCount")
    }
    await make(ask, event("e1"), event("e2", **odd), event("e3", deprecatedCount={}, type=7, reason=None))
    for path in (CORE, EVENTS):
        table = (await ask.get(path, accept=TABLE)).json
        assert [row["cells"][-1] for row in table["rows"]] == ["e1", "e2", "e3"]
        assert (await ask.get(path)).names == ["e1", "e2", "e3"]
    assert (await ask.get(f"{CORE}?fieldSelector=involvedObject.name%3Dmixer")).names == ["e1", "e3"]


@pytest.mark.parametrize(("path", "said"), [(CORE, "events"), (EVENTS, "events.events.k8s.io")])
async def test_a_refusal_names_events_as_they_were_asked_for(path: str, said: str, ask: Any) -> None:
    """Under either name."""
    for method, body in (("DELETE", None), ("PATCH", {"type": "x"}), ("GET", None)):
        got = await ask(method, f"{path}/e9", body)
        assert (got.status, got.json["message"]) == (404, f'{said} "e9" not found')
        assert ("group" in got.json["details"]) is (path == EVENTS)
