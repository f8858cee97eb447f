"""A canary whose share of requests routes of the Gateway API set, from its first step until the old pods are gone."""

from datetime import timedelta
from typing import Any

import pytest
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import Phase

from .junction import PROPAGATION, Junction, another, out, passes, promote, routing
from .workshop import spec, template


def test_pods_and_weights_of_each_step() -> None:
    """The canary has the pods that the steps say, whatever its weight is, and no more weight than those carry."""
    plant = out(
        routing(
            {"pause": {}},
            {"setCanaryScale": {"weight": 25}},
            {"pause": {}},
            {"setWeight": 50},
            {"pause": {}},
            {"setCanaryScale": {"replicas": 3}},
            {"pause": {}},
            {"setCanaryScale": {"matchTrafficWeight": True}},
            {"pause": {}},
        )
    )
    another(plant)
    seen = []
    for _ in range(5):
        seen.append((plant.counts(), plant.weights()))
        promote(plant)
        if len(seen) < 5:
            plant.settle()
    passes(plant, lambda: plant.weights()[1] == 100)
    assert seen == [
        ({"1": 4, "2": 0}, (100, 0)),
        ({"1": 4, "2": 1}, (100, 0)),
        ({"1": 4, "2": 1}, (75, 25)),
        ({"1": 4, "2": 3}, (50, 50)),
        ({"1": 4, "2": 2}, (50, 50)),
    ]
    assert plant.counts() == {"1": 4, "2": 4}


def test_the_old_pods_stay_for_the_delay_after_all_weight_has_moved() -> None:
    """After the promotion the stable Service moves, all weight goes back to it, and only then the delay begins."""
    plant = out(routing({"setWeight": 50}, scaleDownDelaySeconds=60))
    plant.declare(template=template("2"))
    passes(plant, lambda: plant.selected("hmi") == "2")
    assert (plant.weights(), plant.counts()) == ((0, 100), {"1": 4, "2": 4})
    passes(plant, lambda: plant.weights() == (100, 0))
    moved = plant.at
    passes(plant, lambda: plant.counts()["1"] == 0)
    assert timedelta(seconds=65) <= plant.at - moved <= timedelta(seconds=70)
    plant.settle()
    assert plant.status is not None
    assert (plant.status.phase, plant.status.weight) == (Phase.COMPLETED, 100)


def test_after_an_abort_the_weight_goes_first_and_the_pods_stay_for_the_delay() -> None:
    """No request is left on the way: weight, then the Service, and after the delay the pods."""
    plant = out(routing({"setWeight": 50}, {"pause": {}}, abortScaleDownDelaySeconds=40))
    another(plant)
    assert (plant.weights(), plant.selected("hmi-canary")) == ((50, 50), "2")
    plant.say(marks.ABORT, plant.hash_of("2"))
    passes(plant, lambda: plant.weights() == (100, 0))
    weighed = plant.at
    assert (plant.selected("hmi-canary"), plant.counts()) == ("2", {"1": 4, "2": 2})
    passes(plant, lambda: plant.selected("hmi-canary") == "1")
    moved = plant.at
    assert moved - weighed >= timedelta(seconds=PROPAGATION)
    passes(plant, lambda: plant.counts()["2"] == 0)
    assert timedelta(seconds=45) <= plant.at - moved <= timedelta(seconds=50)


def test_after_an_abort_the_pods_stay_for_ever_where_that_is_wanted() -> None:
    """A delay of 0 keeps them, so that somebody can look at what went wrong."""
    plant = out(routing({"setWeight": 50}, {"pause": {}}, abortScaleDownDelaySeconds=0))
    another(plant)
    plant.say(marks.ABORT, plant.hash_of("2"))
    plant.settle()
    assert (plant.weights(), plant.counts(), plant.selected("hmi-canary")) == ((100, 0), {"1": 4, "2": 2}, "1")


def test_the_stable_side_shrinks_and_comes_back_pod_by_pod() -> None:
    """With dynamicStableScale an abort takes the weight back as the proven pods come up, and the Service last."""
    plant = out(routing({"setWeight": 25}, {"pause": {}}, {"setWeight": 75}, {"pause": {}}, dynamicStableScale=True))
    another(plant)
    assert plant.counts() == {"1": 3, "2": 1}
    promote(plant)
    plant.settle()
    assert (plant.counts(), plant.weights()) == ({"1": 1, "2": 3}, (25, 75))
    plant.slow = True
    plant.say(marks.ABORT, plant.hash_of("2"))
    seen = []

    def back() -> bool:
        """Return whether all is back."""
        seen.append((plant.counts()["2"], plant.weights()[1], plant.selected("hmi-canary")))
        return plant.counts() == {"1": 4, "2": 0}

    passes(plant, back)
    weights = [weight for _, weight, _ in seen]
    assert weights == sorted(weights, reverse=True)
    assert {75, 50, 25, 0} >= set(weights)
    assert all(weight == 0 for _, weight, selected in seen if selected == "1")


def test_never_fewer_than_wanted_on_the_way_to_all_and_back() -> None:
    """From all weight on the new version back to none, there are never fewer pods than wanted."""
    plant = out(routing({"setWeight": 100}, {"pause": {}}))
    another(plant)
    assert plant.weights() == (0, 100)
    plant.say(marks.ABORT, plant.hash_of("2"))

    def back() -> bool:
        """Return whether it is back, and look that none is missing."""
        assert plant.available() >= 4
        return plant.counts() == {"1": 4, "2": 0}

    passes(plant, back)


