"""What happens to the packets of a line that is delayed, or that loses some: decided without a socket or a clock."""

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random


@dataclass(slots=True)
class Line:
    """Holds packets back for `delay_secs`, give or take `jitter_secs`, and loses `loss` (0 to 1) of them.

    A packet never overtakes the one before it: with jitter the later one waits. 1 loses all: a partition. `held`,
    `lost` and `passed` count packets since the beginning.
    """

    delay_secs: float
    jitter_secs: float
    loss: float
    dice: Random
    held: int = 0
    lost: int = 0
    passed: int = 0
    _waiting: list[tuple[float, int]] = field(default_factory=list)
    _last: float = 0.0

    def take(self, packet: int, now: float) -> bool:
        """Take a packet and return whether it is to go on at all; when, `due` says."""
        if self.loss and self.dice.random() < self.loss:
            self.lost += 1
            return False
        self.held += 1
        wanted = now + self.delay_secs + self.jitter_secs * self.dice.uniform(-1, 1)
        self._last = max(self._last, wanted)
        heapq.heappush(self._waiting, (self._last, packet))
        return True

    def due(self, now: float) -> Iterator[int]:
        """Give up the packets that have waited long enough, the oldest first."""
        while self._waiting and self._waiting[0][0] <= now:
            self.passed += 1
            yield heapq.heappop(self._waiting)[1]

    def wait(self, now: float) -> float:
        """Return how many seconds there are until the next packet is due: for ever, if none waits."""
        return max(0.0, self._waiting[0][0] - now) if self._waiting else math.inf
