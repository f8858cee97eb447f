"""A pause is a promise: while somebody has paused a Rollout, in whatever way and state, nothing goes forward."""

from collections.abc import Callable
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import Phase, RolloutStatus

from .junction import Junction, passes, routing
from .pauses import Had, Watch
from .workshop import KEY, spec, template

SERVICES = {"stableService": "hmi", "canaryService": "hmi-canary"}
LIMITS = {"maxSurge": 1, "maxUnavailable": 0}
STEPS = ({"setWeight": 25}, {"pause": {"duration": 5}}, {"setWeight": 75})
HEADER = [{"headerName": "X-Line", "headerValue": {"exact": "7"}}]
WAYS: dict[str, dict[str, Any]] = {
    "simple": {"simple": LIMITS},
    "pods": {"canary": {"steps": list(STEPS), **LIMITS, **SERVICES}},
    "routes": routing(*STEPS, scaleDownDelaySeconds=0),
    "dynamic": routing(*STEPS, dynamicStableScale=True),
    "headers": routing(
        {"setCanaryScale": {"replicas": 1}}, {"setHeaderRoute": {"name": "line", "match": HEADER}}, *STEPS
    ),
    "two routes": routing(*STEPS, routes=[{"name": "hmi"}, {"name": "other"}]),
    "blueGreen": {"blueGreen": {"activeService": "hmi", "previewService": "hmi-canary", "scaleDownDelaySeconds": 0}},
    "abTesting": {
        "abTesting": {
            **SERVICES,
            "duration": 5,
            "autoPromotionEnabled": True,
            "match": {"headers": HEADER},
            "trafficRouting": {"gatewayAPI": {"routes": [{"name": "hmi"}]}},
        }
    },
}
Pause = Callable[[Junction, bool], None]


def by_word(plant: Junction, paused: bool) -> None:
    """Pause it as fabctl does."""
    plant.say(marks.PAUSE, "shift change" if paused else None)


def by_git(plant: Junction, paused: bool) -> None:
    """Pause it as Argo Rollouts is paused."""
    plant.declare(paused=paused)


def out(way: str) -> Junction:
    """Return a world in which version 1 is out, with all that a way may name."""
    plant = Junction(spec(WAYS[way]))
    plant.route("other")
    plant.settle()
    assert (status(plant).phase, plant.counts()) == (Phase.COMPLETED, {"1": 4})
    return plant


def status(plant: Junction) -> RolloutStatus:
    """Return what is stored."""
    assert plant.status is not None
    return plant.status


def works(plant: Junction, passes_: int, watch: Watch) -> None:
    """Let it work, and look at each request."""
    for _ in range(passes_):
        plant.look()
        while plant.request is not None:
            watch.begins()
            plant.carry_out()
            watch.ends()
        plant.tick()


def ends(plant: Junction) -> None:
    """Look that version 2 is out when it is let go on."""
    plant.slow = False
    plant.settle()
    assert (status(plant).phase, plant.counts(), status(plant).ceiling) == (Phase.COMPLETED, {"1": 0, "2": 4}, None)
    assert users(plant) == "2"


def users(plant: Junction) -> str:
    """Return the version that users are on: of a simple rollout, which has no Service, the one that has most pods."""
    counts = plant.counts()
    return max(counts, key=lambda each: counts[each]) if "simple" in plant.spec["strategy"] else plant.selected("hmi")


@pytest.mark.parametrize("pause", [by_word, by_git])
@pytest.mark.parametrize("way", WAYS)
def test_what_comes_waits(way: str, pause: Pause) -> None:
    """Paused at rest, another template gets no pod, no Service and no request until it goes on."""
    plant = out(way)
    pause(plant, True)
    plant.settle()
    assert status(plant).phase is Phase.COMPLETED
    plant.declare(template=template("2"))
    plant.settle()
    plant.stays(700)
    assert (plant.counts(), status(plant).phase) == ({"1": 4, "2": 0}, Phase.PAUSED)
    assert (users(plant), plant.selected("hmi-canary")) == ("1", "" if way == "simple" else "1")
    assert (status(plant).weight, status(plant).message) == (0, plant.state.asked_to_pause)
    assert status(plant).decisions[-1].outcome.startswith("revision 2 (")
    pause(plant, False)
    ends(plant)


@pytest.mark.parametrize("pause", [by_word, by_git])
@pytest.mark.parametrize("way", WAYS)
def test_it_holds_wherever_it_is(way: str, pause: Pause) -> None:
    """Paused after any number of passes, and between two requests of one, it has from there on what it had, no more."""
    often = 1 if way == "pods" else 4
    for turn in range(1, 60, often if pause is by_word else 20):
        plant = out(way)
        plant.slow = True
        plant.declare(template=template("2"))
        for _ in range(turn):
            plant.look()
            plant.carry_out()
            plant.tick(0.7)
        plant.look()  # and what it is about to do is taken back
        plant.request = None
        watch = Watch(plant)
        pause(plant, True)
        watch.begins()
        works(plant, 40, watch)
        first, now = watch.at_first, watch.has()
        assert first is not None
        assert watch.is_proven() or _share(now) <= _share(first), f"turn {turn}: {first} {now}"
        plant.restart()
        works(plant, 5, watch)
        pause(plant, False)
        ends(plant)


