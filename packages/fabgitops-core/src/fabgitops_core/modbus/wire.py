"""One TCP connection: bytes out, one frame in. Knows who waits, and tells them at once when the peer is gone."""

import asyncio
from typing import cast

from fabgitops_core.engine.errors import BadReply, ConnectionLost, DeviceError
from fabgitops_core.modbus.frames import frame_length


class Wire(asyncio.Protocol):
    """An asyncio protocol that carries one request at a time.

    What comes while nobody waits belongs to nothing that was asked, so the connection is dropped.
    """

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[bytes] | None = None
        self._buffer = bytearray()

    @property
    def usable(self) -> bool:
        """Return whether it is connected."""
        return self._transport is not None and not self._transport.is_closing()

    def ask(self, frame: bytes) -> asyncio.Future[bytes]:
        """Send a frame and return the future of the frame that answers it; only one at a time."""
        waiter: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        if self._transport is None or self._transport.is_closing():
            waiter.set_exception(ConnectionLost("the connection is closed"))
            return waiter
        self._waiter = waiter
        self._transport.write(frame)
        return waiter

    def drop(self) -> None:
        """Close at once, without waiting for what is still to be sent."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the connection."""
        # A cast, not a check: uvloop's transports behave as asyncio's but do not descend from them.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Hand a whole frame to who waits for it."""
        if self._waiter is None:
            self.drop()
            return
        self._buffer += data
        try:
            length = frame_length(self._buffer)
        except BadReply as error:
            self._fail(error)
            self.drop()
            return
        if length is None or len(self._buffer) < length:
            return
        if len(self._buffer) > length:
            self._fail(BadReply("more came than one answer"))
            self.drop()
            return
        frame, waiter = bytes(self._buffer), self._waiter
        self._buffer.clear()
        self._waiter = None
        if not waiter.done():
            waiter.set_result(frame)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who waits."""
        self._transport = None
        self._fail(ConnectionLost(str(exc) if exc else "the peer closed the connection"))

    def _fail(self, error: DeviceError) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(error)
