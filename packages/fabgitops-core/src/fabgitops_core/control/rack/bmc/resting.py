"""The end of a pass: what is known is told where that is news, and the next look is ordered."""

from datetime import datetime

from fabgitops_core.control.commands import Commands, Notice, Publish, Wake
from fabgitops_core.control.rack.bmc.reasons import BmcReason
from fabgitops_core.control.rack.bmc.reporting import status_of
from fabgitops_core.control.rack.bmc.situations import Situation, Standing, situation
from fabgitops_core.control.rack.bmc.state import BmcState

SOON_SECS = 5.0
"""How long after it is looked whether a machine follows, or what settles has settled."""
DENIED_SECS = 900.0
"""How long a BMC that does not let us in is left alone: who asks again and again is locked out."""

_TOLD = {
    Standing.INTERNAL_ERROR: BmcReason.INTERNAL_ERROR,
    Standing.INVALID_SPEC: BmcReason.INVALID_SPEC,
    Standing.DENIED: BmcReason.DENIED,
    Standing.CONNECTION_FAILED: BmcReason.UNREACHABLE,
    Standing.CONFLICT: BmcReason.CONFLICT,
    Standing.IDENTITY_MISMATCH: BmcReason.IDENTITY_MISMATCH,
    Standing.NOT_AS_WISHED: BmcReason.POWER_NOT_REACHED,
}
_SILENT = {Standing.CONNECTION_FAILED.value, Standing.DENIED.value}

Step = tuple[BmcState, Commands]


def rest(state: BmcState, at: datetime, after: float | None = None, *, wakes: bool = True) -> Step:
    """Tell how a BMC stands, and look again.

    Args:
        state: What is known.
        at: The time of day.
        after: Seconds until then at least, where that is later than usual.
        wakes: Whether to order the next look: a fault of our own has ordered it already.
    """
    if state.request is not None and wakes:
        state = state._replace(handled=state.request.token)
    state = state._replace(anew=False)
    state, commands = told(state, at)
    return state, (*commands, *(_wake(state, after) if wakes else ()))


def told(state: BmcState, at: datetime, *, before_write: bool = False) -> Step:
    """Tell how a BMC stands, unless that was said before; of one that nobody ever asked, nothing is."""
    now = situation(state)
    quiet = state.said is None and now.standing is Standing.NOT_ADDRESSED and not state.locate
    if quiet or now.standing is Standing.LOOKING:
        return state, ()
    status = status_of(state, now, at)
    if status == state.said:
        return state, ()
    commands = (Publish(status, before_write=before_write), *_notices(state, now))
    return state._replace(said=status), commands


def _notices(state: BmcState, now: Situation) -> Commands:
    """Return what people are told of, once for as long as it stands, over restarts too."""
    said = {each.type: each for each in state.said.conditions} if state.said else {}
    before = said.get("Ready")
    if before is not None and before.reason == now.standing:
        return ()
    reason = _TOLD.get(now.standing)
    if reason is not None:
        return (Notice(reason, now.message),)
    if before is not None and before.reason in _SILENT and now.standing is not Standing.NOT_ADDRESSED:
        return (Notice(BmcReason.REACHABLE, "it answers again"),)
    return ()


def _wake(state: BmcState, after: float | None) -> Commands:
    if state.way is None or state.spec is None:
        return (Wake(None),)
    if state.denied:
        return (Wake(DENIED_SECS),)
    if not state.failure and (state.waiting or state.settling):
        return (Wake(SOON_SECS),)
    interval = float(state.spec.poll_interval_secs)
    return (Wake(interval, steady=True) if after is None or after <= interval else Wake(after),)
