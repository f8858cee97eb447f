"""Blue-green: the new version stands beside the old one, and all users go over at once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import Phase, RolloutStatus
from fabgitops_core.control.objects import ObjectFailureKind

from .workshop import KEY, Plant, spec, template


def blue_green(**more: Any) -> dict[str, Any]:
    """Return the strategy, with both Services."""
    return {"blueGreen": {"activeService": "hmi", "previewService": "hmi-preview", **more}}


def out(replicas: int = 3, more: dict[str, Any] | None = None, **strategy: Any) -> Plant:
    """Return a plant in which version 1 is out."""
    plant = Plant(spec(blue_green(**strategy), replicas=replicas, **(more or {})))
    plant.service("hmi")
    plant.service("hmi-preview")
    plant.settle()
    assert (status(plant).phase, plant.counts(), plant.selected("hmi")) == (Phase.COMPLETED, {"1": replicas}, "1")
    return plant


def status(plant: Plant) -> RolloutStatus:
    """Return what is stored."""
    assert plant.status is not None
    return plant.status


def reason(plant: Plant) -> str:
    """Return why it is not ready."""
    return next(each.reason for each in status(plant).conditions if each.type == "Ready")


def until(plant: Plant, there: Callable[[], bool], secs: float = 0.2) -> None:
    """Let the controller work until something is there."""
    for _ in range(500):
        if there():
            return
        plant.look()
        if plant.request is not None:
            plant.carry_out()
        plant.tick(secs)
    raise AssertionError(f"it never came: {plant.counts()}, {status(plant).message}")


def services(plant: Plant) -> tuple[str, str]:
    """Return which versions the active and the preview Service select."""
    return plant.selected("hmi"), plant.selected("hmi-preview")


def test_users_go_over_at_once_when_all_pods_are_there() -> None:
    """Desired, current, updated, ready and available are 3; they are 6 in between; the active Service moves once."""
    plant = out()
    plant.slow = True
    plant.declare(template=template("2"))
    switches = []
    for _ in range(200):
        before = plant.selected("hmi")
        plant.look()
        if plant.request is not None:
            plant.carry_out()
        if plant.selected("hmi") != before:
            switches.append((plant.revisions()["2"]["status"]["availableReplicas"], plant.counts()))
        plant.tick(0.2)
    assert switches == [(3, {"1": 3, "2": 3})]
    plant.settle()
    assert (plant.counts(), services(plant), status(plant).phase) == ({"1": 0, "2": 3}, ("2", "2"), Phase.COMPLETED)
    found = status(plant)
    assert (found.replicas, found.updated_replicas, found.ready_replicas, found.available_replicas) == (3, 3, 3, 3)


def test_the_preview_service_selects_the_new_version_from_its_beginning() -> None:
    """Whoever tries the new version out reaches it while users are on the old one, until somebody promotes it."""
    plant = out(autoPromotionEnabled=False)
    plant.declare(template=template("2"))
    plant.settle()
    assert (services(plant), plant.counts()) == (("1", "2"), {"1": 3, "2": 3})
    assert (status(plant).phase, status(plant).weight) == (Phase.PAUSED, 0)
    plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/preview")
    plant.settle(wait=False)
    assert (services(plant), status(plant).phase, status(plant).weight) == (("2", "2"), Phase.COMPLETED, 100)


def test_what_it_decides_is_stored_before_it_is_done() -> None:
    """The moment the active Service moves, the status that is stored says so already."""
    plant = out()
    plant.declare(template=template("2"))
    until(plant, lambda: plant.selected("hmi") == "2")
    assert status(plant).blue_green.active_selector == status(plant).current_pod_hash
    assert status(plant).blue_green.scale_up_preview_check_point
    assert status(plant).stable_rs == status(plant).blue_green.previous_selector


def test_a_smaller_preview_gets_all_its_pods_before_users_do() -> None:
    """With previewReplicaCount it is small while it waits, and whole before the active Service selects it."""
    plant = out(previewReplicaCount=1, autoPromotionEnabled=False)
    plant.declare(template=template("2"))
    plant.settle()
    assert (plant.counts(), plant.selected("hmi")) == ({"1": 3, "2": 1}, "1")
    plant.slow = True
    plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/preview")
    until(plant, lambda: status(plant).blue_green.active_selector == status(plant).current_pod_hash)
    assert plant.revisions()["2"]["status"]["availableReplicas"] == 3


def test_it_waits_for_a_time_before_users_go_over() -> None:
    """With autoPromotionSeconds it goes over by itself after them, not before."""
    plant = out(autoPromotionSeconds=60)
    plant.declare(template=template("2"))
    until(plant, lambda: bool(status(plant).pause_conditions))
    since = plant.at
    assert "paused until" in status(plant).message
    until(plant, lambda: plant.selected("hmi") == "2", secs=1.0)
    assert timedelta(seconds=60) <= plant.at - since < timedelta(seconds=70)


def test_who_says_that_it_does_not_go_by_itself_is_not_overruled_by_a_time() -> None:
    """autoPromotionEnabled: false waits for somebody, though autoPromotionSeconds are given."""
    plant = out(autoPromotionEnabled=False, autoPromotionSeconds=5)
    plant.declare(template=template("2"))
    plant.settle()
    plant.tick(3600)
    plant.settle()
    assert (services(plant), status(plant).phase) == (("1", "2"), Phase.PAUSED)


def test_old_pods_stay_for_the_delay_after_the_switch_is_seen() -> None:
    """They go scaleDownDelaySeconds after a look has shown that users are on the new version, which is out by then."""
    plant = out(scaleDownDelaySeconds=60)
    plant.declare(template=template("2"))
    until(plant, lambda: plant.selected("hmi") == "2")
    seen = plant.at
    until(plant, lambda: status(plant).phase is Phase.COMPLETED)
    assert plant.counts() == {"1": 3, "2": 3}
    until(plant, lambda: plant.counts()["1"] == 0, secs=1.0)
    assert plant.at - seen >= timedelta(seconds=60)


def test_without_a_delay_old_pods_go_when_the_switch_is_seen() -> None:
    """scaleDownDelaySeconds: 0 keeps them no longer, and not shorter either."""
    plant = out(scaleDownDelaySeconds=0)
    plant.declare(template=template("2"))
    until(plant, lambda: plant.counts().get("1") == 0)
    assert services(plant) == ("2", "2")


def test_an_abort_before_the_switch_leaves_users_where_they_are() -> None:
    """The preview Service goes back to ready pods at once, the new pods go after their delay."""
    plant = out(autoPromotionEnabled=False, abortScaleDownDelaySeconds=60)
    plant.declare(template=template("2"))
    plant.settle()
    plant.say(marks.ABORT, status(plant).current_pod_hash)
    since = plant.at
    until(plant, lambda: services(plant) == ("1", "1"))
    until(plant, lambda: reason(plant) == "RolloutAborted")
    assert plant.counts() == {"1": 3, "2": 3}
    until(plant, lambda: plant.counts()["2"] == 0, secs=1.0)
    assert plant.at - since >= timedelta(seconds=60)


def test_pods_of_what_was_given_up_stay_where_that_is_said() -> None:
    """abortScaleDownDelaySeconds: 0 keeps them for whoever wants to look at them, until there is another version."""
    plant = out(autoPromotionEnabled=False, abortScaleDownDelaySeconds=0)
    plant.declare(template=template("2"))
    plant.settle()
    plant.say(marks.ABORT, status(plant).current_pod_hash)
    plant.settle()
    plant.tick(3600)
    plant.settle()
    assert (plant.counts(), reason(plant)) == ({"1": 3, "2": 3}, "RolloutAborted")
    plant.declare(template=template("3"))
    plant.settle()
    assert (plant.counts(), services(plant)) == ({"1": 3, "2": 0, "3": 3}, ("1", "3"))


def gone_over(plant: Plant) -> None:
    """Let version 2 have the users, without being the proven one yet: pausing holds it there."""
    plant.declare(template=template("2"))
    until(plant, lambda: plant.selected("hmi") == "2")
    plant.say(marks.PAUSE, "looking at it")


def test_an_abort_after_the_switch_sends_users_back() -> None:
    """The old version has all its pods still, so all is as it was after one change of the Service."""
    plant = out()
    gone_over(plant)
    plant.say(marks.ABORT, status(plant).current_pod_hash)
    until(plant, lambda: plant.selected("hmi") == "1")
    assert plant.counts() == {"1": 3, "2": 3}
    plant.settle()
    assert (plant.counts(), services(plant), status(plant).phase) == ({"1": 3, "2": 0}, ("1", "1"), Phase.FAILED)


def test_users_go_back_only_to_pods_that_are_there() -> None:
    """While the old version has fewer available pods than the new one, an abort leaves users where they are served."""
    plant = out()
    gone_over(plant)
    plant.bad = {"1"}
    plant.tick()
    plant.say(marks.ABORT, status(plant).current_pod_hash)
    plant.settle(30)
    assert (plant.selected("hmi"), plant.counts(), reason(plant)) == ("2", {"1": 3, "2": 3}, "Aborting")
    assert marks.SCALE_DOWN_AT not in plant.revisions()["2"]["metadata"]["annotations"]
    plant.bad, plant.slow = set(), True
    until(plant, lambda: plant.selected("hmi") == "1")
    assert plant.revisions()["1"]["status"]["availableReplicas"] == 3
    plant.settle()
    assert (plant.selected("hmi"), plant.counts()) == ("1", {"1": 3, "2": 0})


def test_promoted_in_full() -> None:
    """The preview's size, the wait and what is left are skipped; all pods are there first nevertheless."""
    plant = out(autoPromotionEnabled=False, previewReplicaCount=1)
    plant.declare(template=template("2"))
    plant.settle()
    plant.slow = True
    plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/full")
    until(plant, lambda: plant.selected("hmi") == "2")
    assert plant.revisions()["2"]["status"]["availableReplicas"] == 3
    plant.settle()
    assert (plant.counts(), status(plant).phase) == ({"1": 0, "2": 3}, Phase.COMPLETED)


