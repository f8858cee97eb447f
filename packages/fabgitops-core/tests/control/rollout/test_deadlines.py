"""How long a rollout may make no progress, and how far back a version is taken for proven."""

from datetime import timedelta
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import Phase, RolloutStatus

from .workshop import KEY, Plant, spec, template

GREEN = {"blueGreen": {"activeService": "hmi", "previewService": "hmi-preview"}}
WAYS: dict[str, dict[str, Any]] = {
    "canary": {"canary": {"steps": [{"setWeight": 50}, {"pause": {"duration": 3000}}]}},
    "simple": {"simple": {}},
    "blueGreen": GREEN,
}


def out(strategy: dict[str, Any], **more: Any) -> Plant:
    """Return a plant in which version 1 is out."""
    plant = Plant(spec(strategy, progressDeadlineSeconds=100, **more))
    plant.service("hmi")
    plant.service("hmi-preview")
    plant.settle()
    assert status(plant).phase is Phase.COMPLETED
    return plant


def status(plant: Plant) -> RolloutStatus:
    """Return what is stored."""
    assert plant.status is not None
    return plant.status


def reason(plant: Plant) -> str:
    """Return why it is not ready."""
    return next(each.reason for each in status(plant).conditions if each.type == "Ready")


def told(plant: Plant) -> int:
    """Return how often people were told of the deadline."""
    return len([each for each in plant.notices if each.reason == "ProgressDeadlineExceeded"])


def test_a_standstill_is_told_once_whatever_else_is_wrong() -> None:
    """A Service is missing as well, which is said first: at each look there is no news of the deadline any more."""
    plant = out({"canary": {"stableService": "hmi", "steps": [{"setWeight": 50}]}})
    plant.bad = {"2"}
    plant.declare(template=template("2"))
    plant.settle(60)
    del plant.objects[Key("Service", KEY.namespace, "hmi")]
    plant.stays(30)
    assert (reason(plant), told(plant)) == ("ReferenceNotFound", 1)
    assert [each.rule for each in status(plant).decisions].count("ProgressDeadline") == 1


@pytest.mark.parametrize("way", WAYS)
def test_pods_that_do_not_come_up_are_said(way: str) -> None:
    """Past the deadline it is Failed and told once; nothing is given up, and it goes on when pods come up after all."""
    plant = out(WAYS[way])
    plant.bad = {"2"}
    plant.declare(template=template("2"))
    plant.settle(60)
    assert (status(plant).phase, reason(plant)) == (Phase.FAILED, "ProgressDeadlineExceeded")
    assert status(plant).decisions[-1].rule == "ProgressDeadline"
    assert "no progress for 100 s" in status(plant).message
    assert (told(plant), status(plant).abort) == (1, False)
    plant.restart()
    plant.settle(10)
    assert told(plant) == 1
    plant.bad = set()
    plant.settle()
    assert (status(plant).phase, plant.counts()) == (Phase.COMPLETED, {"1": 0, "2": 4})


@pytest.mark.parametrize("way", WAYS)
def test_it_is_given_up_only_where_that_is_said(way: str) -> None:
    """With progressDeadlineAbort all goes back to the proven version."""
    plant = out(WAYS[way], progressDeadlineAbort=True)
    plant.bad = {"2"}
    plant.declare(template=template("2"))
    plant.settle()
    assert (status(plant).abort, plant.counts()) == (True, {"1": 4, "2": 0})
    assert (status(plant).cause, told(plant)) == ("there was no progress for 100 s", 0)


@pytest.mark.parametrize(
    "steps", [[{"setWeight": 25}, {"pause": {"duration": 3000}}], [{"setWeight": 25}, {"pause": {}}]]
)
def test_a_pause_is_no_lack_of_progress(steps: list[dict[str, Any]]) -> None:
    """A pause may be longer than the deadline, which begins anew after it."""
    plant = out({"canary": {"steps": steps}}, progressDeadlineAbort=True)
    plant.declare(template=template("2"))
    plant.settle(20, wait=False)
    plant.tick(1000)
    plant.settle(20, wait=False)
    assert (status(plant).phase, status(plant).abort) == (Phase.PAUSED, False)
    plant.bad = {"2"}
    plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/1")
    plant.settle(20, wait=False)
    assert not status(plant).abort
    plant.tick(120)
    plant.settle(20, wait=False)
    assert status(plant).abort


