"""A wire whose other end is in memory: what is written is answered at the next turn of the loop, as a test says."""

import asyncio
from collections.abc import Callable
from typing import cast

from fabgitops_core.control.plc.requests import Endpoint, Transport
from fabgitops_core.modbus.wire import Datagrams, Stream, Wire, wire_of

Far = Callable[[bytes], tuple[list[bytes], bool]]
"""Given a frame, returns the pieces that come back, and whether the connection then closes."""


class Memory(asyncio.Transport):
    """Either end of a stream or a datagram socket, as the session sees it."""

    def __init__(self, far: Far) -> None:
        super().__init__()
        self._far = far
        self._closing = False
        self.protocol: Wire | None = None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Have a frame answered soon."""
        asyncio.get_running_loop().call_soon(self._answer, bytes(data))

    sendto = write

    def is_closing(self) -> bool:
        """Return whether it is closed."""
        return self._closing

    def abort(self) -> None:
        """Close."""
        if not self._closing:
            self._closing = True
            asyncio.get_running_loop().call_soon(cast(Wire, self.protocol).connection_lost, None)

    def _answer(self, frame: bytes) -> None:
        pieces, closes = self._far(frame)
        for piece in pieces:
            if self._closing:
                return
            if isinstance(self.protocol, Datagrams):
                self.protocol.datagram_received(piece, None)
            else:
                cast(Stream, self.protocol).data_received(piece)
        if closes:
            self.abort()


def wire_to(endpoint: Endpoint, far: Far) -> Wire:
    """Return a connected wire to what answers."""
    transport = Memory(far)
    wire = Datagrams() if endpoint.transport is Transport.UDP else wire_of(endpoint.transport)()
    transport.protocol = wire
    wire.connection_made(transport)
    return wire
