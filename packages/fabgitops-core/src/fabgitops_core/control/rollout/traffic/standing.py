"""The routing of a rollout: what was decided of it last, where it is to go, and whether it is in force.

What is decided stands in the status (`canary.weights`) before it is done. It is accepted when routes and Services say
it and each gateway has taken that, and in force a while later, which is when requests go by it.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from fabgitops_core.api.rollout.status import CanaryStatus, Weights, WeightStatus
from fabgitops_core.control.moments import second
from fabgitops_core.control.rollout import holding
from fabgitops_core.control.rollout.aims import Routing
from fabgitops_core.control.rollout.looking import routes_of
from fabgitops_core.control.rollout.pods.sizing import Standing, sizes, sizing_of, wanted_size
from fabgitops_core.control.rollout.pods.weights import carried
from fabgitops_core.control.rollout.saying.deciding import decided
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.traffic import leaving
from fabgitops_core.control.rollout.traffic.reaching import last_resort, leads_to_dead
from fabgitops_core.control.rollout.traffic.rerouting import Routed, differences, given, problem, routed, routes_there
from fabgitops_core.control.rollout.traffic.routes import not_accepted
from fabgitops_core.control.rollout.traffic.routing import Pods, begun, stepped
from fabgitops_core.control.rollout.traffic.switching import selects
from fabgitops_core.control.rollout.view import Look
from fabgitops_core.control.rollout.ways.sofar import ALL, headers_at, share_of


def recorded(state: RolloutState) -> Routing | None:
    """Return the routing that was decided last; None where there is none."""
    weights = state.status.canary.weights
    if weights is None:
        return None
    canary, stable = weights.canary, weights.stable
    return Routing(canary.weight, canary.pod_template_hash, stable.pod_template_hash, weights.headers)


def in_force_at(look: Look, state: RolloutState) -> datetime | None:
    """Return when requests go, or went, by what was decided last; None while it is not accepted."""
    by, weights = routed(look), state.status.canary.weights
    if by is None or weights is None or weights.accepted_at is None:
        return None
    return weights.accepted_at + timedelta(seconds=by.routing.gateway_api.propagation_seconds)


def in_force(look: Look, state: RolloutState) -> bool:
    """Return whether requests go by what was decided last."""
    since = in_force_at(look, state)
    return since is not None and look.at >= since


def standing_of(look: Look, state: RolloutState) -> Standing:
    """Return how the routing stands, for what follows from it."""
    status = state.status
    index = step_index(look, state)
    ceiling, is_lost = holding.ceiling(look, state), holding.is_lost(look, state)
    return Standing(recorded(state), in_force_at(look, state), index, status.stable_rs, status.abort, ceiling, is_lost)


def aim_of(look: Look, state: RolloutState, by: Routed) -> Routing:
    """Return where the routing is to go."""
    status = state.status
    if last := last_resort(look, state):
        return Routing(0, last, last)
    stable, current = status.stable_rs or look.hash, look.revision(look.hash)
    there = current is not None and (current.available or not look.n or _is_last(look, state))
    held = holding.ceiling(look, state)
    if held is not None and not status.stable_rs and (now := recorded(state)) is not None:
        return now  # a first one waits: requests go where they go
    if status.abort or stable == look.hash or not there or (held is not None and not held.selected):
        return Routing(0, stable, stable)
    index = step_index(look, state)
    order = (each.name for each in by.routing.managed_routes)
    weight, headers = _weight(look, by, index), headers_at(look.steps, index, order)
    if held is not None:
        weight = holding.weighed(held, by.routing.max_traffic_weight, weight)
        headers = tuple(each for each in headers if each.name in held.headers)
    return Routing(weight, look.hash, stable, headers)


def _is_last(look: Look, state: RolloutState) -> bool:
    """Return whether requests go to the declared revision, and no pod of the other side could take them."""
    now = recorded(state)
    if now is None or now.canary != look.hash:
        return False
    stable = look.revision(now.stable)
    return stable is None or not stable.available


def step_index(look: Look, state: RolloutState) -> int:
    """Return at which step it is; as many as there are when all are done or skipped."""
    index = state.status.current_step_index
    return len(look.steps) if index is None or state.status.promote_full else index


def _weight(look: Look, by: Routed, index: int) -> int:
    """Return the weight of a step: no more than the pods carry that the steps let the canary have."""
    most = by.routing.max_traffic_weight
    return min(share_of(look.steps, index, most), carried(wanted_size(look, by, index), look.n, most))


def rerouted(look: Look, state: RolloutState) -> RolloutState | None:
    """Decide the next step of the routing; None where it stays as it is."""
    by, now = routed(look), recorded(state)
    if by is None:
        return None if now is None else state.with_status(canary=CanaryStatus())
    if look.taken:
        return None  # another Rollout has what it would be set in
    if look.revision(look.hash) is None:
        return None
    available = {each.hash: each.available for each in look.revisions}
    pods, aim = Pods(look.n, available, sizing_of(by).max_weight), aim_of(look, state, by)
    if now is None:
        if (first := _first(look, by, aim, pods)) is None:
            return None
        return _recorded(look, state, by, first, "no weights of ours were set yet")
    if (scaled := _scaled(now, state, pods.most)) != now:
        return _recorded(look, state, by, scaled, f"weights add up to {pods.most} from now on")
    if (still := _still(look, state, by, now, pods)) != now:
        return _recorded(look, state, by, still, f"no pod of revision {now.stable} is available: requests stay")
    takes_over = not by.way.dynamic_stable_scale or state.status.promote_full
    after = stepped(now, aim, pods, in_force=in_force(look, state), takes_over=takes_over)
    return None if after == now else _recorded(look, state, by, after, _given(now, aim, pods))


def _first(look: Look, by: Routed, aim: Routing, pods: Pods) -> Routing | None:
    """Return the routing that is set first; None where there is none yet.

    Without pods of the proven revision Services stay where pods are until there are some of it. Where they lead to dead
    ones alone there is nothing to stay for, and the new one goes by its steps.
    """
    if pods.alive(aim.stable) or not any(pods.available.values()):
        return begun(aim, pods)
    services = (look.service(by.pair.stable), look.service(by.pair.canary))
    return Routing(0, aim.stable, aim.stable) if all(map(partial(leads_to_dead, look), services)) else None


def _still(look: Look, state: RolloutState, by: Routed, now: Routing, pods: Pods) -> Routing:
    """Return the routing by which requests still go where pods are, if it was to give less to those.

    The pods that requests were to go to have died since that was decided, and before routes said it. What somebody else
    has set is no such weight.
    """
    weights = state.status.canary.weights
    is_on_its_way = weights is not None and weights.accepted_at is None and not state.resisting
    if not is_on_its_way or pods.alive(now.stable) or not pods.alive(now.canary):
        return now
    pairs = ((by.pair.stable, now.stable), (by.pair.canary, now.canary))
    if any(selects(look, name) != hash_ for name, hash_ in pairs):
        return now
    return replace(now, weight=max((now.weight, *given(look, by))))


def _scaled(now: Routing, state: RolloutState, most: int) -> Routing:
    """Return the same share of what weights add up to by now, where that has been edited."""
    weights = state.status.canary.weights
    before = weights.canary.weight + weights.stable.weight if weights is not None else most
    return replace(now, weight=now.weight * most // before if before else 0) if before != most else now


def _given(now: Routing, aim: Routing, pods: Pods) -> str:
    """Return why the routing goes on."""
    if now.canary != now.stable and now.weight > max(pods.carried(now.canary), aim.weight):
        return f"{pods.available.get(now.canary, 0)} available pods of revision {now.canary} do not carry {now.weight}"
    return f"revision {aim.canary} is to get {aim.weight} of {pods.most}"


def _recorded(look: Look, state: RolloutState, by: Routed, routing: Routing, given: str) -> RolloutState:
    """Take a routing for what is to be; whether it is so is looked at from here on."""
    most = by.routing.max_traffic_weight
    weights = Weights(
        canary=WeightStatus(weight=routing.weight, service_name=by.pair.canary, pod_template_hash=routing.canary),
        stable=WeightStatus(
            weight=most - routing.weight, service_name=by.pair.stable, pod_template_hash=routing.stable
        ),
        headers=routing.headers,
    )
    routes = leaving.held(look, leaving.leaving(state))
    state = state.with_status(canary=CanaryStatus(weights=weights), routes=routes)
    state = state._replace(held=frozenset(), resisting=False)
    headers = "".join(f", requests of header route {each.name}" for each in routing.headers)
    outcome = f"{routing.weight} of {most} go to revision {routing.canary}{headers}, the rest to {routing.stable}"
    return decided(state, look.at, given, "Routing", outcome)


def accepted(look: Look, state: RolloutState) -> RolloutState | None:
    """Note since when all is as it was decided, or that it is no longer; None where nothing has changed in that."""
    weights = state.status.canary.weights
    if weights is None or routed(look) is None:
        return None
    is_so = not waits(look, state)
    if is_so is (weights.accepted_at is not None):
        return None
    at = second(look.at) if is_so else None
    return state.with_status(canary=CanaryStatus(weights=weights.model_copy(update={"accepted_at": at})))


def waits(look: Look, state: RolloutState) -> str:
    """Return what is not as it was decided yet, as a sentence; "" where all is."""
    if why := problem(look):
        return why
    if (doing := next(differences(look, recorded(state)), None)) is not None:
        return f"not yet: {doing.told}"
    there = list(routes_there(look))
    if len(there) < len(routes_of(look.key, look.way)):
        return "a route is not there yet"
    return next((why for each in there if (why := not_accepted(each))), "")


def is_there(look: Look, state: RolloutState) -> bool:
    """Return whether requests go just where they are to go by now, if routes share them out."""
    by = routed(look)
    return by is None or (recorded(state) == aim_of(look, state, by) and in_force(look, state))


def carries(look: Look, state: RolloutState, by: Routed, *, waits_for_stable: bool = True) -> bool:
    """Return whether the new version has what it is to have now: its pods are available, and requests go by that.

    It may have more than that where the proven version has too few pods to take the rest back. Those may never come up,
    and to go on may be the way out, so at last it `waits_for_stable` no more.
    """
    current = look.revision(look.hash)
    is_so = is_there(look, state) or (not waits_for_stable and _has_more(look, state, by))
    if current is None or not is_so:
        return False
    return current.spec == sizes(look, by, standing_of(look, state))[look.hash] == current.available


def _has_more(look: Look, state: RolloutState, by: Routed) -> bool:
    """Return whether a weight alone is not where it is to be, as proven pods lack that would carry what is left."""
    now, aim, most = recorded(state), aim_of(look, state, by), by.routing.max_traffic_weight
    if now is None or not in_force(look, state):
        return False
    stable = look.revision(aim.stable)
    lacks = carried(stable.available if stable else 0, look.n, most) < most - aim.weight
    return lacks and now.weight > aim.weight and replace(now, weight=aim.weight) == aim


def share_now(look: Look, state: RolloutState) -> int | None:
    """Return the share of requests that the declared revision has, of a hundred; None where no route says it."""
    by, now = routed(look), recorded(state)
    if by is None or now is None:
        return None
    most = by.routing.max_traffic_weight
    return round(ALL * now.weight_of(look.hash, most) / most)
