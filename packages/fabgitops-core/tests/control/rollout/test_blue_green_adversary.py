"""Whatever happens in whatever order, users of a blue-green are where the pods are, and it comes to its end."""

from typing import Any

import hypothesis.strategies as st
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import Phase, RolloutStatus
from fabgitops_core.control.commands import Patch
from fabgitops_core.control.objects import ObjectFailureKind
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from .pauses import Watch
from .workshop import Plant, spec, template

GREEN: dict[str, Any] = {
    "blueGreen": {
        "activeService": "hmi",
        "previewService": "hmi-preview",
        "previewReplicaCount": 2,
        "autoPromotionSeconds": 3,
        "scaleDownDelaySeconds": 4,
        "abortScaleDownDelaySeconds": 4,
    }
}
PLAIN: dict[str, Any] = {"blueGreen": {"activeService": "hmi", "autoPromotionEnabled": False}}
STEPS = [{"setWeight": 50}, {"pause": {"duration": 3}}]
CANARY: dict[str, Any] = {"canary": {"steps": STEPS, "maxSurge": 1, "maxUnavailable": 0}}
FAILURES = [ObjectFailureKind.CHANGED, ObjectFailureKind.AWAY, ObjectFailureKind.GONE]


class Adversary(RuleBasedStateMachine):
    """Somebody who does all that may happen."""

    def __init__(self) -> None:
        super().__init__()
        self.plant = Plant(spec(GREEN))
        self.plant.service("hmi")
        self.plant.service("hmi-preview")
        self.plant.settle()
        self.versions = 1
        self.watch = Watch(self.plant)
        self.broken: set[str] = set()
        self.sick: set[str] = set()

    @property
    def status(self) -> RolloutStatus:
        """Return what is stored."""
        assert self.plant.status is not None
        return self.plant.status

    @initialize(passes=st.integers(0, 25), slow=st.booleans(), pauses=st.booleans())
    def begun(self, passes: int, slow: bool, pauses: bool) -> None:
        """A second version is somewhere on its way."""
        self.plant.slow = slow
        self.another_version(bad=False)
        for _ in range(passes):
            self.some_passes(1, 0.3)
        self.paused(pauses)

    @rule(secs=st.sampled_from([0.0, 1.0, 5.0]))
    def time_passes(self, secs: float) -> None:
        """Pods come and go."""
        self.plant.tick(secs)

    @rule(passes=st.integers(1, 12), secs=st.sampled_from([0.0, 0.3]))
    def some_passes(self, passes: int, secs: float) -> None:
        """What it wants is carried out."""
        for _ in range(passes):
            self.plant.look()
            self.carried_out()
            self.plant.tick(secs)

    @rule(abort=st.booleans(), sick=st.booleans())
    def paused_right_after_the_switch(self, abort: bool, sick: bool) -> None:
        """Users have gone over to a version that is not proven yet; the old one's pods may break, it may be aborted."""
        before = self.plant.selected("hmi")
        self.another_version(bad=False)
        for _ in range(60):
            if self.plant.selected("hmi") not in {before, ""}:
                self.paused(pauses=True)
                self.sick |= {before} if sick else set()
                self.plant.bad = self.broken | self.sick
                self.plant.tick()
                if abort:
                    self.promoted("")
                return
            self.some_passes(1, 0.5)

    @rule()
    def a_while(self) -> None:
        """It works undisturbed for some seconds."""
        for _ in range(15):
            self.some_passes(2, 0.3)

    @rule(failure=st.sampled_from(FAILURES))
    def a_request_fails(self, failure: ObjectFailureKind) -> None:
        """What it wants is not carried out."""
        self.plant.look()
        self.plant.carry_out(failure)

    @rule(done=st.booleans())
    def killed(self, done: bool) -> None:
        """It is killed after it has decided, before or after that was done."""
        self.plant.look()
        if done:
            self.carried_out()
        self.plant.restart()

    @rule(bad=st.booleans())
    def another_version(self, bad: bool) -> None:
        """Git wants another version."""
        self.versions += 1
        if bad:
            self.broken.add(str(self.versions))
        self.plant.bad = self.broken | self.sick
        self.plant.declare(template=template(str(self.versions)))

    @rule(data=st.data())
    def an_old_version(self, data: st.DataObject) -> None:
        """Git wants a version again that was there before."""
        self.plant.declare(template=template(str(data.draw(st.integers(1, self.versions)))))

    @rule(data=st.data())
    def pods_break(self, data: st.DataObject) -> None:
        """Pods of a version break, or are well again."""
        self.sick ^= {str(data.draw(st.integers(1, self.versions)))}
        self.plant.bad = self.broken | self.sick

    @rule(replicas=st.integers(0, 6))
    def scaled(self, replicas: int) -> None:
        """Git, or an autoscaler, wants another number of pods."""
        self.plant.declare(replicas=replicas)

    @rule(strategy=st.sampled_from([GREEN, PLAIN, CANARY]))
    def another_strategy(self, strategy: dict[str, Any]) -> None:
        """Git wants another way."""
        self.plant.declare(strategy=strategy)

    @rule(word=st.sampled_from(["", "/preview", "/active", "/full"]))
    def promoted(self, word: str) -> None:
        """Somebody promotes it, or aborts it."""
        mark = marks.PROMOTE if word else marks.ABORT
        self.plant.say(mark, f"{self.status.current_pod_hash}{word}")

    @rule(pauses=st.booleans())
    def paused(self, pauses: bool) -> None:
        """Somebody lets it pause, or go on."""
        self.plant.say(marks.PAUSE, "why not" if pauses else None)
        self.watch.begins()

    @rule()
    def retried(self) -> None:
        """Somebody wants it once more."""
        if (at := self.status.aborted_at) is not None:
            self.plant.say(marks.RETRY, f"{self.status.current_pod_hash}/{at:%Y-%m-%dT%H:%M:%SZ}")

    @rule(slow=st.booleans())
    def pods_come_up_slowly(self, slow: bool) -> None:
        """One pod after the other becomes ready from now on, or all at once."""
        self.plant.slow = slow

    def carried_out(self) -> None:
        """Carry a request out, and look at what it has done to users and pods."""
        plant = self.plant
        request, n = plant.request, plant.spec["replicas"]
        available, served, selected = plant.available(), self.served(), plant.selected("hmi")
        self.watch.begins()
        plant.carry_out()
        self.watch.ends()
        assert plant.available() >= min(available, n), "too few pods"
        assert self.served() >= min(served, n), "users are on fewer pods than before"
        if isinstance(request, Patch) and plant.selected("hmi") not in {"", selected}:
            wanted = plant.revisions()[plant.selected("hmi")]["metadata"]["labels"][marks.HASH]
            assert self.status.blue_green.active_selector == wanted, "it was not recorded before it was done"

    def served(self) -> int:
        """Return how many available pods users reach."""
        found = self.plant.revisions().get(self.plant.selected("hmi"))
        if found is None:
            return self.plant.available()
        return int(min(found.get("status", {}).get("availableReplicas", 0), found["spec"]["replicas"]))

    def teardown(self) -> None:
        """Left alone, and let go on, it comes to its end."""
        plant = self.plant
        plant.slow, plant.bad = False, self.broken
        plant.say(marks.PAUSE, None)
        plant.declare(strategy=PLAIN)
        plant.settle()
        n, version = plant.spec["replicas"], plant.spec["template"]["spec"]["containers"][0]["image"].partition(":")[2]
        assert self.served() == n or not self.status.stable_rs
        if self.status.abort:
            assert plant.selected("hmi") != version
            return
        plant.say(marks.PROMOTE, f"{self.status.current_pod_hash}/full")
        plant.settle()
        if version not in plant.bad:
            assert self.status.phase is Phase.COMPLETED
            assert plant.counts() == {each: n if each == version else 0 for each in plant.counts()}
            assert plant.selected("hmi") == version


TestAdversary = Adversary.TestCase
TestAdversary.settings = settings(stateful_step_count=15)
