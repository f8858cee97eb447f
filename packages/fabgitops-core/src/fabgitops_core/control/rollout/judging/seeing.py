"""Whether there is something to judge: a pod of the new version, and requests where it is to get some.

What is measured of a version that nobody runs or reaches is about the old one, or about nothing, and proves nothing.
"""

from fabgitops_core.api.rollout.strategies import BlueGreen
from fabgitops_core.control.rollout.pods.counts import split
from fabgitops_core.control.rollout.pods.sizing import wanted_size
from fabgitops_core.control.rollout.pods.weights import carried
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.traffic import standing as traffic
from fabgitops_core.control.rollout.traffic.rerouting import Routed, routed
from fabgitops_core.control.rollout.view import Look
from fabgitops_core.control.rollout.ways.sofar import headers_at, share, share_of


def sees(look: Look, state: RolloutState, *, by_itself: bool) -> bool:
    """Return whether the new version has an available pod, and where routes share requests out, some of them.

    Args:
        look: What is there.
        state: The rollout.
        by_itself: Whether pods that are to have no request so far are judged without any, by their own Service.
    """
    current, by = look.revision(look.hash), routed(look)
    if current is None or not current.available:
        return False
    if by is None:
        return True
    if by_itself and not _is_to_have_requests(look, state, by):
        return True
    return not _lacks_requests(look, state, by) and _has_requests(look, state, by)


def why_never(look: Look, state: RolloutState) -> str:
    """Return why there is nothing to judge, and is not going to be any; "" where there is, or will be."""
    if not look.n:
        return "spec.replicas is 0, so the new version has no pod: let it have some"
    by, weight = routed(look), share(look, state)
    if isinstance(look.way, BlueGreen):
        return ""
    if by is None:
        none = not split(look.n, weight, look.limits).canary
        return f"{weight} % of {look.n} pods is no pod: have more of them, a greater maxSurge or share" if none else ""
    if _lacks_requests(look, state, by):
        pods = wanted_size(look, by, traffic.step_index(look, state))
        return f"{pods} of {look.n} pods carry less than 1 of {by.routing.max_traffic_weight}: let it have more"
    return ""


def _has_requests(look: Look, state: RolloutState, by: Routed) -> bool:
    """Return whether requests go to the new version: each gateway has taken that, and had the time to do as it says."""
    now = traffic.recorded(state)
    if now is None or not traffic.in_force(look, state):
        return False
    by_header = now.canary == look.hash and bool(now.headers)
    return by_header or now.weight_of(look.hash, by.routing.max_traffic_weight) > 0


def _is_to_have_requests(look: Look, state: RolloutState, by: Routed) -> bool:
    """Return whether the steps so far say that the new version gets any, by its weight or by a header."""
    index, most = traffic.step_index(look, state), by.routing.max_traffic_weight
    return share_of(look.steps, index, most) > 0 or _has_header(look, by, index)


def _has_header(look: Look, by: Routed, index: int) -> bool:
    return bool(headers_at(look.steps, index, (each.name for each in by.routing.managed_routes)))


def _lacks_requests(look: Look, state: RolloutState, by: Routed) -> bool:
    """Return whether the share that a step says comes to none, for it has too few pods for that."""
    index, most = traffic.step_index(look, state), by.routing.max_traffic_weight
    if not share_of(look.steps, index, most) or carried(wanted_size(look, by, index), look.n, most):
        return False
    return not _has_header(look, by, index)
