"""Was it let go? What a rollout leads holds what it was released to, and what it was not is not written."""

from math import inf

from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.plc.guards.guard import Snapshot
from fabgitops_core.control.plc.points import Point


def by_release(seen: Snapshot, point: Point) -> Hold | None:
    """Hold a register that has no words to hold yet, and a command that is not to be given yet.

    What holds older words than Git's wants just those in the map, and is corrected to them.
    """
    state = seen.state
    if state.release is None or state.leave[point.at].pending is None:
        return None
    if not point.command and point.wanted != state.git.points[point.at].wanted:
        return None
    return Hold(HoldReason.ROLLOUT, state.release.message, inf, waiting=False)
