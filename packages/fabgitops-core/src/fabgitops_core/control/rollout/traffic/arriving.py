"""Routes that a spec names, makes or changes while the new version is held: they wait until nothing holds it any more.

All routes carry one share. One that comes in a pause would get what those have that were there before it, so that
users reach the new version who could not when the pause began. So would users of a hostname that is added to a route.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from fabgitops_core.api.rollout.status import HeldRoute
from fabgitops_core.api.rollout.strategies import Canary
from fabgitops_core.api.rollout.traffic import Route
from fabgitops_core.control.objects import Child
from fabgitops_core.control.rollout import holding
from fabgitops_core.control.rollout.looking import Place, routes_of
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.traffic.rerouting import Routed, routed
from fabgitops_core.control.rollout.traffic.routes import rules_in, spec_of
from fabgitops_core.control.rollout.traffic.rules import (
    Pair,
    Rule,
    backends,
    covers,
    header_rule,
    is_header_rule,
    places,
)
from fabgitops_core.control.rollout.view import Look
from fabgitops_core.control.rollout.ways.choosing import way_of


def without(look: Look, state: RolloutState) -> Look:
    """Return a look that knows nothing of what is to wait: of a route of its own that is changed, the one of before."""
    way, by = look.way, routed(look)
    if by is None or not isinstance(way, Canary) or not _is_held(look, state):
        return look
    routes = tuple(_known(look, state, by))
    if routes == by.routing.gateway_api.routes:
        return look
    gateway = by.routing.gateway_api.model_copy(update={"routes": routes})
    routing = by.routing.model_copy(update={"gateway_api": gateway})
    return replace(look, way=way.model_copy(update={"traffic_routing": routing}))


def waits(look: Look) -> str:
    """Return which routes wait, for the end of a sentence; "" where none does."""
    known = routes_of(look.key, look.way)
    there = {each.key for each in known if each.route.name is None}
    named = [each for each in routes_of(look.key, way_of(look.spec)) if each not in known]
    told = ((each.key, "set" if each.route.name else "changed" if each.key in there else "made") for each in named)
    return "".join(f"; the {key.kind} {key.name} is {done} when it goes on" for key, done in told)


def _is_held(look: Look, state: RolloutState) -> bool:
    """Return whether the new version is held, and has some requests, or may have some again.

    Where no weight was set yet, pods may have shared requests out: the first weight is by them.
    """
    status, weights, ceiling = state.status, state.status.canary.weights, holding.ceiling(look, state)
    if not holding.why(look, state) or not status.stable_rs:
        return False
    if weights is None or (ceiling is not None and not status.abort and (ceiling.weight or ceiling.headers)):
        return True
    return weights.canary.pod_template_hash == look.hash and bool(weights.canary.weight or weights.headers)


def _known(look: Look, state: RolloutState, by: Routed) -> Iterator[Route]:
    """Give the routes that do not wait.

    Those of its own are numbered, and new ones are the last: one that lacks before others was deleted by somebody.
    """
    found = routes_of(look.key, by.way)
    last = max((n for n, each in enumerate(found) if each.route.name is None and each.key in look.own), default=-1)
    for n, each in enumerate(found):
        if each.route.name is not None:
            if _is_set(state.status.routes, each):
                yield each.route
        elif n < last or each.key in look.own:
            yield _own(look, state, by, each)


def _is_set(held: tuple[HeldRoute, ...], place: Place) -> bool:
    key, rule = place.key, place.route.rule or ""
    return any((each.kind, each.name, each.rule) == (key.kind, key.name, rule) for each in held if not each.left_at)


def _own(look: Look, state: RolloutState, by: Routed, place: Place) -> Route:
    """Return a route of its own as it is declared, or as it stands where another one is declared by now."""
    child = look.own.get(place.key)
    stands = _standing(state, by, child) if child is not None else {}
    rules = rules_in(stands)
    if not any(places(each, by.pair) for each in rules):  # it is not there, or the Services are others by now
        return place.route
    declared = place.route.template or {}
    shape = {**declared, "rules": [_reached(each, by.pair) for each in rules_in(declared) or [{}]]}
    is_so = covers(shape, {**stands, "rules": [_reached(each, by.pair) for each in rules]})
    return place.route if is_so else place.route.model_copy(update={"template": stands})


def _standing(state: RolloutState, by: Routed, child: Child) -> Mapping[str, Any]:
    """Return the template by which a route would be as it is, without rules of header routes."""
    spec, weights = spec_of(child), state.status.canary.weights
    steps = [each.set_header_route for each in by.way.steps if each.set_header_route and each.set_header_route.match]
    known = (*steps, *(weights.headers if weights else ()))
    rules = rules_in(spec)
    made = [header_rule(rule, by.pair, each) for rule in rules if places(rule, by.pair) for each in known]
    return {**spec, "rules": [each for each in rules if not is_header_rule(each, by.pair, made)]}


def _reached(rule: Rule, pair: Pair) -> Rule:
    """Return a rule with the names of its backends alone: their ports and weights say nothing of who reaches them."""
    names = [each.get("name") for each in backends(rule)] or [pair.stable, pair.canary]
    return {**rule, "backendRefs": names}
