"""Pods of the proven version die while another is on its way: what may mend that comes up, and takes nothing away."""

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import Phase, RolloutStatus
from fabgitops_core.control.objects import ObjectFailureKind

from .junction import Junction, another, passes, promote, routing
from .junction import out as routed_out
from .test_stable_lost import Labelled
from .workshop import KEY, Plant, spec, template

STEPS = [{"setWeight": 50}, {"pause": {}}]
BESIDE = {"blueGreen": {"activeService": "hmi", "autoPromotionEnabled": False, "scaleDownDelaySeconds": 60}}


def half_way(replicas: int, **limits: int) -> Plant:
    """Return a plant in which version 2 waits half way, and all pods of version 1 are dead."""
    plant = Plant(spec({"canary": {"steps": STEPS, **limits}}, replicas=replicas, progressDeadlineSeconds=100))
    plant.settle()
    plant.declare(template=template("2"))
    plant.settle()
    plant.bad = {"1"}
    plant.tick()
    assert status(plant).phase is Phase.PAUSED
    return plant


def status(plant: Plant) -> RolloutStatus:
    """Return what is stored."""
    assert plant.status is not None
    return plant.status


def works(plant: Plant, rounds: int) -> None:
    """Let it work, and hold that nothing that it does leaves fewer pods available."""
    for _ in range(rounds):
        before = plant.available()
        plant.look()
        while plant.request is not None:
            plant.carry_out()
        assert plant.available() >= min(before, plant.spec["replicas"]), "it has taken pods away that are needed"
        plant.tick()


@pytest.mark.parametrize("limits", [{}, {"maxSurge": 0, "maxUnavailable": 1}, {"maxSurge": 1, "maxUnavailable": 0}])
@pytest.mark.parametrize("replicas", [2, 3])
def test_a_fix_gets_pods_though_the_proven_ones_are_dead(replicas: int, limits: dict[str, int]) -> None:
    """A dead pod carries nothing, and gives way to the version that may mend it; the pods that serve stay."""
    plant = half_way(replicas, **limits)
    before, missing = plant.available(), limits.get("maxUnavailable", 0)
    plant.declare(template=template("3"))
    plant.settle(30, wait=False)
    assert plant.counts()["3"] >= 1
    assert plant.available() >= min(replicas - missing, before + 1)


def test_a_fix_comes_to_its_end_though_the_proven_pods_stay_dead() -> None:
    """Past the deadline it does not wait for them any more, and a promotion of its steps ends with all pods new."""
    plant = half_way(3)
    plant.declare(template=template("3"))
    works(plant, 130)
    assert (status(plant).current_step_index, status(plant).phase) == (1, Phase.PAUSED)
    plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/1")
    works(plant, 30)
    assert (plant.counts(), status(plant).phase) == ({"1": 0, "2": 0, "3": 3}, Phase.COMPLETED)


def test_a_fix_that_is_given_up_at_the_deadline_is_given_up_by_dead_pods_as_well() -> None:
    """Whoever wants it given up without progress gets that, though it is the proven version that lacks pods."""
    plant = half_way(3)
    plant.declare(template=template("3"), progressDeadlineAbort=True)
    works(plant, 130)
    assert status(plant).abort


def test_a_deadline_names_the_revision_that_lacks_pods() -> None:
    """It is the proven version that does not come up, and the message says how many it has and needs."""
    plant = half_way(3)
    plant.bad = {"1", "2"}
    plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/1")
    works(plant, 110)
    assert "revision 2 " in status(plant).message
    assert "has 0 available, and needs 3" in status(plant).message


def test_a_route_leaves_a_dead_canary_though_the_proven_pods_are_dead_too() -> None:
    """Nobody loses anything by that, and the version that lives gets the Service, its weight, and then everything."""
    plant = routed_out(routing({"setWeight": 25}, {"pause": {"duration": 3}}))
    plant.declare(template=template("2"))
    passes(plant, lambda: plant.weights() == (75, 25))
    plant.caps = {"1": 0, "2": 0}
    another(plant, "3")
    assert (plant.weights(), plant.counts()["3"], status(plant).phase) == ((100, 0), 4, Phase.COMPLETED)
    assert (plant.selected("hmi"), plant.selected("hmi-canary")) == ("3", "3")


