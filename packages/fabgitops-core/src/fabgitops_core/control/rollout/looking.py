"""The objects that a Rollout only looks at, by their names in its spec: Services, routes of others, a Deployment."""

from typing import NamedTuple

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout.rollout import RolloutSpec
from fabgitops_core.api.rollout.status import HeldRoute
from fabgitops_core.api.rollout.strategies import BlueGreen, Canary
from fabgitops_core.api.rollout.traffic import Route
from fabgitops_core.control.rollout.kinds import SERVICE, workload_of
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.ways.choosing import way_of


def services_of(spec: RolloutSpec) -> tuple[str, ...]:
    """Return the names of the Services that a spec names."""
    way = way_of(spec)
    if isinstance(way, BlueGreen):
        return tuple(name for name in (way.active_service, way.preview_service) if name)
    return tuple(name for name in (way.stable_service, way.canary_service) if name)


class Place(NamedTuple):
    """A route that is declared: where it stands, and what is said of it."""

    key: Key
    route: Route


def routes_of(key: Key, way: Canary | BlueGreen) -> tuple[Place, ...]:
    """Return the routes of a Rollout: those of its own are named as it is, the second of them NAME-2.

    Args:
        key: The Rollout.
        way: How it goes from one version to the next.
    """
    routing = way.traffic_routing if isinstance(way, Canary) else None
    found: list[Place] = []
    for each in routing.gateway_api.routes if routing else ():
        own = sum(place.route.name is None for place in found)
        name = each.name or (key.name if not own else f"{key.name}-{own + 1}")
        found.append(Place(Key(each.kind.value, key.namespace, name), each))
    return tuple(found)


def held_key(namespace: str, held: HeldRoute) -> Key:
    """Return the key of a route that is noted as held."""
    return Key(held.kind, namespace, held.name)


def regarded(state: RolloutState) -> frozenset[Key]:
    """Return the objects that a Rollout looks at."""
    if state.spec is None:
        return frozenset()
    held = state.status.routes
    pairs = {name for each in held for name in (each.stable_service, each.canary_service)}
    names = {*services_of(state.spec), *state.status.services, *pairs}
    services = (Key(SERVICE.name, state.key.namespace, name) for name in names)
    routes = (each.key for each in routes_of(state.key, way_of(state.spec)) if each.route.name is not None)
    workload = workload_of(state.key, state.spec)
    kept = (held_key(state.key.namespace, each) for each in held)
    return frozenset((*services, *routes, *kept, *((workload,) if workload else ())))
