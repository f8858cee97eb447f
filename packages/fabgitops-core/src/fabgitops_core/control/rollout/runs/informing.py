"""When AnalysisRuns are written, and what becomes of it: nothing of a rollout waits for that, or fails by it."""

from datetime import timedelta

from fabgitops_core.api.argo.runs import ANALYSIS_RUN
from fabgitops_core.control.commands import Commands, Notice, Wake
from fabgitops_core.control.events import (
    Applied,
    ApplyFailed,
    Deleted,
    DeleteFailed,
    DraftFailed,
    Patched,
    PatchFailed,
)
from fabgitops_core.control.moments import pause_after
from fabgitops_core.control.objects import ObjectFailureKind
from fabgitops_core.control.rollout.differing import Doing
from fabgitops_core.control.rollout.runs import telling
from fabgitops_core.control.rollout.saying.deciding import brief
from fabgitops_core.control.rollout.saying.reasons import RolloutReason
from fabgitops_core.control.rollout.state import RolloutState, Step, Untold
from fabgitops_core.control.rollout.view import Look

Failed = ApplyFailed | DraftFailed | PatchFailed | DeleteFailed
Done = Applied | Patched | Deleted


def next_of(look: Look, state: RolloutState) -> Doing | None:
    """Return what is to be told next by an AnalysisRun; None where nothing is, or it was in vain a moment ago."""
    until = state.untold.until
    return telling.next_of(look, state) if until is None or until <= look.at else None


def is_of_a_run(event: Done | Failed) -> bool:
    """Return whether a request was about an AnalysisRun."""
    key = event.child.key if isinstance(event, Applied | Patched) else event.key
    return key.kind == ANALYSIS_RUN.name


def in_vain(state: RolloutState, event: Failed) -> Step:
    """Let it be tried again later, by another name where somebody else has that one."""
    failure, before = event.failure, state.untold
    if failure.kind is ObjectFailureKind.HELD:
        return state, ()
    stands = failure.stands
    if failure.kind is ObjectFailureKind.TAKEN and stands is not None and stands.owner != state.uid:
        state = state._replace(taken_names=state.taken_names | {event.key.name})
    is_refused, why = failure.kind is ObjectFailureKind.REFUSED, brief(failure.message)
    told: Commands = (Notice(RolloutReason.REFUSED, why),) if is_refused and why != before.why else ()
    pause = max(pause_after(before.tries + 1), failure.retry_after)
    untold = Untold(before.tries + 1, why, event.at + timedelta(seconds=pause))
    return state._replace(untold=untold), (*told, Wake(0.0))
