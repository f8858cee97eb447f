"""The addresses of a host: which are tried first, and that a silent one does not use up the time of the others."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address

from fabgitops_core.control.plc.requests import Endpoint, Transport
from fabgitops_core.modbus.wire import Wire

STAGGER_SECS = 0.25
"""The next address is tried when the one before has not answered for so long (RFC 8305, section 5)."""


class Addresses:
    """The addresses of the place where one endpoint is reached, in the order in which they are worth a try.

    First comes the one that answered last, then those of which nothing is known, as the resolver sorts them, and last
    those that took a connection and then answered nothing.
    """

    __slots__ = ("_good", "_silent")

    def __init__(self) -> None:
        self._good = ""
        self._silent: list[str] = []

    async def found(self, place: Endpoint) -> list[str]:
        """Return those that the place has now.

        Raises:
            OSError: The host name cannot be resolved.
        """
        try:
            ip_address(place.host)
        except ValueError:
            return sorted(await _resolved(place), key=self._rank)
        return [place.host]

    def answered(self, address: str) -> None:
        """Note that an address answered a request, or took a connection."""
        self._good = address

    def let_down(self, address: str) -> None:
        """Note that a connection to an address ended without an answer to any request."""
        if self._good == address:
            self._good = ""
        self._silent = [*(each for each in self._silent if each != address), address]

    def _rank(self, address: str) -> int:
        if address == self._good:
            return -1
        return self._silent.index(address) + 1 if address in self._silent else 0


async def _resolved(endpoint: Endpoint) -> list[str]:
    loop = asyncio.get_running_loop()
    kind = socket.SOCK_DGRAM if endpoint.transport is Transport.UDP else socket.SOCK_STREAM
    try:
        found = await loop.getaddrinfo(endpoint.host, endpoint.port, type=kind)
    except UnicodeError as error:  # what the IDNA codec says of an empty or an overlong label
        raise socket.gaierror(socket.EAI_NONAME, "it is not a host name") from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def first_to_answer(
    addresses: Sequence[str], reach: Callable[[str], Awaitable[Wire]], timeout: float
) -> tuple[Wire, str]:
    """Return a wire to the first address that takes the connection, and which that is.

    Each is tried as soon as the one before has failed, or has not answered for a while; what comes too late is closed.

    Args:
        addresses: One or more, in the order in which they are tried.
        reach: Makes a connection to one.
        timeout: The seconds that the caller allows for all; each has its turn in the first half of them.

    Raises:
        Exception: None took it; the error is the first one's.
    """
    if len(addresses) == 1:
        return await reach(addresses[0]), addresses[0]
    stagger = min(STAGGER_SECS, timeout / 2 / len(addresses))
    attempts: dict[asyncio.Task[Wire], str] = {}
    winner: asyncio.Task[Wire] | None = None
    try:
        for address in addresses:
            attempts[asyncio.ensure_future(_tried(reach, address))] = address
            winner = await _winner(attempts, stagger if len(attempts) < len(addresses) else None)
            if winner is not None:
                return winner.result(), attempts[winner]
        raise next(error for attempt in attempts if (error := attempt.exception()) is not None)
    finally:
        for attempt in attempts:
            if attempt is not winner:
                attempt.cancel()
                attempt.add_done_callback(_let_go)


async def _tried(reach: Callable[[str], Awaitable[Wire]], address: str) -> Wire:
    return await reach(address)


async def _winner(attempts: dict[asyncio.Task[Wire], str], stagger: float | None) -> asyncio.Task[Wire] | None:
    """Return the first that succeeds; None when one fails or the time is over, without a time when all have failed."""
    while pending := [attempt for attempt in attempts if not attempt.done()]:
        done, _ = await asyncio.wait(pending, timeout=stagger, return_when=asyncio.FIRST_COMPLETED)
        for attempt in done:
            if attempt.exception() is None:
                return attempt
        if stagger is not None:
            break
    return None


def _let_go(attempt: asyncio.Task[Wire]) -> None:
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().drop()
