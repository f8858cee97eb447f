"""A blue-green that is judged before all users go over to the new version, and after."""

from typing import Any

import pytest
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import Phase

from .test_blue_green import blue_green, services, status
from .test_judged import CHECKS, ONCE, TWO_SIDED, offer, verdicts, why
from .test_told import FIRST, outcomes, told
from .workshop import Plant, spec, template

AFTERWARDS = {"templates": [{"templateName": "afterwards"}]}
BOTH = {"prePromotionAnalysis": CHECKS, "postPromotionAnalysis": AFTERWARDS}


def plant(metric: dict[str, Any] = ONCE, **more: Any) -> Plant:
    """Return a plant in which version 1 is out, and both analyses are there, which succeed."""
    found = Plant(spec(blue_green(**{**BOTH, **more}), replicas=3))
    offer(found, metric)
    offer(found, metric, name="afterwards")
    found.answers |= {"checks/rate": [0.5], "afterwards/rate": [0.5]}
    found.service("hmi")
    found.service("hmi-preview")
    found.settle()
    assert (status(found).phase, status(found).analyses) == (Phase.COMPLETED, ())
    return found


def updated(of: Plant) -> Plant:
    """Return the plant when version 2 has gone as far as it goes by itself."""
    of.declare(template=template("2"))
    of.settle()
    return of


def test_judged_before_and_after() -> None:
    """Both succeed: users go over after the first, and the new version is the proven one after the second."""
    one = updated(plant())
    assert (verdicts(one), status(one).phase) == ({1: "Successful", 2: "Successful"}, Phase.COMPLETED)
    assert (one.measured, services(one)) == (["checks/rate", "afterwards/rate"], ("2", "2"))
    assert [each for each in told(one)[len(FIRST) :] if not each.startswith("rollout.")] == [
        "pipelinerun.started",
        *("testsuiterun.started", "testsuiterun.finished") * 2,
        "service.upgraded",
        "pipelinerun.finished",
    ]


def test_a_failure_before_keeps_users_where_they_are() -> None:
    """No user ever reaches the new version."""
    one = plant()
    one.answers["checks/rate"] = [7.0]
    updated(one)
    assert (verdicts(one), status(one).phase) == ({1: "Failed"}, Phase.FAILED)
    assert one.selected("hmi") == "1"
    assert status(one).cause.startswith("the analysis before the promotion says Failed")
    assert told(one)[-3:] == ["incident.detected", "service.rolledback", "pipelinerun.finished"]


def test_a_failure_after_takes_users_back() -> None:
    """All users are back on the old version, which had all its pods so long."""
    one = plant()
    one.answers["afterwards/rate"] = [7.0]
    updated(one)
    assert (verdicts(one), status(one).phase) == ({1: "Successful", 2: "Failed"}, Phase.FAILED)
    assert (one.selected("hmi"), one.counts()["1"]) == ("1", 3)
    assert outcomes(one) == ["success", "failure"]


def test_another_revision_after_a_failure() -> None:
    """The next revision is judged anew, and goes out."""
    one = plant()
    one.answers["afterwards/rate"] = [7.0]
    updated(one)
    one.answers["afterwards/rate"] = [0.5]
    one.declare(template=template("3"))
    one.settle()
    assert (verdicts(one), services(one)) == ({1: "Successful", 2: "Successful"}, ("3", "3"))
    assert outcomes(one) == ["success", "failure", "success"]


@pytest.mark.parametrize(("name", "number", "stop"), [("checks", 1, "preview"), ("afterwards", 2, "active")])
def test_what_cannot_tell_waits(name: str, number: int, stop: str) -> None:
    """It waits at that stop until somebody promotes it; the same analysis is not made again."""
    one = plant(TWO_SIDED)
    one.answers[f"{name}/rate"] = [3.0]
    updated(one)
    assert (verdicts(one)[number], why(one)) == ("Inconclusive", ["InconclusiveAnalysisRun"])
    assert one.selected("hmi") == ("1" if stop == "preview" else "2")
    one.say(marks.PROMOTE, f"{status(one).current_pod_hash}/{stop}")
    one.settle()
    assert (status(one).phase, services(one)) == (Phase.COMPLETED, ("2", "2"))
    assert one.measured.count(f"{name}/rate") == 1


