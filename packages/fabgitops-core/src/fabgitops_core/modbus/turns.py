"""Taking turns: one at a time, the urgent first, otherwise in the order of coming."""

import asyncio
import heapq
from itertools import count


class Turns:
    """A lock with two classes of waiters."""

    __slots__ = ("_order", "_waiting", "busy")

    def __init__(self) -> None:
        self.busy = False
        self._order = count()
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []

    async def take(self, *, urgent: bool) -> None:
        """Wait for a turn; one that is cancelled while it waits never has it."""
        if not self.busy:
            self.busy = True
            return
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (not urgent, next(self._order), granted))
        try:
            await granted
        except asyncio.CancelledError:
            # Cancelled between being granted and waking up: the turn is ours to pass on.
            if not granted.cancelled():
                self.give()
            raise

    def give(self) -> None:
        """End a turn: the next in order has it."""
        while self._waiting:
            granted = heapq.heappop(self._waiting)[2]
            if not granted.done():
                granted.set_result(None)
                return
        self.busy = False
