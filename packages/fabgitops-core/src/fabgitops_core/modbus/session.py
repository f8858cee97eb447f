"""One connection to one endpoint, shared by all who name it: one request at a time, in turns.

pymodbus's client is not used: it repeats requests, takes a late or a wrong reply for the right one, and notices a
closed peer only after its timeouts. Its framer and its PDUs are (see `frames`).
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from fabgitops_core.control.plc.requests import ConnectionId, Endpoint, Link, TlsRef
from fabgitops_core.engine.device_errors import DeviceError
from fabgitops_core.modbus.frames.manners import Share
from fabgitops_core.modbus.frames.request import Request
from fabgitops_core.modbus.line import NOWHERE, Line, OnRequest, Wanted, check_wanted
from fabgitops_core.modbus.pace import Pace
from fabgitops_core.modbus.reaching import Reaching
from fabgitops_core.modbus.turns import Turns
from fabgitops_core.modbus.writes import Writes

T = TypeVar("T")


class Session:
    """The connection to an endpoint; opened by the first request, and again after it was lost.

    Args:
        endpoint: Whom to connect to.
        tls: Which certificates are used; None without TLS.
        reaching: The way there.
        on_request: Told of each request that came to an end; one whose caller left is not told of.
        on_end: Called with the session when its last share was given up and the request in hand is done.
    """

    __slots__ = ("_line", "_on_end", "_on_request", "_shares", "_turns", "endpoint", "tls")

    def __init__(
        self,
        endpoint: Endpoint,
        tls: TlsRef | None,
        reaching: Reaching,
        on_request: OnRequest,
        on_end: Callable[["Session"], None],
    ) -> None:
        self.endpoint = endpoint
        self.tls = tls
        self._on_request = on_request
        self._on_end = on_end
        self._shares = 0
        self._turns = Turns()
        self._line = Line(endpoint, reaching, on_request)

    @property
    def connection(self) -> ConnectionId | None:
        """Return the connection that there is."""
        return self._line.connection

    def join(self, link: Link) -> None:
        """Take a share."""
        self._shares += 1
        self._line.trust(link, 1)
        if link.connect_delay or link.request_delay or link.idle_close:
            self._line.pace = self._line.pace or Pace(self._idle)
            self._line.pace.add(link)

    def leave(self, link: Link) -> None:
        """Give up a share; the last closes the connection after the request in hand."""
        self._shares -= 1
        self._line.trust(link, -1)
        pace = self._line.pace
        if pace is not None and (link.connect_delay or link.request_delay or link.idle_close):
            self._line.pace = pace if pace.remove(link) else None
        self._end_if_done()

    def abort(self) -> None:
        """Close now and for good: requests under way end with `ConnectionLost`, or `Unreachable`."""
        self._line.abort()

    async def ended(self) -> None:
        """Wait until no request is under way: for a turn after everybody else's."""
        await self._turns.take(doubtful=True)
        self._turns.give()

    async def ask(
        self,
        request: Request[T],
        *,
        timeout: float,
        urgent: bool,
        held: Share,
        wanted: Wanted | None = None,
        over: ConnectionId | None = None,
    ) -> T:
        """Carry out one request in its turn, as `Device.read` and `Device.write` say; return what it was for.

        `held` is its share: one that was given up sends nothing from then on. With `over` it is sent over that
        connection or not at all.
        """
        if self._turns.busy:
            await self._wait(request, urgent)
        else:
            self._turns.busy = True
        try:
            answer = await self._line.carry_out(request, timeout, urgent, held, wanted, over)
        finally:
            self._turns.give()
            self._end_if_done()
        self._on_request(request.function, "ok")
        return answer

    async def ask_then(
        self,
        asked: Request[Any],
        first: Sequence[Request[T]],
        then: Callable[[list[T]], Writes | None],
        answers: list[T],
        *,
        timeout: float,
        held: Share,
        wanted: Wanted,
        over: ConnectionId | None = None,
    ) -> bool:
        """Carry out readings and the writes that they lead to, in one turn; return whether they led to any.

        What is `asked` is what a turn is waited for. Their answers are put into a list as they come. All go over one
        connection. When a reading does not succeed, or the connection does not outlive them, nothing was written for
        certain. Of several writes each goes out when the one before it is confirmed.
        """
        unbound = over is None
        await self._wait(asked, urgent=True)
        try:
            check_wanted(asked, wanted)
            for reading in first:
                answers.append(await self._read_first(reading, timeout, held, over))
                over = over or self.connection or NOWHERE
            writes = then(answers)
            if writes is None:
                return False
            await self._write(writes, timeout, held, wanted, over, unbound)
        finally:
            self._turns.give()
            self._end_if_done()
        return True

    async def _write(
        self, writes: Writes, timeout: float, held: Share, wanted: Wanted, over: ConnectionId | None, unbound: bool
    ) -> None:
        """Carry out a write with what goes before and after it, over one connection; the first that fails ends it."""
        for index, (request, before) in enumerate(writes.in_order(wanted)):
            try:
                await self._line.carry_out(request, timeout, urgent=True, held=held, wanted=before, over=over)
            except DeviceError as error:
                raise writes.told(error, index, unbound) from None
            self._on_request(request.function, "ok")
            over = over or self.connection or NOWHERE

    async def _read_first(self, reading: Request[T], timeout: float, held: Share, over: ConnectionId | None) -> T:
        try:
            answer = await self._line.carry_out(reading, timeout, urgent=True, held=held, over=over)
        except DeviceError as error:
            error.maybe_done = False
            raise
        self._on_request(reading.function, "ok")
        return answer

    async def _wait(self, request: Request[T], urgent: bool) -> None:
        """Wait for a turn; a unit that did not answer last, or was never asked, waits behind those that did."""
        try:
            await self._turns.take(urgent=urgent, doubtful=not self._line.heard(request.asked.unit_id))
        except asyncio.CancelledError:
            self._end_if_done()  # the last one to wait may leave when the last share was given up already
            raise

    def _idle(self) -> None:
        if not self._turns.busy:
            self._line.drop()

    def _end_if_done(self) -> None:
        if not self._shares and not self._turns.busy:
            self._line.drop()
            if self._line.pace is not None:
                self._line.pace.stop()
            self._on_end(self)
