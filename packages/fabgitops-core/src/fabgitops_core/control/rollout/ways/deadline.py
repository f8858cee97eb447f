"""A rollout that does not get on: it is said, and given up where its spec says so."""

from collections.abc import Iterator
from datetime import datetime

from fabgitops_core.api.rollout.strategies import BlueGreen
from fabgitops_core.control.moments import second
from fabgitops_core.control.rollout import holding
from fabgitops_core.control.rollout.judging import judges
from fabgitops_core.control.rollout.pods import keeping
from fabgitops_core.control.rollout.pods.counts import split
from fabgitops_core.control.rollout.pods.progress import Progress, advanced, due, known, left_to_do, resting
from fabgitops_core.control.rollout.pods.sizing import sizes
from fabgitops_core.control.rollout.saying.deciding import decided
from fabgitops_core.control.rollout.saying.reasons import RolloutReason
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.traffic import standing as traffic
from fabgitops_core.control.rollout.traffic.rerouting import routed
from fabgitops_core.control.rollout.view import Look, Revision
from fabgitops_core.control.rollout.ways.aborting import aborted, is_under_way
from fabgitops_core.control.rollout.ways.sofar import share


def timed(look: Look, state: RolloutState) -> RolloutState | None:
    """Note progress, and what follows from the lack of it; None where nothing is new."""
    now = progress(look, state)
    if (now.mark, now.at) != (state.status.progress_mark, state.status.progressed_at):
        return state.with_status(progress_mark=now.mark, progressed_at=now.at)
    if not overdue(look, state):
        return None
    why = f"there was no progress for {look.spec.progress_deadline_seconds} s"
    if look.spec.progress_deadline_abort and is_under_way(state):
        return aborted(look, state, "ProgressDeadline", why)
    since = [each for each in state.status.decisions if now.at is not None and each.at >= now.at]
    if any(each.rule == "ProgressDeadline" for each in since):
        return None  # one for each standstill, whatever else is said of it
    outcome = "it is taken for failed, and goes on when its pods come up after all"
    return decided(state, look.at, why, "ProgressDeadline", outcome, RolloutReason.DEADLINE)


def progress(look: Look, state: RolloutState) -> Progress:
    """Return how far it is now, and since when."""
    status = state.status
    before = known(status.progress_mark, status.progressed_at)
    if _rests(look, state):
        return resting(before, _place(state))
    pairs = ((count, each.side) for count, each in ends(look, state))
    return advanced(before, _place(state), pairs, second(look.at))


def overdue(look: Look, state: RolloutState) -> bool:
    """Return whether it has made no progress for longer than it may."""
    when = deadline(look, state)
    return when is not None and look.at >= when


def deadline(look: Look, state: RolloutState) -> datetime | None:
    """Return when it has made no progress for longer than it may; None while that is not counted."""
    found = known(state.status.progress_mark, state.status.progressed_at)
    if found is None:
        return None
    sides = (each.side for each in look.revisions)
    return due(found, look.spec.progress_deadline_seconds, look.spec.min_ready_seconds, sides)


def _rests(look: Look, state: RolloutState) -> bool:
    """Return whether it waits for something else than pods and gateways, or is at its end."""
    status = state.status
    if status.abort or (status.finished_at is not None and not is_under_way(state)):
        return True
    if holding.why(look, state):
        return True
    spreads = traffic.in_force_at(look, state)
    if spreads is not None and look.at < spreads:
        return True
    return bool(status.pause_conditions) or judges.is_judging(look, state) or _has_all_but_a_verdict(look, state)


def _has_all_but_a_verdict(look: Look, state: RolloutState) -> bool:
    """Return whether the new version has all, and only its analysis is not over."""
    if not judges.lacks_last_word(look, state) or not traffic.is_there(look, state):
        return False
    return not left_to_do((count, each.side) for count, each in ends(look, state))


def _place(state: RolloutState) -> str:
    """Return which stage it is at: another one is progress, however few pods moved."""
    status = state.status
    known_ = status.blue_green
    over = "over" if known_.active_selector == status.current_pod_hash else ""
    weights = status.canary.weights
    requests = (weights.canary.weight, weights.accepted_at is not None) if weights else ()
    stage = (*requests, status.current_step_index, known_.scale_up_preview_check_point, over, status.promote_full)
    return f"{status.current_pod_hash} {' '.join(map(str, stage))} {status.stable_rs}"


def ends(look: Look, state: RolloutState) -> Iterator[tuple[int, Revision]]:
    """Give how many pods each revision is to have in the end at this stage, and how it stands."""
    if isinstance(look.way, BlueGreen):
        yield from ((keeping.wanted(look, state, each), each) for each in look.revisions)
        return
    if (by := routed(look)) is not None:
        counts = sizes(look, by, traffic.standing_of(look, state))
        yield from ((counts.get(each.hash, 0), each) for each in look.revisions)
        return
    stable = state.status.stable_rs
    wanted = split(look.n, share(look, state), look.limits)
    for each in look.revisions:
        pods = {stable: wanted.stable, look.hash: look.n if stable in {"", look.hash} else wanted.canary}
        yield pods.get(each.hash, 0), each
