"""A revision that is judged by what is measured: when it is, and what each verdict does to it."""

from typing import Any

import pytest
from fabgitops_core.api.analysis.status import AnalysisStatus
from fabgitops_core.api.analysis.template import AnalysisTemplateSpec
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import Phase, RolloutStatus
from fabgitops_core.control.analysis.answers import Answer
from fabgitops_core.control.commands import Measure, Patch
from fabgitops_core.control.events import Measured
from fabgitops_core.control.objects import ObjectFailureKind
from fabgitops_core.control.rollout.saying.reasons import RolloutReason

from .workshop import Plant, spec, template

CHECKS = {"templates": [{"templateName": "checks"}]}
ONCE = {"name": "rate", "successCondition": "result[0] < 1", "provider": {"prometheus": {"query": "q"}}}
OFTEN = {**ONCE, "interval": "5s"}
TWO_SIDED = {**ONCE, "successCondition": "result[0] < 1", "failureCondition": "result[0] > 5"}
PAUSES: tuple[dict[str, Any], ...] = ({"setWeight": 25}, {"pause": {}}, {"setWeight": 50}, {"pause": {}})


def plant(*steps: dict[str, Any], metric: dict[str, Any] | None = OFTEN, answer: Any = (0.5,), **more: Any) -> Plant:
    """Return a plant in which version 1 is out, and of version 2 is told what it is judged by."""
    found = Plant(spec({"canary": {"steps": list(steps), **more}}))
    if metric is not None:
        offer(found, metric)
    found.answers["checks/rate"] = list(answer) if isinstance(answer, tuple) else answer
    found.settle()
    assert stands(found).phase is Phase.COMPLETED
    return found


def offer(of: Plant, *metrics: dict[str, Any], name: str = "checks", **more: Any) -> None:
    """Offer a template."""
    of.offers[("AnalysisTemplate", name)] = (AnalysisTemplateSpec.model_validate({"metrics": metrics, **more}), "")


def stands(of: Plant) -> RolloutStatus:
    """Return the status."""
    assert of.status is not None
    return of.status


def analysis(of: Plant, number: int = 0) -> AnalysisStatus:
    """Return an analysis of the status."""
    return next(each for each in stands(of).analyses if each.wave == number)


def verdicts(of: Plant) -> dict[int, str]:
    """Return what each analysis says."""
    return {each.wave: each.verdict for each in stands(of).analyses}


def why(of: Plant) -> list[str]:
    """Return for what it waits."""
    return [each.reason for each in stands(of).pause_conditions]


def promote(of: Plant, step: str = "") -> None:
    """Let it go on, or in full."""
    status = stands(of)
    of.say(marks.PROMOTE, f"{status.current_pod_hash}/{step or status.current_step_index}")


def begun_of(of: Plant) -> int:
    """Return how many analyses were begun, as people are told of it."""
    return sum(each.reason == "AnalysisRunRunning" for each in of.notices)


def test_the_first_deployment_is_not_judged() -> None:
    """There is nothing to compare it with: nothing is measured, whatever the strategy says."""
    one = plant(*PAUSES, {"analysis": CHECKS}, analysis=CHECKS)
    assert (stands(one).analyses, one.measured) == ((), [])


def test_the_templates_are_consulted() -> None:
    """The templates of the background and of each step are those that it wants to know of."""
    one = plant({"setWeight": 25}, {"analysis": {"templates": [{"templateName": "a"}]}}, analysis=CHECKS)
    assert one.controller.consults(one.state) == {("AnalysisTemplate", "a"), ("AnalysisTemplate", "checks")}