def _share(had: Had) -> tuple[int, frozenset[str], list[int]]:
    return had.pods, had.selected, sorted(had.weights.values())


@pytest.mark.parametrize("way", ["simple", "pods", "routes", "dynamic", "blueGreen"])
def test_another_number_of_pods_keeps_the_share(way: str) -> None:
    """An autoscaler is not stopped: of twice as many pods each version has twice as many, and back again."""
    plant = out(way)
    plant.slow = True
    plant.declare(template=template("2"))
    passes(plant, lambda: plant.counts().get("2", 0) >= 2)
    by_word(plant, True)
    plant.slow = False
    plant.stays(20)
    counts, weight = plant.counts(), status(plant).weight
    for replicas in (8, 2, 4):
        plant.declare(replicas=replicas)
        plant.stays(60)
        assert plant.counts()["2"] in {counts["2"] * replicas // 4, -(-counts["2"] * replicas // 4)}
        assert plant.available() >= replicas
    if way not in {"simple", "pods"}:
        assert status(plant).weight == weight
    assert plant.available() >= 4
    by_word(plant, False)
    ends(plant)


def under_way(plant: Junction) -> None:
    """Let version 2 have its first pods."""
    plant.declare(template=template("2"))
    passes(plant, lambda: plant.counts().get("2", 0) >= 1 and plant.available() >= 4)


@pytest.mark.parametrize("way", WAYS)
def test_the_ways_back_are_open(way: str) -> None:
    """An abort goes back while it is paused, and so does the proven template; what died is replaced."""
    for back in ("abort", "template", "dies"):
        plant = out(way)
        under_way(plant)
        by_word(plant, True)
        plant.stays(10)
        had = plant.counts()["2"]
        if back == "dies":
            del plant.objects[Key("ReplicaSet", KEY.namespace, plant.revisions()["2"]["metadata"]["name"])]
            plant.stays(30)
            assert plant.counts()["2"] == had
            continue
        if back == "abort":
            plant.say(marks.ABORT, status(plant).current_pod_hash)
        else:
            plant.declare(template=template("1"))
        plant.settle()
        assert (plant.counts(), users(plant)) == ({"1": 4, "2": 0}, "1")
        assert status(plant).phase is (Phase.FAILED if back == "abort" else Phase.COMPLETED)


@pytest.mark.parametrize("way", ["simple", "pods", "routes", "blueGreen"])
def test_words_wait_for_its_end(way: str) -> None:
    """Who promotes it in full, or retries it, is heard, and nothing moves before it goes on: as with Argo Rollouts."""
    plant = out(way)
    plant.declare(template=template("2"))
    plant.look()
    plant.request = None
    by_word(plant, True)
    plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/full")
    plant.stays(30)
    assert (status(plant).promote_full, plant.counts(), users(plant)) == (True, {"1": 4, "2": 0}, "1")
    plant.say(marks.ABORT, status(plant).current_pod_hash)
    plant.stays(30)
    plant.say(marks.RETRY, f"{status(plant).current_pod_hash}/{status(plant).aborted_at:%Y-%m-%dT%H:%M:%SZ}")
    plant.stays(30)
    assert (status(plant).abort, plant.counts(), users(plant)) == (False, {"1": 4, "2": 0}, "1")
    by_word(plant, False)
    plant.annotations.pop(marks.ABORT)
    ends(plant)


@pytest.mark.parametrize("word", ["retry", "full"])
@pytest.mark.parametrize("way", WAYS)
def test_what_was_given_up_gets_nothing_back(way: str, word: str) -> None:
    """Given up during a pause, and retried or promoted in full in it, it has no more than was left until it goes on."""
    plant = out(way)
    under_way(plant)
    by_word(plant, True)
    plant.stays(10)
    hash_ = status(plant).current_pod_hash
    plant.say(marks.ABORT, hash_)
    plant.stays(700)
    plant.say(marks.ABORT, None)
    watch = Watch(plant)
    watch.begins()
    if word == "retry":
        plant.say(marks.RETRY, f"{hash_}/{status(plant).aborted_at:%Y-%m-%dT%H:%M:%SZ}")
    else:
        plant.say(marks.PROMOTE, f"{hash_}/full")
    works(plant, 40, watch)
    assert (status(plant).abort, status(plant).phase, plant.counts()) == (False, Phase.PAUSED, {"1": 4, "2": 0})
    assert (users(plant), plant.selected("hmi-canary")) == ("1", "" if way == "simple" else "1")
    assert "stays at 0 of 4 pods" in status(plant).decisions[-1].outcome
    by_word(plant, False)
    ends(plant)


def test_a_first_version_waits_too() -> None:
    """Made while it is paused there is no pod of it, and it says why; then it comes up."""
    plant = Junction(spec(WAYS["pods"], paused=True))
    plant.settle()
    assert (plant.counts(), status(plant).phase, status(plant).message) == (
        {"1": 0},
        Phase.PAUSED,
        "spec.paused is true",
    )
    plant.declare(paused=False)
    plant.settle()
    assert (plant.counts(), status(plant).phase) == ({"1": 4}, Phase.COMPLETED)


@pytest.mark.parametrize("before", ["pods", "routes", "blueGreen", "abTesting"])
@pytest.mark.parametrize("after", ["pods", "routes", "blueGreen", "abTesting"])
def test_another_strategy_gives_it_no_more(before: str, after: str) -> None:
    """Edited while it is paused it begins anew with other steps, and gets nothing by that."""
    plant = out(before)
    under_way(plant)
    by_word(plant, True)
    plant.stays(5)
    watch = Watch(plant)
    watch.begins()
    had = plant.counts()["2"]
    plant.declare(strategy=WAYS[after])
    works(plant, 60, watch)
    assert plant.counts()["2"] <= had
    assert users(plant) == "1"
    by_word(plant, False)
    ends(plant)


def test_a_third_version_takes_no_place_but_gives_it_back() -> None:
    """While it is paused pods of the second give way to those of the proven one, and the third has none."""
    plant = out("pods")
    under_way(plant)
    by_word(plant, True)
    plant.declare(template=template("3"))
    plant.settle()
    assert plant.counts() == {"1": 4, "2": 0, "3": 0}


def test_swapped_roles_give_it_no_request() -> None:
    """Edited to a strategy that takes its preview Service for the stable one, that leaves it before a route counts."""
    plant = out("blueGreen")
    swapped = {"activeService": "hmi-canary", "previewService": "hmi", "autoPromotionEnabled": False}
    plant.declare(strategy={"blueGreen": swapped})
    plant.settle()
    plant.declare(template=template("2"))
    plant.settle()
    assert (plant.selected("hmi"), plant.selected("hmi-canary")) == ("2", "1")
    by_word(plant, True)
    plant.declare(strategy=WAYS["routes"])
    watch = Watch(plant)
    works(plant, 30, watch)
    assert (plant.selected("hmi"), plant.selected("hmi-canary"), plant.weights()) == ("1", "1", (100, 0))
    by_word(plant, False)
    ends(plant)


def test_pods_that_requests_go_to_stay() -> None:
    """Paused without replicas, and scaled up then, it keeps those pods that a route still sends requests to."""
    plant = out("routes")
    plant.declare(template=template("2"))
    passes(plant, lambda: status(plant).weight == 25 and status(plant).pause_conditions != ())
    plant.declare(replicas=0)
    by_word(plant, True)
    plant.look()
    plant.request = None
    plant.declare(replicas=4)
    for _ in range(30):
        plant.look()
        plant.carry_out()
        plant.tick()
        assert plant.weights()[1] == 0 or plant.counts()["2"] > 0
    by_word(plant, False)
    ends(plant)


@pytest.mark.parametrize("named", [["other"], ["hmi", "other"]])
@pytest.mark.parametrize("together", [False, True])
def test_a_route_that_is_named_meanwhile_waits(named: list[str], together: bool) -> None:
    """Its users do not reach the new version by the share of other routes, which stays: it is set when it goes on."""
    steps: tuple[dict[str, Any], ...] = (*STEPS[:1], {"pause": {}})
    plant = Junction(spec(routing(*steps)))
    plant.route("other")
    plant.set_weights(100, 0, "other")
    plant.settle()
    plant.declare(template=template("2"))
    plant.settle()
    assert (plant.weights(), plant.weights("other")) == ((75, 25), (100, 0))
    strategy = routing(*steps, routes=[{"name": each} for each in named])
    if together:
        plant.declare(strategy=strategy, paused=True)
    else:
        by_git(plant, True)
        plant.stays(5)
        plant.declare(strategy=strategy)
    watch = Watch(plant)
    works(plant, 60, watch)
    left = (75, 25) if "hmi" in named else (100, 0)
    assert (plant.weights(), plant.weights("other"), plant.counts()["2"]) == (left, (100, 0), 1)
    assert status(plant).message == "spec.paused is true; the HTTPRoute other is set when it goes on"
    by_git(plant, False)
    plant.settle()
    assert (plant.weights("other"), plant.weights()) == ((75, 25), left)
    assert status(plant).message == "step 2 of 2: paused (CanaryPauseStep) until somebody promotes it"
