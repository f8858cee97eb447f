"""Another strategy, or other steps, while a revision is on its way: it begins anew with them."""

import json
from hashlib import blake2b

from fabgitops_core.api.rollout.status import BlueGreenStatus
from fabgitops_core.api.rollout.strategies import Canary
from fabgitops_core.control.moments import second
from fabgitops_core.control.rollout.saying.deciding import decided
from fabgitops_core.control.rollout.saying.reasons import RolloutReason
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.view import Look
from fabgitops_core.control.rollout.ways.aborting import is_under_way

BLUE_GREEN = "blueGreen"
"""What names the stages of a blue-green: they are always the same."""


def named(look: Look) -> str:
    """Return what names the steps of a strategy: other steps have another name."""
    way = look.symbolic or look.way
    if not isinstance(way, Canary):
        return BLUE_GREEN
    steps = [each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in way.steps]
    return blake2b(json.dumps(steps, sort_keys=True).encode(), digest_size=5).hexdigest()


def changed(look: Look, state: RolloutState) -> RolloutState | None:
    """Begin anew with other steps, or another strategy; None where both are as they were."""
    status, before, now = state.status, state.status.current_step_hash, named(look)
    if before == now:
        return None
    if not before:
        return state.with_status(current_step_hash=now)
    crossed = BLUE_GREEN in {before, now}
    if crossed:  # other Services are asked what they select, also while it is held
        state = state.with_status(blue_green=BlueGreenStatus(), ceiling=None)
    state = state.with_status(current_step_hash=now, current_step_index=_index(look, state))
    if not is_under_way(state) or status.abort:
        return state
    state = state.with_status(
        pause_conditions=(), controller_pause=False, step_started_at=second(look.at), analyses=(), accepted=()
    )
    given = "the strategy has changed" if crossed else "the steps have changed"
    outcome = f"revision {status.revision} ({look.hash}) begins anew with them"
    return decided(state, look.at, given, "StepsChanged", outcome, RolloutReason.STARTED)


def _index(look: Look, state: RolloutState) -> int | None:
    if look.last_step is None:
        return None
    return 0 if is_under_way(state) else look.last_step
