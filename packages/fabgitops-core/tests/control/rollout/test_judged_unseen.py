"""Analyses while there is nothing to judge: no pod of the new version, or no request that it gets."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import Phase
from fabgitops_core.control.commands import Measure

from .junction import PROPAGATION, Junction, routing
from .test_ab import HEADERS
from .test_judged import CHECKS, ONCE, TWO_SIDED, offer, plant, promote, stands, verdicts, why
from .workshop import Plant, spec, template

AB = {
    "stableService": "hmi",
    "canaryService": "hmi-canary",
    "trafficRouting": {"gatewayAPI": {"routes": [{"name": "hmi"}]}},
    "match": {"headers": HEADERS},
    "duration": 5,
    "autoPromotionEnabled": True,
    "analysis": CHECKS,
}
STEPS: tuple[dict[str, Any], ...] = ({"setWeight": 50}, {"analysis": CHECKS})
GREEN = {"activeService": "hmi", "previewService": "hmi-canary"}
WAYS: dict[str, tuple[dict[str, Any], int]] = {
    "simple": ({"simple": {"analysis": CHECKS}}, 0),
    "background": ({"canary": {"steps": [{"setWeight": 50}], "analysis": CHECKS}}, 0),
    "step": ({"canary": {"steps": STEPS}}, 2),
    "routed": (routing(*STEPS), 2),
    "before": ({"blueGreen": {**GREEN, "prePromotionAnalysis": CHECKS}}, 1),
    "after": ({"blueGreen": {**GREEN, "postPromotionAnalysis": CHECKS}}, 2),
    "experiment": ({"abTesting": AB}, 4),
}
NONE_AT_ALL = "has nothing to judge: spec.replicas is 0, so the new version has no pod: let it have some"


def scaled_to_none(way: str) -> Junction:
    """Return a plant that is scaled to nothing, in which version 2 has gone as far as it goes by itself."""
    one = Junction(spec(WAYS[way][0], replicas=2))
    offer(one, ONCE)
    one.answers["checks/rate"] = [0.5]
    one.settle()
    one.declare(replicas=0)
    one.settle()
    one.declare(template=template("2"))
    one.settle()
    return one


@pytest.mark.parametrize("way", WAYS)
def test_of_no_pods_nothing_is_proven(way: str) -> None:
    """What is scaled to nothing is not judged, and so not proven: it waits and says why, and pods let it go on."""
    one = scaled_to_none(way)
    assert (one.measured, why(one), stands(one).phase) == ([], ["InconclusiveAnalysisRun"], Phase.PAUSED)
    assert stands(one).message.endswith(NONE_AT_ALL)
    assert stands(one).stable_rs != stands(one).current_pod_hash
    one.declare(replicas=3)
    one.settle()
    assert (verdicts(one), stands(one).phase) == ({WAYS[way][1]: "Successful"}, Phase.COMPLETED)
    assert one.counts() == {"1": 0, "2": 3}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("word", ["", "full"])
def test_of_no_pods_somebody_may_take_it_for_proven(way: str, word: str) -> None:
    """Who promotes it goes past that, and it is not made afterwards."""
    one = scaled_to_none(way)
    promote(one, word or {"before": "preview", "after": "active"}.get(way, ""))
    one.settle()
    assert (stands(one).phase, one.measured) == (Phase.COMPLETED, [])
    one.declare(replicas=3)
    one.settle()
    assert (stands(one).phase, one.measured, one.counts()) == (Phase.COMPLETED, [], {"1": 0, "2": 3})


@pytest.mark.parametrize("way", WAYS)
def test_of_no_pods_it_may_be_given_up(way: str) -> None:
    """An abort goes back to the proven version, which is what pods are of that come later."""
    one = scaled_to_none(way)
    one.say(marks.ABORT, stands(one).current_pod_hash)
    one.declare(replicas=3)
    one.settle()
    assert (stands(one).phase, one.counts()["1"]) == (Phase.FAILED, 3)


def test_a_share_that_is_no_pod_is_not_judged() -> None:
    """One replica without a surge has no pod for 25 %: it waits and says so; two more pods let it be judged."""
    one = plant(*STEPS[:1], STEPS[1], {"pause": {}}, metric=ONCE, maxSurge=0, maxUnavailable=1)
    one.declare(
        replicas=1, strategy={"canary": {**one.spec["strategy"]["canary"], "steps": [{"setWeight": 25}, *STEPS[1:]]}}
    )
    one.settle()
    one.declare(template=template("2"))
    one.settle()
    assert (one.measured, why(one), one.counts()) == ([], ["InconclusiveAnalysisRun"], {"1": 1, "2": 0})
    assert "25 % of 1 pods is no pod: have more of them, a greater maxSurge or share" in stands(one).message
    one.declare(replicas=4)
    one.settle()
    assert (verdicts(one), stands(one).phase) == ({2: "Successful"}, Phase.COMPLETED)


def test_a_weight_that_its_pods_do_not_carry_is_not_judged() -> None:
    """One pod of 200 carries no whole weight of 100, so no request goes to it: that is said, and not passed."""
    steps: tuple[dict[str, Any], ...] = (
        {"setCanaryScale": {"replicas": 1}},
        {"setWeight": 50},
        {"analysis": CHECKS},
        {"pause": {}},
    )
    one = Junction(spec(routing(*steps), replicas=200))
    offer(one, ONCE)
    one.answers["checks/rate"] = [0.5]
    one.settle()
    one.declare(template=template("2"))
    one.settle()
    assert (one.measured, why(one)) == ([], ["InconclusiveAnalysisRun"])
    assert "has nothing to judge: 1 of 200 pods carry less than 1 of 100: let it have more" in stands(one).message
    one.declare(replicas=100)
    one.settle()
    assert (verdicts(one), why(one)) == ({3: "Successful"}, ["CanaryPauseStep"])


@pytest.mark.parametrize(
    "steps",
    [
        ({"setCanaryScale": {"replicas": 1}}, {"analysis": CHECKS}),
        ({"setHeaderRoute": {"name": "staff", "match": HEADERS}}, {"analysis": CHECKS}),
        ({"setCanaryScale": {"weight": 25}}, {"setWeight": 0}, {"analysis": CHECKS}),
    ],
)
def test_pods_without_a_share_of_requests_may_be_judged(steps: tuple[dict[str, Any], ...]) -> None:
    """Whoever lets a version have pods and no weight judges it by its own Service, or by those with a header."""
    one = Junction(spec(routing(*steps, {"pause": {}})))
    offer(one, ONCE)
    one.answers["checks/rate"] = [0.5]
    one.settle()
    one.declare(template=template("2"))
    one.settle()
    assert (verdicts(one), why(one)) == ({len(steps): "Successful"}, ["CanaryPauseStep"])


@dataclass
class Metered(Junction):
    """A world in which `seen` is the weight by which requests went when something was measured, None for nobody's."""

    seen: list[int | None] = field(default_factory=list)

    def _measure(self, request: Measure) -> None:
        weights = stands(self).canary.weights
        since = weights.accepted_at if weights is not None else None
        is_spread = since is not None and self.at - since >= timedelta(seconds=PROPAGATION)
        self.seen.append(self.weights()[1] if is_spread else None)
        super()._measure(request)


