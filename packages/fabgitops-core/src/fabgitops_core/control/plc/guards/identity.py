"""Is it the device that the spec names? A stranger is not written."""

from math import inf

from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.plc.guards.guard import Snapshot
from fabgitops_core.control.plc.points import Point


def by_identity(seen: Snapshot, _: Point) -> Hold | None:
    """Hold what would go to a device that is not the one that the spec pins, or was not asked yet."""
    state = seen.state
    if not state.map.identity or state.memory.stranger == "":
        return None
    why = state.memory.stranger or "the device has not said yet whether it is the one that spec.identity names"
    return Hold(HoldReason.IDENTITY, why, inf, waiting=False)
