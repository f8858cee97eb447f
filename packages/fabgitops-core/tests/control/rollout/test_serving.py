"""Services of a canary never select a revision that has no pods while another one has some."""

from typing import Any

import pytest
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import Phase

from .junction import Junction, another, out, routing
from .workshop import Plant, spec, template

PLAIN: dict[str, Any] = {
    "canary": {"stableService": "hmi", "canaryService": "hmi-canary", "maxSurge": 1, "maxUnavailable": 0}
}


def works(plant: Plant, rounds: int = 60) -> None:
    """Let it work, and look after each request that no Service has lost its last pod by it, if there are any."""
    for _ in range(rounds):
        plant.look()
        while plant.request is not None:
            before = {name: pods(plant, name) for name in ("hmi", "hmi-canary")}
            plant.carry_out()
            lost = [name for name, count in before.items() if count and not pods(plant, name)]
            assert not lost or not plant.available(), (lost, plant.counts())
        plant.tick()


def pods(plant: Plant, name: str) -> int:
    """Return how many available pods a Service selects."""
    found = plant.revisions().get(plant.selected(name))
    return min(found.get("status", {}).get("availableReplicas", 0), found["spec"]["replicas"]) if found else 0


def begun(strategy: dict[str, Any], replicas: int = 4) -> Plant:
    """Return a plant in which version 1 is out, with both Services."""
    plant = Plant(spec(strategy, replicas=replicas))
    plant.service("hmi")
    plant.service("hmi-canary")
    plant.settle()
    return plant


@pytest.mark.parametrize("replicas", [2, 4, 9])
@pytest.mark.parametrize("slow", [False, True])
def test_the_stable_service_leaves_the_old_version_before_its_last_pod_goes(replicas: int, slow: bool) -> None:
    """Users of the stable Service reach pods at each moment of an update, though the old version ends up with none."""
    plant = begun(PLAIN, replicas)
    plant.slow = slow
    plant.declare(template=template("2"))
    works(plant)
    assert plant.status is not None
    assert (plant.status.phase, plant.selected("hmi")) == (Phase.COMPLETED, "2")


def test_after_an_abort_the_services_go_back_when_the_proven_version_has_pods() -> None:
    """Given up when all pods are of the new version, its Services stay there until the proven one has pods again."""
    way = {"canary": {**PLAIN["canary"], "steps": [{"setWeight": 100}, {"pause": {}}]}}
    plant = begun(way)
    plant.declare(template=template("2"))
    works(plant, 20)
    assert (plant.counts(), plant.selected("hmi")) == ({"1": 0, "2": 4}, "2")
    assert plant.status is not None
    plant.slow = True
    plant.say(marks.ABORT, plant.status.current_pod_hash)
    works(plant)
    assert (plant.selected("hmi"), plant.selected("hmi-canary")) == ("1", "1")


def test_the_canary_service_stays_where_pods_are_when_one_goes_back_to_a_version_without() -> None:
    """Back to the proven version whose pods have died, the canary Service stays at the other until it has some."""
    plant = begun({"canary": {**PLAIN["canary"], "steps": [{"setWeight": 25}, {"pause": {}}]}})
    plant.declare(template=template("2"))
    works(plant, 20)
    assert plant.selected("hmi-canary") == "2"
    plant.bad = {"1"}
    plant.tick()
    plant.declare(template=template("1"))
    works(plant, 20)
    assert (plant.selected("hmi"), plant.selected("hmi-canary")) == ("2", "2")
    plant.bad = set()
    works(plant)
    assert (plant.selected("hmi"), plant.selected("hmi-canary")) == ("1", "1")


def test_a_lost_status_moves_no_service_to_a_version_without_pods() -> None:
    """Restored without its status while a broken version is declared, Services with routes stay where the pods are."""
    plant: Junction = out(routing({"setWeight": 50}, {"pause": {}}))
    plant.bad = {"2"}
    another(plant)
    plant.status = None
    plant.restart()
    works(plant, 20)
    assert (plant.selected("hmi"), plant.selected("hmi-canary")) == ("1", "1")
    assert plant.availables()["1"] == 4
    plant.bad = set()
    works(plant)
    assert (plant.selected("hmi"), plant.selected("hmi-canary"), plant.counts()["1"]) == ("1", "1", 4)
    plant.say(marks.PROMOTE, f"{plant.hash_of('2')}/full")
    works(plant)
    assert (plant.selected("hmi"), plant.selected("hmi-canary")) == ("2", "2")


@pytest.mark.parametrize("mark", [marks.PAUSE, marks.ABORT])
def test_no_service_goes_to_what_is_held_or_given_up_while_others_have_pods(mark: str) -> None:
    """The proven pods are dead, and two other versions have some: users are led to the one before."""
    steps = [{"setWeight": 50}, {"pause": {}}]
    plant = Junction(spec({"canary": {**PLAIN["canary"], "steps": steps, "maxSurge": 2}}, replicas=4))
    plant.settle()
    another(plant)
    plant.slow = True
    plant.declare(template=template("3"))
    while not plant.availables().get("3"):
        plant.look()
        while plant.request is not None:
            plant.carry_out()
        plant.tick()
    assert plant.status is not None
    plant.say(mark, plant.status.current_pod_hash)
    plant.caps = {"1": 0}
    plant.tick()
    works(plant, 10)
    assert (plant.availables()["2"] > 0, plant.availables()["3"] > 0) == (True, True)
    assert (plant.selected("hmi"), plant.selected("hmi-canary")) == ("2", "2")
