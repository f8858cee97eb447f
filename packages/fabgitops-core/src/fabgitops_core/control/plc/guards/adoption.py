"""Has somebody said that this machine is the one, and may be written? A running machine is met for the first time."""

from math import inf

from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.plc.approving import is_adopted
from fabgitops_core.control.plc.guards.guard import Snapshot
from fabgitops_core.control.plc.points import Point

HOLD = Hold(HoldReason.ADOPTION, "spec.adoption is Observe, and nobody has approved this device yet", inf)


def by_adoption(seen: Snapshot, _: Point) -> Hold | None:
    """Hold everything until the device was approved once."""
    return None if is_adopted(seen.state) else HOLD
