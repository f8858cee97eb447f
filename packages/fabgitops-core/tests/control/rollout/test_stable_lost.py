"""Somebody deletes the ReplicaSet of the proven version while the new one is bad: what serves stays, and it is told."""

from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout.status import Phase, RolloutStatus

from .junction import Junction, passes, routing
from .workshop import KEY, spec, template

WAYS: dict[str, dict[str, Any]] = {
    "blueGreen": {"blueGreen": {"activeService": "hmi", "previewService": "hmi-canary", "scaleDownDelaySeconds": 600}},
    "abTesting": {
        "abTesting": {
            "stableService": "hmi",
            "canaryService": "hmi-canary",
            "duration": 3600,
            "match": {"headers": [{"headerName": "X-Line", "headerValue": {"exact": "7"}}]},
            "trafficRouting": {"gatewayAPI": {"routes": [{"name": "hmi"}]}, "managedRoutes": [{"name": "mine"}]},
        }
    },
    "routes": routing({"setWeight": 50}, {"pause": {}}, scaleDownDelaySeconds=600),
    "pods": {"canary": {"stableService": "hmi", "canaryService": "hmi-canary", "maxUnavailable": 0}},
}


def status(plant: Junction) -> RolloutStatus:
    """Return what is stored."""
    assert plant.status is not None
    return plant.status


def reason(plant: Junction) -> str:
    """Return why it is not ready."""
    return next(each.reason for each in status(plant).conditions if each.type == "Ready")


def deleted(plant: Junction, version: str) -> None:
    """Delete the ReplicaSet of a version, and with it its pods."""
    del plant.objects[Key("ReplicaSet", KEY.namespace, plant.revisions()[version]["metadata"]["name"])]


def lost(way: str) -> Junction:
    """Return a world in which version 1 is out, 2 is bad and on its way, and 1 is deleted."""
    plant = Junction(spec(WAYS[way]))
    plant.settle()
    plant.bad = {"2"}
    plant.declare(template=template("2"))
    plant.settle(20, wait=False)
    deleted(plant, "1")
    plant.settle(20, wait=False)
    return plant


@pytest.mark.parametrize("way", WAYS)
def test_it_is_degraded_and_says_what_to_do(way: str) -> None:
    """Nothing can bring it back, so people are told at once what is gone and what mends it; the old template does."""
    plant = lost(way)
    assert (status(plant).phase, reason(plant)) == (Phase.FAILED, "StableLost")
    assert "is gone, and 4 of 4 pods are of this revision, 0 are available: declare a template" in status(plant).message
    plant.declare(template=template("1"))
    plant.settle()
    assert (status(plant).phase, plant.counts()) == (Phase.COMPLETED, {"1": 4, "2": 0})
    assert (plant.selected("hmi"), status(plant).cause) == ("1", "")


@pytest.mark.parametrize("way", WAYS)
def test_it_goes_on_when_the_new_version_comes_up_after_all(way: str) -> None:
    """There is nothing to compare it with: it comes up as a first version does, and all Services lead to it."""
    plant = lost(way)
    plant.bad = set()
    plant.settle()
    assert (status(plant).phase, plant.counts(), plant.selected("hmi")) == (Phase.COMPLETED, {"2": 4}, "2")
    assert status(plant).cause == ""


@pytest.mark.parametrize("way", [WAYS["blueGreen"], routing({"setWeight": 50}, scaleDownDelaySeconds=600)])
def test_services_lead_to_the_version_before_while_that_has_pods(way: dict[str, Any]) -> None:
    """Pods of the version before are still there for their delay: users are led to them, and they stay so long."""
    plant = Junction(spec(way))
    plant.settle()
    plant.declare(template=template("2"))
    passes(plant, lambda: status(plant).finished_at is not None)
    assert (plant.selected("hmi"), plant.counts()["1"]) == ("2", 4)
    plant.bad = {"3"}
    plant.declare(template=template("3"))
    plant.settle(10, wait=False)
    deleted(plant, "2")
    plant.settle(40, wait=False)
    assert (plant.selected("hmi"), reason(plant)) == ("1", "StableLost")
    plant.tick(700)
    plant.settle(10, wait=False)
    assert (plant.selected("hmi"), plant.counts()["1"]) == ("1", 4)
    plant.bad = set()
    plant.settle()
    assert (status(plant).phase, plant.selected("hmi"), plant.counts()) == (Phase.COMPLETED, "3", {"1": 0, "3": 4})
