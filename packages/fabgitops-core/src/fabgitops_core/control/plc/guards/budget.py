"""Is its budget of writes spent? Flash and EEPROM take so many, and then never one again."""

from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.plc.counting import A_DAY, AN_HOUR, is_recorded_now, known_of, left_of, told_time
from fabgitops_core.control.plc.guards.guard import Snapshot
from fabgitops_core.control.plc.points import Point


def by_budget(seen: Snapshot, point: Point) -> Hold | None:
    """Hold a register that was written as often as it may be, until a new hour or day begins for it."""
    budget = seen.state.spec.correction.write_budget if seen.state.spec else None
    known = known_of(seen.state, point)
    if budget is None or known is None or known.writes is None or is_recorded_now(seen.state, known):
        return None
    writes = known.writes
    spent = [
        (*left_of(since, seconds, seen.at), f"{most} writes {each}")
        for most, count, since, seconds, each in (
            (budget.per_hour, writes.hour, writes.hour_since, AN_HOUR, "an hour"),
            (budget.per_day, writes.day, writes.day_since, A_DAY, "a day"),
        )
        if most is not None and count >= most
    ]
    left, until, what = max(spent, default=(0.0, None, ""), key=lambda each: each[0])
    if until is None:
        return None
    return Hold(HoldReason.BUDGET, f"{point.name} had its {what}, and gets no other before {told_time(until)}", left)