def test_the_background_from_its_step_to_the_end() -> None:
    """It begins with the step that it is to begin with, is measured in all that follow, and is a success at the end."""
    one = plant(*PAUSES, analysis={**CHECKS, "startingStep": 2})
    one.declare(template=template("2"))
    one.stays(30)
    assert (stands(one).current_step_index, stands(one).analyses) == (1, ())
    promote(one)
    one.stays(31)
    assert verdicts(one) == {0: "Running"}
    assert 5 <= len(one.measured) <= 7
    promote(one)
    one.settle()
    assert (verdicts(one), stands(one).phase) == ({0: "Successful"}, Phase.COMPLETED)
    count = len(one.measured)
    one.stays(30)
    assert len(one.measured) == count


def test_it_begins_when_there_is_something_to_judge() -> None:
    """While no pod of the new version is available nothing is measured: it would be about the old one."""
    one = plant(*PAUSES, analysis=CHECKS)
    one.bad = {"2"}
    one.declare(template=template("2"))
    one.stays(30)
    assert stands(one).analyses == ()
    one.bad = set()
    one.stays(3)
    assert verdicts(one) == {0: "Running"}


def test_an_analysis_of_a_step() -> None:
    """When it has passed the next step follows, and it is measured no more."""
    one = plant({"setWeight": 25}, {"analysis": CHECKS}, {"pause": {}}, metric=ONCE)
    one.declare(template=template("2"))
    one.stays(90)
    assert (verdicts(one), why(one), one.measured) == ({2: "Successful"}, ["CanaryPauseStep"], ["checks/rate"])


@pytest.mark.parametrize(("answer", "verdict"), [([7.0], "Failed"), ("no connection", "Error")])
def test_a_step_that_fails(answer: Any, verdict: str) -> None:
    """A failure, or what cannot be measured, gives the revision up: all goes back, and the status says why."""
    metric = {**ONCE, "consecutiveErrorLimit": 0}
    one = plant({"setWeight": 25}, {"analysis": CHECKS}, {"pause": {}}, metric=metric, answer=answer)
    one.declare(template=template("2"))
    one.settle()
    assert (verdicts(one), stands(one).phase, one.counts()) == ({2: verdict}, Phase.FAILED, {"1": 4, "2": 0})
    assert f"the analysis of step 2 says {verdict}: checks/rate" in stands(one).cause


def test_one_of_several_metrics_that_fails_is_enough() -> None:
    """The worst metric of all templates decides."""
    both = {"templates": [{"templateName": "checks"}, {"templateName": "more"}]}
    one = plant({"setWeight": 25}, {"analysis": both}, {"pause": {}}, metric=ONCE)
    offer(one, {**ONCE, "name": "other"}, name="more")
    one.answers["more/other"] = [2.0]
    one.declare(template=template("2"))
    one.settle()
    assert (verdicts(one), stands(one).phase) == ({2: "Failed"}, Phase.FAILED)
    assert sorted(one.measured) == ["checks/rate", "more/other"]


def test_a_background_that_cannot_tell() -> None:
    """It waits; somebody promotes it, and it goes on where it stood, without a second run and without a step less."""
    one = plant(*PAUSES, metric={**TWO_SIDED, "interval": "5s"}, analysis=CHECKS)
    one.declare(template=template("2"))
    one.stays(5)
    promote(one)
    one.answers["checks/rate"] = [3.0]
    one.stays(20)
    assert sorted(why(one)) == ["CanaryPauseStep", "InconclusiveAnalysisRun"]
    assert (stands(one).phase, stands(one).current_step_index) == (Phase.PAUSED, 3)
    promote(one)
    one.settle()
    assert (stands(one).phase, begun_of(one)) == (Phase.COMPLETED, 1)
    assert [each.rule for each in stands(one).decisions][-4:] == [
        "InconclusiveAnalysisRun",
        "Promote",
        "Promoted",
        "Completed",
    ]


