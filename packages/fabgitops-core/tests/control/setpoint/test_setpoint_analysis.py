"""A change that is judged by what is measured: when it is, and what each verdict does to it."""

from typing import Any

import pytest
from fabgitops_core.api.analysis.template import AnalysisTemplateSpec
from fabgitops_core.api.setpoint.status import AnalysisStatus, MetricStatus, PausedBy

from .floor import NEW, NEWER, OLD, Floor

ONCE = {"name": "rate", "successCondition": "result[0] < 1", "provider": {"prometheus": {"query": "q"}}}
OFTEN = {**ONCE, "interval": "20s"}
CHECKS = {"templates": [{"templateName": "checks"}]}
JUDGED = [{"count": 1}, {"percent": 50, "analysis": CHECKS}, {"percent": 100}]
NOTHING: list[float] = []


def floor(metric: dict[str, Any], **changes: Any) -> Floor:
    """Return a fleet whose changes are judged by one metric."""
    found = Floor(**{"deadlineSeconds": 300, **changes})
    spec = AnalysisTemplateSpec.model_validate({"metrics": [metric]})
    found.offers = {("AnalysisTemplate", "checks"): (spec, "")}
    return found.muster().git(NEW)


def analysis(of: Floor, wave: int = 0) -> AnalysisStatus:
    """Return an analysis of the status."""
    return next(each for each in of.status.analyses if each.wave == wave)


def test_the_templates_are_consulted() -> None:
    """The templates of the whole change and of each wave are those that it wants to know of."""
    one = Floor(analysis={"templates": [{"templateName": "a"}]}, waves=JUDGED)
    assert one.controller.consults(one.state) == {("AnalysisTemplate", "a"), ("AnalysisTemplate", "checks")}
    one.spec = None
    one.declare()
    assert one.controller.consults(one.state) == frozenset()


def test_a_change_is_measured_from_its_first_permit_to_its_end() -> None:
    """The analysis of the whole change begins with it, measures in every wave, and is a success at the end."""
    one = floor(OFTEN, analysis=CHECKS).muster()
    assert one.status.analyses == ()
    one.until("Releasing")
    assert analysis(one).verdict == "Running"
    one.until("Done")
    assert analysis(one).verdict == "Successful"
    assert 9 <= len(one.measured) <= 11
    count = len(one.measured)
    one.wait(100, beat=5)
    assert len(one.measured) == count


def test_nothing_begins_that_could_not_be_judged() -> None:
    """Where a template is not there or an argument is missing nothing is released, and it is said."""
    one = floor(OFTEN, waves=JUDGED)
    checks = one.offers.pop(("AnalysisTemplate", "checks"))
    one.wait(20)
    assert one.phase == "Planning"
    assert one.condition("Stalled") == ("True", "AnalysisInvalid")
    assert "the analysis of wave 2 cannot begin: there is no AnalysisTemplate checks" in one.status.message
    assert not one.permits
    one.offers[("AnalysisTemplate", "checks")] = checks
    one.until("Done")


@pytest.mark.parametrize(("answer", "verdict"), [([7.0], "Failed"), ("no connection", "Error")])
def test_what_is_measured_can_take_it_back(answer: Any, verdict: str) -> None:
    """A metric that fails, or cannot be measured any more, is a failure in any phase, and all is put back."""
    one = floor(OFTEN, analysis=CHECKS).until("Baking", 2)
    one.answers["checks/rate"] = answer
    one.until("Aborted", most=120)
    assert one.holding(OLD) == sorted(one.plcs)
    assert one.status.given_up == "AnalysisFailed"
    assert f"the analysis of the whole change says {verdict}" in one.status.cause
    assert analysis(one).verdict == verdict


def test_a_wave_is_judged_when_it_has_baked() -> None:
    """The analysis of a wave is made when the wave has baked, and the next wave begins after it."""
    one = floor({**OFTEN, "count": 3}, waves=JUDGED).until("Analysing")
    assert one.status.wave == 2
    assert one.measured == ["checks/rate"]
    one.wait(30)
    assert one.phase == "Analysing"
    one.until("Releasing", 3, most=30)
    assert len(one.measured) == 3
    assert analysis(one, 2).verdict == "Successful"