def test_promoted_in_full_after_an_abort() -> None:
    """Who aborted too early may have it all the same."""
    plant = out(autoPromotionEnabled=False)
    plant.declare(template=template("2"))
    plant.settle()
    plant.say(marks.ABORT, status(plant).current_pod_hash)
    plant.settle()
    plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/full")
    plant.settle()
    assert (plant.counts(), services(plant), status(plant).phase) == ({"1": 0, "2": 3}, ("2", "2"), Phase.COMPLETED)


def test_retried_after_an_abort() -> None:
    """It begins anew: the preview is there again, and waits again, and no time at which it was to go is left."""
    plant = out(autoPromotionEnabled=False)
    plant.declare(template=template("2"))
    plant.settle()
    hash_ = status(plant).current_pod_hash
    plant.say(marks.ABORT, hash_)
    until(plant, lambda: marks.SCALE_DOWN_AT in plant.revisions()["2"]["metadata"]["annotations"])
    aborted_at = status(plant).aborted_at
    assert aborted_at is not None
    plant.say(marks.RETRY, f"{hash_}/{aborted_at:%Y-%m-%dT%H:%M:%SZ}")
    plant.settle()
    plant.tick(3600)
    plant.settle()
    assert (services(plant), plant.counts(), status(plant).phase) == (("1", "2"), {"1": 3, "2": 3}, Phase.PAUSED)


