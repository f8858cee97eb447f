"""An engine on a bench: PLCs, host and observer in memory, and a clock that leaps."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCSpec, IndustrialPLCStatus
from fabgitops_core.api.plc.template import INDUSTRIAL_PLC_TEMPLATE, IndustrialPLCTemplateSpec
from fabgitops_core.control.events import Declared, SyncRequest
from fabgitops_core.control.plc.requests import Endpoint
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.control.plc.template import TemplateController
from fabgitops_core.engine.engine import Engine
from fabgitops_core.testing.devices import FakeDevices, FakePlc
from fabgitops_core.testing.host import FakeHost, FakeObserver

from .crews import Crews
from .leaping import LeapingLoop
from .shelves import Shelves

TURN_SECS = 0.0005
"""What a turn of the loop takes: far less than a tick of the scheduler, and a test's turns are seconds together."""
START = datetime(2026, 1, 1, tzinfo=UTC)
MIXER = Key(INDUSTRIAL_PLC.name, "default", "mixer")
PRESS = Key(INDUSTRIAL_PLC.name, "default", "press")


class Bench:
    """An engine on a bench, with everything around it in memory."""

    def __init__(self) -> None:
        self.devices = FakeDevices()
        self.host = FakeHost()
        self.observer = FakeObserver()
        self.time = asyncio.get_running_loop().time
        self.engine = Engine(self.devices, self.host, self.observer, self.now)
        self.generations: dict[Key, int] = {}

    def now(self) -> datetime:
        """Return the time of day by the loop's clock."""
        return START + timedelta(seconds=self.time())

    @property
    def plc(self) -> FakePlc:
        """Return the PLC that specs name unless they say otherwise."""
        return self.devices[Endpoint("10.0.0.5", 502)]

    def declare(self, key: Key, *, request: SyncRequest | None = None, same: bool = False, **changes: Any) -> None:
        """Declare a resource."""
        given = {"device_address": "10.0.0.5", "target_register": 4001, "target_value": 2500, "poll_interval_secs": 1}
        self.declare_spec(key, {**given, "timeout_secs": 1, **changes}, request=request, same=same)

    def declare_spec(
        self, key: Key, given: dict[str, Any] | None, *, request: SyncRequest | None = None, same: bool = False
    ) -> None:
        """Declare a resource with just these fields in its spec; None declares one that is not valid."""
        spec = IndustrialPLCSpec.model_validate(given) if given is not None else None
        self.generations[key] = self.generations.get(key, 0) + (not same)
        problem = "" if spec else "bad"
        event: Declared[Any, Any] = Declared(self.now(), self.generations[key], spec, problem, request)
        self.engine.declare(key, PlcController(settle_secs=0), event)

    def declare_template(self, name: str, namespace: str = "default", **given: Any) -> Key:
        """Declare a template."""
        key = Key(INDUSTRIAL_PLC_TEMPLATE.name, namespace, name)
        spec = IndustrialPLCTemplateSpec.model_validate(given)
        event: Declared[Any, Any] = Declared(self.now(), 1, spec)
        self.engine.declare(key, TemplateController(), event)
        return key

    def status(self, key: Key) -> IndustrialPLCStatus:
        """Return the status published last."""
        status = self.host.status(key)
        assert isinstance(status, IndustrialPLCStatus)
        return status

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is true; the test's time limit ends what never is."""
        while not true():
            await asyncio.sleep(0)


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Let no test on a bench wait for time: nothing there is outside of the loop."""
    if {"bench", "shelves", "crews", "presses", "pointers"} & set(getattr(item, "fixturenames", ())):
        return {"leaping": partial(LeapingLoop, TURN_SECS)}
    return {"real": asyncio.new_event_loop}


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """Return a bench whose PLC holds the target; it is cleared afterwards."""
    bench = Bench()
    bench.plc[4001] = 2500
    yield bench
    await bench.engine.stop(1.0)


@pytest.fixture
async def shelves() -> AsyncIterator[Shelves]:
    """Return an engine with shelves that has listed what there is: nothing; it is stopped afterwards."""
    shelves = Shelves()
    shelves.watch.list()
    yield shelves
    await shelves.engine.stop(1.0)


@pytest.fixture
async def crews() -> AsyncIterator[Crews]:
    """Return an engine with captains and sailors, of which there are none yet; it is stopped afterwards."""
    crews = Crews()
    yield crews
    await crews.engine.stop(1.0)
