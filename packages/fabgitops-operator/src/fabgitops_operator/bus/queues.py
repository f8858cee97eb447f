"""What waits for the bus: one queue for each partition, in the order in which it came."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from fabgitops_core.control.happenings import Happening

LIMIT = 1000
"""Events that a partition may have waiting: ten times what a controller has outstanding, so none has more."""


@dataclass(slots=True)
class Waiting:
    """An event, whom to tell that it was taken or given up, and since when it waits (seconds of the loop's clock)."""

    happening: Happening
    taken: Callable[[], None]
    refused: Callable[[str], None] | None
    since: float

    def done(self, refused: str) -> None:
        """Tell that it was taken, or why it is given up."""
        if refused and self.refused is not None:
            self.refused(refused)
        else:
            self.taken()


@dataclass(slots=True)
class Partition:
    """Events that stay in order, and how often in a row the first of them was not taken."""

    name: str
    events: OrderedDict[str, Waiting] = field(default_factory=OrderedDict)
    failures: int = 0

    @property
    def head(self) -> Waiting:
        """Return the one whose turn it is."""
        return next(iter(self.events.values()))

    def add(self, waiting: Waiting) -> bool:
        """Put one behind all others, and return whether there was room for it.

        One of the same id is the same event: it keeps its place, and whoever asked last is told.
        """
        there = self.events.get(waiting.happening.id)
        if there is not None:
            there.taken, there.refused = waiting.taken, waiting.refused
            return True
        if len(self.events) >= LIMIT:
            return False
        self.events[waiting.happening.id] = waiting
        return True

    def advance(self) -> Waiting:
        """Take the first one out."""
        self.failures = 0
        return self.events.popitem(last=False)[1]
