"""Somebody else sets selectors of Services that a Rollout holds without routes: it is told, and waits for people."""

from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import Phase, RolloutStatus, Why
from fabgitops_core.control.rollout.saying.reasons import RolloutReason

from .workshop import KEY, Plant, spec, template

GREEN = {"activeService": "hmi", "previewService": "hmi-preview"}
WAYS: dict[str, dict[str, Any]] = {
    "blueGreen": {"blueGreen": {**GREEN, "autoPromotionEnabled": False}},
    "canary": {
        "canary": {"stableService": "hmi", "canaryService": "hmi-preview", "steps": [{"setWeight": 50}, {"pause": {}}]}
    },
}
FREE: dict[str, str] = {"app": "hmi"}


def out(strategy: dict[str, Any]) -> Plant:
    """Return a plant in which version 1 is out."""
    plant = Plant(spec(strategy))
    plant.service("hmi")
    plant.service("hmi-preview")
    plant.settle()
    return plant


def status(plant: Plant) -> RolloutStatus:
    """Return what is stored."""
    assert plant.status is not None
    return plant.status


def whys(plant: Plant) -> list[str]:
    """Return why it waits."""
    return [each.reason for each in status(plant).pause_conditions]


def told(plant: Plant) -> list[str]:
    """Return what people were told of a fight."""
    return [each.message for each in plant.notices if each.reason is RolloutReason.CONTENDED]


def sets(plant: Plant, selector: dict[str, str], name: str = "hmi", times: int = 1) -> None:
    """Set the selector of a Service as somebody else does it, each time after it was put right."""
    key = Key("Service", KEY.namespace, name)
    for _ in range(times):
        plant.store(key, {**plant.objects[key], "spec": {**plant.objects[key]["spec"], "selector": selector}})
        plant.settle()


@pytest.mark.parametrize("service", ["hmi", "hmi-preview"])
@pytest.mark.parametrize("way", WAYS)
def test_three_times_within_ten_minutes_it_waits_for_people(way: str, service: str) -> None:
    """It is put right each time; from the third on it waits, which people are told once, and their word ends that."""
    plant = out(WAYS[way])
    plant.declare(template=template("2"))
    plant.settle()
    waits = whys(plant)
    sets(plant, FREE, service, times=2)
    assert (whys(plant), told(plant)) == (waits, [])
    sets(plant, FREE, service, times=3)
    assert (plant.selected(service), whys(plant)) == ("1" if service == "hmi" else "2", [*waits, Why.CONTENDED])
    assert [f"somebody else has changed Service {service}, 3 times" in each for each in told(plant)] == [True]
    assert Why.CONTENDED in status(plant).message
    plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/{'preview' if way == 'blueGreen' else 1}")
    plant.settle()
    if way == "blueGreen":  # its gate asks for a word of its own
        assert (whys(plant), plant.selected("hmi")) == (waits, "1")
        plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/preview/{since(plant)}")
        plant.settle()
    assert (plant.selected("hmi"), status(plant).phase) == ("2", Phase.COMPLETED)


def since(plant: Plant) -> str:
    """Return since when it waits, as a word says it."""
    return f"{status(plant).pause_conditions[0].start_time:%Y-%m-%dT%H:%M:%SZ}"


def test_users_do_not_go_over_while_somebody_fights_for_the_active_service() -> None:
    """Nobody judges the new version by users who may be on the old one, and a time that is over ends no such wait."""
    plant = out({"blueGreen": {**GREEN, "autoPromotionSeconds": 60}})
    plant.declare(template=template("2"))
    plant.settle(20, wait=False)
    key = Key("Service", KEY.namespace, "hmi")
    for _ in range(3):
        plant.store(key, {**plant.objects[key], "spec": {**plant.objects[key]["spec"], "selector": FREE}})
        plant.settle(5, wait=False)
    assert whys(plant) == [Why.BLUE_GREEN, Why.CONTENDED]
    plant.tick(3600)
    plant.settle()
    assert (plant.selected("hmi"), Why.CONTENDED in whys(plant)) == ("1", True)
    assert "until somebody promotes it" in status(plant).message
    plant.say(marks.ABORT, status(plant).current_pod_hash)
    plant.settle()
    assert (plant.selected("hmi"), plant.counts(), whys(plant)) == ("1", {"1": 4, "2": 0}, [])


@pytest.mark.parametrize("way", WAYS)
def test_at_rest_people_are_told_once_and_it_is_not_called_completed(way: str) -> None:
    """Nothing is paused, and what is answered a few times a minute alone says so in its condition meanwhile."""
    plant = out(WAYS[way])
    key = Key("Service", KEY.namespace, "hmi")
    asked, reasons = len(plant.requests), set()
    for _ in range(300):
        if plant.selected("hmi") == "1":
            plant.store(key, {**plant.objects[key], "spec": {**plant.objects[key]["spec"], "selector": FREE}})
        plant.settle(1, wait=False)
        reasons.add(next(each.reason for each in status(plant).conditions if each.type == "Ready"))
    assert (len(plant.requests) - asked < 30, len(told(plant)), whys(plant)) == (True, 1, [])
    assert reasons == {"ContendedRoute"}
    assert "somebody else has changed Service hmi: it is put right again at" in status(plant).message
    plant.settle()
    assert (plant.selected("hmi"), status(plant).phase) == ("1", Phase.COMPLETED)


@pytest.mark.parametrize("way", WAYS)
def test_what_it_sets_itself_is_no_fight(way: str) -> None:
    """It goes over, back and over again, is killed between any two requests, and nobody is blamed for that."""
    plant = out(WAYS[way])
    for version in "232":
        plant.declare(template=template(version))
        for _ in range(60):
            plant.look()
            if plant.request is not None:
                plant.carry_out()
            plant.tick()
            if version == "3":
                plant.restart()
        plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/full")
        plant.settle()
        assert status(plant).phase is Phase.COMPLETED
    assert status(plant).contention is None