def test_a_third_version_while_the_second_waits() -> None:
    """The second one's pods go, for nobody was sent to them; users stay on the first."""
    plant = out(autoPromotionEnabled=False)
    plant.declare(template=template("2"))
    plant.settle()
    plant.declare(template=template("3"))
    plant.settle()
    assert (plant.counts(), services(plant)) == ({"1": 3, "2": 0, "3": 3}, ("1", "3"))


def test_a_third_version_before_the_second_is_proven() -> None:
    """Users go back to the proven one, and the pods they were on stay for the delay."""
    plant = out(scaleDownDelaySeconds=60, autoPromotionSeconds=3000)
    plant.declare(template=template("2"))
    plant.settle(wait=False)
    plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/preview")
    until(plant, lambda: plant.selected("hmi") == "2")
    plant.declare(template=template("3"))
    until(plant, lambda: services(plant) == ("1", "3"))
    left = plant.at
    until(plant, lambda: plant.counts() == {"1": 3, "2": 3, "3": 3})
    until(plant, lambda: plant.counts()["2"] == 0, secs=1.0)
    assert plant.at - left >= timedelta(seconds=60)


def test_back_to_the_old_version_within_its_delay() -> None:
    """Its pods are there still; the version that users leave has its own delay."""
    plant = out(scaleDownDelaySeconds=60)
    plant.declare(template=template("2"))
    until(plant, lambda: status(plant).phase is Phase.COMPLETED)
    until(plant, lambda: marks.SCALE_DOWN_AT in plant.revisions()["1"]["metadata"]["annotations"])
    plant.declare(template=template("1"))
    until(plant, lambda: plant.selected("hmi") == "1")
    assert plant.counts() == {"1": 3, "2": 3}
    assert marks.SCALE_DOWN_AT not in plant.revisions()["1"]["metadata"]["annotations"]
    plant.settle()
    assert (plant.counts(), status(plant).phase) == ({"1": 3, "2": 0}, Phase.COMPLETED)


