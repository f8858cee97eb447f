"""One connection to one endpoint, shared by all who name it: one request at a time, nothing repeated.

pymodbus's client is not used: it repeats requests, takes a late or a wrong reply for the right one, and notices a
closed peer only after its timeouts. Its framer and its PDUs are (see `frames`).

A connection outlives a request only when that request was answered properly, be it with an exception. After a timeout,
a bad reply, and after a caller who left with the reply still to come, it is closed: the next request has a new one, on
which no late reply can arrive.
"""

import asyncio
import random
from collections.abc import Callable

from fabgitops_core.control.requests import Endpoint
from fabgitops_core.engine.errors import (
    BadReply,
    ConnectionLost,
    DeviceError,
    NoReply,
    Refused,
    Unreachable,
    Withdrawn,
)
from fabgitops_core.modbus.connect import cause, connect, reason
from fabgitops_core.modbus.frames import Request
from fabgitops_core.modbus.turns import Turns
from fabgitops_core.modbus.wire import Wire

FIRST_PAUSE_SECS = 0.1
MAX_PAUSE_SECS = 1.0
"""After a failed connect nobody but an urgent request tries again before min(0.1 x 2^n, 1) s are over. The circuit
breaker, which opens for 2 s and more, stands above this; here the many who share an endpoint share a failure."""

OnRequest = Callable[[str, str], None]
"""Told of each request its function and its result."""

_RESULTS = {
    Withdrawn: "withdrawn",
    Unreachable: "unreachable",
    Refused: "refused",
    NoReply: "no_reply",
    ConnectionLost: "connection_lost",
    BadReply: "bad_reply",
}


class Session:
    """The connection to an endpoint; opened by the first request, and again after it was lost.

    Args:
        endpoint: Where to connect.
        on_request: Told of each request that came to an end; one whose caller left is not told of.
        on_end: Called with the session when its last share was given up and the request in hand is done.
    """

    __slots__ = (
        "_aborted",
        "_connecting",
        "_failures",
        "_last_failure",
        "_on_end",
        "_on_request",
        "_pause_until",
        "_shares",
        "_transaction",
        "_turns",
        "_wire",
        "endpoint",
    )

    def __init__(self, endpoint: Endpoint, on_request: OnRequest, on_end: Callable[["Session"], None]) -> None:
        self.endpoint = endpoint
        self._on_request = on_request
        self._on_end = on_end
        self._shares = 0
        self._aborted = False
        self._turns = Turns()
        self._wire: Wire | None = None
        self._connecting: asyncio.Timeout | None = None
        self._transaction = random.randrange(0x10000)  # noqa: S311 - tells connections apart, keeps no secret
        self._failures = 0
        self._pause_until = 0.0
        self._last_failure = ""

    def join(self) -> None:
        """Take a share."""
        self._shares += 1

    def leave(self) -> None:
        """Give up a share; the last closes the connection after the request in hand."""
        self._shares -= 1
        self._end_if_done()

    def abort(self) -> None:
        """Close now and for good: requests under way end with `ConnectionLost`, or `Unreachable`."""
        self._aborted = True
        self._drop()
        if self._connecting is not None and not self._connecting.expired():
            self._connecting.reschedule(asyncio.get_running_loop().time())

    async def ended(self) -> None:
        """Wait until no request is under way: for a turn after everybody else's."""
        await self._turns.take(urgent=False)
        self._turns.give()

    async def ask(
        self,
        request: Request,
        *,
        timeout: float,
        urgent: bool,
        held: Callable[[], bool],
        wanted: Callable[[], bool] | None = None,
    ) -> tuple[int, ...]:
        """Carry out one request in its turn, as `Device.read` and `Device.write` say; return the words it was for.

        `held` tells whether its share is still held; one that was given up sends nothing from then on.
        """
        await self._turns.take(urgent=urgent)
        try:
            if self._aborted:
                raise self._given_up()
            if not held():
                raise Withdrawn(f"the share of the connection to {self.endpoint} was given up before {request.what}")
            wire = self._wire
            if wire is None or not wire.usable:
                _check_wanted(request, wanted)
                wire = await self._connect(timeout, urgent)
            _check_wanted(request, wanted)
            words = await self._exchange(wire, request, timeout)
        except DeviceError as error:
            self._on_request(request.function, _RESULTS[type(error)])
            raise
        finally:
            self._turns.give()
            self._end_if_done()
        self._on_request(request.function, "ok")
        return words

    async def _exchange(self, wire: Wire, request: Request, timeout: float) -> tuple[int, ...]:
        """Send a request once and return the words of its reply."""
        self._transaction = (self._transaction + 1) & 0xFFFF
        transaction = self._transaction.to_bytes(2, "big")
        proper = False
        try:
            words = request.words_of(await wire.ask(transaction + request.frame, timeout), transaction)
            proper = True
        except Refused:
            proper = True
            raise
        except TimeoutError:
            raise NoReply(f"{request.who} did not answer {request.what} within {timeout:g} s") from None
        except ConnectionError as error:
            raise self._lost(request, error) from None
        finally:
            if not proper:
                self._drop()
        return words

    async def _connect(self, timeout: float, urgent: bool) -> Wire:
        loop = asyncio.get_running_loop()
        if loop.time() < self._pause_until and not urgent:
            raise Unreachable(self._last_failure)
        try:
            async with asyncio.timeout(timeout) as self._connecting:
                wire = await connect(self.endpoint)
        except TimeoutError:
            if self._aborted:
                raise self._given_up() from None
            raise self._failed(f"{self.endpoint} took no connection within {timeout:g} s") from None
        except OSError as error:
            raise self._failed(reason(self.endpoint, error)) from None
        finally:
            self._connecting = None
        if self._aborted:  # in the same turn of the loop that made the connection, too late to stop it
            wire.drop()
            raise self._given_up()
        self._failures = 0
        self._pause_until = 0.0
        self._wire = wire
        return wire

    def _failed(self, message: str) -> Unreachable:
        """Note a failed connect and how long it holds for those who come after."""
        pause = min(FIRST_PAUSE_SECS * 2.0 ** min(self._failures, 10), MAX_PAUSE_SECS)
        self._failures += 1
        self._last_failure = message
        self._pause_until = asyncio.get_running_loop().time() + pause * random.uniform(0.8, 1)  # noqa: S311
        return Unreachable(message)

    def _given_up(self) -> Unreachable:
        return Unreachable(f"the connection to {self.endpoint} was given up")

    def _lost(self, request: Request, error: ConnectionError) -> ConnectionLost:
        if self._aborted:
            return ConnectionLost(f"the connection to {self.endpoint} was given up during {request.what}")
        why = f" ({cause(error)})" if error.args else ""
        return ConnectionLost(f"{request.who} closed the connection before it answered {request.what}{why}")

    def _end_if_done(self) -> None:
        if not self._shares and not self._turns.busy:
            self._drop()
            self._on_end(self)

    def _drop(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.drop()


def _check_wanted(request: Request, wanted: Callable[[], bool] | None) -> None:
    if wanted is not None and not wanted():
        raise Withdrawn(f"{request.what} on {request.who} is no longer wanted")