def test_what_is_measured_often_keeps_nothing_else_from_its_turn() -> None:
    """A wave is judged although there is always something to measure for the whole change."""
    one = floor(ONCE, analysis={"templates": [{"templateName": "often"}]}, waves=JUDGED)
    often = AnalysisTemplateSpec.model_validate(
        {"metrics": [{**ONCE, "name": f"m{at}", "interval": "1s"} for at in range(4)]}
    )
    one.offers["AnalysisTemplate", "often"] = (often, "")
    one.until("Analysing", most=200)
    one.until("Releasing", 3, most=30)
    assert "checks/rate" in one.measured


def test_a_wave_that_is_judged_badly_is_put_back() -> None:
    """A wave whose analysis fails is a failure."""
    one = floor({**OFTEN, "count": 3}, waves=JUDGED).until("Analysing")
    one.answers["checks/rate"] = [7.0]
    one.until("Aborted", most=60)
    assert one.holding(OLD) == sorted(one.plcs)


def test_nothing_to_judge_is_no_success() -> None:
    """A metric that never has an answer pauses the change: somebody has to look; promoted it goes on."""
    one = floor({**ONCE, "noDataLimit": 1}, waves=JUDGED)
    one.answers["checks/rate"] = NOTHING
    one.until("Paused", most=200)
    assert one.status.paused_by is PausedBy.INCONCLUSIVE
    assert one.status.wave == 2
    assert "Inconclusive" in one.status.paused_for
    one.wait(100, beat=5)
    assert one.phase == "Paused"
    one.say(promote=f"{one.status.revision}/2").until("Done")
    assert one.status.accepted == (2,)


def test_what_goes_on_to_the_end_must_have_been_measured() -> None:
    """An analysis of the whole change that never had an answer waits for somebody before the change is done."""
    one = floor({**OFTEN, "noDataLimit": -1}, analysis=CHECKS)
    one.answers["checks/rate"] = NOTHING
    one.until("Paused")
    assert one.status.wave == 3
    assert one.holding(NEW) == sorted(one.plcs)
    assert one.status.paused_by is PausedBy.INCONCLUSIVE
    one.say(promote=f"{one.status.revision}/3").wait(3)
    assert one.phase == "Done"


def test_an_inconclusive_change_can_be_aborted() -> None:
    """Who looks at what nothing could be judged by may put it back."""
    one = floor({**ONCE, "noDataLimit": 0}, waves=JUDGED)
    one.answers["checks/rate"] = NOTHING
    one.until("Paused", most=200).say(abort=one.status.revision).until("Aborted")
    assert one.holding(OLD) == sorted(one.plcs)


def test_an_analysis_that_does_not_end_has_its_time() -> None:
    """The analysis of a wave that measures without end is over with the deadline, as it stands then."""
    one = floor(OFTEN, waves=JUDGED, deadlineSeconds=90).until("Analysing")
    one.until("Releasing", 3, most=100)
    assert analysis(one, 2).verdict == "Successful"
    assert len(one.measured) == 5


def test_a_failed_analysis_can_pause_and_be_promoted() -> None:
    """With Pause a failed analysis waits; promoted it does not count any more."""
    one = floor(OFTEN, analysis=CHECKS, failurePolicy="Pause").until("Baking", 2)
    one.answers["checks/rate"] = [7.0]
    one.until("Paused", most=60)
    assert one.status.paused_by is PausedBy.FAILURE
    one.say(promote=f"{one.status.revision}/2").until("Done")
    assert one.status.accepted == (0,)
    assert analysis(one).verdict == "Failed"


def test_a_failed_analysis_can_be_retried() -> None:
    """Retried, a wave that paused as its analysis failed is analysed once more."""
    one = floor({**OFTEN, "count": 2}, waves=JUDGED, failurePolicy="Pause").until("Analysing")
    one.answers["checks/rate"] = [7.0]
    one.until("Paused", most=60)
    one.answers.clear()
    one.say(retry=f"{one.status.revision}/1").until("Releasing", 3, most=60)
    assert analysis(one, 2).verdict == "Successful"


def test_a_failed_analysis_can_be_passed_over() -> None:
    """With Continue a failed analysis is said once, and measures no more."""
    one = floor(OFTEN, analysis=CHECKS, failurePolicy="Continue").until("Baking", 2)
    one.answers["checks/rate"] = [7.0]
    one.until("Done")
    assert one.rules().count("AnalysisFailed") == 1