def test_it_is_over_when_users_are_seen_to_be_back() -> None:
    """While the Service cannot be changed it is Aborting; back at the old template it is not out yet."""
    plant = out(abortScaleDownDelaySeconds=0)
    gone_over(plant)
    plant.say(marks.PAUSE, None)
    plant.say(marks.ABORT, status(plant).current_pod_hash)
    for _ in range(3):
        plant.look()
        plant.carry_out(ObjectFailureKind.CHANGED)
    assert (plant.selected("hmi"), reason(plant)) == ("2", "Aborting")
    plant.declare(template=template("1"))
    for _ in range(3):
        plant.look()
        plant.carry_out(ObjectFailureKind.CHANGED)
    assert (plant.selected("hmi"), status(plant).phase, status(plant).finished_at) == ("2", Phase.PROGRESSING, None)
    plant.settle()
    assert (services(plant), status(plant).phase) == (("1", "1"), Phase.COMPLETED)


def test_a_service_of_somebody_else_moves_when_all_pods_are_there() -> None:
    """Users of what another controller made are moved to all pods, not to the first one that is up."""
    plant = Plant(spec(blue_green(), replicas=3), slow=True)
    key = type(KEY)("Service", KEY.namespace, "hmi")
    for name in ("hmi", "hmi-preview"):
        plant.service(name)
    plant.store(key, {**plant.objects[key], "spec": {"selector": {"app": "hmi", marks.HASH: "another"}}})
    until(plant, lambda: plant.selected("hmi") == "1")
    assert plant.revisions()["1"]["status"]["availableReplicas"] == 3


def test_users_of_what_is_gone_move_at_once() -> None:
    """Somebody does without the version whose ReplicaSet is gone: the first pod of the new one is better than none."""
    plant = out(autoPromotionEnabled=False)
    plant.slow = True
    plant.declare(template=template("2"))
    until(plant, lambda: plant.revisions().get("2", {}).get("status", {}).get("availableReplicas") == 1, secs=0.1)
    gone = next(k for k, each in plant.objects.items() if each is plant.revisions()["1"])
    del plant.objects[gone]
    plant.stays(2)
    assert plant.selected("hmi") == ""
    plant.slow = True
    plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/full")
    plant.look()
    plant.carry_out()
    assert plant.selected("hmi") == "2"
    plant.settle()
    assert (plant.counts(), status(plant).phase) == ({"2": 3}, Phase.COMPLETED)


