"""Seeded stories in which all goes wrong at once: pods die, ReplicaSets are deleted, strategies and routes change.

What is done takes no pods away that are needed, and leaves nothing of ours on what a spec names no more.

Plain loops, as many stories are worth more here than the shortest one: what fails names its seed, which plays it again.
"""

import random
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import Phase, RolloutStatus
from fabgitops_core.control.commands import Patch
from fabgitops_core.control.objects import ObjectFailureKind

from .junction import Junction, parents, routing
from .pauses import Watch
from .workshop import KEY, spec, template

PAIR = {"stableService": "hmi", "canaryService": "hmi-canary"}
STEPS: list[dict[str, Any]] = [{"setWeight": 25}, {"pause": {"duration": 3}}, {"setWeight": 60}, {"pause": {}}]
OWN = [{"template": {"parentRefs": parents()}}]
HEADER = {"name": "staff", "match": [{"headerName": "X-Line", "headerValue": {"exact": "7"}}]}
ROUTES = ("screens", "other")
TEST: dict[str, Any] = {
    "match": {"headers": HEADER["match"]},
    "duration": 30,
    "trafficRouting": {"gatewayAPI": {"routes": [{"name": "screens"}]}, "managedRoutes": [{"name": "mine"}]},
    **PAIR,
}
STRATEGIES: tuple[dict[str, Any], ...] = (
    {"simple": {"maxSurge": 1, "maxUnavailable": 0}},
    {"canary": {"steps": STEPS, "maxSurge": 1, "maxUnavailable": 0, **PAIR}},
    {"canary": {"steps": STEPS[:1], "maxSurge": "50%", "maxUnavailable": 0, **PAIR, "stableService": "hmi-b"}},
    routing(*STEPS, routes=OWN, maxUnavailable=0),
    routing(*STEPS, routes=[{"name": "screens"}], maxUnavailable=0),
    routing({"setHeaderRoute": HEADER}, *STEPS, routes=[{"name": "other"}], dynamicStableScale=True, maxUnavailable=0),
    {"abTesting": TEST},
    {"blueGreen": {"activeService": "hmi", "autoPromotionEnabled": False, "scaleDownDelaySeconds": 4}},
    {"blueGreen": {"activeService": "hmi-canary", "previewService": "hmi"}},
)
SERVICES = ("hmi", "hmi-canary", "hmi-b")
FAILURES = tuple(ObjectFailureKind)


