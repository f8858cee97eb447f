"""Header routes, routes of our own, gateways that are late, and what people are told when something is not there."""

import copy
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import Phase
from fabgitops_core.control.rollout.saying.reasons import RolloutReason
from fabgitops_core.control.rollout.traffic.routes import http_route, not_accepted

from .junction import Junction, another, backend, out, parents, passes, promote, routing
from .workshop import KEY, UID, spec, template

BETA = {"setHeaderRoute": {"name": "beta", "match": [{"headerName": "x", "headerValue": {"exact": "y"}}]}}
OWN = [{"template": {"parentRefs": [{"name": "plant-gateway"}], "hostnames": ["hmi.plant"]}}]


def condition(plant: Junction) -> tuple[str, str]:
    """Return reason and message of Ready."""
    assert plant.status is not None
    ready = next(each for each in plant.status.conditions if each.type == "Ready")
    return ready.reason, ready.message


def test_header_routes_stand_while_their_steps_say_so() -> None:
    """Requests with the header go to the canary, whatever its weight is, and after an abort to none of its pods."""
    plant = out(routing(BETA, {"pause": {}}, {"setHeaderRoute": {"name": "beta"}}, {"setWeight": 50}, {"pause": {}}))
    another(plant)
    assert (plant.headers(), plant.weights(), plant.counts()) == (["fabgitops-beta"], (100, 0), {"1": 4, "2": 1})
    assert plant.selected("hmi-canary") == "2"
    promote(plant)
    plant.settle()
    assert (plant.headers(), plant.weights()) == ([], (50, 50))


def test_header_routes_are_gone_before_the_canary_service_moves() -> None:
    """An abort takes them away first: their requests must not get lost on the way."""
    plant = out(routing(BETA, {"pause": {}}))
    another(plant)
    plant.say(marks.ABORT, plant.hash_of("2"))
    passes(plant, lambda: not plant.headers())
    assert plant.selected("hmi-canary") == "2"
    plant.settle()
    assert plant.selected("hmi-canary") == "1"


def test_header_routes_come_back_after_a_restart() -> None:
    """They follow from the steps and from the status: what somebody took away is there again."""
    plant = out(routing(BETA, {"pause": {}}))
    another(plant)
    plant.restart()
    plant.route("hmi", {"backendRefs": [backend("hmi"), backend("hmi-canary")]})
    plant.settle()
    assert plant.headers() == ["fabgitops-beta"]


def test_a_route_of_our_own() -> None:
    """It is made from the template with both Services, has weights and header rules, and the Rollout owns it."""
    plant = Junction(spec(routing(BETA, {"setWeight": 50}, {"pause": {}}, routes=OWN)), routes=False)
    plant.settle()
    another(plant)
    body = plant.objects[Key("HTTPRoute", KEY.namespace, KEY.name)]
    assert body["metadata"]["labels"] == {marks.ROLLOUT: KEY.name}
    assert body["metadata"]["ownerReferences"][0]["uid"] == UID
    assert body["spec"]["hostnames"] == ["hmi.plant"]
    assert (plant.headers(), plant.weights()) == ([""], (50, 50))
    at_rest = plant.version
    plant.settle()
    assert plant.version == at_rest


def test_a_route_of_our_own_is_made_whole_again() -> None:
    """What somebody adds to it, changes of it, or deletes is as the template says at once."""
    plant = Junction(spec(routing({"setWeight": 50}, {"pause": {}}, routes=OWN)), routes=False)
    plant.settle()
    key = Key("HTTPRoute", KEY.namespace, KEY.name)
    changed = copy.deepcopy(plant.objects[key])
    changed["spec"]["rules"][0]["filters"] = [{"type": "RequestRedirect"}]
    plant.store(key, changed)
    plant.settle()
    assert "filters" not in plant.rules()[0]
    del plant.objects[key]
    plant.settle()
    assert plant.weights() == (100, 0)


def test_a_route_of_our_own_that_lost_its_label_is_told_of_once() -> None:
    """It is not tried for each second: the Rollout is stalled, one Event names route and label, and it goes on then."""
    plant = Junction(spec(routing({"setWeight": 50}, {"pause": {}}, routes=OWN)), routes=False)
    plant.settle()
    key, began = Key("HTTPRoute", KEY.namespace, KEY.name), plant.at
    body = plant.objects[key]
    plant.store(key, {**body, "metadata": {**body["metadata"], "labels": {}}})
    for _ in range(12):
        plant.look()
        plant.carry_out()
        plant.tick(plant.wake or 0)
    assert (plant.at - began).total_seconds() > 300
    assert condition(plant)[0] == "RequestRefused"
    (told,) = (each.message for each in plant.notices if each.reason is RolloutReason.REFUSED)
    assert "the HTTPRoute hmi is there, and is not seen: does it have the label fabgitops.io/rollout=hmi?" in told
    plant.store(key, {**plant.objects[key], "metadata": body["metadata"]})
    plant.settle()
    assert plant.status is not None
    assert plant.status.phase is Phase.COMPLETED


