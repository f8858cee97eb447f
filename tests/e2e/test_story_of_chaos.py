"""Chaos experiments on pods that really run, and what is left when those who carry them out are killed: nothing."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from .chaos import AGENT, FINAL, OPERATOR, Chaos, Sample, is_late, is_throttled, over_after
from .cluster import until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
SECS = 8
DELAY = {"networkDelay": {"delayMillis": 300}}
ROUND_TRIP_SECS = 0.6
"""Of an answer on a new connection: two packets that leave the target are waited for."""
LATE = is_late(ROUND_TRIP_SECS)
PARTITION = {"networkDelay": {"partition": True}}
STRESS = {"cpuStress": {"workers": 2}}
TARGETS: Mapping[str, Mapping[str, object]] = {"throttled": STRESS, "late": DELAY}
FELT = {"throttled": is_throttled, "late": LATE, "parted": LATE}


def test_a_budget_has_the_last_word(chaos: Chaos) -> None:
    """A pod is evicted where its budget lets one go, and none where it does not: that shows nothing, and says why."""
    chaos.run_herd("herd", replicas=2, budget=1)
    until(lambda: chaos.allowed_disruptions("herd") == 1, "the budget lets one go")
    before = chaos.members("herd")
    chaos.begin("evicts", "herd", 2, podKiller={})
    status = chaos.outcome("evicts")["evicts"]
    assert (status["phase"], status["verdict"]) == ("Completed", "Passed"), status
    assert len(before - chaos.members("herd")) == 1
    until(lambda: len(chaos.members("herd")) == 2 and chaos.cluster.ready_replicas("herd") == 2, "there is another")
    chaos.change_budget("herd", 2)
    until(lambda: chaos.allowed_disruptions("herd") == 0, "the budget lets none go")
    before = chaos.members("herd")
    chaos.begin("evicts-none", "herd", 2, podKiller={})
    status = chaos.outcome("evicts-none")["evicts-none"]
    assert (status["phase"], status["verdict"], status["reason"]) == ("Failed", "Inconclusive", "InjectFailed"), status
    assert "disruption budget" in status["message"], status
    assert chaos.members("herd") == before


def test_what_is_injected_is_really_felt(chaos: Chaos) -> None:
    """A limit throttles, a round trip is late by the delay, a partition lets nothing out; and all of it ends."""
    names = {**TARGETS, "parted": PARTITION}
    chaos.run_targets(*names)
    before = chaos.watch.now()
    for name, scenario in names.items():
        chaos.begin(name, name, SECS, **scenario)
    for name in names:
        chaos.seen(name, is_injected)
    held = chaos.watch.now()
    for name, status in chaos.outcome(*names).items():
        assert (status["phase"], status["verdict"]) == ("Completed", "Passed"), (name, status)
        assert (status["targets"][0]["confirmed"], status["targets"][0]["effective"]) == (True, True), (name, status)
    throttled, late, parted = seen = [chaos.watch.seen(name, before) for name in names]
    middle = [each for each in late if held < each.at < held + SECS / 2]
    assert min(each.took or 0.0 for each in middle) >= ROUND_TRIP_SECS, f"it took {middle}"
    assert all(each.took is None for each in parted if held < each.at < held + SECS / 2), parted
    counts = [each.throttled for each in throttled]
    assert counts[-1] - counts[0] >= SECS, f"throttled in {counts[-1] - counts[0]} periods of 0.1 s, in {SECS} s"
    for name, samples in zip(names, seen, strict=True):
        assert over_after(samples, FELT[name], held) <= SECS + 15, samples


def is_recorded(status: Mapping[str, Any]) -> bool:
    """Return whether an experiment says that it begins."""
    return bool(status.get("phase", "Pending") != "Pending")


def is_injected(status: Mapping[str, Any]) -> bool:
    """Return whether an experiment says that it has injected all that it is to."""
    return is_recorded(status) and all(each["state"] != "Injecting" for each in status["targets"])


def is_healing(status: Mapping[str, Any]) -> bool:
    """Return whether an experiment says that it takes back what it has injected, or has."""
    return status.get("phase") in ("Recovering", *FINAL)


HOLDER = "holder"
POINTS: Mapping[str, Callable[[Mapping[str, Any]], bool] | None] = {
    "recorded": is_recorded,
    "injecting": None,
    "active": is_injected,
    "healing": is_healing,
}
"""When somebody is killed: as soon as the status says so, or, None, as soon as a holder is begun."""
STORIES = [(victim, point) for victim in (OPERATOR, AGENT, HOLDER) for point in POINTS]
STORIES.remove((HOLDER, "recorded"))  # there is none yet
HOLDING = ' net {"injection"'
"""What stands in the command of who holds packets."""


@dataclass
class Killing:
    """Somebody who is killed at a point of some experiments: when all of them have come to it."""

    chaos: Chaos
    victim: str
    point: str
    experiments: Sequence[str]

    def __call__(self) -> float:
        """Wait for the point, kill, and return the moment."""
        if self.victim == HOLDER:
            return self._at_point(self._holder)
        pod = self.chaos.pod_of(self.victim)
        (process,) = self.chaos.watch.processes("fabgitops-operator", pod.metadata.uid)
        killed = self._at_point(lambda: process)
        self.chaos.lose(pod)
        return killed

    def _holder(self) -> int:
        self._see(is_injected)
        return self.chaos.watch.processes(HOLDING)[0]

    def _see(self, true: Callable[[Mapping[str, Any]], bool]) -> None:
        for experiment in self.experiments:
            self.chaos.seen(experiment, true)

    def _at_point(self, whom: Callable[[], int]) -> float:
        if not (true := POINTS[self.point]):
            return self.chaos.watch.kill(None if self.victim == HOLDER else whom(), HOLDING)
        process = whom()
        self._see(true)
        return self.chaos.watch.kill(process)


@pytest.mark.parametrize(("victim", "point"), STORIES)
def test_who_is_killed_leaves_nothing(chaos: Chaos, victim: str, point: str) -> None:
    """Whoever is killed, and whenever: within 30 s nothing is injected any more, it is said, and it is let go."""
    names = {f"{victim}-{point}-{target}": scenario for target, scenario in TARGETS.items()}
    before = chaos.watch.now()
    with ThreadPoolExecutor() as pool:
        killing = pool.submit(Killing(chaos, victim, point, list(names)))
        for name, scenario in names.items():
            chaos.begin(name, name.rpartition("-")[2], SECS, **scenario)
        killed = killing.result()
    told = chaos.outcome(*names)
    said = chaos.watch.now() - killed
    over = [over_after(chaos.watch.seen(target, before), FELT[target], killed) for target in TARGETS]
    ends = ", ".join(f"{each['phase']} {each['reason']} {each['verdict']}" for each in told.values())
    text = (
        f"{victim} killed when {point}: over after {over[0]:.1f} s and {over[1]:.1f} s, said after {said:.1f} s: {ends}"
    )
    print(text)
    assert max(over) <= 30, text
    assert not chaos.watch.processes("holders.run"), text
    assert all(each["state"] in {"Recovered", "Gone"} for status in told.values() for each in status["targets"]), told


def lately(samples: Sequence[Sample]) -> list[bool]:
    """Return whether the last three answers were late."""
    return [LATE(each, each) for each in samples[-3:]]


def test_an_operator_that_stays_away(chaos: Chaos) -> None:
    """When nobody is left who renews anything, it is over long before its time; whoever comes later says so.

    The holder of the test before was killed in the same pod, and has left its rules there.
    """
    before = chaos.watch.now()
    chaos.begin("alone", "late", 600, **DELAY)
    chaos.seen("alone", is_injected)
    (process,) = chaos.watch.processes("fabgitops-operator", chaos.pod_of(OPERATOR).metadata.uid)
    until(lambda: lately(chaos.watch.seen("late", before)) == [True] * 3, "it is late")
    chaos.run_operators(0)
    killed = chaos.watch.kill(process)
    until(lambda: lately(chaos.watch.seen("late", killed)) == [False] * 3, "it is on time again")
    over = over_after(chaos.watch.seen("late", before), LATE, killed)
    assert 0 < over <= 30, f"over after {over:.1f} s without an operator"
    chaos.run_operators(1)
    status = chaos.outcome("alone")["alone"]
    assert (status["phase"], status["reason"], status["verdict"]) == ("Failed", "Lost", "Inconclusive"), status
