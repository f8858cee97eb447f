"""A connection to an API server: HTTP/1.1 (RFC 9112) by h11, which nothing else imports, on asyncio's streams."""

import asyncio
import zlib
from collections.abc import AsyncGenerator, Sequence
from typing import NamedTuple

import h11

PART = 2**16
"""Bytes that are read at a time."""
HEAD = 2**16
"""Bytes that the head of an answer may have."""

_GZIP = 16 + zlib.MAX_WBITS

Headers = Sequence[tuple[str, str]]


class Request(NamedTuple):
    """What is sent: a target as it stands in the request line (RFC 9112, section 3.2), headers, and a body."""

    method: str
    target: str
    headers: Headers
    body: bytes = b""


class Head(NamedTuple):
    """How an answer begins."""

    status: int
    reason: str
    packed: bool
    """Whether what follows is compressed by gzip."""
    date: str = ""
    """When it was sent, as the header Date says it."""


class Connection:
    """Sends one request after the other. Every method raises OSError when the other side does not do its part."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeout: float) -> None:
        """Take a connection that is open.

        Args:
            reader: What comes.
            writer: What goes.
            timeout: Seconds that each silence may last; TimeoutError after that.
        """
        self._reader, self._writer, self._timeout = reader, writer, timeout
        self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD)

    @property
    def idle(self) -> bool:
        """Return whether another request can be sent."""
        over = self._reader.at_eof() or self._writer.is_closing()
        return self._state.our_state is h11.IDLE and not over

    def close(self) -> None:
        """Close at once, whatever is under way."""
        self._writer.transport.abort()

    async def ask(self, request: Request) -> Head:
        """Send a request, and return how the answer begins."""
        try:
            self._send(request)
            async with asyncio.timeout(self._timeout):
                await self._writer.drain()
        except h11.LocalProtocolError as error:
            raise OSError(f"what is to be sent is no HTTP: {error}") from error
        while not isinstance(event := await self._next(self._timeout), h11.Response):
            pass  # 1xx, of which any number may come before (RFC 9110, section 15.2)
        packed = any(name == b"content-encoding" and value.lower() == b"gzip" for name, value in event.headers)
        date = next((value for name, value in event.headers if name == b"date"), b"")
        return Head(event.status_code, event.reason.decode("latin-1"), packed, date.decode("latin-1"))

    def _send(self, request: Request) -> None:
        length = [("Content-Length", str(len(request.body)))] if request.body else []
        headers = [(name.encode(), value.encode()) for name, value in (*request.headers, *length)]
        begin = h11.Request(method=request.method, target=request.target, headers=headers)
        self._writer.write(self._state.send(begin) or b"")
        if request.body:
            self._writer.write(self._state.send(h11.Data(data=request.body)) or b"")
        self._writer.write(self._state.send(h11.EndOfMessage()) or b"")

    async def parts(self, head: Head, timeout: float) -> AsyncGenerator[bytes, None]:
        """Yield the body of the answer as it comes; after the last part another request can be sent."""
        unpack = zlib.decompressobj(_GZIP).decompress if head.packed else bytes
        while isinstance(event := await self._next(timeout), h11.Data):
            try:
                yield unpack(event.data)
            except zlib.error as error:
                raise OSError(f"the answer is not compressed as it says: {error}") from error
        if self._state.our_state is h11.DONE and self._state.their_state is h11.DONE:
            self._state.start_next_cycle()

    async def _next(self, timeout: float) -> object:
        while True:
            try:
                event = self._state.next_event()
                if event is not h11.NEED_DATA:
                    return event
                async with asyncio.timeout(timeout):
                    data = await self._reader.read(PART)
                if not data and self._state.their_state is h11.SEND_RESPONSE:
                    raise ConnectionError("the server closed the connection instead of answering")
                self._state.receive_data(data)
            except h11.RemoteProtocolError as error:
                raise ConnectionError(f"what comes is no HTTP: {error}") from error