def test_what_fails_while_it_is_paused_counts() -> None:
    """A metric is measured while somebody pauses the change, and takes it back."""
    one = floor(OFTEN, analysis=CHECKS).until("Baking", 2).say(pause="")
    one.answers["checks/rate"] = [7.0]
    one.until("Aborted", most=60)


def test_what_supersedes_is_judged_anew() -> None:
    """A revision that takes the place of another begins its own analysis."""
    one = floor(OFTEN, analysis=CHECKS).until("Baking", 2)
    began = analysis(one).started_at
    one.git(NEWER).wait(1)
    assert one.status.analyses == ()
    one.until("Baking", 1)
    assert analysis(one).started_at > began


def test_permits_wait_for_the_measurement_and_no_longer() -> None:
    """In a pass in which something is measured the permits follow."""
    one = floor(OFTEN, analysis=CHECKS, waves=[{"percent": 100}]).muster()
    one.wait(5)
    assert one.measured == ["checks/rate"]
    assert len(one.permits) == 5


def test_a_restart_measures_when_it_is_due() -> None:
    """A process that begins anew goes on with the measurements that the one before had made."""
    one = floor(OFTEN, analysis=CHECKS).until("Baking", 1)
    one.wait(5)
    count = len(one.measured)
    one.crash().wait(5)
    assert len(one.measured) == count
    one.until("Done")
    assert analysis(one).metrics[0].successful >= 9


@pytest.mark.parametrize("word", ["NoData", "Splendid", ""])
@pytest.mark.parametrize("wave", [0, 2])
def test_a_verdict_that_is_none_waits_for_somebody(wave: int, word: str) -> None:
    """An analysis that another hand has ended with what is no verdict lets nothing go on, and nothing spin."""
    one = floor(OFTEN, analysis=CHECKS, waves=JUDGED).until("Analysing", 2)
    forged = analysis(one, wave).model_copy(update={"verdict": word})
    kept = tuple(forged if each.wave == wave else each for each in one.status.analyses)
    one.stored = one.status.model_copy(update={"analyses": kept})
    one.crash().wait(310)
    assert (one.phase, one.status.paused_by) == ("Paused", PausedBy.INCONCLUSIVE)
    assert one.wake != 0.0
    one.say(promote=f"{one.status.revision}/2").until("Done")


@pytest.mark.parametrize("word", ["NoData", "Splendid", ""])
def test_a_metric_with_a_verdict_that_is_none_is_inconclusive(word: str) -> None:
    """A metric that another hand has ended with what is no verdict could not tell, and is no fault of ours."""
    one = floor(OFTEN, analysis=CHECKS).until("Baking", 2)
    forged = MetricStatus(name="checks/other", verdict=word)
    kept = tuple(
        each.model_copy(update={"metrics": (forged, *each.metrics)}) if each.wave == 0 else each
        for each in one.status.analyses
    )
    one.stored = one.status.model_copy(update={"analyses": kept})
    one.crash().until("Paused", most=60)
    assert one.status.paused_by is PausedBy.INCONCLUSIVE


def test_a_wave_that_is_not_to_be_judged_any_more_can_be_retried() -> None:
    """Who takes the analysis away that has failed, and retries the wave, lets it go on without one."""
    one = floor(OFTEN, failurePolicy="Pause", waves=JUDGED)
    one.answers["checks/rate"] = [7.0]
    one.until("Paused", 2, most=300)
    assert one.status.resume_phase == "Analysing"
    one.declare(waves=[{"count": 1}, {"percent": 50}, {"percent": 100}])
    one.say(retry=f"{one.status.revision}/{one.status.round}").wait(2)
    assert one.wake != 0.0
    one.until("Done", most=300)


@pytest.mark.parametrize("phase", ["Baking", "Analysing"])
def test_an_analysis_that_is_taken_out_of_the_spec_wakes_nobody(phase: str) -> None:
    """A measurement that was due, and is not wanted any more, is not waited for: the fleet is not looked at for it."""
    one = floor(OFTEN, analysis=CHECKS, waves=JUDGED).until(phase, 2)
    one.declare(analysis=None, waves=[{"count": 1}, {"percent": 50}, {"percent": 100}])
    count = len(one.measured)
    one.wait(30)
    assert one.wake is not None
    assert one.wake > 0
    assert len(one.measured) == count
