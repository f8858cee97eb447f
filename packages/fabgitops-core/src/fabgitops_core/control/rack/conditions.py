"""From a situation to a status: the one place that builds conditions and makes them known."""

from datetime import datetime
from typing import Any, NamedTuple

from fabgitops_core.api.conditions import Condition, ConditionStatus, renewed
from fabgitops_core.control.commands import Commands, Notice
from fabgitops_core.control.rack.reasons import RackReason
from fabgitops_core.control.rack.situations import Situation
from fabgitops_core.control.rack.state import RackState, Step, published
from fabgitops_core.control.rack.telling import conditions_told
from fabgitops_core.control.rack.texts import brief

_HELD = {RackReason.REMOVAL_HELD, RackReason.CHANGE_HELD, RackReason.SCALE_DOWN_BLOCKED}

PROGRESS_SECS = 1.0
"""While something progresses a status is made known so often at most."""


class Word(NamedTuple):
    """What a condition says."""

    status: ConditionStatus
    reason: str
    message: str


NOT_KNOWN = Word(ConditionStatus.UNKNOWN, "NotKnown", "there is nothing to compare with")


def say(
    state: RackState,
    situation: Situation,
    message: str,
    at: datetime,
    *,
    up_to_date: Word = NOT_KNOWN,
    plcs_in_sync: Word | None = None,
    progress: bool = False,
    **changes: Any,
) -> Step:
    """Say how the Rack stands; what was said already is not published again.

    Args:
        state: The Rack.
        situation: What is the case now.
        message: The same as a sentence.
        at: When it became known.
        up_to_date: Whether something waits for a yes.
        plcs_in_sync: Whether its PLCs are in sync; None where it has none.
        progress: Whether more follows at once, so that this need not be published if something was a moment ago.
        **changes: Further fields of the status by name.
    """
    if progress and state.published is not None and 0 <= (at - state.published).total_seconds() < PROGRESS_SECS:
        return state, ()
    message = brief(message)
    wanted = renewed(state.status.conditions, _conditions(state, situation, message, at, up_to_date, plcs_in_sync))
    told, commands = conditions_told(state, state.status.conditions, wanted, at)
    status = told.status.model_copy(
        update={
            "phase": situation.phase,
            "message": message,
            "observed_generation": max(state.generation, 0),
            "conditions": wanted,
            **changes,
        }
    )
    after, publishing = published(told._replace(status=status), at)
    return after, (*commands, *publishing, *_held(state, wanted))


def _held(state: RackState, now: tuple[Condition, ...]) -> Commands:
    """Tell people that something waits for them, or is in use, where they do not know that yet."""
    before = {each.message for each in state.said.conditions if each.type == "UpToDate"}
    return tuple(
        Notice(RackReason(each.reason), each.message)
        for each in now
        if each.type == "UpToDate" and each.reason in _HELD and each.message not in before
    )


def _conditions(
    state: RackState, situation: Situation, message: str, at: datetime, up_to_date: Word, plcs_in_sync: Word | None
) -> tuple[Condition, ...]:
    said = [
        ("Ready", Word(situation.ready, situation.reason, message)),
        ("Reconciling", Word(ConditionStatus.of(situation.reconciling), situation.reason, message)),
        ("Stalled", Word(ConditionStatus.of(situation.stalled), situation.reason, message)),
        ("UpToDate", up_to_date),
        *([("PLCsInSync", plcs_in_sync)] if plcs_in_sync else []),
    ]
    return tuple(
        Condition(
            type=name,
            status=word.status,
            reason=word.reason,
            message=brief(word.message),
            observed_generation=max(state.generation, 0),
            last_transition_time=at,
        )
        for name, word in said
    )