def test_a_route_of_our_own_that_is_declared_no_more_goes() -> None:
    """Nothing of ours is left behind; a route of the user's takes its place."""
    plant = Junction(spec(routing(routes=OWN)), routes=False)
    plant.settle()
    plant.route("users")
    plant.declare(strategy=routing(routes=[{"name": "users"}]))
    plant.settle()
    assert [key.name for key in plant.objects if key.kind == "HTTPRoute"] == ["users"]
    assert plant.weights("users") == (100, 0)


def test_a_grpc_route_and_another_sum_of_weights() -> None:
    """All routes carry the same share of what the weights add up to."""
    routes = [{"name": "hmi"}, {"name": "rpc", "kind": "GRPCRoute"}]
    way = routing({"setWeight": 25}, {"pause": {}}, routes=routes, trafficRouting={"maxTrafficWeight": 1000})
    plant = Junction(spec(way))
    plant.route("rpc", kind="GRPCRoute")
    plant.settle()
    another(plant)
    assert plant.weights() == plant.weights("rpc", "GRPCRoute") == (750, 250)
    assert plant.status is not None
    assert plant.status.weight == 25


def test_a_gateway_that_does_not_take_it_keeps_all_as_it_is() -> None:
    """Until it has, no step is done and no pod goes; people read who is waited for."""
    plant = out(routing({"setWeight": 50}, {"setWeight": 100}))
    plant.away = True
    another(plant)
    assert (plant.weights(), plant.counts()) == ((50, 50), {"1": 4, "2": 2})
    assert plant.status is not None
    assert plant.status.current_step_index == 0
    assert condition(plant)[1].endswith("HTTPRoute hmi: the parent plant-gateway has not looked at its last change yet")
    plant.away = False
    plant.settle()
    assert plant.status.phase is Phase.COMPLETED


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ([], "has said nothing of it yet"),
        ([("Accepted", "True", 1)], "has not looked at its last change yet"),
        ([("Accepted", "False", 2)], "says Accepted=False (Why)"),
        ([("Accepted", "True", 2), ("ResolvedRefs", "False", 2)], "says ResolvedRefs=False (Why)"),
        ([("Accepted", "True", 2), ("ResolvedRefs", "True", 2)], ""),
    ],
)
def test_when_a_parent_has_taken_a_route(said: list[tuple[str, str, int]], why: str) -> None:
    """It has when it says Accepted and ResolvedRefs of this generation; another gateway's word counts for nothing."""
    rows = [
        {"type": name, "status": status, "observedGeneration": seen, "reason": "Why"} for name, status, seen in said
    ]
    given = [{"parentRef": {"name": "plant-gateway", "kind": "Gateway"}, "conditions": rows}] if said else []
    old = {"parentRef": {"name": "old"}, "conditions": [{"type": "Accepted", "status": "False"}]}
    body: dict[str, Any] = {
        "metadata": {"name": "hmi", "namespace": "plant", "generation": 2},
        "spec": {"parentRefs": parents()},
        "status": {"parents": [old, *given]},
    }
    assert not_accepted(http_route(body)).endswith(why)
    assert bool(not_accepted(http_route(body))) is bool(why)


def test_a_cluster_without_the_gateway_api() -> None:
    """Nothing goes on, and people read which definition is missing; it goes on when that is there."""
    plant = Junction(spec(routing({"setWeight": 50})))
    plant.unseen = {"HTTPRoute": "the API server does not serve this kind"}
    plant.settle()
    reason, message = condition(plant)
    assert reason == "ReferenceNotFound"
    assert "httproutes.gateway.networking.k8s.io" in message
    assert [each.reason for each in plant.notices].count(RolloutReason.NOT_FOUND) == 1
    plant.declare(template=template("2"))
    plant.settle()
    plant.unseen = {}
    plant.settle()
    assert plant.weights() == (100, 0)
    assert plant.counts()["2"] == 4


