"""Is nobody else writing it? A register that was corrected too often is left to whoever writes it."""

from math import inf

from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.plc.guards.guard import Snapshot
from fabgitops_core.control.plc.points import Point


def by_fight(seen: Snapshot, point: Point) -> Hold | None:
    """Hold a register that is braked (`braking`) until somebody asks for it."""
    brake = seen.state.memory.braked.get(point.name)
    return None if brake is None else Hold(HoldReason.FIGHT, brake.message, inf, waiting=False)
