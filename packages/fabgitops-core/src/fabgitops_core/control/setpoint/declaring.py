"""What is declared: a rollout that is made, edited, broken or going, and what people say by its annotations."""

from fabgitops_core.api.meta import APPROVE, APPROVED_BY
from fabgitops_core.api.selecting import Selector
from fabgitops_core.api.setpoint import marks
from fabgitops_core.control.commands import Notice, Wake
from fabgitops_core.control.events import Faulted, fault_message
from fabgitops_core.control.setpoint.deciding import brief
from fabgitops_core.control.setpoint.reasons import SetpointReason
from fabgitops_core.control.setpoint.reporting import situated
from fabgitops_core.control.setpoint.situations import INTERNAL_ERROR, INVALID_SPEC, PENDING, Situation
from fabgitops_core.control.setpoint.state import (
    UNKNOWN,
    Declaration,
    SetpointState,
    Step,
    Words,
    published,
)


def declared(state: SetpointState, event: Declaration) -> Step:
    """Take a rollout as it stands now, whether new, changed or the same."""
    first = state.generation < 0 or (bool(state.uid) and event.uid != state.uid)
    before = SetpointState(key=state.key, pace=state.pace) if first else state
    stored = (event.status or UNKNOWN) if first else state.status
    asked = event.request is not None and event.request.token != stored.last_handled_reconcile_at
    known = before._replace(
        uid=event.uid,
        generation=event.generation,
        spec=event.spec,
        problem=event.problem,
        words=_words(event),
        leaving=event.leaving,
        status=stored,
        said=stored if first else state.said,
        request=event.request if asked else None,
        fault="",
        selector=_selector(event) or (None if first else state.selector),
    )
    if known.leaving:
        return known, (Wake(None),)
    if known.spec is None:
        return rested(known, INVALID_SPEC, known.problem, SetpointReason.INVALID_SPEC, event)
    if not known.status.conditions:
        known, commands = published(situated(known, PENDING, "not looked at yet", event.at), event.at)
        return known, (*commands, Wake(0.0))
    return known, (Wake(0.0),)


def _selector(event: Declaration) -> Selector | None:
    """Return whom it leads: one with a mistake in it releases nobody, and lets nobody go either."""
    if event.spec is not None:
        return event.spec.selector
    return event.lasting if isinstance(event.lasting, Selector) else None


def _words(event: Declaration) -> Words:
    said = event.annotations
    return Words(
        pause=said.get(marks.PAUSE),
        promote=said.get(marks.PROMOTE, ""),
        abort=said.get(marks.ABORT, ""),
        retry=said.get(marks.RETRY, ""),
        approve=said.get(APPROVE, ""),
        approved_by=said.get(APPROVED_BY, ""),
    )


def rested(
    state: SetpointState, situation: Situation, message: str, reason: SetpointReason, event: Declaration | Faulted
) -> Step:
    """Say why nothing is done, and tell people once."""
    before = {each.message for each in state.said.conditions}
    if state.request is not None:
        state = state.with_status(last_handled_reconcile_at=state.request.token)._replace(request=None)
    state = situated(state._replace(queue=(), inputs=()), situation, message, event.at)
    state, commands = published(state, event.at)
    told = () if brief(message) in before else (Notice(reason, message),)
    return state, (*commands, *told, Wake(None))


def faulted(state: SetpointState, event: Faulted) -> Step:
    """Say that a fault of our own struck; a lasting one keeps what is declared from being in force."""
    stored = event.said
    if state.said == UNKNOWN and isinstance(stored, type(UNKNOWN)):
        state = state._replace(status=stored, said=stored)
    message = fault_message(event.cause)
    state = state._replace(
        generation=max(event.generation, state.generation), fault=message if event.lasting else "", queue=(), inputs=()
    )
    return rested(state, INTERNAL_ERROR, message, SetpointReason.INTERNAL_ERROR, event)