def test_a_delay_is_no_lack_of_pods() -> None:
    """While old pods stay for their delay the rollout is done: it waits for nothing."""
    plant = out(routing({"setWeight": 50}, scaleDownDelaySeconds=600))
    plant.declare(template=template("2"))
    plant.settle(wait=False)
    passes(plant, lambda: plant.status is not None and plant.status.phase is Phase.COMPLETED)
    assert plant.counts() == {"1": 4, "2": 4}


def test_a_superseded_canary_keeps_its_pods_for_the_delay() -> None:
    """Another version in mid-canary: the weight goes to none first, and the pods of the one before go later."""
    plant = out(routing({"setWeight": 50}, {"pause": {}}))
    another(plant)
    plant.declare(template=template("3"))
    passes(plant, lambda: plant.selected("hmi-canary") == "3")
    assert (plant.weights(), plant.counts()["2"]) == ((100, 0), 2)
    moved = plant.at
    passes(plant, lambda: plant.counts()["2"] == 0)
    assert plant.at - moved >= timedelta(seconds=30)
    plant.settle()
    assert (plant.weights(), plant.counts()) == ((50, 50), {"1": 4, "2": 0, "3": 2})


def test_a_canary_keeps_its_pods_until_the_gateway_has_its_smaller_weight() -> None:
    """A step that lowers the weight takes pods away only when that is in force."""
    plant = out(routing({"setWeight": 50}, {"pause": {}}, {"setWeight": 25}, {"pause": {}}))
    another(plant)
    plant.away = True
    promote(plant)
    plant.settle()
    assert (plant.weights(), plant.counts()) == ((75, 25), {"1": 4, "2": 2})
    plant.away = False
    plant.settle()
    assert plant.counts() == {"1": 4, "2": 1}


def test_a_superseded_canary_stays_while_it_is_all_there_is() -> None:
    """Where the proven pods have died, those of the version before serve on until others can."""
    plant = out(routing({"setWeight": 50}, {"pause": {}}))
    another(plant)
    plant.caps, plant.bad = {"1": 0}, {"3"}
    plant.tick()
    another(plant, "3")
    assert (plant.selected("hmi-canary"), plant.counts()["2"]) == ("2", 2)
    plant.caps = {}
    plant.settle()
    assert (plant.selected("hmi-canary"), plant.counts()["2"]) == ("1", 0)


def test_a_bad_version_leaves_no_pods_after_its_abort() -> None:
    """Pods that never were available carried nothing: no delay keeps them."""
    plant = out(routing({"setWeight": 50}, {"pause": {}}))
    plant.bad = {"2"}
    another(plant)
    assert (plant.weights(), plant.counts()) == ((100, 0), {"1": 4, "2": 2})
    plant.say(marks.ABORT, plant.hash_of("2"))
    plant.settle()
    assert plant.counts() == {"1": 4, "2": 0}


def test_pods_that_die_lose_their_weight_at_once() -> None:
    """The canary keeps what its other pods carry, and gets its weight back with them."""
    plant = out(routing({"setWeight": 50}, {"pause": {}}))
    another(plant)
    plant.caps = {"2": 1}
    plant.settle()
    assert plant.weights() == (75, 25)
    plant.caps = {"2": 0}
    plant.settle()
    assert (plant.weights(), plant.selected("hmi-canary")) == ((100, 0), "1")
    plant.caps = {}
    plant.settle()
    assert (plant.weights(), plant.selected("hmi-canary")) == ((50, 50), "2")


def test_routes_come_in_during_an_update() -> None:
    """A canary by pods that gets routes goes on at the share that its pods carry, and drops no request."""
    plant = Junction(spec({"canary": {"steps": [{"setWeight": 50}, {"pause": {}}]}}))
    plant.settle()
    another(plant)
    assert plant.counts() == {"1": 2, "2": 2}
    plant.declare(strategy=routing({"setWeight": 50}, {"pause": {}}))
    passes(plant, lambda: plant.selected("hmi-canary") == "2")
    assert plant.weights() == (50, 50)
    plant.settle()
    assert (plant.weights(), plant.counts()) == ((50, 50), {"1": 4, "2": 2})


def test_it_is_done_when_requests_go_by_it() -> None:
    """All pods are of the new version, and still it is not out while a gateway has not taken the last weights."""
    plant = out(routing({"setWeight": 50}))
    plant.declare(template=template("2"))
    passes(plant, lambda: plant.weights() == (0, 100))
    plant.tick(PROPAGATION)
    passes(plant, lambda: plant.selected("hmi") == "2")
    plant.away = True
    plant.settle(wait=False)
    assert plant.status is not None
    assert (plant.status.finished_at, plant.status.phase) == (None, Phase.PROGRESSING)
    plant.away = False
    plant.settle()
    assert plant.status.finished_at is not None


@pytest.mark.parametrize(
    ("steps", "more", "told"),
    [
        (
            [{"setCanaryScale": {"replicas": 1}}, {"setWeight": 50}],
            {},
            "10 %: so near to 50 % its pods and weights come",
        ),
        ([{"setWeight": 25}], {"trafficRouting": {"maxTrafficWeight": 10}}, "20 %: so near to 25 % its pods"),
        ([{"setWeight": 50}], {}, "50 %"),
    ],
)
def test_a_decision_says_the_share_that_there_is(steps: list[dict[str, Any]], more: dict[str, Any], told: str) -> None:
    """What reads as a share of half its requests was one of a tenth, as its only pod carries no more."""
    plant = out(routing(*steps, {"pause": {}}, **more), replicas=10)
    another(plant)
    assert plant.status is not None
    found = [each.input for each in plant.status.decisions if each.rule == "StepDone"][-1]
    assert found.startswith(f"the new version has a share of {told}")
