"""Where a scripted device is reached: over TCP, with or without TLS or RTU's frames, and over UDP."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import cache
from typing import Any, cast

import trustme
from fabgitops_core.control.plc.requests import Endpoint, Transport

from .peer import IDENTIFY, WRITE_COILS, WRITE_MULTIPLE, Exchange, Peer

MASK_WRITE_BYTES, SHORT_BYTES, IDENTIFY_BYTES = 10, 8, 7


@cache
def authority() -> trustme.CA:
    """Return the CA that signs the devices' certificates."""
    return trustme.CA()


def server_tls(name: str = "127.0.0.1", ca: trustme.CA | None = None) -> ssl.SSLContext:
    """Return what a device with a certificate for a name serves TLS with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (ca or authority()).issue_cert(name).configure_cert(context)
    return context


@asynccontextmanager
async def peer_on(
    listener: socket.socket, transport: Transport = Transport.TCP, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Peer]:
    """Serve on a bound socket; leaves no connection and no task behind."""
    host, port = listener.getsockname()[:2]
    peer = Peer(Endpoint(host, port, transport))
    if transport is Transport.TLS:
        tls = tls or server_tls()
    loop = asyncio.get_running_loop()
    accepted: list[asyncio.Task[None]] = []

    async def accept() -> None:
        # Not asyncio's server, whose last connection may come about after it was closed and then belongs to nobody.
        while True:
            connection, _address = await loop.sock_accept(listener)
            peer.connections += 1
            accepted.append(loop.create_task(_serve(peer, connection, tls)))

    listener.setblocking(False)
    listener.listen()
    accepting = loop.create_task(accept())
    try:
        yield peer
    finally:
        accepting.cancel()
        await asyncio.wait([accepting])
        listener.close()
        for serving in accepted:
            serving.cancel()
        ended = await asyncio.gather(accepting, *accepted, return_exceptions=True)
        assert all(each is None or isinstance(each, asyncio.CancelledError) for each in ended), ended


async def _serve(peer: Peer, connection: socket.socket, tls: ssl.SSLContext | None) -> None:
    """Serve one connection until the other side leaves."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    try:
        transport, _protocol = await loop.connect_accepted_socket(lambda: protocol, connection, ssl=tls)
    except (OSError, asyncio.CancelledError):  # no handshake
        connection.close()
        return
    writer = asyncio.StreamWriter(transport, protocol, reader, loop)
    peer.writers.add(writer)
    try:
        with suppress(asyncio.IncompleteReadError, OSError):  # the other side left, which is what ends a connection
            while True:
                await peer.answer(await _request(peer, reader), writer)
    finally:
        peer.writers.discard(writer)
        writer.transport.abort()


async def _request(peer: Peer, reader: asyncio.StreamReader) -> bytes:
    if not peer.rtu:
        header = await reader.readexactly(6)
        return header + await reader.readexactly(int.from_bytes(header[4:], "big"))
    start = await reader.readexactly(IDENTIFY_BYTES)
    if start[1] == IDENTIFY:
        return start
    if start[1] in (WRITE_COILS, WRITE_MULTIPLE):
        return start + await reader.readexactly(start[6] + 2)
    size = MASK_WRITE_BYTES if start[1] == 22 else SHORT_BYTES
    return start + await reader.readexactly(size - len(start))


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.callers: set[object] = set()
        self.tasks: list[asyncio.Task[None]] = []
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.callers.add(addr)
        self.peer.connections = len(self.callers)

        def reply(answer: bytes) -> None:
            assert self.transport is not None
            self.transport.sendto(answer, addr)

        exchange = Exchange(data, self.peer.proper(data), reply=reply)
        self.tasks.append(asyncio.get_running_loop().create_task(self.peer.meet(exchange)))


@asynccontextmanager
async def udp_peer() -> AsyncIterator[Peer]:
    """Serve over UDP."""
    loop = asyncio.get_running_loop()
    peer = Peer(Endpoint("127.0.0.1", 1, Transport.UDP))
    transport, protocol = await loop.create_datagram_endpoint(lambda: _Datagrams(peer), ("127.0.0.1", 0))
    peer.endpoint = Endpoint("127.0.0.1", transport.get_extra_info("sockname")[1], Transport.UDP)
    try:
        yield peer
    finally:
        transport.abort()
        for task in protocol.tasks:
            task.cancel()
        await asyncio.gather(*protocol.tasks, return_exceptions=True)


@contextmanager
def bound(host: str = "127.0.0.1", port: int = 0) -> Iterator[socket.socket]:
    """Yield a socket that has a port (0: one of its own) but does not listen, so that connections are refused."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
        listener.bind((host, port))
        yield listener


@asynccontextmanager
async def served(transport: Transport) -> AsyncIterator[Peer]:
    """Serve over a transport, on a port of its own."""
    if transport is Transport.UDP:
        async with udp_peer() as peer:
            yield peer
        return
    with bound() as listener:
        async with peer_on(listener, transport) as peer:
            yield peer