def test_promoted_in_full_while_it_is_judged() -> None:
    """What runs ends without a verdict, and nothing further is begun."""
    one = plant({**ONCE, "interval": "5s", "count": 100})
    one.declare(template=template("2"))
    one.stays(20)
    assert verdicts(one) == {1: "Running"}
    one.say(marks.PROMOTE, f"{status(one).current_pod_hash}/full")
    one.settle()
    assert (verdicts(one), services(one)) == ({1: "Inconclusive"}, ("2", "2"))


def test_a_word_on_an_analysis_is_none_on_the_gate() -> None:
    """Who goes past an analysis that could not tell has not let users go over: that takes another word."""
    one = plant(TWO_SIDED, autoPromotionEnabled=False)
    one.answers["checks/rate"] = [3.0]
    updated(one)
    assert why(one) == ["InconclusiveAnalysisRun"]
    one.say(marks.PROMOTE, f"{status(one).current_pod_hash}/preview")
    one.settle()
    assert (why(one), one.selected("hmi")) == (["BlueGreenPause"], "1")
    one.say(marks.PROMOTE, None)
    one.settle()
    one.say(marks.PROMOTE, f"{status(one).current_pod_hash}/preview")
    one.settle()
    assert services(one) == ("2", "2")


@pytest.mark.parametrize("again", ["retry", "declared"])
def test_what_begins_again_is_let_past_nothing_yet(again: str) -> None:
    """It was given up while the old pods were too few to have users back: those it has are no leave to go over."""
    one = plant(autoPromotionEnabled=False)
    one.answers["afterwards/rate"] = [7.0]
    updated(one)
    one.bad = {"1"}
    one.tick()
    one.say(marks.PROMOTE, f"{status(one).current_pod_hash}/preview")
    one.settle()
    assert (status(one).abort, one.selected("hmi"), len(one.measured)) == (True, "2", 2)
    if again == "retry":
        one.say(marks.RETRY, f"{status(one).current_pod_hash}/{status(one).aborted_at:%Y-%m-%dT%H:%M:%SZ}")
    else:
        one.declare(template=template("3"))
        one.look()
        one.carry_out()
        one.declare(template=template("2"))
    one.settle()
    assert one.measured[2:] == ["checks/rate"], "it is judged before, once more"
    assert (why(one), status(one).blue_green.active_selector) == (["BlueGreenPause"], status(one).stable_rs)
    one.bad = set()
    one.settle()
    assert services(one) == ("1", "2")


def test_users_do_not_go_over_to_what_could_not_be_judged() -> None:
    """Where the template for afterwards is missing they stay where they are, and it is said."""
    one = plant()
    template_ = one.offers.pop(("AnalysisTemplate", "afterwards"))
    updated(one)
    assert (one.selected("hmi"), one.measured) == ("1", [])
    assert (
        "the analysis after the promotion cannot begin: there is no AnalysisTemplate afterwards" in status(one).message
    )
    one.offers[("AnalysisTemplate", "afterwards")] = template_
    one.settle()
    assert services(one) == ("2", "2")


def test_killed_at_any_time_it_comes_to_the_same_end() -> None:
    """Each analysis is made once, and what is told has the ids that it would have had."""
    ids = {each.id for each in updated(plant()).happenings}
    for kill in range(0, 36, 2):
        one = plant()
        one.declare(template=template("2"))
        for turn in range(kill):
            one.look()
            if one.request is not None and turn < kill - 1:
                one.carry_out()
            one.tick()
        one.restart()
        one.settle()
        assert (verdicts(one), services(one)) == ({1: "Successful", 2: "Successful"}, ("2", "2"))
        assert {each.id for each in one.happenings} == ids
