"""What of routes and Services is not as the routing says, and what keeps it from being so."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout.marks import HASH
from fabgitops_core.api.rollout.strategies import Canary
from fabgitops_core.api.rollout.traffic import TrafficRouting
from fabgitops_core.control.commands import Apply, Delete
from fabgitops_core.control.objects import Child
from fabgitops_core.control.rollout.aims import Routing
from fabgitops_core.control.rollout.differing import Doing, patch_of, selecting
from fabgitops_core.control.rollout.kinds import ROUTES, SERVICE
from fabgitops_core.control.rollout.looking import Place, routes_of, services_of
from fabgitops_core.control.rollout.records import ports_of, selector_of
from fabgitops_core.control.rollout.saying.reasons import RolloutReason
from fabgitops_core.control.rollout.traffic.named import Layout, change, layout
from fabgitops_core.control.rollout.traffic.owned import body_of, rules_from
from fabgitops_core.control.rollout.traffic.reaching import takes_the_last
from fabgitops_core.control.rollout.traffic.routes import rules_of, spec_of
from fabgitops_core.control.rollout.traffic.rules import Pair, Rule, Share, covers, header_rule, says, share_of
from fabgitops_core.control.rollout.view import Look
from fabgitops_core.control.rollout.ways.choosing import way_of

KINDS = {each.name: each for each in ROUTES}


class Routed(NamedTuple):
    """The canary of a look whose routes share requests out."""

    way: Canary
    routing: TrafficRouting
    pair: Pair


def routed(look: Look) -> Routed | None:
    """Return what shares requests out by routes; None where pods alone do."""
    way = look.way
    if not isinstance(way, Canary) or way.traffic_routing is None:
        return None
    pair = Pair(way.stable_service or "", way.canary_service or "", look.key.namespace)
    return Routed(way, way.traffic_routing, pair)


def differences(look: Look, routing: Routing | None) -> Iterator[Doing]:
    """Give what makes routes and Services say what the routing says; nothing of one that cannot be made to."""
    by = routed(look)
    if by is None or routing is None:
        return
    yield from _selected(look, by, routing, leaves=True)
    for place in routes_of(look.key, by.way):
        if (found := (_own if place.route.name is None else _named)(look, by, place, routing)) is not None:
            yield found
    yield from _selected(look, by, routing, leaves=False)


def _selected(look: Look, by: Routed, routing: Routing, *, leaves: bool) -> Iterator[Doing]:
    """Give what lets Services select what they are to: those that leave the declared revision, or the others.

    The former go before weights: a Service that had another role before would get requests for another revision.
    """
    for name, hash_ in ((by.pair.stable, routing.stable), (by.pair.canary, routing.canary)):
        child = look.service(name)
        if child is None or takes_the_last(look, child, hash_):
            continue
        is_left = selector_of(child).get(HASH) == look.hash
        if is_left is leaves and (doing := selecting(child, hash_)) is not None:
            yield doing


def left(look: Look) -> Iterator[Doing]:
    """Give what takes routes of our own away that are declared no more, unless one that may take its place waits."""
    places = {each.key for each in routes_of(look.key, look.way) if each.route.name is None}
    if any(each.key not in places for each in routes_of(look.key, way_of(look.spec)) if each.route.name is None):
        return
    for key, child in look.own.items():
        if key not in places:
            told = f"the {key.kind} {key.name} is declared no more"
            yield Doing(Delete(key, child.uid, version=child.version), RolloutReason.WEIGHED, told)


def problem(look: Look) -> str:
    """Return what is missing that the strategy names, as a sentence that says what to do; "" where nothing is."""
    for name in services_of(look.spec):
        if look.service(name) is None:
            taken = look.taken.get(Key(SERVICE.name, look.key.namespace, name))
            return taken or look.unseen.get("Service") or f"the Service {name} is not there"
    by = routed(look)
    places = routes_of(look.key, by.way) if by else ()
    return next((why for each in places if by and (why := _problem(look, by, each))), "")


def routes_there(look: Look) -> Iterator[Child]:
    """Give the routes that are declared, as far as they are there."""
    for each in routes_of(look.key, look.way):
        if (child := _child(look, each)) is not None:
            yield child


def sent(look: Look, by: Routed, routing: Routing) -> tuple[int, tuple[str, ...]]:
    """Return what of a routing every route says by now: a weight of the canary, and names of header routes."""
    found = [_sent(look, by, place, routing) for place in routes_of(look.key, by.way)]
    names = [each.name for each in routing.headers if all(each.name in headers for _, headers in found)]
    return min((routing.weight, *(weight for weight, _ in found))), tuple(names)


def given(look: Look, by: Routed) -> Iterator[int]:
    """Give the weights that the canary has by now, in the rules of routes whose weights are ours to set."""
    for place in routes_of(look.key, by.way):
        for share in (share_of(rule, by.pair) for rule in _weighed(look, by, place)):
            if share is not None:
                yield share.canary * by.routing.max_traffic_weight // (sum(share) or 1)


def _weighed(look: Look, by: Routed, place: Place) -> list[Rule]:
    child = _child(look, place)
    if child is None or place.route.name is None:
        return rules_of(child) if child is not None else []
    found = _layout(child, by, place)
    return [] if isinstance(found, str) else [rules_of(child)[found.base]]


def _sent(look: Look, by: Routed, place: Place, routing: Routing) -> tuple[int, set[str]]:
    child = _child(look, place)
    rules = rules_of(child) if child is not None else []
    shares = [(rule, share) for rule in rules if (share := share_of(rule, by.pair)) is not None]
    most = by.routing.max_traffic_weight
    weights = [share.canary * most // (sum(share) or 1) for _, share in shares]
    wanted = [(each.name, header_rule(base, by.pair, each)) for base, _ in shares for each in routing.headers]
    return min(weights, default=0), {name for name, rule in wanted if any(says(rule, each) for each in rules)}


def _child(look: Look, place: Place) -> Child | None:
    return (look.own if place.route.name is None else look.others).get(place.key)


def _problem(look: Look, by: Routed, place: Place) -> str:
    child, kind = _child(look, place), KINDS[place.key.kind]
    named = f"the {place.key.kind} {place.key.name}"
    if child is None and place.key.kind in look.unseen:
        return f"{named} cannot be looked at ({kind.crd_name}): {look.unseen[place.key.kind]}"
    if place.route.name is None:
        why = _rules(look, by, place, Routing())
        return f"{named}: {why}" if isinstance(why, str) else ""
    if child is None:
        return look.taken.get(place.key) or f"{named} is not there"
    found = _layout(child, by, place)
    return f"{named}: {found}" if isinstance(found, str) else ""


def _share(by: Routed, routing: Routing) -> Share:
    return Share(by.routing.max_traffic_weight - routing.weight, routing.weight)


def _told(by: Routed, place: Place, routing: Routing) -> str:
    headers = "".join(f", header route {each.name}" for each in routing.headers)
    weight = f"{routing.weight} of {by.routing.max_traffic_weight}"
    return f"the {place.key.kind} {place.key.name} gives {by.pair.canary} a weight of {weight}{headers}"


def _layout(child: Child, by: Routed, place: Place) -> Layout | str:
    known = [each.set_header_route for each in by.way.steps if each.set_header_route and each.set_header_route.match]
    return layout(rules_of(child), by.pair, place.route.rule, known)


def _named(look: Look, by: Routed, place: Place, routing: Routing) -> Doing | None:
    """Return what changes a route of somebody else's."""
    child = _child(look, place)
    if child is None or isinstance(found := _layout(child, by, place), str):
        return None
    steps = change(rules_of(child), by.pair, found, _share(by, routing), routing.headers)
    return Doing(patch_of(child, steps), RolloutReason.WEIGHED, _told(by, place, routing)) if steps else None


def _own(look: Look, by: Routed, place: Place, routing: Routing) -> Doing | None:
    """Return what makes a route of our own, or makes it whole again."""
    rules, child, kind = _rules(look, by, place, routing), _child(look, place), KINDS[place.key.kind]
    if isinstance(rules, str) or (child is None and place.key.kind in look.unseen):
        return None
    spec: dict[str, Any] = {**(place.route.template or {}), "rules": rules}
    if child is not None and covers(spec, spec_of(child)):
        return None
    body = body_of(kind, place.key, look.key, look.uid, spec)
    request = Apply(body, force=True, uid=child.uid if child else "", recorded=True)
    return Doing(request, RolloutReason.WEIGHED, _told(by, place, routing))


def _rules(look: Look, by: Routed, place: Place, routing: Routing) -> list[Any] | str:
    services = {name: look.service(name) for name in (by.pair.stable, by.pair.canary)}
    ports = {name: ports_of(child) for name, child in services.items() if child is not None}
    return rules_from(place.route.template or {}, by.pair, ports, _share(by, routing), routing.headers)
