"""Is it known of all that goes out in one request what they hold, and are to hold? A group is written whole, or not."""

from math import inf

from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.plc.guards.guard import Snapshot
from fabgitops_core.control.plc.judging import AMISS, Finding
from fabgitops_core.control.plc.points import Point

_KNOWN = AMISS | {Finding.SYNC}


def by_group(seen: Snapshot, point: Point) -> Hold | None:
    """Hold a member of a group that cannot be judged, or that nothing was let go for yet: it holds the others."""
    found = seen.state.going.found
    if not point.group or point.at >= len(found):
        return None
    if point.wanted is None:
        return Hold(HoldReason.GROUP, f"{point.name} was not let go yet by the rollout", inf)
    if found[point.at].finding in _KNOWN:
        return None
    return Hold(HoldReason.GROUP, f"nobody knows what {point.name} holds", inf)
