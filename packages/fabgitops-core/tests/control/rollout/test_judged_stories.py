"""Seeded stories in which each way is judged, and what is measured is good, bad, neither, nothing, or not to be had.

Nothing is judged that nobody runs, and nothing counts as proven that was not judged, unless somebody says so.
"""

import copy
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.rollout import RolloutSpec
from fabgitops_core.control.rollout.judging.judges import analyses_of
from fabgitops_core.control.rollout.ways.choosing import way_of

from . import test_stories
from .junction import Junction, routing
from .test_judged import CHECKS, offer
from .workshop import KEY

METRIC: dict[str, Any] = {
    "name": "rate",
    "interval": "2s",
    "count": 3,
    "failureLimit": 1,
    "inconclusiveLimit": 1,
    "noDataLimit": 1,
    "consecutiveErrorLimit": 1,
    "successCondition": "result[0] < 1",
    "failureCondition": "result[0] > 5",
    "provider": {"prometheus": {"query": "q"}},
}
ANSWERS: tuple[Any, ...] = ([0.5], [0.5], [0.5], [3.0], [7.0], [], [float("nan")], "no connection")
STEPS: list[dict[str, Any]] = [{"setWeight": 25}, {"analysis": CHECKS}, {"pause": {"duration": 3}}, {"setWeight": 60}]
PAIR = test_stories.PAIR
TEST = {**test_stories.TEST, "analysis": CHECKS}
STRATEGIES: tuple[dict[str, Any], ...] = (
    {"simple": {"maxSurge": 1, "maxUnavailable": 0, "analysis": CHECKS}},
    {"canary": {"steps": STEPS, "maxSurge": 1, "maxUnavailable": 0, "analysis": CHECKS, **PAIR}},
    {
        "canary": {
            "steps": STEPS[2:],
            "maxSurge": 1,
            "maxUnavailable": 0,
            "analysis": {**CHECKS, "startingStep": 2},
            **PAIR,
        }
    },
    routing(*STEPS, routes=[{"name": "screens"}], maxUnavailable=0, analysis=CHECKS),
    routing(*STEPS, routes=[{"name": "other"}], dynamicStableScale=True, maxUnavailable=0),
    {"abTesting": {**TEST, "autoPromotionEnabled": True}},
    {"blueGreen": {"activeService": "hmi", "prePromotionAnalysis": CHECKS, "postPromotionAnalysis": CHECKS}},
    {"blueGreen": {"activeService": "hmi-canary", "previewService": "hmi", "postPromotionAnalysis": CHECKS}},
)
UNJUDGED = {"PromoteFull", "RollbackWindow", "BackToStable", "FirstRevision", "StableLost", "Skip"}
BEGINNINGS = UNJUDGED | {"NewRevision", "Retry"}


class Court(Junction):
    """The world, and what is looked at in each pass."""

    def look(self) -> None:
        """Begin a pass, and look at what was decided in it."""
        before = self.status.decisions if self.status else ()
        had = self.pods()
        super().look()
        after = self.status.decisions if self.status else ()
        rules = [each.rule for each in after if each not in before]
        assert "AnalysisBegun" not in rules or had, "it is judged, and has no pod"
        assert "AnalysisBegun" not in rules or self.is_reached(), "it is judged, and no request goes to it"
        if "Promoted" in rules:
            self.was_judged([each.rule for each in after])

    def pods(self) -> int:
        """Return how many available pods the declared version has."""
        version = self.spec["template"]["spec"]["containers"][0]["image"].partition(":")[2]
        return int(self.revisions().get(version, {}).get("status", {}).get("availableReplicas", 0))

    def is_reached(self) -> bool:
        """Return whether a route that is named sends requests to the declared version; without routes its pods do."""
        (way,) = self.spec["strategy"].values()
        names = [each["name"] for each in way.get("trafficRouting", {}).get("gatewayAPI", {}).get("routes", ())]
        assert self.status is not None
        services = {name for name in PAIR.values() if self.hash_of(name) == self.status.current_pod_hash}
        rows = [ref for name in names for rule in self.rules(name) for ref in rule["backendRefs"]]
        return not names or any(ref["weight"] and ref["name"] in services for ref in rows)

    def hash_of(self, name: str) -> str:
        """Return the revision that a Service selects, "" for all."""
        body = self.objects[Key("Service", KEY.namespace, name)]
        return str(body["spec"]["selector"].get(marks.HASH, ""))

    def was_judged(self, rules: list[str]) -> None:
        """Fail unless each analysis speaks for what counts as proven, or somebody went past it."""
        status = self.status
        assert status is not None
        since = max((place for place, rule in enumerate(rules) if rule in BEGINNINGS), default=0)
        if UNJUDGED & set(rules[since:]):
            return
        said = {each.wave: each.verdict for each in status.analyses}
        wanted = analyses_of(way_of(RolloutSpec.model_validate(self.spec)))
        missing = {each for each in wanted if said.get(each) != "Successful"} - set(status.accepted)
        assert not missing, (missing, said, rules)


