"""The end of a way: the new version is the proven one, and all pods are of it."""

from fabgitops_core.control.moments import second
from fabgitops_core.control.rollout import holding
from fabgitops_core.control.rollout.revisions import proving
from fabgitops_core.control.rollout.saying.deciding import brief, decided
from fabgitops_core.control.rollout.saying.reasons import RolloutReason
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.traffic import standing as traffic
from fabgitops_core.control.rollout.traffic.switching import is_out
from fabgitops_core.control.rollout.view import Look
from fabgitops_core.control.rollout.ways.aborting import taken_up


def proven(look: Look, state: RolloutState, given: str = "it carries all") -> RolloutState:
    """Take the declared revision for the proven one: from now on an abort goes back to it."""
    state = state.with_status(
        stable_rs=look.hash,
        proven=proving.succeeded(look, state.status),
        current_step_index=look.last_step,
        pause_conditions=(),
        controller_pause=False,
        promote_full=False,
        cause="",
    )
    outcome = f"revision {state.status.revision} ({look.hash}) is the proven one"
    return decided(state, look.at, given, "Promoted", outcome, RolloutReason.PROMOTED)


def forgotten(look: Look, state: RolloutState) -> RolloutState | None:
    """Note that nobody knows which revision is proven: a status says nothing, and several revisions have pods.

    Those whose time is written at them at which they go are none of these. None where it is not so.
    """
    status = state.status
    if status.current_pod_hash or status.stable_rs:
        return None
    others = (each for each in look.revisions if each.hash != look.hash)
    if not any(each.spec and each.down_at is None for each in others):
        return None
    return state.with_status(stable_rs=holding.UNKNOWN)


def given_up(look: Look, state: RolloutState) -> RolloutState:
    """Do without the proven revision that is lost, as somebody says so: what is declared comes up as a first one."""
    status, given = state.status, "somebody promoted it without the proven revision, which is lost"
    state = taken_up(state).with_status(
        stable_rs="",
        lost=proving.lost(status),
        current_step_index=look.last_step,
        pause_conditions=(),
        controller_pause=False,
        cause=brief(holding.lost(look, state)),
        finished_at=None,
    )
    outcome = f"revision {status.revision} ({look.hash}) comes up without steps"
    return decided(state, look.at, given, "PromoteFull", outcome, RolloutReason.STARTED)


def first(look: Look, state: RolloutState) -> RolloutState | None:
    """Take the first revision for proven as soon as it is up: there is nothing to compare it with."""
    current = look.revision(look.hash)
    if state.status.stable_rs or current is None or not current.spec == look.n == current.available:
        return None
    return proven(look, state, f"{current.available} of {look.n} pods are available")


def finished(look: Look, state: RolloutState) -> RolloutState | None:
    """Note the end of a revision: it is proven, and has all its pods."""
    status, current = state.status, look.revision(look.hash)
    if status.finished_at is not None or status.stable_rs != look.hash or current is None:
        return None
    if current.available < look.n or not is_out(look) or not traffic.is_there(look, state):
        return None
    state = state.with_status(finished_at=second(look.at))
    given = f"{current.available} of {look.n} pods are available"
    outcome = f"revision {status.revision} ({look.hash}) is out"
    return decided(state, look.at, given, "Completed", outcome, RolloutReason.COMPLETED)