def test_users_of_a_superseded_version_keep_their_pods_until_they_can_go_back() -> None:
    """A third version comes while the first has no pods: the second, which users are on, stays whole."""
    plant = out()
    gone_over(plant)
    plant.bad = {"1"}
    plant.tick()
    plant.declare(template=template("3"))
    plant.settle(30)
    assert (plant.selected("hmi"), plant.counts()["2"]) == ("2", 3)
    plant.bad = set()
    plant.settle()
    assert (plant.selected("hmi"), plant.counts()["2"]) == ("1", 0)


def proven_and_not_noted(plant: Plant, version: str) -> None:
    """Let a version be the proven one, with the time until when the one before is kept not written yet."""
    plant.declare(template=template(version))
    until(plant, lambda: plant.selected("hmi") == version)
    plant.look()
    assert status(plant).stable_rs == status(plant).current_pod_hash
    plant.carry_out(ObjectFailureKind.CHANGED)


def test_old_pods_stay_while_users_may_be_on_them() -> None:
    """The delay does not begin while the Service shows something else than what it is to select."""
    plant = out(scaleDownDelaySeconds=60)
    proven_and_not_noted(plant, "2")
    key = type(KEY)("Service", KEY.namespace, "hmi")
    plant.store(key, {**plant.objects[key], "spec": {"selector": {"app": "hmi"}}})
    plant.bad = {"2"}
    plant.tick()
    plant.bad, plant.slow = set(), True
    plant.tick()
    for _ in range(20):
        plant.at += timedelta(seconds=60)
        plant.look()
        plant.carry_out()
    assert (plant.counts()["1"], plant.selected("hmi")) == (3, "")
    plant.settle()
    assert (plant.counts()["1"], plant.selected("hmi")) == (0, "2")


def test_each_version_that_users_leave_has_its_delay() -> None:
    """However fast versions follow on each other, with requests that fail in between."""
    plant = out(scaleDownDelaySeconds=60)
    plant.declare(template=template("2"))
    until(plant, lambda: marks.SCALE_DOWN_AT in plant.revisions()["1"]["metadata"]["annotations"])
    proven_and_not_noted(plant, "3")
    plant.declare(template=template("1"))
    since = plant.at
    until(plant, lambda: plant.selected("hmi") == "1")
    assert plant.counts() == {"1": 3, "2": 3, "3": 3}
    until(plant, lambda: plant.counts()["2"] == 0, secs=1.0)
    assert plant.at - since >= timedelta(seconds=60)


def test_a_pause_holds_it_at_any_stage() -> None:
    """While somebody lets it pause users go nowhere, and what they are on since is not the proven one yet."""
    plant = out()
    plant.say(marks.PAUSE, "freeze")
    plant.declare(template=template("2"))
    plant.settle()
    assert (services(plant), plant.counts(), status(plant).phase) == (("1", "1"), {"1": 3, "2": 0}, Phase.PAUSED)
    plant.say(marks.PAUSE, None)
    until(plant, lambda: plant.selected("hmi") == "2")
    plant.say(marks.PAUSE, "looking at it")
    plant.settle()
    assert status(plant).stable_rs != status(plant).current_pod_hash
    plant.say(marks.PAUSE, None)
    plant.settle()
    assert (plant.counts(), status(plant).phase) == ({"1": 0, "2": 3}, Phase.COMPLETED)


def test_a_preview_that_does_not_come_up_waits_for_nobody() -> None:
    """Neither the wait nor the promotion begins before its pods are there."""
    plant = out(autoPromotionEnabled=False)
    plant.bad = {"2"}
    plant.declare(template=template("2"))
    plant.settle(20, wait=False)
    assert (status(plant).pause_conditions, status(plant).phase) == ((), Phase.PROGRESSING)


def test_what_breaks_right_after_the_switch_is_not_proven() -> None:
    """Users are on it, its pods die: the old version is still what an abort goes back to, with all its pods."""
    plant = out()
    plant.declare(template=template("2"))
    until(plant, lambda: plant.selected("hmi") == "2")
    plant.bad = {"2"}
    plant.tick()
    plant.settle(20, wait=False)
    assert (status(plant).stable_rs != status(plant).current_pod_hash, plant.counts()["1"]) == (True, 3)
    plant.say(marks.ABORT, status(plant).current_pod_hash)
    plant.settle()
    assert (plant.selected("hmi"), plant.counts()) == ("1", {"1": 3, "2": 0})


