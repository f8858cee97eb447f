"""What applying a manifest sends, and what it leaves alone."""

import json
from typing import Any

import pytest
from fabctl.patching import LAST_APPLIED, applied_by, asked_for, merge_patch


def test_what_a_manifest_says_is_sent_and_nothing_else() -> None:
    """Fields of others stay; what is as it is wanted is not sent; of lists the whole one is."""
    live = {"spec": {"a": 1, "tags": ["x"], "of the server": True, "deep": {"kept": 1, "changed": 1}}}
    wanted = {"spec": {"a": 1, "tags": ["x", "y"], "deep": {"changed": 2}}}
    assert merge_patch(wanted, live) == {"spec": {"tags": ["x", "y"], "deep": {"changed": 2}}}
    assert merge_patch({"spec": {"a": 1}}, live) == {}


def test_what_was_said_the_last_time_and_is_not_any_more_is_taken_away() -> None:
    """As kubectl apply does it, by the annotation that it left."""
    last = json.dumps({"spec": {"a": 1, "deep": {"b": 1, "c": 1}}, "metadata": {"labels": {"line": "3"}}})
    live: dict[str, Any] = {
        "metadata": {"annotations": {LAST_APPLIED: last}, "labels": {"line": "3"}},
        "spec": {"a": 1, "deep": {"b": 1, "c": 1}},
    }
    wanted = {"spec": {"deep": {"c": 2}}, "metadata": {}}
    assert merge_patch(wanted, live) == {
        "spec": {"a": None, "deep": {"b": None, "c": 2}},
        "metadata": {"labels": None},
    }


@pytest.mark.parametrize("said", ["{", "7", 7, None, "[" * 100_000], ids=["cut", "number", "none", "null", "deep"])
def test_an_annotation_that_says_nothing_takes_nothing_away(said: Any) -> None:
    """Whatever it holds, what the manifest does not say stays then."""
    live = {"metadata": {"annotations": {LAST_APPLIED: said}}, "spec": {"a": 1}}
    assert merge_patch({"spec": {"b": 2}}, live) == {"spec": {"b": 2}}


def test_who_applied_on_the_server_is_known() -> None:
    """The last one that applied a spec; those that updated, or said the status, do not count."""
    entries = [
        {"manager": "kubectl", "operation": "Update", "time": "3", "fieldsV1": {"f:spec": {}}},
        {"manager": "operator", "operation": "Apply", "time": "4", "subresource": "status", "fieldsV1": {"f:spec": {}}},
        {"manager": "flux", "operation": "Apply", "time": "2", "fieldsV1": {"f:spec": {}}},
        {"manager": "old", "operation": "Apply", "time": "1", "fieldsV1": {"f:spec": {}}},
    ]
    assert applied_by({"metadata": {"managedFields": entries}}) == "flux"
    assert applied_by({"metadata": {"managedFields": entries[:2]}}) == ""
    assert applied_by({"metadata": {"managedFields": "x"}}) == ""


def test_what_only_the_server_says_is_not_sent() -> None:
    """A manifest that was printed with status and version is sent without them, in its namespace."""
    body = {"kind": "K", "metadata": {"name": "a", "resourceVersion": "7", "uid": "u"}, "spec": {}, "status": {"x": 1}}
    assert asked_for(body, "line-3") == {"kind": "K", "metadata": {"name": "a", "namespace": "line-3"}, "spec": {}}
