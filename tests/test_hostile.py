"""Objects as nobody would write them, thrown at all that reads them: nothing raises, and everybody else is served.

How many, and whether always the same, the profile of Hypothesis says, though they are not made by it; with
`FABGITOPS_HOSTILE_SEED` they are those of a run that failed.
"""

import asyncio
import contextlib
import io
import json
import logging
import os
import random
import secrets
import traceback
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from fabctl.errors import FabctlError
from fabctl.model import view
from fabctl.options import Format
from fabctl.render.description import description
from fabctl.render.objects import show_objects
from fabctl.render.shapes import plain_sections, plain_table
from fabctl.render.tables import declared_table, status_table
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec
from fabgitops_core.api.plc.resolving import Unresolved, resolved
from fabgitops_core.api.plc.template import IndustrialPLCTemplateSpec
from fabgitops_core.control.controller import Controller
from fabgitops_core.control.events import Declared
from fabgitops_core.control.plc.mapping import map_of
from fabgitops_core.control.plc.requests import Change, Endpoint
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.control.plc.template import TemplateController
from fabgitops_core.engine.engine import Engine
from fabgitops_core.testing.devices import FakeDevices, FakePlc
from fabgitops_operator.hosting.announce import Announcer
from fabgitops_operator.hosting.inventory import Inventory
from fabgitops_operator.hosting.metrics import Metrics
from fabgitops_operator.hosting.report import Reporter
from fabgitops_operator.hosting.standin import StandIn
from hypothesis import settings

from .hostile import objects

pytestmark = pytest.mark.hypothesis

COUNT = 100 * settings().max_examples
SEED = int(os.environ.get("FABGITOPS_HOSTILE_SEED") or (9 if settings().derandomize else secrets.randbits(32)))
SHOWN = COUNT // 10
"""So many objects are shown by fabctl, which takes longer."""

GOOD = Key("IndustrialPLC", "plant", "press")
SITE = Endpoint("10.0.0.1", 502)
PLC, TEMPLATE = PlcController(settle_secs=0), TemplateController()


class Told(Engine):
    """An engine that remembers what stands declared."""

    def __init__(self, *ports: Any) -> None:
        super().__init__(*ports)
        self.specs: dict[Key, Any] = {}

    def declare(self, key: Key, controller: Controller[Any], event: Declared[Any, Any]) -> None:
        """Remember a spec."""
        self.specs[key] = event.spec
        super().declare(key, controller, event)

    def remove(self, key: Key) -> None:
        """Forget it."""
        self.specs.pop(key, None)
        super().remove(key)

    def wants(self, change: Change) -> bool:
        """Return whether some spec that stands declared, valid and not suspended, asks for a write."""
        return any(change in changes_of(spec, self.specs, key) for key, spec in self.specs.items())


def changes_of(spec: Any, specs: Mapping[Key, Any], key: Key) -> set[Change]:
    """Return the writes that a PLC may ask for."""
    if not isinstance(spec, IndustrialPLCSpec) or spec.suspend:
        return set()
    if spec.template_ref is not None:
        template = specs.get(Key("IndustrialPLCTemplate", key.namespace, spec.template_ref.name))
        if not isinstance(template, IndustrialPLCTemplateSpec):
            return set()
        try:
            spec = resolved(spec, template).spec
        except Unresolved:
            return set()
    return {point.change() for point in map_of(spec, key.namespace, {}).points if point.wanted is not None}


class Witness(FakePlc):
    """A PLC that knows what it may be told to hold."""

    engine: Told

    def carry_out(self, change: Change) -> None:
        """Write, if anybody asked for that."""
        assert self.engine.wants(change), f"nobody asked for {change}"
        FakePlc.carry_out(self, change)


class Devices(FakeDevices):
    """A PLC at each endpoint that is named."""

    engine: Told

    def __getitem__(self, endpoint: Endpoint) -> FakePlc:
        """Return it, made when it is first named."""
        if endpoint not in self._plcs:
            plc = self._plcs[endpoint] = Witness(identities={1: {0: "ACME"}})
            plc.engine = self.engine
        return self._plcs[endpoint]


class Strict:
    """An API server in memory that takes nothing but JSON in UTF-8, and tells who could not be told."""

    def __init__(self) -> None:
        self.taken = 0

    def _take(self, body: Mapping[str, Any]) -> None:
        json.dumps(body, allow_nan=False, ensure_ascii=False).encode()
        self.taken += 1

    async def patch_status(self, key: Key, uid: str, status: Mapping[str, Any]) -> Mapping[str, Any]:
        """Take a status, and tell of it as it is stored."""
        del key, uid
        self._take(status)
        assert all(len(each["message"]) <= 32768 for each in status.get("conditions", ()))
        return {"metadata": {"resourceVersion": "1"}, "status": status}

    async def create_event(self, body: Mapping[str, Any]) -> None:
        """Take an Event."""
        self._take(body)
        assert len(body["note"].encode()) <= 1024

    async def patch_event(self, namespace: str, name: str, body: Mapping[str, Any]) -> None:
        """Take what is new of one."""
        del namespace, name
        self._take(body)