def metered(strategy: dict[str, Any], metric: dict[str, Any] = ONCE) -> Metered:
    """Return one in which version 2 has gone as far as it goes by itself."""
    one = Metered(spec(strategy))
    offer(one, metric)
    one.answers["checks/rate"] = [0.5]
    one.settle()
    one.declare(template=template("2"))
    one.settle()
    return one


@pytest.mark.parametrize(
    ("steps", "weight"),
    [
        ((), 100),
        (({"setWeight": 25}, {"pause": {"duration": 60}}), 25),
        (({"setWeight": 100},), 100),
        (({"setCanaryScale": {"replicas": 1}}, {"setWeight": 50}, {"pause": {"duration": 60}}), 25),
        (({"setCanaryScale": {"replicas": 1}}, {"pause": {"duration": 60}}), 100),
        (({"setWeight": 0}, {"pause": {"duration": 60}}), 100),
    ],
)
def test_the_background_waits_for_requests(steps: tuple[dict[str, Any], ...], weight: int) -> None:
    """What routes send nobody to is measured by nobody's requests: it begins when the first go there, and ends."""
    one = metered(routing(*steps, analysis=CHECKS))
    assert (one.seen, verdicts(one), stands(one).phase) == ([weight], {0: "Successful"}, Phase.COMPLETED)


