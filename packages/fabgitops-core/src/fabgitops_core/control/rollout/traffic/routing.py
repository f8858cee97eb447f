"""One safe step of the routing at a time: from where requests go to where they are to go.

The routing is one thing: a weight, the revisions that the two Services select, and header routes. Each step of it is
safe whatever happens before the next: no request is sent to where no pod carries it, and no Service gets another
revision while requests come by it. What takes requests away from a side is done at once; what gives it some waits until
all before it is in force.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from fabgitops_core.control.rollout.aims import Routing
from fabgitops_core.control.rollout.pods.weights import MAX_WEIGHT, carried


class Pods(NamedTuple):
    """What is there to carry requests.

    Args:
        replicas: How many pods are wanted of the whole, 0 or more.
        available: How many are available of each revision, by its hash; none of one that is not named.
        most: The weight of both sides together, above 0.
    """

    replicas: int
    available: Mapping[str, int]
    most: int = MAX_WEIGHT

    def carried(self, hash_: str) -> int:
        """Return the highest weight that the pods of a revision carry, 0 to `most`."""
        return carried(self.available.get(hash_, 0), self.replicas, self.most)

    def alive(self, hash_: str) -> bool:
        """Return whether a revision has a pod; where none is wanted at all each is as good as another."""
        return not self.replicas or self.available.get(hash_, 0) > 0


def begun(aim: Routing, pods: Pods) -> Routing:
    """Return the routing that is set first, where none of ours was set before.

    In the middle of an update the pods of both sides may be needed: the proven one gets all that it carries.
    """
    if aim.canary == aim.stable:
        return Routing(0, aim.canary, aim.stable)
    return Routing(min(pods.most - pods.carried(aim.stable), pods.carried(aim.canary)), aim.canary, aim.stable)


def stepped(now: Routing, aim: Routing, pods: Pods, *, in_force: bool, takes_over: bool = False) -> Routing:
    """Return the routing after one safe step; the same where nothing may be done yet, or all is done.

    Args:
        now: The routing that was decided last.
        aim: Where it is to go.
        pods: What is there to carry requests.
        in_force: Whether each gateway has had `now`, and time enough to do as it says.
        takes_over: Whether a stable side without a pod is dead, so that nobody waits for it to take requests back.
    """
    goal = _next_goal(now, aim, pods.most)
    after = _fewer(now, goal, pods) if in_force or now.canary != now.stable else now
    if after == now:
        after = _stable_moved(now, aim, pods, in_force=in_force)
    if after == now and in_force:
        after = _canary_moved(now, aim, pods, takes_over=takes_over)
    return _more(now, goal, pods) if after == now and in_force else after


def _next_goal(now: Routing, aim: Routing, most: int) -> Routing:
    """Return what must be reached before the next Service can be moved; the aim itself where none has to."""
    if now.stable != aim.stable:
        aim = Routing(most, aim.stable, now.stable)
    if now.canary != aim.canary:
        return Routing(0, now.canary, now.stable)
    return aim


def _fewer(now: Routing, goal: Routing, pods: Pods) -> Routing:
    """Take from the canary what it is to have no longer, or cannot carry, as far as the stable side carries that.

    That is done at once, but where both Services have one revision: there it is no hurry, and a proxy that still has
    another one for the stable Service learns of it first. While neither side has a pod nothing is taken for that: which
    has one first is not known, and those of the canary may be back before requests have gone.
    """
    serves = pods.alive(now.canary) or not pods.alive(now.stable)
    headers = tuple(each for each in now.headers if serves and each in goal.headers)
    weight = min(now.weight, max(min(goal.weight, _highest(now, pods)), _lowest(now, pods)))
    return replace(now, weight=weight, headers=headers)


def _highest(now: Routing, pods: Pods) -> int:
    """Return the highest weight that the canary keeps: what it carries, and any where neither side has a pod."""
    is_moot = now.canary == now.stable or not (pods.alive(now.canary) or pods.alive(now.stable))
    return pods.most if is_moot else pods.carried(now.canary)


def _lowest(now: Routing, pods: Pods) -> int:
    """Return the lowest weight that leaves the stable side no more than it carries: any, if the other has no pod."""
    if now.canary == now.stable or not pods.alive(now.canary):
        return 0
    return pods.most - pods.carried(now.stable)


def _stable_moved(now: Routing, aim: Routing, pods: Pods, *, in_force: bool) -> Routing:
    """Let the stable Service select another revision: while all goes by the other one, or it has no pod to lose."""
    if now.stable == aim.stable or not pods.alive(aim.stable):
        return now
    unused = in_force and now.canary == aim.stable and now.weight == pods.most
    return replace(now, stable=aim.stable) if unused or not pods.alive(now.stable) else now


def _canary_moved(now: Routing, aim: Routing, pods: Pods, *, takes_over: bool) -> Routing:
    """Let the canary Service select another revision: while nothing goes by it; `_fewer` took its headers away.

    Where the stable side is dead its weight cannot go: then a revision takes it over that carries it.
    """
    wanted = aim.canary if now.stable == aim.stable else aim.stable
    is_carried = takes_over and not pods.alive(now.stable) and pods.carried(wanted) >= now.weight
    if now.canary == wanted or (now.weight and not is_carried):
        return now
    return replace(now, canary=wanted) if pods.alive(wanted) or not pods.alive(now.canary) else now


def _more(now: Routing, goal: Routing, pods: Pods) -> Routing:
    """Give the canary what it is to have and carries."""
    if not pods.alive(now.canary):
        return now
    weight = goal.weight if now.weight < goal.weight <= _highest(now, pods) else now.weight
    return replace(now, weight=weight, headers=goal.headers)