def test_promoted_before_its_share_is_there() -> None:
    """What cannot tell while pods still come up keeps the step: a promotion does not skip it."""
    one = plant(
        {"setWeight": 50}, {"pause": {}}, metric={**TWO_SIDED, "interval": "5s"}, answer=(3.0,), analysis=CHECKS
    )
    one.slow = True
    one.declare(template=template("2"))
    one.stays(2)
    assert (why(one), stands(one).current_step_index) == (["InconclusiveAnalysisRun"], 0)
    one.bad = {"2"}
    one.tick()
    promote(one)
    one.stays(3)
    assert (why(one), stands(one).current_step_index) == ([], 0)
    one.bad = set()
    one.settle()
    assert (one.counts(), stands(one).current_step_index) == ({"1": 2, "2": 2}, 1)


def test_promoted_past_a_step_that_could_not_tell() -> None:
    """A promotion goes past the step that made it wait: the same analysis is not run again, and nothing is stuck."""
    one = plant({"setWeight": 25}, {"analysis": CHECKS}, {"pause": {}}, metric=TWO_SIDED, answer=(3.0,))
    one.declare(template=template("2"))
    one.settle()
    assert why(one) == ["InconclusiveAnalysisRun"]
    promote(one)
    one.settle()
    assert (stands(one).current_step_index, why(one), one.measured) == (2, ["CanaryPauseStep"], ["checks/rate"])
    assert "somebody promoted it" in {each.input for each in stands(one).decisions}


def test_what_was_accepted_is_so_for_one_revision() -> None:
    """Somebody who went past what could not tell of one revision has said nothing of the next."""
    one = plant({"setWeight": 25}, {"analysis": CHECKS}, metric=TWO_SIDED, answer=(3.0,))
    for version in "23":
        one.declare(template=template(version))
        one.settle()
        assert why(one) == ["InconclusiveAnalysisRun"]
        promote(one)
        one.settle()
        assert stands(one).phase is Phase.COMPLETED


def test_no_analysis_of_a_step_begins_while_somebody_has_paused_it() -> None:
    """Whoever pauses it wants nothing new to begin: the analysis waits, and begins when it goes on."""
    one = plant({"setWeight": 25}, {"pause": {}}, {"analysis": CHECKS}, {"pause": {}}, metric=ONCE)
    one.declare(template=template("2"))
    one.settle()
    one.declare(paused=True)
    promote(one)
    one.settle()
    assert (stands(one).current_step_index, stands(one).analyses) == (2, ())
    one.declare(paused=False)
    one.settle()
    assert verdicts(one) == {3: "Successful"}


@pytest.mark.parametrize("asked", [False, True])
def test_failures_count_while_it_waits(*, asked: bool) -> None:
    """At a pause, and while somebody has paused it, a failure gives it up all the same."""
    one = plant(*PAUSES, analysis=CHECKS)
    one.declare(template=template("2"))
    one.stays(10)
    one.declare(paused=asked)
    one.stays(10)
    assert stands(one).phase is Phase.PAUSED
    one.answers["checks/rate"] = [7.0]
    one.settle()
    assert (one.counts(), stands(one).phase) == ({"1": 4, "2": 0}, Phase.FAILED)
    assert stands(one).decisions[-1].rule == "AnalysisFailed"


def test_no_data_is_no_failure() -> None:
    """An empty vector is neither a failure nor a success: it waits, and says for which query there was nothing."""
    one = plant({"setWeight": 25}, {"analysis": CHECKS}, {"pause": {}}, metric=ONCE, answer=())
    one.declare(template=template("2"))
    one.settle()
    assert (stands(one).phase, why(one)) == (Phase.PAUSED, ["InconclusiveAnalysisRun"])
    metric = analysis(one, 2).metrics[0]
    assert (metric.verdict, metric.measurements[-1].query) == ("NoData", "q")
    assert "checks/rate" in stands(one).decisions[-1].input


