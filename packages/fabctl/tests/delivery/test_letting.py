"""What comes of a word to a Rollout that waits: just what the operator does at it."""

from typing import Any

import pytest
from fabctl.letting import Stop, stop_of
from fabctl.workloads import workload_view

from .workload import AT, Body, rollout

GREEN = {"activeService": "hmi", "previewService": "hmi-preview"}
TEST = {"stableService": "hmi", "canaryService": "hmi-b", "match": {"cookie": {"name": "v", "value": "b"}}}
JUDGED = {"analysis": {"templates": [{"templateName": "errors"}]}}
CANARY = {"steps": [{"setWeight": 20}, {"pause": {}}, {"analysis": {"templates": [{"templateName": "errors"}]}}]}
GATE, PAUSE, UNSURE, CONTENDED = "BlueGreenPause", "CanaryPauseStep", "InconclusiveAnalysisRun", "ContendedRoute"
LAST = "no step is left: it gets everything, and becomes the stable one"


def unsure(wave: int, verdict: str = "Inconclusive") -> Body:
    """Return an analysis that could not tell."""
    return {"wave": wave, "verdict": verdict, "metrics": []}


@pytest.mark.parametrize(
    ("strategy", "step", "reasons", "more", "then"),
    [
        ({"canary": CANARY}, 1, [PAUSE], {}, "analysis errors"),
        ({"canary": CANARY}, 2, [UNSURE], {"analyses": [unsure(3)]}, LAST),
        ({"canary": CANARY}, 2, [UNSURE], {}, LAST),
        (
            {"canary": CANARY},
            2,
            [UNSURE],
            {"analyses": [unsure(0), unsure(3, "Running")]},
            "this step goes on, without what an analysis could not tell",
        ),
        (
            {"canary": CANARY},
            0,
            [UNSURE],
            {"analyses": [unsure(0)]},
            "this step goes on, without what an analysis could not tell",
        ),
        ({"canary": CANARY}, 1, [PAUSE, UNSURE], {"analyses": [unsure(0)]}, "analysis errors"),
        ({"canary": CANARY}, 0, [CONTENDED], {}, "this step goes on, though somebody else sets what it holds"),
        ({"canary": CANARY}, 1, [PAUSE, CONTENDED], {}, "analysis errors"),
        (
            {"canary": {"steps": [{"pause": {}}]}},
            0,
            [PAUSE],
            {"analyses": [unsure(0, "Running")]},
            f"{LAST}, when the analysis of the background says so",
        ),
        (
            {"canary": CANARY},
            3,
            [UNSURE],
            {"analyses": [unsure(0)]},
            "it becomes the stable one, without what an analysis could not tell",
        ),
        (
            {"simple": JUDGED},
            0,
            [UNSURE],
            {"analyses": [unsure(0)]},
            "it becomes the stable one, without what an analysis could not tell",
        ),
        ({"abTesting": {**TEST, **JUDGED, "duration": "1h"}}, 2, [PAUSE], {}, "analysis errors"),
        ({"abTesting": {**TEST, "duration": "1h"}}, 2, [PAUSE], {}, "pause until promoted"),
        ({"abTesting": {**TEST, **JUDGED, "duration": "1h"}}, 3, [UNSURE], {"analyses": [unsure(4)]}, "pause until"),
        ({"abTesting": {**TEST, "duration": "1h"}}, 3, [PAUSE], {}, LAST),
        ({"abTesting": {**TEST, "duration": "1h", "autoPromotionEnabled": True}}, 2, [PAUSE], {}, LAST),
        ({"abTesting": TEST}, 2, [PAUSE], {}, LAST),
        ({"blueGreen": GREEN}, None, [GATE], {}, "the active Service goes over to it"),
        (
            {"blueGreen": {**GREEN, "postPromotionAnalysis": JUDGED["analysis"]}},
            None,
            [GATE],
            {},
            "the active Service goes over to it, then errors judges it",
        ),
        (
            {"blueGreen": {**GREEN, "autoPromotionEnabled": False}},
            None,
            [UNSURE],
            {},
            "it waits at its own gate, which another word ends, without what an analysis could not tell",
        ),
        ({"blueGreen": {**GREEN, "autoPromotionSeconds": 60}}, None, [UNSURE], {}, "it waits for 60 s, and goes over,"),
        ({"blueGreen": GREEN}, None, [UNSURE], {}, "the active Service goes over to it, without what an analysis"),
        (
            {"blueGreen": GREEN},
            None,
            [GATE, CONTENDED],
            {},
            "it goes on, though somebody else sets what it holds; it waits still (BlueGreenPause)",
        ),
        (
            {"blueGreen": GREEN},
            None,
            [UNSURE],
            {"blueGreen": {"activeSelector": "bb22"}},
            "it becomes the stable one, without what an analysis could not tell",
        ),
    ],
)
def test_what_comes_is_what_the_word_does(
    strategy: Body, step: int | None, reasons: list[str], more: Body, then: str
) -> None:
    """One word ends one wait: of an analysis, of a fight, of a gate; and in a test of users its own steps follow."""
    waits: Any = [{"reason": each, "startTime": AT} for each in reasons]
    found = stop_of(workload_view(rollout(strategy=strategy, currentStepIndex=step, pauseConditions=waits, **more)))
    assert isinstance(found, Stop)
    assert found.then.startswith(then)
    if not then.endswith((",", "until", "what an analysis")):
        assert found.then == then


@pytest.mark.parametrize(
    ("strategy", "where"),
    [({"simple": JUDGED}, "what judges it"), ({"abTesting": TEST}, "the test"), ({"canary": CANARY}, "step 1 of 3")],
)
def test_where_it_waits_is_named(strategy: Body, where: str) -> None:
    """A way without steps waits for what judges it, which is no test."""
    found = stop_of(workload_view(rollout(strategy=strategy, currentStepIndex=0)))
    assert found is not None
    assert (found.where, found.step) == (where, "0")
