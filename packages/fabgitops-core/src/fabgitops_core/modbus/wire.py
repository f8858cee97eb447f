"""One TCP connection: bytes out, one frame in. Knows who waits, and tells at once when the peer is gone."""

import asyncio
from typing import cast

from fabgitops_core.modbus.frames import frame_size

GRACE_SECS = 0.001
"""Between the end of the time allowed and giving up, so that the loop looks at the socket once more: when the loop was
late itself, uvloop runs what is due before it reads what has come, and the device would be blamed for our delay."""


class Wire(asyncio.Protocol):
    """An asyncio protocol that carries one request at a time.

    What comes while nobody waits belongs to nothing that was asked, so the connection is dropped.
    """

    __slots__ = ("_buffer", "_transport", "_waiter")

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[bytes] | None = None
        self._buffer = b""

    @property
    def usable(self) -> bool:
        """Return whether it is connected."""
        return self._transport is not None and not self._transport.is_closing()

    async def ask(self, frame: bytes, timeout: float) -> bytes:
        """Send a frame at once and return what answers it: one frame, or whatever came that is none.

        Whoever is left without an answer, cancelled or not, must `drop` the wire: an answer may still come.

        Raises:
            TimeoutError: Nothing whole came within `timeout` seconds.
            ConnectionError: The connection was closed; the text says why where the system knows.
        """
        transport = self._transport
        if transport is None:
            raise ConnectionResetError
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[bytes] = loop.create_future()
        self._waiter = waiter
        timer = loop.call_later(timeout, self._look_again, waiter)
        transport.write(frame)
        try:
            return await waiter
        finally:
            timer.cancel()

    def drop(self) -> None:
        """Close at once, without waiting for what is still to be sent."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the connection."""
        # A cast, not a check: uvloop's transports behave as asyncio's but do not descend from them.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Hand what came to who waits for it, once it is whole."""
        waiter = self._waiter
        if waiter is None:
            self.drop()
            return
        if self._buffer:
            data = self._buffer + data
        size = frame_size(data)
        if size is None or len(data) < size:
            self._buffer = data
            return
        self._buffer = b""
        self._waiter = None
        if not waiter.done():
            waiter.set_result(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who waits."""
        self._transport = None
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(ConnectionResetError(*exc.args) if exc else ConnectionResetError())

    def _look_again(self, waiter: asyncio.Future[bytes]) -> None:
        asyncio.get_running_loop().call_later(GRACE_SECS, _expire, waiter)


def _expire(waiter: asyncio.Future[bytes]) -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError())
