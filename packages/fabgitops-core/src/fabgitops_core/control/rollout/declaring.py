"""What is declared: a rollout that is made, edited, broken or going, and what people say by its annotations."""

from fabgitops_core.control.commands import Notice, Wake
from fabgitops_core.control.events import Faulted, Surveyed, fault_message
from fabgitops_core.control.rollout.revisions.revising import why_not
from fabgitops_core.control.rollout.saying.deciding import brief
from fabgitops_core.control.rollout.saying.reasons import RolloutReason
from fabgitops_core.control.rollout.saying.reporting import situated
from fabgitops_core.control.rollout.saying.situations import INTERNAL_ERROR, INVALID_SPEC, PENDING, Situation
from fabgitops_core.control.rollout.state import UNKNOWN, Declaration, RolloutState, Stage, Step, published
from fabgitops_core.control.rollout.words import words_of


def declared(state: RolloutState, event: Declaration) -> Step:
    """Take a rollout as it stands now, whether new, changed or the same."""
    first = state.generation < 0 or (bool(state.uid) and event.uid != state.uid)
    before = RolloutState(key=state.key) if first else state
    stored = (event.status or UNKNOWN) if first else state.status
    asked = event.request is not None and event.request.token != stored.last_handled_reconcile_at
    known = before._replace(
        uid=event.uid,
        generation=event.generation,
        spec=event.spec,
        problem=event.problem,
        words=words_of(event.annotations),
        leaving=event.leaving,
        status=stored,
        said=stored if first else state.said,
        request=event.request if asked else None,
        tries=0,
        trouble="",
        refused=False,
        fault="",
    )
    if known.leaving:
        return known, (Wake(None),)
    if known.spec is not None and (problem := why_not(known.key, known.spec.pods)):
        known = known._replace(spec=None, problem=problem)
    if known.spec is None:
        return rested(known, INVALID_SPEC, known.problem, RolloutReason.INVALID_SPEC, event)
    if not known.status.conditions:
        known, commands = published(situated(known, PENDING, "not looked at yet", event.at), event.at)
        return known, (*commands, Wake(0.0))
    return known, (Wake(0.0),)


def rested(
    state: RolloutState,
    situation: Situation,
    message: str,
    reason: RolloutReason,
    event: Declaration | Faulted | Surveyed,
) -> Step:
    """Say why nothing is done, and tell people once."""
    before = {each.message for each in state.said.conditions}
    if state.request is not None:
        state = state.with_status(last_handled_reconcile_at=state.request.token)._replace(request=None)
    state = situated(state._replace(stage=Stage.IDLE, inputs=()), situation, message, event.at)
    state, commands = published(state, event.at)
    told = () if brief(message) in before else (Notice(reason, message),)
    return state, (*commands, *told, Wake(None))


def faulted(state: RolloutState, event: Faulted) -> Step:
    """Say that a fault of our own struck; a lasting one keeps what is declared from being in force."""
    stored = event.said
    if state.said == UNKNOWN and isinstance(stored, type(UNKNOWN)):
        state = state._replace(status=stored, said=stored)
    message = fault_message(event.cause)
    state = state._replace(generation=max(event.generation, state.generation), fault=message if event.lasting else "")
    return rested(state, INTERNAL_ERROR, message, RolloutReason.INTERNAL_ERROR, event)
