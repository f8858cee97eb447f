"""Whatever happens in whatever order, no request is sent to where no pod carries it, and an abort ends."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import hypothesis.strategies as st
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import Phase
from fabgitops_core.control.commands import Patch, Request
from fabgitops_core.control.objects import ObjectFailureKind
from fabgitops_core.control.rollout.pods.weights import carried, needed
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from .junction import PROPAGATION, Junction, promote, routing
from .pauses import Watch
from .workshop import KEY, spec, template

BETA = {"setHeaderRoute": {"name": "beta", "match": [{"headerName": "x", "headerValue": {"exact": "y"}}]}}
STEPS: tuple[dict[str, Any], ...] = (
    {"setCanaryScale": {"replicas": 1}},
    BETA,
    {"setCanaryScale": {"matchTrafficWeight": True}},
    {"setWeight": 30},
    {"pause": {"duration": 3}},
    {"setHeaderRoute": {"name": "beta"}},
    {"setWeight": 80},
    {"setWeight": 20},
    {"pause": {}},
)
WEIGHTS: tuple[dict[str, Any], ...] = ({"setWeight": 50}, {"setWeight": 90}, {"pause": {}})
FAILURES = [ObjectFailureKind.CHANGED, ObjectFailureKind.AWAY, ObjectFailureKind.REFUSED, ObjectFailureKind.CONFLICT]


class Config(NamedTuple):
    """How requests go as routes and Services say it."""

    weight: int
    canary: str
    stable: str
    headers: bool

    def needs(self, version: str, n: int) -> int:
        """Return how many pods of a version it takes."""
        weight = self.weight * (version == self.canary) + (100 - self.weight) * (version == self.stable)
        return max(needed(n, weight), min(n, 1) if self.headers and version == self.canary else 0)


class Adversary(RuleBasedStateMachine):
    """Somebody who does all that may happen."""

    def __init__(self) -> None:
        super().__init__()
        self.versions = 1

    @initialize(dynamic=st.booleans(), steps=st.sampled_from([STEPS, WEIGHTS]), rounds=st.integers(0, 30))
    def begin(self, *, dynamic: bool, steps: tuple[dict[str, Any], ...], rounds: int) -> None:
        """Begin with a version that is out, and another somewhere on its way."""
        self.plant = Junction(spec(routing(*steps, dynamicStableScale=dynamic)))
        self.plant.settle()
        self.watch = Watch(self.plant)
        self.possible = [self.config()]
        self.taken: datetime | None = self.plant.at
        self.another_version(bad=False)
        self.it_gets_on(rounds, 6.0)

    def config(self) -> Config:
        """Return how requests go by what is stored."""
        plant = self.plant
        weight = plant.weights()[1]
        return Config(weight, plant.selected("hmi-canary"), plant.selected("hmi"), bool(plant.headers()))

    @rule(secs=st.sampled_from([0.5, 1.0, 6.0, 40.0]))
    def time_passes(self, secs: float) -> None:
        """Pods come and go, and the gateway does as it is told, some time after it was."""
        self.plant.tick(secs)
        self.comes_into_force()

    def comes_into_force(self) -> None:
        """Note since when the gateway has what is stored; a while later requests go by nothing else."""
        plant = self.plant
        body = plant.objects[Key("HTTPRoute", KEY.namespace, "hmi")]
        seen = [each["observedGeneration"] for each in body["status"]["parents"][0]["conditions"]]
        if self.taken is None and set(seen) == {body["metadata"]["generation"]}:
            self.taken = plant.at
        if self.taken is not None and plant.at >= self.taken + timedelta(seconds=PROPAGATION):
            self.possible = [self.config()]

    @rule(times=st.integers(1, 3))
    def passes(self, times: int) -> None:
        """What it wants is carried out."""
        for _ in range(times):
            self.plant.look()
            self.carried_out()

    @rule(rounds=st.integers(1, 16), secs=st.sampled_from([0.5, 6.0]))
    def it_gets_on(self, rounds: int, secs: float) -> None:
        """Nothing disturbs it for a while: it comes to later steps only then."""
        for _ in range(rounds):
            self.plant.look()
            while self.plant.request is not None:
                self.carried_out()
            self.time_passes(secs)

    @rule(failure=st.sampled_from(FAILURES))
    def a_request_fails(self, failure: ObjectFailureKind) -> None:
        """What it wants is not carried out."""
        self.plant.look()
        self.plant.carry_out(failure)

    @rule(done=st.booleans())
    def killed(self, *, done: bool) -> None:
        """It is killed, before or after a request was carried out, and before it knows."""
        self.plant.look()
        if done:
            self.carried_out()
        self.plant.restart()

    @rule(bad=st.booleans())
    def another_version(self, *, bad: bool) -> None:
        """Git wants another version."""
        self.versions += 1
        if bad:
            self.plant.bad.add(str(self.versions))
        self.plant.declare(template=template(str(self.versions)))

    @rule(data=st.data())
    def an_old_version(self, data: st.DataObject) -> None:
        """Git wants a version again that was there before."""
        self.plant.declare(template=template(str(data.draw(st.integers(1, self.versions)))))

    @rule(replicas=st.integers(0, 9))
    def scaled(self, replicas: int) -> None:
        """Git, or an autoscaler, wants another number of pods."""
        self.plant.declare(replicas=replicas)

    @rule(data=st.data(), most=st.integers(0, 5))
    def pods_die(self, data: st.DataObject, most: int) -> None:
        """Of a version only so many pods are ready from now on."""
        self.plant.caps[data.draw(st.sampled_from(sorted(self.plant.revisions())))] = most
        self.plant.tick(0.0)
        self.comes_into_force()

    @rule()
    def pods_live(self) -> None:
        """All come back."""
        self.plant.caps.clear()

    @rule(away=st.booleans())
    def the_gateway(self, *, away: bool) -> None:
        """It takes no changes for a time."""
        self.plant.away = away

    @rule(mark=st.sampled_from([marks.ABORT, marks.PROMOTE, marks.RETRY]), full=st.booleans())
    def a_word(self, mark: str, *, full: bool) -> None:
        """Somebody says something."""
        status = self.plant.status
        assert status is not None
        word = status.current_pod_hash
        if mark == marks.PROMOTE:
            word += "/full" if full else f"/{status.current_step_index}"
        if mark == marks.RETRY and status.aborted_at is not None:
            word += f"/{status.aborted_at:%Y-%m-%dT%H:%M:%SZ}"
        self.plant.say(mark, word)

    @rule(pauses=st.booleans())
    def paused(self, *, pauses: bool) -> None:
        """Somebody lets it pause, or go on."""
        self.plant.say(marks.PAUSE, "why not" if pauses else None)
        self.watch.begins()

    @rule(weight=st.integers(0, 100))
    def somebody_sets_weights(self, weight: int) -> None:
        """Somebody else sets the weights, and they are put right before anything else happens."""
        if self.plant.weights()[1] == weight:
            return
        self.plant.set_weights(100 - weight, weight)
        if self.plant.status is not None and self.plant.status.contention is not None:
            self.plant.tick(600)
        self.plant.look()
        self.plant.carry_out()
        self.taken = None
        self.comes_into_force()

    def carried_out(self) -> None:
        """Carry a request out, and look at what it does to requests and pods."""
        plant, before, count = self.plant, self.config(), self.plant.available()
        pods, had = plant.counts(), plant.availables()
        request = plant.request
        self.watch.begins()
        plant.carry_out()
        self.watch.ends()
        after = self.config()
        if after != before:
            self.possible.append(after)
            self.taken = None
            self.comes_into_force()
            self.weight_is_carried(before, after)
        if isinstance(request, Patch) and request.steps[-1]["path"] == "/spec/replicas":
            n = plant.spec["replicas"]
            assert plant.available() >= min(count, n - n // 4), "too few pods"
            self.pods_are_not_needed(request, pods, had)

    def weight_is_carried(self, before: Config, after: Config) -> None:
        """Look that no more is sent to a version than its pods carry."""
        n, available = self.plant.spec["replicas"], self.plant.availables()
        canary, stable = available.get(after.canary, 0), available.get(after.stable, 0)
        if after.canary != after.stable and after.weight > before.weight:
            assert after.weight <= max(carried(canary, n), 100 - carried(stable, n)), "more than it carries"
        if after.headers and not before.headers:
            assert canary or not n, "header routes to nowhere"
        if after.canary != before.canary and before.canary:
            assert all(not each.weight and not each.headers for each in self.possible), "moved under traffic"

    def pods_are_not_needed(self, request: Request, pods: dict[str, int], had: Any) -> None:
        """Look that no pod is taken away to which requests may still go."""
        n = self.plant.spec["replicas"]
        for version, count in self.plant.counts().items():
            if count < pods[version] and had[version]:
                needs = max(each.needs(version, n) for each in self.possible)
                assert count >= min(needs, pods[version]), f"{version} has {count}, {needs} needed: {self.possible}"
        del request

    @invariant()
    def one_revision_is_selected(self) -> None:
        """Each Service selects a revision that is there."""
        for name in ("hmi", "hmi-canary"):
            assert self.plant.selected(name)

    def teardown(self) -> None:
        """Left alone, it comes to its end; an abort ends with no weight, and with the proven pods."""
        if not hasattr(self, "plant"):
            return
        plant = self.plant
        plant.away = False
        plant.caps.clear()
        plant.say(marks.PAUSE, None)
        plant.settle()
        assert plant.status is not None
        n = plant.spec["replicas"]
        for _ in range(4):
            if plant.status.abort:
                break
            promote(plant)
            plant.settle()
        version = plant.spec["template"]["spec"]["containers"][0]["image"].partition(":")[2]
        good = version not in plant.bad
        if not plant.status.abort and good:
            assert plant.status.phase is Phase.COMPLETED
            assert plant.counts()[version] == n
        if plant.status.stable_rs and (n or good or plant.status.abort):  # without pods any side carries any weight
            assert plant.status.abort or not good or plant.status.phase is Phase.COMPLETED
            stable = plant.selected("hmi")
            assert plant.hash_of(stable) == plant.status.stable_rs
            assert plant.availables()[stable] == n
            assert self.config() == Config(0, stable, stable, headers=False)


TestAdversary = Adversary.TestCase
