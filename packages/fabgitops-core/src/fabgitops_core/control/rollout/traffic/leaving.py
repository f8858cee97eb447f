"""Routes of others that a spec names no more: all goes to the stable Service again before they are let go.

Which they are is noted in the status before anything of them is set. Until one is back, and that is in force, the pods
stay that it sends requests to; it is put back as soon as the stable Service leads to pods enough.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import HeldRoute
from fabgitops_core.control.moments import second
from fabgitops_core.control.objects import Child
from fabgitops_core.control.rollout import holding
from fabgitops_core.control.rollout.differing import Doing, patch_of
from fabgitops_core.control.rollout.looking import held_key, routes_of
from fabgitops_core.control.rollout.pods.counts import split
from fabgitops_core.control.rollout.records import selector_of
from fabgitops_core.control.rollout.saying.deciding import decided
from fabgitops_core.control.rollout.saying.reasons import RolloutReason
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.traffic.named import Steps, cleared
from fabgitops_core.control.rollout.traffic.reaching import reached, takes_the_last
from fabgitops_core.control.rollout.traffic.rerouting import routed
from fabgitops_core.control.rollout.traffic.routes import not_accepted, rules_of
from fabgitops_core.control.rollout.traffic.rules import Pair
from fabgitops_core.control.rollout.view import Look
from fabgitops_core.control.rollout.ways.sofar import share

MOST = 16


def noted(look: Look, state: RolloutState) -> RolloutState | None:
    """Note which routes are held, which are left, and which of these are back; None where that is noted."""
    before, weights = state.status.routes, state.status.canary.weights
    if not before and weights is not None and state.status.observed_generation == look.generation:
        return None  # an operator before this one has set them and noted none: the next weight that is set notes them
    left = _not_declared(look, state)
    if (fresh := next((each for each in left if each.left_at is None), None)) is not None:
        return _left(look, state, fresh)
    now = held(look, [each for each in (_going(look, state, each) for each in left) if each is not None])
    return None if now == before else state.with_status(routes=now)


def held(look: Look, left: Sequence[HeldRoute]) -> tuple[HeldRoute, ...]:
    """Return the routes that are held: those that are declared, and those that are left."""
    return (*_declared(look), *left)[:MOST]


def leaving(state: RolloutState) -> tuple[HeldRoute, ...]:
    """Return the routes that are left, and not let go yet."""
    return tuple(each for each in state.status.routes if each.left_at is not None)


def differences(look: Look, state: RolloutState) -> Iterator[Doing]:
    """Give what puts routes back that are left, as far as the stable Service leads to pods enough."""
    for each in leaving(state):
        child = look.others.get(held_key(look.key.namespace, each))
        if child is not None and (steps := _steps(look, state, each, child)) and not _why_not(look, state, each):
            told = f"the {each.kind} {each.name} is named no more: all of its requests go to {each.stable_service}"
            yield Doing(patch_of(child, steps), RolloutReason.WEIGHED, told)


def waits(look: Look, state: RolloutState) -> str:
    """Return why a route is not put back yet, for the end of a sentence; "" where none waits."""
    for each in leaving(state):
        child = look.others.get(held_key(look.key.namespace, each))
        if child is not None and _steps(look, state, each, child) and (why := _why_not(look, state, each)):
            return f"; the {each.kind} {each.name}, which is named no more, stays as it is: {why}"
    return ""


def kept(look: Look, state: RolloutState, counts: Mapping[str, int]) -> Mapping[str, int]:
    """Return how many pods revisions have while routes that are left still send requests to them.

    What is held grows by that no more than by anything else.
    """
    least: dict[str, int] = {}
    for each in leaving(state):
        for name, count in ((each.canary_service, 0), (each.stable_service, look.n)):
            child = look.service(name)
            found = look.revision(selector_of(child).get(marks.HASH, "") if child else "")
            if found is not None:
                most = holding.most(look, state, count) if found.hash == look.hash else count
                least[found.hash] = max(least.get(found.hash, 0), most or found.spec)
    return {**counts, **{hash_: max(count, counts.get(hash_, 0)) for hash_, count in least.items()}}


def selecting(look: Look, state: RolloutState, selectors: Mapping[str, str]) -> Mapping[str, str]:
    """Return which revisions Services are to select, without those that would lead requests of a left route to no pod.

    A Service that was the stable one may be that of a preview by now, which selects a new revision at once.
    """
    pairs = {name for each in leaving(state) for name in (each.stable_service, each.canary_service)}
    return {name: hash_ for name, hash_ in selectors.items() if name not in pairs or not _is_last(look, name, hash_)}


def _is_last(look: Look, name: str, hash_: str) -> bool:
    child = look.service(name)
    return child is not None and takes_the_last(look, child, hash_)


def due(look: Look, state: RolloutState) -> Iterator[timedelta]:
    """Give in how long routes that are back are let go."""
    for each in leaving(state):
        if each.accepted_at is not None:
            yield each.accepted_at + timedelta(seconds=each.propagation_seconds) - look.at


def _not_declared(look: Look, state: RolloutState) -> list[HeldRoute]:
    names = {_identity(each) for each in _named(look)}
    return [each for each in state.status.routes if _identity(each) not in names]


def _declared(look: Look) -> Iterator[HeldRoute]:
    yield from (each for each in _named(look) if held_key(look.key.namespace, each) not in look.taken)


def _named(look: Look) -> Iterator[HeldRoute]:
    if (by := routed(look)) is None:
        return
    for place in routes_of(look.key, by.way):
        if place.route.name is not None:
            yield HeldRoute(
                kind=place.key.kind,
                name=place.key.name,
                rule=place.route.rule or "",
                stable_service=by.pair.stable,
                canary_service=by.pair.canary,
                propagation_seconds=by.routing.gateway_api.propagation_seconds,
            )


def _identity(held: HeldRoute) -> tuple[str, ...]:
    return held.kind, held.name, held.rule, held.stable_service, held.canary_service


def _left(look: Look, state: RolloutState, held: HeldRoute) -> RolloutState:
    """Note that a route is named no more, with the header routes that it may have."""
    weights = state.status.canary.weights
    after = held.model_copy(update={"left_at": second(look.at), "headers": weights.headers if weights else ()})
    state = state.with_status(routes=tuple(after if each is held else each for each in state.status.routes))
    outcome = f"all of its requests go to the Service {held.stable_service} again, then it is let go"
    return decided(state, look.at, f"the {held.kind} {held.name} is named no more", "RouteLeft", outcome)


def _going(look: Look, state: RolloutState, held: HeldRoute) -> HeldRoute | None:
    """Return a route that is left as it stands now; None where it is let go: it is gone, or it is back for good."""
    child = look.others.get(held_key(look.key.namespace, held))
    if child is None:
        return held if held.kind in look.unseen else None
    if _steps(look, state, held, child):
        return None if held.back_at is not None else held  # somebody else goes on with it
    now = second(look.at)
    accepted = None if not_accepted(child) else held.accepted_at or now
    if accepted is not None and look.at >= accepted + timedelta(seconds=held.propagation_seconds):
        return None
    return held.model_copy(update={"back_at": held.back_at or now, "accepted_at": accepted})


def _steps(look: Look, state: RolloutState, held: HeldRoute, child: Child) -> Steps:
    """Return what puts a route back; nothing where it is, or has nothing of ours any more."""
    pair = Pair(held.stable_service, held.canary_service, look.key.namespace)
    others = [each for each in state.status.routes if each.left_at is None and held_key("", each) == held_key("", held)]
    is_shared = any(each.canary_service == held.canary_service for each in others)
    return cleared(rules_of(child), pair, held.rule or None, None if is_shared else held.headers)


def _why_not(look: Look, state: RolloutState, held: HeldRoute) -> str:
    """Return why the stable Service cannot get all requests yet; "" where it leads to enough pods, or to all."""
    stable, canary = look.service(held.stable_service), look.service(held.canary_service)
    if stable is None:
        return f"the Service {held.stable_service} is not there"
    pods, least = reached(look, stable), look.n - look.limits.unavailable
    if look.last_step is not None and routed(look) is None:
        least = min(least, split(look.n, share(look, state), look.limits).stable)
    alone = canary is None or not reached(look, canary)
    enough = pods >= max(least, 1) or pods >= sum(each.available for each in look.revisions) or (pods > 0 and alone)
    if enough or not look.n:
        return ""
    return f"the Service {held.stable_service} leads to {pods} available pods, and needs {max(least, 1)}"
