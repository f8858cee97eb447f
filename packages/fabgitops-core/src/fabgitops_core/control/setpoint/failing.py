"""Failures: when a change has failed, and what becomes of it by failurePolicy."""

from dataclasses import replace
from typing import Any, NamedTuple

from fabgitops_core.api.setpoint.setpointrollout import FailurePolicy
from fabgitops_core.api.setpoint.status import PausedBy, Phase
from fabgitops_core.control.setpoint import analysing, moving, words
from fabgitops_core.control.setpoint.deciding import decided
from fabgitops_core.control.setpoint.look import Look, Move
from fabgitops_core.control.setpoint.reasons import SetpointReason
from fabgitops_core.control.setpoint.state import SetpointState
from fabgitops_core.control.setpoint.view import View

FAILED, UNREACHABLE, DEADLINE, ANALYSIS = "Failed", "Unreachable", "Deadline", "AnalysisFailed"
"""The rules by which a change has failed."""


class Failure(NamedTuple):
    """Why a change has failed: the rule, as a word, and a sentence."""

    rule: str
    cause: str


def watched(look: Look) -> Failure | None:
    """Return why the change has failed by what its PLCs and its analyses say, at any time; None where it has not.

    Shares are of those who were released in this round or are still to be in this wave: while a wave is under way one
    that fails is no larger share of it than when it is done.
    """
    if (found := analysing.failed(look)) is not None:
        return Failure(ANALYSIS, found[1])
    view, success, status = look.view, look.spec.success, look.state.status
    if view.released + view.lost < success.min_members:
        return None
    base = max(view.released + view.open, 1)
    failed = view.failed.count - status.tolerated
    if failed > 0 and failed * 100 > success.max_failed_percent * base:
        return Failure(FAILED, f"{failed} of {base} PLCs have failed: {view.failed}")
    away = view.gone - status.tolerated_away
    if away > 0 and away * 100 > success.max_unreachable_percent * base:
        return Failure(UNREACHABLE, f"{view.gone} of {base} PLCs that were released are away")
    return None


def late(look: Look) -> Failure | None:
    """Return why a wave that is not proven yet has failed: its deadline has passed; one that goes on has none."""
    waits, status = look.view.waits, look.state.status
    if look.deadline_in() > 0 or not waits.count or status.overdue >= status.wave:
        return None
    cause = f"wave {status.wave} was not proven within {look.spec.deadline_seconds} s: {waits}"
    return Failure(DEADLINE, cause)


def restless(look: Look) -> Failure | None:
    """Return why a wave that has baked has failed: what it was proven to hold it has not held since, for too long."""
    unsettled, over = look.view.unsettled, look.wave.bake_seconds + look.spec.deadline_seconds
    if look.seconds_since(look.state.status.baking_since) < over or not unsettled.count:
        return None
    return Failure(DEADLINE, f"wave {look.state.status.wave} does not hold what was written: {unsettled}")


def failed(look: Look, failure: Failure) -> Move:
    """Do what failurePolicy says."""
    policy = look.spec.failure_policy
    if policy is FailurePolicy.ROLLBACK:
        return moving.give_up(look, failure.rule, failure.cause, SetpointReason.RESTORING)
    if policy is FailurePolicy.PAUSE:
        look = replace(look, state=words.too_early(look.state))
        return moving.pause(look, PausedBy.FAILURE, failure.cause, _where(look), given_up=failure.rule)
    outcome = "failurePolicy is Continue: it goes on"
    state = decided(look.state, look.at, failure.cause, failure.rule, outcome, SetpointReason.FAILED)
    return Move(state.with_status(**tolerating(look, failure.rule)), again=True)


def tolerating(look: Look, rule: str) -> dict[str, Any]:
    """Return the fields by which it goes on with what has failed, or was not proven in time."""
    view, status = look.view, look.state.status
    if rule == ANALYSIS:
        return accepting(look)
    if rule == UNREACHABLE:
        return {"tolerated_away": view.gone}
    if rule != DEADLINE:
        return {"tolerated": view.failed.count}
    waiting = max(view.waits.count - len(view.ready), view.unsettled.count)
    return {"tolerated": view.failed.count + waiting, "overdue": status.wave}


def accepting(look: Look) -> dict[str, Any]:
    """Return the fields by which the analyses that have ended as they did do not count any more."""
    ended = {each[0] for each in (analysing.failed(look), analysing.undecided(look)) if each is not None}
    return {"accepted": tuple(sorted({*look.state.status.accepted, *ended}))}


def held_up(look: Look) -> Move | None:
    """Return what follows from what is seen at any time: a failure, or an analysis that cannot tell; None for nothing.

    It is asked of every phase in which something is released, and watched.
    """
    if failure := watched(look):
        return failed(look, failure)
    if (found := analysing.undecided(look)) is not None:
        look = replace(look, state=words.too_early(look.state))
        return moving.pause(look, PausedBy.INCONCLUSIVE, found[1], _where(look))
    return None


def eased(state: SetpointState, view: View) -> SetpointState:
    """Forget of those that are tolerated who has not failed any more: should they fail again, it is a failure again."""
    tolerated, away = min(state.status.tolerated, view.failed.count), min(state.status.tolerated_away, view.gone)
    if (tolerated, away) == (state.status.tolerated, state.status.tolerated_away):
        return state
    return state.with_status(tolerated=tolerated, tolerated_away=away)


def _where(look: Look) -> Phase:
    status = look.state.status
    return (status.resume_phase or Phase.RELEASING) if status.phase is Phase.PAUSED else status.phase
