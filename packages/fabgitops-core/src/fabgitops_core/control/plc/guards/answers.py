"""Has the device answered for its whole map? One that refuses much of it is perhaps read with the wrong numbers."""

from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.plc import situations as at_hand
from fabgitops_core.control.plc.guards.guard import Snapshot
from fabgitops_core.control.plc.points import Point


def by_answers(seen: Snapshot, _: Point) -> Hold | None:
    """Hold everything while the device has not answered for each register, or refuses too many (`contact`)."""
    barred = seen.state.going.barred
    if barred is None:
        return None
    situation, why = barred
    return Hold(HoldReason.ANSWERS, why, waiting=situation is at_hand.HELD)
