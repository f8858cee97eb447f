"""How many pods more than wanted there may be, and how many may be missing, while one revision follows on another."""

import re
from typing import NamedTuple

IntOrPercent = int | str
"""A count, or a percentage of the replicas: a text, with its sign or without."""

QUARTER = "25%"
"""What both limits are where nothing is said."""

_PERCENTAGE = re.compile(r"([0-9]{1,6})%?")


class Limits(NamedTuple):
    """How many pods there may be beyond those that are wanted, and how many of these may be unavailable; 0 or more."""

    surge: int
    unavailable: int


def limits(replicas: int, max_surge: IntOrPercent = QUARTER, max_unavailable: IntOrPercent = QUARTER) -> Limits:
    """Return the limits in pods.

    Where both are 0 nothing could ever move, so one pod may be unavailable then.

    Args:
        replicas: How many pods are wanted, 0 or more.
        max_surge: How many more there may be; a percentage of them is rounded up.
        max_unavailable: How many of them may be missing, at most all; a percentage is rounded down.

    Raises:
        ValueError: One of the two is no count and no percentage.
    """
    surge = _pods("maxSurge", max_surge, replicas, up=True)
    unavailable = _pods("maxUnavailable", max_unavailable, replicas, up=False)
    if not surge and not unavailable:
        unavailable = 1
    return Limits(surge, min(unavailable, replicas))


def _pods(field: str, value: IntOrPercent, replicas: int, *, up: bool) -> int:
    if isinstance(value, int):
        if value < 0:
            raise ValueError(f"{field}: {value} is below 0; say how many pods, or a percentage such as 25%")
        return value
    found = _PERCENTAGE.fullmatch(value)
    if found is None:
        raise ValueError(f"{field}: {value!r} is neither a whole number nor a percentage such as 25%")
    hundredths = replicas * int(found[1])
    return -(-hundredths // 100) if up else hundredths // 100
