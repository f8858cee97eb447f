"""Who asks slowly what is kept elsewhere holds up its own kind alone: so many at a time, the others wait a while."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from fabgitops_core.engine.ports import MetricError

PATIENCE = 60.0
"""Seconds that a turn is waited for: as long as the slowest answer may take."""


class Turns:
    """Lets so many at a time ask, of each group.

    Args:
        at_once: How many of a group.
        patience: Seconds after which a turn is not waited for any more.
    """

    def __init__(self, at_once: int, patience: float = PATIENCE) -> None:
        self._at_once = at_once
        self._patience = patience
        self._turns: WeakValueDictionary[Hashable, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, group: Hashable) -> AsyncIterator[None]:
        """Wait for a turn, and keep it.

        Raises:
            MetricError: It did not come.
        """
        turns = self._turns.setdefault(group, asyncio.Semaphore(self._at_once))
        try:
            async with asyncio.timeout(self._patience):
                await turns.acquire()
        except TimeoutError as error:
            raise MetricError(f"it was not asked within {self._patience:g} s: others wait for slow answers") from error
        try:
            yield
        finally:
            turns.release()
