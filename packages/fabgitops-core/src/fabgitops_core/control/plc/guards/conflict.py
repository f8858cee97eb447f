"""Does nobody else want the same register? Two that do would undo each other for ever."""

from math import inf

from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.plc.guards.guard import Snapshot
from fabgitops_core.control.plc.points import Point


def by_conflict(seen: Snapshot, point: Point) -> Hold | None:
    """Hold what another resource wants, too."""
    rival = seen.state.rivals.get(point.name)
    if rival is None:
        return None
    return Hold(HoldReason.CONFLICT, f"{point.name} is also wanted by {rival}", inf, waiting=False)
