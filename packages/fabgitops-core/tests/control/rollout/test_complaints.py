"""What users of others complain of, as far as no other test holds that it does not happen here."""

import itertools
from typing import Any

import pytest
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import Phase, RolloutStatus
from fabgitops_core.control.commands import Patch
from fabgitops_core.control.rollout.pods.weights import carried
from fabgitops_core.control.rollout.saying.reasons import RolloutReason

from .junction import Junction, another, out, passes, promote, routing
from .test_argo import ArgoPlant
from .workshop import spec, template

STEPS: tuple[dict[str, Any], ...] = ({"setWeight": 25}, {"pause": {}}, {"setWeight": 50}, {"pause": {}})
PODS = {"canary": {"steps": list(STEPS), "stableService": "hmi", "canaryService": "hmi-canary"}}
GREEN = {"blueGreen": {"activeService": "hmi", "previewService": "hmi-canary", "autoPromotionEnabled": False}}
TEST = {
    "abTesting": {
        "stableService": "hmi",
        "canaryService": "hmi-canary",
        "trafficRouting": {"gatewayAPI": {"routes": [{"name": "hmi"}]}},
        "match": {"cookie": {"name": "variant", "value": "b"}},
    }
}
WAYS: dict[str, dict[str, Any]] = {
    "canary": PODS,
    "routed": routing(*STEPS),
    "dynamic": routing(*STEPS, dynamicStableScale=True),
    "blueGreen": GREEN,
    "abTesting": TEST,
}
WORDS = {
    marks.ABORT: "{0}",
    marks.RETRY: "{0}/2026-01-01T00:00:00Z",
    marks.PROMOTE: "{0}/full",
    "step": "{0}/0",
    "preview": "{0}/preview",
}


def status(plant: Any) -> RolloutStatus:
    """Return what is stored."""
    assert plant.status is not None
    found: RolloutStatus = plant.status
    return found


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("way", WAYS)
def test_at_rest_no_word_moves_anything(way: str, word: str) -> None:
    """With nothing under way an abort, a retry and a promotion are refused with a reason, and nothing is touched."""
    plant = out(WAYS[way])
    before, told = (plant.version, status(plant).decisions), len(plant.notices)
    mark = word if word in {marks.ABORT, marks.RETRY} else marks.PROMOTE
    plant.say(mark, WORDS[word].format(status(plant).current_pod_hash))
    plant.settle()
    assert (plant.version, status(plant).decisions) == before
    assert [each.reason for each in plant.notices[told:]] == [RolloutReason.STALE_WORD]
    assert "changes nothing: " in plant.notices[-1].message
    assert status(plant).phase is Phase.COMPLETED


def test_an_abort_that_is_patched_at_rest_scales_nothing() -> None:
    """`kubectl argo rollouts abort` of what is Healthy leaves all pods where they are, and is no longer asked for."""
    plant = ArgoPlant(spec({"canary": {"steps": list(STEPS)}}))
    plant.settle()
    before = plant.version
    plant.patch(abort=True)
    plant.settle()
    assert plant.stands == ("Healthy", {"1": 4})
    assert plant.version == before
    assert plant.found is not None
    assert not plant.found.abort


@pytest.mark.parametrize("replicas", [1, 9])
@pytest.mark.parametrize("way", ["canary", "routed", "dynamic"])
def test_the_size_may_change_at_any_stage(way: str, replicas: int) -> None:
    """An autoscaler strikes between any two requests: no more pods are missing than may be, and it comes out."""
    for strike in range(14):
        plant = out(WAYS[way])
        plant.declare(template=template("2"))
        for turn in itertools.count():
            if turn == strike:
                plant.declare(replicas=replicas)
            if turn > strike and not works(plant):
                break
            if turn <= strike:
                works(plant)
        for _ in range(2):
            promote(plant)
            while works(plant):
                pass
        assert (status(plant).phase, plant.availables()["2"]) == (Phase.COMPLETED, replicas)


