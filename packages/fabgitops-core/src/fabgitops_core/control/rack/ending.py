"""The end of a pass: how the Rack stands, and what people are told of what was done."""

from datetime import datetime

from fabgitops_core.codec.texts import first_of
from fabgitops_core.control.commands import Command, Commands, Notice, Wake
from fabgitops_core.control.rack import judging
from fabgitops_core.control.rack.conditions import say
from fabgitops_core.control.rack.plan import Plan
from fabgitops_core.control.rack.reasons import RackReason
from fabgitops_core.control.rack.situations import (
    CHILD_DIFFERS,
    NAME_TAKEN,
    PROVISIONING,
    PRUNING,
    READY,
    RECONCILE_ERROR,
    Situation,
)
from fabgitops_core.control.rack.state import REST, Pass, RackState, Stage, Step, Why
from fabgitops_core.control.rack.telling import tell_provisioned
from fabgitops_core.control.rack.texts import brief, listed

LOOK_AGAIN_SECS = 60.0
"""How often it is looked whether a name is free by now: of what is not ours nobody tells."""

_TROUBLES = {
    RackReason.NAME_TAKEN: NAME_TAKEN,
    RackReason.CHILD_DIFFERS: CHILD_DIFFERS,
    RackReason.CHILD_REFUSED: RECONCILE_ERROR,
}


def ended(state: RackState, plan: Plan, at: datetime) -> Step:
    """End a pass: say how the Rack stands, and when it is looked at again."""
    going, commands = state.going, list[Command]()
    situation, message = _situation(going)
    if situation is READY and plan.nowhere:
        message += f"; spec.slots names what is no place of it: {listed(plan.nowhere)}"
    current = judging.up_to_date(going, over=situation is READY)
    first = situation is READY and state.status.provisioned_at is None
    commands += _notices(state, situation, message, first=first)
    changes = judging.fields(state, plan)
    if first:
        state, told = tell_provisioned(state, at)
        commands += told
        changes["provisioned_at"] = at
    if state.request is not None and not going.going:
        changes["last_handled_reconcile_at"] = state.request.token
        state = state._replace(request=None)
    state, said = say(
        state, situation, message, at, up_to_date=current, plcs_in_sync=judging.plcs(going, plan), **changes
    )
    wake = _wake(going, situation)
    return state._replace(stage=Stage.IDLE, going=REST), (*commands, *said, *wake)


def _situation(going: Pass) -> tuple[Situation, str]:
    """Return how the Rack stands, and that as a sentence."""
    for reason, situation in _TROUBLES.items():
        told = [each.message for each in going.troubles if each.reason is reason]
        if told:
            return situation, first_of(told)
    if going.awaited:
        return PROVISIONING, f"{judging.progress(going)}; to be made again when it is gone: {listed(going.awaited)}"
    if going.going or (going.deletes and going.again is not None):
        return PRUNING, f"{going.totals.parts} parts are there; {len(going.going)} more go"
    if going.again is not None:
        return PROVISIONING, judging.progress(going)
    if going.pending is None and not going.kept:
        return READY, f"all {going.wanted} parts are there"
    return READY, f"{going.totals.parts} parts are there; {judging.up_to_date(going, over=True).message}"


def _wake(going: Pass, situation: Situation) -> Commands:
    if going.going and going.again is None:
        return (Wake(0.0),)
    if situation is NAME_TAKEN:
        return (Wake(LOOK_AGAIN_SECS if going.again is None else going.again),)
    return () if going.again is None else (Wake(going.again),)


def _notices(state: RackState, situation: Situation, message: str, *, first: bool) -> list[Notice]:
    """Return what people are told: what was done, and what stands in the way where they do not know that yet."""
    going, before = state.going, [each.message for each in state.said.conditions if each.type == "Ready"]
    notices = [] if first or not state.status.provisioned_at else [*_of_making(going)]
    notices += _of_putting_right(going)
    if going.removed:
        notices.append(Notice(RackReason.SCALED_DOWN, f"removed {listed(going.removed)}"))
    if first:
        notices.append(Notice(RackReason.PROVISIONED, message))
    if situation.stalled and brief(message) not in before:
        notices.append(Notice(going.troubles[0].reason, message))
    return notices


def _of_making(going: Pass) -> list[Notice]:
    if not (made := going.counts.get(Why.MISSING, 0)):
        return []
    names = listed(going.done[Why.MISSING], made)
    if going.healing:
        return [Notice(RackReason.CHILD_RECREATED, f"gone, and made again: {names}")]
    return [Notice(RackReason.SCALED_UP, f"added {names}")]


def _of_putting_right(going: Pass) -> list[Notice]:
    told = (
        (Why.ADOPTED, RackReason.ADOPTED, "taken over"),
        (Why.GIVEN, RackReason.ADOPTED, "taken over, for it was given to this Rack"),
        (Why.CORRECTED, RackReason.CHILD_CORRECTED, "put back, for somebody had changed it"),
        (Why.DIFFERS, RackReason.CHILD_CORRECTED, "put back"),
    )
    return [
        Notice(reason, f"{verb}: {listed(going.done[why], going.counts[why])}")
        for why, reason, verb in told
        if going.counts.get(why) and not (why is Why.DIFFERS and not going.healing)
    ]
