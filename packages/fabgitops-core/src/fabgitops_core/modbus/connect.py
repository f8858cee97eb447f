"""Making a connection: every address of a host in turn, within one time limit, and its failure in one sentence."""

import asyncio
import os
import socket
from ipaddress import ip_address

from fabgitops_core.control.requests import Endpoint
from fabgitops_core.modbus.wire import Wire


async def connect(endpoint: Endpoint) -> Wire:
    """Return a wire to the first address of an endpoint that takes the connection.

    The loop's own way through the addresses is not used, since it ends in an error that lists them all.

    Raises:
        OSError: No address took it; the error is the first one's.
    """
    loop = asyncio.get_running_loop()
    failure: OSError | None = None
    for address in await _addresses(endpoint):
        try:
            # asyncio and uvloop both set TCP_NODELAY: a request does not wait for company.
            _transport, wire = await loop.create_connection(Wire, address, endpoint.port)
        except OSError as error:
            failure = failure or error
        else:
            return wire
    raise failure or socket.gaierror(socket.EAI_NONAME, "the name has no address")


def reason(endpoint: Endpoint, error: OSError) -> str:
    """Return a sentence on why no connection was made, the same for the same reason."""
    if isinstance(error, socket.gaierror):
        return f"the host name {endpoint.host!r} cannot be resolved: {error.strerror}"
    if isinstance(error, ConnectionRefusedError):
        return f"{endpoint} refused the connection"
    return f"{endpoint} cannot be reached: {cause(error)}"


def cause(error: OSError) -> str:
    """Return the system's words for an error: asyncio puts its own, with the address, in their place."""
    return os.strerror(error.errno).lower() if error.errno else str(error)


async def _addresses(endpoint: Endpoint) -> list[str]:
    try:
        ip_address(endpoint.host)
    except ValueError:
        return await _resolved(endpoint)
    return [endpoint.host]


async def _resolved(endpoint: Endpoint) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # what the IDNA codec says of an empty or an overlong label
        raise socket.gaierror(socket.EAI_NONAME, "it is not a host name") from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
