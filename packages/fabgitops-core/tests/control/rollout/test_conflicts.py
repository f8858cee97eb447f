"""Others write to the same objects at the same time: each conflict is a look more, and nothing is ever stuck."""

import random
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout.status import Phase
from fabgitops_core.control.commands import Delete, Patch
from fabgitops_core.control.objects import ObjectFailureKind

from .junction import Junction, out, parents, promote, routing
from .test_complaints import GREEN, PODS, STEPS, TEST
from .workshop import template

WAYS: dict[str, dict[str, Any]] = {
    "canary": PODS,
    "named route": routing(*STEPS),
    "own route": routing(*STEPS, routes=[{"template": {"parentRefs": parents()}}], dynamicStableScale=True),
    "blueGreen": {"blueGreen": {**GREEN["blueGreen"], "autoPromotionEnabled": True}},
    "abTesting": TEST,
}
MANY = 100
FAILURES = (ObjectFailureKind.CONFLICT, ObjectFailureKind.CHANGED, ObjectFailureKind.GONE, ObjectFailureKind.TAKEN)


class Busy:
    """A plant in which others are faster, until they have been so often enough."""

    def __init__(self, way: str, chance: random.Random) -> None:
        self.plant = out(WAYS[way], routes=way != "own route")
        self.chance, self.conflicts, self.versions = chance, 0, 1

    def goes_on(self) -> None:
        """Let it work for a moment, as often as it asks to; at rest something else is wanted."""
        plant, before = self.plant, (self.plant.status, self.plant.version)
        plant.wake = None
        plant.look()
        while plant.request is not None:
            plant.wake = None
            self.somebody_is_faster()
        if before == (plant.status, plant.version) and self.wake is None:
            self.something_else()
        plant.tick(self.wake or 1.0)

    @property
    def wake(self) -> float | None:
        """Return in how many seconds it wants to look again; None where it does not."""
        return self.plant.wake

    def somebody_is_faster(self) -> None:
        """Carry a request out, mostly after an autoscaler or a policy has changed the object that it is about."""
        plant, request = self.plant, self.plant.request
        if self.conflicts >= MANY or self.chance.random() < 0.25:
            plant.carry_out()
            return
        self.conflicts += 1
        if isinstance(request, Patch | Delete) and self.chance.random() < 0.5:
            touched(plant, request.key)
            plant.carry_out()
        else:
            plant.carry_out(self.chance.choice(FAILURES))
        assert plant.wake is not None, "nobody looks again"

    def something_else(self) -> None:
        """Promote what waits, or declare another version."""
        if self.plant.status is not None and self.plant.status.pause_conditions:
            promote(self.plant)
        elif self.conflicts < MANY:
            self.versions += 1
            self.plant.declare(template=template(str(self.versions)))


def touched(plant: Junction, key: Key) -> None:
    """Let a policy annotate an object: nothing of it that counts is another, but its version is."""
    body = plant.objects[key]
    annotations = {**body["metadata"].get("annotations", {}), "policy.example.com/seen": str(plant.version)}
    plant.store(key, {**body, "metadata": {**body["metadata"], "annotations": annotations}})


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_stuck_after_a_hundred_conflicts(way: str, seed: int) -> None:
    """Three of four requests fail because somebody was faster; it comes out by itself, and no restart is needed."""
    busy = Busy(way, random.Random(seed))  # noqa: S311
    for _ in range(3000):
        busy.goes_on()
        if busy.conflicts >= MANY and busy.plant.status is not None and busy.plant.status.phase is Phase.COMPLETED:
            break
    plant, version = busy.plant, str(busy.versions)
    assert busy.conflicts == MANY
    assert plant.status is not None
    assert (plant.status.phase, plant.status.stable_rs) == (Phase.COMPLETED, plant.hash_of(version))
    plant.settle()
    assert plant.availables() == {**dict.fromkeys(plant.counts(), 0), version: 4}
    assert plant.selected("hmi") == version
