"""The objects that a Rollout only looks at: Services, and later routes, by their names in its spec."""

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout.rollout import RolloutSpec
from fabgitops_core.api.rollout.strategies import BlueGreen
from fabgitops_core.control.rollout.kinds import SERVICE
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.ways import way_of


def services_of(spec: RolloutSpec) -> tuple[str, ...]:
    """Return the names of the Services that a spec names."""
    way = way_of(spec)
    if isinstance(way, BlueGreen):
        return tuple(name for name in (way.active_service, way.preview_service) if name)
    return tuple(name for name in (way.stable_service, way.canary_service) if name)


def regarded(state: RolloutState) -> frozenset[Key]:
    """Return the objects that a Rollout looks at."""
    if state.spec is None:
        return frozenset()
    return frozenset(Key(SERVICE.name, state.key.namespace, name) for name in services_of(state.spec))
