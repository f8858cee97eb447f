"""A Rollout leaves a route of the user's in mid-update: it goes back to one version, and keeps nothing of ours."""

import copy
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import Phase, RolloutStatus

from .junction import PROPAGATION, Junction, another, backend, out, passes, promote, routing
from .workshop import KEY, template
from .workshop import spec as spec_of

HEADER = {
    "setHeaderRoute": {
        "name": "staff",
        "match": [{"headerName": "X-Line", "headerValue": {"exact": "7"}}],
    }
}
WAY = routing(HEADER, {"setWeight": 50}, {"pause": {}})
PAIR = {"stableService": "hmi", "canaryService": "hmi-canary"}
OTHERS: dict[str, dict[str, Any]] = {
    "simple": {"simple": {}},
    "blueGreen": {"blueGreen": {"activeService": "hmi", "previewService": "hmi-canary"}},
    "canary by pods": {"canary": {"steps": [{"setWeight": 25}, {"pause": {}}], **PAIR, "maxUnavailable": 0}},
    "none at first": {"canary": {"steps": [{"setWeight": 0}, {"pause": {}}], **PAIR}},
    "another route": routing({"setWeight": 50}, {"pause": {}}, routes=[{"name": "other"}]),
    "a route of its own": routing({"setWeight": 50}, {"pause": {}}, routes=[{"template": {"parentRefs": []}}]),
}


def status(plant: Junction) -> RolloutStatus:
    """Return what is stored."""
    assert plant.status is not None
    return plant.status


def half_way(way: dict[str, Any] = WAY, **more: Any) -> Junction:
    """Return a world in which version 2 has half of the requests, and those of the staff."""
    plant = out(way, **more)
    plant.route("other")
    another(plant)
    assert (plant.weights(), plant.headers()) == ((50, 50), ["fabgitops-staff"])
    return plant


def pods_of(plant: Junction, service: str) -> int:
    """Return how many available pods a Service leads to."""
    selector = plant.objects[Key("Service", KEY.namespace, service)]["spec"]["selector"]
    return plant.available() if marks.HASH not in selector else plant.availables().get(plant.selected(service), 0)


def works(plant: Junction, rounds: int = 60) -> None:
    """Let it work, and hold at each moment that no share of the route goes to where no pod is, or too few are."""
    for _ in range(rounds):
        plant.look()
        while plant.request is not None:
            plant.carry_out()
            for service, weight in zip(("hmi", "hmi-canary"), plant.weights(), strict=True):
                assert pods_of(plant, service) * 100 >= weight * 3, f"{service} has {weight} and too few pods"
        plant.tick()


@pytest.mark.parametrize("to", OTHERS)
def test_another_strategy_puts_the_route_back(to: str) -> None:
    """All requests go to the stable Service, no header rule stays, and pods stay until that is in force."""
    plant = half_way()
    plant.declare(strategy=OTHERS[to])
    works(plant)
    assert (plant.weights(), plant.headers()) == ((100, 0), [])
    assert [each.name for each in status(plant).routes] == (["other"] if to == "another route" else [])
    assert "RouteLeft" in [each.rule for each in status(plant).decisions]
    body = copy.deepcopy(plant.objects[Key("HTTPRoute", KEY.namespace, "hmi")])
    plant.set_weights(30, 70)
    plant.settle(20, wait=False)
    assert plant.weights() == (30, 70), "it is let go, and others may do with it what they want"
    assert body["spec"]["rules"] == [{"backendRefs": [backend("hmi", weight=100), backend("hmi-canary", weight=0)]}]


def test_what_is_left_is_noted_before_it_is_done() -> None:
    """Killed right after the edit was seen, before a request: another operator puts the route back all the same."""
    plant = half_way()
    plant.declare(strategy=OTHERS["simple"])
    plant.look()
    assert [each.left_at is not None for each in status(plant).routes] == [True]
    plant.restart()
    works(plant)
    assert (plant.weights(), plant.headers(), status(plant).routes) == ((100, 0), [], ())


def test_a_stable_side_that_had_shrunk_grows_first() -> None:
    """The route is put back when there are pods enough for all requests, whatever the new strategy makes of them."""
    plant = out(routing({"setWeight": 75}, {"pause": {}}, dynamicStableScale=True))
    another(plant)
    plant.slow = True
    assert (plant.weights(), plant.counts()) == ((25, 75), {"1": 1, "2": 3})
    plant.declare(strategy=OTHERS["canary by pods"])
    passes(plant, lambda: plant.weights() == (100, 0))
    assert plant.availables()["1"] >= 3
    works(plant)
    assert (plant.counts(), status(plant).phase, status(plant).routes) == ({"1": 3, "2": 1}, Phase.PAUSED, ())


def test_a_gateway_that_is_late_keeps_the_pods() -> None:
    """It has not taken the route back yet: the pods stay that it sends requests to, and a while after it has."""
    plant = half_way()
    plant.away = True
    plant.declare(strategy=OTHERS["none at first"])
    works(plant, 20)
    assert (plant.weights(), plant.counts()) == ((100, 0), {"1": 4, "2": 2})
    plant.away = False
    works(plant, PROPAGATION + 15)
    assert (plant.counts(), status(plant).routes) == ({"1": 4, "2": 0}, ())


