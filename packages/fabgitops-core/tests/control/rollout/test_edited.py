"""Somebody edits what a Rollout owns or looks at: it goes on, or says what is in its way."""

import copy
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import Phase
from fabgitops_core.control.commands import Apply
from fabgitops_core.control.events import ApplyFailed
from fabgitops_core.control.objects import Child, ObjectFailure, ObjectFailureKind
from fabgitops_core.control.rollout.saying.reasons import RolloutReason

from .workshop import KEY, READERS, Plant, spec, template

WAY: dict[str, Any] = {"canary": {"stableService": "hmi", "steps": [{"setWeight": 25}, {"pause": {}}]}}


def out() -> Plant:
    """Return a plant in which version 1 is out."""
    plant = Plant(spec(WAY))
    plant.service("hmi")
    plant.settle()
    return plant


def conditions(plant: Plant) -> dict[str, str]:
    """Return what its conditions say."""
    return {each.type: each.status for each in plant.status.conditions} if plant.status else {}


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


class Unlabelled(Plant):
    """A plant in which only what has the label of its Rollout is seen, as the watch has it."""

    def children(self) -> dict[Key, Child]:
        """Return what is seen."""
        found = super().children()
        return {key: each for key, each in found.items() if key.kind == "Service" or self.is_labelled(key)}

    def is_labelled(self, key: Key) -> bool:
        """Return whether an object says whose it is."""
        return marks.ROLLOUT in self.objects[key]["metadata"]["labels"]

    def stands(self, key: Key) -> Child:
        """Return what is there, seen or not."""
        return READERS[key.kind](self.objects[key])


def test_a_replica_set_that_is_not_seen_is_told_of() -> None:
    """One that has lost the label of its Rollout is named, in one Event, and not tried for each second: that stalls."""
    plant = Unlabelled(spec(WAY))
    plant.service("hmi")
    plant.settle()
    labels = plant.revisions()["1"]["metadata"]["labels"]
    edited(plant, "1", labels={name: text for name, text in labels.items() if name != marks.ROLLOUT})
    for _ in range(10):
        plant.look()
        if isinstance(request := plant.request, Apply):
            metadata = request.object["metadata"]
            key, plant.request = Key("ReplicaSet", KEY.namespace, metadata["name"]), None
            taken = ObjectFailure(ObjectFailureKind.TAKEN, "taken", stands=plant.stands(key))
            plant.tell(ApplyFailed(plant.at, key, taken))
        while plant.request is not None:
            plant.carry_out()
    assert plant.status is not None
    assert f"label {marks.ROLLOUT}=hmi" in plant.status.message
    assert conditions(plant)["Stalled"] == "True"
    assert [each.reason for each in plant.notices].count(RolloutReason.REFUSED) == 1
    assert plant.wake is not None
    assert plant.wake > 1
    edited(plant, "1", labels=labels)
    plant.settle()
    assert (plant.counts(), plant.status.phase) == ({"1": 4}, Phase.COMPLETED)


GREEN: dict[str, Any] = {"blueGreen": {"activeService": "hmi"}}


@pytest.mark.parametrize("way", [WAY, GREEN])
@pytest.mark.parametrize(("selector", "told"), [({}, "has no selector"), ({"app": "mes"}, "selects app=mes, which")])
def test_a_service_that_selects_none_of_its_pods_is_told_of(
    way: dict[str, Any], selector: dict[str, str], told: str
) -> None:
    """Where users would be led to no pods it goes no step on, and says of which Service, until that is put right."""
    plant = Plant(spec(way))
    plant.service("hmi")
    plant.settle()
    key = Key("Service", KEY.namespace, "hmi")
    before = plant.objects[key]["spec"]
    plant.store(key, {**plant.objects[key], "spec": {**before, "selector": selector}})
    plant.declare(template=template("2"))
    plant.settle()
    assert plant.status is not None
    assert f"the Service hmi {told}" in plant.status.message
    assert conditions(plant)["Stalled"] == "True"
    assert plant.counts()["1"] > 0
    plant.store(key, {**plant.objects[key], "spec": before})
    plant.settle()
    assert plant.status.phase in {Phase.PAUSED, Phase.COMPLETED}


def test_what_was_refused_is_forgotten_when_it_need_not_be_done_any_more() -> None:
    """A request that was refused stands in the status no longer than it is wanted: somebody else may have done it."""
    plant = out()
    body = plant.revisions()["1"]
    key = Key("ReplicaSet", KEY.namespace, body["metadata"]["name"])
    plant.store(key, {**body, "spec": {**body["spec"], "replicas": 3}})
    plant.look()
    plant.carry_out(ObjectFailureKind.REFUSED)
    assert plant.status is not None
    assert plant.status.message == "no"
    plant.store(key, {**plant.objects[key], "spec": {**body["spec"], "replicas": 4}})
    plant.settle()
    assert plant.status.phase is Phase.COMPLETED


def test_what_is_not_wanted_any_more_is_no_trouble() -> None:
    """A request that was taken back because somebody wants something else by now is not told as what is in its way."""
    plant = out()
    plant.declare(template=template("2"))
    plant.look()
    assert plant.request is not None
    before = plant.status
    plant.declare(replicas=6)
    plant.carry_out(ObjectFailureKind.HELD)
    assert plant.status == before
    plant.settle()
    assert plant.counts() == {"1": 5, "2": 2}
