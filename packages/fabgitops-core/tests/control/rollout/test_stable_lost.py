"""The proven version is lost, by its ReplicaSet, its label or the status: no other takes its place, and it is told."""

from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import Phase, RolloutStatus
from fabgitops_core.control.events import Contested
from fabgitops_core.control.objects import Child
from fabgitops_core.control.rollout.saying.reasons import RolloutReason

from .junction import Junction, passes, routing
from .workshop import KEY, spec, template

SERVICES = {"stableService": "hmi", "canaryService": "hmi-canary"}
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
SIMPLE: dict[str, Any] = {"simple": {}}


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


class Labelled(Junction):
    """A world in which only ReplicaSets are seen that have the label of what is owned."""

    def children(self) -> dict[Key, Child]:
        """Return the records of what is seen."""
        found = super().children()
        return {key: each for key, each in found.items() if key.kind != "ReplicaSet" or self._is_labelled(key)}


def promoted(plant: Junction) -> None:
    """Promote what is declared in full."""
    plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/full")
    plant.settle()


def told(plant: Junction) -> list[str]:
    """Return the Events that tell of the loss."""
    return [each.message for each in plant.notices if each.reason is RolloutReason.STABLE_LOST]


def lost(way: str) -> Junction:
    """Return a world in which version 1 is out, 2 is bad and on its way, and 1 is deleted."""
    plant = Junction(spec(WAYS.get(way, SIMPLE)))
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
    counts = plant.counts()
    plant.stays(30)
    assert (status(plant).phase, reason(plant), plant.counts()) == (Phase.FAILED, "StableLost", counts)
    assert (
        "is gone, or is not seen: nothing goes on. Either give it its label fabgitops.io/rollout=hmi again if it is"
        in (status(plant).message)
    )
    assert "or `fabctl rollout promote hmi --full` takes revision 2, the declared one" in status(plant).message
    assert len(told(plant)) == 1
    plant.declare(template=template("1"))
    plant.settle()
    assert (status(plant).phase, plant.counts()) == (Phase.COMPLETED, {"1": 4, "2": 0})
    assert (plant.selected("hmi"), status(plant).cause, status(plant).ceiling) == ("1", "", None)


@pytest.mark.parametrize("way", WAYS)
def test_a_version_that_comes_up_is_not_proven_by_that(way: str) -> None:
    """It stays where it was, and asks; who promotes it in full does without the old one, and it comes up as a first."""
    plant = lost(way)
    counts = plant.counts()
    plant.bad = set()
    plant.settle()
    assert (reason(plant), plant.counts(), plant.selected("hmi")) == ("StableLost", counts, "")
    plant.say(marks.ABORT, status(plant).current_pod_hash)
    plant.settle()
    assert not status(plant).abort, "there is nothing to go back to"
    promoted(plant)
    assert (status(plant).phase, plant.counts(), plant.selected("hmi")) == (Phase.COMPLETED, {"2": 4}, "2")
    assert (status(plant).cause, status(plant).ceiling) == ("", None)


@pytest.mark.parametrize("way", [*WAYS, "simple"])
def test_pods_that_people_give_it_meanwhile_stay(way: str) -> None:
    """Somebody scales its ReplicaSet so that users have pods: of those none is taken away that is needed."""
    plant = lost(way)
    plant.bad = set()
    key = Key("ReplicaSet", KEY.namespace, plant.revisions()["2"]["metadata"]["name"])
    body = plant.objects[key]
    plant.store(key, {**body, "spec": {**body["spec"], "replicas": 6}})
    plant.tick()
    plant.stays(30)
    stay = 3 if way in {"routes", "simple"} else 4  # less maxUnavailable
    assert (reason(plant), plant.available(), plant.counts()) == ("StableLost", stay, {"2": stay})
    plant.restart()
    plant.stays(5)
    assert plant.available() == stay


@pytest.mark.parametrize("way", WAYS)
def test_what_was_given_up_stays_so(way: str) -> None:
    """An abort does not end because the version is lost that all was to go back to: the bad one gets nothing."""
    plant = Junction(spec(WAYS[way]))
    plant.settle()
    plant.bad = {"2"}
    plant.declare(template=template("2"))
    plant.settle(20, wait=False)
    plant.say(marks.ABORT, status(plant).current_pod_hash)
    plant.settle(20, wait=False)
    counts = plant.counts()
    deleted(plant, "1")
    plant.bad = set()
    plant.settle()
    assert (status(plant).abort, reason(plant)) == (True, "StableLost")
    assert plant.counts()["2"] <= counts["2"]
    assert "It was given up: somebody aborted it." in status(plant).message
    promoted(plant)
    assert (status(plant).phase, plant.counts(), plant.selected("hmi")) == (Phase.COMPLETED, {"2": 4}, "2")


