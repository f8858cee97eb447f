"""Services that a spec names no more: the hash leaves their selectors, or their pods would never change again."""

from fabgitops_core.api.rollout.strategies import Canary
from fabgitops_core.control.rollout import holding
from fabgitops_core.control.rollout.kinds import SERVICE
from fabgitops_core.control.rollout.looking import services_of
from fabgitops_core.control.rollout.pods.counts import split
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.traffic import claiming
from fabgitops_core.control.rollout.traffic.switching import selects
from fabgitops_core.control.rollout.view import Look
from fabgitops_core.control.rollout.ways.aborting import is_under_way
from fabgitops_core.control.rollout.ways.sofar import share


def held(look: Look, state: RolloutState) -> RolloutState | None:
    """Note which Services are held, before they are; None where that is noted.

    One that is named no more is held until it selects no revision of this Rollout: by then it may be another's. A
    revision that is lost is one as well, as long as no other Rollout would have the Service.
    """
    others = {key.name for key in look.taken if key.kind == SERVICE.name}
    named = tuple(each for each in services_of(look.spec) if each not in others)
    known = tuple(each for each in state.status.services if each not in others)
    kept = (each for each in known if each not in named and _is_held(look, state, each))
    now = (*named, *kept)[:MOST]
    return None if set(now) == set(state.status.services) else state.with_status(services=now)


MOST = 8


def released(look: Look, state: RolloutState) -> tuple[str, ...]:
    """Return the Services out of whose selectors the hash is to go now."""
    named = services_of(look.spec)
    return tuple(
        each
        for each in state.status.services
        if each not in named and selects(look, each) and _may_go(look, state, each)
    )


def _is_held(look: Look, state: RolloutState, name: str) -> bool:
    if SERVICE.name in look.unseen:
        return True
    selected = selects(look, name)
    if not selected or look.revision(selected) is not None:
        return bool(selected)
    is_ours = selected in {state.status.stable_rs, *state.status.lost}
    return is_ours and not claiming.is_asked_for(state, name)


def _may_go(look: Look, state: RolloutState, name: str) -> bool:
    """Return whether the pods of all revisions together are what users of a Service should reach.

    A canary without routes shares out pods: there are to be no more of the new version than its share, and none of
    older ones. Who is on the new version alone is no worse off on both. Nobody is led to that because the proven one
    is lost.
    """
    if holding.is_lost(look, state) and look.revision(selects(look, name) or "") is None:
        return False
    if not isinstance(look.way, Canary):
        return True
    current, stable = look.revision(look.hash), state.status.stable_rs
    if current is None:
        return False
    if not is_under_way(state):
        return not any(each.spec for each in look.older(stable))
    if selects(look, name) == look.hash:
        return True
    most = split(look.n, share(look, state), look.limits).canary
    return current.spec <= most and not any(each.spec for each in look.older(stable))
