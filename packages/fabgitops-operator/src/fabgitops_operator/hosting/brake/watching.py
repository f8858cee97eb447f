"""Has the fleet brake hear what the engine does, and passes it on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCStatus
from fabgitops_core.control.commands import Commands
from fabgitops_core.control.events import Declared, Event
from fabgitops_core.control.holding import HoldReason
from fabgitops_core.control.plc.fleet import Fleet, Terms
from fabgitops_core.engine.holds import Holds
from fabgitops_core.engine.ports import Observer

from fabgitops_operator.hosting.beside import beside
from fabgitops_operator.hosting.brake.brake import Brake, BrakeStore


class Braking:
    """An observer of the engine that counts; the brake is made as soon as there is an engine to hold.

    Args:
        terms: What is too much.
        store: Where the brake is kept.
        then: Who listens as well.
    """

    def __init__(self, terms: Terms, store: BrakeStore, then: Observer) -> None:
        self._fleet = Fleet(terms)
        self._store = store
        self._then = then
        self._time = asyncio.get_running_loop().time
        self._brake: Brake | None = None

    def holding(self, holds: Holds) -> Brake:
        """Return the brake, which holds from now on until it is known whether it is on."""
        self._brake = Brake(self._fleet, self._store, holds)
        return self._brake

    def happened(self, key: Key, event: Event, commands: Commands) -> None:
        """Count it before anything comes of it, and pass it on."""
        if key.kind == INDUSTRIAL_PLC.name:
            now, brake = self._time(), self._brake
            if self._fleet.happened(key, event, commands, now) and brake is not None:
                brake.look(now)
            if type(event) is Declared and brake is not None:
                _doubt(brake, key, event.status)
        self._then.happened(key, event, commands)

    def passed(self, key: Key, seconds: float) -> None:
        """Take the end of a pass, and pass it on."""
        self._fleet.passed(key)
        self._then.passed(key, seconds)

    def late(self, seconds: float) -> None:
        """Pass it on."""
        self._then.late(seconds)

    def fault(self, key: Key, where: str) -> None:
        """Pass it on."""
        self._then.fault(key, where)

    def forgotten(self, key: Key) -> None:
        """Drop what is gone, and pass it on."""
        self._fleet.forget(key)
        self._then.forgotten(key)


def _doubt(brake: Brake, key: Key, status: object) -> None:
    if isinstance(status, IndustrialPLCStatus) and any(
        each.reason == HoldReason.FLEET_BRAKE for each in status.held or ()
    ):
        brake.doubt(f"{key.namespace}/{key.name} was held by it, and nothing is kept of that it was let go")


@asynccontextmanager
async def running(brake: Brake | None) -> AsyncIterator[None]:
    """See to the brake, if there is one, while something else goes on."""
    if brake is None:
        yield
        return
    async with beside(brake.run()):
        yield
