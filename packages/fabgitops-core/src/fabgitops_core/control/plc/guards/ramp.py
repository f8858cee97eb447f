"""Is it time for the next step? What is ramped is written one step at a time, and none that leads nowhere."""

from math import inf

from fabgitops_core.codec.numbers import decimal_text
from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.plc.counting import known_of, left_of
from fabgitops_core.control.plc.guards.guard import Snapshot
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.ramping import why_not


def by_ramp(seen: Snapshot, point: Point) -> Hold | None:
    """Hold a register until its interval is over since it was written last, and where no step may be written at all."""
    slope, known, going = point.ramp, known_of(seen.state, point), seen.state.going
    if slope is None or known is None or known.write_intended:
        return None
    left, until = left_of(known.corrected_at, slope.interval, seen.at)
    if until is None and point.name not in going.written:
        why = why_not(point, going.found[point.at].words)
        return Hold(HoldReason.NO_RAMP, why, inf) if why else None
    step = f"{decimal_text(slope.step)} {point.unit}".strip()
    return Hold(HoldReason.RAMP, f"{point.name} is ramped by at most {step} every {slope.interval:g} s", left)
