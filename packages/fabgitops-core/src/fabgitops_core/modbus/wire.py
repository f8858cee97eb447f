"""One connection: bytes out, one frame in. Knows who waits, and tells at once when the peer is gone."""

import asyncio
import ssl
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import cast

from fabgitops_core.control.plc.requests import ConnectionId, Transport
from fabgitops_core.engine.device_errors import BadReply
from fabgitops_core.modbus.frames.framings import MBAP
from fabgitops_core.modbus.frames.hearing import FASTEST, MOST_PASSED_OVER, Ear

GRACE_SECS = 0.001
"""Between the end of the time allowed and giving up, so that the loop looks at the socket once more: when the loop was
late itself, uvloop runs what is due before it reads what has come, and the device would be blamed for our delay."""


MAX_LATE = 64
"""Replies that a wire waits for in vain; the reply to one before that is taken for what nobody asked for."""

_NUMBERS = count(1)


class Wire(asyncio.BaseProtocol):
    """What carries one request at a time, over a stream or in datagrams; `number` tells it from every other.

    `late` are the transactions whose replies are left aside when they come after all.
    """

    __slots__ = ("_send", "_transport", "_waiter", "late", "number")

    _transport: asyncio.WriteTransport | asyncio.DatagramTransport | None
    _send: Callable[[bytes], None]

    def __init__(self) -> None:
        self.number = ConnectionId(next(_NUMBERS))
        self.late: dict[bytes, None] = {}
        self._transport = None
        self._waiter: asyncio.Future[bytes] | None = None

    @property
    def usable(self) -> bool:
        """Return whether it is connected."""
        return self._transport is not None and not self._transport.is_closing()

    async def ask(self, frame: bytes, timeout: float) -> bytes:
        """Send a frame at once and return what answers it: one frame, or whatever came that is none.

        Whoever is left without an answer, cancelled or not, must `drop` the wire, for an answer may still come; or
        `forgo` it, where a transaction id tells it from others.

        Raises:
            TimeoutError: Nothing whole came within `timeout` seconds.
            ConnectionError: The connection was closed; the text says why where the system knows.
            BadReply: What came over a serial line speaks against any answer.
        """
        if self._transport is None:
            raise ConnectionResetError
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[bytes] = loop.create_future()
        self._waiter = waiter
        timer = loop.call_later(timeout, self._look_again, waiter)
        self._send(frame)
        try:
            return await waiter
        finally:
            timer.cancel()

    @property
    def partial(self) -> bool:
        """Return whether a part of a reply has come."""
        return False

    @property
    def begun(self) -> bool:
        """Return whether what is waited for has begun to come, and not only what was forgone."""
        return False

    def forgo(self, transaction: bytes) -> None:
        """Leave the reply to a transaction aside when it comes."""
        self.late[transaction] = None
        if len(self.late) > MAX_LATE:
            del self.late[next(iter(self.late))]

    def drop(self) -> None:
        """Close at once, without waiting for what is still to be sent."""
        if self._transport is not None:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who waits."""
        self._transport = None
        self._fail(exc)

    def _answer(self, frame: bytes) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(frame)

    def _fail(self, exc: Exception | None) -> None:
        self._throw(_lost(exc))

    def _throw(self, exc: Exception) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(exc)

    def _look_again(self, waiter: asyncio.Future[bytes]) -> None:
        asyncio.get_running_loop().call_later(GRACE_SECS, _expire, waiter)


class Stream(Wire, asyncio.Protocol):
    """A TCP or TLS connection.

    What comes while nobody waits belongs to nothing that was asked, so the connection is dropped; but for the replies
    that were forgone.

    Args:
        size: Returns the bytes of the frame that a buffer begins with, or None while that cannot be known.
    """

    __slots__ = ("_buffer", "_size")

    def __init__(self, size: Callable[[bytes], int | None]) -> None:
        super().__init__()
        self._size = size
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the connection."""
        # A cast, not a check: uvloop's transports behave as asyncio's but do not descend from them.
        stream = cast(asyncio.Transport, transport)
        self._transport, self._send = stream, stream.write

    @property
    def partial(self) -> bool:
        """Return whether a part of a reply has come."""
        return bool(self._buffer)

    @property
    def begun(self) -> bool:
        """Return whether what is waited for has begun to come, and not only what was forgone."""
        return self.partial and self._buffer[:2] not in self.late

    def data_received(self, data: bytes) -> None:
        """Hand what came to who waits for it, once it is whole."""
        if self.late:
            data = self._without_late(data)
            if not data:
                return
        if self._waiter is None:
            self.drop()
            return
        if self._buffer:
            data = self._buffer + data
        size = self._size(data)
        if size is None or len(data) < size:
            self._buffer = data
            return
        self._buffer = b""
        self._answer(data)

    def _without_late(self, data: bytes) -> bytes:
        """Return what has come without the replies that were forgone; a part of one is kept until the rest is here."""
        data, self._buffer = self._buffer + data, b""
        while data[:2] in self.late:
            size = self._size(data)
            if size is None or len(data) < size:
                break
            del self.late[data[:2]]
            data = data[size:]
        else:
            if len(data) != 1:  # of which nobody can tell yet
                return data
        self._buffer = data
        return b""