class Story:
    """One story: what happens, and what is looked at after each request."""

    strategies = STRATEGIES
    world = Junction

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311
        way, replicas = self.chance.choice(self.strategies), self.chance.randint(1, 6)
        self.plant = self.world(spec(way, replicas=replicas), routes=False)
        self.plant.service("hmi-b")
        self.prepared()
        for name in ROUTES:
            self.plant.route(name)
        self.plant.settle()
        self.versions = 1
        self.watch = Watch(self.plant)
        self.skipped: set[str] = set()

    def prepared(self) -> None:
        """Make ready what else there is, before anything happens."""

    @property
    def status(self) -> RolloutStatus:
        """Return what is stored."""
        assert self.plant.status is not None
        return self.plant.status

    def goes_on(self) -> None:
        """Let something happen."""
        self.chance.choice((self.works, self.works, self.fails, self.killed, self.edited, self.meddled, self.said))()

    def is_paused(self, least: int, most: int, chance: float = 0.25) -> None:
        """Let so many things happen, and somebody pause it, or take that back, with a chance before each."""
        for _ in range(self.chance.randint(least, most)):
            if self.chance.random() < chance:
                self.plant.say(marks.PAUSE, None if marks.PAUSE in self.plant.annotations else "why not")
                self.watch.begins()
                self.works()
            else:
                self.goes_on()

    def works(self) -> None:
        """It gets on, and time passes."""
        for _ in range(self.chance.randint(1, 6)):
            self.looks()
            self.done()
            self.plant.tick(self.chance.choice((0.0, 1.0, 5.0)))

    def fails(self) -> None:
        """A request is not carried out."""
        self.looks()
        self.plant.carry_out(self.chance.choice(FAILURES))

    def killed(self) -> None:
        """It is killed, before or after what it asked for was done."""
        self.looks()
        if self.chance.random() < 0.5:
            self.done()
        self.plant.restart()

    def edited(self) -> None:
        """Git wants something else."""
        what = self.chance.randint(0, 3)
        if what == 0:
            self.versions += 1
            if self.chance.random() < 0.3:
                self.plant.bad.add(str(self.versions))
        if what < 2:
            version = self.versions if what == 0 else self.chance.randint(1, self.versions)
            self.plant.declare(template=template(str(version)))
        elif what == 2:
            self.plant.declare(replicas=self.chance.randint(1, 9))
        else:
            self.plant.declare(strategy=self.chance.choice(self.strategies))

    def meddled(self) -> None:
        """Pods die, somebody scales or deletes a ReplicaSet, or takes the revision out of a Service."""
        plant, found = self.plant, sorted(self.plant.revisions().items())
        what = self.chance.randint(0, 4)
        if what == 0:
            plant.slow = not plant.slow
        elif what == 1:
            plant.caps = {version: self.chance.randint(0, 3) for version, _ in found if self.chance.random() < 0.5}
            plant.tick(0.0)
        elif what == 4 and found:
            del plant.objects[Key("ReplicaSet", KEY.namespace, self.chance.choice(found)[1]["metadata"]["name"])]
        elif what == 2 and found:
            body = self.chance.choice(found)[1]
            key = Key("ReplicaSet", KEY.namespace, body["metadata"]["name"])
            plant.store(key, {**body, "spec": {**body["spec"], "replicas": self.chance.randint(0, 9)}})
        elif what == 3:
            plant.service(self.chance.choice(SERVICES))

    def said(self) -> None:
        """Somebody says something, or takes it back."""
        hash_, step = self.status.current_pod_hash, self.status.current_step_index
        promotion = f"{hash_}/{self.chance.choice(['full', 'preview', step, step])}"
        mark, word = self.chance.choice(((marks.ABORT, hash_), (marks.PROMOTE, promotion), (marks.PAUSE, "why not")))
        self.plant.say(mark, word)
        if word.endswith("/full"):
            self.skipped.add(hash_)
        self.watch.begins()
        if mark == marks.PAUSE:
            for _ in range(4):
                self.works()
        if mark != marks.PAUSE or self.chance.random() < 0.5:
            self.plant.say(marks.PAUSE, None)

    def done(self) -> None:
        """Carry a request out, and look at what it has done."""
        plant, request = self.plant, self.plant.request
        had, served = plant.available(), {name: self.pods(name) for name in self.held()}
        nowhere = self.nowhere()
        self.watch.begins()
        plant.carry_out()
        self.watch.ends()
        if not isinstance(request, Patch):
            return
        if request.key.kind == "ReplicaSet" and "trafficRouting" not in str(plant.spec["strategy"]):
            assert plant.available() >= min(had, plant.spec["replicas"]), "too few pods"
        lost = [name for name, count in served.items() if count and not self.pods(name)]
        is_wanted = plant.available() and plant.spec["replicas"]
        assert not lost or not is_wanted, f"{lost} lost its last pod"
        assert self.nowhere() <= nowhere or not is_wanted, f"requests go nowhere: {self.nowhere() - nowhere}"

    def looks(self) -> None:
        """Let it look, and see that it takes no version for proven because the one is lost that was."""
        before = self.status.stable_rs
        self.plant.look()
        now, revisions = self.status.stable_rs, self.plant.revisions().values()
        is_there = any(each["metadata"]["labels"][marks.HASH] == before for each in revisions)
        if before and now != before and not is_there:
            assert self.status.current_pod_hash in self.skipped, f"{now} took the place of {before}, which is lost"

    def nowhere(self) -> set[tuple[str, str]]:
        """Return the routes that are held which send requests to a Service that leads to no pods."""
        held = {each.name for each in self.status.routes} & set(ROUTES)
        pairs = [(name, *each) for name in held for each in zip(PAIR.values(), self.plant.weights(name), strict=True)]
        return {(name, service) for name, service, weight in pairs if weight and not self.pods(service)}

    def held(self) -> list[str]:
        """Return the Services that users reach."""
        (way,) = self.plant.spec["strategy"].values()
        return [way[name] for name in ("stableService", "canaryService", "activeService") if name in way]

    def pods(self, name: str) -> int:
        """Return how many available pods a Service selects."""
        selector = self.plant.objects[Key("Service", KEY.namespace, name)]["spec"]["selector"]
        if marks.HASH not in selector:
            return self.plant.available()
        return self.plant.availables().get(self.plant.selected(name), 0)

    def ends(self) -> None:
        """Left alone it comes to rest, and goes on where it is let: it is out, or given up, or says what is wrong.

        So it is though pods of all other versions may stay dead.
        """
        plant = self.plant
        plant.slow, plant.caps = False, {}
        declared = plant.spec["template"]["spec"]["containers"][0]["image"].partition(":")[2]
        if self.chance.random() < 0.3:
            plant.caps = dict.fromkeys(plant.revisions().keys() - {declared}, 0)
        plant.say(marks.PAUSE, None)
        self.rests()
        for turn in range(6):
            is_lost = self.status.conditions[0].reason == "StableLost"
            if (self.status.abort and not is_lost) or self.status.phase is Phase.COMPLETED:
                break
            index = self.status.current_step_index
            step = ("preview", "active")[turn % 2] if index is None else index
            if is_lost:  # nothing else lets it go on without the proven one
                step = "full"
                plant.say(marks.PROMOTE, None)
                self.rests()
                self.skipped.add(self.status.current_pod_hash)
            plant.say(marks.PROMOTE, None)  # the same word may have been heard at another wait
            self.rests()
            plant.say(marks.PROMOTE, f"{self.status.current_pod_hash}/{step}")
            self.rests()
        is_good = declared not in plant.bad and not self.status.abort
        assert self.status.phase is (Phase.COMPLETED if is_good else Phase.FAILED), self.status
        for name in self.held():
            is_given_up = self.status.abort and plant.caps  # nobody is led to that, though the proven one has no pods
            assert is_given_up or self.pods(name) or not plant.available(), f"{name} leads to no pods"
        self.has_let_go()
        before = plant.version, self.status
        plant.restart()
        self.rests()
        assert (plant.version, self.status) == before, "a restart has changed something"

    def has_let_go(self) -> None:
        """Of routes that are named no more nothing is held, and of others nothing stays that leads to no version."""
        named = [each["name"] for each in self.routes() if "name" in each]
        assert [each.name for each in self.status.routes] == named
        for name in set(ROUTES) - set(named):
            assert not self.plant.headers(name), f"{name} keeps header rules"
            assert self.plant.weights(name) in {(1, 1), (100, 0)}, f"{name} keeps weights"

    def routes(self) -> list[dict[str, Any]]:
        """Return the routes that are declared."""
        (way,) = self.plant.spec["strategy"].values()
        found: list[dict[str, Any]] = way.get("trafficRouting", {}).get("gatewayAPI", {}).get("routes", [])
        return found

    def rests(self) -> None:
        """Let it work until nothing is published or requested any more, and nothing is waited for."""
        for _ in range(200):
            before = self.plant.version, self.plant.status
            self.looks()
            while self.plant.request is not None:
                self.done()
            self.plant.tick()
            if before == (self.plant.version, self.plant.status) and self.plant.wake != 0.0:
                if self.plant.wake is None:
                    return
                self.plant.tick(self.plant.wake)
        raise AssertionError(f"it never comes to rest: {self.plant.status}")