def test_measured_less_than_it_should_be_is_no_success() -> None:
    """A run that is over before its measurements are made could not tell: the new version waits before it is proven."""
    one = plant({"setWeight": 50}, metric={**OFTEN, "count": 100}, analysis=CHECKS)
    one.declare(template=template("2"))
    one.settle()
    assert (verdicts(one), why(one)) == ({0: "Inconclusive"}, ["InconclusiveAnalysisRun"])
    assert stands(one).message == (
        "paused (InconclusiveAnalysisRun) until somebody promotes it:"
        " the background analysis says Inconclusive: checks/rate: it was over after 1 of 100 measurements"
    )
    assert (stands(one).stable_rs == stands(one).current_pod_hash, one.counts()) == (False, {"1": 0, "2": 4})
    promote(one)
    one.settle()
    assert (stands(one).phase, stands(one).current_step_index) == (Phase.COMPLETED, 1)


def test_it_is_measured_at_least_once() -> None:
    """However fast all pods are replaced, what is due is measured before the new version counts as proven."""
    one = Plant(spec({"simple": {"analysis": CHECKS}}))
    offer(one, OFTEN)
    one.answers["checks/rate"] = [7.0]
    one.settle()
    one.declare(template=template("2"))
    one.settle()
    assert (verdicts(one), stands(one).phase, one.counts()) == ({0: "Failed"}, Phase.FAILED, {"1": 4, "2": 0})


def test_what_could_not_be_measured_at_the_end_is_tried_again() -> None:
    """A server that is away for a moment while the last pods come up costs nobody a word; one that stays away does."""
    for times, phase in ((3, Phase.COMPLETED), (9, Phase.FAILED)):
        one = plant({"setWeight": 50}, answer="no connection", analysis=CHECKS)
        one.declare(template=template("2"))
        for _ in range(100):
            if len(one.measured) == times:
                one.answers["checks/rate"] = [0.5]
            one.stays(1)
        assert (stands(one).phase, stands(one).abort) == (phase, phase is Phase.FAILED)


@pytest.mark.parametrize("strategy", [{"simple": {"analysis": CHECKS}}, {"canary": {"analysis": CHECKS}}])
@pytest.mark.parametrize(
    ("metric", "times", "secs"),
    [
        ({**OFTEN, "count": 10, "interval": "5m"}, 10, 45 * 60),
        ({**ONCE, "initialDelay": "30m"}, 1, 30 * 60),
        ({**OFTEN, "warmup": "30m"}, 1, 30 * 60),
    ],
)
def test_without_steps_it_is_measured_as_often_as_it_says(strategy: Any, metric: Any, times: int, secs: int) -> None:
    """No step gives it time: it takes what its metrics say, says so, and that is no lack of progress."""
    one = Plant(spec(strategy, progressDeadlineSeconds=60))
    offer(one, metric)
    one.answers["checks/rate"] = [0.5]
    one.settle()
    one.declare(template=template("2"))
    one.stays(5)
    begun = stands(one).started_at
    assert one.counts() == {"1": 0, "2": 4}
    assert stands(one).message.endswith("4 are available; the background analysis goes on")
    one.settle()
    ended = [each.at for each in stands(one).decisions if each.rule == "Promoted"][-1]
    assert begun is not None
    assert (verdicts(one), stands(one).phase, len(one.measured)) == ({0: "Successful"}, Phase.COMPLETED, times)
    assert (ended - begun).total_seconds() >= secs
    assert "ProgressDeadline" not in {each.rule for each in stands(one).decisions}


@pytest.mark.parametrize("loss", ["failure", "template", "deadline"])
def test_without_steps_it_is_given_up_to_the_last(loss: str) -> None:
    """While it is measured with all pods a failure, a template that is lost and pods that die still count."""
    one = Plant(spec({"simple": {"analysis": CHECKS}}, progressDeadlineSeconds=60, progressDeadlineAbort=True))
    offer(one, {**OFTEN, "count": 1000})
    one.answers["checks/rate"] = [0.5]
    one.settle()
    one.declare(template=template("2"))
    one.stays(120)
    assert stands(one).phase is Phase.PROGRESSING
    if loss == "failure":
        one.answers["checks/rate"] = [7.0]
    elif loss == "template":
        one.offers.clear()
        one.answers.clear()
    else:
        one.bad = {"2"}
    one.stays(150)
    assert (stands(one).abort, one.counts()) == (True, {"1": 4, "2": 0})


