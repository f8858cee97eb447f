"""How many pods each side has while a route carries the weights: they follow the weight, and stay until it has moved.

A side never has fewer pods than the weight needs that it has *now*: a weight that goes up waits for its pods, and one
that goes down goes first.
"""

from typing import NamedTuple

from fabgitops_core.control.rollout.pods.limits import Limits
from fabgitops_core.control.rollout.pods.sides import Side, Sides
from fabgitops_core.control.rollout.pods.weights import MAX_WEIGHT, needed


class Scale(NamedTuple):
    """What `setCanaryScale` says: a count of pods, a weight that they are sized for, or the weight of the traffic."""

    replicas: int | None = None
    weight: int | None = None
    match_traffic_weight: bool = False


AS_TRAFFIC = Scale(match_traffic_weight=True)
"""The canary is as large as its weight needs."""


class Sizing(NamedTuple):
    """What a canary's strategy says of sizes.

    `min_pods` is the fewest that a side has which has any, 0 for no such rule; more than there are replicas it never
    asks for. With `dynamic` the stable side shrinks while the canary grows.
    """

    min_pods: int = 0
    dynamic: bool = False
    max_weight: int = MAX_WEIGHT


PLAIN = Sizing()
"""Nothing special is said of sizes."""


def sized(replicas: int, weight: int, scale: Scale = AS_TRAFFIC, sizing: Sizing = PLAIN) -> int:
    """Return how many pods the canary has in the end.

    Args:
        replicas: How many pods are wanted of the whole, 0 or more.
        weight: The canary's, 0 to max_weight.
        scale: What the steps say of its size. A count is taken as it is; a weight may be above max_weight.
        sizing: What the strategy says.

    Raises:
        ValueError: A number is out of its range.
    """
    if not scale.match_traffic_weight:
        if scale.replicas is not None:
            return scale.replicas
        if scale.weight is not None:
            weight = scale.weight
    return _enough(replicas, weight, sizing)


def routed(replicas: int, weight: int, actual: int, scale: Scale = AS_TRAFFIC, sizing: Sizing = PLAIN) -> Sides:
    """Return how many pods canary and stable are to have now.

    Args:
        replicas: How many pods are wanted of the whole, 0 or more.
        weight: The weight that the canary is to have, 0 to max_weight.
        actual: The weight that it has as far as anybody knows, the highest that may still be in force.
        scale: What the steps say of the canary's size.
        sizing: What the strategy says.

    Raises:
        ValueError: A number is out of its range.
    """
    canary = max(sized(replicas, weight, scale, sizing), _enough(replicas, actual, sizing))
    if not sizing.dynamic:
        return Sides(canary, replicas)
    return Sides(canary, _enough(replicas, sizing.max_weight - min(weight, actual), sizing))


def aborted(
    replicas: int, actual: int, canary: Side, stable: Side, limits: Limits, *, drained: bool, sizing: Sizing = PLAIN
) -> Sides:
    """Return how many pods both sides are to have now on the way back to the stable one.

    The stable side is whole, or becomes it step by step where it had shrunk: so many pods at a time as a surge may
    have, beyond those that are available, so that an abort brings no wave of new pods, and always comes to its end. The
    canary never grows; it keeps what its weight needs.

    Args:
        replicas: How many pods are wanted of the whole, 0 or more.
        actual: The weight that the canary has as far as anybody knows, the highest that may still be in force.
        canary: The canary as it stands.
        stable: The stable side as it stands.
        limits: How many pods more there may be.
        drained: Whether the canary need not be kept for its own sake: a delay is over, or there is none.
        sizing: What the strategy says.

    Raises:
        ValueError: A number is out of its range.
    """
    kept = min(canary.spec, _enough(replicas, actual, sizing)) if drained else canary.spec
    if not sizing.dynamic:
        return Sides(kept, replicas)
    ahead = stable.available + max(limits.surge, 1)
    return Sides(kept, min(replicas, max(stable.spec, ahead, _enough(replicas, sizing.max_weight - actual, sizing))))


def _enough(replicas: int, weight: int, sizing: Sizing) -> int:
    """Return how many pods a side has for a weight, and those that it has at least if it has any."""
    count = needed(replicas, weight, sizing.max_weight)
    return max(count, min(sizing.min_pods, replicas)) if count else 0
