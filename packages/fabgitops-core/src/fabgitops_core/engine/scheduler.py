"""When: calls each key at its time, never twice at once, and never to make up for what was missed."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from fabgitops_core.engine.wheel import TICK_SECS, Wheel

K = TypeVar("K", bound=Hashable)

JITTER = 0.05
"""Each steady call comes up to this part of its interval late, so that calls do not march in step."""

STARTS_PER_SECOND = 500
"""Keys that begin together are spread so that about so many start in a second."""

RETRY_SECS = 60.0
"""After a failure of our own (a bug) a key is called again so much later."""

log = logging.getLogger(__name__)


class _Slot(Generic[K]):
    __slots__ = ("beat", "due", "key", "task", "then", "tick")

    def __init__(self, key: K) -> None:
        self.key = key
        self.beat = 0.0
        self.due = 0.0
        self.tick: int | None = None
        self.task: asyncio.Task[None] | None = None
        self.then: float | None = None


class Scheduler(Generic[K]):
    """Calls `run(key)` when a key's time has come; `wake` says when that is. It belongs to the loop it is made in.

    Args:
        run: What to do for a key; it is a task of its own, so that a slow one delays no other.
        chance: Random numbers from 0 to 1.
    """

    def __init__(
        self,
        run: Callable[[K], Awaitable[None]],
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._run = run
        self._chance = chance
        self._slots: dict[K, _Slot[K]] = {}
        self._stopped = False
        self._loop = asyncio.get_running_loop()
        self._wheel: Wheel[_Slot[K]] = Wheel(self._fire)

    def wake(
        self, key: K, after: float | None, *, spread: float = 0.0, steady: bool = False, latest: bool = False
    ) -> None:
        """Call the key in `after` seconds instead of whenever it was to be called; None: not at all.

        While a call is under way the earliest wish counts once it has ended, and a None puts all earlier ones aside.

        Args:
            key: Whom to call.
            after: Seconds from now; a steady one counts from when the last call was due, skipping what has passed.
            spread: Seconds that the call may be delayed by when many start together.
            steady: Whether to keep the beat.
            latest: Whether an earlier call that it waits for stays.
        """
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = _Slot(key)
        if after is None:
            slot.then = None
            self._disarm(slot)
            return
        now = self._loop.time()
        if steady:
            beat = slot.beat + after
            if beat <= now:
                beat += after * ((now - beat) // after + 1)
            when = beat + JITTER * after * self._chance()
        else:
            if spread:
                after += self._chance() * min(spread, len(self._slots) / STARTS_PER_SECOND)
            beat = when = now + after
        if slot.task is not None and slot.then is not None and slot.then <= when:
            return
        if latest and slot.tick is not None and slot.beat <= when:
            return
        slot.beat, slot.then = beat, when
        if slot.task is None:
            self._arm(slot)

    def forget(self, key: K) -> None:
        """Never call the key again; a call under way ends by itself."""
        slot = self._slots.pop(key, None)
        if slot is not None:
            slot.then = None
            self._disarm(slot)

    def due(self, key: K) -> float | None:
        """Return when, by the loop's clock, the call under way was due."""
        slot = self._slots.get(key)
        return slot.due if slot is not None and slot.task is not None else None

    def running(self) -> dict[K, asyncio.Task[None]]:
        """Return the calls under way."""
        return {slot.key: slot.task for slot in self._slots.values() if slot.task is not None}

    def stop(self) -> None:
        """Start no further call."""
        self._stopped = True

    def _arm(self, slot: _Slot[K]) -> None:
        if slot.then is not None:
            self._disarm(slot)
            slot.tick, slot.then = self._wheel.add(slot, slot.then), None

    def _disarm(self, slot: _Slot[K]) -> None:
        if slot.tick is not None:
            self._wheel.remove(slot, slot.tick)
            slot.tick = None

    def _fire(self, slot: _Slot[K], tick: int) -> None:
        if slot.tick != tick or self._stopped:
            return  # it was woken for another time, or put to sleep, since
        slot.tick = None
        slot.due = tick * TICK_SECS
        slot.task = self._loop.create_task(self._call(slot))

    async def _call(self, slot: _Slot[K]) -> None:
        try:
            await self._run(slot.key)
        except Exception:
            log.exception("%s: a pass failed by a fault of our own; next in %g s", slot.key, RETRY_SECS)
            slot.then = self._loop.time() + RETRY_SECS
        finally:
            slot.task = None
            if self._slots.get(slot.key) is slot:
                self._arm(slot)
