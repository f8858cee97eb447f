"""Was it let go? What a rollout leads holds what it was released to, and what it was not is not written."""

from math import inf

from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.plc.guards.guard import Snapshot
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.state import PlcState


def by_release(seen: Snapshot, point: Point) -> Hold | None:
    """Hold a register that has no words to hold yet, and a command that is not to be given yet.

    What holds older words than Git's wants just those in the map, and is corrected to them.
    """
    state = seen.state
    if state.release is None:
        return None
    if point.place.shown is not None and point.name in state.release.unread:
        return Hold(HoldReason.NO_RETURN, _no_return(state, point), inf)
    if state.leave[point.at].pending is None:
        return None
    if not point.command and point.wanted != state.git.points[point.at].wanted:
        return None
    return Hold(HoldReason.ROLLOUT, state.release.message, inf, waiting=False)


def _no_return(state: PlcState, point: Point) -> str:
    """Return why a rollout does not write what it could not put back."""
    found = state.going.found
    words = found[point.at].words if point.at < len(found) else None
    held = "what it holds" if words is None else point.shown(words)
    return (
        f"{point.name} is read elsewhere, and {held} there does not tell what to write to put it back: "
        "say a tolerance, or release it with `fabctl rollout release`"
    )
