"""Why a Rollout of a workload stands where it stands, what it waits for, and what somebody can do. Pure."""

from fabctl.explaining import STOPPED, Answer
from fabctl.fields import text
from fabctl.revisions import LABEL
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
        return (
            *((f"go on: {_RESUME} {name}",) if rollout.paused_by_word is not None else ()),
            *((_UNPAUSE,) if rollout.paused_by_git else ()),
        )
    if rollout.phase in WAITING or (rollout.pauses and rollout.under_way):
        return (f"go on: fabctl rollout promote {name}", f"give it up: fabctl rollout abort {name}")
    if not rollout.under_way:
        return ("nothing",) if rollout.phase == COMPLETED else (_BY_ITSELF, f"see its pods: fabctl rollout get {name}")
    return (_BY_ITSELF, f"give it up: fabctl rollout abort {name}")


_BY_ITSELF = "nothing: it goes on by itself"
_RESUME, _UNPAUSE = "fabctl rollout resume", "set spec.paused to false in Git"


def _after_a_failure(rollout: WorkloadView) -> tuple[str, ...]:
    name = rollout.name
    if rollout.is_lost and rollout.under_way:
        return _without_the_proven(rollout)
    if rollout.aborted:
        return (
            "change Git: another template is a new revision",
            f"put right what failed, and begin this one again: {_once_it_goes(rollout)}fabctl rollout retry {name}",
        )
    if rollout.under_way:
        return (f"see its pods: fabctl rollout get {name}", f"give it up: fabctl rollout abort {name}")
    return ("put right in Git, or in the cluster, what is said there", f"see its pods: fabctl rollout get {name}")


_UNKNOWN = "unknown"
"""What the status says of the proven version where nobody knows which it is."""


def _without_the_proven(rollout: WorkloadView) -> tuple[str, ...]:
    """Return the ways out of it that the proven version is lost: there is nothing to give the other one up for."""
    promote = f"{_once_it_goes(rollout)}fabctl rollout promote {rollout.name} --full"
    if rollout.stable == _UNKNOWN:
        return (f"declare the template that is to count, then take it for proven: {promote}",)
    return (
        f"if its ReplicaSet is there: give it its label {LABEL}={rollout.name} again",
        "declare its template again: all goes back to it",
        f"do without it: {promote}",
    )


def _once_it_goes(rollout: WorkloadView) -> str:
    """Return what comes before a word that is not said while it is paused; nothing where it is not."""
    first = f"{_UNPAUSE}, then " if rollout.paused_by_git else ""
    return f"{first}{_RESUME} {rollout.name}, then " if rollout.paused_by_word is not None else first