class Trial(test_stories.Story):
    """One story of those that are judged."""

    strategies = STRATEGIES
    world = Court

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        assert isinstance(self.plant, Court)

    def prepared(self) -> None:
        """Offer what judges, before anything happens."""
        offer(self.plant, METRIC)
        self.plant.answers["checks/rate"] = [0.5]

    def goes_on(self) -> None:
        """Let something happen, or something else be measured."""
        if self.chance.random() < 0.3:
            self.plant.answers["checks/rate"] = copy.copy(self.chance.choice(ANSWERS))
        elif self.chance.random() < 0.1 and marks.PAUSE not in self.plant.annotations:
            self.plant.declare(replicas=0)
        elif self.chance.random() < 0.1 and (at := self.status.aborted_at) is not None:
            self.plant.say(marks.RETRY, f"{self.status.current_pod_hash}/{at:%Y-%m-%dT%H:%M:%SZ}")
        elif self.chance.random() < 0.1:
            self.plant.offers.clear()
        else:
            self.prepared() if not self.plant.offers else super().goes_on()

    def said(self) -> None:
        """Somebody says something; of a pause without pods nobody sees anything."""
        super().said() if self.plant.spec["replicas"] else self.works()

    def ends(self) -> None:
        """Left alone with good answers, and with pods, it comes to its end.

        What somebody has taken for proven while it had none may have turned out to be bad since.
        """
        self.prepared()
        self.plant.bad.clear()
        self.plant.declare(replicas=max(self.plant.spec["replicas"], 1))
        super().ends()


@pytest.mark.parametrize("part", range(4))
def test_judged_stories(part: int) -> None:
    """Whatever happens and is measured, it comes to rest, and what counts as proven was judged by all that it has."""
    for seed in range(part * 30, part * 30 + 30):
        story = Trial(seed)
        try:
            for _ in range(story.chance.randint(3, 20)):
                story.goes_on()
            story.ends()
        except AssertionError as error:
            raise AssertionError(f"story {seed}: {error}") from error


@pytest.mark.parametrize(("seed", "chance"), [(385, 0.25), (427, 0.4)])
def test_longer_judged_stories(seed: int, chance: float) -> None:
    """The proven pods are dead when users are to go back, or a step has more new pods than it wants: it gets on."""
    story = Trial(seed)
    story.is_paused(5, 40, chance)
    story.ends()


class Routed(Trial):
    """One in which routes share requests out, and the background judges: with steps that send some, and without any."""

    strategies = (
        STRATEGIES[3],
        routing(routes=[{"name": "screens"}], maxUnavailable=0, analysis=CHECKS),
        routing(STEPS[2], STEPS[3], routes=[{"name": "other"}], maxUnavailable=0, analysis=CHECKS),
    )


@pytest.mark.parametrize("seed", [*range(15), 75, 732454])
def test_stories_judged_by_requests(seed: int) -> None:
    """Whatever happens, nothing is judged that no request goes to, and it comes to rest."""
    story = Routed(seed)
    story.is_paused(5, 20, 0.1)
    story.ends()
