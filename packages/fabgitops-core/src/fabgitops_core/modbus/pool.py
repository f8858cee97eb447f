"""The pool: one session for each endpoint, shared by everyone who names it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

from fabgitops_core.codec.networks import ANYWHERE, Networks
from fabgitops_core.control.plc.requests import (
    Change,
    ConnectionId,
    Endpoint,
    IdentityPlan,
    Link,
    ReadPlan,
    Table,
    TlsRef,
    Transport,
    Uncopied,
    WriteFunction,
)
from fabgitops_core.engine.device_errors import DeviceError, Unchecked, Unreachable, Withdrawn
from fabgitops_core.engine.ports import Beside, Checks, Identified
from fabgitops_core.modbus.frames.identity import identity_request
from fabgitops_core.modbus.frames.manners import Share
from fabgitops_core.modbus.frames.reads import Words, read_request
from fabgitops_core.modbus.frames.request import Asked, Request
from fabgitops_core.modbus.frames.writes import read_before, write_merged, write_request
from fabgitops_core.modbus.line import NOWHERE, OnRequest, Wanted
from fabgitops_core.modbus.reaching import Reaching
from fabgitops_core.modbus.route import Route, straight
from fabgitops_core.modbus.session import Session
from fabgitops_core.modbus.tls import TlsProvider, system_tls
from fabgitops_core.modbus.writes import Writes, writes_of

LINK = Link()
MAX_REQUESTS = 256
"""Readings that a share remembers how to ask for."""

WordLocks = WeakValueDictionary[tuple[Endpoint, int, Table, int], asyncio.Lock]
"""Locks of words whose bits are being changed, or by which something is unlocked, by site, unit id, table and address.

