"""One look-up at a time, which many may wait for, and each only for as long as it can."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Found = TypeVar("Found")
About = TypeVar("About", bound=Hashable)


class Asking(Generic[Found]):
    """What is looked up again and again. One that takes long goes on, and is for whoever asks next.

    Args:
        look: Looks it up.
    """

    def __init__(self, look: Callable[[], Awaitable[Found]]) -> None:
        """Prepare it; nothing is looked up yet."""
        self._look = look
        self._going: asyncio.Future[Found] | None = None

    async def soon(self, secs: float | None) -> Found:
        """Return what is found; with no `secs` whoever asks waits for as long as it takes.

        Raises:
            TimeoutError: Nothing came within so many seconds; the look-up goes on.
            Exception: What the look-up raises.
        """
        if self._going is None:
            self._going = asyncio.ensure_future(self._look())
            self._going.add_done_callback(self._over)
        going = self._going
        done, _ = await asyncio.wait({going}, timeout=secs)
        if not done:
            raise TimeoutError
        return going.result()

    def _over(self, going: asyncio.Future[Found]) -> None:
        """Let the next ask anew; that nobody waited for an error is none."""
        self._going = None
        if not going.cancelled():
            going.exception()


class Sharing(Generic[About, Found]):
    """What many look up at once, each about something: one look-up for all who ask meanwhile, and nothing is kept.

    Args:
        look: Looks it up.
    """

    def __init__(self, look: Callable[[About], Awaitable[Found]]) -> None:
        """Prepare it; nothing is looked up yet."""
        self._look = look
        self._going: dict[About, Asking[Found]] = {}

    async def of(self, about: About) -> Found:
        """Return what is found, and raise what the look-up raises."""
        if about not in self._going:
            self._going[about] = Asking(lambda: self._once(about))
        return await self._going[about].soon(None)

    async def _once(self, about: About) -> Found:
        try:
            return await self._look(about)
        finally:
            del self._going[about]
