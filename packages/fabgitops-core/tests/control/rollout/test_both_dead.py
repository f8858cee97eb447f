"""Pods of both versions die that a route shares requests out to: those stay where pods are, or come back first."""

from typing import Any

import pytest
from fabgitops_core.api.rollout.status import Phase
from fabgitops_core.control.objects import ObjectFailureKind

from .junction import Junction, another, passes, routing
from .junction import out as routed_out
from .test_dead_pods import status, works
from .workshop import spec


@pytest.mark.parametrize("replicas", [0, 4])
def test_requests_stay_while_nobody_has_a_pod_and_reach_whoever_has_one_first(replicas: int) -> None:
    """They went to the proven version, whose pods were dead, when those of the new one were back."""
    plant = routed_out(routing({"setWeight": 100}, {"pause": {}}))
    plant.declare(replicas=replicas)
    another(plant)
    assert plant.weights() == (0, 100)
    nobody_has_a_pod(plant)
    plant.caps = {"1": 0}
    plant.tick()
    stays_with_the_new_one(plant)
    assert status(plant).phase is Phase.PAUSED


def test_a_stable_side_that_has_shrunk_grows_while_the_canary_has_no_pod_and_gets_requests_when_it_has_some() -> None:
    """With dynamicStableScale it has none at weight 100: until it has, requests stay where they are."""
    plant = routed_out(routing({"setWeight": 100}, {"pause": {}}, dynamicStableScale=True))
    another(plant)
    assert (plant.weights(), plant.counts()) == ((0, 100), {"1": 0, "2": 4})
    nobody_has_a_pod(plant)
    assert plant.counts() == {"1": 4, "2": 4}
    plant.caps = {"1": 0}
    plant.tick()
    stays_with_the_new_one(plant)
    assert plant.counts() == {"1": 0, "2": 4}
    nobody_has_a_pod(plant)
    plant.caps = {"2": 0}
    plant.tick()
    works(plant, 3)
    assert (plant.weights(), plant.availables()) == ((100, 0), {"1": 4, "2": 0})


@pytest.mark.parametrize("edit", [{"replicas": 8}, {"strategy": routing({"setWeight": 25}, {"pause": {}})}])
def test_requests_that_were_to_go_back_stay_if_the_proven_pods_die_before(edit: dict[str, Any]) -> None:
    """It was decided while those were there, and no route said it yet: it is taken back until some are there again."""
    plant = routed_out(routing({"setWeight": 75}, {"pause": {}}))
    another(plant)
    assert plant.weights() == (25, 75)
    plant.declare(**edit)
    plant.look()
    plant.carry_out(ObjectFailureKind.AWAY)
    weights = status(plant).canary.weights
    assert (weights is not None and weights.canary.weight < 75, plant.weights()) == (True, (25, 75))
    plant.caps = {"1": 0}
    plant.tick()
    for _ in range(20):
        works(plant, 1)
        assert plant.weights() == (25, 75)
    plant.caps = {}
    plant.settle()
    assert plant.weights() == ((25, 75) if "replicas" in edit else (75, 25))


@pytest.mark.parametrize("left", [2, 4])
def test_of_two_routes_one_comes_back_if_the_proven_pods_die_before_the_other_has_gone(left: int) -> None:
    """One share is for all routes: it is that of those who have gone nowhere yet, so that nobody loses anything."""
    way = {"routes": [{"name": "hmi"}, {"name": "screens"}]}
    plant = Junction(spec(routing({"setWeight": 75}, {"pause": {}}, **way), replicas=4))
    plant.route("screens")
    plant.settle()
    another(plant)
    plant.declare(strategy=routing({"setWeight": 25}, {"pause": {}}, **way))
    passes(plant, lambda: plant.weights() == (75, 25))
    assert plant.weights("screens") == (25, 75)
    plant.caps = {"1": 0, "2": left}
    plant.tick()
    works(plant, 10)
    assert (plant.weights(), plant.weights("screens")) == ((25, 75), (25, 75))


def test_a_weight_that_somebody_sets_is_put_right_though_the_proven_pods_are_dead() -> None:
    """Nobody has decided that the new version gets so much: it is no weight that was on its way back."""
    plant = routed_out(routing({"setWeight": 25}, {"pause": {}}))
    another(plant)
    plant.caps = {"1": 0}
    plant.tick()
    plant.set_weights(0, 100)
    plant.settle()
    assert plant.weights() == (75, 25)


def nobody_has_a_pod(plant: Junction) -> None:
    """Let all pods die, and see that no request is moved for that."""
    plant.declare(replicas=4)
    plant.caps = dict.fromkeys(plant.revisions(), 0)
    plant.tick()
    works(plant, 10)
    assert (plant.weights(), plant.available()) == ((0, 100), 0)


def stays_with_the_new_one(plant: Junction) -> None:
    """See that requests go where pods are, all the time."""
    for _ in range(20):
        works(plant, 1)
        assert (plant.weights(), plant.availables()["2"]) == ((0, 100), 4)
