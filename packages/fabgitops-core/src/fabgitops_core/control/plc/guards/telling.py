"""What a status says of the guards that hold corrections now."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from fabgitops_core.api.plc.correction import HeldCorrections
from fabgitops_core.control.holding import OPERATOR, Hold
from fabgitops_core.control.plc.brevity import LONGEST_ERROR, brief
from fabgitops_core.control.plc.guards.table import GUARDS
from fabgitops_core.control.plc.state import PlcState

_ORDER = {name: place for place, name in enumerate((*(name for name, _ in GUARDS), OPERATOR))}


def told_of(state: PlcState, holds: Iterable[tuple[int, Hold]], at: datetime) -> dict[str, Any]:
    """Return the field of the status that says what holds corrections, each guard's reason once, in their order."""
    since = {(each.guard, each.reason): each.since for each in state.status.held}
    by_reason: dict[tuple[str, str], list[Hold]] = {}
    for _, hold in holds:
        by_reason.setdefault((hold.guard, str(hold.reason)), []).append(hold)
    held = [
        HeldCorrections(
            guard=guard,
            reason=reason,
            message=brief(members[0].message, LONGEST_ERROR),
            registers=len(members),
            since=since.get((guard, reason), at),
        )
        for (guard, reason), members in by_reason.items()
    ]
    return {"held": tuple(sorted(held, key=lambda each: _ORDER[each.guard]))}
