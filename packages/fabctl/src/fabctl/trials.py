"""What came of judging by past values as if changes had been begun then. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

PASSED = "Successful"


@dataclass(frozen=True, slots=True)
class Begun:
    """How a change would have been judged that was begun at a time; `metric` says by which, "" where all passed."""

    at: datetime
    verdict: str
    metric: str
    why: str


@dataclass(frozen=True, slots=True)
class Measured:
    """What a metric would have said at a time."""

    at: datetime
    metric: str
    value: str
    verdict: str
    why: str


@dataclass(frozen=True, slots=True)
class Trial:
    """All of it; `passed_over` says of metrics why they could not be tried."""

    begun: tuple[Begun, ...]
    measured: tuple[Measured, ...]
    passed_over: Mapping[str, str]

    @property
    def verdicts(self) -> Mapping[str, int]:
        """Return how many changes would have been judged how."""
        return Counter(each.verdict for each in self.begun)

    @property
    def stopped(self) -> tuple[Begun, ...]:
        """Return the changes that would not have passed."""
        return tuple(each for each in self.begun if each.verdict != PASSED)

    @property
    def metrics(self) -> Mapping[str, Mapping[str, int]]:
        """Return of each metric how many measurements came out how."""
        counted: dict[str, Counter[str]] = {}
        for each in self.measured:
            counted.setdefault(each.metric, Counter())[each.verdict] += 1
        return counted
