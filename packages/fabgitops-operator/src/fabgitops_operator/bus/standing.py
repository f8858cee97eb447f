"""How it stands with the bus, for whoever asks: metrics and health."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from fabgitops_operator.bus.address import BusKind


class Result(StrEnum):
    """What came of one attempt to publish."""

    TAKEN = "taken"
    DUPLICATE = "duplicate"
    """The bus had it already."""
    REFUSED = "refused"
    """It is given up."""
    FAILED = "failed"
    """It is tried again."""
    OVERFLOW = "overflow"
    """There was no room for it: it was not tried."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands: events waiting, seconds that the oldest waits, what came of all attempts, and what is wrong."""

    kind: BusKind
    waiting: int = 0
    oldest: float = 0.0
    results: Counter[str] = field(default_factory=Counter)
    trouble: str = ""

    def remark(self) -> str:
        """Say what is wrong, in one line, or ""."""
        return f"bus: {self.trouble}; {self.waiting} event(s) wait, {self.oldest:.0f} s" if self.trouble else ""
