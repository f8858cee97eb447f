"""Making a connection: every address of a host, within one time limit, and its failure in one sentence."""

import asyncio
import os
import socket
import ssl
from functools import partial

from fabgitops_core.codec.networks import ANYWHERE, Networks
from fabgitops_core.control.plc.requests import Endpoint, TlsRef, Transport
from fabgitops_core.engine.device_errors import OutOfBounds, Unreachable
from fabgitops_core.modbus.addresses import Addresses, first_to_answer
from fabgitops_core.modbus.tls import TlsProvider, handshake_failure, system_tls
from fabgitops_core.modbus.wire import Datagrams, Wire, wire_of

UNDELIVERED_SECS = 15.0
"""How long the system tries to deliver what was sent. It would go on for minutes, even after the connection was closed:
a write that was given up, and perhaps followed by another, would reach the device when the network is mended. Less than
what is between the moment from which an operator writes no more and that from which another may (a Lease's 20 s)."""


async def connect(
    endpoint: Endpoint,
    place: Endpoint,
    addresses: Addresses,
    timeout: float,
    tls: TlsRef | None = None,
    provider: TlsProvider = system_tls,
    within: Networks = ANYWHERE,
) -> tuple[Wire, str]:
    """Return a wire to the first address of an endpoint's place that takes the connection, and which address that is.

    The place is where the endpoint is really reached (`route`); a certificate is for the endpoint's name.

    The loop's own way through the addresses is not used: it cannot say which one answered, and ends in an error that
    lists them all. The `timeout` is the caller's to keep.

    Of the addresses only those are tried that are `within` the ranges to which connections may be made: it is looked at
    what the name came to just now, and the connection is made to that, so that no answer of a resolver comes between.

    Raises:
        OutOfBounds: Not one is within.
        OSError: No address took it; the error is the first one's.
        ValueError: As OSError, where Python's own libraries find a name or an address that cannot be.
        Unreachable: There are no certificates for TLS.
    """
    name = (tls.server_name if tls else "") or endpoint.host
    context = await _context(endpoint, tls or TlsRef(), name, provider) if endpoint.transport is Transport.TLS else None
    found = await addresses.found(place)
    if not found:
        raise socket.gaierror(socket.EAI_NONAME, "the name has no address")
    allowed = [each for each in found if within.holds(each)]
    if not allowed:
        raise OutOfBounds(f"{endpoint} is not connected to: {within.refusal(found)}")
    return await first_to_answer(allowed, partial(_reach, place, context, name), timeout)


def reason(endpoint: Endpoint, place: Endpoint, error: Exception) -> str:
    """Return a sentence on why no connection was made, the same for the same reason."""
    if isinstance(error, socket.gaierror):
        return f"the host name {place.host!r} cannot be resolved: {error.strerror}"
    if isinstance(error, ssl.SSLError):
        return handshake_failure(endpoint, error)
    if isinstance(error, ConnectionRefusedError):
        return f"{endpoint} refused the connection"
    if isinstance(error, OSError):
        return f"{endpoint} cannot be reached: {cause(error)}"
    return f"{endpoint} cannot be reached with what the spec says: {error}"


def cause(error: OSError) -> str:
    """Return the system's words for an error: asyncio puts its own, with the address, in their place."""
    return os.strerror(error.errno).lower() if error.errno else str(error)


async def _context(endpoint: Endpoint, tls: TlsRef, name: str, provider: TlsProvider) -> ssl.SSLContext:
    try:
        context = await provider(tls)
    except ValueError as error:
        raise Unreachable(f"{endpoint} cannot be reached over TLS: {error}") from None
    except OSError as error:
        why = f"its TLS certificates could not be had: {cause(error)}"
        raise Unreachable(f"{endpoint} was not asked: {why}") from None
    # A name that cannot be is found here: asyncio would find it with a connection in its hands, and never close that.
    context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=name)
    return context


async def _reach(place: Endpoint, context: ssl.SSLContext | None, name: str, address: str) -> Wire:
    loop = asyncio.get_running_loop()
    if place.transport is Transport.UDP:
        _socket, datagrams = await loop.create_datagram_endpoint(Datagrams, remote_addr=(address, place.port))
        return datagrams
    stream = wire_of(place.transport)
    # asyncio and uvloop both set TCP_NODELAY: a request does not wait for company.
    transport, wire = await loop.create_connection(
        stream, address, place.port, ssl=context, server_hostname=name if context else None
    )
    if (option := getattr(socket, "TCP_USER_TIMEOUT", None)) is not None:  # Linux
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, option, int(1000 * UNDELIVERED_SECS))
    return wire
