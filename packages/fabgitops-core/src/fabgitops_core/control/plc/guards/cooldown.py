"""Was it written a moment ago? What a machine was just told it may need time to follow."""

from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.plc.counting import is_recorded_now, known_of, left_of, told_time
from fabgitops_core.control.plc.guards.guard import Snapshot
from fabgitops_core.control.plc.points import Point


def by_cooldown(seen: Snapshot, point: Point) -> Hold | None:
    """Hold a register until so long after its last write as the spec says; the record of a write holds not itself.

    The steps of a ramp are one correction, and have an interval of their own.
    """
    spec, known = seen.state.spec, known_of(seen.state, point)
    if spec is None or not spec.correction.cooldown_secs or known is None or known.ramping_to:
        return None
    if is_recorded_now(seen.state, known):
        return None
    left, until = left_of(known.corrected_at, spec.correction.cooldown_secs, seen.at)
    if until is None:
        return None
    return Hold(HoldReason.COOLDOWN, f"{point.name} was written, and is not again before {told_time(until)}", left)
