"""A revision that is given up: all goes back to the proven one, until Git changes or somebody retries."""

from fabgitops_core.api.rollout.status import BlueGreenStatus
from fabgitops_core.api.rollout.strategies import Canary
from fabgitops_core.control.moments import second
from fabgitops_core.control.rollout.revisions import proving
from fabgitops_core.control.rollout.saying.deciding import brief, decided
from fabgitops_core.control.rollout.saying.reasons import RolloutReason
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.view import Look


def is_under_way(state: RolloutState) -> bool:
    """Return whether a revision is on its way: there is something to promote, or to give up."""
    status = state.status
    return bool(status.stable_rs) and status.stable_rs != status.current_pod_hash


def aborted(look: Look, state: RolloutState, rule: str, cause: str) -> RolloutState:
    """Give up the declared revision.

    Args:
        look: What is there.
        state: The rollout; a revision is under way that was not given up yet.
        rule: Which rule applied, as one word.
        cause: Why, in a sentence.
    """
    state = state.with_status(
        abort=True,
        aborted_at=second(look.at),
        proven=proving.without(state.status, look.hash),
        finished_at=second(look.at),
        cause=brief(cause),
        pause_conditions=(),
        controller_pause=False,
        promote_full=False,
        current_step_index=0 if isinstance(look.way, Canary) else None,
        blue_green=state.status.blue_green.model_copy(update={"scale_up_preview_check_point": False}),
    )
    outcome = f"revision {state.status.revision} ({look.hash}) is given up: all goes back to {state.status.stable_rs}"
    return decided(state, look.at, cause, rule, outcome, RolloutReason.ABORTED)


def taken_up(state: RolloutState) -> RolloutState:
    """Let a revision that was given up be on its way again.

    While it is held it may have what is left of it: what it was held at before was given back.
    """
    if not state.status.abort:
        return state
    return state.with_status(abort=False, aborted_at=None, ceiling=None)


def retried(look: Look, state: RolloutState, given: str) -> RolloutState:
    """Begin a revision once more that was given up."""
    now = second(look.at)
    state = taken_up(state).with_status(
        finished_at=None,
        cause="",
        analyses=(),
        started_at=now,
        step_started_at=now,
        current_step_index=0 if isinstance(look.way, Canary) else None,
        blue_green=begun_anew(look, state),
    )
    outcome = f"revision {state.status.revision} ({look.hash}) begins once more"
    return decided(state, look.at, given, "Retry", outcome, RolloutReason.RETRIED)


def begun_anew(look: Look, state: RolloutState) -> BlueGreenStatus:
    """Return what a blue-green goes on from that begins: it was let past nothing yet.

    Users may still be on the declared revision, of an attempt before, where the proven one has too few pods to have
    them back. They go back when it has: that they are there is no leave to go over.
    """
    status = state.status
    known = status.blue_green.model_copy(update={"scale_up_preview_check_point": False})
    if status.stable_rs and known.active_selector == look.hash:
        known = known.model_copy(update={"active_selector": status.stable_rs})
    return known
