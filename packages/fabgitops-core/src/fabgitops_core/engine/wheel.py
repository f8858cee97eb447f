"""A timer wheel: what is due within the same hundredth of a second shares one timer of the event loop.

A timer each, of which thousands wait at any time, costs a poll a fifth more, and each wakes the loop by itself; those
of one tick are begun together, and so are their replies' ways back.
"""

import asyncio
import math
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)

TICK_SECS = 0.01


class Wheel(Generic[T]):
    """Hands each item over at the first tick that is not before its time, along with the number of that tick.

    Whoever takes an item back within its own tick may get it all the same: it remembers the tick that `add` returned,
    and passes over an item that comes with another.
    """

    __slots__ = ("_loop", "_ticks", "_timers", "_turn")

    def __init__(self, turn: Callable[[T, int], None]) -> None:
        self._turn = turn
        self._ticks: dict[int, dict[T, None]] = {}
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._loop = asyncio.get_running_loop()

    def add(self, item: T, when: float) -> int:
        """Hand the item over at `when` (the loop's clock); return its tick."""
        tick = math.ceil(when / TICK_SECS)
        together = self._ticks.get(tick)
        if together is None:
            self._ticks[tick] = {item: None}
            self._timers[tick] = self._loop.call_at(tick * TICK_SECS, self._hand_over, tick)
        else:
            together[item] = None
        return tick

    def remove(self, item: T, tick: int) -> None:
        """Take an item back, and a timer that nobody waits for."""
        together = self._ticks.get(tick)
        if together is None:
            return
        together.pop(item, None)
        if not together:
            del self._ticks[tick]
            self._timers.pop(tick).cancel()

    def __len__(self) -> int:
        """Return how many items wait."""
        return sum(map(len, self._ticks.values()))

    def _hand_over(self, tick: int) -> None:
        del self._timers[tick]
        for item in self._ticks.pop(tick):
            self._turn(item, tick)
