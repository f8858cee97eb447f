"""The pool: one session for each host and port, shared by everyone who names it."""

from collections.abc import Callable

from fabgitops_core.control.requests import Change, Endpoint, ReadPlan
from fabgitops_core.modbus.session import OnRequest, Session


def _ignore(_function: str, _result: str) -> None:
    """Listen to nothing."""


class ModbusDevices:
    """The `Devices` port over Modbus TCP.

    Args:
        on_request: Told of each request its function ("read_holding_registers", "write_single_register",
            "write_multiple_registers") and its result ("ok", "refused", "no_reply", "connection_lost", "bad_reply",
            "unreachable", "withdrawn").
    """

    def __init__(self, on_request: OnRequest = _ignore) -> None:
        self._on_request = on_request
        self._sessions: dict[Endpoint, Session] = {}
        self._shares: dict[Endpoint, int] = {}

    def open(self, endpoint: Endpoint) -> "ModbusDevice":
        """Return a share of the connection to an endpoint; connects when the first request is made."""
        session = self._sessions.get(endpoint)
        if session is None:
            session = self._sessions[endpoint] = Session(endpoint, self._on_request)
        self._shares[endpoint] = self._shares.get(endpoint, 0) + 1
        return ModbusDevice(session, lambda: self._give_up(endpoint))

    async def close(self) -> None:
        """Close every connection; requests under way end with `ConnectionLost`."""
        for session in self._sessions.values():
            session.abort()
        self._sessions.clear()
        self._shares.clear()

    def _give_up(self, endpoint: Endpoint) -> None:
        left = self._shares.get(endpoint, 0) - 1
        if left > 0:
            self._shares[endpoint] = left
            return
        self._shares.pop(endpoint, None)
        if session := self._sessions.pop(endpoint, None):
            session.close()


class ModbusDevice:
    """The `Device` port: one share of a session."""

    def __init__(self, session: Session, give_up: Callable[[], None]) -> None:
        self._session = session
        self._give_up: Callable[[], None] | None = give_up

    async def read(self, plan: ReadPlan, *, timeout: float, urgent: bool = False) -> tuple[int, ...]:
        """As `fabgitops_core.engine.ports.Device.read`."""
        return await self._session.read(plan, timeout=timeout, urgent=urgent)

    async def write(self, change: Change, *, timeout: float, wanted: Callable[[], bool]) -> None:
        """As `fabgitops_core.engine.ports.Device.write`."""
        await self._session.write(change, timeout=timeout, wanted=wanted)

    def close(self) -> None:
        """Give up this share; a second call changes nothing."""
        give_up, self._give_up = self._give_up, None
        if give_up is not None:
            give_up()