@pytest.mark.parametrize("first", [25, 50, 75])
def test_a_fix_takes_over_the_requests_that_still_have_pods(first: int) -> None:
    """All proven pods are dead, the version before has half of the requests: the new one gets those when it has pods.

    From there it goes on by its steps where its weight has to grow, else past the deadline; by a full promotion always.
    """
    plant = routed_out(routing({"setWeight": 50}, {"pause": {}}))
    another(plant)
    plant.caps = {"1": 0}
    plant.tick()
    plant.declare(template=template("3"), strategy=routing({"setWeight": first}, {"pause": {}}))
    passes(plant, lambda: plant.selected("hmi-canary") == "3")
    assert (plant.weights(), plant.availables()["3"]) == ((50, 50), max(2, first * 4 // 100))
    plant.settle()
    assert plant.weights() == ((25, 75) if first == 75 else (50, 50))
    plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/full")
    plant.settle()
    assert (plant.counts()["3"], plant.selected("hmi"), status(plant).phase) == (4, "3", Phase.COMPLETED)


def test_a_stable_side_that_has_shrunk_by_itself_is_not_taken_for_dead() -> None:
    """With dynamicStableScale it has no pods at weight 100: a new version waits until it has, and goes by its steps."""
    way = routing({"setWeight": 100}, {"pause": {}}, dynamicStableScale=True)
    plant = routed_out(way)
    another(plant)
    assert (plant.weights(), plant.counts()) == ((0, 100), {"1": 0, "2": 4})
    plant.slow = True
    plant.declare(template=template("3"), strategy=routing({"setWeight": 25}, {"pause": {}}, dynamicStableScale=True))
    passes(plant, lambda: plant.selected("hmi-canary") == "3")
    assert plant.weights() == (100, 0)
    plant.caps = {"1": 0}
    plant.declare(template=template("4"))
    plant.settle()
    plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/full")
    plant.settle()
    assert (plant.counts()["4"], status(plant).phase) == (4, Phase.COMPLETED)


@pytest.mark.parametrize("how", ["step", "abort"])
def test_a_weight_that_cannot_go_down_names_the_revision_that_lacks_pods(how: str) -> None:
    """A lower weight, by a step or an abort, needs more pods of the proven version than there are: it says which."""
    plant = routed_out(routing({"setWeight": 75}, {"pause": {}}, {"setWeight": 25}, {"pause": {}}))
    another(plant)
    plant.caps = {"1": 1}
    plant.tick()
    if how == "step":
        promote(plant)
    else:
        plant.say(marks.ABORT, plant.hash_of("2"))
    plant.settle(30, wait=False)
    needs = 3 if how == "step" else 4
    assert f"revision 1 ({plant.hash_of('1')}) has 1 available, and needs {needs}" in status(plant).message
    assert plant.weights() == (25, 75)


def test_a_service_is_not_put_back_on_a_revision_whose_pods_are_dead() -> None:
    """Somebody takes the revision out of a Service while its pods are dead: it leads to all until they are back."""
    plant = routed_out(routing({"setWeight": 50}, {"pause": {}}))
    another(plant)
    plant.caps = {"1": 0}
    plant.tick()
    plant.service("hmi")
    plant.settle(40)
    assert plant.selected("hmi") == ""
    plant.caps = {}
    plant.settle()
    assert plant.selected("hmi") == "1"


def test_a_step_ends_though_more_pods_are_new_than_it_wants() -> None:
    """They cannot go while no proven ones come up: past the deadline its steps go on, as with too few proven pods."""
    way = {"canary": {"steps": [{"setWeight": 25}, {"pause": {}}], "maxSurge": 1, "maxUnavailable": 0}}
    plant = Plant(spec(BESIDE, progressDeadlineSeconds=100))
    plant.service("hmi")
    plant.settle()
    plant.declare(template=template("2"))
    plant.settle()
    assert plant.counts() == {"1": 4, "2": 4}
    plant.bad = {"1"}
    plant.tick()
    plant.declare(strategy=way)
    works(plant, 90)
    assert status(plant).current_step_index == 0
    works(plant, 40)
    assert (status(plant).current_step_index, status(plant).phase, plant.available()) == (1, Phase.PAUSED, 4)
    plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/1")
    works(plant, 30)
    assert (plant.counts(), status(plant).phase) == ({"1": 0, "2": 4}, Phase.COMPLETED)


WAYS_BACK = {
    "routes": routing({"setWeight": 25}, {"pause": {}}, maxUnavailable=0),
    "dynamic": routing({"setWeight": 25}, {"pause": {}}, dynamicStableScale=True, maxUnavailable=0),
    "none yet": routing({"setCanaryScale": {"replicas": 2}}, {"pause": {}}, maxUnavailable=0),
}


@pytest.mark.parametrize("way", WAYS_BACK)
@pytest.mark.parametrize("left", [0, 1])
def test_a_step_of_routes_ends_though_its_weight_cannot_go_back(way: str, left: int) -> None:
    """Nobody could carry what the proven pods do not: past the deadline its steps go on, and users reach what lives."""
    plant = Junction(spec({"canary": {"steps": STEPS}}, progressDeadlineSeconds=100))
    plant.settle()
    another(plant)
    assert plant.counts() == {"1": 2, "2": 2}
    plant.caps = {"1": 2}
    plant.declare(strategy=WAYS_BACK[way])
    passes(plant, lambda: plant.weights() == (50, 50))
    plant.caps = {"1": left}
    plant.tick()
    works(plant, 90)
    assert (status(plant).current_step_index, plant.weights()) == (0, (50, 50))
    works(plant, 40)
    assert (status(plant).current_step_index, status(plant).phase, plant.weights()) == (1, Phase.PAUSED, (50, 50))
    assert (
        f"its weight waits for available pods; revision 1 ({plant.hash_of('1')}) has {left} " in status(plant).message
    )
    promote(plant)
    works(plant, 60)
    assert (plant.weights(), plant.selected("hmi"), plant.counts()["2"]) == ((100, 0), "2", 4)
    assert status(plant).phase is Phase.COMPLETED


def test_a_weight_that_cannot_go_back_is_given_up_where_that_is_said() -> None:
    """Whoever wants it given up without progress gets that, though it is the proven version that lacks pods."""
    plant = Junction(spec({"canary": {"steps": STEPS}}, progressDeadlineSeconds=100, progressDeadlineAbort=True))
    plant.settle()
    another(plant)
    plant.caps = {"1": 2}
    plant.declare(strategy=WAYS_BACK["routes"])
    passes(plant, lambda: plant.weights() == (50, 50))
    plant.caps = {"1": 0}
    plant.tick()
    works(plant, 130)
    assert (status(plant).abort, plant.weights()) == (True, (50, 50))


def beside_dead_ones(plant: Junction) -> None:
    """Let version 3 be up, while the Services select 1 and 2, whose pods are dead; then have routes share out."""
    plant.settle()
    another(plant)
    plant.declare(strategy=BESIDE, template=template("3"))
    plant.settle()
    assert (plant.counts()["3"], plant.selected("hmi")) == (4, "1")
    select(plant, "hmi-canary", "2")
    plant.caps = {"1": 0, "2": 0}
    plant.tick()
    plant.declare(strategy=routing({"setWeight": 50}, {"pause": {}}))


def test_routes_are_begun_with_though_all_that_users_reach_is_dead() -> None:
    """Both Services lead to dead pods already, so nobody loses any: the version that lives goes by its steps."""
    plant = Junction(spec(routing({"setWeight": 50}, {"pause": {}})))
    beside_dead_ones(plant)
    plant.settle()
    assert (plant.weights(), plant.selected("hmi-canary"), status(plant).phase) == ((50, 50), "3", Phase.PAUSED)
    promote(plant)
    plant.settle()
    assert (plant.selected("hmi"), plant.counts()["3"], status(plant).phase) == ("3", 4, Phase.COMPLETED)


def test_routes_wait_while_pods_may_serve_that_are_not_seen() -> None:
    """The ReplicaSet of a version has lost its label: whether its pods are dead is not known, so its Service stays."""
    plant = Labelled(spec(routing({"setWeight": 50}, {"pause": {}})))
    beside_dead_ones(plant)
    key = Key("ReplicaSet", KEY.namespace, plant.revisions()["2"]["metadata"]["name"])
    body = plant.objects[key]
    labels = {name: text for name, text in body["metadata"]["labels"].items() if name != marks.ROLLOUT}
    plant.store(key, {**body, "metadata": {**body["metadata"], "labels": labels}})
    plant.settle(60)
    assert (plant.weights(), plant.selected("hmi"), plant.selected("hmi-canary")) == ((100, 0), "1", "2")


def select(plant: Junction, name: str, version: str) -> None:
    """Let a Service select a version."""
    key = Key("Service", KEY.namespace, name)
    body = plant.objects[key]
    selector = {"app": "hmi", marks.HASH: plant.hash_of(version)}
    plant.store(key, {**body, "spec": {**body["spec"], "selector": selector}})


@pytest.mark.parametrize("left", [0, 2])
@pytest.mark.parametrize("step", ["preview", "full"])
def test_users_go_over_from_a_version_before_though_the_proven_pods_are_dead(left: int, step: str) -> None:
    """They were to go back, and cannot: when the next version is whole they go there, and what they leave stays."""
    plant = Junction(spec(BESIDE))
    plant.settle()
    another(plant)
    plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/preview")
    passes(plant, lambda: plant.selected("hmi") == "2")
    plant.declare(template=template("3"))
    while status(plant).blue_green.active_selector != plant.hash_of("1"):
        plant.carry_out()
        plant.look()
    plant.carry_out(ObjectFailureKind.CHANGED)
    plant.caps = {"1": 0, "2": left}
    plant.tick(0.0)
    plant.settle()
    assert (plant.selected("hmi"), plant.counts()["3"]) == ("2", 4)
    plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/{step}")
    passes(plant, lambda: plant.selected("hmi") == "3")
    plant.stays(3)
    assert plant.counts()["2"] == 4
    plant.settle()
    assert (plant.counts(), status(plant).phase) == ({"1": 0, "2": 0, "3": 4}, Phase.COMPLETED)
