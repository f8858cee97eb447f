"""Which targets an experiment has."""

from dataclasses import replace

import pytest
from fabgitops_core.api.chaos.policy import ChaosPolicySpec
from fabgitops_core.api.chaos.target import Target
from fabgitops_core.control.chaos.ids import TargetUid
from fabgitops_core.control.chaos.selecting import Candidate, Choice, chosen, why_not
from hypothesis import given
from hypothesis import strategies as st

GENEROUS = ChaosPolicySpec(enabled=True, max_targets=50, max_percent=100, min_ready_left=0)
SELECTOR = {"matchLabels": {"app": "hmi"}}


def target(**fields: object) -> Target:
    """Return a target of pods."""
    return Target.model_validate({"kind": "pods", "labelSelector": SELECTOR, **fields})


def pods(count: int) -> list[Candidate]:
    """Return so many that could be chosen."""
    return [Candidate(f"hmi-{number}", TargetUid(f"uid-{number}")) for number in range(count)]


def named(choice: Choice) -> list[str]:
    """Return the names of what was chosen."""
    return [each.name for each in choice.chosen]


@pytest.mark.parametrize(
    ("fields", "of", "expected"),
    [
        ({}, 7, 1),
        ({"mode": "all"}, 7, 7),
        ({"mode": "fixed", "value": 3}, 7, 3),
        ({"mode": "fixed", "value": 9}, 7, 7),
        ({"mode": "fixedPercent", "value": 50}, 7, 3),
        ({"mode": "fixedPercent", "value": 1}, 7, 1),
        ({"mode": "fixedPercent", "value": 100}, 7, 7),
    ],
)
def test_how_many(fields: dict[str, object], of: int, expected: int) -> None:
    """A share is rounded down, as nobody else does it, and one is chosen at least."""
    choice = chosen(target(**fields), pods(of), GENEROUS, "u")
    assert (len(choice.chosen), choice.refusal) == (expected, "")


@given(st.integers(1, 50), st.integers(1, 100), st.text(alphabet="abc", max_size=5))
def test_a_number_that_is_drawn_stays_drawn(count: int, percent: int, seed: str) -> None:
    """With randomMaxPercent one is chosen at least, no more than the share, and as many again for the same seed."""
    wanted = target(mode="randomMaxPercent", value=percent, seed=seed)
    choice = chosen(wanted, pods(count), GENEROUS, "u")
    assert 1 <= len(choice.chosen) <= max(1, count * percent // 100)
    assert chosen(wanted, reversed(pods(count)), GENEROUS, "u") == choice


def test_numbers_that_are_drawn_differ() -> None:
    """Other seeds draw other numbers: not the same few pods each time."""
    wanted = [target(mode="randomMaxPercent", value=100, seed=f"s{number}") for number in range(30)]
    assert len({len(chosen(each, pods(5), GENEROUS, "u").chosen) for each in wanted}) == 5


def test_a_seed_chooses_the_same_pods() -> None:
    """Whoever repeats an experiment with its seed has the same pods, in whatever order they are listed."""
    seeded = target(mode="fixed", value=3, seed="monday")
    assert named(chosen(seeded, pods(9), GENEROUS, "a")) == named(chosen(seeded, pods(9)[::-1], GENEROUS, "b"))
    unseeded = target(mode="fixed", value=3)
    assert named(chosen(unseeded, pods(9), GENEROUS, "a")) != named(chosen(unseeded, pods(9), GENEROUS, "b"))


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"ready": False}, "not ready"),
        ({"completed": True, "ready": False}, "completed"),
        ({"deleting": True}, "being deleted"),
        ({"labels": {"fabgitops.io/chaos": "protected"}}, "protected"),
        ({"ours": True}, "of our own"),
        ({"host_network": True}, "in the network of the node"),
        ({"real": True}, "real PLCs that are not allowed"),
    ],
)
def test_what_is_never_chosen(fields: dict[str, object], word: str) -> None:
    """What must not be touched is not, even where nothing else is there; people are told why."""
    (pod,) = pods(1)
    excluded = Candidate(pod.name, pod.uid, **fields)  # type: ignore[arg-type]
    choice = chosen(target(), [excluded], GENEROUS, "u")
    assert (choice.chosen, choice.counts) == ((), f"0 that could be chosen; and 1 {word}")
    both = [excluded, Candidate("other", TargetUid("other"))]
    assert named(chosen(target(mode="all"), both, GENEROUS, "u")) == ["other"]


def test_a_real_plc_takes_two_words() -> None:
    """A real PLC is only made hard to reach where both the policy and its own label say so."""
    allowed = {"fabgitops.io/chaos": "allowed"}
    plcs = Target.model_validate({"kind": "plcs", "labelSelector": SELECTOR})
    for labels, policy, taken in (
        (allowed, True, True),
        (allowed, False, False),
        ({}, True, False),
        ({"fabgitops.io/chaos": "protected"}, True, False),
    ):
        plc = Candidate("press", TargetUid("u"), labels=labels, real=True)
        said = GENEROUS.model_copy(update={"real_plcs": policy})
        assert bool(chosen(plcs, [plc], said, "u").chosen) is taken


@pytest.mark.parametrize(
    ("beside", "real", "word"),
    [
        ((), True, ""),
        (("allowed", "allowed"), True, ""),
        (("allowed", ""), True, "at the address of PLCs that are not allowed"),
        (("allowed", "protected"), True, "at the address of protected PLCs"),
        (("",), False, ""),
        (("protected",), False, "at the address of protected PLCs"),
    ],
)
def test_plcs_behind_one_gateway_are_hit_together(beside: tuple[str, ...], real: bool, word: str) -> None:
    """A PLC is none to choose where others at its address may not be hit: their packets would be held as well."""
    labels = {"fabgitops.io/chaos": "allowed"}
    plc = Candidate("mixer", TargetUid("u"), labels=labels, real=real, beside=beside)
    policy = GENEROUS.model_copy(update={"real_plcs": True})
    target = Target.model_validate({"kind": "plcs", "labelSelector": SELECTOR})
    assert why_not(plc, target, policy) == word


