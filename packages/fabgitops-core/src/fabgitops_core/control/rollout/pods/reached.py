"""Whether what was wanted of the sides is there, so that the next step may begin."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from fabgitops_core.control.rollout.pods.sides import Side, Sides


class Threshold(NamedTuple):
    """How much of the canary is enough to go on: pods, or a percentage of them."""

    type: Literal["Pods", "Percent"]
    value: int


def is_up(side: Side, wanted: int, threshold: Threshold | None = None) -> bool:
    """Return whether a side has its pods and they are available, or as many of them as are enough."""
    if threshold is None:
        return side.spec == wanted == side.available
    if threshold.type == "Percent":
        return side.available * 100 >= threshold.value * wanted
    return side.available >= threshold.value


def is_there(side: Side, wanted: int) -> bool:
    """Return whether a side has just the pods that it is to have, available or not: none is about to come or go."""
    return side.spec == wanted == side.present


def reached(
    wanted: Sides,
    canary: Side,
    stable: Side,
    others: Iterable[Side] = (),
    threshold: Threshold | None = None,
    *,
    waits_for_stable: bool = True,
) -> bool:
    """Return whether canary and stable are as wanted, while the pods are the weight.

    Pods of older revisions would have a part of it, so none of them may be left. Pods of the stable revision that are
    not available are no reason to wait: to go on may be the way out. Those of older ones may stand in for them, as may
    more of the canary than are wanted, and cannot go then, so at last it `waits_for_stable` no more.
    """
    if not waits_for_stable and stable.available < wanted.stable:
        return canary.sure >= wanted.canary or is_up(canary, wanted.canary, threshold)
    is_gone = not any(each.available for each in others)
    return is_gone and is_up(canary, wanted.canary, threshold) and is_there(stable, wanted.stable)
