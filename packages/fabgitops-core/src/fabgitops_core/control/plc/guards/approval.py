"""Has somebody agreed to just this? Where each correction takes a yes, none goes out by another's."""

from math import inf

from fabgitops_core.api.plc.approval import Approval
from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.plc.guards.guard import Snapshot
from fabgitops_core.control.plc.points import Point

HOLD = Hold(HoldReason.APPROVAL, "correction.approval is Manual, and the plan in status.plan is not approved", inf)
REPEATS = Hold(HoldReason.APPROVAL, "correction.approval is Manual, and nobody is asked about a repetition", inf)


def by_approval(seen: Snapshot, point: Point) -> Hold | None:
    """Hold what is not in the plan that was approved when the pass decided, and still is.

    A yes is for a whole ramp: a register that is on its way to what was agreed to goes on while there is one. What is
    repeated has none.
    """
    spec, going = seen.state.spec, seen.state.going
    if spec is None or spec.correction.approval is not Approval.MANUAL:
        return None
    if point.at in going.repeats:
        return REPEATS
    if seen.state.approved and point.name in going.ramping:
        return None
    return None if point.name in going.approved and seen.state.approved == going.digest else HOLD
