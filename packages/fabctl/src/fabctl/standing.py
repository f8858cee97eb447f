"""Why a Rollout of a workload stands where it stands, what it waits for, and what somebody can do. Pure."""

from fabctl.explaining import STOPPED, Answer
from fabctl.fields import text
from fabctl.rollouts import PENDING, UPDATING
from fabctl.workloads import COMPLETED, FAILED, WAITING, WorkloadView


def standing(rollout: WorkloadView) -> Answer:
    """Return why it stands there, and the exit code: 1 where it was given up, or cannot go on."""
    if rollout.phase == PENDING:
        return Answer("the operator has not looked at it yet", (_LOOK,), 0)
    if rollout.phase == UPDATING:
        return Answer("the operator has not looked at it since it changed", (_LOOK,), 0)
    failed = rollout.phase == FAILED or bool(rollout.stalled)
    why = rollout.message or text(rollout.stalled.get("message")) or rollout.phase
    return Answer(why, _after_a_failure(rollout) if failed else _next(rollout), STOPPED if failed else 0)


def is_over(rollout: WorkloadView) -> bool:
    """Return whether nothing more comes of it by itself: it is done, or has failed."""
    return not rollout.is_unseen and (rollout.phase in {COMPLETED, FAILED} or bool(rollout.stalled))


_LOOK = "look whether an operator runs that looks after rollouts: fabctl doctor"


def _next(rollout: WorkloadView) -> tuple[str, ...]:
    name = rollout.name
    if rollout.is_paused and rollout.phase in WAITING:
        words = rollout.paused_by_word is not None
        return (
            *((f"go on: fabctl rollout resume {name}",) if words else ()),
            *(("set spec.paused to false in Git",) if rollout.paused_by_git else ()),
        )
    if rollout.phase in WAITING or (rollout.pauses and rollout.under_way):
        return (f"go on: fabctl rollout promote {name}", f"give it up: fabctl rollout abort {name}")
    if not rollout.under_way:
        return ("nothing",) if rollout.phase == COMPLETED else (_BY_ITSELF, f"see its pods: fabctl rollout get {name}")
    return (_BY_ITSELF, f"give it up: fabctl rollout abort {name}")


_BY_ITSELF = "nothing: it goes on by itself"


def _after_a_failure(rollout: WorkloadView) -> tuple[str, ...]:
    name = rollout.name
    if rollout.aborted:
        return (
            "change Git: another template is a new revision",
            f"put right what failed, and begin this one again: fabctl rollout retry {name}",
        )
    if rollout.under_way:
        return (f"see its pods: fabctl rollout get {name}", f"give it up: fabctl rollout abort {name}")
    return ("put right in Git, or in the cluster, what is said there", f"see its pods: fabctl rollout get {name}")
