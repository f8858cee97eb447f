"""Each decision is noted with what it was made by: "why did it stop?" is answered by the status alone."""

from datetime import datetime

from fabgitops_core.api.setpoint.status import MAX_DECISIONS, Decision
from fabgitops_core.codec import texts
from fabgitops_core.control.commands import Notice
from fabgitops_core.control.moments import second
from fabgitops_core.control.setpoint.reasons import SetpointReason
from fabgitops_core.control.setpoint.state import SetpointState

LONGEST = 512
"""Characters of a text of a decision: fifty of them stand in a status."""


def decided(
    state: SetpointState, at: datetime, given: str, rule: str, outcome: str, reason: SetpointReason | None = None
) -> SetpointState:
    """Note a decision, and tell people of it where it is worth an Event.

    Args:
        state: The rollout as it stood when it was decided.
        at: When.
        given: What it was made by, in a few words.
        rule: Which rule applied, as one word.
        outcome: What follows, in a sentence.
        reason: The reason of the Event; None for none.
    """
    status = state.status
    decision = Decision(
        at=second(at),
        stage=status.phase,
        wave=status.wave,
        input=brief(given),
        rule=rule,
        outcome=brief(outcome),
        revision=status.revision,
    )
    state = state.with_status(decisions=(*status.decisions, decision)[-MAX_DECISIONS:])
    if reason is None:
        return state
    return state._replace(notices=(*state.notices, Notice(reason, f"{brief(outcome)} ({brief(given)})")))


def brief(text: str) -> str:
    """Return a text that fits, in which control characters are shown and not obeyed."""
    return texts.brief(text, LONGEST)
