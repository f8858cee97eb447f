"""Whatever happens in whatever order, a revision that is judged starts once, ends once, and is judged once."""

from collections import Counter
from typing import Any

import hypothesis.strategies as st
from fabgitops_core.api.analysis.template import AnalysisTemplateSpec
from fabgitops_core.control.happenings import Happening
from hypothesis import settings
from hypothesis.stateful import invariant, rule

from .test_canary_adversary import WAY, Adversary
from .workshop import Plant, spec

CHECKS = {"templates": [{"templateName": "checks"}]}
METRIC = {
    "name": "rate",
    "interval": "2s",
    "count": 3,
    "failureLimit": 1,
    "successCondition": "result[0] < 1",
    "failureCondition": "result[0] > 5",
    "provider": {"prometheus": {"query": "q"}},
}
JUDGED: dict[str, Any] = {
    "canary": {
        **WAY["canary"],
        "steps": [{"setWeight": 25}, {"pause": {"duration": 3}}, {"analysis": CHECKS}, {"setWeight": 60}],
        "analysis": {**CHECKS, "startingStep": 1},
    }
}


UNJUDGED = frozenset({"PromoteFull", "RollbackWindow", "BackToStable", "FirstRevision", "StableLost"})
BEGINNINGS = frozenset({"NewRevision", "Retry", "StepsChanged"})


class Court(Plant):
    """The world, in which nothing is judged that nobody runs, and nothing is proven that was not judged."""

    def look(self) -> None:
        """Begin a pass, and look at what was decided in it."""
        before = self.status.decisions if self.status else ()
        had = self.pods()
        super().look()
        after = self.status.decisions if self.status else ()
        rules = [each.rule for each in after if each not in before]
        assert "AnalysisBegun" not in rules or had, "it is judged, and has no pod"
        if "Promoted" in rules:
            self.was_judged([each.rule for each in after])

    def pods(self) -> int:
        """Return how many available pods the declared version has."""
        version = self.spec["template"]["spec"]["containers"][0]["image"].partition(":")[2]
        found = self.revisions().get(version, {}).get("status", {})
        return int(found.get("availableReplicas", 0))

    def was_judged(self, rules: list[str]) -> None:
        """Fail unless the analysis of the background speaks for what counts as proven, or somebody went past it."""
        assert self.status is not None
        since = max((place for place, rule in enumerate(rules) if rule in BEGINNINGS | UNJUDGED), default=0)
        if UNJUDGED & set(rules[since:]):
            return
        said = {each.wave: each.verdict for each in self.status.analyses}
        assert said.get(0) == "Successful" or 0 in self.status.accepted, (said, rules)


class Judged(Adversary):
    """The same, and what is measured is good, bad, neither, or nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.plant = Court(spec(JUDGED))
        self.offered = {
            ("AnalysisTemplate", "checks"): (AnalysisTemplateSpec.model_validate({"metrics": [METRIC]}), "")
        }
        self.plant.offers = dict(self.offered)
        self.plant.answers["checks/rate"] = [0.5]
        self.plant.service("hmi")
        self.plant.service("hmi-canary")
        self.plant.settle()

    @rule(answer=st.sampled_from([[0.5], [3.0], [7.0], [], "no connection"]))
    def another_answer(self, answer: Any) -> None:
        """What is measured is another one from now on."""
        self.plant.answers["checks/rate"] = answer

    @rule(there=st.booleans())
    def a_template_goes_or_comes(self, there: bool) -> None:
        """Somebody deletes the template, or makes it again."""
        self.plant.offers = dict(self.offered) if there else {}

    @rule(share=st.sampled_from([25, 50]))
    def other_steps(self, share: int) -> None:
        """Git wants other steps."""
        steps = [{"setWeight": share}, *JUDGED["canary"]["steps"][1:]]
        self.plant.declare(strategy={"canary": {**JUDGED["canary"], "steps": steps}})

    @rule(away=st.booleans())
    def the_bus(self, away: bool) -> None:
        """Nobody takes what is told, or somebody does again."""
        self.plant.away = away

    @invariant()
    def each_starts_and_ends_once(self) -> None:
        """Of each attempt at a revision one start and one end are told, and a start goes before its end."""
        told = {each.id: each for each in self.plant.happenings}
        runs = [each for each in told.values() if ".pipelinerun." in each.type]
        counts = Counter((each.subject, "started" in each.type) for each in runs)
        assert all(count == 1 for count in counts.values()), counts
        open_: list[str] = []
        for each in runs:
            if "started" in each.type:
                open_.append(each.subject)
            else:
                assert each.subject in open_, "an end without a start"
                open_.remove(each.subject)
        assert self.plant.state.status.untold or len(open_) <= 1, open_

    @invariant()
    def each_is_judged_once(self) -> None:
        """No analysis of an attempt is begun or ended twice."""
        told = {each.id: each for each in self.plant.happenings if ".testsuiterun." in each.type}
        assert all(count == 1 for count in Counter((each.subject, each.type) for each in told.values()).values())

    def teardown(self) -> None:
        """Left alone with a good answer, and let go on, it comes to its end, and all of that is told."""
        plant = self.plant
        plant.away, plant.offers, plant.answers["checks/rate"] = False, dict(self.offered), [0.5]
        super().teardown()
        status = plant.status
        assert status is not None
        assert status.outbox == ()
        last: list[Happening] = [each for each in plant.happenings if ".pipelinerun." in each.type]
        assert status.untold or "finished" in last[-1].type or status.finished_at is None


TestJudged = Judged.TestCase
TestJudged.settings = settings(stateful_step_count=25)
del Adversary
