"""Somebody edits what a Rollout owns or looks at: it goes on, or says what is in its way."""

import copy
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import Phase

from .workshop import KEY, Plant, spec, template

WAY: dict[str, Any] = {"canary": {"stableService": "hmi", "steps": [{"setWeight": 25}, {"pause": {}}]}}


def out() -> Plant:
    """Return a plant in which version 1 is out."""
    plant = Plant(spec(WAY))
    plant.service("hmi")
    plant.settle()
    return plant


def edited(plant: Plant, version: str, **metadata: dict[str, str]) -> None:
    """Change labels or annotations of a ReplicaSet."""
    body = copy.deepcopy(plant.revisions()[version])
    body["metadata"] |= metadata
    plant.store(Key("ReplicaSet", KEY.namespace, body["metadata"]["name"]), body)


@pytest.mark.parametrize("label", [None, "bogus"])
def test_a_revision_is_known_whatever_its_labels_say(label: str | None) -> None:
    """Without its label, or with another, a ReplicaSet is the revision that its pods are: no Service leaves them."""
    plant = out()
    labels = {marks.ROLLOUT: KEY.name, **({marks.HASH: label} if label else {})}
    hash_ = plant.revisions()["1"]["metadata"]["labels"][marks.HASH]
    edited(plant, "1", labels=labels)
    plant.settle()
    service = plant.objects[Key("Service", KEY.namespace, "hmi")]
    assert service["spec"]["selector"][marks.HASH] == hash_
    assert (plant.counts(), plant.status and plant.status.phase) == ({"1": 4}, Phase.COMPLETED)


@pytest.mark.parametrize("number", ["999999999", "9" * 30, "9" * 5000, "1" + "0" * 9, "-3", "x"])
def test_a_number_that_somebody_wrote_is_one_that_a_status_holds(number: str) -> None:
    """A revision whose number is beyond all bounds ends no pass, and the next one comes out with a number that fits."""
    plant = out()
    edited(plant, "1", annotations={**plant.revisions()["1"]["metadata"]["annotations"], marks.REVISION: number})
    plant.settle()
    plant.declare(template=template("2"))
    plant.settle()
    assert plant.status is not None
    assert (plant.counts(), plant.status.phase) == ({"1": 3, "2": 1}, Phase.PAUSED)
    assert 0 < plant.status.revision < 2**31
    version = plant.version
    plant.settle()
    assert plant.version == version