def works(plant: Junction) -> bool:
    """Make a pass, and see that it leaves enough pods; return whether there is more to do."""
    before, n = (plant.status, plant.version), plant.spec["replicas"]
    plant.look()
    while plant.request is not None:
        had = plant.available()
        plant.carry_out()
        assert plant.available() >= min(had, n - n // 4), "too few pods"
    wake = plant.wake
    plant.tick(1.0 if before != (plant.status, plant.version) else wake or 1.0)
    return before != (plant.status, plant.version) or bool(wake)


@pytest.mark.parametrize("least", [1, 2, 4])
@pytest.mark.parametrize("weight", [1, 26, 74, 99, 100])
def test_an_abort_with_a_shrunk_stable_side_ends(weight: int, least: int) -> None:
    """With dynamicStableScale and a minimum of pods it ends with no weight and all proven pods, in bounded steps."""
    steps: tuple[dict[str, Any], ...] = ({"setWeight": weight}, {"pause": {}})
    plant = out(routing(*steps, dynamicStableScale=True, minPodsPerReplicaSet=least))
    another(plant)
    assert plant.weights() == (100 - weight, weight)
    plant.slow = True
    plant.say(marks.ABORT, plant.hash_of("2"))
    passes(plant, lambda: plant.counts() == {"1": 4, "2": 0}, most=120)
    plant.settle()
    assert (plant.weights(), plant.counts(), plant.availables()["1"]) == ((100, 0), {"1": 4, "2": 0}, 4)
    assert (plant.selected("hmi"), plant.selected("hmi-canary")) == ("1", "1")
    assert status(plant).phase is Phase.FAILED


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("back", ["1", "2", "4"])
def test_another_version_at_a_high_weight_gets_no_more_than_it_carries(*, dynamic: bool, back: str) -> None:
    """A canary of 90 % is given up for an older, the proven or a new version: none ever gets more than it carries."""
    steps: tuple[dict[str, Any], ...] = ({"setWeight": 5}, {"pause": {"duration": 1}}, {"setWeight": 90}, {"pause": {}})
    plant = out(routing(*steps, dynamicStableScale=dynamic), replicas=10)
    another(plant)
    promote(plant)
    plant.settle()
    another(plant, "3")
    assert plant.weights() == (10, 90)
    plant.declare(template=template(back))
    for _ in range(200):
        plant.look()
        while plant.request is not None:
            before = plant.weights()
            request = plant.request
            plant.carry_out()
            if isinstance(request, Patch) and plant.weights() != before:
                carries(plant, before)
        plant.tick()
    expected = (100, 0) if back == "2" else (10, 90)
    assert (plant.weights(), plant.selected("hmi")) == (expected, "2")
    assert plant.selected("hmi-canary") == back


def carries(plant: Junction, before: tuple[int, int]) -> None:
    """See that no side got more weight than its available pods carry."""
    n, available = plant.spec["replicas"], plant.availables()
    for name, weight, was in zip(("hmi", "hmi-canary"), plant.weights(), before, strict=True):
        assert weight <= max(was, carried(available[plant.selected(name)], n)), f"{name} has {weight}"


def test_a_header_route_keeps_its_weight() -> None:
    """Each setWeight sets the weights of the shared rule alone: who sends the header reaches the canary all along."""
    header = {"setHeaderRoute": {"name": "beta", "match": [{"headerName": "x", "headerValue": {"exact": "y"}}]}}
    plant = out(routing(header, {"pause": {}}, {"setWeight": 50}, {"pause": {}}, {"setWeight": 0}, {"pause": {}}))
    another(plant)
    first = plant.rules()[0]
    assert [each["name"] for each in first["backendRefs"]] == ["hmi-canary"]
    for weight in (50, 0):
        promote(plant)
        plant.settle()
        assert (plant.weights(), plant.rules()[0]) == ((100 - weight, weight), first)


@pytest.mark.parametrize("more", [{"scaleDownDelaySeconds": 0}, {"dynamicStableScale": True}])
def test_pods_without_a_delay_stay_until_requests_go_elsewhere(more: dict[str, Any]) -> None:
    """Where no delay is wanted, a superseded canary still keeps its pods while the gateway has its weight."""
    plant = out(routing({"setWeight": 50}, {"pause": {}}, **more))
    another(plant)
    plant.away = True
    plant.declare(template=template("3"))
    plant.settle(wait=False)
    assert (plant.weights(), plant.counts()["2"]) == ((100, 0), 2)
    plant.away = False
    passes(plant, lambda: plant.counts()["2"] == 0)
    assert plant.selected("hmi-canary") == "3"


def test_a_superseded_canary_keeps_the_pods_that_ill_ones_leave_missing() -> None:
    """While pods of the proven version are ill, another one's go only as far as enough are available without them."""
    plant = out(routing({"setWeight": 50}, {"pause": {}}))
    another(plant)
    plant.bad = {"3"}
    plant.declare(template=template("3"))
    passes(plant, lambda: plant.selected("hmi-canary") == "1")
    plant.caps = {"1": 2}
    plant.tick()
    plant.settle()
    assert (plant.counts()["2"], plant.available()) == (1, 3)
    plant.caps = {}
    plant.settle()
    assert (plant.counts()["2"], plant.available()) == (0, 4)