class SerialLine(Stream):
    """A TCP connection to a converter, which carries what goes over its serial line: others' frames as well.

    They are passed over while an answer is waited for, and afterwards, as long as they come whole, and no faster than
    such a line is. `listen` says for which answer, before each request.
    """

    __slots__ = ("_ear", "_idle", "_since")

    def __init__(self) -> None:
        super().__init__(len)
        self._ear: Ear | None = None
        self._idle = 0
        self._since = 0.0

    @property
    def ear(self) -> Ear | None:
        """Return who listens for the answer to the last request."""
        return self._ear

    def listen(self, ear: Ear) -> None:
        """Listen for another answer from now on."""
        self._ear = ear
        self._idle, self._since = 0, asyncio.get_running_loop().time()

    @property
    def partial(self) -> bool:
        """Return whether anything has come since the last request."""
        return self._ear is not None and self._ear.touched

    @property
    def begun(self) -> bool:
        """Return whether a part of what may be the answer has come."""
        return self._ear is not None and self._ear.begun

    def data_received(self, data: bytes) -> None:
        """Hand the answer to who waits for it, once it is whole."""
        ear = self._ear
        if self._waiter is None or ear is None:
            if ear is None or self._floods(len(data)) or not ear.is_foreign(data):
                self.drop()
            return
        try:
            answer = ear.hear(data)
        except BadReply as error:
            self._throw(error)
            return
        if answer is not None:
            self._answer(answer)

    def _floods(self, more: int) -> bool:
        """Return whether more has come since nothing is waited for than a serial line carries: it would never rest."""
        self._idle += more
        return self._idle > MOST_PASSED_OVER + FASTEST * (asyncio.get_running_loop().time() - self._since)


class Datagrams(Wire, asyncio.DatagramProtocol):
    """A UDP socket that is connected to one device; a frame is one datagram.

    A datagram whose transaction id is not that of the request in hand may be one that was under way for long: it is
    ignored.
    """

    __slots__ = ("_transaction",)

    def __init__(self) -> None:
        super().__init__()
        self._transaction = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the socket."""
        datagrams = cast(asyncio.DatagramTransport, transport)

        def send(frame: bytes) -> None:
            self._transaction = frame[:2]
            datagrams.sendto(frame)

        self._transport, self._send = datagrams, send

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Hand a datagram to who waits for it."""
        del addr
        if data[:2] == self._transaction:
            self._answer(data)

    def error_received(self, exc: Exception) -> None:
        """Tell who waits that the system refuses to send, or was told that nobody is there."""
        self._fail(exc)


def _lost(exc: Exception | None) -> ConnectionResetError:
    if isinstance(exc, ssl.SSLError):  # whose number is no errno
        return ConnectionResetError(tls_words(exc))
    return ConnectionResetError(*exc.args) if exc else ConnectionResetError()


def tls_words(error: ssl.SSLError) -> str:
    """Return what OpenSSL says of an error, in words: `tlsv1 alert unknown ca`."""
    return f"TLS: {(error.reason or str(error)).replace('_', ' ').lower()}"


def _expire(waiter: asyncio.Future[bytes]) -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError())


def wire_of(transport: Transport) -> Callable[[], Stream]:
    """Return what makes the wire of a transport over TCP."""
    return SerialLine if transport is Transport.RTU_OVER_TCP else partial(Stream, MBAP.size)
