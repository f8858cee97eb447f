"""Which Rollouts are looked after, and which are left to another controller."""

from dataclasses import replace
from typing import Any

import pytest
from fabgitops_core.api.argo.kinds import ARGO_ROLLOUT
from fabgitops_core.api.argo.owning import INSTANCE_ID, OURS, THEIRS, foreign_controller


@pytest.mark.parametrize(
    ("labels", "instance_id", "ours"),
    [
        ({INSTANCE_ID: "fabgitops"}, "fabgitops", True),
        ({INSTANCE_ID: "canary"}, "fabgitops", False),
        ({}, "fabgitops", False),
        ({INSTANCE_ID: "fabgitops"}, "", False),
        ({"app": "hmi"}, "", True),
    ],
)
def test_a_label_says_whose_a_rollout_is(labels: dict[str, str], instance_id: str, ours: bool) -> None:
    """A controller with an id takes only what carries it, one without only what carries none."""
    kind = replace(ARGO_ROLLOUT, label=(INSTANCE_ID, instance_id))
    assert kind.is_ours({"metadata": {"labels": labels}}) is ours
    assert kind.is_ours({}) is (instance_id == "")


def entry(manager: str, time: str, **other: Any) -> dict[str, Any]:
    """Return who wrote a status when."""
    return {"manager": manager, "operation": "Update", "time": time, "subresource": "status", **other}


EARLY, LATE = "2026-03-04T05:06:07Z", "2026-03-04T05:06:08Z"


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ([], ""),
        (None, ""),
        (["x", {}], ""),
        ([entry(THEIRS, EARLY)], THEIRS),
        ([entry(THEIRS, LATE), entry(OURS, EARLY)], THEIRS),
        ([entry(THEIRS, EARLY), entry(OURS, LATE)], ""),
        ([entry(THEIRS, EARLY), entry(OURS, EARLY)], THEIRS),
        ([entry(THEIRS, LATE, subresource="", fieldsV1={"f:spec": {}})], ""),
        ([entry(THEIRS, LATE, subresource="", fieldsV1={"f:status": {}})], THEIRS),
        ([entry("kubectl", LATE)], ""),
    ],
)
def test_another_controller_shows_by_what_it_wrote(entries: Any, found: str) -> None:
    """While Argo Rollouts' controller wrote the status no sooner than we did, it is at work, and we are not."""
    assert foreign_controller(entries) == found
