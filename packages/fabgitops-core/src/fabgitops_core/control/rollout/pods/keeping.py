"""How many pods each revision of a blue-green has, and until when those stay that users were sent to.

The proven revision has all its pods, always. So has the new one, but for a preview that is to be smaller. Others have
none, once their delay is over; it begins when the active Service is seen to select another revision, not before.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from fabgitops_core.api.rollout.strategies import BlueGreen
from fabgitops_core.control.moments import second
from fabgitops_core.control.rollout import holding
from fabgitops_core.control.rollout.pods.sparing import spared
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.traffic.switching import active
from fabgitops_core.control.rollout.view import Look, Revision


def previewed(look: Look) -> int:
    """Return how many pods a new revision has until it goes over: never more than it has afterwards."""
    fewer = look.way.preview_replica_count if isinstance(look.way, BlueGreen) else None
    return look.n if fewer is None else min(fewer, look.n)


def counts(look: Look, state: RolloutState) -> Mapping[str, int]:
    """Return how many pods each revision of a blue-green is to have now."""
    stable = state.status.stable_rs
    current = [each for each in look.revisions if each.hash == look.hash]
    proven = [each for each in look.revisions if each.hash == stable != look.hash]
    revisions = [*look.older(stable), *current, *proven]
    return spared(revisions, {each.hash: wanted(look, state, each) for each in revisions}, look.n)


def wanted(look: Look, state: RolloutState, revision: Revision) -> int:
    """Return how many pods a revision is to have in the end, as it stands now."""
    count = _by_place(look, state, revision)
    return max(count, min(revision.spec, look.n)) if revision.hash == active(look) else count


def _by_place(look: Look, state: RolloutState, revision: Revision) -> int:
    status = state.status
    is_current = revision.hash == look.hash
    if revision.hash == status.stable_rs:
        return look.n
    if is_current and not status.stable_rs:
        return holding.most(look, state, look.n)
    if not is_current and holding.is_lost(look, state):
        return min(revision.spec, look.n)
    if not is_current or status.abort:
        return min(revision.spec, look.n) if _stays(look, state, revision) else 0
    known = status.blue_green
    is_whole = status.promote_full or known.scale_up_preview_check_point or known.active_selector == look.hash
    return holding.most(look, state, look.n if is_whole else previewed(look))


def _stays(look: Look, state: RolloutState, revision: Revision) -> bool:
    """Return whether a revision that nobody is to reach any more keeps its pods for now."""
    if revision.down_at is not None:
        return look.at < revision.down_at
    if revision.hash == look.hash:
        return True
    return revision.hash == state.status.blue_green.previous_selector and _delay(look, revision) > 0


def _delay(look: Look, revision: Revision) -> int:
    """Return for how many seconds a revision is kept that was left, or given up; 0 for no such time."""
    if not isinstance(look.way, BlueGreen):
        return 0
    if revision.hash == look.hash:
        return look.way.abort_scale_down_delay_seconds
    return look.way.scale_down_delay_seconds


def is_noted(look: Look, state: RolloutState) -> bool:
    """Return whether it is written down, where it has to be, until when the pods stay that users were on before.

    Users go on only then: of one revision alone it is known that it is owed that time. One that they are still on has
    it when they have left.
    """
    status = state.status
    previous = look.revision(status.blue_green.previous_selector)
    if previous is None or previous.hash in {look.hash, status.stable_rs, active(look)}:
        return True
    return not previous.spec or previous.down_at is not None or not _delay(look, previous)


def until(look: Look, state: RolloutState) -> Mapping[str, datetime | None]:
    """Return until when revisions are kept, as far as that is to be written down, or to be taken away (None)."""
    return {**dict.fromkeys(lasting(look, state)), **dict(_leaving(look, state))}


def lasting(look: Look, state: RolloutState) -> tuple[str, ...]:
    """Return the revisions that stay though a time is written at them at which they were to go."""
    stays = {state.status.stable_rs, "" if state.status.abort else look.hash}
    return tuple(each.hash for each in look.revisions if each.hash in stays and each.down_at is not None)


def _leaving(look: Look, state: RolloutState) -> Iterator[tuple[str, datetime]]:
    status, now = state.status, active(look)
    for each in look.revisions:
        if each.hash == status.stable_rs or each.down_at is not None or not each.spec or each.hash == now:
            continue
        given_up = each.hash == look.hash and status.abort
        left = each.hash not in {look.hash, status.stable_rs} and each.hash == status.blue_green.previous_selector
        seen = given_up or now == status.blue_green.active_selector
        if (given_up or left) and seen and (secs := _delay(look, each)):
            yield each.hash, second(look.at) + timedelta(seconds=secs)


def due(look: Look) -> datetime | None:
    """Return when the next time is over that a revision is kept; None where none is."""
    times = (each.down_at for each in look.revisions if each.spec)
    return min((each for each in times if each is not None and each > look.at), default=None)