@pytest.mark.parametrize("stage", ["preview", "switch", "after", "abort"])
def test_another_number_of_pods_at_any_stage(stage: str) -> None:
    """Wherever it stands, all revisions that need them get the new number of pods, and users lose none."""
    plant = out(autoPromotionEnabled=stage != "preview", scaleDownDelaySeconds=60)
    plant.declare(template=template("2"))
    if stage == "preview":
        plant.settle()
    elif stage == "switch":
        until(plant, lambda: status(plant).blue_green.active_selector == status(plant).current_pod_hash)
    else:
        until(plant, lambda: plant.selected("hmi") == "2")
    if stage == "abort":
        plant.say(marks.ABORT, status(plant).current_pod_hash)
    plant.slow = True
    plant.declare(replicas=6)
    for _ in range(400):
        plant.look()
        if plant.request is not None:
            plant.carry_out()
        served = plant.revisions()[plant.selected("hmi")]["status"]["availableReplicas"]
        assert served >= 3
        plant.tick(0.3)
    wanted = {"preview": {"1": 6, "2": 6}, "abort": {"1": 6, "2": 0}}.get(stage, {"1": 0, "2": 6})
    assert plant.counts() == wanted


def test_a_restart_at_any_time_comes_to_the_same_end() -> None:
    """Killed between any two requests, with a status that says it was going to, it ends as it would have."""
    for kill in range(40):
        plant = out(replicas=2, previewReplicaCount=1, autoPromotionSeconds=5)
        plant.declare(template=template("2"))
        for turn in range(kill):
            plant.look()
            if plant.request is not None and turn < kill - 1:
                plant.carry_out()
            plant.tick()
        plant.restart()
        plant.settle()
        assert (plant.counts(), services(plant)) == ({"1": 0, "2": 2}, ("2", "2"))


def test_a_service_that_somebody_else_changed_is_put_right() -> None:
    """Users are where the status says that they are, whoever edits the Service or takes the hash out of it."""
    plant = out()
    for selector in ({"app": "hmi"}, {"app": "hmi", marks.HASH: "nobody"}):
        key = type(KEY)("Service", KEY.namespace, "hmi")
        plant.store(key, {**plant.objects[key], "spec": {"selector": selector}})
        plant.settle()
        assert plant.selected("hmi") == "1"


def test_without_its_active_service_nothing_goes_over() -> None:
    """A Service that is not there cannot be moved: the old version is kept as it is."""
    plant = out()
    del plant.objects[type(KEY)("Service", KEY.namespace, "hmi")]
    plant.declare(template=template("2"))
    plant.settle()
    assert plant.counts() == {"1": 3, "2": 3}
    assert status(plant).blue_green.active_selector == status(plant).stable_rs != status(plant).current_pod_hash


def test_from_blue_green_to_a_canary() -> None:
    """Users get both versions then, so the hash leaves the Service; counts are 2 desired, 2 current, 1 updated."""
    plant = out(replicas=2)
    plant.declare(
        strategy={"canary": {"steps": [{"setWeight": 50}, {"pause": {}}], "maxSurge": 1}}, template=template("2")
    )
    plant.settle()
    assert plant.counts() == {"1": 1, "2": 1}
    assert (plant.selected("hmi"), plant.selected("hmi-preview")) == ("", "")
    assert status(plant).services == ()
    assert (status(plant).phase, status(plant).current_step_index) == (Phase.PAUSED, 1)


def test_from_blue_green_to_a_canary_in_mid_life() -> None:
    """What waited for somebody begins with the first step, and the Service is let go when its share is small."""
    plant = out(replicas=4, autoPromotionEnabled=False)
    plant.declare(template=template("2"))
    plant.settle()
    plant.declare(strategy={"canary": {"steps": [{"setWeight": 25}, {"pause": {}}]}})
    until(plant, lambda: plant.selected("hmi") == "")
    assert plant.counts()["2"] == 1
    plant.settle()
    assert (plant.counts(), status(plant).current_step_index) == ({"1": 3, "2": 1}, 1)