@pytest.mark.parametrize("end", ["abort", "full", "another", "back"])
def test_what_ends_it_leaves_no_verdict(end: str) -> None:
    """An abort, a promotion in full and another revision end what runs; nothing is measured and nobody waits for it."""
    one = plant(*PAUSES, analysis=CHECKS)
    one.declare(template=template("2"))
    one.stays(10)
    if end == "abort":
        one.say(marks.ABORT, stands(one).current_pod_hash)
    elif end == "full":
        promote(one, "full")
    else:
        one.declare(template=template("3" if end == "another" else "1"))
    count = len(one.measured)
    one.stays(1)
    assert verdicts(one) == ({} if end in {"another", "back"} else {0: "Inconclusive"})
    assert len(one.measured) == count
    one.settle()
    phase = {"abort": Phase.FAILED, "another": Phase.PAUSED}.get(end, Phase.COMPLETED)
    assert (stands(one).phase, begun_of(one)) == (phase, 2 if end == "another" else 1)
    told = [each.data["subject"]["content"]["outcome"] for each in one.happenings if "testsuiterun.fin" in each.type]
    assert told[0] == "cancel"


def test_a_retry_is_judged_anew() -> None:
    """An attempt that failed does not speak against the next one."""
    one = plant({"setWeight": 25}, {"analysis": CHECKS}, {"pause": {}}, metric=ONCE, answer=(7.0,))
    one.declare(template=template("2"))
    one.settle()
    one.answers["checks/rate"] = [0.5]
    one.say(marks.RETRY, f"{stands(one).current_pod_hash}/{stands(one).aborted_at:%Y-%m-%dT%H:%M:%SZ}")
    one.settle()
    assert (verdicts(one), stands(one).attempt, why(one)) == ({2: "Successful"}, 2, ["CanaryPauseStep"])


def test_promoted_in_full_after_a_failure() -> None:
    """Somebody who skips all that is left skips what failed, too: no further run is made, and nothing gives it up."""
    one = plant({"setWeight": 25}, {"analysis": CHECKS}, metric=ONCE, answer=(7.0,))
    one.declare(template=template("2"))
    one.settle()
    promote(one, "full")
    one.settle()
    assert (stands(one).phase, one.counts(), begun_of(one)) == (Phase.COMPLETED, {"1": 0, "2": 4}, 1)


def test_nothing_goes_on_that_could_not_be_judged() -> None:
    """While a template of a step to come is not there it goes no further, and says which; then it goes on."""
    one = plant(*PAUSES, {"analysis": CHECKS}, metric=None)
    one.declare(template=template("2"))
    one.stays(20)
    assert (stands(one).phase, stands(one).current_step_index) == (Phase.FAILED, 0)
    assert stands(one).message == "the analysis of step 5 cannot begin: there is no AnalysisTemplate checks"
    assert [each.reason for each in one.notices].count(RolloutReason.NOT_FOUND) == 1
    offer(one, ONCE)
    one.stays(5)
    assert stands(one).phase is Phase.PAUSED


def test_what_is_past_is_not_waited_for() -> None:
    """A template of a step that somebody has skipped in the status, as Argo's plugin does, may be missing."""
    one = plant({"setWeight": 25}, {"analysis": CHECKS}, {"pause": {}}, metric=None)
    one.declare(template=template("2"))
    one.settle()
    one.status = stands(one).model_copy(update={"current_step_index": 2})
    one.restart()
    one.settle()
    assert (stands(one).phase, why(one)) == (Phase.PAUSED, ["CanaryPauseStep"])


