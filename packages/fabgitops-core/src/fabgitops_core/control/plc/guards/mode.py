"""Is it ours to correct at all? Git says so, or somebody forces one correction."""

from math import inf

from fabgitops_core.api.plc.correction import Mode
from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.plc.guards.guard import Snapshot
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.state import forced_for

WARNS = Hold(HoldReason.WARN, "the mode is Warn, so drift is only reported", inf, waiting=False)
OBSERVES = Hold(HoldReason.OBSERVE, "the mode is Observe, so the device is only looked at", inf, waiting=False)


def by_mode(seen: Snapshot, point: Point) -> Hold | None:
    """Hold what is only to be reported; a forced sync corrects it once, but not where it is only to be looked at."""
    spec = seen.state.spec
    if spec is None or spec.mode is Mode.OBSERVE:
        return OBSERVES
    return WARNS if spec.mode is Mode.WARN and not forced_for(seen.state, point) else None
