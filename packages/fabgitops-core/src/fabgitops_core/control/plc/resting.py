"""How a pass ends, or never begins, without a judgement: nothing to be done, or no contact."""

from collections.abc import Sequence
from typing import Any

from fabgitops_core.api.plc.industrialplc import IndustrialPLCStatus, RegisterStatus
from fabgitops_core.api.plc.template import IndustrialPLCTemplateSpec
from fabgitops_core.control.commands import Commands, Notice, Wake
from fabgitops_core.control.events import Declared, Event, Faulted, Referenced, fault_message
from fabgitops_core.control.plc import situations as at_hand
from fabgitops_core.control.plc import suspending
from fabgitops_core.control.plc.events import IdentifyFailed, ReadFailed, WriteFailed
from fabgitops_core.control.plc.gate.stamping import stamped
from fabgitops_core.control.plc.points import NOWHERE
from fabgitops_core.control.plc.reasons import PlcReason
from fabgitops_core.control.plc.reporting import contact_was_lost
from fabgitops_core.control.plc.situations import situation_of
from fabgitops_core.control.plc.state import REST, PlcState, Stage, Step, finish, say, with_memory
from fabgitops_core.control.plc.verdict import registers_fields


def rest(state: PlcState, event: Event) -> Step:
    """Leave the device alone, and say why; a sync that was asked for is answered with that."""
    request = state.request or state.serving
    handled = {} if request is None else {"last_handled_reconcile_at": request.token}
    if state.spec is not None:
        situation, message = at_hand.SUSPENDED, suspending.why(state)
    elif state.fault:
        situation, message = at_hand.INTERNAL_ERROR, state.fault
    elif state.missing:
        situation, message = at_hand.TEMPLATE_NOT_FOUND, state.problem
    else:
        situation, message = at_hand.INVALID_SPEC, f"the spec is not valid: {state.problem}"
    quiet = with_memory(state._replace(request=None), seen=(), found=(), settled=False)
    rested, commands = say(quiet, situation, message, event, **handled, **_unknown(state, state.status.registers))
    reason = {
        at_hand.INTERNAL_ERROR: PlcReason.INTERNAL_ERROR,
        at_hand.INVALID_SPEC: PlcReason.INVALID_SPEC,
        at_hand.TEMPLATE_NOT_FOUND: PlcReason.TEMPLATE_NOT_FOUND,
    }.get(situation)
    if reason is not None and situation_of(state.status) is not situation:
        commands = (*commands, Notice(reason, message))
    return rested, (*commands, Wake(None))


def faulted(state: PlcState, event: Faulted) -> Step:
    """Say that a fault of our own has struck; a lasting one leaves nothing in force, and else the pass is done again.

    A write that is recorded stays so: it may have been sent.
    """
    message = fault_message(event.cause)
    ended = state._replace(stage=Stage.IDLE, going=REST)
    if event.lasting:
        return rest(_not_in_force(ended, event)._replace(fault=message), event)
    quiet = with_memory(ended, seen=(), found=(), settled=False, confirming={})
    fresh = situation_of(state.status) is not at_hand.INTERNAL_ERROR
    notices: Commands = (Notice(PlcReason.INTERNAL_ERROR, message),) if fresh else ()
    after, commands = finish(quiet, at_hand.INTERNAL_ERROR, message, event, **_unknown(state, state.status.registers))
    return after, (*notices, *commands)


def _not_in_force(state: PlcState, event: Faulted) -> PlcState:
    """Take of what failed only what it says; it is looked into when the resource is declared anew.

    What an earlier run of ours said goes on: the drift that it counted, and the commands that it gave.
    """
    failed = event.failed
    if state.generation < 0 and isinstance(event.said, IndustrialPLCStatus):
        state = state._replace(status=event.said)
    if isinstance(failed, Referenced):
        template = failed.spec if isinstance(failed.spec, IndustrialPLCTemplateSpec) else None
        state = state._replace(template=template, template_problem=failed.problem)
    elif isinstance(failed, Declared):
        spec, reason = suspending.taken(failed)
        state = state._replace(declared=spec, suspended_for=reason, own_problem=failed.problem, request=failed.request)
    elif failed is None:
        state = state._replace(declared=None, own_problem=fault_message(event.cause))
    return state._replace(spec=None, missing=False, rivals={}, generation=event.generation)


def lost(state: PlcState, event: Event, cause: str, retry_after: float) -> Step:
    """Say that there is no contact, or may be none; what the registers hold now is not known."""
    failure = event.failure if isinstance(event, ReadFailed | IdentifyFailed | WriteFailed) else None
    if failure is not None and failure.out_of_bounds:
        situation, reason = at_hand.ADDRESS_NOT_ALLOWED, PlcReason.ADDRESS_NOT_ALLOWED
        known = situation_of(state.status) is situation
    else:
        situation, reason = at_hand.CONNECTION_FAILED, PlcReason.CONNECTION_FAILED
        known = state.memory.lost or contact_was_lost(state.status)
    notices: Commands = () if known else (Notice(reason, cause),)
    fields = _unknown(state, [each.status for each in state.going.found] or state.status.registers)
    forgotten = with_memory(state, lost=True, seen=(), found=(), settled=False, stranger=None, confirming={})
    after, commands = finish(forgotten, situation, cause, event, **fields)
    return after, (*notices, *commands, Wake(retry_after or state.map.interval))


def _unknown(state: PlcState, registers: Sequence[RegisterStatus]) -> dict[str, Any]:
    """Return the fields that say of registers that nobody knows what they hold now."""
    if not registers or state.map is NOWHERE:
        return {}
    unknown = [each.model_copy(update={"in_sync": None}) if each.in_sync is not None else each for each in registers]
    return registers_fields(stamped(state, unknown), state.map) | {"registers_in_sync": None}