One that nobody waits for is gone.
"""


def _ignore(_function: str, _result: str) -> None:
    """Listen to nothing."""


class ModbusDevices:
    """The `Devices` port over Modbus: TCP, TLS, UDP and RTU over TCP.

    Args:
        on_request: Told of each request its function ("read_holding_registers", "write_single_register" and so on) and
            its result ("ok", "refused", "no_reply", "connection_lost", "bad_reply", "unreachable", "withdrawn"). A
            request whose caller was cancelled has no result.
        tls: Where the certificates of TLS connections come from; asked at each connect.
        route: Where an endpoint is really reached; asked at each connect.
        within: The addresses to which connections may be made, wherever endpoint or route lead.
    """

    def __init__(
        self,
        on_request: OnRequest = _ignore,
        tls: TlsProvider = system_tls,
        route: Route = straight,
        within: Networks = ANYWHERE,
    ) -> None:
        self._on_request = on_request
        self._tls = tls
        self._route = route
        self._within = within
        self._sessions: dict[tuple[Endpoint, TlsRef | None], Session] = {}
        self._words: WordLocks = WeakValueDictionary()

    def open(self, endpoint: Endpoint, link: Link = LINK) -> "ModbusDevice":
        """Return a share of the connection to an endpoint; connects when the first request is made.

        Shares that differ in their TLS settings have a connection each. What a share ignores, and whether it waits for
        an echo, is about its own requests; of all else the most careful wish counts.

        Raises:
            ValueError: The port or a delay is out of range, or TLS settings, or what is ignored, are not for the
                transport.
        """
        if not 1 <= endpoint.port <= 65535:
            raise ValueError(f"the port is {endpoint.port}: it must be 1 to 65535")
        if min(link.connect_delay, link.request_delay, link.idle_close) < 0:
            raise ValueError(f"{link} cannot be: no delay is negative")
        if link.tls is not None and endpoint.transport is not Transport.TLS:
            raise ValueError(f"{endpoint} is reached over {endpoint.transport}: TLS settings need the transport tls")
        if Uncopied.TRANSACTION_ID in link.ignore and endpoint.transport not in {Transport.TCP, Transport.TLS}:
            raise ValueError(f"{endpoint} is reached over {endpoint.transport}: its transaction ids cannot be ignored")
        tls = (link.tls or TlsRef()) if endpoint.transport is Transport.TLS else None
        session = self._sessions.get((endpoint, tls))
        if session is None:
            reaching = Reaching(endpoint, tls, self._tls, self._route, self._within)
            session = Session(endpoint, tls, reaching, self._on_request, self._forget)
            self._sessions[endpoint, tls] = session
        return ModbusDevice(session, link, self._words)

    async def close(self) -> None:
        """Close every connection; requests under way end with `ConnectionLost`, or `Unreachable` when not yet sent."""
        sessions = list(self._sessions.values())
        self._sessions.clear()
        for session in sessions:
            session.abort()
        for session in sessions:
            await session.ended()
        await asyncio.sleep(0)  # the loop closes the sockets at its next turn

    def _forget(self, session: Session) -> None:
        key = session.endpoint, session.tls
        if self._sessions.get(key) is session:
            del self._sessions[key]


class ModbusDevice:
    """The `Device` port: one share of a session."""

    __slots__ = ("_earlier", "_held", "_link", "_request", "_session", "_words")

    def __init__(self, session: Session, link: Link, words: WordLocks) -> None:
        session.join(link)
        self._session = session
        self._words = words
        self._link = link
        self._held = Share(link)
        self._request: Request[Words] | None = None
        self._earlier: dict[Asked, Request[Words]] | None = None  # most are polled for one thing alone

    async def read(
        self, plan: ReadPlan, *, timeout: float, urgent: bool = False, wanted: Wanted | None = None
    ) -> Words:
        """As `fabgitops_core.engine.ports.Device.read`.

        Raises:
            ValueError: The plan is out of range or for another endpoint; nothing was sent.
        """
        request = self._request
        if request is None or request.asked is not plan:
            request = self._request = self._prepared(plan)
        return await self._session.ask(request, timeout=timeout, urgent=urgent, held=self._held, wanted=wanted)

    async def identify(self, plan: IdentityPlan, *, timeout: float) -> Identified:
        """As `fabgitops_core.engine.ports.Device.identify`.

        Raises:
            ValueError: The unit id is out of range or the plan for another endpoint; nothing was sent.
        """
        self._check_endpoint(plan.endpoint)
        objects: dict[int, str] = {}
        over: ConnectionId | None = None
        first: int | None = 0
        while first is not None:
            request = identity_request(plan, first)
            page = await self._session.ask(request, timeout=timeout, urgent=False, held=self._held, over=over)
            over = self._session.connection  # of this answer: it is nobody else's turn before the next await
            objects |= page.objects
            first = page.next
        return Identified(objects, over or NOWHERE)

    async def write(
        self,
        change: Change,
        *,
        timeout: float,
        wanted: Callable[[], bool],
        over: ConnectionId | None = None,
        checks: Checks | None = None,
        beside: Beside | None = None,
    ) -> bool:
        """As `fabgitops_core.engine.ports.Device.write`.

        Raises:
            ValueError: The change is out of range or for another endpoint; nothing was sent.
        """
        self._check_endpoint(change.endpoint)
        if change.mask is None and beside is None:
            return await self._write_at_once(change, timeout, wanted, over, checks, None)
        # A turn keeps others off one connection, and a device may be reached over several: other TLS settings, another
        # transport. The word is locked for whoever changes bits of it; who wants all of it is a rival: neither writes.
        # So is what several unlock by, each in its turn.
        async with self._locked(change, beside):
            if change.mask is None or change.function is WriteFunction.MASK:
                return await self._write_at_once(change, timeout, wanted, over, checks, beside)
            merging = partial(write_merged, change, spare=beside is None or not beside.after)
            return await self._write_after(
                change, [read_before(change)], merging, timeout, wanted, over, checks, beside
            )

    @asynccontextmanager
    async def _locked(self, change: Change, beside: Beside | None) -> AsyncIterator[None]:
        """Lock the words of a write that others may write too, in the order of their places."""
        words = {(change.table, change.address)} if change.mask is not None else set()
        if beside is not None:
            words |= {(each.table, each.address) for each in (*beside.before, *beside.after)}
        async with AsyncExitStack() as stack:
            for table, address in sorted(words):
                word = (change.endpoint.site, change.unit_id, table, address)
                await stack.enter_async_context(self._words.setdefault(word, asyncio.Lock()))
            yield

    async def _write_at_once(
        self,
        change: Change,
        timeout: float,
        wanted: Callable[[], bool],
        over: ConnectionId | None,
        checks: Checks | None,
        beside: Beside | None,
    ) -> bool:
        request = write_request(change)
        if checks is not None or beside is not None:
            return await self._write_after(change, [], lambda _: request, timeout, wanted, over, checks, beside)
        await self._session.ask(request, timeout=timeout, urgent=True, held=self._held, wanted=wanted, over=over)
        return True

    async def _write_after(
        self,
        change: Change,
        before: list[Request[Words]],
        write: Callable[[Words], Request[tuple[()]] | None],
        timeout: float,
        wanted: Callable[[], bool],
        over: ConnectionId | None,
        checks: Checks | None,
        beside: Beside | None,
    ) -> bool:
        """Read and then write, in one turn: the word whose bits are changed, and last what is to be checked."""
        readings = before + ([] if checks is None else [read_request(plan) for plan in checks.plans])
        answers: list[Words] = []

        def then(shown: list[Words]) -> Writes | None:
            if checks is not None:
                checks.shown(tuple(shown[len(before) :]))
            main = write(shown[0] if shown else ())
            return None if main is None else writes_of(main, beside)

        asked: Request[Any] = readings[0] if readings else write_request(change)
        try:
            return await self._session.ask_then(
                asked, readings, then, answers, timeout=timeout, held=self._held, wanted=wanted, over=over
            )
        except DeviceError as error:
            if checks is None or len(answers) < len(before):
                raise
            if not _left_unchecked(error, len(answers) < len(readings), over):
                raise
            raise Unchecked(str(error), str(error)) from None

    def close(self) -> None:
        """Give up this share; its requests that wait for a turn end with `Withdrawn`. A second call does nothing."""
        if self._held.held:
            self._held.held = False
            self._session.leave(self._link)

    def _prepared(self, plan: ReadPlan) -> Request[Words]:
        """Return the request of a plan, kept because a share is polled for the same again and again."""
        if self._request is None:
            return self._made(plan)
        if self._earlier is None or len(self._earlier) >= MAX_REQUESTS:
            self._earlier = {}
        self._earlier[self._request.asked] = self._request
        return self._earlier.get(plan) or self._made(plan)

    def _made(self, plan: ReadPlan) -> Request[Words]:
        self._check_endpoint(plan.endpoint)
        return read_request(plan)

    def _check_endpoint(self, endpoint: Endpoint) -> None:
        mine = self._session.endpoint
        if endpoint != mine:
            raise ValueError(f"the request is for {endpoint}: this is a share of the connection to {mine}")


def _left_unchecked(error: DeviceError, checking: bool, over: ConnectionId | None) -> bool:
    """Return whether what was to be checked before a write is not known, or is known of another connection.

    Of what speaks against any request, as no connection or a share that was given up, it is not.
    """
    if isinstance(error, Withdrawn):
        return over is None and bool(error.why)
    return checking and not isinstance(error, Unreachable)
