"""One connection to one endpoint, shared by all who name it: one request at a time, nothing repeated.

pymodbus's client is not used: it repeats requests, takes a late or a wrong reply for the right one, and notices a
closed peer only after its timeouts. Its framer and its PDUs are (see `frames`).
"""

import asyncio
import random
import socket
from collections.abc import Callable

from fabgitops_core.control.requests import Change, Endpoint, ReadPlan
from fabgitops_core.engine.errors import (
    BadReply,
    ConnectionLost,
    DeviceError,
    NoReply,
    Refused,
    Unreachable,
    Withdrawn,
)
from fabgitops_core.modbus.frames import Ask, ask_to_read, ask_to_write, check_written, framed, words_read
from fabgitops_core.modbus.turns import Turns
from fabgitops_core.modbus.wire import Wire

FIRST_PAUSE_SECS = 0.1
MAX_PAUSE_SECS = 1.0
"""After a failed connect nobody but an urgent request tries again before min(0.1 x 2^n, 1) s are over. The circuit
breaker, which opens for 2 s and more, stands above this; here the many who share an endpoint share a failure."""

OnRequest = Callable[[str, str], None]
"""Told of each request its function and its result."""


class Session:
    """The connection to an endpoint; opened by the first request, and again after it was lost."""

    def __init__(self, endpoint: Endpoint, on_request: OnRequest) -> None:
        self._endpoint = endpoint
        self._on_request = on_request
        self._turns = Turns()
        self._wire: Wire | None = None
        self._transaction = random.randrange(0x10000)  # noqa: S311 - tells connections apart, keeps no secret
        self._failures = 0
        self._pause_until = 0.0
        self._last_failure = ""
        self._closed = False

    async def read(self, plan: ReadPlan, *, timeout: float, urgent: bool = False) -> tuple[int, ...]:
        """As `Device.read`; also raises ValueError for a plan out of range."""
        ask = ask_to_read(plan)
        await self._turns.take(urgent=urgent)
        try:
            transaction, frame = await self._exchange(ask, timeout, urgent)
            words = words_read(ask, transaction, frame)
        except DeviceError as error:
            raise self._settle("read_holding_registers", error) from None
        finally:
            self._turns.give()
        self._on_request("read_holding_registers", "ok")
        return words

    async def write(self, change: Change, *, timeout: float, wanted: Callable[[], bool]) -> None:
        """As `Device.write`; also raises ValueError for a change out of range."""
        ask = ask_to_write(change)
        function = "write_single_register" if len(change.values) == 1 else "write_multiple_registers"
        await self._turns.take(urgent=True)
        try:
            transaction, frame = await self._exchange(ask, timeout, urgent=True, wanted=wanted)
            check_written(ask, transaction, frame)
        except DeviceError as error:
            raise self._settle(function, error) from None
        finally:
            self._turns.give()
        self._on_request(function, "ok")

    def close(self) -> None:
        """Close the connection after the request in hand, and take no further one."""
        self._closed = True
        if not self._turns.busy:
            self._drop()

    def abort(self) -> None:
        """Close the connection now; the request in hand ends with `ConnectionLost`."""
        self._closed = True
        self._drop()

    async def _exchange(
        self, ask: Ask, timeout: float, urgent: bool, wanted: Callable[[], bool] | None = None
    ) -> tuple[int, bytes]:
        """Send one request and return the frame that came back under its transaction id.

        A connection on which anything went wrong is dropped, so that a late reply meets nobody.
        """
        wire = self._wire
        if wire is None or not wire.usable:
            if wanted is not None and not wanted():
                raise Withdrawn(f"{ask.what} is no longer wanted")
            wire = await self._connect(timeout, urgent)
        if wanted is not None and not wanted():
            raise Withdrawn(f"{ask.what} is no longer wanted")
        self._transaction = transaction = (self._transaction + 1) & 0xFFFF
        answered = False
        reply = wire.ask(framed(ask, transaction))
        timer = asyncio.get_running_loop().call_later(timeout, self._expire, reply, ask, timeout)
        try:
            frame = await reply
            answered = True
        except BadReply as error:
            raise BadReply(f"{ask.who} answered {ask.what} with something else: {error}") from None
        except ConnectionLost:
            raise ConnectionLost(f"{ask.who} closed the connection while {ask.what}") from None
        finally:
            timer.cancel()
            if not answered or self._closed:
                self._drop()
        return transaction, frame

    @staticmethod
    def _expire(reply: asyncio.Future[bytes], ask: Ask, timeout: float) -> None:
        if not reply.done():
            reply.set_exception(NoReply(f"{ask.who} did not answer {ask.what} within {timeout:g} s"))

    async def _connect(self, timeout: float, urgent: bool) -> Wire:
        loop = asyncio.get_running_loop()
        if self._closed:
            raise Unreachable(f"the connection to {self._endpoint} was given up")
        if loop.time() < self._pause_until and not urgent:
            raise Unreachable(self._last_failure)
        try:
            async with asyncio.timeout(timeout):
                _transport, wire = await loop.create_connection(Wire, self._endpoint.host, self._endpoint.port)
        except TimeoutError:
            raise self._no_connection(f"{self._endpoint} took no connection within {timeout:g} s") from None
        except socket.gaierror as error:
            raise self._no_connection(
                f"the host name {self._endpoint.host!r} has no address: {error.strerror}"
            ) from None
        except OSError as error:
            raise self._no_connection(f"{self._endpoint} {_reason(error)}") from None
        self._failures = 0
        self._wire = wire
        return wire

    def _no_connection(self, message: str) -> Unreachable:
        pause = min(FIRST_PAUSE_SECS * 2.0 ** min(self._failures, 10), MAX_PAUSE_SECS)
        self._failures += 1
        self._last_failure = message
        self._pause_until = asyncio.get_running_loop().time() + pause * random.uniform(0.8, 1)  # noqa: S311
        return Unreachable(message)

    def _settle(self, function: str, error: DeviceError) -> DeviceError:
        """Count a failed request, and drop the connection unless what came was a proper answer."""
        if not isinstance(error, Refused | Withdrawn):
            self._drop()
        self._on_request(function, _RESULTS[type(error)])
        return error

    def _drop(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.drop()


_RESULTS = {
    Withdrawn: "withdrawn",
    Unreachable: "unreachable",
    Refused: "refused",
    NoReply: "no_reply",
    ConnectionLost: "connection_lost",
    BadReply: "bad_reply",
}


def _reason(error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "refused the connection"
    return f"cannot be reached: {(error.strerror or str(error)).lower()}"