@pytest.mark.parametrize(
    ("missing", "why"),
    [
        (Key("HTTPRoute", KEY.namespace, "hmi"), "the HTTPRoute hmi is not there"),
        (Key("Service", KEY.namespace, "hmi-canary"), "the Service hmi-canary is not there"),
    ],
)
def test_what_is_missing_is_named(missing: Key, why: str) -> None:
    """A canary that stands at a step stays there with all its pods, and goes on when it is there again."""
    plant = out(routing({"setWeight": 50}, {"pause": {"duration": 60}}, {"setWeight": 75}, {"pause": {}}))
    plant.declare(template=template("2"))
    passes(plant, lambda: plant.weights() == (50, 50))
    passes(plant, lambda: plant.status is not None and plant.status.phase is Phase.PAUSED)
    body = plant.objects.pop(missing)
    plant.settle()
    assert condition(plant) == ("ReferenceNotFound", why)
    assert plant.counts() == {"1": 4, "2": 2}
    plant.store(missing, body)
    plant.settle()
    assert plant.weights() == (25, 75)


def test_a_name_that_is_taken_is_not_ours() -> None:
    """A route of the user's that has the name of ours is left alone, and people are told."""
    plant = Junction(spec(routing(routes=OWN)))
    before = copy.deepcopy(plant.rules())
    plant.settle()
    assert plant.rules() == before
    assert condition(plant)[0] == "RequestRefused"
    assert plant.status is not None
    assert plant.status.collision_count == 0


def test_a_template_whose_services_have_two_ports() -> None:
    """Which port is meant nobody can know: people read that the template must say it."""
    plant = Junction(spec(routing(routes=OWN)), routes=False)
    key = Key("Service", KEY.namespace, "hmi")
    body = plant.objects[key]
    plant.store(key, {**body, "spec": {**body["spec"], "ports": [{"port": 80}, {"port": 81}]}})
    plant.settle()
    assert condition(plant)[1].startswith("the HTTPRoute hmi: the Service hmi has 2 ports")


def test_another_sum_of_weights_in_mid_canary() -> None:
    """The share stays what it is: nobody gets ten times as many requests by an edit of the scale."""
    steps: tuple[dict[str, Any], ...] = ({"setWeight": 50}, {"pause": {}})
    plant = out(routing(*steps))
    another(plant)
    for most in (1000, 10):
        plant.declare(strategy=routing(*steps, trafficRouting={"maxTrafficWeight": most}))
        plant.look()
        plant.carry_out()
        assert plant.weights() == (most // 2, most // 2)
    assert plant.status is not None
    assert plant.status.contention is None


def test_a_share_that_weights_cannot_say_is_rounded_down() -> None:
    """Of weights that add up to 3 a tenth is none: the canary never gets more than it is to have."""
    plant = out(routing({"setWeight": 10}, {"pause": {}}, trafficRouting={"maxTrafficWeight": 3}))
    another(plant)
    assert plant.weights() == (3, 0)


def test_what_is_stored_is_the_same_when_it_is_read_again() -> None:
    """A restart goes on from a status that was written as JSON: no weight and no header route is decided anew."""
    plant = out(routing(BETA, {"setWeight": 50}, {"pause": {}}))
    another(plant)
    assert plant.status is not None
    text = plant.status.model_dump_json(by_alias=True, exclude_defaults=True)
    plant.status = type(plant.status).model_validate_json(text)
    stored = plant.version
    plant.restart()
    plant.settle()
    assert plant.version == stored


def test_a_gateway_that_takes_a_route_no_more_is_named_while_it_waits() -> None:
    """It stands at a pause, and somebody takes the gateway out of the route: people who look for requests read that."""
    plant = out(routing({"setWeight": 25}, {"pause": {}}))
    another(plant)
    key = Key("HTTPRoute", KEY.namespace, "hmi")
    plant.store(key, {**plant.objects[key], "spec": {**plant.objects[key]["spec"], "parentRefs": []}})
    plant.settle()
    assert plant.status is not None
    assert plant.status.message.endswith("promotes it; HTTPRoute hmi has no parentRefs: no gateway takes it")


def test_what_was_given_up_is_said_where_its_route_is_gone() -> None:
    """It waits for the route to go back, and that it was given up stands behind what is missing."""
    plant = out(routing({"setWeight": 25}, {"pause": {}}))
    another(plant)
    assert plant.status is not None
    del plant.objects[Key("HTTPRoute", KEY.namespace, "hmi")]
    plant.say(marks.ABORT, plant.status.current_pod_hash)
    plant.settle(20, wait=False)
    assert plant.status.message == "the HTTPRoute hmi is not there; revision 2 was given up: somebody aborted it"
