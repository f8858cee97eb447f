"""The pool: one session for each host and port, shared by everyone who names it."""

import asyncio
from collections.abc import Callable

from fabgitops_core.control.requests import Change, Endpoint, ReadPlan
from fabgitops_core.modbus.frames import Request, read_request, write_request
from fabgitops_core.modbus.session import OnRequest, Session


def _ignore(_function: str, _result: str) -> None:
    """Listen to nothing."""


class ModbusDevices:
    """The `Devices` port over Modbus TCP.

    Args:
        on_request: Told of each request its function ("read_holding_registers", "write_single_register",
            "write_multiple_registers") and its result ("ok", "refused", "no_reply", "connection_lost", "bad_reply",
            "unreachable", "withdrawn"). A request whose caller was cancelled has no result.
    """

    def __init__(self, on_request: OnRequest = _ignore) -> None:
        self._on_request = on_request
        self._sessions: dict[Endpoint, Session] = {}

    def open(self, endpoint: Endpoint) -> "ModbusDevice":
        """Return a share of the connection to an endpoint; connects when the first request is made.

        Raises:
            ValueError: The port is out of range.
        """
        if not 1 <= endpoint.port <= 65535:
            raise ValueError(f"the port is {endpoint.port}: it must be 1 to 65535")
        session = self._sessions.get(endpoint)
        if session is None:
            session = self._sessions[endpoint] = Session(endpoint, self._on_request, self._forget)
        return ModbusDevice(session)

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
        if self._sessions.get(session.endpoint) is session:
            del self._sessions[session.endpoint]


class ModbusDevice:
    """The `Device` port: one share of a session."""

    __slots__ = ("_open", "_request", "_session")

    def __init__(self, session: Session) -> None:
        session.join()
        self._session = session
        self._open = True
        self._request: Request | None = None

    async def read(self, plan: ReadPlan, *, timeout: float, urgent: bool = False) -> tuple[int, ...]:
        """As `fabgitops_core.engine.ports.Device.read`.

        Raises:
            ValueError: The plan is out of range or for another endpoint; nothing was sent.
        """
        request = self._request
        if request is None or (request.asked is not plan and request.asked != plan):
            self._check_endpoint(plan.endpoint)
            # Kept, because a share is polled for the same words again and again.
            request = self._request = read_request(plan)
        return await self._session.ask(request, timeout=timeout, urgent=urgent, held=self._held)

    async def write(self, change: Change, *, timeout: float, wanted: Callable[[], bool]) -> None:
        """As `fabgitops_core.engine.ports.Device.write`.

        Raises:
            ValueError: The change is out of range or for another endpoint; nothing was sent.
        """
        self._check_endpoint(change.endpoint)
        request = write_request(change)
        await self._session.ask(request, timeout=timeout, urgent=True, held=self._held, wanted=wanted)

    def close(self) -> None:
        """Give up this share; its requests that wait for a turn end with `Withdrawn`. A second call does nothing."""
        if self._open:
            self._open = False
            self._session.leave()

    def _held(self) -> bool:
        return self._open

    def _check_endpoint(self, endpoint: Endpoint) -> None:
        mine = self._session.endpoint
        if endpoint != mine:
            raise ValueError(f"the request is for {endpoint}: this is a share of the connection to {mine}")