def test_a_step_that_is_skipped_is_judged_no_more() -> None:
    """Who skips an analysis in the status, as Argo's plugin does, ends it: what it would say counts no more."""
    one = plant({"setWeight": 25}, {"analysis": CHECKS}, {"pause": {}}, metric={**OFTEN, "count": 100})
    one.declare(template=template("2"))
    one.stays(10)
    assert verdicts(one) == {2: "Running"}
    one.status = stands(one).model_copy(update={"current_step_index": 2})
    one.restart()
    one.answers["checks/rate"] = [7.0]
    one.settle()
    assert (verdicts(one), why(one)) == ({2: "Inconclusive"}, ["CanaryPauseStep"])


def test_a_provider_that_asks_a_fleet_is_refused() -> None:
    """A workload leads no PLCs: a metric that counts them is named before the first step is done."""
    metric = {"name": "fleet", "provider": {"fleet": {}}}
    one = plant({"setWeight": 25}, analysis=CHECKS, metric=metric)
    one.declare(template=template("2"))
    one.stays(5)
    assert "metric fleet of AnalysisTemplate checks asks the provider fleet" in stands(one).message
    assert (begun_of(one), stands(one).current_step_index) == (0, 0)


def test_an_analysis_that_would_never_end_is_refused() -> None:
    """A step would wait for ever for what has no count: it is named before the first step is done; then it goes on."""
    one = plant({"setWeight": 25}, {"analysis": CHECKS}, {"pause": {}}, metric=OFTEN)
    one.declare(template=template("2"))
    one.stays(5)
    assert stands(one).message == (
        "the analysis of step 2 cannot begin: metric rate of AnalysisTemplate checks has an interval and no count,"
        " so that it would never end: give it a count"
    )
    assert (begun_of(one), stands(one).current_step_index) == (0, 0)
    offer(one, {**OFTEN, "count": 2})
    one.settle()
    assert (verdicts(one), why(one)) == ({2: "Successful"}, ["CanaryPauseStep"])


def test_other_steps_are_judged_anew() -> None:
    """What an analysis said of a step counts for no other step that has its number now."""
    more = {"templates": [{"templateName": "more"}]}
    one = plant({"setWeight": 25}, {"analysis": CHECKS}, {"pause": {}}, metric=ONCE)
    offer(one, {**ONCE, "name": "other"}, name="more")
    one.answers["more/other"] = [7.0]
    one.declare(template=template("2"))
    one.settle()
    one.declare(strategy={"canary": {"steps": [{"setWeight": 25}, {"analysis": more}, {"pause": {}}]}})
    one.settle()
    assert (verdicts(one), stands(one).phase) == ({2: "Failed"}, Phase.FAILED)


def test_what_is_taken_out_of_the_spec_counts_no_more() -> None:
    """Whoever takes the analysis out of Git that keeps it waiting lets it go on."""
    one = plant({"setWeight": 25}, {"pause": {"duration": 60}}, metric=TWO_SIDED, answer=(3.0,), analysis=CHECKS)
    one.declare(template=template("2"))
    one.stays(10)
    assert sorted(why(one)) == ["CanaryPauseStep", "InconclusiveAnalysisRun"]
    assert "InconclusiveAnalysisRun" in stands(one).message
    one.declare(strategy={"canary": {"steps": [{"setWeight": 25}, {"pause": {"duration": 60}}]}})
    one.settle()
    assert stands(one).phase is Phase.COMPLETED


def test_what_is_put_into_the_spec_again_is_not_taken_for_passed() -> None:
    """An analysis that was taken out while it went on, and is wanted again, could not tell: it waits for somebody."""
    one = plant({"setWeight": 25}, {"pause": {"duration": 60}}, analysis=CHECKS)
    one.declare(template=template("2"))
    one.stays(10)
    way = one.spec["strategy"]["canary"]
    one.declare(strategy={"canary": {name: each for name, each in way.items() if name != "analysis"}})
    one.stays(5)
    assert (verdicts(one), why(one)) == ({0: "Inconclusive"}, ["CanaryPauseStep"])
    one.declare(strategy={"canary": way})
    one.settle()
    assert sorted(why(one)) == ["CanaryPauseStep", "InconclusiveAnalysisRun"]
    assert stands(one).message.endswith("it was taken out of the spec, and is not begun twice")
    promote(one)
    one.settle()
    assert (stands(one).phase, begun_of(one)) == (Phase.COMPLETED, 1)


