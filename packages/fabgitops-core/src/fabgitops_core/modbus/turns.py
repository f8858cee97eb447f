"""Taking turns: one at a time, the urgent first, otherwise in the order of coming."""

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count


class Turns:
    """A lock with two classes of waiters."""

    def __init__(self) -> None:
        self._busy = False
        self._order = count()
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []

    @property
    def busy(self) -> bool:
        """Return whether somebody has the turn."""
        return self._busy

    @asynccontextmanager
    async def turn(self, *, urgent: bool) -> AsyncIterator[None]:
        """Wait for a turn and keep it inside the block."""
        await self.take(urgent=urgent)
        try:
            yield
        finally:
            self.give()

    async def take(self, *, urgent: bool) -> None:
        """Wait for a turn; one that is cancelled leaves the queue."""
        if not self._busy:
            self._busy = True
            return
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (not urgent, next(self._order), granted))
        try:
            await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled():
                self.give()
            raise

    def give(self) -> None:
        """End a turn: the next in order has it."""
        while self._waiting:
            granted = heapq.heappop(self._waiting)[2]
            if not granted.done():
                granted.set_result(None)
                return
        self._busy = False
