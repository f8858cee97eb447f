"""What a status says of the guards that hold corrections now."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from fabgitops_core.api.plc.correction import HeldCorrections
from fabgitops_core.control.commands import Notice
from fabgitops_core.control.holding import OPERATOR, Hold, HoldReason
from fabgitops_core.control.plc.approving import plan_fields
from fabgitops_core.control.plc.brevity import LONGEST_ERROR, brief
from fabgitops_core.control.plc.guards.table import CONSENT, GUARDS
from fabgitops_core.control.plc.reasons import PlcReason
from fabgitops_core.control.plc.state import PlcState

_ORDER = {name: place for place, name in enumerate((*(name for name, _ in GUARDS), OPERATOR))}


def begun(before: Iterable[HeldCorrections], now: Iterable[HeldCorrections]) -> tuple[Notice, ...]:
    """Return what people are told of guards that hold corrections now and did not before."""
    known = {each.reason for each in before}
    fresh = [each for each in now if each.reason not in known and HoldReason(each.reason).announced]
    return tuple(
        Notice(PlcReason.CORRECTION_HELD, f"{each.registers} register(s) not written: {each.message}") for each in fresh
    )


def told_of(state: PlcState, holds: Iterable[tuple[int, Hold]], at: datetime) -> dict[str, Any]:
    """Return the fields of the status that say what holds corrections, each guard's reason once, in their order."""
    by_reason: dict[tuple[str, str], list[Hold]] = {}
    for _, hold in holds:
        by_reason.setdefault((hold.guard, str(hold.reason)), []).append(hold)
    if not by_reason:
        return {"held": (), **plan_fields(state, False, at)}
    before = {(each.guard, each.reason): each for each in state.status.held}
    held = [_told(reason, members, before.get(reason), at) for reason, members in by_reason.items()]
    waits = any(each.guard in CONSENT for each in held)
    return {"held": tuple(sorted(held, key=lambda each: _ORDER[each.guard])), **plan_fields(state, waits, at)}


def _told(
    reason: tuple[str, str], members: Sequence[Hold], before: HeldCorrections | None, at: datetime
) -> HeldCorrections:
    """Return what is said of one reason; what says the same already is not made again, as at most polls of a drift."""
    message, registers = brief(members[0].message, LONGEST_ERROR), len(members)
    if before is not None and (before.message, before.registers) == (message, registers):
        return before
    guard, word = reason
    since = before.since if before is not None else at
    return HeldCorrections(guard=guard, reason=word, message=message, registers=registers, since=since)
