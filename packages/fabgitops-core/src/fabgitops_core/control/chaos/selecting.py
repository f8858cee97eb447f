"""Which targets: chosen once, by name and uid, the same ones for the same seed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from fabgitops_core.api.chaos.marks import ALLOWED, CHAOS, PROTECTED
from fabgitops_core.api.chaos.policy import ChaosPolicySpec
from fabgitops_core.api.chaos.target import MAX_TARGETS, Mode, Target, TargetKind
from fabgitops_core.api.meta import NOTHING
from fabgitops_core.control.chaos.caps import UNBOUND, Caps
from fabgitops_core.control.chaos.ids import NodeName, TargetUid

NOWHERE = NodeName("")
ITSELF = TargetUid("")


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a selector matches, as it stands: a pod, an IndustrialPLC, or the operator itself.

    `claimed_by` is the experiment that has it, `moved_by` what changes it just now, as a rollout. `real` says that it
    is a PLC that is no mock. What is injected elsewhere, as what delays packets to a PLC, has the uid of that pod for
    its `place`, and its node. `beside` has for each other PLC at its very address, as behind one gateway, what its
    label `fabgitops.io/chaos` says, "" for nothing, and for one of another namespace: what is held hits those as well.
    A PLC that is not `working` may be chosen, unlike a pod that is not `ready`, but nobody is left with it.
    """

    name: str
    uid: TargetUid
    namespace: str = ""
    node: NodeName = NOWHERE
    labels: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    ready: bool = True
    working: bool = True
    completed: bool = False
    deleting: bool = False
    host_network: bool = False
    ours: bool = False
    real: bool = False
    beside: tuple[str, ...] = ()
    place: TargetUid = ITSELF
    claimed_by: str = ""
    moved_by: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen of how many that could be; with none, or with a `refusal`, nothing is begun."""

    chosen: tuple[Candidate, ...] = ()
    eligible: int = 0
    excluded: Mapping[str, int] = field(default_factory=dict)
    caps: Caps = UNBOUND

    @property
    def refusal(self) -> str:
        """Return why so many must not be, or nothing."""
        return self.caps.refusal()

    @property
    def counts(self) -> str:
        """Return for people how many there are, and why the others are none."""
        others = ", ".join(f"{count} {why}" for why, count in sorted(self.excluded.items()))
        return f"{self.eligible} that could be chosen" + (f"; and {others}" if others else "")


def chosen(
    target: Target | None,
    candidates: Iterable[Candidate],
    policy: ChaosPolicySpec,
    default_seed: str,
) -> Choice:
    """Return what is chosen of what a selector matches.

    Args:
        target: How many are wanted, and by which seed; None for the operator itself.
        candidates: What the selector matches.
        policy: How many there may be.
        default_seed: The seed where none is given.
    """
    everyone = tuple(candidates)
    why = {each.uid: why_not(each, target, policy) for each in everyone}
    eligible = sorted(
        (each for each in everyone if not why[each.uid]), key=lambda each: _place(target, default_seed, each.uid)
    )
    excluded = Counter(reason for reason in why.values() if reason)
    if not eligible:
        return Choice((), 0, excluded)
    these = tuple(eligible[: _number(target, len(eligible), default_seed)])
    return Choice(these, len(eligible), excluded, caps(target, these, everyone, policy))


def caps(
    target: Target | None, these: Iterable[Candidate], everyone: Iterable[Candidate], policy: ChaosPolicySpec
) -> Caps:
    """Return how many there may be of what was chosen, beside what others have of what the selector matches.

    Args:
        target: None for the operator itself, of which none is left, for there is one.
        these: What was chosen.
        everyone: What the selector matches, as it stands.
        policy: How many there may be.
    """
    there = tuple(everyone)
    eligible = tuple(each for each in there if not why_not(each, target, policy))
    return Caps(
        matching=_uids(there),
        eligible=_uids(eligible),
        working=_uids(each for each in eligible if each.working),
        wanted=_uids(these),
        taken=_uids(each for each in there if each.claimed_by),
        most=min(policy.max_targets, MAX_TARGETS),
        percent=policy.max_percent,
        ready_left=policy.min_ready_left if target else 0,
    )


def _uids(those: Iterable[Candidate]) -> frozenset[TargetUid]:
    return frozenset(each.uid for each in those)


def why_not(each: Candidate, target: Target | None, policy: ChaosPolicySpec) -> str:
    """Return in a word or two why something is never chosen, or nothing.

    A pod in the node's own network is mostly what the node itself cannot do without.
    """
    reasons = (
        (each.completed, "completed"),
        (each.deleting, "being deleted"),
        (not each.ready, "not ready"),
        (each.labels.get(CHAOS) == PROTECTED, "protected"),
        (each.host_network, "in the network of the node"),
        (target is not None and each.ours and not policy.allow_self, "of our own"),
        (PROTECTED in each.beside, "at the address of protected PLCs"),
        (each.real and not real_allowed(each, policy), "real PLCs that are not allowed"),
        (each.real and any(mark != ALLOWED for mark in each.beside), "at the address of PLCs that are not allowed"),
    )
    return next((word for holds, word in reasons if holds), "")


def sparing(policy: ChaosPolicySpec, target: Target | None, needs: frozenset[str]) -> ChaosPolicySpec:
    """Return a policy as it is for what `needs` these capabilities: no packets of our own pods are held.

    Those go to PLCs, real and protected ones: what PLCs may lose is asked of each where they are the targets, and what
    is to the API server has a scenario of its own.
    """
    packets_of_pods = "networkDelay" in needs and target is not None and target.kind is TargetKind.PODS
    return policy.model_copy(update={"allow_self": False}) if packets_of_pods else policy


def real_allowed(each: Candidate, policy: ChaosPolicySpec) -> bool:
    """Return whether a real PLC may be made hard to reach: the policy and the PLC itself have to say so."""
    return policy.real_plcs and each.labels.get(CHAOS) == ALLOWED


def _place(target: Target | None, default_seed: str, uid: str) -> bytes:
    return sha256(f"{_seed(target, default_seed)}{uid}".encode()).digest()


def _seed(target: Target | None, default_seed: str) -> str:
    return (target.seed if target else "") or default_seed


def _number(target: Target | None, eligible: int, default_seed: str) -> int:
    """Return how many are wanted of those that could be: one at least, of a share rounded down."""
    value = target.value if target and target.value is not None else 1
    mode = target.mode if target else Mode.ALL
    share = max(1, eligible * value // 100)
    if mode is Mode.ALL:
        return eligible
    if mode is Mode.FIXED_PERCENT:
        return share
    if mode is Mode.RANDOM_MAX_PERCENT:
        drawn = sha256(f"{_seed(target, default_seed)}/number".encode()).digest()
        return 1 + int.from_bytes(drawn[:8], "big") % share
    return min(value, eligible) if mode is Mode.FIXED else 1
