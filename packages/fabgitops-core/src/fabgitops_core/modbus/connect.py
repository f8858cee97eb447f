"""Making a connection: every address of a host in turn, within one time limit, and its failure in one sentence."""

import asyncio
import os
import socket
import ssl
from functools import partial
from ipaddress import ip_address

from fabgitops_core.control.requests import Endpoint, TlsRef, Transport
from fabgitops_core.engine.errors import Unreachable
from fabgitops_core.modbus.frames.framings import framing_of
from fabgitops_core.modbus.tls import TlsProvider, handshake_failure, system_tls
from fabgitops_core.modbus.wire import Datagrams, Stream, Wire


async def connect(endpoint: Endpoint, tls: TlsRef | None = None, provider: TlsProvider = system_tls) -> Wire:
    """Return a wire to the first address of an endpoint that takes the connection.

    The loop's own way through the addresses is not used, since it ends in an error that lists them all.

    Raises:
        OSError: No address took it; the error is the first one's.
        Unreachable: There are no certificates for TLS.
    """
    context = await _context(endpoint, tls or TlsRef(), provider) if endpoint.transport is Transport.TLS else None
    name = (tls.server_name if tls else "") or endpoint.host
    failure: OSError | None = None
    for address in await _addresses(endpoint):
        try:
            return await _reach(endpoint, address, context, name)
        except OSError as error:
            failure = failure or error
    raise failure or socket.gaierror(socket.EAI_NONAME, "the name has no address")


def reason(endpoint: Endpoint, error: OSError) -> str:
    """Return a sentence on why no connection was made, the same for the same reason."""
    if isinstance(error, socket.gaierror):
        return f"the host name {endpoint.host!r} cannot be resolved: {error.strerror}"
    if isinstance(error, ssl.SSLError):
        return handshake_failure(endpoint, error)
    if isinstance(error, ConnectionRefusedError):
        return f"{endpoint} refused the connection"
    return f"{endpoint} cannot be reached: {cause(error)}"


def cause(error: OSError) -> str:
    """Return the system's words for an error: asyncio puts its own, with the address, in their place."""
    return os.strerror(error.errno).lower() if error.errno else str(error)


async def _context(endpoint: Endpoint, tls: TlsRef, provider: TlsProvider) -> ssl.SSLContext:
    try:
        return await provider(tls)
    except ValueError as error:
        raise Unreachable(f"{endpoint} cannot be reached over TLS: {error}") from None


async def _reach(endpoint: Endpoint, address: str, context: ssl.SSLContext | None, name: str) -> Wire:
    loop = asyncio.get_running_loop()
    if endpoint.transport is Transport.UDP:
        _socket, datagrams = await loop.create_datagram_endpoint(Datagrams, remote_addr=(address, endpoint.port))
        return datagrams
    stream = partial(Stream, framing_of(endpoint.transport).size)
    # asyncio and uvloop both set TCP_NODELAY: a request does not wait for company.
    _transport, wire = await loop.create_connection(
        stream, address, endpoint.port, ssl=context, server_hostname=name if context else None
    )
    return wire


async def _addresses(endpoint: Endpoint) -> list[str]:
    try:
        ip_address(endpoint.host)
    except ValueError:
        return await _resolved(endpoint)
    return [endpoint.host]


async def _resolved(endpoint: Endpoint) -> list[str]:
    loop = asyncio.get_running_loop()
    kind = socket.SOCK_DGRAM if endpoint.transport is Transport.UDP else socket.SOCK_STREAM
    try:
        found = await loop.getaddrinfo(endpoint.host, endpoint.port, type=kind)
    except UnicodeError as error:  # what the IDNA codec says of an empty or an overlong label
        raise socket.gaierror(socket.EAI_NONAME, "it is not a host name") from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
