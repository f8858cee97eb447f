"""The way of a blue-green: the new version stands beside the proven one, and all users go over to it at once.

    the new ReplicaSet is there       the preview Service selects it
    its preview is up                 it is judged (before), then it waits: for a time, a promotion, or not at all
    let past that (check point)       it gets all its pods
    they are available                the active Service is to select it; that is recorded first
    the active Service is seen to     it is judged (after), then it is the proven one

Up to the last line an abort goes back to the old version, which keeps all its pods so long.
"""

from datetime import datetime, timedelta

from fabgitops_core.api.rollout.marks import ACTIVE_STEP, PREVIEW_STEP
from fabgitops_core.api.rollout.status import Why
from fabgitops_core.api.rollout.strategies import BlueGreen
from fabgitops_core.control.rollout import holding
from fabgitops_core.control.rollout.judging import analysing, judges
from fabgitops_core.control.rollout.judging.judges import AFTER, BEFORE
from fabgitops_core.control.rollout.pods.keeping import is_noted, previewed
from fabgitops_core.control.rollout.saying.deciding import decided
from fabgitops_core.control.rollout.saying.reasons import RolloutReason
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.traffic import contending, reaching
from fabgitops_core.control.rollout.traffic.rerouting import problem
from fabgitops_core.control.rollout.traffic.switching import active, is_out, steered, switched
from fabgitops_core.control.rollout.view import Look, Revision
from fabgitops_core.control.rollout.ways import settling
from fabgitops_core.control.rollout.ways.aborting import is_under_way
from fabgitops_core.control.rollout.ways.canary import pause_of, paused


def advanced(look: Look, state: RolloutState) -> RolloutState | None:
    """Go one stage on; None where there is nothing to do but to wait."""
    way, status, current = look.way, state.status, look.revision(look.hash)
    if not isinstance(way, BlueGreen):
        return None
    if (after := steered(look, state)) is not None:
        return after
    if current is None or status.abort or not is_under_way(state) or problem(look) or reaching.why_not(look):
        return None
    if holding.why(look, state) or contending.is_paused(state):
        return None
    if has_gone_over(look, state):
        return _judged(look, state, current)
    if status.promote_full or status.blue_green.scale_up_preview_check_point:
        return _gone_over(look, state, current)
    return _let_past(look, state, way, current)


def has_gone_over(look: Look, state: RolloutState) -> bool:
    """Return whether the new version was let have the users, seen to or not."""
    return state.status.blue_green.active_selector == look.hash


def _let_past(look: Look, state: RolloutState, way: BlueGreen, current: Revision) -> RolloutState | None:
    """Let a preview past its wait, once it is up."""
    count = previewed(look)
    if current.available < count or current.spec < count:
        return None
    if (begun := analysing.begun(look, state, BEFORE)) is not None:
        return begun
    if judges.held(look, state) or not judges.passed(look, state, BEFORE):
        return None
    return _waited(look, state, way)


def _waited(look: Look, state: RolloutState, way: BlueGreen) -> RolloutState | None:
    """Let a preview wait as its strategy says, or past that."""
    if way.auto_promotion_enabled and not way.auto_promotion_seconds:
        return past(look, state, "the preview is up", "PreviewUp")
    if pause_of(state, Why.BLUE_GREEN) is None:
        secs = way.auto_promotion_seconds
        waits = f"for {secs} s" if way.auto_promotion_enabled else "until somebody promotes it"
        return paused(look, state, Why.BLUE_GREEN, "the preview is up", f"it waits {waits}")
    over = pause_over(look, state)
    if over is None or look.at < over:
        return None
    return past(look, state, f"a pause of {way.auto_promotion_seconds} s is over", "PauseOver")


def past(look: Look, state: RolloutState, given: str, rule: str) -> RolloutState:
    """Let a preview past what it waits for: it gets all its pods, and then the users."""
    known = state.status.blue_green.model_copy(update={"scale_up_preview_check_point": True})
    state = state.with_status(blue_green=known, pause_conditions=(), controller_pause=False)
    outcome = f"it gets {look.n} pods, and then all users"
    return decided(state, look.at, given, rule, outcome, RolloutReason.STEP_DONE)


def pause_over(look: Look, state: RolloutState) -> datetime | None:
    """Return when the preview has waited long enough by itself; None where it does not wait, or for somebody."""
    since = pause_of(state, Why.BLUE_GREEN)
    if since is None or not isinstance(look.way, BlueGreen) or not look.way.auto_promotion_enabled:
        return None
    return since + timedelta(seconds=look.way.auto_promotion_seconds)


def _gone_over(look: Look, state: RolloutState, current: Revision) -> RolloutState | None:
    """Let the new version have the users, once it has all its pods."""
    if not current.spec == look.n == current.available or active(look) is None or not is_noted(look, state):
        return None
    given = f"{current.available} of {look.n} pods are available"
    return switched(look, state, look.hash, given)


def _judged(look: Look, state: RolloutState, current: Revision) -> RolloutState | None:
    """Take it for proven once users are seen to reach it."""
    if not is_out(look) or current.available < look.n:
        return None
    if not state.status.promote_full:
        if (begun := analysing.begun(look, state, AFTER)) is not None:
            return begun
        if judges.held(look, state) or not judges.passed(look, state, AFTER):
            return None
    return settling.proven(look, state, "the active Service selects it")


def promoted(look: Look, state: RolloutState, step: str) -> RolloutState | str:
    """Go past what it waits for, or say why not.

    Args:
        look: What is there.
        state: The rollout; a revision is under way that was not given up.
        step: Which wait is meant: the one before it goes over, or the one after.
    """
    over = has_gone_over(look, state)
    if step not in {PREVIEW_STEP, ACTIVE_STEP}:
        return f"a blue-green waits at {PREVIEW_STEP} or {ACTIVE_STEP}"
    if step == ACTIVE_STEP and not over:
        return "its users are not there yet"
    if not state.status.pause_conditions:
        return "it waits for nobody"
    if contending.is_paused(state):
        return contending.resumed(look, state)
    given = "somebody promoted it"
    accepted = analysing.promoted(look, state, given)
    if accepted is not None and pause_of(accepted, Why.BLUE_GREEN) is None:
        return accepted  # it waited for a word on what an analysis could not tell: its own wait comes after that
    if not over:
        return past(look, accepted or state, given, "Promote")
    state = state.with_status(pause_conditions=(), controller_pause=False)
    return decided(state, look.at, given, "Promote", "it goes on", RolloutReason.RESUMED)


def is_back(look: Look, state: RolloutState) -> bool:
    """Return whether what was given up has no users any more, and no pods but those that stay for a while."""
    current, stable = look.revision(look.hash), look.revision(state.status.stable_rs)
    if stable is None or stable.available < look.n or active(look) != stable.hash:
        return False
    stays = isinstance(look.way, BlueGreen) and not look.way.abort_scale_down_delay_seconds
    return current is None or current is stable or current.gone or stays or _kept(look, current)


def _kept(look: Look, current: Revision) -> bool:
    return current.down_at is not None and look.at < current.down_at


def is_previewed(look: Look, state: RolloutState) -> bool:
    """Return whether the new version stands beside the old one, and users are not on it yet."""
    current = look.revision(look.hash)
    if not isinstance(look.way, BlueGreen) or current is None or not is_under_way(state):
        return False
    return not has_gone_over(look, state) and current.available >= previewed(look)
