"""Which targets an experiment could have, in the words in which the operator would say it. Pure, and never fails.

Which of them it will have is known beforehand only where the spec has a seed: else its uid is the seed. A test asks
both sides about the same candidates. What a rollout moves just then, and which PLCs share an address with others that
are not let in, is known when the experiment begins.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from fabctl.chaos.guarding import ALLOWED, MARK, PROTECTED, Policy
from fabctl.fields import Body, mapping, number, sequence, text

_OVER = frozenset({"Succeeded", "Failed"})
_OURS, _NAMED = "fabgitops", ("app.kubernetes.io/name", "app.kubernetes.io/part-of")


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a selector matches; `why_not` says why it is never chosen, or nothing."""

    name: str
    uid: str
    node: str
    why_not: str
    busy: str
    """What keeps it from being a target just now, or nothing."""
    real: bool = True
    """Whether it may be a target also where it is a real PLC; of pods it says nothing."""
    working: bool = True
    """Whether it counts as ready where it is left alone; of pods it says nothing, one that is not is never chosen."""


@dataclass(frozen=True, slots=True)
class Choice:
    """How many would be chosen of how many that could be, and which where that is known."""

    number: int
    """How many; of randomMaxPercent without a seed at most so many."""
    eligible: tuple[Candidate, ...]
    excluded: Mapping[str, int]
    named: tuple[str, ...]
    """Which, where the spec has a seed."""
    refusal: str
    """Why so many must not be, or nothing."""

    @property
    def counts(self) -> str:
        """Return how many there are, and why the others are none."""
        others = ", ".join(f"{count} {why}" for why, count in sorted(self.excluded.items()))
        return f"{len(self.eligible)} that could be chosen" + (f"; and {others}" if others else "")


def candidates(
    bodies: Iterable[Body], target: Body, policy: Policy | None, claimed: Mapping[str, str]
) -> list[Candidate]:
    """Return what a selector matches.

    Args:
        bodies: Pods, or IndustrialPLCs.
        target: spec.target.
        policy: The policy, None where there is none.
        claimed: Experiments that have targets, by the uids of those.
    """
    are_pods = text(target.get("kind")) == "pods"
    why_not = _why_no_pod if are_pods else _why_no_plc
    found = []
    for body in bodies:
        metadata = mapping(body.get("metadata"))
        uid = text(metadata.get("uid"))
        claims = f"a target of {claimed[uid]}" if uid in claimed else ""
        node = text(mapping(body.get("spec")).get("nodeName")) if are_pods else ""
        name = text(metadata.get("name"))
        allowed = mapping(metadata.get("labels")).get(MARK) == ALLOWED
        real = are_pods or (policy is not None and policy.real_plcs and allowed)
        found.append(Candidate(name, uid, node, why_not(body, policy), claims, real, are_pods or _works(body)))
    return found


def sparing(policy: Policy, scenario: str, target: Body) -> Policy:
    """Return a policy as it is for a scenario: packets of our own pods are not held, whatever allowSelf says."""
    packets_of_pods = scenario == "networkDelay" and text(target.get("kind")) == "pods"
    return replace(policy, allow_self=False) if packets_of_pods else policy


def choice(found: Sequence[Candidate], target: Body, policy: Policy | None) -> Choice:
    """Return how many of what is there would be chosen."""
    eligible = [each for each in found if not each.why_not]
    excluded = Counter(each.why_not for each in found if each.why_not)
    seed = text(target.get("seed"))
    if seed:
        eligible.sort(key=lambda each: sha256(f"{seed}{each.uid}".encode()).digest())
    if not eligible:
        return Choice(0, (), excluded, (), "")
    many = _number(target, len(eligible), seed)
    sure = tuple(eligible[:many]) if seed or many == len(eligible) else ()
    taken = [each for each in found if each.busy and each not in sure]
    refusal = _refusal(many, eligible, taken, policy, _left(many, eligible, taken, sure))
    return Choice(many, tuple(eligible), excluded, tuple(each.name for each in sure), refusal)


def _why_no_pod(body: Body, policy: Policy | None) -> str:
    metadata, spec, status = (mapping(body.get(part)) for part in ("metadata", "spec", "status"))
    labels = mapping(metadata.get("labels"))
    reasons = (
        (text(status.get("phase")) in _OVER, "completed"),
        ("deletionTimestamp" in metadata, "being deleted"),
        (not _is_true(body, "Ready"), "not ready"),
        (labels.get(MARK) == PROTECTED, "protected"),
        (spec.get("hostNetwork") is True, "in the network of the node"),
        (_OURS in map(labels.get, _NAMED) and not (policy and policy.allow_self), "of our own"),
    )
    return next((word for holds, word in reasons if holds), "")


def _why_no_plc(body: Body, _: Policy | None) -> str:
    metadata = mapping(body.get("metadata"))
    if "deletionTimestamp" in metadata:
        return "being deleted"
    return "protected" if mapping(metadata.get("labels")).get(MARK) == PROTECTED else ""


def _works(plc: Body) -> bool:
    """Return whether a PLC says that it is Ready, of what is declared by now."""
    declared = number(mapping(plc.get("metadata")).get("generation")) or 0
    conditions = map(mapping, sequence(mapping(plc.get("status")).get("conditions")))
    seen = [number(each.get("observedGeneration")) or 0 for each in conditions if each.get("type") == "Ready"]
    return _is_true(plc, "Ready") and max(seen, default=0) >= declared


def _is_true(body: Body, name: str) -> bool:
    conditions = map(mapping, sequence(mapping(body.get("status")).get("conditions")))
    return any(each.get("type") == name and each.get("status") == "True" for each in conditions)


def _number(target: Body, eligible: int, seed: str) -> int:
    mode, given = text(target.get("mode")) or "one", number(target.get("value"))
    value = 1 if given is None else max(0, given)
    share = max(1, eligible * value // 100)
    if mode == "all":
        return eligible
    if mode == "fixedPercent":
        return share
    if mode == "randomMaxPercent":
        drawn = sha256(f"{seed}/number".encode()).digest()
        return 1 + int.from_bytes(drawn[:8], "big") % share if seed else share
    return min(value, eligible) if mode == "fixed" else 1


def _left(wanted: int, eligible: Sequence[Candidate], taken: Sequence[Candidate], sure: Sequence[Candidate]) -> int:
    """Return how many that are ready are left alone; where it is not known which are chosen, at most so many."""
    free = [each for each in eligible if each not in taken]
    if sure:
        return sum(each.working and each not in sure for each in free)
    working = sum(each.working for each in free)
    return max(0, working - max(0, wanted - (len(free) - working)))


def _refusal(
    wanted: int, eligible: Sequence[Candidate], taken: Sequence[Candidate], policy: Policy | None, left: int
) -> str:
    """Return why so many must not be beside what others have, whichever are chosen: of those the operator waits for."""
    if policy is None:
        return ""
    together, there = wanted + len(taken), len(eligible) + sum(bool(each.why_not) for each in taken)
    beside = f" while others have {len(taken)} of the same" if taken else ""
    if together > policy.max_targets:
        return f"it wants {wanted} targets{beside}, and the ChaosPolicy allows maxTargets {policy.max_targets}"
    if together > max(1, there * policy.max_percent // 100):
        return f"it wants {wanted} of {there}{beside}, and the ChaosPolicy allows maxPercent {policy.max_percent}"
    if left < policy.min_ready_left:
        return f"it would leave {left} ready{beside}, and the ChaosPolicy wants minReadyLeft {policy.min_ready_left}"
    return ""
