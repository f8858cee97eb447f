"""How many pods more than wanted there may be, and how many may be missing, while one revision follows on another."""

from typing import NamedTuple

from fabgitops_core.api.rollout.amounts import count_of


class Limits(NamedTuple):
    """How many pods there may be beyond those that are wanted, and how many of these may be unavailable; 0 or more."""

    surge: int
    unavailable: int


def limits(replicas: int, max_surge: int | str, max_unavailable: int | str) -> Limits:
    """Return the limits in pods, of amounts as the models take them.

    Where both are 0 nothing could ever move, so one pod may be unavailable then.

    Args:
        replicas: How many pods are wanted, 0 or more.
        max_surge: How many more there may be; a share of them is rounded up.
        max_unavailable: How many of them may be missing, at most all; a share is rounded down.
    """
    surge = count_of(max_surge, replicas, up=True)
    unavailable = count_of(max_unavailable, replicas, up=False)
    if not surge and not unavailable:
        unavailable = 1
    return Limits(surge, min(unavailable, replicas))
