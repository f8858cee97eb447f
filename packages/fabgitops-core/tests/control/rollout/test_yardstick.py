"""What the rival's own tests look at, as far as no other test of ours looks at it: the same numbers must be seen."""

from datetime import timedelta
from typing import Any

import pytest
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import Phase, Why

from . import test_blue_green as blue_green
from .junction import another, out, passes, promote, routing
from .test_blue_green_judged import judged
from .test_canaries import canary
from .test_canaries import out as by_pods
from .workshop import Plant, spec, template


@pytest.mark.parametrize("way", ["pods", "routes"])
def test_from_all_to_none_and_an_abort(way: str) -> None:
    """Steps of 100 and then 0, and an abort: at no moment are there fewer pods than wanted."""
    steps: tuple[dict[str, Any], ...] = ({"setWeight": 100}, {"pause": {}}, {"setWeight": 0}, {"pause": {}})
    plant: Any = by_pods(canary(*steps, maxSurge=1, maxUnavailable=0)) if way == "pods" else out(routing(*steps))
    another(plant)
    assert plant.counts() == ({"1": 0, "2": 4} if way == "pods" else {"1": 4, "2": 4})

    def enough(**wanted: int) -> bool:
        """Return whether the pods are as wanted, and look that none is missing."""
        assert plant.available() >= 4
        return bool(plant.counts() == {name[1:]: count for name, count in wanted.items()})

    promote(plant)
    passes(plant, lambda: enough(v1=4, v2=0))
    passes(plant, lambda: plant.status.current_step_index == 3 and enough(v1=4, v2=0))
    plant.say(marks.ABORT, plant.status.current_pod_hash)
    passes(plant, lambda: plant.status.phase is Phase.FAILED and enough(v1=4, v2=0))


def test_the_delay_of_old_pods_is_no_lack_of_progress() -> None:
    """With a delay that is longer than the deadline nothing is failed or given up, and old pods stay all that time."""
    plant = out(routing({"setWeight": 50}, scaleDownDelaySeconds=300))
    plant.declare(progressDeadlineSeconds=60, progressDeadlineAbort=True)
    plant.settle()
    plant.declare(template=template("2"))
    passes(plant, lambda: plant.status is not None and plant.status.phase is Phase.COMPLETED)
    done = plant.at
    passes(plant, lambda: plant.counts() == {"1": 0, "2": 4})
    assert plant.at - done >= timedelta(seconds=290)
    plant.settle()
    assert plant.status is not None
    assert (plant.status.phase, plant.status.abort) == (Phase.COMPLETED, False)
    assert "ProgressDeadlineExceeded" not in {each.reason for each in plant.notices}


SHRINKING: tuple[dict[str, Any], ...] = ({"setWeight": 75}, {"pause": {}})


def test_a_canary_beside_a_shrunk_stable_side_stays_for_its_delay() -> None:
    """With dynamicStableScale an abort brings all proven pods back, and keeps the canary's for as long as is said."""
    plant = out(routing(*SHRINKING, dynamicStableScale=True, abortScaleDownDelaySeconds=40))
    another(plant)
    assert plant.counts() == {"1": 1, "2": 3}
    plant.say(marks.ABORT, plant.hash_of("2"))
    passes(plant, lambda: plant.weights() == (100, 0) and plant.selected("hmi-canary") == "1")
    moved = plant.at
    assert plant.counts() == {"1": 4, "2": 3}
    passes(plant, lambda: plant.counts() == {"1": 4, "2": 0})
    assert plant.at - moved >= timedelta(seconds=40)


def test_back_to_the_proven_version_where_its_side_has_shrunk() -> None:
    """The canary gives its weight back only as proven pods become ready, its Service goes back last: none is lost."""
    plant = out(routing(*SHRINKING, dynamicStableScale=True))
    another(plant)
    plant.slow = True
    plant.declare(template=template("1"))

    def back() -> bool:
        """Return whether it is back, and look that each side has the pods that its weight needs."""
        stable, canary_ = plant.weights()
        available = plant.availables()
        assert available["1"] * 25 >= stable
        assert not canary_ or (plant.selected("hmi-canary") == "2" and available["2"] * 25 >= canary_)
        return plant.counts() == {"1": 4, "2": 0} and plant.weights() == (100, 0)

    passes(plant, back)
    plant.settle()
    assert plant.status is not None
    assert plant.status.phase is Phase.COMPLETED
    assert (plant.selected("hmi"), plant.selected("hmi-canary")) == ("1", "1")


def test_a_third_version_takes_the_pod_of_a_waiting_one() -> None:
    """The second one's pod goes, and the third takes its place beside three proven ones."""
    plant = by_pods(canary({"setWeight": 25}, {"pause": {}}))
    another_of(plant, "2")
    assert plant.counts() == {"1": 3, "2": 1}
    another_of(plant, "3")
    assert plant.counts() == {"1": 3, "2": 0, "3": 1}
    assert plant.status is not None
    assert (plant.status.phase, plant.status.current_step_index) == (Phase.PAUSED, 1)


def another_of(plant: Plant, version: str) -> None:
    """Declare another version, and let it come as far as it can."""
    plant.declare(template=template(version))
    plant.settle(40)


def test_a_good_version_follows_on_a_first_one_that_is_bad() -> None:
    """A version that never came up is replaced without steps: there is nothing proven to compare it with."""
    plant = Plant(spec(canary({"setWeight": 25}, {"pause": {}}, maxSurge=1, maxUnavailable=0)), bad={"1"})
    plant.settle(40)
    assert (plant.counts(), plant.available()) == ({"1": 4}, 0)
    another_of(plant, "2")
    assert (plant.counts(), plant.available()) == ({"1": 0, "2": 4}, 4)


def test_a_good_version_with_steps_follows_on_a_bad_one() -> None:
    """The bad one goes whole, and the good one gets the share of its first step."""
    plant = by_pods(canary({"setWeight": 50}, {"pause": {}}, maxSurge=1, maxUnavailable=0))
    plant.bad = {"2"}
    another_of(plant, "2")
    assert plant.counts()["1"] == 4 - plant.counts()["2"] + 1
    another_of(plant, "3")
    assert plant.counts() == {"1": 2, "2": 0, "3": 2}
    assert plant.status is not None
    assert plant.status.phase is Phase.PAUSED


def test_all_of_blue_green_at_once() -> None:
    """A small preview is judged, waits its time, grows, gets the users, is judged again, and old pods stay a while."""
    plant = judged(previewReplicaCount=1, autoPromotionSeconds=30, scaleDownDelaySeconds=50)
    plant.declare(template=template("2"))
    blue_green.until(plant, lambda: plant.measured == ["before/rate"])
    assert (plant.counts(), blue_green.services(plant)) == ({"1": 3, "2": 1}, ("1", "2"))
    judged_at = plant.at
    blue_green.until(plant, lambda: bool(blue_green.status(plant).pause_conditions))
    assert [each.reason for each in blue_green.status(plant).pause_conditions] == [Why.BLUE_GREEN]
    blue_green.until(plant, lambda: plant.selected("hmi") == "2")
    assert plant.at - judged_at >= timedelta(seconds=30)
    assert plant.available() == 6
    blue_green.until(plant, lambda: plant.counts() == {"1": 0, "2": 3})
    assert plant.at - judged_at >= timedelta(seconds=80)
    assert plant.measured == ["before/rate", "after/rate"]
    plant.settle()
    assert blue_green.status(plant).phase is Phase.COMPLETED
