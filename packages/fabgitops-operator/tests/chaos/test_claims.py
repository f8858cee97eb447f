"""Experiments that begin at once never have one target, nor more of one set than the policy allows."""

from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import pytest
from fabgitops_core.api.chaos.policy import ChaosPolicySpec
from fabgitops_core.api.chaos.target import Target
from fabgitops_core.api.meta import Key
from fabgitops_core.control.chaos.caps import UNBOUND
from fabgitops_core.control.chaos.deeds import Spot
from fabgitops_core.control.chaos.ids import InjectionId, NodeName, TargetUid
from fabgitops_core.control.chaos.selecting import Candidate, Choice, chosen
from fabgitops_operator.chaos.claims import Claims

A, B = (Key("ChaosExperiment", "line-1", name) for name in "ab")
PODS = tuple(Candidate(f"hmi-{n}", TargetUid(f"{n}")) for n in range(6))
AIM: dict[str, Any] = {"kind": "pods", "labelSelector": {"matchLabels": {"app": "hmi"}}}
MOVES = ["look", "look", "look", "take", "take", "store", "drop", "restart"]


def spot(uid: str, experiment: str, place: str = "") -> Spot:
    """Return a target of an experiment, injected in itself or elsewhere."""
    return Spot("line-1", f"hmi-{uid}", TargetUid(uid), NodeName("n"), InjectionId(f"{experiment}.{place or uid}"))


def test_a_target_is_one_experiments() -> None:
    """Whoever comes second is told whose a target is, and has none of the others either; later it may have all."""
    claims = Claims(lambda: 0.0)
    assert claims.take(A, [spot("1", "a"), spot("2", "a")], UNBOUND) == ""
    assert claims.take(B, [spot("3", "b"), spot("2", "b")], UNBOUND) == "hmi-2 is a target of line-1/a"
    assert claims.take(A, [spot("1", "a"), spot("3", "a")], UNBOUND) == ""
    assert claims.take(B, [spot("2", "b")], UNBOUND) == ""
    claims.drop(A)
    assert claims.take(B, [spot("1", "b"), spot("3", "b")], UNBOUND) == ""


def test_so_is_a_place() -> None:
    """Two PLCs whose packets leave one pod are not of two experiments: a pod has one injection at a time."""
    claims = Claims(lambda: 0.0)
    assert claims.take(A, [spot("1", "a", "operator")], UNBOUND) == ""
    assert claims.take(B, [spot("2", "b", "operator")], UNBOUND) == "hmi-2 is a target of line-1/a"


def test_who_is_silent_has_nothing() -> None:
    """An experiment that was taken away by force keeps nothing from others when all that it did is over by itself."""
    now = 0.0
    claims = Claims(lambda: now)
    claims.take(A, [spot("1", "a")], UNBOUND)
    now = 29.0
    claims.heard(A)
    now = 59.0
    assert claims.take(B, [spot("1", "b")], UNBOUND) != ""
    now = 59.1
    assert claims.take(B, [spot("1", "b")], UNBOUND) == ""


@pytest.mark.parametrize("policy", [{"maxTargets": 1}, {"maxPercent": 50}, {"minReadyLeft": 1}])
def test_two_that_begin_at_once_share_what_is_allowed(policy: dict[str, int]) -> None:
    """Of two experiments that have each found two pods and want another one of them, the first alone has its own."""
    claims, allowed = Claims(lambda: 0.0), {"maxTargets": 9, "maxPercent": 100, "minReadyLeft": 0, **policy}
    spec = ChaosPolicySpec.model_validate({"enabled": True, **allowed})
    first, second = (_one(spec, PODS[:2], uid) for uid in "01")
    assert (first.refusal, second.refusal) == ("", "")
    assert claims.take(A, [spot("0", "a")], first.caps) == ""
    refusal = claims.take(B, [spot("1", "b")], second.caps)
    assert "while others have 1 of the same" in refusal
    assert next(iter(policy)) in refusal
    claims.drop(A)
    assert claims.take(B, [spot("1", "b")], second.caps) == ""


def _one(spec: ChaosPolicySpec, pods: tuple[Candidate, ...], uid: str) -> Choice:
    """Return the choice of that one pod, by whichever seed makes it."""
    seeded = (chosen(Target.model_validate(AIM), pods, spec, f"seed-{n}") for n in range(99))
    return next(each for each in seeded if each.chosen[0].uid == uid)


@dataclass
class Run:
    """One of several experiments on the same pods: what it chose, what it has, and whether that is stored."""

    key: Key
    aim: Target
    choice: Choice | None = None
    has: frozenset[str] = frozenset()
    stored: bool = False


@dataclass
class Fab:
    """Six pods, an operator that may begin again, and what of experiments is stored."""

    spec: ChaosPolicySpec
    runs: list[Run]
    claims: Claims = field(default_factory=lambda: Claims(lambda: 0.0))

    def look(self, run: Run) -> None:
        """Let an experiment choose, of what stands in statuses by then."""
        owner = {uid: each.key.name for each in self.runs if each.stored for uid in each.has}
        there = [replace(each, claimed_by=owner.get(each.uid, "")) for each in PODS]
        found = chosen(run.aim, there, self.spec, run.key.name)
        busy = any(each.claimed_by for each in found.chosen)
        run.choice = None if busy or found.refusal or run.has else found

    def take(self, run: Run) -> None:
        """Let it have them."""
        if run.choice and not self.claims.take(
            run.key, [spot(each.uid, run.key.name) for each in run.choice.chosen], run.choice.caps
        ):
            run.has = frozenset(each.uid for each in run.choice.chosen)
        run.choice = None

    def store(self, run: Run) -> None:
        """Let its record be stored, if it has any."""
        run.stored = bool(run.has)

    def drop(self, run: Run) -> None:
        """Let it be over."""
        self.claims.drop(run.key)
        run.has, run.stored = frozenset(), False

    def restart(self, _: Run) -> None:
        """Let another operator begin, which knows what is stored alone: without a record nothing was done."""
        self.claims = Claims(lambda: 0.0)
        for run in self.runs:
            run.choice, run.has = None, run.has if run.stored else frozenset()


def test_all_at_once_have_no_more_than_is_allowed() -> None:
    """However experiments on one set meet, and whenever the operator dies: together they keep to the policy."""
    sizes: list[dict[str, Any]] = [{}, {}, {"mode": "fixed", "value": 2}, {"mode": "fixedPercent", "value": 50}]
    for seed in range(500):
        dice = Random(seed)  # noqa: S311 - a story, no secret
        targets, percent, left = dice.randint(1, 4), dice.randint(1, 100), dice.randint(0, 4)
        spec = ChaosPolicySpec(enabled=True, max_targets=targets, max_percent=percent, min_ready_left=left)
        runs = [
            Run(Key("ChaosExperiment", "line-1", f"{at}"), Target.model_validate(AIM | sizes[at])) for at in range(4)
        ]
        fab = Fab(spec, runs)
        for _ in range(40):
            getattr(fab, dice.choice(MOVES))(dice.choice(runs))
            together = [uid for each in runs for uid in each.has]
            assert len(together) == len(set(together)), seed
            assert len(together) <= min(targets, max(1, len(PODS) * percent // 100)), seed
            assert not together or len(PODS) - len(together) >= left, seed
