"""A canary without traffic routing: a share of the pods is the share of the requests."""

from typing import Any

import pytest
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import Phase

from .workshop import Plant, spec, template


def canary(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the strategy."""
    return {"canary": {"steps": list(steps), **more}}


def out(strategy: dict[str, Any], replicas: int = 4, **more: Any) -> Plant:
    """Return a plant in which version 1 is out."""
    plant = Plant(spec(strategy, replicas=replicas, **more))
    plant.settle()
    assert plant.status is not None
    assert plant.status.phase is Phase.COMPLETED
    assert plant.counts() == {"1": replicas}
    return plant


def test_the_first_revision_comes_up_without_steps() -> None:
    """There is nothing to compare it with: all pods come up, and it is the proven one."""
    plant = out(canary({"setWeight": 25}, {"pause": {}}))
    assert plant.status is not None
    assert plant.status.stable_rs == plant.status.current_pod_hash
    assert plant.status.available_replicas == 4


def test_step_by_step_until_a_pause() -> None:
    """The new version gets its share, and waits where it is told to, until somebody promotes it."""
    plant = out(canary({"setWeight": 25}, {"pause": {}}, {"setWeight": 50}, {"pause": {"duration": 30}}))
    plant.declare(template=template("2"))
    plant.settle()
    assert plant.status is not None
    assert (plant.counts(), plant.status.phase) == ({"1": 3, "2": 1}, Phase.PAUSED)
    plant.say(marks.PROMOTE, f"{plant.status.current_pod_hash}/1")
    plant.settle(wait=False)
    assert (plant.counts(), plant.status.current_step_index) == ({"1": 2, "2": 2}, 3)
    plant.settle()
    assert (plant.counts(), plant.status.phase) == ({"1": 0, "2": 4}, Phase.COMPLETED)


def test_scaling_while_it_is_paused() -> None:
    """The share stays what it is when the number of pods changes."""
    plant = out(canary({"setWeight": 25}, {"pause": {}}), replicas=1)
    plant.declare(template=template("2"))
    plant.settle()
    assert plant.counts() == {"1": 1, "2": 1}
    for replicas, wanted in ((8, {"1": 6, "2": 2}), (4, {"1": 3, "2": 1})):
        plant.declare(replicas=replicas)
        plant.settle()
        assert plant.counts() == wanted


@pytest.mark.parametrize(
    ("surge", "scaled"),
    [
        ({"maxSurge": "100%"}, [(4, {"1": 3, "2": 4}), (8, {"1": 3, "2": 8}), (4, {"1": 3, "2": 4})]),
        ({"maxSurge": 2, "maxUnavailable": 0}, [(4, {"1": 4, "2": 2}), (8, {"1": 4, "2": 6}), (4, {"1": 4, "2": 2})]),
    ],
)
def test_scaling_while_pods_do_not_come_up(surge: dict[str, Any], scaled: list[tuple[int, dict[str, int]]]) -> None:
    """A bad version takes no more of the good one than may be missing, also when the number of pods changes."""
    plant = out(canary(**surge))
    plant.bad = {"2"}
    plant.declare(template=template("2"))
    for replicas, wanted in scaled:
        plant.declare(replicas=replicas)
        plant.settle(30)
        assert plant.counts() == wanted


def test_a_second_bad_version_in_place_of_the_first() -> None:
    """The bad one before goes, the good one keeps all its pods, and a good version then takes over."""
    plant = out(canary(maxSurge=1, maxUnavailable=0))
    plant.bad = {"2", "3"}
    plant.declare(template=template("2"))
    plant.settle(30)
    assert plant.counts() == {"1": 4, "2": 1}
    plant.declare(template=template("3"))
    plant.settle(30)
    assert plant.counts() == {"1": 4, "2": 0, "3": 1}
    plant.declare(template=template("4"))
    plant.settle()
    assert plant.counts() == {"1": 0, "2": 0, "3": 0, "4": 4}


def test_template_and_replicas_at_once() -> None:
    """Both in one edit end where both were wanted."""
    plant = out(canary(), replicas=2)
    plant.declare(template=template("2"), replicas=4)
    plant.settle()
    assert plant.counts() == {"1": 0, "2": 4}


def test_abort_and_retry() -> None:
    """An abort goes back to the proven version and stays there, until somebody retries."""
    plant = out(canary({"setWeight": 50}, {"pause": {}}))
    plant.declare(template=template("2"))
    plant.settle()
    assert plant.status is not None
    hash_ = plant.status.current_pod_hash
    plant.say(marks.ABORT, hash_)
    plant.settle()
    assert (plant.counts(), plant.status.phase) == ({"1": 4, "2": 0}, Phase.FAILED)
    assert plant.status.aborted_at is not None
    plant.say(marks.RETRY, f"{hash_}/{plant.status.aborted_at:%Y-%m-%dT%H:%M:%SZ}")
    plant.settle()
    assert (plant.counts(), plant.status.phase) == ({"1": 2, "2": 2}, Phase.PAUSED)


def test_a_word_that_was_taken_back_may_be_said_again() -> None:
    """A second abort of a revision that was begun once more is carried out, and one that stands there still is not."""
    plant = out(canary({"setWeight": 50}, {"pause": {}}))
    plant.declare(template=template("2"))
    plant.settle()
    assert plant.status is not None
    hash_ = plant.status.current_pod_hash
    plant.say(marks.ABORT, hash_)
    plant.settle()
    assert plant.status.aborted_at is not None
    plant.say(marks.RETRY, f"{hash_}/{plant.status.aborted_at:%Y-%m-%dT%H:%M:%SZ}")
    plant.settle()
    assert plant.status.phase is Phase.PAUSED
    plant.restart()
    plant.settle()
    told = [each.message for each in plant.notices if each.reason == "StaleWord"]
    assert [each for each in told if f"abort {hash_} stands there still" in each] == told[:1]
    assert "take its annotation away, then say it again" in told[0]
    plant.say(marks.ABORT, None)
    plant.settle()
    assert (plant.status.phase, [each.partition("=")[0] for each in plant.status.heard]) == (Phase.PAUSED, ["retry"])
    plant.say(marks.ABORT, hash_)
    plant.settle()
    assert (plant.counts(), plant.status.phase) == ({"1": 4, "2": 0}, Phase.FAILED)


def test_a_promotion_that_stands_there_from_an_attempt_before_is_told() -> None:
    """It waits at the same step once more: the word of then counts no more, and somebody may wait for it in vain."""
    plant = out(canary({"setWeight": 50}, {"pause": {}}, {"setWeight": 75}, {"pause": {}}))
    plant.declare(template=template("2"))
    plant.settle()
    assert plant.status is not None
    hash_ = plant.status.current_pod_hash
    plant.say(marks.PROMOTE, f"{hash_}/1")
    plant.settle()
    assert [each for each in plant.notices if each.reason == "StaleWord"] == []
    plant.say(marks.ABORT, hash_)
    plant.settle()
    plant.say(marks.RETRY, f"{hash_}/{plant.status.aborted_at:%Y-%m-%dT%H:%M:%SZ}")
    plant.settle()
    assert (plant.status.phase, plant.status.current_step_index) == (Phase.PAUSED, 1)
    told = [each.message for each in plant.notices if each.reason == "StaleWord"]
    assert [each.partition(" ")[0] for each in told] == ["it", "it"]
    assert any(f"(promote {hash_}/1 stands there still)" in each and "HASH/STEP/SINCE" in each for each in told)


def test_promoted_in_full() -> None:
    """All that is left is skipped: pauses as well as steps."""
    plant = out(canary({"setWeight": 25}, {"pause": {}}, {"setWeight": 50}, {"pause": {}}))
    plant.declare(template=template("2"))
    plant.settle()
    assert plant.status is not None
    plant.say(marks.PROMOTE, f"{plant.status.current_pod_hash}/full")
    plant.settle()
    assert (plant.counts(), plant.status.phase) == ({"1": 0, "2": 4}, Phase.COMPLETED)


def test_back_to_the_proven_version_in_mid_update() -> None:
    """Steps are skipped, and its ReplicaSet is used again."""
    plant = out(canary({"setWeight": 50}, {"pause": {}}))
    plant.declare(template=template("2"))
    plant.settle()
    plant.declare(template=template("1"))
    plant.settle()
    assert plant.status is not None
    assert (plant.counts(), plant.status.phase) == ({"1": 4, "2": 0}, Phase.COMPLETED)
    assert plant.status.revision == 3


def test_a_command_without_its_subject_changes_nothing() -> None:
    """An abort with nothing under way is refused with a reason, and scales nothing."""
    plant = out(canary({"setWeight": 25}))
    assert plant.status is not None
    plant.say(marks.ABORT, plant.status.current_pod_hash)
    plant.settle()
    assert plant.counts() == {"1": 4}
    assert plant.notices[-1].message.endswith("changes nothing: nothing is under way")


def test_services_select_what_is_there() -> None:
    """The stable Service selects the proven version, the canary one the new version as soon as it has pods."""
    plant = Plant(spec(canary({"setWeight": 25}, {"pause": {}}, stableService="hmi", canaryService="hmi-canary")))
    plant.service("hmi")
    plant.service("hmi-canary")
    plant.settle()
    assert (plant.selected("hmi"), plant.selected("hmi-canary")) == ("1", "1")
    plant.declare(template=template("2"))
    plant.settle()
    assert (plant.selected("hmi"), plant.selected("hmi-canary")) == ("1", "2")
    assert plant.status is not None
    plant.say(marks.ABORT, plant.status.current_pod_hash)
    plant.settle()
    assert (plant.selected("hmi"), plant.selected("hmi-canary")) == ("1", "1")


def test_old_revisions_are_kept_only_so_far() -> None:
    """The oldest ReplicaSets without pods go, as many as are beyond the limit."""
    plant = out(canary(), revisionHistoryLimit=1)
    for version in "2345":
        plant.declare(template=template(version))
        plant.settle()
    assert plant.counts() == {"4": 0, "5": 4}


def test_a_restart_at_any_time_comes_to_the_same_end() -> None:
    """What it goes on from is its status and its objects: killed between any two requests it ends as it would have."""
    for kill in range(40):
        plant = out(canary({"setWeight": 25}, {"pause": {"duration": 5}}, {"setWeight": 75}))
        plant.declare(template=template("2"))
        for turn in range(kill):
            plant.look()
            if plant.request is not None and turn < kill - 1:
                plant.carry_out()
            plant.tick()
        plant.restart()
        plant.settle()
        assert plant.counts() == {"1": 0, "2": 4}