class Plant:
    """An operator without its watch, in which one PLC is good."""

    def __init__(self) -> None:
        self.server, self.metrics, self.devices, host = Strict(), Metrics(), Devices(), StandIn()
        self.engine = self.devices.engine = Told(self.devices, host, self.metrics)
        self.inventory = Inventory(self.engine, host.forget, host.echoed)
        self.announcer = Announcer(self.server, self.metrics)
        self.announcer.uid = self.inventory.uid
        self.reporter = host.reporter = Reporter(self.server, self.announcer, self.metrics, self.inventory)
        self.metrics.watch_registers(self.engine.readings, self.engine.targets, self.engine.units)
        self.asked = 0

    def hear(self, body: dict[str, Any], dice: random.Random) -> None:
        """Tell of an object, as a watch or a listing does."""
        controller: Controller[Any] = TEMPLATE if body["kind"] == "IndustrialPLCTemplate" else PLC
        tell = dice.choice((self.inventory.present, self.inventory.present, self.inventory.listed))
        tell(controller, body)

    async def serve(self) -> None:
        """Let the good PLC drift, and wait until that is corrected."""
        self.asked += 1
        good = self.devices[SITE]
        good[1] = 999
        metadata = {"namespace": "plant", "name": "press", "uid": "good", "generation": 1}
        metadata |= {
            "resourceVersion": str(self.asked),
            "annotations": {"reconcile.fabgitops.io/requestedAt": str(self.asked)},
        }
        spec = {"deviceAddress": SITE.host, "targetRegister": 1, "targetValue": 7}
        self.inventory.present(PLC, {"metadata": metadata, "spec": spec})
        async with asyncio.timeout(30):
            while good[1] != 7:
                await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """End it."""
        await self.engine.stop(1)
        await self.reporter.close(30)
        await self.announcer.close(30)


@pytest.fixture
async def plant() -> AsyncIterator[Plant]:
    """Return an operator without its watch."""
    plant = Plant()
    yield plant
    await plant.stop()


def troubles(caplog: pytest.LogCaptureFixture) -> Iterator[str]:
    """Yield what the log tells of faults."""
    for record in caplog.records:
        if record.exc_info or "fault of our own" in record.getMessage():
            fault = record.exc_info[1] if record.exc_info else None
            yield f"{record.getMessage()}: {traceback.format_exception(fault)[-3:] if fault else ''}"


async def test_no_object_harms_another(plant: Plant, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever objects hold, none raises, nothing is written that no valid spec asks for, and a good PLC is served."""
    print(f"FABGITOPS_HOSTILE_SEED={SEED}")
    caplog.set_level(logging.ERROR)
    unheard: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: unheard.append(context))
    dice = random.Random(SEED)  # noqa: S311 - to be the same each time
    await plant.serve()
    for number, body in enumerate(objects(dice, COUNT)):
        plant.hear(body, dice)
        if number % 10 == 0:
            await asyncio.sleep(0)
        if number % 100 == 0:
            await asyncio.sleep(0.02)  # passes begin
        if number % 400 == 0:
            list(plant.metrics.collect())
            await plant.serve()
    await plant.serve()
    assert [*troubles(caplog)] == []
    assert unheard == []
    assert sum(len(plc.writes) for plc in plant.devices._plcs.values()) > plant.asked + COUNT / 2000
    assert plant.server.taken > plant.asked


def show(bodies: list[dict[str, Any]]) -> None:
    """Show objects in each way that fabctl has."""
    now = datetime.now(UTC)
    views = [view(body) for body in bodies]
    for wide in (False, True):
        print(plain_table(status_table(views, wide=wide, namespaces=True, now=now)))
        print(plain_table(declared_table(views, wide=wide, namespaces=True, now=now)))
        print(plain_sections(description(views[0], bodies, now, wide=wide)))
    for output in Format.JSON, Format.YAML, Format.NAME:
        with contextlib.suppress(FabctlError):
            show_objects(bodies, output, one=False)


def test_fabctl_shows_whatever_there_is() -> None:
    """Tables, descriptions and formats for programs are made of any object, and nothing in them commands a terminal."""
    print(f"FABGITOPS_HOSTILE_SEED={SEED}")
    dice = random.Random(SEED)  # noqa: S311 - to be the same each time
    shown: list[dict[str, Any]] = []
    for body in objects(dice, SHOWN):
        shown.append(body)
        if len(shown) == 10:
            told = io.StringIO()
            with contextlib.redirect_stdout(told):
                show(shown)
            assert not any(each in told.getvalue() for each in "\x1b\x9b\x00")
            told.getvalue().encode()
            shown = []
