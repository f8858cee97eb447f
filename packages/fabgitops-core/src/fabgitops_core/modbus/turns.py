"""Taking turns: one at a time, the urgent first, otherwise in the order of coming, and the doubtful behind the others.

Who is doubtful will perhaps keep the line for a whole timeout and get nothing. Such a one has a turn when nobody else
waits, or when all were served who waited as it was passed over first: so between two of them everybody else had a
turn, and none waits for ever.
"""

import asyncio
import heapq
from itertools import count


class Turns:
    """A lock with three classes of waiters."""

    __slots__ = ("_doubtful", "_order", "_passed_over", "_waiting", "busy")

    def __init__(self) -> None:
        self.busy = False
        self._order = count()
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []
        self._doubtful: list[asyncio.Future[None]] = []  # few at most; an empty deque takes ten times as much
        self._passed_over: int | None = None

    async def take(self, *, urgent: bool = False, doubtful: bool = False) -> None:
        """Wait for a turn; one that is cancelled while it waits never has it. The urgent are never doubtful."""
        if not self.busy:
            self.busy = True
            return
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if doubtful and not urgent:
            self._doubtful.append(granted)
        else:
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
        while self._waiting or self._doubtful:
            granted = self._doubtful.pop(0) if self._doubted() else heapq.heappop(self._waiting)[2]
            if not granted.done():
                granted.set_result(None)
                return
        self.busy = False

    def _doubted(self) -> bool:
        """Return whether the next turn is a doubtful one's."""
        if not self._doubtful:
            return False
        if self._waiting:
            later, came, _ = self._waiting[0]
            if self._passed_over is None:
                self._passed_over = next(self._order)
            if not later or came < self._passed_over:
                return False
        self._passed_over = None
        return True
