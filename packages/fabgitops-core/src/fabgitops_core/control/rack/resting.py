"""How a Rack stands of which no plan can be made, so that nothing of it is touched."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from fabgitops_core.api.rack.rackstatus import RackStatus
from fabgitops_core.control.commands import Notice, Wake
from fabgitops_core.control.events import Faulted, fault_message
from fabgitops_core.control.rack.conditions import say
from fabgitops_core.control.rack.kinds import PLC
from fabgitops_core.control.rack.plan import Plan, plan_of
from fabgitops_core.control.rack.reasons import RackReason
from fabgitops_core.control.rack.situations import (
    INTERNAL_ERROR,
    INVALID_SPEC,
    INVALID_TEMPLATE,
    PENDING,
    RECONCILE_ERROR,
    TEMPLATE_NOT_FOUND,
    Situation,
)
from fabgitops_core.control.rack.state import REST, UNKNOWN, RackState, Stage, Step

GRACE_SECS = 10.0
"""How long a Rack waits for a template that was not heard of yet before it says so."""


class Rest(NamedTuple):
    """Why there is no plan."""

    situation: Situation
    message: str
    notice: RackReason


def plan_or_why_not(state: RackState) -> Plan | Rest:
    """Return the plan of a Rack, or why none can be made."""
    if state.fault:
        return Rest(INTERNAL_ERROR, state.fault, RackReason.INTERNAL_ERROR)
    if state.spec is None:
        return Rest(INVALID_SPEC, state.problem, RackReason.INVALID_SPEC)
    if state.offer is None and state.template_problem:
        message = f"the RackTemplate {state.spec.template_ref.name} is not valid: {state.template_problem}"
        return Rest(INVALID_TEMPLATE, message, RackReason.INVALID_SPEC)
    if state.offer is None:
        message = (
            f"spec.templateRef names the RackTemplate {state.spec.template_ref.name}, which is not in this namespace"
        )
        return Rest(TEMPLATE_NOT_FOUND, message, RackReason.TEMPLATE_NOT_FOUND)
    return plan_of(state.key, state.uid, state.generation, state.spec, state.offer)


def unseen(state: RackState, refused: Mapping[str, str]) -> Rest | None:
    """Return why nothing is done while a kind cannot be listed; nothing where this Rack has to do with none of them.

    Only PLCs are what a Rack may have none of. Those that it had, and is to have no more, are in its status.
    """
    status = state.status
    pending = status.events.pending if status.events else ()
    plcs = status.plcs is not None or any(each.kind == PLC.name for each in pending)
    plcs = plcs or (state.offer is not None and bool(state.offer.spec.plcs))
    why = next((why for kind, why in refused.items() if kind != PLC.name or plcs), "")
    return Rest(RECONCILE_ERROR, f"not all of it can be seen: {why}", RackReason.CHILD_REFUSED) if why else None


def awaited(state: RackState, why: Rest, at: datetime) -> Step | None:
    """Give a template the time to come: after a start, or applied together, it may be heard of a moment later."""
    if why.situation is not TEMPLATE_NOT_FOUND or state.missing_since is None:
        return None
    left = GRACE_SECS - (at - state.missing_since).total_seconds()
    if not 0 < left <= GRACE_SECS:
        return None
    state, commands = say(state, PENDING, "waiting for its template", at)
    return state, (*commands, Wake(left))


def rested(state: RackState, why: Rest, at: datetime, **changes: Any) -> Step:
    """Say why nothing is done, and tell people once."""
    before = {each.message for each in state.said.conditions}
    if state.request is not None:
        changes["last_handled_reconcile_at"] = state.request.token
        state = state._replace(request=None)
    state, commands = say(state._replace(stage=Stage.IDLE, going=REST), why.situation, why.message, at, **changes)
    told = {each.message for each in state.status.conditions if each.type == "Ready"}
    return state, commands if told <= before else (Notice(why.notice, why.message), *commands)


def faulted(state: RackState, event: Faulted) -> Step:
    """Say that a fault of our own struck; a lasting one keeps what is declared from being in force."""
    stored = event.said if isinstance(event.said, RackStatus) else UNKNOWN
    if state.said == UNKNOWN:
        state = state._replace(status=stored, said=stored)
    message = fault_message(event.cause)
    fault = message if event.lasting else ""
    state = state._replace(generation=max(event.generation, state.generation), fault=fault)
    return rested(state, Rest(INTERNAL_ERROR, message, RackReason.INTERNAL_ERROR), event.at)
