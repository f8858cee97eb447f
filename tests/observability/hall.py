"""A hall of racks with one in each situation, before an API server in memory, and an operator's engine and metrics."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from itertools import cycle
from typing import Any

from fabgitops_core.api.meta import API_VERSION, Key
from fabgitops_core.api.rack import KINDS, RACK, RACK_NODE, RACK_TEMPLATE
from fabgitops_core.control.controller import Controller
from fabgitops_core.control.intake import declared
from fabgitops_core.control.rack.kinds import PLC
from fabgitops_core.control.rack.table import RackController
from fabgitops_core.control.rack.template import RackTemplateController
from fabgitops_core.engine.engine import Engine
from fabgitops_core.testing.apiserver import FakeApiServer
from fabgitops_core.testing.devices import FakeDevices
from fabgitops_core.testing.host import FakeHost
from fabgitops_core.testing.objects import FakeObjects
from fabgitops_core.testing.watches import FakeWatch
from fabgitops_operator.bus.address import address_of
from fabgitops_operator.bus.carrying import Taken
from fabgitops_operator.bus.envelope import Envelope, Message
from fabgitops_operator.bus.errors import Away, Refused
from fabgitops_operator.bus.metrics import BusMetrics
from fabgitops_operator.bus.outbox import Outbox
from fabgitops_operator.bus.settings import PREFIX, Mode
from fabgitops_operator.hosting.http import serving
from fabgitops_operator.hosting.metrics import Metrics
from fabgitops_operator.hosting.rackmetrics import RackMetrics

NAMESPACE = "hall"
SABOTAGE_SECS = 0.1
RACKS = RackController()
CONTROLLERS: Mapping[str, Controller[Any]] = {RACK_TEMPLATE.name: RackTemplateController(), RACK.name: RACKS}


class MoodyBus:
    """A carrier that takes what is made, refuses what is provisioned, and is away for what goes."""

    async def reach(self) -> None:
        """Be there."""

    async def deliver(self, message: Message) -> Taken:
        """Take a message, or not."""
        if message.type.endswith(".provisioned"):
            raise Refused("no stream takes it")
        if message.type.endswith(".deleted"):
            raise Away("nobody answers")
        return Taken.NOW

    async def close(self) -> None:
        """Have nothing to give up."""


class Hall:
    """Racks that are declared, as somebody would by kubectl."""

    def __init__(self, engine: Engine, api: FakeApiServer) -> None:
        self._engine, self._api = engine, api

    def apply(self, kind: str, name: str, spec: Mapping[str, Any]) -> None:
        """Make or change an object, and let the engine hear of it."""
        key = Key(kind, NAMESPACE, name)
        if key in self._api:
            self._api.edit(key, {"spec": spec})
        else:
            metadata = {"name": name, "namespace": NAMESPACE}
            self._api.create({"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec})
        controller = CONTROLLERS[kind]
        self._engine.declare(key, controller, declared(controller.kind, self._api[key], datetime.now(UTC)))

    def shape(self, name: str, blades: int) -> None:
        """Say of what racks of a template are made."""
        chassis = {"bladeCount": blades, "bladeConfig": {"nodeCount": 2, "bmcMode": "shared"}}
        self.apply(RACK_TEMPLATE.name, name, {"chassisCount": 1, "chassisConfig": chassis})

    def rack(self, name: str, template: str, **more: str) -> None:
        """Declare a Rack."""
        self.apply(RACK.name, name, {"templateRef": {"name": template}, **more})

    async def whole(self, host: FakeHost, *names: str) -> None:
        """Wait until all of some Racks is there."""
        for name in names:
            while "Provisioned" not in host.reasons(Key(RACK.name, NAMESPACE, name)):
                await asyncio.sleep(0.02)

    async def sabotaged(self, name: str) -> None:
        """Take one node of a Rack away after the other, for ever."""
        nodes = [key for key in self._api.keys(RACK_NODE.name) if key.name.startswith(f"{name}-")]
        for key in cycle(nodes):
            with suppress(KeyError):  # it was not made again yet
                self._api.remove(key)
            await asyncio.sleep(SABOTAGE_SECS)


@asynccontextmanager
async def running() -> AsyncIterator[int]:
    """Look after a Rack that is whole, one that somebody takes nodes of, one that shrinks, one that waits for a yes.

    One more has no template. Yields the port of /metrics.
    """
    metrics, host = Metrics(RackMetrics()), FakeHost()
    api = FakeApiServer((*KINDS, PLC))
    bus = Outbox(address_of("https://bus.example/events"), MoodyBus(), Envelope("hall", PREFIX, Mode.STRUCTURED))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(bus.close, 0.1)
        engine = Engine(FakeDevices(), host, metrics, objects=FakeObjects(api), bus=bus)
        stack.push_async_callback(engine.stop, 1.0)
        for watched in RACKS.owns():
            FakeWatch(api, engine.families, watched).list()
        metrics.registry.register(BusMetrics(bus.standing))
        metrics.watch_lease("fabgitops-system/fabgitops-racks", lambda: True)
        metrics.watch_hearing(lambda: dict.fromkeys((RACK.name, RACK_TEMPLATE.name), True))
        hall = Hall(engine, api)
        hall.shape("build", 4)
        hall.shape("older", 4)
        hall.rack("whole", "build")
        hall.rack("robbed", "build")
        hall.rack("waits", "older")
        hall.rack("shrinks", "older", update="Auto")
        hall.rack("lost", "nowhere")
        await hall.whole(host, "whole", "robbed", "waits", "shrinks")
        hall.shape("older", 2)
        robber = asyncio.ensure_future(hall.sabotaged("robbed"))
        stack.callback(robber.cancel)
        yield await stack.enter_async_context(serving(metrics.registry, "127.0.0.1", 0, str))
