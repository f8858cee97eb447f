"""Routes that are named, made or edited in a pause: nobody reaches the new version by them who could not before."""

from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks

from .junction import Junction, parents, routing
from .pauses import Watch
from .test_paused import HEADER, SERVICES, by_git, status, works
from .workshop import KEY, spec, template

STEPS: tuple[dict[str, Any], ...] = ({"setWeight": 25}, {"pause": {}})
LINE: tuple[dict[str, Any], ...] = (
    {"setCanaryScale": {"replicas": 1}},
    {"setHeaderRoute": {"name": "line", "match": HEADER}},
    *STEPS,
)
HELD = "spec.paused is true; the HTTPRoute"


def own(*hostnames: str, **more: Any) -> dict[str, Any]:
    """Return a route that the Rollout makes."""
    return {"template": {"parentRefs": parents(), "hostnames": list(hostnames), **more}}


def paused(strategy: dict[str, Any]) -> Junction:
    """Return a world in which version 2 is held in the middle."""
    plant = Junction(spec(strategy), routes=False)
    plant.route("other")
    plant.set_weights(100, 0, "other")
    plant.settle()
    plant.declare(template=template("2"))
    plant.settle()
    by_git(plant, True)
    plant.stays(5)
    return plant


def edited(plant: Junction, strategy: dict[str, Any]) -> str:
    """Return what is said of an edit some time later, by which the new version gets no more than it had."""
    plant.declare(strategy=strategy)
    works(plant, 30, Watch(plant))
    return status(plant).message


def route(plant: Junction, name: str = "hmi") -> dict[str, Any] | None:
    """Return the spec of an HTTPRoute; None where it is not there."""
    found = plant.objects.get(Key("HTTPRoute", KEY.namespace, name))
    return found["spec"] if found else None


@pytest.mark.parametrize("more", [{}, {"dynamicStableScale": True}])
def test_a_route_of_its_own_waits(more: dict[str, Any]) -> None:
    """It is not made with the share of other routes while it is paused, and is when it goes on."""
    plant = paused(routing(*STEPS, routes=[own("a.plant")], **more))
    told = edited(plant, routing(*STEPS, routes=[own("a.plant"), own("b.plant")], **more))
    assert (route(plant, "hmi-2"), plant.weights()) == (None, (75, 25))
    assert told == f"{HELD} hmi-2 is made when it goes on"
    by_git(plant, False)
    plant.settle()
    assert (plant.weights("hmi-2"), plant.weights()) == ((75, 25), (75, 25))


def test_a_route_of_its_own_takes_no_place_before() -> None:
    """Of another kind it waits as well, and the one that it is to replace serves its users until then."""
    plant = paused(routing(*STEPS, routes=[own("a.plant")]))
    grpc = {"kind": "GRPCRoute", **own("a.plant")}
    assert (
        edited(plant, routing(*STEPS, routes=[grpc]))
        == "spec.paused is true; the GRPCRoute hmi is made when it goes on"
    )
    assert plant.weights() == (75, 25)
    by_git(plant, False)
    plant.settle()
    assert (route(plant), plant.weights(kind="GRPCRoute")) == (None, (75, 25))


@pytest.mark.parametrize("steps", [STEPS, LINE])
@pytest.mark.parametrize(
    "more",
    [
        {"hostnames": ["a.plant", "b.plant"]},
        {"parentRefs": [*parents(), {"name": "office"}]},
        {"rules": [{"matches": [{"path": {"type": "PathPrefix", "value": "/b"}}]}]},
        {"rules": [{}, {"matches": [{"path": {"type": "PathPrefix", "value": "/b"}}]}]},
    ],
)
def test_a_template_that_is_edited_waits(more: dict[str, Any], steps: tuple[dict[str, Any], ...]) -> None:
    """What a route of its own leads to the new version grows by no hostname, parent or match until it goes on."""
    plant = paused(routing(*steps, routes=[own("a.plant")]))
    before, after = route(plant), {"kind": "HTTPRoute", **own("a.plant")}
    after["template"] |= more
    assert edited(plant, routing(*steps, routes=[after])) == f"{HELD} hmi is changed when it goes on"
    assert route(plant) == before
    by_git(plant, False)
    plant.settle()
    now = route(plant)
    assert now is not None
    assert now != before
    assert all(now[name] == each for name, each in more.items() if name != "rules")


def test_a_template_that_waits_lets_weights_go_down() -> None:
    """Who gives the new version up in the pause, with an edit of the template waiting, has all on the proven one."""
    plant = paused(routing(*LINE, routes=[own("a.plant")]))
    edited(plant, routing(*LINE, routes=[own("a.plant", "b.plant")]))
    plant.say(marks.ABORT, status(plant).current_pod_hash)
    works(plant, 60, Watch(plant))
    assert (plant.weights(), len(plant.rules())) == ((100, 0), 1)


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("fresh", [{"name": "other"}, own("a.plant")])
def test_a_route_waits_though_pods_shared_requests_out(fresh: dict[str, Any], dynamic: bool) -> None:
    """The first weights are by the pods that there are: no route gets those of the new version in the pause."""
    steps: tuple[dict[str, Any], ...] = ({"setWeight": 50}, {"pause": {}})
    plant = paused({"canary": {"steps": list(steps), "maxSurge": 1, "maxUnavailable": 0, **SERVICES}})
    assert plant.counts() == {"1": 2, "2": 2}
    edited(plant, routing(*steps, routes=[fresh], **({"dynamicStableScale": True} if dynamic else {})))
    name = fresh.get("name", "hmi")
    assert route(plant, name) is None or plant.weights(name) == (100, 0)
    assert plant.counts()["2"] == 2
    by_git(plant, False)
    plant.settle()
    assert plant.weights(name) == (50, 50)


def test_a_route_waits_while_the_new_version_has_no_pods() -> None:
    """Its share is nothing for the time being: what is named then gets none when its pods are back."""
    plant = paused(routing(*STEPS, routes=[own("a.plant")]))
    watch = Watch(plant)
    watch.begins()
    plant.caps = {"2": 0}
    works(plant, 30, watch)
    assert plant.weights() == (100, 0)
    plant.declare(strategy=routing(*STEPS, routes=[own("a.plant"), {"name": "other"}]))
    works(plant, 30, watch)
    plant.caps = {}
    works(plant, 60, watch)
    assert (plant.weights(), plant.weights("other")) == ((75, 25), (100, 0))
    by_git(plant, False)
    plant.settle()
    assert plant.weights("other") == (75, 25)


def test_a_route_of_its_own_that_is_deleted_before_others_is_back() -> None:
    """New ones are the last, so one that lacks before another was there: its users are served again in the pause."""
    plant = paused(routing(*STEPS, routes=[own("a.plant"), own("b.plant")]))
    watch = Watch(plant)
    watch.begins()
    del plant.objects[Key("HTTPRoute", KEY.namespace, "hmi")]
    plant.settle()
    watch.ends()
    assert (plant.weights(), plant.weights("hmi-2")) == ((75, 25), (75, 25))
    assert [(route(plant, name) or {}).get("hostnames") for name in ("hmi", "hmi-2")] == [["a.plant"], ["b.plant"]]
