"""From the status and what is there to what is to be now."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from fabgitops_core.api.rollout.strategies import BlueGreen
from fabgitops_core.control.rollout.aims import Aims
from fabgitops_core.control.rollout.pods import keeping, retiring, sharing
from fabgitops_core.control.rollout.pods.sizing import kept_until, sizes
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.traffic import contending, leaving, selecting
from fabgitops_core.control.rollout.traffic import standing as traffic
from fabgitops_core.control.rollout.traffic.releasing import released
from fabgitops_core.control.rollout.traffic.rerouting import Routed, routed
from fabgitops_core.control.rollout.view import Look
from fabgitops_core.control.rollout.ways import bluegreen, canary
from fabgitops_core.control.rollout.ways.deadline import deadline


def aims_of(look: Look, state: RolloutState) -> Aims:
    """Return what is to be now."""
    aims = replace(_by_way(look, state), workload=retiring.left(look, state))
    if not leaving.leaving(state):
        return aims
    dues = (aims.due, *(look.at + each for each in leaving.due(look, state)))
    return replace(
        aims,
        replicas=leaving.kept(look, state, aims.replicas),
        leave=tuple(leaving.differences(look, state)),
        due=min((each for each in dues if each is not None), default=None),
    )


def _by_way(look: Look, state: RolloutState) -> Aims:
    """Return what is to be by the way that is declared."""
    current, by = look.revision(look.hash), routed(look)
    if by is not None:
        return _routed(look, state, by)
    if current is None:
        return Aims(make=True, replicas=_healed(look, state))
    if isinstance(look.way, BlueGreen):
        return _beside(look, state)
    return Aims(
        replicas=leaving.kept(look, state, sharing.counts(look, state, current)),
        selectors=_selectors(look, state),
        release=released(look, state),
        keep_until=dict.fromkeys(keeping.lasting(look, state)),
        delete=expired(look, state),
        due=_due(look, state),
    )


def _beside(look: Look, state: RolloutState) -> Aims:
    """Return what is to be where two revisions stand beside each other."""
    return Aims(
        replicas=keeping.counts(look, state),
        selectors=_selectors(look, state),
        release=released(look, state),
        keep_until=keeping.until(look, state),
        delete=expired(look, state),
        due=_due(look, state),
    )


def _selectors(look: Look, state: RolloutState) -> Mapping[str, str]:
    """Return which revisions Services are to select now; none while it is waited before somebody is answered again."""
    return {} if contending.rests_until(look, state) else selecting.wanted(look, state)


def _routed(look: Look, state: RolloutState, by: Routed) -> Aims:
    """Return what is to be while routes share requests out: they and the Services say what was decided last."""
    stands, rests_until = traffic.standing_of(look, state), contending.rests_until(look, state)
    kept = kept_until(look, by, stands)
    dues = (
        _due(look, state),
        stands.in_force_at,
        *kept.values(),
        *(each.down_at for each in look.revisions),
    )
    return Aims(
        make=look.revision(look.hash) is None,
        replicas=sizes(look, by, stands),
        routing=None if rests_until else stands.routing,
        release=released(look, state),
        keep_until=kept,
        delete=expired(look, state),
        due=min((each for each in dues if each is not None and each > look.at), default=None),
    )


def _healed(look: Look, state: RolloutState) -> Mapping[str, int]:
    """Return that the proven revision has all its pods, while there is no other yet."""
    stable = look.revision(state.status.stable_rs)
    return {stable.hash: look.n} if stable is not None and stable.spec < look.n else {}


def expired(look: Look, state: RolloutState) -> tuple[str, ...]:
    """Return the old revisions beyond those that are kept, the oldest first: each has no pods."""
    rest = look.older(state.status.stable_rs)
    beyond = rest[: max(len(rest) - look.spec.revision_history_limit, 0)]
    return tuple(each.hash for each in beyond if each.gone)


def _due(look: Look, state: RolloutState) -> datetime | None:
    times = (
        canary.pause_over(look, state),
        bluegreen.pause_over(look, state),
        keeping.due(look),
        contending.rests_until(look, state),
        deadline(look, state),
    )
    return min((each for each in times if each is not None and each > look.at), default=None)
