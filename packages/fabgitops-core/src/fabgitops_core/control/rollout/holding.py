"""What may happen while a new version is held: the one place that every way asks before it goes forward.

It is held while somebody pauses it (`spec.paused`, the annotation), and while the proven version is lost, so that
nobody knows what to go back to. Then the new version gets nothing more: its ReplicaSet no more pods, its Service no
selector that it did not have, no request more, no step, no promotion. What people say meanwhile (a promotion, a
retry, another template) is taken, and waits for the end of that. Still done is:

    pods that died are replaced            up to the ceiling: what the new version had when it began (`Ceiling`)
    another number of pods (replicas)      each version keeps its share of them
    what somebody else has changed         is put right, up to the ceiling
    an abort, the proven template again    all goes back to the proven version
    a version that was superseded          its pods give way to those of the proven one
    a Service whose pods are all dead      selects others that have some, where the proven version is known
    what is proven already                 is finished
"""

from fabgitops_core.api.rollout.status import Ceiling
from fabgitops_core.control.rollout.pods.limits import Limits
from fabgitops_core.control.rollout.pods.sides import Side, Sides
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.view import Look

UNKNOWN = "unknown"
"""What stands for the proven revision where the status was lost that said it: no hash has such a letter as `u`."""


def why(look: Look, state: RolloutState) -> str:
    """Return why nothing goes forward now, as a sentence; "" where it may."""
    if state.status.stable_rs == look.hash:
        return ""
    return lost(look, state) or state.asked_to_pause or ""


def is_lost(look: Look, state: RolloutState) -> bool:
    """Return whether the proven revision is not there, though another one is on its way."""
    stable = state.status.stable_rs
    return stable not in {"", look.hash} and look.revision(stable) is None


def lost(look: Look, state: RolloutState) -> str:
    """Return what is lost by which the proven revision would be known, as a sentence; "" where it is there."""
    stable = state.status.stable_rs
    if not is_lost(look, state):
        return ""
    if stable == UNKNOWN:
        return "its status was lost, others than the declared revision have pods, and nobody knows which is proven"
    return f"the ReplicaSet of the proven revision {stable} is gone, or is not seen"


def ceiling(look: Look, state: RolloutState) -> Ceiling | None:
    """Return the most that the declared revision may have now; None where nothing holds it."""
    found = state.status.ceiling
    return found if found is not None and found.revision == look.hash and why(look, state) else None


def most(look: Look, state: RolloutState, wanted: int) -> int:
    """Return how many pods the declared revision is to have of those that are wanted, as far as it is held."""
    found = ceiling(look, state)
    return wanted if found is None else within(found, look.n, wanted)


def within(found: Ceiling, replicas: int, wanted: int) -> int:
    """Return how many pods a ceiling lets a revision have: of other replicas the same share, rounded up."""
    return min(wanted, -(-replicas * found.pods // found.replicas) if found.replicas else 0)


def weighed(found: Ceiling, most_weight: int, wanted: int) -> int:
    """Return how much weight a ceiling lets a revision have, of the most that there may be by now."""
    return min(wanted, most_weight * found.weight // found.max_weight)


def sides(found: Ceiling, replicas: int, wanted: Sides, stable: Side, limits: Limits) -> Sides:
    """Return how many pods both sides are to have while the pods are the weight, so that no share grows.

    The stable side keeps the pods that it has as long as nobody wants another number of all: fewer of them would be a
    greater share for the other.

    Args:
        found: The most that the canary may have.
        replicas: How many pods are wanted of both, 0 or more.
        wanted: What they are to have when nothing holds it.
        stable: The stable side as it stands.
        limits: How many there may be beyond replicas.
    """
    canary = min(wanted.canary, replicas * found.pods // found.replicas if found.replicas else 0)
    least = max(replicas - canary, 0)
    if replicas != found.replicas:
        return Sides(canary, least)
    return Sides(canary, max(least, min(stable.spec, replicas + limits.surge - canary)))
