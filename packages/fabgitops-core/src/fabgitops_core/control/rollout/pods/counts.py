"""How many pods each revision has while the pods are the weight: a canary without traffic routing.

What is wanted in the end is `split`. On the way there `older` and `basic` say how many there are to be now, each time
anew from what is there, so that no more than replicas + surge are told to be there and never fewer than
replicas - unavailable are available through what is done here. Older revisions go first; a pod that is not available
and not wanted may always go. Where pods of older revisions are needed because those of the proven one are dead, a dead
one gives way to one of the new version: it carries nothing, and there would be no room for what may mend it.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from fabgitops_core.control.rollout.pods.limits import Limits
from fabgitops_core.control.rollout.pods.sides import NOBODY, Side, Sides, together
from fabgitops_core.control.rollout.pods.weights import MAX_WEIGHT, checked


def split(replicas: int, weight: int, limits: Limits, max_weight: int = MAX_WEIGHT) -> Sides:
    """Return how many pods canary and stable have in the end: the whole numbers that come nearest to a weight.

    One pod more than wanted may help to come nearer, if a surge is allowed. A weight that is neither none nor all
    leaves both sides a pod at least, unless there is only one.

    Args:
        replicas: How many pods are wanted, 0 or more.
        weight: The canary's, 0 to max_weight.
        limits: What there may be beyond them.
        max_weight: The weight of both sides together.

    Raises:
        ValueError: A number is out of its range.
    """
    checked(replicas, weight, max_weight, max_weight)
    if replicas == 0:
        return Sides(0, 0)
    candidates = _candidates(replicas, weight, max_weight, limits.surge)
    return min(candidates, key=lambda each: _off(each, weight, max_weight))


def basic(
    replicas: int,
    weight: int,
    limits: Limits,
    canary: Side,
    stable: Side | None,
    others: Side = NOBODY,
    max_weight: int = MAX_WEIGHT,
    wanted: Sides | None = None,
) -> Sides:
    """Return how many pods canary and stable are to have now.

    Args:
        replicas: How many pods are wanted, 0 or more.
        weight: The canary's, 0 to max_weight.
        limits: How far it may be off on the way.
        canary: The newest revision as it stands.
        stable: The stable one; None while there is none, or it is the newest itself: then that gets all.
        others: All older revisions, by `together`.
        max_weight: The weight of both sides together.
        wanted: How many both are to have in the end, where that is something else than the weight says.

    Raises:
        ValueError: A number is out of its range.
    """
    checked(replicas, weight, max_weight, max_weight)
    if wanted is None:
        wanted = Sides(replicas, 0) if stable is None else split(replicas, weight, limits, max_weight)
    stable = stable or NOBODY
    most, least = replicas + limits.surge - others.spec, replicas - limits.unavailable
    raised = _raised(most, wanted, canary, stable, is_canary_first=_is_canary_first(canary, stable, others))
    if others.spec and (others.spec > others.sure or together(canary, stable, others).available > least):
        return raised
    least -= others.sure
    if wanted.canary < canary.spec:
        return Sides(*_lowered(wanted.canary, (canary, raised.canary), (stable, raised.stable), most, least))
    fewer, other = _lowered(wanted.stable, (stable, raised.stable), (canary, raised.canary), most, least)
    is_stuck = (other, fewer) == (canary.spec, stable.spec) and other < wanted.canary
    return Sides(other, fewer - (is_stuck and _may_give_way(canary, stable, others)))


def older(replicas: int, limits: Limits, others: Sequence[Side], *sides: Side) -> tuple[int, ...]:
    """Return how many pods each older revision may keep now.

    Those that are not available go at once, the others as far as enough are available without them.

    Args:
        replicas: How many pods are wanted, 0 or more.
        limits: How many of them may be missing.
        others: The older revisions, the oldest first.
        sides: Canary and stable as they stand.
    """
    spare = max(together(*others, *sides).available - (replicas - limits.unavailable), 0)
    kept: list[int] = []
    for each in others:
        gone = min(each.sure, spare)
        spare -= gone
        kept.append(each.sure - gone)
    return tuple(kept)


def _candidates(replicas: int, weight: int, max_weight: int, surge: int) -> Iterator[Sides]:
    """Give what is near a weight, rounded up and down, with one pod more last: of two as near the first is taken."""
    low = replicas * weight // max_weight
    high = -(-replicas * weight // max_weight)
    at_an_end = weight in {0, max_weight} or (replicas == 1 and not surge)
    if high < replicas or at_an_end:
        yield Sides(high, replicas - high)
    for total in (replicas, replicas + 1)[: 2 if surge else 1]:
        if total > replicas:
            yield Sides(high, total - high)
        if low or at_an_end:
            yield Sides(low, total - low)


def _off(sides: Sides, weight: int, max_weight: int) -> Fraction:
    total = sides.canary + sides.stable
    return abs(Fraction(sides.canary * max_weight, total) - weight)


def _raised(most: int, wanted: Sides, canary: Side, stable: Side, *, is_canary_first: bool) -> Sides:
    """Return the sides with what there is room for; the stable one has it first, or else all but one pod of it."""
    room, lack = max(most - canary.spec - stable.spec, 0), max(wanted.canary - canary.spec, 0)
    more = min(max(wanted.stable - stable.spec, 0), room - min(lack, room, int(is_canary_first)))
    return Sides(canary.spec + min(lack, room - more), stable.spec + more)


def _is_canary_first(canary: Side, stable: Side, others: Side) -> bool:
    """Return whether the next pod is the canary's, though the stable side has too few.

    So it is while pods of older revisions take up room, and its own come up, but those of the stable side do not: they
    may never, and a new version may be what mends that.
    """
    comes_up = canary.spec == canary.sure
    return bool(others.spec) and comes_up and (not canary.spec or not stable.spec or stable.spec > stable.sure)


def _may_give_way(canary: Side, stable: Side, others: Side) -> bool:
    """Return whether a pod of the stable side that is not available goes for one of the canary.

    Only where that gets the room then, or the two would take it from each other in turns.
    """
    dead = stable.spec - stable.sure
    if not dead or not _is_canary_first(canary, stable, others):
        return False
    return dead > 1 or not canary.spec or not stable.sure


def _lowered(wanted: int, drain: tuple[Side, int], other: tuple[Side, int], most: int, least: int) -> tuple[int, int]:
    """Return how many pods a side that is to have fewer keeps, and how many the other one does.

    The side to be shrunk counts by what it is told to have, so that one whose pods never become available gives way,
    too; of the other only what is available counts.

    Args:
        wanted: How many the side is to have in the end.
        drain: The side as it stands, and how many it is to have so far.
        other: The same of the other.
        most: How many both may have together.
        least: How many of both must stay available.
    """
    (side, count), (beside, beside_count) = drain, other
    excess = side.spec + beside.sure - least
    if excess > 0 and side.spec > wanted:
        count = max(wanted, side.spec - excess)
    over = max(count + beside_count - most, 0)
    kept = min(beside.sure, max(least - min(side.available, count), 0))
    taken = min(over, beside_count - kept)
    return count - (over - taken), beside_count - taken
