"""The pace of a connection: how long to wait before a request, and when to let go of the connection."""

import asyncio
from collections.abc import Callable

from fabgitops_core.control.plc.requests import Link


class Pace:
    """The most careful of the wishes of those who share a connection.

    One timer serves any number of requests: it looks how long ago the last one ended and sleeps again for the rest.

    Args:
        idle: Called when no request was made for as long as the shortest `idle_close`.
    """

    __slots__ = (
        "_connect_delay",
        "_earliest",
        "_idle",
        "_idle_close",
        "_last",
        "_links",
        "_pausing",
        "_request_delay",
        "_timer",
    )

    def __init__(self, idle: Callable[[], None]) -> None:
        self._idle = idle
        self._links: list[Link] = []
        self._earliest = 0.0
        self._last = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._pausing: asyncio.Future[None] | None = None
        self._heed()

    def add(self, link: Link) -> None:
        """Heed one more wish."""
        self._links.append(link)
        self._heed()

    def remove(self, link: Link) -> bool:
        """Heed one wish less; return whether there are others."""
        self._links.remove(link)
        self._heed()
        return bool(self._links)

    def connected(self) -> None:
        """Note that a connection was made now."""
        self._earliest = max(self._earliest, asyncio.get_running_loop().time() + self._connect_delay)

    def ended(self) -> None:
        """Note that a request ended now."""
        loop = asyncio.get_running_loop()
        self._last = loop.time()
        self._earliest = self._last + self._request_delay
        if self._idle_close and self._timer is None:
            self._timer = loop.call_at(self._last + self._idle_close, self._look)

    async def pause(self) -> None:
        """Wait until a request may be sent, or somebody is in a hurry."""
        loop = asyncio.get_running_loop()
        if self._earliest <= loop.time():
            return
        self._pausing = loop.create_future()
        timer = loop.call_at(self._earliest, self.hurry)
        try:
            await self._pausing
        finally:
            timer.cancel()
            self._pausing = None

    def hurry(self) -> None:
        """End a pause."""
        if self._pausing is not None and not self._pausing.done():
            self._pausing.set_result(None)

    def stop(self) -> None:
        """Look no more for how long nothing was asked."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        due = self._last + self._idle_close
        if loop.time() < due:
            self._timer = loop.call_at(due, self._look)
        else:
            self._idle()

    def _heed(self) -> None:
        self._connect_delay = max((link.connect_delay for link in self._links), default=0.0)
        self._request_delay = max((link.request_delay for link in self._links), default=0.0)
        self._idle_close = min((link.idle_close for link in self._links if link.idle_close), default=0.0)
        self.stop()
        if self._idle_close and self._last:
            self._timer = asyncio.get_running_loop().call_at(self._last + self._idle_close, self._look)
