"""Was it seen often enough? One reading may be of a moment, or of a device that shows what it has not got yet."""

from math import inf

from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.plc.guards.guard import Snapshot
from fabgitops_core.control.plc.judging import AMISS
from fabgitops_core.control.plc.points import Point


def by_confirming(seen: Snapshot, point: Point) -> Hold | None:
    """Hold what was not seen in so many passes running as the spec demands; a command is not read, and goes out.

    So does what is repeated: nothing is wrong there.
    """
    spec = seen.state.spec
    if spec is None or spec.correction.confirm_reads == 1 or point.command or point.at in seen.state.going.repeats:
        return None
    if point.group and not _is_amiss(seen, point):  # asked because of another of its group, which is
        return None
    needed, times = spec.correction.confirm_reads, seen.state.memory.confirming.get(point.name, 0)
    return Hold(HoldReason.CONFIRMING, f"seen {times} of {needed} times", inf) if times < needed else None


def _is_amiss(seen: Snapshot, point: Point) -> bool:
    found = seen.state.going.found
    return point.at < len(found) and found[point.at].finding in AMISS