def test_to_a_canary_while_users_are_on_the_new_version() -> None:
    """They get both versions at once then: the new one's share shrinks only when they can reach the old one, too."""
    plant = out(replicas=4)
    gone_over(plant)
    plant.declare(strategy={"canary": {"steps": [{"setWeight": 25}, {"pause": {}}]}})
    plant.say(marks.PAUSE, None)
    until(plant, lambda: plant.selected("hmi") == "")
    assert plant.counts() == {"1": 4, "2": 4}
    plant.settle()
    assert plant.counts() == {"1": 3, "2": 1}


def test_to_a_canary_while_old_pods_are_still_there() -> None:
    """Users of a promoted version are not sent back to the old one: the Service is let go when its pods are gone."""
    plant = out(scaleDownDelaySeconds=60)
    plant.declare(template=template("2"))
    until(plant, lambda: marks.SCALE_DOWN_AT in plant.revisions()["1"]["metadata"]["annotations"])
    plant.declare(strategy={"canary": {}})
    until(plant, lambda: plant.selected("hmi") == "")
    assert plant.counts() == {"1": 0, "2": 3}


def test_back_to_blue_green_it_waits_again() -> None:
    """What was let past its wait before another strategy came waits anew."""
    plant = out(autoPromotionEnabled=False, previewReplicaCount=1)
    plant.declare(template=template("2"))
    plant.settle()
    plant.bad = {"2"}
    plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/preview")
    plant.settle(20, wait=False)
    green = plant.spec["strategy"]
    for strategy in ({"canary": {"steps": [{"setWeight": 25}, {"pause": {}}]}}, green):
        plant.declare(strategy=strategy)
        plant.settle(20, wait=False)
        plant.bad = set()
    plant.settle()
    assert (services(plant), status(plant).phase) == (("1", "2"), Phase.PAUSED)


def test_from_a_canary_to_blue_green_in_mid_life() -> None:
    """The old version gets all its pods again before users are on it alone."""
    plant = Plant(spec({"canary": {"steps": [{"setWeight": 50}, {"pause": {}}]}}, replicas=4))
    plant.service("hmi")
    plant.service("hmi-preview")
    plant.settle()
    plant.declare(template=template("2"))
    plant.settle()
    assert plant.counts() == {"1": 2, "2": 2}
    plant.slow = True
    plant.declare(strategy=blue_green(autoPromotionEnabled=False, previewReplicaCount=1))
    for _ in range(20):
        plant.look()
        while plant.request is not None:
            plant.carry_out()
            plant.look()
            assert plant.available() >= 4
            assert plant.selected("hmi") == "" or plant.revisions()["1"]["status"]["availableReplicas"] == 4
        plant.tick()
    plant.settle()
    assert (plant.counts(), services(plant)) == ({"1": 4, "2": 1}, ("1", "2"))


def test_a_service_that_another_rollout_has_taken_is_left_alone() -> None:
    """One that is named no more, and selects what is not ours, is another's: its selector stays."""
    plant = out()
    key = type(KEY)("Service", KEY.namespace, "hmi")
    plant.store(key, {**plant.objects[key], "spec": {"selector": {"app": "hmi", marks.HASH: "foreign"}}})
    plant.declare(strategy={"canary": {}})
    plant.settle()
    assert plant.objects[key]["spec"]["selector"][marks.HASH] == "foreign"


def test_a_word_for_another_wait_changes_nothing() -> None:
    """A promotion says which wait it means: one that is over, or has not come, is told and changes nothing."""
    plant = out(autoPromotionEnabled=False)
    plant.declare(template=template("2"))
    plant.settle()
    hash_ = status(plant).current_pod_hash
    for word, why in (("active", "its users are not there yet"), ("3", "a blue-green waits at preview or active")):
        plant.say(marks.PROMOTE, f"{hash_}/{word}")
        plant.settle()
        assert plant.selected("hmi") == "1"
        assert plant.notices[-1].message.endswith(f"changes nothing: {why}")
