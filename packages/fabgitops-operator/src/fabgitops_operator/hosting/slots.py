"""Who may write to the API server now: many at once, and no namespace keeps the others waiting.

A request may take half a minute: an admission webhook that looks at one namespace only, and is away, is waited for
that long. So whoever takes longer than a moment gives its slot back, and goes on without one. Further ones of its
namespace wait for each other, until one of them is quick again.
"""

import asyncio

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

    def of(self, namespace: str) -> "Slot":
        """Return a slot: `async with` waits for it, and has it while the block lasts, or while that is quick."""
        return Slot(self, namespace)

    def begun(self, namespace: str) -> None:
        """Note that somebody asks for a slot, or has one."""
        self._asking[namespace] = self._asking.get(namespace, 0) + 1

    def over(self, namespace: str) -> None:
        """Note that somebody asks no more; what is known of the namespace goes with the last."""
        self._asking[namespace] -= 1
        if not self._asking[namespace]:
            del self._asking[namespace]
            self.is_quick(namespace)

    def is_quick(self, namespace: str) -> None:
        """Note that a request took no longer than a moment."""
        self._slow.pop(namespace, None)

    def is_slow(self, namespace: str, lane: asyncio.Semaphore) -> None:
        """Note that a request takes longer; give its slot back if it is one that all share."""
        self._slow.setdefault(namespace, asyncio.Semaphore(AT_ONCE_SLOW))
        if lane is self._shared:
            lane.release()

    def leave(self, lane: asyncio.Semaphore, *, slow: bool) -> None:
        """Give a slot back, unless that was done when its request turned out to be slow."""
        if not (slow and lane is self._shared):
            lane.release()

    async def taken(self, namespace: str) -> asyncio.Semaphore:
        """Wait for a slot where the namespace belongs by the time that it is free."""
        while True:
            lane = self._slow.get(namespace, self._shared)
            await lane.acquire()
            if lane is self._slow.get(namespace, self._shared):
                return lane
            lane.release()


class Slot:
    """One slot, asked for once. Thousands wait for theirs at a start: a wait is one coroutine, no more."""

    __slots__ = ("_lane", "_namespace", "_slots", "_slow", "_timer")

    _lane: asyncio.Semaphore
    _timer: asyncio.TimerHandle

    def __init__(self, slots: Slots, namespace: str) -> None:
        self._slots = slots
        self._namespace = namespace
        self._slow = False

    async def __aenter__(self) -> None:
        self._slots.begun(self._namespace)
        try:
            self._lane = await self._slots.taken(self._namespace)
        except BaseException:  # given up while it waited
            self._slots.over(self._namespace)
            raise
        self._timer = asyncio.get_running_loop().call_later(SLOW_SECS, self._set_aside)

    async def __aexit__(self, *_: object) -> None:
        self._timer.cancel()
        self._slots.leave(self._lane, slow=self._slow)
        if not self._slow:
            self._slots.is_quick(self._namespace)
        self._slots.over(self._namespace)

    def _set_aside(self) -> None:
        self._slow = True
        self._slots.is_slow(self._namespace, self._lane)
