"""What a controller is told of an object, whatever somebody wrote into it."""

from dataclasses import replace
from typing import Any

import pytest
from fabgitops_core.api.argo.kinds import ARGO_ROLLOUT
from fabgitops_core.api.meta import FORCE_AT, REQUESTED_AT
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCStatus
from fabgitops_core.api.selecting import Selector
from fabgitops_core.api.setpoint.setpointrollout import SETPOINT_ROLLOUT
from fabgitops_core.control.events import Declared, SyncRequest
from fabgitops_core.control.intake import declared, looked_at

from .conftest import START, spec

GOOD = {"deviceAddress": "10.0.0.5", "targetRegister": 4001, "targetValue": 2500}


def told(body: dict[str, Any]) -> Declared[Any, Any]:
    """Return what is told of an object."""
    return declared(INDUSTRIAL_PLC, body, START)


def problem(**changes: Any) -> str:
    """Return what is wrong with a good spec that was changed."""
    event = told({"spec": {**GOOD, **changes}})
    assert event.spec is None
    return event.problem


def test_a_good_object() -> None:
    """A good object is told with its generation, its spec and its status."""
    event = told({"metadata": {"generation": 3}, "spec": GOOD, "status": {"phase": "Connected", "driftEvents": 2}})
    assert (event.at, event.generation, event.spec, event.problem, event.request) == (START, 3, spec(), "", None)
    assert event.status == IndustrialPLCStatus.model_validate({"phase": "Connected", "driftEvents": 2})


def test_half_a_character_spoils_a_status() -> None:
    """A stored status with half a character in it counts for nothing: no text of it could be stored again."""
    assert told({"spec": GOOD, "status": {"phase": "Connected", "message": "\ud800"}}).status is None
    assert told({"spec": GOOD, "status": {"phase": "Connected", "message": "\U0001f600"}}).status is not None


def test_a_bad_value_is_named() -> None:
    """A problem names the field's path, its value, and the reason."""
    assert problem(port=70000) == "spec.port is 70000: Input should be less than or equal to 65535"
    assert problem(tags=["a", 5]).startswith("spec.tags[1] is 5: ")


def test_a_bad_address_is_named() -> None:
    """The problem with an address names it and says what may stand there."""
    text = problem(deviceAddress="tcp://plc")
    assert text.startswith("spec.deviceAddress is 'tcp://plc': ")
    assert "deviceAddress must be an IPv4 address" in text


def test_all_problems_are_named() -> None:
    """Several problems are all told, so that one edit mends them all."""
    text = problem(port=0, targetValue="much")
    assert "spec.port is 0: " in text
    assert "spec.targetValue is 'much': " in text


def test_missing_fields_are_named() -> None:
    """A field that must be there and is not is told as missing."""
    assert told({"spec": {"deviceAddress": "plc", "targetValue": 1}}).problem == "spec.targetRegister is missing"


@pytest.mark.parametrize("body", [{}, {"spec": None}, {"spec": {}}])
def test_a_missing_spec_lists_what_it_must_say(body: dict[str, Any]) -> None:
    """An object without a spec is told as lacking the field that every spec must have."""
    assert (told(body).spec, told(body).problem) == (None, "spec.deviceAddress is missing")


def test_a_spec_that_wants_nothing() -> None:
    """An object that says of no register what it must hold is told which ways there are to say it."""
    wanted = "spec: say what the PLC must hold: targetRegister and targetValue, or registers, or templateRef"
    assert told({"spec": {"deviceAddress": "plc"}}).problem == wanted


@pytest.mark.parametrize("raw", ["text", 5, ["list"]])
def test_a_spec_of_another_shape_is_a_problem(raw: object) -> None:
    """A spec that is no mapping is told as a problem and raises nothing."""
    assert told({"spec": raw}).problem.startswith(f"spec is {raw!r}: ")


@pytest.mark.parametrize(
    ("annotations", "request_"),
    [
        ({}, None),
        (None, None),
        ({FORCE_AT: "t1"}, None),
        ({REQUESTED_AT: ""}, None),
        ({REQUESTED_AT: "t1"}, SyncRequest("t1", force=False)),
        ({REQUESTED_AT: "t2", FORCE_AT: "t1"}, SyncRequest("t2", force=False)),
        ({REQUESTED_AT: "t1", FORCE_AT: "t1"}, SyncRequest("t1", force=True)),
    ],
)
def test_requests(annotations: dict[str, str] | None, request_: SyncRequest | None) -> None:
    """A request is what requestedAt says, and it forces only when forceAt says exactly the same."""
    assert told({"metadata": {"annotations": annotations}, "spec": GOOD}).request == request_


