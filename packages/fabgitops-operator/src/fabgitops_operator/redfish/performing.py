"""Carries out what is asked of BMCs, and says what came of it: one request at a time a BMC, each behind its circuit."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Protocol
from weakref import WeakValueDictionary

from fabgitops_core.api.meta import Key
from fabgitops_core.codec.networks import ANYWHERE, Networks
from fabgitops_core.control.commands import Request
from fabgitops_core.control.events import Event, Failure, FailureKind
from fabgitops_core.control.plc.requests import DeviceId, Endpoint
from fabgitops_core.control.rack.bmc.requests import (
    Discover,
    Discovered,
    DiscoverFailed,
    IndicatorFailed,
    IndicatorSet,
    PowerFailed,
    PowerSet,
    PowerUnknown,
    PowerUnrecorded,
    SetIndicator,
    SetPower,
    Way,
)
from fabgitops_core.engine.circuits import Circuits
from fabgitops_core.engine.performing import Performer, WhyNot
from fabgitops_core.engine.ports import Stored

from fabgitops_operator.hosting.ports import Secrets
from fabgitops_operator.redfish.access import Access
from fabgitops_operator.redfish.bounds import address_of
from fabgitops_operator.redfish.client import RedfishClient
from fabgitops_operator.redfish.discover import discover
from fabgitops_operator.redfish.errors import OutOfBounds, RedfishError, Refused, Unanswered
from fabgitops_operator.redfish.switching import reset, switch

AT_ONCE = 64
"""BMCs that are asked at the same time."""
LOOK_SECS = 120.0
"""How long a whole look may take."""
RECORD_SECS = 10.0
"""How long a request for power waits for its record to be stored; without one it is not sent."""

UNRECORDED = Failure(
    FailureKind.REFUSED_FOR_NOW,
    "its record could not be stored in the status yet, and nothing is switched without one",
)


class Records(Protocol):
    """Where records are stored: of `fabgitops_core.engine.ports.Host` what is needed here."""

    async def stored(self, key: Key, limit: float) -> Stored:
        """As `fabgitops_core.engine.ports.Host.stored`."""
        ...


class Bmcs:
    """Asks BMCs.

    Args:
        secrets: Where credentials are kept.
        records: Where the record of a request for power is stored.
        within: The addresses to which connections may be made.
        now: The time of day.
    """

    def __init__(
        self,
        secrets: Secrets,
        records: Records,
        within: Networks = ANYWHERE,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        time = asyncio.get_running_loop().time
        self._records = records
        self._within = within
        self._now = now
        self._access = Access(secrets, time)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.circuits = Circuits(time)

    def performers(self) -> Mapping[type[Request], Performer]:
        """Return by its type what carries out a request."""
        return {Discover: self.discover, SetPower: self.set_power, SetIndicator: self.set_indicator}

    async def discover(self, _key: Key, request: Discover, _why_not: WhyNot) -> Event:
        """Look at a BMC, or at some of its machines."""
        device = _device(request.way)
        gate = self.circuits.gate(device)
        if gate.wait and not request.force:
            return DiscoverFailed(self._now(), request, Failure(FailureKind.UNREACHABLE, gate.cause), gate.wait)
        self.circuits.tried(device, LOOK_SECS)
        try:
            async with asyncio.timeout(LOOK_SECS), self._asking(request.way) as client:
                found = await discover(client, request.links)
        except TimeoutError:
            late = Unanswered(f"{request.way} did not show all within {LOOK_SECS:g} s")
            return self._not_discovered(request, late)
        except RedfishError as error:
            return self._not_discovered(request, error)
        self.circuits.answered(device)
        return Discovered(self._now(), request, found)

    async def set_power(self, key: Key, request: SetPower, why_not: WhyNot) -> Event:
        """Send a ResetType once its record is stored, if it still may be then."""
        if await self._records.stored(key, RECORD_SECS) is not Stored.YES:
            return PowerUnrecorded(self._now(), request, UNRECORDED)

        async def send(client: RedfishClient) -> None:
            await reset(client, request.target, request.reset)

        error = await self._changed(request.way, why_not, send)
        if error is None:
            return PowerSet(self._now(), request)
        if isinstance(error, RedfishError) and error.maybe_done:
            return PowerUnknown(self._now(), request, error.failure)
        return PowerFailed(self._now(), request, _failure(error))

    async def set_indicator(self, _key: Key, request: SetIndicator, why_not: WhyNot) -> Event:
        """Switch a light."""

        async def send(client: RedfishClient) -> None:
            await switch(client, request.lamp, on=request.on)

        error = await self._changed(request.way, why_not, send)
        if error is None:
            return IndicatorSet(self._now(), request)
        return IndicatorFailed(self._now(), request, _failure(error))

    async def _changed(
        self, way: Way, why_not: WhyNot, send: Callable[[RedfishClient], Awaitable[None]]
    ) -> RedfishError | str | None:
        """Change something, and return why it was not, as far as is known; nothing where it was."""
        sending = False
        try:
            async with self._asking(way) as client:
                if why := why_not():
                    return why
                sending = True
                await send(client)
        except RedfishError as error:
            return error if sending else str(error)  # what went wrong before has sent nothing
        return None

    @asynccontextmanager
    async def _asking(self, way: Way) -> AsyncIterator[RedfishClient]:
        """Yield a client of a BMC when its turn has come.

        Raises:
            RedfishError: It cannot be asked.
        """
        turn = self._turns.setdefault(str(way), asyncio.Lock())
        async with turn, self._slots:
            address = await address_of(way, self._within)
            credentials, tls = await self._access.of(way)
            async with RedfishClient(way, tls, credentials, address=address).asking() as client:
                yield client

    def _not_discovered(self, request: Discover, error: RedfishError) -> DiscoverFailed:
        device, wait = _device(request.way), 0.0
        if isinstance(error, OutOfBounds):
            self.circuits.untried(device)
        elif error.kind is FailureKind.UNREACHABLE:
            wait = self.circuits.failed(device, str(error))
        else:
            self.circuits.answered(device)
        denied = isinstance(error, Refused) and error.status in {401, 403}
        if denied:
            self._access.of_no_use(request.way)
        return DiscoverFailed(self._now(), request, error.failure, wait, denied)


def _device(way: Way) -> DeviceId:
    return DeviceId(Endpoint(way.host, way.port).site, 0)


def _failure(error: RedfishError | str) -> Failure:
    return Failure(FailureKind.REFUSED_FOR_NOW, error) if isinstance(error, str) else error.failure