def test_requests_by_a_header_are_some() -> None:
    """Where those with a header go to the new version the background begins with them, at a weight of 0."""
    one = metered(routing({"setHeaderRoute": {"name": "staff", "match": HEADERS}}, {"pause": {}}, analysis=CHECKS))
    assert (one.seen, why(one)) == ([0], ["CanaryPauseStep"])


def test_what_gets_requests_at_its_end_is_measured_as_often_as_it_says() -> None:
    """Where no step has sent requests there the steps gave it no time: what it is judged by takes its own."""
    one = metered(routing({"setCanaryScale": {"replicas": 1}}, analysis=CHECKS), {**ONCE, "interval": "5s", "count": 3})
    assert (one.seen, verdicts(one), stands(one).phase) == ([100] * 3, {0: "Successful"}, Phase.COMPLETED)


def test_a_step_that_was_skipped_to_waits_for_requests() -> None:
    """Somebody skips a weight that no gateway has taken: the analysis behind it begins when they have."""
    one = Metered(spec(routing({"setWeight": 50}, {"analysis": CHECKS}, {"pause": {}})))
    offer(one, ONCE)
    one.answers["checks/rate"] = [0.5]
    one.settle()
    one.away = True
    one.declare(template=template("2"))
    one.stays(30)
    one.say(marks.PROMOTE, f"{stands(one).current_pod_hash}/0/skip")
    one.stays(30)
    assert (stands(one).current_step_index, one.measured) == (1, [])
    one.away = False
    one.settle()
    assert (one.seen, verdicts(one), why(one)) == ([50], {2: "Successful"}, ["CanaryPauseStep"])


def test_it_waits_for_a_pod_that_is_to_come() -> None:
    """While the pods of the new version are not available nothing is judged, and the deadline counts."""
    one = plant(STEPS[0], {"pause": {}}, STEPS[1], {"pause": {}}, metric=ONCE)
    one.declare(template=template("2"), progressDeadlineSeconds=60)
    one.settle()
    one.bad = {"2"}
    one.tick()
    promote(one)
    one.stays(30)
    assert (stands(one).current_step_index, verdicts(one), why(one)) == (2, {}, [])
    one.stays(60)
    assert stands(one).message.startswith("no progress for 60 s")
    one.bad = set()
    one.stays(5)
    assert (verdicts(one), why(one)) == ({3: "Successful"}, ["CanaryPauseStep"])


def test_a_word_on_it_holds_for_one_revision() -> None:
    """Who has gone past it for one revision has said nothing of the next."""
    one = scaled_to_none("step")
    promote(one)
    one.settle()
    one.declare(template=template("3"))
    one.settle()
    assert why(one) == ["InconclusiveAnalysisRun"]


def test_what_could_not_tell_stays_so_when_pods_come() -> None:
    """An analysis that was made and could not tell is not relieved by other numbers of pods."""
    one = Plant(spec({"canary": {"steps": [*STEPS, {"pause": {}}]}}))
    offer(one, TWO_SIDED)
    one.answers["checks/rate"] = [3.0]
    one.settle()
    one.declare(template=template("2"))
    one.settle()
    for replicas in (0, 5):
        one.declare(replicas=replicas)
        one.settle()
        assert (why(one), len(one.measured)) == (["InconclusiveAnalysisRun"], 1)