def test_a_blue_green_that_waits_makes_no_less_progress() -> None:
    """Neither the wait for somebody nor the delay of the old pods is counted."""
    green = {**GREEN["blueGreen"], "autoPromotionEnabled": False, "scaleDownDelaySeconds": 1000}
    plant = out({"blueGreen": green}, progressDeadlineAbort=True)
    plant.declare(template=template("2"))
    plant.settle(20, wait=False)
    plant.tick(1000)
    plant.settle(20, wait=False)
    assert status(plant).phase is Phase.PAUSED
    plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/preview")
    plant.settle(20, wait=False)
    plant.tick(500)
    plant.settle(20, wait=False)
    assert (status(plant).phase, plant.counts()) == (Phase.COMPLETED, {"1": 4, "2": 4})


def test_a_first_version_that_does_not_come_up() -> None:
    """There is nothing that it could go back to, so it is said and never given up."""
    plant = Plant(spec({"simple": {}}, progressDeadlineSeconds=100, progressDeadlineAbort=True), bad={"1"})
    plant.settle(30)
    assert (reason(plant), status(plant).abort) == ("ProgressDeadlineExceeded", False)


def test_the_deadline_counts_from_the_last_progress() -> None:
    """Pods that come up one by one, each in time, may take longer than the deadline together."""
    plant = out({"simple": {"maxSurge": 1, "maxUnavailable": 0}}, replicas=4)
    plant.slow = True
    plant.declare(template=template("2"))
    since = plant.at
    for _ in range(40):
        plant.look()
        while plant.request is not None:
            plant.carry_out()
        assert reason(plant) != "ProgressDeadlineExceeded"
        plant.tick(60)
    assert (status(plant).phase, plant.at - since > timedelta(seconds=200)) == (Phase.COMPLETED, True)


@pytest.mark.parametrize(("window", "skips"), [(None, False), (2, True), (1, False)])
@pytest.mark.parametrize("way", ["canary", "blueGreen"])
def test_back_to_a_version_of_before(way: str, window: int | None, skips: bool) -> None:
    """Within rollbackWindow.revisions steps and waits are skipped; farther back all of them are done again."""
    waits: dict[str, dict[str, Any]] = {
        "canary": {"canary": {"steps": [{"setWeight": 25}, {"pause": {}}]}},
        "blueGreen": {"blueGreen": {**GREEN["blueGreen"], "autoPromotionEnabled": False}},
    }
    more = {} if window is None else {"rollbackWindow": {"revisions": window}}
    plant = out(waits[way], **more)
    for version in "23":
        plant.declare(template=template(version))
        plant.settle()
        plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/full")
        plant.settle()
        assert status(plant).phase is Phase.COMPLETED
    plant.declare(template=template("1"))
    plant.settle()
    assert status(plant).phase is (Phase.COMPLETED if skips else Phase.PAUSED)


def test_forward_is_never_within_the_window() -> None:
    """A version that is newer than the proven one has not been proven by having been there."""
    plant = out({"canary": {"steps": [{"setWeight": 25}, {"pause": {}}]}}, rollbackWindow={"revisions": 5})
    plant.declare(template=template("2"))
    plant.settle()
    plant.declare(template=template("1"))
    plant.settle()
    plant.declare(template=template("2"))
    plant.settle()
    assert status(plant).phase is Phase.PAUSED


def test_pods_count_only_after_they_were_ready_for_a_while() -> None:
    """The ReplicaSets say minReadySeconds, also when that is changed later."""
    plant = out({"simple": {}}, minReadySeconds=20)
    assert plant.revisions()["1"]["spec"]["minReadySeconds"] == 20
    plant.declare(minReadySeconds=30)
    plant.settle()
    assert plant.revisions()["1"]["spec"]["minReadySeconds"] == 30