def test_whoever_goes_on_with_the_route_may() -> None:
    """Git sets its weights anew as soon as it is back: nobody fights for what is left."""
    plant = half_way()
    plant.away = True
    plant.declare(strategy=OTHERS["simple"])
    passes(plant, lambda: plant.weights() == (100, 0))
    works(plant, 1)
    plant.set_weights(1, 1)
    works(plant, 5)
    assert (plant.weights(), status(plant).routes) == ((1, 1), ())


def test_it_says_what_keeps_a_route_from_being_put_back() -> None:
    """The proven pods are dead, so the new ones keep their share of the requests, and people read why."""
    plant = half_way()
    plant.caps = {"1": 1}
    plant.tick()
    plant.declare(strategy={"blueGreen": {"activeService": "hmi", "autoPromotionEnabled": False}})
    plant.settle(20, wait=False)
    assert plant.weights() == (50, 50)
    why = "the HTTPRoute hmi, which is named no more, stays as it is: the Service hmi leads to 1 available pods"
    assert why in status(plant).message


def test_a_route_that_has_gone_is_forgotten() -> None:
    """There is nothing to put back."""
    plant = half_way()
    del plant.objects[Key("HTTPRoute", KEY.namespace, "hmi")]
    plant.declare(strategy=OTHERS["simple"])
    plant.settle()
    assert (status(plant).routes, status(plant).phase) == ((), Phase.COMPLETED)


def test_another_rule_of_a_route() -> None:
    """The rule before gets all to the stable Service, the one that is named now has the weights, and the headers."""
    rules = [{"name": name, "backendRefs": [backend("hmi"), backend("hmi-canary")]} for name in ("a", "b")]
    steps: tuple[dict[str, Any], ...] = (HEADER, {"setWeight": 50}, {"pause": {}})
    plant = Junction(spec_of(routing(*steps, routes=[{"name": "hmi", "rule": "a"}])))
    plant.route("hmi", *rules)
    plant.settle()
    plant.declare(template=template("2"))
    plant.settle()
    plant.declare(strategy=routing(*steps, routes=[{"name": "hmi", "rule": "b"}]))
    plant.settle()
    found = {each.get("name"): [ref["weight"] for ref in each["backendRefs"]] for each in plant.rules()}
    assert found == {"a": [100, 0], "fabgitops-staff": [1], "b": [50, 50]}
    promote(plant)
    passes(plant, lambda: status(plant).phase is Phase.COMPLETED)


def test_a_canary_service_of_another_name() -> None:
    """Header rules to the Service of before go with it, and the weights are set anew for the new pair."""
    plant = half_way()
    plant.service("hmi-next")
    body = copy.deepcopy(plant.objects[Key("HTTPRoute", KEY.namespace, "hmi")])
    body["spec"]["rules"][-1]["backendRefs"].append(backend("hmi-next", weight=0))
    plant.store(Key("HTTPRoute", KEY.namespace, "hmi"), body)
    way = copy.deepcopy(WAY)
    way["canary"]["canaryService"] = "hmi-next"
    plant.declare(strategy=way)
    plant.settle()
    weights = {each["name"]: each["weight"] for each in plant.rules()[-1]["backendRefs"]}
    assert weights == {"hmi": 50, "hmi-canary": 0, "hmi-next": 50}
    assert [each["backendRefs"][0]["name"] for each in plant.rules()[:-1]] == ["hmi-next"]


def test_a_rollout_lets_go_of_everything_before_it_is_deleted() -> None:
    """With a strategy that names neither Services nor routes nothing of it is left on what is not its own."""
    plant = half_way()
    plant.declare(strategy={"simple": {}})
    plant.settle()
    assert (status(plant).services, status(plant).routes) == ((), ())
    for name in ("hmi", "hmi-canary"):
        assert plant.objects[Key("Service", KEY.namespace, name)]["spec"]["selector"] == {"app": "hmi"}
    assert (plant.weights(), plant.headers()) == ((100, 0), [])


@pytest.mark.parametrize("order", [(marks.PAUSE, marks.ABORT), (marks.ABORT, marks.PAUSE)])
def test_what_is_paused_and_given_up_gets_no_pods_by_a_route_that_is_left(order: tuple[str, str]) -> None:
    """The proven pods are dead, so its Service leads to the others, which are no more than they were for that."""
    plant = half_way()
    for mark in order:
        plant.say(mark, status(plant).current_pod_hash)
    plant.caps = {"1": 0}
    plant.tick()
    plant.declare(strategy=OTHERS["canary by pods"])
    for _ in range(60):
        plant.look()
        while plant.request is not None:
            plant.carry_out()
            assert plant.counts()["2"] == 2
        plant.tick()
    assert (status(plant).abort, plant.selected("hmi"), plant.available()) == (True, "2", 2)
    plant.caps = {}
    plant.settle()
    assert (plant.selected("hmi"), plant.counts(), plant.weights()) == ("1", {"1": 4, "2": 0}, (100, 0))
    assert status(plant).routes == ()
