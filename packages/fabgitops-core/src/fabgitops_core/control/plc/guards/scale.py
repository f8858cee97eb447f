"""By which power of ten would it be written? The device says that, may change it at any time, and need not fit."""

from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.plc.checks import shown
from fabgitops_core.control.plc.guards.guard import Snapshot
from fabgitops_core.control.plc.points import Point


def by_scale(seen: Snapshot, point: Point) -> Hold | None:
    """Hold a register that has no such value by the power of ten of the device, or whose power has just changed."""
    going = seen.state.going
    if point.place.codec.exponent is None or point.at >= len(going.found):
        return None
    words = going.found[point.at].words
    if words is None:
        return None
    if point.wanted is not None and point.place.codec.scaled_as(point.wanted, words) is None:
        why = f"by the power of ten that the device has now, {point.name} holds no {point.target}"
        return Hold(HoldReason.NO_SCALE, why)
    now = None if seen.outside.checked is None else shown(seen.state, seen.outside.checked).get(point.name)
    if now is not None and now[-1] != words[-1]:
        why = f"the power of ten of {point.name} has changed since it was read; the next poll writes by the new one"
        return Hold(HoldReason.NO_SCALE, why, 0.0)
    return None
