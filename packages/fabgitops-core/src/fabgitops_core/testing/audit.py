"""A fake of the audit port: it keeps what it is told in memory, unless it is told to refuse."""

from dataclasses import dataclass, field
from datetime import datetime

from fabgitops_core.api.meta import Key
from fabgitops_core.control.plc.auditing import WriteFacts
from fabgitops_core.control.plc.requests import Change
from fabgitops_core.engine.ports import UnrecordedError, WriteResult


@dataclass(slots=True)
class FakeRecord:
    """One record: the attempt, and what it was completed with."""

    at: datetime
    key: Key
    change: Change
    facts: WriteFacts
    results: list[tuple[WriteResult, str]] = field(default_factory=list)
    shown: list[tuple[tuple[int, ...], bool]] = field(default_factory=list)

    def ended(self, at: datetime, result: WriteResult, why: str = "") -> None:
        """Take what came of the write."""
        del at
        self.results.append((result, why))

    def read_back(self, at: datetime, words: tuple[int, ...], proven: bool) -> None:
        """Take what was read after it."""
        del at
        self.shown.append((words, proven))


class FakeAudit:
    """The `Audit` port: `records` are all there are; while `refuses` says why, there is none."""

    def __init__(self) -> None:
        self.records: list[FakeRecord] = []
        self.refuses = ""

    async def attempt(self, at: datetime, key: Key, change: Change, facts: WriteFacts) -> FakeRecord:
        """Keep an attempt.

        Raises:
            UnrecordedError: It refuses.
        """
        if self.refuses:
            raise UnrecordedError(self.refuses)
        self.records.append(FakeRecord(at, key, change, facts))
        return self.records[-1]
