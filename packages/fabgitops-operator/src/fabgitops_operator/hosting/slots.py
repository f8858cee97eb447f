"""Who may write to the API server now: many at once, and no namespace keeps the others waiting.

A request may take half a minute: an admission webhook that looks at one namespace only, and is away, is waited for
that long. So whoever takes longer than a moment gives its slot back, and goes on without one. Further ones of its
namespace wait for each other, until one of them is quick again.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

SLOW_SECS = 1.0
"""How long a request may take before its namespace counts as slow: less than a record is waited for."""

AT_ONCE_SLOW = 8
"""Requests of one slow namespace under way at the same time."""


class Slots:
    """Slots that quick namespaces share, and a lane for each slow one.

    Args:
        at_once: Requests of quick namespaces under way at the same time.
    """

    def __init__(self, at_once: int) -> None:
        self._shared = asyncio.Semaphore(at_once)
        self._slow: dict[str, asyncio.Semaphore] = {}
        self._asking: dict[str, int] = {}

    @asynccontextmanager
    async def of(self, namespace: str) -> AsyncIterator[None]:
        """Wait for a slot, and have it while the block lasts, or while that is quick."""
        self._asking[namespace] = self._asking.get(namespace, 0) + 1
        try:
            async with self._one(namespace):
                yield
        finally:
            self._asking[namespace] -= 1
            if not self._asking[namespace]:
                del self._asking[namespace]
                self._slow.pop(namespace, None)

    @asynccontextmanager
    async def _one(self, namespace: str) -> AsyncIterator[None]:
        lane = await self._taken(namespace)
        slow = False

        def set_aside() -> None:
            nonlocal slow
            slow = True
            self._slow.setdefault(namespace, asyncio.Semaphore(AT_ONCE_SLOW))
            if lane is self._shared:
                lane.release()

        timer = asyncio.get_running_loop().call_later(SLOW_SECS, set_aside)
        try:
            yield
        finally:
            timer.cancel()
            if not (slow and lane is self._shared):
                lane.release()
            if not slow:
                self._slow.pop(namespace, None)

    async def _taken(self, namespace: str) -> asyncio.Semaphore:
        """Wait for a slot where the namespace belongs by the time that it is free."""
        while True:
            lane = self._slow.get(namespace, self._shared)
            await lane.acquire()
            if lane is self._slow.get(namespace, self._shared):
                return lane
            lane.release()
