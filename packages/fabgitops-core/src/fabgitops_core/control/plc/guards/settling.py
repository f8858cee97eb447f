"""Has what Git wants stood for a while? It may be half of a commit."""

from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.plc.guards.guard import Snapshot
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.settling import seconds_left, why_not_yet


def by_settling(seen: Snapshot, _: Point) -> Hold | None:
    """Hold what has changed a moment ago; whether that is over is for the beginning of a pass to say."""
    if seen.state.changed_at is None:
        return None
    return Hold(HoldReason.SETTLING, why_not_yet(seen.state), seconds_left(seen.state, seen.at))
