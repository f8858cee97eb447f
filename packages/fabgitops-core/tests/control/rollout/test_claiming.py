"""Two Rollouts that name one Service, or one rule of a route: the first keeps it, the second is refused by its name."""

import itertools
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import Phase, RolloutStatus
from fabgitops_core.control.events import Contested
from fabgitops_core.control.plc.claims import Claims, claims_by_name, wishes_by_name

from .junction import Junction, backend, routing
from .workshop import KEY, Plant, spec, template

PLACES: dict[str, dict[str, Any]] = {
    "activeService": {"blueGreen": {"activeService": "hmi"}},
    "previewService": {"blueGreen": {"activeService": "{}", "previewService": "hmi"}},
    "stableService": {"canary": {"stableService": "hmi", "steps": [{"setWeight": 50}]}},
    "canaryService": {"canary": {"canaryService": "hmi", "stableService": "{}", "steps": [{"setWeight": 50}]}},
}


def named(strategy: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a strategy in which the Service of its own that it names is called so."""
    ((way, fields),) = strategy.items()
    return {way: {field: name if value == "{}" else value for field, value in fields.items()}}


class Street:
    """Rollouts that share an API server, and are told of each other as the engine does it."""

    def __init__(self) -> None:
        self.claims, self.plants = Claims(), dict[str, Plant]()
        self.objects: dict[Key, dict[str, Any]] = {}

    def comes(self, name: str, strategy: dict[str, Any], version: str) -> Plant:
        """Declare a Rollout."""
        key = Key(KEY.kind, KEY.namespace, name)
        plant = Plant(spec(strategy, version), objects=self.objects, key=key, uid=f"uid-{name}", version=0)
        plant.at, plant.version = self._next(plant)
        self.plants[name] = plant
        self.told()
        return plant

    def goes(self, name: str) -> None:
        """Delete a Rollout, and what it owns."""
        plant = self.plants.pop(name)
        for key, body in list(self.objects.items()):
            if body["metadata"].get("ownerReferences", [{}])[0].get("uid") == plant.uid:
                del self.objects[key]
        self.claims.lay(plant.key, frozenset())
        self.told()

    def _next(self, plant: Plant) -> tuple[Any, int]:
        others = self.plants.values()
        return max((each.at for each in others), default=plant.at), max((each.version for each in others), default=100)

    def told(self) -> None:
        """Tell each of its rivals."""
        for plant in self.plants.values():
            names = plant.controller.identities(plant.state), plant.controller.wishes(plant.state)
            self.claims.lay(plant.key, claims_by_name(names[0]) | wishes_by_name(names[1]))
        for plant in self.plants.values():
            plant.tell(Contested(plant.at, self.claims.rivals(plant.key)))

    def works(self, rounds: int = 60) -> None:
        """Let all work, one pass after the other, a second for each."""
        for _ in range(rounds):
            for plant in self.plants.values():
                _, plant.version = self._next(plant)
                plant.look()
                while plant.request is not None:
                    plant.carry_out()
                self.told()
                plant.tick()

    def service(self, name: str) -> None:
        """Make a Service."""
        body = {"kind": "Service", "metadata": {"name": name}, "spec": {"selector": {"app": "hmi"}}}
        next(iter(self.plants.values())).store(Key("Service", KEY.namespace, name), body)

    def owner(self, name: str) -> str:
        """Return whose revision a Service selects, "" for nobody's."""
        hash_ = self.objects[Key("Service", KEY.namespace, name)]["spec"]["selector"].get(marks.HASH)
        owners = [body for key, body in self.objects.items() if key.kind == "ReplicaSet"]
        found = (each for each in owners if each["metadata"]["labels"][marks.HASH] == hash_)
        return next((str(each["metadata"]["ownerReferences"][0]["name"]) for each in found), "")


def status(plant: Plant) -> RolloutStatus:
    """Return what is stored."""
    assert plant.status is not None
    return plant.status


def reason(plant: Plant) -> str:
    """Return why it is not ready, or that it is."""
    return next(each.reason for each in status(plant).conditions if each.type == "Ready")


@pytest.mark.parametrize(("first", "second"), [*itertools.product(PLACES, PLACES)])
def test_the_second_is_refused_by_name(first: str, second: str) -> None:
    """It has its pods, and moves nobody; the first goes on as if alone, and when it is gone the second takes over."""
    street = Street()
    one = street.comes("one", named(PLACES[first], "own-1"), "1")
    for service in ("hmi", "own-1", "own-2"):
        street.service(service)
    street.works()
    other = street.comes("a-second", named(PLACES[second], "own-2"), "7")
    street.works()
    assert (street.owner("hmi"), reason(one), reason(other)) == ("one", "Completed", "Conflict")
    assert "the Service plant/hmi is that of Rollout plant/one: name another one" in status(other).message
    assert [each.message for each in other.notices if each.reason == "Conflict"] == [status(other).message]
    one.declare(template=template("2"))
    street.works()
    assert (street.owner("hmi"), reason(one), status(one).contention) == ("one", "Completed", None)
    street.goes("one")
    street.works()
    assert (street.owner("hmi"), status(other).phase) == ("a-second", Phase.COMPLETED)


def test_who_names_it_later_is_the_second_though_it_is_older() -> None:
    """A Rollout that runs is edited so that it names another one's Service; edited back it goes on."""
    street = Street()
    edited = street.comes("a-first", {"blueGreen": {"activeService": "own"}}, "7")
    one = street.comes("one", {"blueGreen": {"activeService": "hmi"}}, "1")
    street.service("hmi")
    street.service("own")
    street.works()
    edited.declare(strategy={"blueGreen": {"activeService": "hmi"}}, template=template("8"))
    street.works()
    assert (street.owner("hmi"), reason(edited), reason(one)) == ("one", "Conflict", "Completed")
    edited.declare(strategy={"blueGreen": {"activeService": "own"}})
    street.works()
    assert (street.owner("own"), reason(edited), edited.counts()["8"]) == ("a-first", "Completed", 4)


def test_a_service_goes_from_one_to_the_other() -> None:
    """The one takes it out of its manifest: from when it is let go on it is the other's, and nobody fights for it."""
    street = Street()
    one = street.comes("one", {"blueGreen": {"activeService": "hmi"}}, "1")
    street.service("hmi")
    street.works()
    other = street.comes("other", {"blueGreen": {"activeService": "hmi"}}, "7")
    street.works()
    one.declare(strategy={"simple": {}})
    street.works()
    assert (street.owner("hmi"), reason(one), reason(other)) == ("other", "Completed", "Completed")
    assert (status(one).contention, status(other).contention) == (None, None)


@pytest.mark.parametrize("first", ["one", "a-second"])
def test_after_a_start_nobody_takes_what_may_be_anothers(first: str) -> None:
    """An operator that is started anew knows the second before the first: it leaves the Service alone, and says so."""
    street = Street()
    street.comes("one", {"blueGreen": {"activeService": "hmi"}}, "1")
    street.service("hmi")
    street.works()
    street.comes("a-second", {"blueGreen": {"activeService": "hmi"}}, "7")
    street.works()
    both = dict(street.plants)
    street.claims, street.plants = Claims(), {}
    for name in (first, *(each for each in both if each != first)):
        both[name].restart()
        street.plants[name] = both[name]
        street.told()
        street.works(4)
        assert street.owner("hmi") == "one"
    street.works()
    assert {name: reason(each) for name, each in both.items()} == {"one": "Completed", "a-second": "Conflict"}


def test_a_revision_that_nobody_has_is_taken_over_after_a_while() -> None:
    """Its Rollout is long gone, and its name stands in the Service still: the new one waits a little, and says so."""
    street = Street()
    one = street.comes("one", {"blueGreen": {"activeService": "hmi"}}, "1")
    street.service("hmi")
    key = Key("Service", KEY.namespace, "hmi")
    street.objects[key]["spec"]["selector"][marks.HASH] = "gone"
    street.works(5)
    assert "may be that of another Rollout: that is looked at again at" in status(one).message
    assert (reason(one), street.objects[key]["spec"]["selector"][marks.HASH]) == ("Initializing", "gone")
    street.works()
    assert (street.owner("hmi"), reason(one)) == ("one", "Completed")


def test_two_that_are_made_at_once_come_to_one() -> None:
    """Whoever looks first, and even if both do before they know of each other: one has it in the end, in peace."""
    street = Street()
    plants = [street.comes(name, {"blueGreen": {"activeService": "hmi"}}, version) for name, version in ("a1", "b7")]
    street.service("hmi")
    for plant in plants:  # neither is told of the other before both have noted it
        plant.tell(Contested(plant.at, {}))
        plant.look()
        plant.carry_out()
    street.works()
    assert {reason(each) for each in plants} == {"Completed", "Conflict"}
    assert street.owner("hmi") == next(each.key.name for each in plants if reason(each) == "Completed")
    assert {status(each).contention for each in plants} == {None}


def test_a_rule_of_a_route_is_ones_alone() -> None:
    """Another Rollout has the rule: no weight of it is set, and it is neither noted nor put back."""
    plant = Junction(spec(routing({"setWeight": 50}, routes=[{"name": "hmi", "rule": "screens"}])), routes=False)
    plant.route("hmi", {"name": "screens", "backendRefs": [backend("hmi"), backend("hmi-canary")]})
    (rule,) = (each for each in plant.controller.wishes(plant.state) if "rule" in each)
    plant.tell(Contested(plant.at, {rule: "plant/other"}))
    plant.settle()
    assert status(plant).routes == ()
    assert (plant.weights(), reason(plant)) == ((1, 1), "Conflict")
    assert "the rule screens of the HTTPRoute plant/hmi is that of Rollout plant/other" in status(plant).message
    plant.tell(Contested(plant.at, {}))
    plant.settle()
    assert (plant.weights(), reason(plant)) == ((100, 0), "Completed")
    assert {rule, f"{rule}, which both have"} <= plant.controller.identities(plant.state)
