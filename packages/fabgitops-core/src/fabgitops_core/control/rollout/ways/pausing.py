"""The begin and the end of what holds a new version: what it has then is the most that it may have (`holding`).

What was decided and not done yet is taken back: a weight that no route has, a Service that does not select it.
"""

from fabgitops_core.api.rollout.status import BlueGreenStatus, CanaryStatus, Ceiling, RolloutStatus, Weights
from fabgitops_core.api.rollout.strategies import BlueGreen, Canary
from fabgitops_core.control.rollout import holding
from fabgitops_core.control.rollout.aims import Routing
from fabgitops_core.control.rollout.pods.weights import MAX_WEIGHT
from fabgitops_core.control.rollout.saying.deciding import decided
from fabgitops_core.control.rollout.saying.reasons import RolloutReason
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.traffic.rerouting import Routed, routed, sent
from fabgitops_core.control.rollout.traffic.switching import active, selects
from fabgitops_core.control.rollout.view import Look

NONE: tuple[str, ...] = ()


def noted(look: Look, state: RolloutState) -> RolloutState | None:
    """Note what a revision has when something begins to hold it, and that nothing does any more; None for no news."""
    known, why = state.status.ceiling, holding.why(look, state)
    if not why:
        return None if known is None else _over(look, state)
    if known is not None and known.revision == look.hash:
        return None
    found = _ceiling(look, state)
    state = _taken_back(look, state.with_status(ceiling=found), found)
    lost = holding.is_lost(look, state)
    if state.status.abort and not lost:
        return state
    outcome = f"revision {state.status.revision} ({look.hash}) stays at {found.pods} of {found.replicas} pods"
    outcome += f" and a weight of {found.weight} of {found.max_weight}" if routed(look) else ""
    if lost:
        return decided(state, look.at, why, "StableLost", outcome)
    return decided(state, look.at, why, "Paused", outcome, RolloutReason.PAUSED)


def _over(look: Look, state: RolloutState) -> RolloutState:
    state = state.with_status(ceiling=None)
    if state.status.stable_rs == look.hash or state.status.abort:
        return state
    return decided(state, look.at, "nothing holds it any more", "Resumed", "it goes on", RolloutReason.RESUMED)


def _ceiling(look: Look, state: RolloutState) -> Ceiling:
    """Return what the declared revision has, as the objects say it and not as it was decided."""
    current, by, selected = look.revision(look.hash), routed(look), _is_selected(look)
    weights = state.status.canary.weights
    most, weight, headers = by.routing.max_traffic_weight if by else MAX_WEIGHT, 0, NONE
    if by is not None and weights is not None and selected and weights.canary.pod_template_hash == look.hash:
        weight, headers = _requests(look, by, weights)
    return Ceiling(
        revision=look.hash,
        replicas=look.n,
        pods=min(current.spec, look.n) if current else 0,
        weight=min(weight, most),
        max_weight=most,
        selected=selected,
        headers=headers,
    )


def _is_selected(look: Look) -> bool:
    """Return whether the Service of what is new selects the declared revision."""
    name = look.way.canary_service if isinstance(look.way, Canary) else look.way.preview_service
    return selects(look, name) == look.hash


def _requests(look: Look, by: Routed, weights: Weights) -> tuple[int, tuple[str, ...]]:
    """Return the weight that all routes give, and the names of the header routes that all have."""
    if weights.accepted_at is not None:
        return weights.canary.weight, tuple(each.name for each in weights.headers)
    return sent(look, by, Routing(weights.canary.weight, headers=weights.headers))


def _taken_back(look: Look, state: RolloutState, found: Ceiling) -> RolloutState:
    """Return the state in which that is decided which is so: what was decided beside it is done later, or never."""
    status, weights = state.status, state.status.canary.weights
    if isinstance(look.way, BlueGreen):
        return state.with_status(blue_green=_as_seen(look, look.way, status, found))
    if weights is None or weights.canary.pod_template_hash != look.hash or status.stable_rs == "":
        return state
    return state.with_status(canary=CanaryStatus(weights=_as_there(look, state, found, weights)))


def _as_seen(look: Look, way: BlueGreen, status: RolloutStatus, found: Ceiling) -> BlueGreenStatus:
    """Return what the Services of a blue-green select, where they were to select the declared revision and do not."""
    known, stable = status.blue_green, status.stable_rs
    if known.preview_selector == look.hash and not found.selected:
        known = known.model_copy(update={"preview_selector": selects(look, way.preview_service) or stable})
    if stable and known.active_selector == look.hash != active(look):
        known = known.model_copy(update={"active_selector": stable})
    return known


def _as_there(look: Look, state: RolloutState, found: Ceiling, weights: Weights) -> Weights:
    """Return the weights as all routes have them, and the revision that the canary Service selects."""
    whole, canary = weights.canary.weight + weights.stable.weight, weights.canary
    selected = selects(look, canary.service_name) or ""
    there = look.hash if found.selected else selected if look.revision(selected) else state.status.stable_rs
    weight = min(canary.weight, found.weight)
    return weights.model_copy(
        update={
            "canary": canary.model_copy(update={"pod_template_hash": there, "weight": weight}),
            "stable": weights.stable.model_copy(update={"weight": whole - weight}),
            "headers": tuple(each for each in weights.headers if each.name in found.headers),
        }
    )