@pytest.mark.parametrize(
    ("policy", "fields", "why"),
    [
        (
            {"maxTargets": 2},
            {"mode": "fixed", "value": 3},
            "it wants 3 targets, and the ChaosPolicy allows maxTargets 2",
        ),
        ({"maxPercent": 50}, {"mode": "all"}, "it wants 6 of 6, and the ChaosPolicy allows maxPercent 50"),
        ({"minReadyLeft": 2}, {"mode": "fixed", "value": 5}, "it would leave 1 ready, and the ChaosPolicy wants"),
        ({"minReadyLeft": 2}, {"mode": "fixed", "value": 4}, ""),
        ({"maxPercent": 1}, {}, ""),
    ],
)
def test_what_the_policy_forbids_is_not_made_less(
    policy: dict[str, object], fields: dict[str, object], why: str
) -> None:
    """More than the policy allows is refused with its field: an experiment on fewer would show something else."""
    allowed = {"enabled": True, "maxTargets": 50, "maxPercent": 100, "minReadyLeft": 0, **policy}
    choice = chosen(target(**fields), pods(6), ChaosPolicySpec.model_validate(allowed), "u")
    assert choice.refusal.startswith(why)
    assert bool(choice.refusal) is bool(why)


@pytest.mark.parametrize(
    ("policy", "others", "why"),
    [
        ({"maxTargets": 2}, 1, ""),
        (
            {"maxTargets": 2},
            2,
            "it wants 1 targets while others have 2 of the same, and the ChaosPolicy allows maxTarg",
        ),
        ({"maxPercent": 50}, 2, ""),
        ({"maxPercent": 50}, 3, "it wants 1 of 6 while others have 3 of the same, and the ChaosPolicy allows maxPerce"),
        ({"maxPercent": 1}, 1, "it wants 1 of 6 while others have 1 of the same"),
        ({"minReadyLeft": 3}, 2, ""),
        ({"minReadyLeft": 3}, 3, "it would leave 2 ready while others have 3 of the same, and the ChaosPolicy wants"),
    ],
)
@pytest.mark.parametrize("kind", ["pods", "plcs"])
def test_what_others_have_counts(kind: str, policy: dict[str, object], others: int, why: str) -> None:
    """Experiments on one set have together no more of it than the policy allows, and leave as many, of PLCs as well."""
    allowed = {"enabled": True, "maxTargets": 50, "maxPercent": 100, "minReadyLeft": 0, **policy}
    wanted, spec = target(kind=kind, seed="s"), ChaosPolicySpec.model_validate(allowed)
    mine = chosen(wanted, pods(6), GENEROUS, "u").chosen[0]
    rest = [each for each in pods(6) if each != mine]
    busy = [replace(each, claimed_by="plant/x") for each in rest[:others]]
    choice = chosen(wanted, [mine, *busy, *rest[others:]], spec, "u")
    assert (choice.chosen, bool(choice.refusal)) == ((mine,), bool(why))
    assert choice.refusal.startswith(why)


def test_what_others_have_counts_also_when_it_is_down() -> None:
    """A pod that another experiment has cut off is one of those that are hit, once, and none of those that are left."""
    policy = ChaosPolicySpec(enabled=True, max_targets=5, max_percent=50, min_ready_left=1)
    first, *others = pods(4)
    down = replace(first, claimed_by="plant/x", ready=False)
    assert chosen(target(mode="fixed", value=1), [down, *others], policy, "u").refusal == ""
    assert "2 of 4 while others have 1" in chosen(target(mode="fixed", value=2), [down, *others], policy, "u").refusal
    gone = [replace(each, ready=False) for each in others[1:]]
    assert "leave 0 ready" in chosen(target(), [others[0], *gone], policy, "u").refusal


def test_the_only_plc_is_left_alone() -> None:
    """With minReadyLeft 1, as when nothing is said, the only PLC is no target, as the only pod is none."""
    plcs = Target.model_validate({"kind": "plcs", "labelSelector": SELECTOR})
    refusal = chosen(plcs, pods(1), ChaosPolicySpec(enabled=True), "u").refusal
    assert refusal == "it would leave 0 ready, and the ChaosPolicy wants minReadyLeft 1"


def test_a_plc_that_is_down_is_none_that_is_left_ready() -> None:
    """Of two PLCs of which one is down the other is never taken: the one that is down leaves one that is ready."""
    plcs, works = target(kind="plcs"), pods(2)
    policy = ChaosPolicySpec(enabled=True, max_percent=50)
    for seed in "abcdef":
        down = replace(works[1], working=False)
        choice = chosen(plcs, [works[0], down], policy, seed)
        refused = choice.refusal == "it would leave 0 ready, and the ChaosPolicy wants minReadyLeft 1"
        assert (choice.chosen == (works[0],)) is refused
        assert choice.eligible == 2


def test_the_operator_itself_is_the_only_one() -> None:
    """What is about the operator has its own pod for a target, although it is ours."""
    pod = Candidate("operator", TargetUid("u"), ours=True)
    choice = chosen(None, [pod], ChaosPolicySpec(enabled=True, min_ready_left=9), "u")
    assert (named(choice), choice.refusal) == (["operator"], "")
