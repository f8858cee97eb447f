"""Listens for a station: sockets on one side, its peers on the other."""

import asyncio
import errno
import socket
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from mock_plc.errors import MockPlcError
from mock_plc.net.peer import Link, Peer
from mock_plc.net.station import Station
from mock_plc.net.transport import Transport
from mock_plc.wire.framing import Unframed

MAX_UDP_PEERS = 256
"""How many clients a station knows at once over UDP, where none says that it leaves. The oldest is forgotten."""


class ListenError(MockPlcError):
    """Nothing can be served at the address: its text says where, why, and what to do."""


@asynccontextmanager
async def listening(
    station: Station, host: str = "127.0.0.1", port: int = 0, *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Serve a station and yield the port it listens on; port 0 takes a free one.

    At the end all connections are closed.

    Raises:
        ListenError: The address cannot be listened on.
        ValueError: The station's transport is TLS and there is no context for it, or the other way round.
    """
    if (station.transport is Transport.TLS) is not bool(tls):
        raise ValueError(f"{station.transport} and {'a' if tls else 'no'} TLS context do not go together")
    try:
        listener, bound = await _listen(station, host, port, tls)
    except (OSError, UnicodeError) as error:  # UnicodeError: a host name that cannot be one
        raise ListenError(f"cannot listen on {endpoint(host, port)}: {_remedy(error)}") from None
    station.start(bound)
    try:
        yield bound
    finally:
        listener.close()
        station.stop()
        await asyncio.sleep(0)  # what was closed tells its protocols so before the loop may end


async def _listen(
    station: Station, host: str, port: int, tls: ssl.SSLContext | None
) -> tuple[asyncio.Server | asyncio.DatagramTransport, int]:
    loop = asyncio.get_running_loop()
    if station.transport is Transport.UDP:
        bound = await _bound(host, port)
        datagrams, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(station), sock=bound)
        return datagrams, bound.getsockname()[1]
    server = await loop.create_server(lambda: _Stream(station), host, port, ssl=tls, backlog=1024)
    return server, server.sockets[0].getsockname()[1]


async def _bound(host: str, port: int) -> socket.socket:
    """Return a UDP socket that is bound; not left to the event loop, because uvloop does not say why it cannot."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    family, kind, protocol, _, address = found[0]
    made = socket.socket(family, kind, protocol)
    try:
        made.setblocking(False)
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made


def endpoint(host: str, port: int) -> str:
    """Return `host:port`, with an IPv6 address in brackets (RFC 3986, section 3.2.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _remedy(error: OSError | UnicodeError) -> str:
    # From Python 3.13 on, asyncio tells of a foreign address by an error without a number.
    if isinstance(error, UnicodeError | socket.gaierror) or error.errno in (errno.EADDRNOTAVAIL, None):
        return "this machine has no such address; --bind 127.0.0.1 is itself, 0.0.0.0 all its IPv4 addresses"
    if error.errno == errno.EADDRINUSE:
        return "the port is in use; end what uses it or choose another one (--port 0 takes a free one)"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "not allowed, as for most users below port 1024; choose a higher one (--port 0 takes a free one)"
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return "too many open files; raise the limit (ulimit -n) or serve fewer devices"
    return str(error)


class _Stream(asyncio.Protocol):
    """One connection, over TCP or TLS."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._peer: Peer | None = None
        self._held = self._full = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, or end it where the station takes no more."""
        self._transport = cast(asyncio.Transport, transport)
        if not self._station.admits():
            self._transport.abort()
            return
        self._peer = Peer(self._station, Link(self._transport.write, self._transport.close, self._hold))
        self._station.connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Answer what has arrived whole."""
        if not self._peer or not self._transport:
            return
        self._buffer += data
        try:
            frames = self._station.framing.take(self._buffer)
        except Unframed:
            self._transport.close()
            return
        for frame in frames:
            if self._transport.is_closing():  # the one before was the last
                return
            self._peer.receive(frame)

    def connection_lost(self, error: Exception | None) -> None:
        """Forget the client."""
        self._station.connections.discard(self)
        if self._peer:
            self._peer.forget()

    def close(self) -> None:
        """End the connection without sending what is still to be sent, or doing what still waits."""
        if self._peer:
            self._peer.forget()
        if self._transport:
            self._transport.abort()

    def pause_writing(self) -> None:
        """Take no more requests from a client that does not take its answers."""
        self._full = True
        self._read_or_not()

    def resume_writing(self) -> None:
        """Take requests again."""
        self._full = False
        self._read_or_not()

    def _hold(self, held: bool) -> None:
        if held is not self._held:
            self._held = held
            self._read_or_not()

    def _read_or_not(self) -> None:
        if not self._transport or self._transport.is_closing():
            return
        if self._held or self._full:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()


class _Datagrams(asyncio.DatagramProtocol):
    """One UDP socket: each datagram is one frame, and what is not one is dropped."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._transport: asyncio.DatagramTransport | None = None
        self._peers: OrderedDict[tuple[str, int], Peer] = OrderedDict()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be ready."""
        self._transport = cast(asyncio.DatagramTransport, transport)
        self._station.connections.add(self)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        """Answer a datagram to where it came from."""
        if self._station.booting:
            return
        buffer = bytearray(data)
        try:
            frames = self._station.framing.take(buffer)
        except Unframed:
            return
        if len(frames) == 1 and not buffer:
            self._peer(address).receive(frames[0])

    def _peer(self, address: tuple[str, int]) -> Peer:
        known = self._peers.pop(address, None)
        if known is None:
            if len(self._peers) >= MAX_UDP_PEERS:
                self._peers.popitem(last=False)[1].forget()
            link = Link(lambda answer: self._send(answer, address), lambda: None, connected=False)
            known = Peer(self._station, link)
        self._peers[address] = known
        return known

    def _send(self, answer: bytes, address: tuple[str, int]) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.sendto(answer, address)

    def connection_lost(self, error: Exception | None) -> None:
        """Forget all clients."""
        self.close()

    def close(self) -> None:
        """Forget all clients, and what they were still to be sent; the socket stays."""
        while self._peers:
            self._peers.popitem()[1].forget()
