"""Each decision is noted with what it was made by: "why did it stop?" is answered by the status alone."""

from datetime import datetime

from fabgitops_core.api.rollout.status import MAX_DECISIONS, Decision
from fabgitops_core.codec import texts
from fabgitops_core.control.commands import Notice
from fabgitops_core.control.moments import second
from fabgitops_core.control.rollout.saying.reasons import RolloutReason
from fabgitops_core.control.rollout.state import RolloutState

LONGEST = 512
"""Characters of a text of a decision: fifty of them stand in a status."""


def decided(
    state: RolloutState, at: datetime, given: str, rule: str, outcome: str, reason: RolloutReason | None = None
) -> RolloutState:
    """Note a decision, and tell people of it where it is worth an Event.

    Args:
        state: The rollout as it stands after the decision.
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
        step=status.current_step_index,
        input=brief(given),
        rule=rule,
        outcome=brief(outcome),
        revision=status.current_pod_hash,
    )
    state = state.with_status(decisions=(*status.decisions, decision)[-MAX_DECISIONS:])
    return noticed(state, reason, f"{outcome} ({given})") if reason is not None else state


def noticed(state: RolloutState, reason: RolloutReason, message: str) -> RolloutState:
    """Tell people of something with the next status, once."""
    return state._replace(notices=(*state.notices, Notice(reason, brief(message))))


def brief(text: str) -> str:
    """Return a text that fits, in which control characters are shown and not obeyed."""
    return texts.brief(text, LONGEST)
