"""One connection to one endpoint, shared by all who name it: one request at a time, nothing repeated.

pymodbus's client is not used: it repeats requests, takes a late or a wrong reply for the right one, and notices a
closed peer only after its timeouts. Its framer and its PDUs are (see `frames`).

A connection outlives a request only when that request was answered properly, be it with an exception. After a timeout,
a bad reply, and after a caller who left with the reply still to come, it is closed: the next request has a new one, on
which no late reply can arrive. Over RTU, whose frames have no transaction id, nothing else would tell a late reply from
the right one.
"""

import asyncio
import random
import ssl
from collections.abc import Callable
from typing import TypeVar

from fabgitops_core.control.requests import ConnectionId, Endpoint, IdentityPlan, Link, TlsRef, Transport
from fabgitops_core.engine.errors import (
    BadReply,
    ConnectionLost,
    DeviceError,
    NoReply,
    Refused,
    UnitUnreachable,
    Unreachable,
    Withdrawn,
)
from fabgitops_core.modbus.connect import cause, connect, reason
from fabgitops_core.modbus.frames.framings import framing_of
from fabgitops_core.modbus.frames.request import Request
from fabgitops_core.modbus.pace import Pace
from fabgitops_core.modbus.tls import TlsProvider
from fabgitops_core.modbus.turns import Turns
from fabgitops_core.modbus.wire import Wire

FIRST_PAUSE_SECS = 0.1
MAX_PAUSE_SECS = 1.0
"""After a failed connect nobody but an urgent request tries again before min(0.1 x 2^n, 1) s are over. The circuit
breaker, which opens for 2 s and more, stands above this; here the many who share an endpoint share a failure."""

NOWHERE = ConnectionId(0)
"""No connection has this number: what is bound to it is never sent."""

T = TypeVar("T")
Held = Callable[[], bool]
Wanted = Callable[[], bool]
OnRequest = Callable[[str, str], None]
"""Told of each request its function and its result."""

_RESULTS = {
    Withdrawn: "withdrawn",
    Unreachable: "unreachable",
    Refused: "refused",
    UnitUnreachable: "refused",
    NoReply: "no_reply",
    ConnectionLost: "connection_lost",
    BadReply: "bad_reply",
}


