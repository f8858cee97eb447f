"""Whatever happens in whatever order, a canary takes no more pods than it may, and comes to its end."""

from typing import Any

import hypothesis.strategies as st
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.amounts import count_of
from fabgitops_core.api.rollout.status import Phase
from fabgitops_core.control.commands import Patch
from fabgitops_core.control.objects import ObjectFailureKind
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from .pauses import Watch
from .workshop import Plant, spec, template

WAY: dict[str, Any] = {
    "canary": {
        "maxSurge": 1,
        "maxUnavailable": "25%",
        "stableService": "hmi",
        "canaryService": "hmi-canary",
        "steps": [{"setWeight": 25}, {"pause": {"duration": 3}}, {"setWeight": 60}, {"pause": {}}],
    }
}
FAILURES = [
    ObjectFailureKind.CHANGED,
    ObjectFailureKind.AWAY,
    ObjectFailureKind.REFUSED,
    ObjectFailureKind.GONE,
    ObjectFailureKind.CONFLICT,
]


class Adversary(RuleBasedStateMachine):
    """Somebody who does all that may happen."""

    def __init__(self) -> None:
        super().__init__()
        self.plant = Plant(spec(WAY))
        self.plant.service("hmi")
        self.plant.service("hmi-canary")
        self.plant.settle()
        self.versions = 1
        self.watch = Watch(self.plant)

    @initialize(bad=st.booleans(), full=st.booleans(), rounds=st.integers(0, 20))
    def begun(self, bad: bool, full: bool, rounds: int) -> None:
        """A second version is somewhere on its way, perhaps to all at once."""
        self.another_version(bad)
        self.it_gets_on(rounds // 2, 1.0)
        if full:
            self.a_word(marks.PROMOTE, full=True)
        self.it_gets_on(rounds, 1.0)

    @rule(secs=st.sampled_from([0.0, 1.0, 4.0]))
    def time_passes(self, secs: float) -> None:
        """Pods come and go."""
        self.plant.tick(secs)

    @rule()
    def a_pass(self) -> None:
        """What it wants is carried out."""
        self.plant.look()
        self.carried_out()

    @rule(rounds=st.integers(1, 8), secs=st.sampled_from([0.0, 1.0, 4.0]))
    def it_gets_on(self, rounds: int, secs: float) -> None:
        """Nothing disturbs it for a while: it comes to later steps only then."""
        for _ in range(rounds):
            self.plant.look()
            while self.plant.request is not None:
                self.carried_out()
            self.plant.tick(secs)

    @rule(failure=st.sampled_from(FAILURES))
    def a_request_fails(self, failure: ObjectFailureKind) -> None:
        """What it wants is not carried out."""
        self.plant.look()
        self.plant.carry_out(failure)

    @rule()
    def killed(self) -> None:
        """It is killed after it has decided, and before anything came of that."""
        self.plant.look()
        self.plant.restart()

    @rule()
    def lost(self) -> None:
        """It is killed before it knows what came of a request."""
        self.plant.look()
        request = self.plant.request
        self.carried_out()
        if request is not None:
            self.plant.restart()

    @rule(bad=st.booleans())
    def another_version(self, bad: bool) -> None:
        """Git wants another version."""
        self.versions += 1
        if bad:
            self.plant.bad.add(str(self.versions))
        self.plant.declare(template=template(str(self.versions)))

    @rule(data=st.data())
    def an_old_version(self, data: st.DataObject) -> None:
        """Git wants a version again that was there before."""
        version = data.draw(st.integers(1, self.versions))
        self.plant.declare(template=template(str(version)))

    @rule(replicas=st.integers(0, 9))
    def scaled(self, replicas: int) -> None:
        """Git, or an autoscaler, wants another number of pods."""
        self.plant.declare(replicas=replicas)

    @rule(mark=st.sampled_from([marks.ABORT, marks.PROMOTE, marks.RETRY, marks.PAUSE]), full=st.booleans())
    def a_word(self, mark: str, full: bool) -> None:
        """Somebody says something."""
        status = self.plant.status
        assert status is not None
        word = status.current_pod_hash
        if mark == marks.PROMOTE:
            word += "/full" if full else f"/{status.current_step_index}"
        if mark == marks.RETRY and status.aborted_at is not None:
            word += f"/{status.aborted_at:%Y-%m-%dT%H:%M:%SZ}"
        self.plant.say(mark, word)
        self.watch.begins()
        self.plant.say(marks.PAUSE, None if full else self.plant.annotations.get(marks.PAUSE))

    @rule(data=st.data())
    def somebody_scales(self, data: st.DataObject) -> None:
        """Somebody scales a ReplicaSet of ours by hand."""
        key = data.draw(st.sampled_from(sorted(key for key in self.plant.objects if key.kind == "ReplicaSet")))
        body = self.plant.objects[key]
        self.plant.store(key, {**body, "spec": {**body["spec"], "replicas": data.draw(st.integers(0, 9))}})

    @rule()
    def pods_come_up_slowly(self) -> None:
        """One pod after the other becomes ready from now on."""
        self.plant.slow = True

    def carried_out(self) -> None:
        """Carry a request out, and look at what it has done to the pods."""
        plant = self.plant
        before, total = plant.available(), sum(plant.counts().values())
        request = plant.request
        self.watch.begins()
        plant.carry_out()
        self.watch.ends()
        if isinstance(request, Patch) and request.steps[-1]["path"] == "/spec/replicas":
            n = plant.spec["replicas"]
            surge, missing = 1, min(count_of("25%", n, up=False), n)
            assert plant.available() >= min(before, n - missing), "too few pods"
            assert sum(plant.counts().values()) <= max(total, n + surge), "too many pods"

    @invariant()
    def one_revision_is_selected(self) -> None:
        """Each Service of ours selects a revision that is there."""
        for name in ("hmi", "hmi-canary"):
            assert self.plant.selected(name) or not self.plant.revisions()

    def teardown(self) -> None:
        """Left alone, and let go on, it comes to its end."""
        plant = self.plant
        plant.slow = False
        plant.say(marks.PAUSE, None)
        plant.settle()
        assert plant.status is not None
        n, version = plant.spec["replicas"], plant.spec["template"]["spec"]["containers"][0]["image"].partition(":")[2]
        if plant.status.abort:
            assert plant.available() == n
            return
        for _ in range(3):
            plant.say(marks.PROMOTE, f"{plant.status.current_pod_hash}/{plant.status.current_step_index}")
            plant.settle()
        if version not in plant.bad:
            assert plant.counts()[version] == n == plant.available()
            assert plant.status.phase is Phase.COMPLETED


TestAdversary = Adversary.TestCase
TestAdversary.settings = settings(stateful_step_count=25)
