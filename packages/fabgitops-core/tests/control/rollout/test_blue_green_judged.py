"""A blue-green that is judged: before users go over to the new version, and afterwards while the old one is whole."""

from typing import Any

import pytest
from fabgitops_core.api.analysis.template import AnalysisTemplateSpec
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import Phase

from .test_blue_green import out, reason, services, status, until
from .workshop import Plant, template

RATE = {
    "name": "rate",
    "successCondition": "result[0] < 1",
    "failureCondition": "result[0] > 5",
    "provider": {"prometheus": {"query": "q"}},
}
GOOD, BAD, UNSURE = (0.5,), (9.0,), (3.0,)


def judged(before: Any = GOOD, after: Any = GOOD, **strategy: Any) -> Plant:
    """Return a plant in which version 1 is out, and others are judged before and after they go over."""
    refs = {name: {"templates": [{"templateName": name}]} for name in ("before", "after")}
    plant = out(prePromotionAnalysis=refs["before"], postPromotionAnalysis=refs["after"], **strategy)
    for name, answer in (("before", before), ("after", after)):
        plant.offers[("AnalysisTemplate", name)] = (AnalysisTemplateSpec.model_validate({"metrics": [RATE]}), "")
        plant.answers[f"{name}/rate"] = list(answer)
    return plant


def test_it_is_judged_twice_and_the_first_version_never() -> None:
    """One measurement before users are on it, one after, and none of the first version."""
    plant = judged()
    assert plant.measured == []
    plant.declare(template=template("2"))
    until(plant, lambda: plant.measured == ["before/rate"])
    assert (services(plant), plant.counts()) == (("1", "2"), {"1": 3, "2": 3})
    until(plant, lambda: plant.measured == ["before/rate", "after/rate"])
    assert services(plant) == ("2", "2")
    plant.settle()
    assert (status(plant).phase, plant.measured) == (Phase.COMPLETED, ["before/rate", "after/rate"])


def test_what_fails_before_gets_no_users() -> None:
    """It is given up, and the active Service never moved."""
    plant = judged(before=BAD, after=BAD)
    plant.declare(template=template("2"))
    plant.settle()
    assert (services(plant), plant.counts(), plant.measured) == (("1", "1"), {"1": 3, "2": 0}, ["before/rate"])
    assert reason(plant) == "RolloutAborted"
    assert "the analysis before the promotion says Failed" in status(plant).message


def test_what_fails_after_loses_its_users_at_once() -> None:
    """They are back on the old version, which has all its pods still; the next good version gets through."""
    plant = judged(after=BAD)
    plant.declare(template=template("2"))
    until(plant, lambda: plant.selected("hmi") == "2")
    until(plant, lambda: plant.selected("hmi") == "1")
    assert plant.counts() == {"1": 3, "2": 3}
    plant.settle()
    assert (plant.counts(), reason(plant)) == ({"1": 3, "2": 0}, "RolloutAborted")
    plant.answers["after/rate"] = list(GOOD)
    plant.declare(template=template("3"))
    plant.settle()
    assert (services(plant), status(plant).phase) == (("3", "3"), Phase.COMPLETED)


@pytest.mark.parametrize("auto", [True, False])
def test_what_cannot_tell_before_waits_for_somebody(auto: bool) -> None:
    """A promotion goes past it, and where it waits for one anyway that is another; nothing is measured again."""
    plant = judged(before=UNSURE, autoPromotionEnabled=auto)
    plant.declare(template=template("2"))
    for why in ("InconclusiveAnalysisRun", "BlueGreenPause")[: 1 if auto else 2]:
        plant.settle()
        assert [each.reason for each in status(plant).pause_conditions] == [why]
        assert services(plant) == ("1", "2")
        plant.say(marks.PROMOTE, None)
        plant.settle()
        plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/preview")
    plant.settle()
    assert (services(plant), status(plant).phase) == (("2", "2"), Phase.COMPLETED)
    assert plant.measured == ["before/rate", "after/rate"]


def test_what_cannot_tell_after_waits_for_somebody() -> None:
    """Users are on it, the old version is whole meanwhile; a promotion makes it the proven one."""
    plant = judged(after=UNSURE)
    plant.declare(template=template("2"))
    plant.settle()
    plant.tick(3600)
    plant.settle()
    assert (services(plant), plant.counts(), status(plant).phase) == (("2", "2"), {"1": 3, "2": 3}, Phase.PAUSED)
    plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/active")
    plant.settle()
    assert (plant.counts(), status(plant).phase) == ({"1": 0, "2": 3}, Phase.COMPLETED)


def test_a_promotion_in_full_is_not_judged() -> None:
    """No further analysis is made, before or after."""
    plant = judged(autoPromotionEnabled=False)
    plant.declare(template=template("2"))
    plant.settle()
    plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/full")
    plant.settle()
    assert (plant.measured, status(plant).phase) == (["before/rate"], Phase.COMPLETED)


def test_what_cannot_be_judged_goes_nowhere() -> None:
    """A template that is not there is named, and users stay where they are."""
    plant = judged()
    del plant.offers[("AnalysisTemplate", "after")]
    plant.declare(template=template("2"))
    plant.settle()
    assert (services(plant), reason(plant)) == (("1", "2"), "ReferenceNotFound")
    assert "after" in status(plant).message


def test_an_analysis_may_last_longer_than_the_deadline() -> None:
    """While it is judged it makes progress enough, also where a lack of it would give it up."""
    long = {**RATE, "interval": "60s", "count": 20}
    plant = judged(more={"progressDeadlineSeconds": 100, "progressDeadlineAbort": True})
    plant.offers[("AnalysisTemplate", "before")] = (AnalysisTemplateSpec.model_validate({"metrics": [long]}), "")
    plant.declare(template=template("2"))
    plant.settle()
    assert (services(plant), status(plant).phase) == (("2", "2"), Phase.COMPLETED)


def test_back_within_the_window_it_is_not_judged() -> None:
    """What was proven before needs no further analysis; farther back it is judged as anything else."""
    for window, more in ((5, 0), (0, 2)):
        plant = judged(more={"rollbackWindow": {"revisions": window}})
        plant.declare(template=template("2"))
        plant.settle()
        before = len(plant.measured)
        plant.declare(template=template("1"))
        plant.settle()
        assert (services(plant), len(plant.measured) - before) == (("1", "1"), more)


def test_killed_at_any_time_it_is_judged_once() -> None:
    """What was measured is in the status, so no restart measures it again, or lets it pass without."""
    for kill in range(30):
        plant = judged(scaleDownDelaySeconds=0)
        plant.declare(template=template("2"))
        for turn in range(kill):
            plant.look()
            if plant.request is not None and turn < kill - 1:
                plant.carry_out()
            plant.tick()
        plant.restart()
        plant.settle()
        assert (services(plant), plant.measured) == (("2", "2"), ["before/rate", "after/rate"])