class Session:
    """The connection to an endpoint; opened by the first request, and again after it was lost.

    Args:
        endpoint: Where to connect.
        tls: Which certificates to use; None without TLS.
        provider: Where they come from.
        on_request: Told of each request that came to an end; one whose caller left is not told of.
        on_end: Called with the session when its last share was given up and the request in hand is done.
    """

    __slots__ = (
        "_aborted",
        "_connecting",
        "_failures",
        "_last_failure",
        "_numbered",
        "_on_end",
        "_on_request",
        "_pace",
        "_pause_until",
        "_provider",
        "_shares",
        "_transaction",
        "_turns",
        "_wire",
        "endpoint",
        "tls",
    )

    def __init__(
        self,
        endpoint: Endpoint,
        tls: TlsRef | None,
        provider: TlsProvider,
        on_request: OnRequest,
        on_end: Callable[["Session"], None],
    ) -> None:
        self.endpoint = endpoint
        self.tls = tls
        self._provider = provider
        self._on_request = on_request
        self._on_end = on_end
        self._shares = 0
        self._aborted = False
        self._turns = Turns()
        self._pace: Pace | None = None
        self._wire: Wire | None = None
        self._connecting: asyncio.Timeout | None = None
        self._numbered = framing_of(endpoint.transport).numbered
        self._transaction = random.randrange(0x10000)  # noqa: S311 - tells connections apart, keeps no secret
        self._failures = 0
        self._pause_until = 0.0
        self._last_failure = ""

    def join(self, link: Link) -> None:
        """Take a share."""
        self._shares += 1
        if link.connect_delay or link.request_delay or link.idle_close:
            self._pace = self._pace or Pace(self._idle)
            self._pace.add(link)

    def leave(self, link: Link) -> None:
        """Give up a share; the last closes the connection after the request in hand."""
        self._shares -= 1
        if self._pace is not None and (link.connect_delay or link.request_delay or link.idle_close):
            self._pace = self._pace if self._pace.remove(link) else None
        self._end_if_done()

    def abort(self) -> None:
        """Close now and for good: requests under way end with `ConnectionLost`, or `Unreachable`."""
        self._aborted = True
        self._drop()
        if self._pace is not None:
            self._pace.stop()
            self._pace.hurry()
        if self._connecting is not None and not self._connecting.expired():
            self._connecting.reschedule(asyncio.get_running_loop().time())

    @property
    def connection(self) -> ConnectionId | None:
        """Return the connection that there is."""
        return self._wire.number if self._wire is not None else None

    async def ended(self) -> None:
        """Wait until no request is under way: for a turn after everybody else's."""
        await self._turns.take(urgent=False)
        self._turns.give()

    async def ask(
        self,
        request: Request[T],
        *,
        timeout: float,
        urgent: bool,
        held: Held,
        wanted: Wanted | None = None,
        over: ConnectionId | None = None,
    ) -> T:
        """Carry out one request in its turn, as `Device.read` and `Device.write` say; return what it was for.

        `held` tells whether its share is still held; one that was given up sends nothing from then on. With `over` it
        is sent over that connection or not at all.
        """
        await self._turns.take(urgent=urgent)
        try:
            answer = await self._carry_out(request, timeout, urgent, held, wanted, over)
        finally:
            self._turns.give()
            self._end_if_done()
        self._on_request(request.function, "ok")
        return answer

    async def ask_then(
        self,
        first: Request[T],
        then: Callable[[T], Request[tuple[()]] | None],
        *,
        timeout: float,
        held: Held,
        wanted: Wanted,
        over: ConnectionId | None = None,
    ) -> bool:
        """Carry out a reading and the write that it leads to, in one turn; return whether it led to one.

        When the reading does not succeed, or the connection does not outlive it, nothing was written for certain.
        """
        await self._turns.take(urgent=True)
        try:
            _check_wanted(first, wanted)
            try:
                answer = await self._carry_out(first, timeout, urgent=True, held=held, over=over)
            except DeviceError as error:
                error.maybe_done = False
                raise
            self._on_request(first.function, "ok")
            second = then(answer)
            if second is None:
                return False
            over = over or self.connection or NOWHERE
            await self._carry_out(second, timeout, urgent=True, held=held, wanted=wanted, over=over)
        finally:
            self._turns.give()
            self._end_if_done()
        self._on_request(second.function, "ok")
        return True

    async def _carry_out(
        self,
        request: Request[T],
        timeout: float,
        urgent: bool,
        held: Held,
        wanted: Wanted | None = None,
        over: ConnectionId | None = None,
    ) -> T:
        """Send a request once and return what its reply says; with `over`, over no other connection."""
        sent = proper = False
        try:
            self._check_held(request, held)
            wire = self._wire
            if over is not None or wire is None or not wire.usable or self._pace is not None or not self._numbered:
                wire = await self._ready(request, timeout, urgent, held, wanted, over)
            _check_wanted(request, wanted)
            self._transaction = (self._transaction + 1) & 0xFFFF
            transaction = self._transaction.to_bytes(2, "big") if self._numbered else b""
            sent = True
            answer = request.answer(await wire.ask(transaction + request.frame, timeout), transaction)
            proper = True
        except TimeoutError:
            missing = NoReply(f"{request.who} did not answer {request.what} within {timeout:g} s")
            raise self._told(request, missing) from None
        except ConnectionError as error:
            raise self._told(request, self._lost(request, error)) from None
        except DeviceError as error:
            proper = isinstance(error, Refused)
            raise self._told(request, error) from None
        finally:
            if sent and not proper:
                self._drop()
            if sent and self._pace is not None:
                self._pace.ended()
        return answer

    async def _ready(
        self,
        request: Request[T],
        timeout: float,
        urgent: bool,
        held: Held,
        wanted: Wanted | None,
        over: ConnectionId | None,
    ) -> Wire:
        """Return a connection on which a request may be sent now."""
        await self._calm()
        wire = self._wire
        if over is not None and (wire is None or wire.number != over or not wire.usable):
            raise self._gone(request) if isinstance(request.asked, IdentityPlan) else self._too_late(request)
        if wire is None or not wire.usable:
            _check_wanted(request, wanted)
            wire = await self._connect(timeout, urgent)
            if self._pace is not None:
                self._pace.connected()
                await self._pace.pause()
        self._check_held(request, held)
        if not wire.usable:
            raise self._gone(request)
        return wire

    def _check_held(self, request: Request[T], held: Held) -> None:
        if self._aborted:
            raise self._given_up()
        if not held():
            raise Withdrawn(f"the share of the connection to {self.endpoint} was given up before {request.what}")

    async def _calm(self) -> None:
        """Wait until the next request may be sent on the connection that there is."""
        if self._pace is not None:
            await self._pace.pause()
        if not self._numbered and self._wire is not None:
            # A reply that is already here, to nothing that was asked, would be taken for the next: two turns of the
            # loop bring it to the wire, which then closes.
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    async def _connect(self, timeout: float, urgent: bool) -> Wire:
        loop = asyncio.get_running_loop()
        if loop.time() < self._pause_until and not urgent:
            raise Unreachable(self._last_failure)
        certified = self.endpoint.transport is not Transport.TLS

        async def provider(ref: TlsRef) -> ssl.SSLContext:
            nonlocal certified
            context = await self._provider(ref)
            certified = True
            return context

        try:
            async with asyncio.timeout(timeout) as self._connecting:
                wire = await connect(self.endpoint, self.tls, provider)
        except TimeoutError:
            if self._aborted:
                raise self._given_up() from None
            late = "took no connection" if certified else "was not asked: its TLS certificates could not be had"
            raise self._failed(f"{self.endpoint} {late} within {timeout:g} s") from None
        except OSError as error:
            raise self._failed(reason(self.endpoint, error)) from None
        except Unreachable as error:
            raise self._failed(str(error)) from None
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

    def _gone(self, request: Request[T]) -> Unreachable:
        return Unreachable(f"{request.who} closed the connection before {request.what} was sent")

    def _too_late(self, request: Request[T]) -> Withdrawn:
        why = f"the connection over which {request.who} was asked before is gone, and another device may stand there"
        return Withdrawn(f"{request.what} was not sent: {why}", why)

    def _lost(self, request: Request[T], error: ConnectionError) -> ConnectionLost:
        if self._aborted:
            return ConnectionLost(f"the connection to {self.endpoint} was given up during {request.what}")
        why = f" ({cause(error)})" if error.args else ""
        if self.endpoint.transport is Transport.UDP:
            return ConnectionLost(f"{request.who} is not there to answer {request.what}{why}")
        return ConnectionLost(f"{request.who} closed the connection before it answered {request.what}{why}")

    def _told(self, request: Request[T], error: DeviceError) -> DeviceError:
        self._on_request(request.function, _RESULTS[type(error)])
        return error

    def _idle(self) -> None:
        if not self._turns.busy:
            self._drop()

    def _end_if_done(self) -> None:
        if not self._shares and not self._turns.busy:
            self._drop()
            if self._pace is not None:
                self._pace.stop()
            self._on_end(self)

    def _drop(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.drop()


def _check_wanted(request: Request[T], wanted: Wanted | None) -> None:
    if wanted is not None and not wanted():
        raise Withdrawn(f"{request.what} on {request.who} is no longer wanted")