def test_it_is_measured_while_requests_are_refused() -> None:
    """A Service that may not be changed keeps nobody from seeing that the new version is bad."""
    one = plant(*PAUSES, analysis=CHECKS)
    one.declare(template=template("2"))
    one.stays(10)
    one.answers["checks/rate"] = [7.0]
    one.declare(replicas=8)
    for _ in range(40):
        one.look()
        while isinstance(one.request, Measure | Patch):
            one.carry_out(ObjectFailureKind.REFUSED if isinstance(one.request, Patch) else None)
        one.tick()
    assert verdicts(one) == {0: "Failed"}
    assert stands(one).abort


def test_an_answer_that_comes_too_late_changes_nothing() -> None:
    """What was asked for one revision is not taken for another."""
    one = plant(*PAUSES, analysis=CHECKS)
    one.declare(template=template("2"))
    while not isinstance(one.request, Measure):
        one.carry_out()
        one.tick()
        one.look()
    late = one.request
    assert one.controller.wants(one.state, late)
    one.declare(template=template("3"))
    assert not one.controller.wants(one.state, late)
    one.request = None
    one.stays(10)
    assert verdicts(one) == {0: "Running"}
    one.tell(Measured(one.at, late, Answer([7.0])))
    one.look()
    assert (verdicts(one), stands(one).phase) == ({0: "Running"}, Phase.PAUSED)


def test_what_was_measured_long_ago_leaves_room() -> None:
    """Many steps with an analysis of many metrics each are more than a status holds: of most the verdict stays."""
    steps: list[dict[str, Any]] = [{"setWeight": 25}, {"analysis": CHECKS}] * 5
    names = [f"{number:02}{'x' * 60}" for number in range(20)]
    one = plant(*steps, metric=None, analysis=CHECKS)
    offer(one, *({"name": name, "provider": {"prometheus": {"query": "q" * 1000}}} for name in names))
    one.answers = {f"checks/{name}": ["v" * 90] * 9 for name in names}
    one.declare(template=template("2"))
    one.settle(500)
    assert (set(verdicts(one).values()), len(stands(one).analyses)) == ({"Successful"}, 6)
    assert [bool(each.metrics) for each in stands(one).analyses] == [True, False, False, False, True, True]
    assert len(stands(one).model_dump_json(by_alias=True)) < 100_000


@pytest.mark.parametrize(("window", "more"), [(3, 0), (1, 1)])
def test_back_to_a_revision_within_the_window_is_not_judged_again(window: int, more: int) -> None:
    """Who goes back to a revision of a short while ago skips its steps and their analyses; to an older one does not."""
    one = plant({"setWeight": 25}, {"analysis": CHECKS}, metric=ONCE)
    one.declare(rollbackWindow={"revisions": window})
    for version in "234":
        one.declare(template=template(version))
        one.settle()
    assert begun_of(one) == 3
    one.declare(template=template("2"))
    one.settle()
    assert (stands(one).phase, begun_of(one)) == (Phase.COMPLETED, 3 + more)


def test_killed_at_any_time_it_is_judged_once() -> None:
    """Whatever is killed when: each analysis is begun once, and it ends as it would have."""
    for kill in range(45):
        one = plant({"setWeight": 25}, {"analysis": CHECKS}, {"setWeight": 50}, metric=ONCE, analysis=CHECKS)
        one.declare(template=template("2"))
        for turn in range(kill):
            one.look()
            if one.request is not None and turn < kill - 1:
                one.carry_out()
            one.tick()
        one.restart()
        one.settle()
        assert (stands(one).phase, verdicts(one)) == (Phase.COMPLETED, {0: "Successful", 2: "Successful"})
        assert [each.rule for each in stands(one).decisions].count("AnalysisBegun") == 2
