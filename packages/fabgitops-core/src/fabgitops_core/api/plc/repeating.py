"""Whether what is repeated goes with the rest of a resource: passes that are soon enough, and writes that are left."""

from collections.abc import Iterator, Sequence

from fabgitops_core.api.plc.correction import Correction
from fabgitops_core.api.plc.registers import Register
from fabgitops_core.api.refusals import Problem

_AN_HOUR, _A_DAY = 3600, 86400


def problems(registers: Sequence[Register], poll_interval_secs: int, correction: Correction) -> Iterator[Problem]:
    """Yield what is wrong with the registers of a map that are repeated, each at its field.

    Args:
        registers: The whole map.
        poll_interval_secs: The seconds between two passes, in which alone anything is written.
        correction: What is asked of every write.
    """
    for index, register in enumerate(registers):
        secs = register.write.repeat_secs
        reason = None if secs is None else _why_not(secs, poll_interval_secs, correction)
        if reason is not None:
            yield Problem(("registers", index, "write", "repeatSecs"), secs, reason)


def _why_not(secs: int, interval: int, correction: Correction) -> str | None:
    if secs < interval:
        return f"it must not be shorter than pollIntervalSecs ({interval}): raise it, or lower pollIntervalSecs"
    if secs < correction.cooldown_secs:
        return (
            f"correction.cooldownSecs ({correction.cooldown_secs}) would keep it waiting after each correction: "
            "raise it, or lower cooldownSecs"
        )
    budget = correction.write_budget
    if budget is None:
        return None
    for most, span, field, each in (
        (budget.per_hour, _AN_HOUR, "perHour", "an hour"),
        (budget.per_day, _A_DAY, "perDay", "a day"),
    ):
        writes = -(-span // secs)
        if most is not None and writes >= most:
            return (
                f"that is {writes} write(s) {each}, and correction.writeBudget.{field} ({most}) leaves none "
                f"for a correction: raise either, or let another resource name the register"
            )
    return None