@pytest.mark.parametrize("status", [None, {}, "text", {"phase": "Dancing"}, {"driftEvents": -1}, {"conditions": [{}]}])
def test_a_spoilt_status_counts_for_nothing(status: object) -> None:
    """A status that is empty or that somebody spoilt is passed over, and the spec counts all the same."""
    event = told({"spec": GOOD, "status": status})
    assert (event.status, event.spec) == (None, spec())


def test_who_an_object_is() -> None:
    """An object is told with its uid, its time of creation, and the annotations of our own group."""
    metadata = {
        "uid": "u1",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "annotations": {"fabgitops.io/approve": "7f", "fabgitops.io/odd": ["x"], "kubectl.kubernetes.io/last": "{}"},
    }
    event = told({"metadata": metadata, "spec": GOOD})
    assert (event.uid, event.created) == ("u1", "2026-01-01T00:00:00Z")
    assert event.annotations == {"fabgitops.io/approve": "7f"}


def test_only_annotations_that_a_kind_names_are_looked_at() -> None:
    """A changed annotation is something else to look at where the kind names it, and nothing otherwise."""
    names = replace(INDUSTRIAL_PLC, annotations=("fabgitops.io/approve",))
    approved = {"metadata": {"annotations": {"fabgitops.io/approve": "7f"}}}
    noted = {"metadata": {"annotations": {"fabgitops.io/note": "x"}}}
    none = replace(INDUSTRIAL_PLC, annotations=())
    assert len({looked_at(none, body) for body in ({}, approved, noted)}) == 1
    assert len({looked_at(names, body) for body in ({}, approved, noted)}) == 2


def test_labels_are_told_of_what_is_led_alone() -> None:
    """Labels come with what others lead by them, and only of that is another label news; those that are equal are one.

    What is no text is no label.
    """
    body = {"metadata": {"labels": {"line": "a", "number": 7}}, "spec": GOOD}
    other = {"metadata": {"labels": {"line": "b", "number": 7}}, "spec": GOOD}
    assert not told(body).labels
    labels = declared(INDUSTRIAL_PLC, body, START, led=True).labels
    assert labels == {"line": "a"}
    assert declared(INDUSTRIAL_PLC, body, START, led=True).labels is labels
    assert looked_at(INDUSTRIAL_PLC, body) == looked_at(INDUSTRIAL_PLC, other)
    assert looked_at(INDUSTRIAL_PLC, body, led=True) != looked_at(INDUSTRIAL_PLC, other, led=True)


@pytest.mark.parametrize("labels", [None, "text", ["a"], {}, {"a": None}])
def test_labels_of_another_shape_are_none(labels: object) -> None:
    """What somebody wrote in place of labels counts for none."""
    assert not declared(INDUSTRIAL_PLC, {"metadata": {"labels": labels}, "spec": GOOD}, START, led=True).labels


@pytest.mark.parametrize(
    ("given", "lasting"),
    [
        ({"selector": {"matchLabels": {"line": "a"}}, "maxParallel": 0}, Selector(match_labels={"line": "a"})),
        ({"selector": {}, "maxParallel": 0}, None),
        ({"selector": "all"}, None),
        ([], None),
        (None, None),
    ],
)
def test_what_lasts_of_a_spec_that_is_not_valid_is_told(given: object, lasting: Selector | None) -> None:
    """Whom a rollout selects is known although another of its fields is wrong; a valid spec says it itself."""
    event = declared(SETPOINT_ROLLOUT, {"spec": given}, START)
    assert (event.spec, event.lasting) == (None, lasting)
    assert event.problem
    good = declared(SETPOINT_ROLLOUT, {"spec": {"selector": {"matchLabels": {"line": "a"}}}}, START)
    assert good.spec is not None
    assert good.lasting is None


def test_of_a_kind_that_is_described_all_is_told() -> None:
    """Of a Rollout of Argo Rollouts labels and annotations of anybody's are told, and another value of one is news."""
    metadata = {"generation": 1, "labels": {"line": "7"}, "annotations": {"example.com/owner": "hall"}}
    body = {"metadata": metadata, "spec": {}}
    event = declared(ARGO_ROLLOUT, body, START)
    assert (dict(event.labels), dict(event.annotations)) == ({"line": "7"}, {"example.com/owner": "hall"})
    for changed in ({"labels": {"line": "8"}}, {"annotations": {"example.com/owner": "plant"}}):
        other = {**body, "metadata": {**metadata, **changed}}
        assert looked_at(ARGO_ROLLOUT, other) != looked_at(ARGO_ROLLOUT, body)
        assert looked_at(INDUSTRIAL_PLC, other) == looked_at(INDUSTRIAL_PLC, body)
