"""Routes of others that a spec names while the new version is held: they are set when nothing holds it any more.

All routes carry one share. One that is named in a pause would get what those have that were named before it, so that
users reach the new version who could not when the pause began.
"""

from collections.abc import Iterator
from dataclasses import replace

from fabgitops_core.api.rollout.strategies import Canary
from fabgitops_core.control.rollout import holding
from fabgitops_core.control.rollout.looking import Place, routes_of
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.view import Look
from fabgitops_core.control.rollout.ways.choosing import way_of


def without(look: Look, state: RolloutState) -> Look:
    """Return a look that knows nothing of routes that are to wait."""
    way, waiting = look.way, [each.route for each in _waiting(look, state)]
    if not waiting or not isinstance(way, Canary) or way.traffic_routing is None:
        return look
    gateway = way.traffic_routing.gateway_api
    gateway = gateway.model_copy(update={"routes": tuple(each for each in gateway.routes if each not in waiting)})
    routing = way.traffic_routing.model_copy(update={"gateway_api": gateway})
    return replace(look, way=way.model_copy(update={"traffic_routing": routing}))


def waits(look: Look) -> str:
    """Return which routes wait, for the end of a sentence; "" where none does."""
    known = routes_of(look.key, look.way)
    named = [each for each in routes_of(look.key, way_of(look.spec)) if each.route.name and each not in known]
    return "".join(f"; the {each.key.kind} {each.key.name} is set when it goes on" for each in named)


def _waiting(look: Look, state: RolloutState) -> Iterator[Place]:
    """Give those that were not set when they were named, while the new version is held and has some requests."""
    status, weights = state.status, state.status.canary.weights
    if not holding.why(look, state) or not status.stable_rs:
        return
    if weights is None or weights.canary.pod_template_hash != look.hash:
        return
    if not weights.canary.weight and not weights.headers:
        return
    set_ = {(each.kind, each.name, each.rule) for each in status.routes if each.left_at is None}
    for each in routes_of(look.key, look.way):
        if each.route.name is not None and (each.key.kind, each.key.name, each.route.rule or "") not in set_:
            yield each
