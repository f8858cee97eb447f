"""Reaching an endpoint: a connect has a time limit and can be given up, and the many who share it share its failure."""

import asyncio
import random
import ssl

from fabgitops_core.codec.networks import ANYWHERE, Networks
from fabgitops_core.control.plc.requests import Endpoint, TlsRef, Transport
from fabgitops_core.engine.device_errors import OutOfBounds, Unreachable
from fabgitops_core.modbus.addresses import Addresses
from fabgitops_core.modbus.connect import connect, reason
from fabgitops_core.modbus.route import Route
from fabgitops_core.modbus.tls import TlsProvider
from fabgitops_core.modbus.wire import Wire

FIRST_PAUSE_SECS = 0.1
MAX_PAUSE_SECS = 1.0
"""After a failed connect nobody but an urgent request tries again before min(0.1 x 2^n, 1) s are over. The circuit
breaker, which opens for 2 s and more, stands above this; here the many who share an endpoint share a failure."""


class Reaching:
    """The way to one endpoint.

    Args:
        endpoint: Whom to connect to.
        tls: Which certificates to use; None without TLS.
        provider: Where they come from.
        route: Where the endpoint is really reached.
        within: The addresses to which a connection may be made; looked at when the endpoint is resolved.
    """

    __slots__ = (
        "_addresses",
        "_certified",
        "_connecting",
        "_endpoint",
        "_failures",
        "_given_up",
        "_last_failure",
        "_pause_until",
        "_provider",
        "_route",
        "_tls",
        "_used",
        "_within",
    )

    def __init__(
        self,
        endpoint: Endpoint,
        tls: TlsRef | None,
        provider: TlsProvider,
        route: Route,
        within: Networks = ANYWHERE,
    ) -> None:
        self._endpoint = endpoint
        self._tls = tls
        self._provider = provider
        self._route = route
        self._within = within
        self._addresses = Addresses()
        self._used = ""
        self._connecting: asyncio.Timeout | None = None
        self._certified = False
        self._given_up = False
        self._failures = 0
        self._pause_until = 0.0
        self._last_failure = ""

    async def connect(self, timeout: float, *, urgent: bool) -> Wire:
        """Return a new connection, made within `timeout` seconds.

        Raises:
            OutOfBounds: None may be made to any address that it has now; nobody waits for the next try.
            Unreachable: None could be made; `tried` is false where one failed a moment ago and is only told again.
        """
        if asyncio.get_running_loop().time() < self._pause_until and not urgent:
            raise Unreachable(self._last_failure, tried=False)
        self._certified = self._endpoint.transport is not Transport.TLS
        place = self._endpoint
        try:
            place = self._route(self._endpoint)
            async with asyncio.timeout(timeout) as self._connecting:
                wire, self._used = await connect(
                    self._endpoint, place, self._addresses, timeout, self._tls, self._provide, self._within
                )
        except TimeoutError:
            if self._given_up:
                raise self.given_up() from None
            late = "took no connection" if self._certified else "was not asked: its TLS certificates could not be had"
            raise self._failed(f"{self._endpoint} {late} within {timeout:g} s", place) from None
        except OutOfBounds:
            raise
        except Unreachable as error:
            raise self._failed(str(error), place) from None
        # Beside what the system says: what Python's ssl, its IDNA codec or a loop find in a name that cannot be.
        except (OSError, ValueError, TypeError, ArithmeticError) as error:
            raise self._failed(reason(self._endpoint, place, error), place) from None
        finally:
            self._connecting = None
        if self._given_up:  # in the same turn of the loop that made the connection, too late to stop it
            wire.drop()
            raise self.given_up()
        self._addresses.answered(self._used)
        self._failures = 0
        self._pause_until = 0.0
        return wire

    def let_down(self) -> None:
        """Note that the last connection ended without an answer to any request: others of the host go before it."""
        self._addresses.let_down(self._used)

    def give_up(self) -> None:
        """End the connect that is under way, and every one after it."""
        self._given_up = True
        if self._connecting is not None and not self._connecting.expired():
            self._connecting.reschedule(asyncio.get_running_loop().time())

    def given_up(self) -> Unreachable:
        """Return what ends a request whose connection was given up."""
        return Unreachable(f"the connection to {self._endpoint} was given up", tried=False)

    async def _provide(self, ref: TlsRef) -> ssl.SSLContext:
        context = await self._provider(ref)
        self._certified = True
        return context

    def _failed(self, message: str, place: Endpoint) -> Unreachable:
        """Note a failed connect and how long it holds for those who come after."""
        if place != self._endpoint:
            message += f" (it was sought at {place})"
        pause = min(FIRST_PAUSE_SECS * 2.0 ** min(self._failures, 10), MAX_PAUSE_SECS)
        self._failures += 1
        self._last_failure = message
        self._pause_until = asyncio.get_running_loop().time() + pause * random.uniform(0.8, 1)  # noqa: S311
        return Unreachable(message)
