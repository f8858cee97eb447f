"""The record of each write, as an `Audit` keeps it: stored before it is sent, completed with what came of it."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from fabgitops_core.control.plc.auditing import WriteFacts, read_after
from fabgitops_core.control.plc.events import WriteDone, WriteFailed, WriteSpared, WriteUnknown, WriteWithdrawn
from fabgitops_core.control.plc.requests import Change, ReadPlan
from fabgitops_core.engine.entries import Entry, Unproven
from fabgitops_core.engine.ports import Audit, Record, WriteResult

Outcome = WriteDone | WriteUnknown | WriteFailed | WriteWithdrawn | WriteSpared
"""What may come of a write that was recorded."""

CUT_OFF = "it was cut off before it had ended"

_RESULTS: dict[type[Outcome], WriteResult] = {
    WriteDone: WriteResult.DONE,
    WriteUnknown: WriteResult.UNKNOWN,
    WriteFailed: WriteResult.FAILED,
    WriteWithdrawn: WriteResult.WITHDRAWN,
    WriteSpared: WriteResult.SPARED,
}


class Audits:
    """Has writes recorded.

    Args:
        audit: Who keeps the records.
        now: The time of day.
    """

    def __init__(self, audit: Audit, now: Callable[[], datetime]) -> None:
        self._audit = audit
        self._now = now

    async def recorded(self, entry: Entry, change: Change, sending: Callable[[], Awaitable[Outcome]]) -> Outcome:
        """Send a write once its record is stored, and complete that.

        Raises:
            UnrecordedError: It could not be stored, and nothing was sent.
        """
        decided = entry.at_device
        at = self._now()
        facts = decided.audited(entry.state, change, at) if decided else WriteFacts(entry.generation, ())
        record = await self._audit.attempt(at, entry.key, change, facts)
        try:
            outcome = await sending()
        except BaseException:
            record.ended(self._now(), WriteResult.UNKNOWN, CUT_OFF)
            raise
        record.ended(outcome.at, _RESULTS[type(outcome)], _why(outcome))
        entry.unproven = _unproven(record, change, facts, outcome)
        return outcome

    def read(self, entry: Entry, plan: ReadPlan, values: tuple[int, ...]) -> None:
        """Complete the last record of a resource where a reading shows what that write has come to."""
        if (unproven := entry.unproven) is None:
            return
        shown = read_after(unproven.change, unproven.facts, plan, values)
        if shown is not None:
            entry.unproven = None
            unproven.record.read_back(self._now(), *shown)


def _why(outcome: Outcome) -> str:
    if isinstance(outcome, WriteUnknown | WriteFailed):
        return outcome.failure.message
    if not isinstance(outcome, WriteWithdrawn):
        return ""
    return outcome.hold.message if outcome.hold else "it was no longer wanted"


def _unproven(record: Record, change: Change, facts: WriteFacts, outcome: Outcome) -> Unproven | None:
    """Return what a reading is to show, where something may have been written that can be read."""
    may_be_done = isinstance(outcome, WriteDone | WriteUnknown)
    return Unproven(record, change, facts) if may_be_done and facts.compared else None
