"""What the steps of a canary say so far: a later one takes the place of an earlier one of its kind."""

from collections.abc import Iterable

from fabgitops_core.api.rollout.steps import CanaryStep, HeaderRoute
from fabgitops_core.control.rollout.pods.routed import AS_TRAFFIC, Scale
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.view import Look

ALL = 100
"""The share of a hundred that a promoted version has."""


def weight_at(steps: tuple[CanaryStep, ...], index: int) -> int:
    """Return the share that the new version is to have at a step, of a hundred: that of the last setWeight so far."""
    if index >= len(steps):
        return ALL
    weights = [each.set_weight for each in steps[: index + 1] if each.set_weight is not None]
    return weights[-1] if weights else 0


def share(look: Look, state: RolloutState) -> int:
    """Return the share that the declared revision is to have now, of a hundred."""
    status = state.status
    if status.abort:
        return 0
    if status.stable_rs in {"", look.hash} or status.promote_full:
        return ALL
    index = status.current_step_index
    return weight_at(look.steps, len(look.steps) if index is None else index)


def share_of(steps: tuple[CanaryStep, ...], index: int, most: int) -> int:
    """Return the weight that the new version is to have at a step, of `most`: rounded down, never too much."""
    return weight_at(steps, index) * most // ALL


def scale_at(steps: tuple[CanaryStep, ...], index: int) -> Scale:
    """Return what the steps so far say of the size of the canary; when all are done it is as large as its weight."""
    if index >= len(steps):
        return AS_TRAFFIC
    scales = [each.set_canary_scale for each in steps[: index + 1] if each.set_canary_scale is not None]
    return Scale(scales[-1].replicas, scales[-1].weight, scales[-1].match_traffic_weight) if scales else AS_TRAFFIC


def headers_at(steps: tuple[CanaryStep, ...], index: int, order: Iterable[str]) -> tuple[HeaderRoute, ...]:
    """Return the header routes that the steps so far have made and not taken away, in the order of their names."""
    made = {each.set_header_route.name: each.set_header_route for each in steps[: index + 1] if each.set_header_route}
    return tuple(made[name] for name in order if name in made and made[name].match)