@pytest.mark.parametrize("part", range(4))
def test_stories(part: int) -> None:
    """Whatever happens, in whatever order, no Service loses its last pod by what is done, and it comes to rest."""
    for seed in range(part * 30, part * 30 + 30):
        story = Story(seed)
        try:
            for _ in range(story.chance.randint(3, 20)):
                story.goes_on()
            story.ends()
        except AssertionError as error:
            raise AssertionError(f"story {seed}: {error}") from error


@pytest.mark.parametrize("seed", [749, 1312, 1338, 1439, 1777, 2343, 3281, 3453, 3668, *range(1000, 1010)])
def test_stories_of_pauses(seed: int) -> None:
    """Somebody pauses it again and again, wherever it is: the new version gets nothing by anything meanwhile."""
    story = Story(seed)
    story.is_paused(6, 30)
    story.ends()


@pytest.mark.parametrize(
    ("seed", "chance"), [(56, 0.25), (568, 0.15), (649, 0.4), (834, 0.4), (501951, 0.2), (20174, 0.3), (20292, 0.3)]
)
def test_longer_stories(seed: int, chance: float) -> None:
    """So much goes wrong that all are dead whom users reach, or gone: what lives gets out, and no Service is left."""
    story = Story(seed)
    story.is_paused(5, 40, chance)
    story.ends()


class Insisting(Story):
    """One in which somebody gives up what is on its way, and wants it again, also while it is paused."""

    def goes_on(self) -> None:
        """Let something happen: as often as not one of both words."""
        self.watch.begins()
        status = self.status
        if self.chance.random() < 0.5:
            super().goes_on()
        elif (at := status.aborted_at) is None:
            self.plant.say(marks.ABORT, status.current_pod_hash)
        else:
            self.plant.say(marks.ABORT, None)
            self.plant.say(marks.RETRY, f"{status.current_pod_hash}/{at:%Y-%m-%dT%H:%M:%SZ}")
        self.works()


@pytest.mark.parametrize("seed", range(20))
def test_stories_of_second_tries(seed: int) -> None:
    """It is given up and retried again and again, paused or not: paused it gets nothing back, and it comes to rest."""
    story = Insisting(seed)
    story.is_paused(10, 40, 0.2)
    story.ends()