@pytest.mark.parametrize("way", ["routes", "pods", "abTesting"])
def test_a_lost_label_moves_nobody(way: str) -> None:
    """Pods whose ReplicaSet is not seen go on serving: nothing is led away from them, and with the label it goes on."""
    strategy = WAYS[way] if way != "pods" else {"canary": {"steps": [{"setWeight": 25}, {"pause": {}}], **SERVICES}}
    plant = Labelled(spec(strategy))
    plant.settle()
    plant.declare(template=template("2"))
    plant.settle(60, wait=False)
    key = Key("ReplicaSet", KEY.namespace, plant.revisions()["1"]["metadata"]["name"])
    before, body = (plant.counts(), plant.selected("hmi"), plant.weights()), plant.objects[key]
    labels = {name: text for name, text in body["metadata"]["labels"].items() if name != marks.ROLLOUT}
    plant.store(key, {**body, "metadata": {**body["metadata"], "labels": labels}})
    plant.stays(30)
    assert (reason(plant), (plant.counts(), plant.selected("hmi"), plant.weights())) == ("StableLost", before)
    body = plant.objects[key]
    labelled = {**labels, marks.ROLLOUT: "hmi"}
    plant.store(key, {**body, "metadata": {**body["metadata"], "labels": labelled}})
    plant.stays(30)
    assert reason(plant) != "StableLost"
    promoted(plant)
    plant.settle()
    assert (status(plant).phase, plant.selected("hmi")) == (Phase.COMPLETED, "2")


@pytest.mark.parametrize("keeps", ["1", "2"])
@pytest.mark.parametrize("way", [*WAYS, "steps"])
def test_a_lost_status_proves_nothing(way: str, keeps: str) -> None:
    """Nobody knows which of two versions is proven, so all stays as it is until somebody says which."""
    strategy = WAYS.get(way, {"canary": {"steps": [{"setWeight": 25}, {"pause": {}}], **SERVICES}})
    plant = Junction(spec(strategy))
    plant.settle()
    plant.bad = {"2"}
    plant.declare(template=template("2"))
    plant.settle(20, wait=False)
    before = plant.counts(), plant.selected("hmi"), plant.weights()
    plant.bad, plant.status = set(), None
    plant.restart()
    plant.stays(60)
    assert (reason(plant), status(plant).stable_rs) == ("StableLost", "unknown")
    assert (plant.counts(), plant.selected("hmi"), plant.weights()) == before
    assert status(plant).message.startswith("its status was lost, others than the declared revision have pods")
    assert len(told(plant)) == 1
    plant.declare(template=template(keeps))
    plant.stays(20)
    assert (reason(plant), plant.counts()) == ("StableLost", before[0])
    promoted(plant)
    plant.settle()
    assert (status(plant).phase, plant.counts()[keeps], plant.selected("hmi")) == (Phase.COMPLETED, 4, keeps)


def test_a_lost_status_at_rest_is_nothing() -> None:
    """With pods of one version alone there is no doubt, though another one stays for its delay."""
    plant = Junction(spec(WAYS["routes"]))
    plant.settle()
    plant.declare(template=template("2"))
    passes(plant, lambda: plant.selected("hmi-canary") == "2")
    plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/full")
    passes(plant, lambda: status(plant).finished_at is not None)
    assert plant.counts() == {"1": 4, "2": 4}
    plant.status = None
    plant.restart()
    plant.settle()
    assert (status(plant).phase, plant.selected("hmi")) == (Phase.COMPLETED, "2")


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
    assert (plant.selected("hmi"), reason(plant)) == ("1", "StableLost")
    promoted(plant)
    assert (status(plant).phase, plant.selected("hmi"), plant.counts()) == (Phase.COMPLETED, "3", {"1": 0, "3": 4})


def selector(plant: Junction, name: str) -> dict[str, str]:
    """Return what a Service selects."""
    found: dict[str, str] = plant.objects[Key("Service", KEY.namespace, name)]["spec"]["selector"]
    return found


@pytest.mark.parametrize("to", [{"simple": {}}, {"blueGreen": {"activeService": "hmi-b"}}])
@pytest.mark.parametrize("way", WAYS)
def test_services_that_are_named_no_more_let_a_lost_version_go(way: str, to: dict[str, Any]) -> None:
    """They select what is gone, and lead nobody to what is not proven; once somebody does without it they serve."""
    plant = lost(way)
    plant.service("hmi-b")
    plant.declare(strategy=to)
    plant.restart()
    plant.settle(40, wait=False)
    assert (reason(plant), "hmi" in status(plant).services) == ("StableLost", True)
    assert selector(plant, "hmi")[marks.HASH] == status(plant).stable_rs
    plant.bad = set()
    promoted(plant)
    assert (status(plant).phase, selector(plant, "hmi")) == (Phase.COMPLETED, {"app": "hmi"})
    assert (status(plant).routes, set(status(plant).services) - {"hmi-b"}) == ((), set())
    assert plant.weights() == ((100, 0) if "outing" in str(WAYS[way]) else (1, 1))


def test_another_rollout_may_have_a_service_of_a_lost_version() -> None:
    """Nobody reaches anything by it, so who names it next need not wait until people have said what is to be."""
    plant = lost("pods")
    plant.declare(strategy={"simple": {}})
    plant.settle(40, wait=False)
    (name,) = (each for each in plant.controller.identities(plant.state) if each.endswith("/hmi"))
    plant.tell(Contested(plant.at, {name: "plant/other"}))
    plant.settle(40, wait=False)
    assert "hmi" not in status(plant).services
    assert selector(plant, "hmi")[marks.HASH] == status(plant).stable_rs
