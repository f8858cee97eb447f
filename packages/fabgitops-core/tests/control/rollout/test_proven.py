"""Which versions are a way back: those that carried all, and were not given up since."""

import random
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import MAX_PROVEN, Phase, RolloutStatus

from .workshop import KEY, Plant, spec, template

CANARY: dict[str, Any] = {"canary": {"steps": [{"setWeight": 25}, {"pause": {}}]}}
GREEN: dict[str, Any] = {
    "blueGreen": {"activeService": "hmi", "previewService": "hmi-preview", "autoPromotionEnabled": False}
}


def out(strategy: dict[str, Any] = CANARY, **more: Any) -> Plant:
    """Return a plant in which version 1 is out, with a window of nine revisions."""
    plant = Plant(spec(strategy, rollbackWindow={"revisions": 9}, **more))
    plant.service("hmi")
    plant.service("hmi-preview")
    plant.settle()
    return plant


def status(plant: Plant) -> RolloutStatus:
    """Return what is stored."""
    assert plant.status is not None
    return plant.status


def comes(plant: Plant, version: str, word: str = "") -> None:
    """Declare a version, and let people say a word of it where it waits."""
    plant.tick(60)
    plant.declare(template=template(version))
    plant.settle()
    if word:
        mark, _, of = word.partition(" ")
        hash_ = status(plant).current_pod_hash
        plant.say(mark, f"{hash_}/{of}" if of else hash_)
        plant.settle()


def until(plant: Plant, version: str) -> None:
    """Let it work until users are on a version."""
    for _ in range(100):
        if plant.selected("hmi") == version:
            return
        plant.look()
        while plant.request is not None:
            plant.carry_out()
        plant.tick()
    raise AssertionError(f"users never were on {version}: {plant.status}")


PROMOTED = f"{marks.PROMOTE} full"
GIVEN_UP = marks.ABORT
ENDS = {"RolloutPromoted", "RolloutAborted"}


@pytest.mark.parametrize("strategy", [CANARY, GREEN], ids=["canary", "blueGreen"])
def test_what_was_given_up_is_no_way_back(strategy: dict[str, Any]) -> None:
    """It was made before the proven version, and was never proven: it goes by its steps, whatever the window says."""
    plant = out(strategy)
    comes(plant, "2", GIVEN_UP)
    comes(plant, "3", PROMOTED)
    comes(plant, "2")
    assert status(plant).phase is Phase.PAUSED
    assert "RollbackWindow" not in {each.rule for each in status(plant).decisions}


def test_what_was_superseded_is_no_way_back() -> None:
    """Another version came before it had carried all: nobody knows whether it can."""
    plant = out()
    comes(plant, "2")
    comes(plant, "3", PROMOTED)
    comes(plant, "2")
    assert status(plant).phase is Phase.PAUSED


def test_what_was_given_up_on_its_way_back_is_none_any_more() -> None:
    """It was proven once, and comes back within the window; people give it up: next time it goes by its steps."""
    plant = out()
    comes(plant, "2", PROMOTED)
    plant.bad = {"1"}
    comes(plant, "1", GIVEN_UP)
    assert (status(plant).abort, plant.counts()) == (True, {"1": 0, "2": 4})
    plant.bad = set()
    comes(plant, "2")
    comes(plant, "1")
    assert status(plant).phase is Phase.PAUSED


@pytest.mark.parametrize("killed", [False, True])
def test_what_was_proven_is_a_way_back_after_a_kill(killed: bool) -> None:
    """It stands in the status, with all others that are: an operator that is started anew finds it there."""
    plant = out()
    comes(plant, "2", PROMOTED)
    comes(plant, "3", PROMOTED)
    hashes = {version: each["metadata"]["labels"][marks.HASH] for version, each in plant.revisions().items()}
    assert status(plant).proven == (hashes["1"], hashes["2"])
    if killed:
        plant.restart()
    comes(plant, "1")
    assert (status(plant).phase, plant.counts()) == (Phase.COMPLETED, {"1": 4, "2": 0, "3": 0})
    assert status(plant).proven == (hashes["2"], hashes["3"])


def test_of_what_is_gone_nothing_is_kept() -> None:
    """A ReplicaSet that is deleted takes its name out of the list, which has an end."""
    plant = out(revisionHistoryLimit=1)
    for version in "234":
        comes(plant, version, PROMOTED)
    assert len(status(plant).proven) == 2  # the oldest went after the last promotion
    comes(plant, "5", PROMOTED)
    assert len(status(plant).proven) == 2 < MAX_PROVEN


def test_users_are_led_to_what_was_proven_rather_than_to_what_was_given_up() -> None:
    """The proven version is deleted while the new one is bad: of two others that have pods one was given up."""
    plant = out(
        {"blueGreen": {"activeService": "hmi", "scaleDownDelaySeconds": 600, "abortScaleDownDelaySeconds": 600}}
    )
    for version in "23":
        plant.declare(template=template(version))
        plant.settle(20, wait=False)
    plant.declare(template=template("4"))
    until(plant, "4")
    plant.say(marks.ABORT, status(plant).current_pod_hash)
    until(plant, "3")
    assert (status(plant).abort, plant.counts()) == (True, {"1": 4, "2": 4, "3": 4, "4": 4})
    plant.bad = {"5"}
    plant.declare(template=template("5"))
    plant.look()
    plant.carry_out()
    del plant.objects[Key("ReplicaSet", KEY.namespace, plant.revisions()["3"]["metadata"]["name"])]
    plant.settle(20, wait=False)
    assert plant.selected("hmi") == "2"


def test_stories_of_ways_back() -> None:
    """Whoever goes back and forth, gives up, promotes and kills: without steps comes only what is proven still."""
    back = 0
    for seed in range(8):
        chance, plant = random.Random(seed), out()  # noqa: S311
        proven, seen = {status(plant).stable_rs}, 0
        for _ in range(12):
            comes(plant, chance.choice("1234"), chance.choice(("", GIVEN_UP, PROMOTED, PROMOTED)))
            if chance.random() < 0.3:
                plant.restart()
            fresh = [each for each in plant.notices[seen:] if each.reason in {"RolloutStarted", *ENDS}]
            seen = len(plant.notices)
            for each in fresh:
                hash_ = each.message.partition("(")[2].partition(")")[0]
                if "comes back without steps" in each.message:
                    assert hash_ in proven, f"story {seed}: {each.message}"
                    back += 1
                if each.reason == "RolloutPromoted":
                    proven.add(hash_)
                elif each.reason == "RolloutAborted":
                    proven.discard(hash_)
    assert back > 3
