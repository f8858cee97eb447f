"""Why a rollout stands where it stands, what it waits for, and what somebody can do. Pure."""

from dataclasses import dataclass

from fabctl.fields import text
from fabctl.rollouts import AT_REST, GIVEN_UP, PENDING, UPDATING, RolloutView

STOPPED = 1
"""The exit code of one that was given up, is being put back, or is stalled."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to "why did it stop?"."""

    why: str
    next: tuple[str, ...]
    """What can be done, or that nothing has to be."""
    code: int


def explained(rollout: RolloutView) -> Answer:
    """Return why a rollout stands where it stands."""
    if stalled := rollout.stalled:
        why = text(stalled.get("message")) or text(stalled.get("reason"))
        return Answer(why or rollout.message, _of_stalled(rollout, text(stalled.get("reason"))), STOPPED)
    why = _why(rollout)
    return Answer(why, _next(rollout), STOPPED if rollout.phase in GIVEN_UP else 0)


def _why(rollout: RolloutView) -> str:
    if rollout.phase == PENDING:
        return "the operator has not looked at it yet"
    if rollout.phase == UPDATING:
        return "the operator has not looked at it since it changed"
    if rollout.phase == "Paused" and rollout.paused_for:
        return rollout.paused_for
    return rollout.message or rollout.phase


def _next(rollout: RolloutView) -> tuple[str, ...]:
    if rollout.phase in {PENDING, UPDATING}:
        return ("look whether an operator runs that looks after rollouts: fabctl doctor",)
    if rollout.phase == "Aborted":
        return _after_a_failure(rollout)
    if rollout.phase == "Restoring":
        return ("nothing: what was released is put back, last first",)
    if rollout.is_paused:
        return _of_a_pause(rollout)
    if rollout.phase == "Paused":
        return _at_a_stop(rollout)
    if rollout.waits_for_a_yes:
        return (f"look at the plan and agree to it: fabctl rollout approve {rollout.name}",)
    if rollout.phase in AT_REST:
        return _at_rest(rollout)
    return (*_waiting(rollout), f"give it up: fabctl rollout abort {rollout.name}")


def _of_stalled(rollout: RolloutView, reason: str) -> tuple[str, ...]:
    if rollout.phase == "Aborted":
        return _after_a_failure(rollout)
    if reason == "Overlap":
        return ("change selectors in Git so that one rollout alone selects each PLC: until then nothing is released",)
    return ("put right in Git what is said there",)


def _after_a_failure(rollout: RolloutView) -> tuple[str, ...]:
    return (
        "change Git: another revision is a new change",
        f"put right what failed, and begin this one again: fabctl rollout retry {rollout.name}",
    )


def _of_a_pause(rollout: RolloutView) -> tuple[str, ...]:
    words = rollout.paused_by_word is not None
    return (
        *((f"go on: fabctl rollout resume {rollout.name}",) if words else ()),
        *(("set spec.paused to false in Git",) if rollout.paused_by_git else ()),
    )


def _at_a_stop(rollout: RolloutView) -> tuple[str, ...]:
    again = (f"begin the wave again: fabctl rollout retry {rollout.name}",) if has_failed(rollout) else ()
    all_the_same = " all the same" if rollout.paused_by in {"Failure", "Inconclusive"} else ""
    return (
        f"go on{all_the_same}: fabctl rollout promote {rollout.name}",
        f"give it up: fabctl rollout abort {rollout.name}",
        *again,
    )


def has_failed(rollout: RolloutView) -> bool:
    """Return whether it waits for a word because it has failed."""
    return rollout.phase == "Paused" and (
        rollout.paused_by == "Failure" or bool(rollout.failed and not rollout.paused_by)
    )


def _at_rest(rollout: RolloutView) -> tuple[str, ...]:
    if rollout.members["skipped"]:
        return ("nothing: PLCs that were away are caught up when they are back",)
    return ("nothing",)


def _waiting(rollout: RolloutView) -> tuple[str, ...]:
    if rollout.waiting_for:
        first = rollout.waiting_for[0][0]
        return (f"see what keeps a PLC: fabctl describe {first}",)
    return ("nothing: it goes on by itself",)
