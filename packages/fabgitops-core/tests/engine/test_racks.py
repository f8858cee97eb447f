"""Racks on the engine: templates, several Racks, a watch that lags, deletions, an API server that comes and goes."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fabgitops_core.api.meta import API_VERSION, Key
from fabgitops_core.api.rack import RACK, RACK_TEMPLATE
from fabgitops_core.api.rack.rackstatus import RackStatus
from fabgitops_core.api.rack.racktemplate import RackTemplateStatus
from fabgitops_core.control.intake import declared
from fabgitops_core.control.kinds import FAMILIES
from fabgitops_core.control.rack.kinds import PARTS
from fabgitops_core.control.rack.records import watched
from fabgitops_core.engine.engine import Engine
from fabgitops_core.engine.object_errors import Away
from fabgitops_core.testing.apiserver import FakeApiServer
from fabgitops_core.testing.bus import FakeBus
from fabgitops_core.testing.devices import FakeDevices
from fabgitops_core.testing.host import FakeHost, FakeObserver
from fabgitops_core.testing.objects import FakeObjects
from fabgitops_core.testing.watches import FakeWatch

from .leaping import leaping

START = datetime(2026, 1, 1, tzinfo=UTC)
CONTROLLERS = {controller.kind.name: controller for controller in FAMILIES["racks"]}
PARTS_OF_ONE = 34


class Floor:
    """An engine with racks before an API server in memory."""

    def __init__(self, api: FakeApiServer | None = None, *, lagging: bool = False, unseen: str = "") -> None:
        self.time = asyncio.get_running_loop().time
        self.api = api or FakeApiServer((RACK, RACK_TEMPLATE, *PARTS), self.now)
        self.objects, self.bus, self.host = FakeObjects(self.api), FakeBus(), FakeHost()
        self.engine = Engine(FakeDevices(), self.host, FakeObserver(), self.now, self.objects, self.bus)
        self.api.watchers.clear()
        self.watches = [FakeWatch(self.api, self.engine.families, each, lagging=lagging) for each in watched()]
        for each, watch in zip(watched(), self.watches, strict=True):
            if each.kind.name != unseen:
                watch.list()

    def refuse(self, kind: str) -> None:
        """Let the API server refuse to list a kind."""
        self.engine.families.refused(next(each for each in watched() if each.kind.name == kind), None, "forbidden")

    def now(self) -> datetime:
        """Return the time of day by the loop's clock."""
        return START + timedelta(seconds=self.time())

    def apply(self, kind: str, name: str, spec: dict[str, Any]) -> Key:
        """Apply a Rack or a template, and declare it."""
        key = Key(kind, "floor", name)
        if key in self.api:
            self.api.edit(key, {"spec": spec})
        else:
            metadata = {"namespace": "floor", "name": name}
            self.api.create({"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec})
        self.declare(key)
        return key

    def declare(self, key: Key) -> None:
        """Declare what is stored."""
        controller = CONTROLLERS[key.kind]
        self.engine.declare(key, controller, declared(controller.kind, self.api[key], self.now()))

    def template(self, chassis: int = 2, name: str = "build", **more: Any) -> Key:
        """Apply a template."""
        blade = {"nodeCount": 2, "bmcMode": "shared"}
        config = {"bladeCount": 4, "bladeConfig": blade}
        return self.apply(RACK_TEMPLATE.name, name, {"chassisCount": chassis, "chassisConfig": config, **more})

    def rack(self, name: str, template: str = "build") -> Key:
        """Apply a Rack."""
        return self.apply(RACK.name, name, {"templateRef": {"name": template}})

    def says(self, key: Key) -> str:
        """Return what a Rack's Ready says."""
        status = self.host.status(key)
        assert isinstance(status, RackStatus)
        return next(f"{each.status} {each.reason}" for each in status.conditions if each.type == "Ready")

    def parts(self, rack: Key) -> int:
        """Return how many parts of a Rack there are."""
        return sum(each.name.startswith(f"{rack.name}-") for each in self.api.keys(*(kind.name for kind in PARTS)))


def test_several_racks_of_a_template_that_comes_late() -> None:
    """Racks that are applied before their template wait for it and are then made side by side, each part once."""

    async def story() -> None:
        floor = Floor(lagging=True)
        racks = [floor.rack(f"rack-{number}") for number in range(3)]
        await asyncio.sleep(5)
        assert {floor.says(each) for each in racks} == {"False Pending"}
        await asyncio.sleep(15)
        assert {floor.says(each) for each in racks} == {"False TemplateNotFound"}
        template = floor.template()
        await asyncio.sleep(30)
        assert {floor.says(each) for each in racks} == {"True ReconcileSuccess"}
        assert [floor.parts(each) for each in racks] == [PARTS_OF_ONE] * 3
        assert Counter(floor.objects.requests).most_common(1)[0][1] == 1
        status = floor.host.status(template)
        assert isinstance(status, RackTemplateStatus)
        assert status.usage_count == 3
        for watch in floor.watches:
            watch.deliver()
        await asyncio.sleep(30)
        assert len(floor.objects.requests) == 3 * PARTS_OF_ONE
        await floor.engine.stop(1.0)

    leaping(story())


def test_healing_and_growing() -> None:
    """A part that is deleted is made again at once, and a template that grows reaches all Racks that use it."""

    async def story() -> None:
        floor = Floor()
        floor.template()
        racks = [floor.rack(f"rack-{number}") for number in range(2)]
        await asyncio.sleep(30)
        floor.api.remove(Key("RackNode", "floor", "rack-1-c1s3n1"))
        await asyncio.sleep(5)
        assert [floor.parts(each) for each in racks] == [PARTS_OF_ONE] * 2
        assert floor.host.reasons(racks[1]) == ["Provisioned", "ChildRecreated"]
        floor.template(3)
        await asyncio.sleep(30)
        assert [floor.parts(each) for each in racks] == [51, 51]
        await floor.engine.stop(1.0)

    leaping(story())


def test_an_api_server_that_comes_and_goes() -> None:
    """While requests get no answer the Rack waits longer and longer, and is complete in the end, each part once."""

    async def story() -> None:
        floor = Floor()
        floor.template()
        floor.objects.errors = [*[None] * 3, *[Away("nobody is there") for _ in range(4)], None, Away("again")]
        rack = floor.rack("rack-0")
        await asyncio.sleep(4)
        assert floor.says(rack) == "False ApiServerAway"
        await asyncio.sleep(60)
        assert floor.says(rack) == "True ReconcileSuccess"
        assert floor.parts(rack) == PARTS_OF_ONE
        assert len(floor.objects.requests) == PARTS_OF_ONE + 5
        await floor.engine.stop(1.0)

    leaping(story())


def test_a_rack_that_is_deleted_and_made_again_at_once() -> None:
    """A Rack that is made again before its parts are collected takes them over, and they are not collected then."""

    async def story() -> None:
        floor = Floor()
        floor.template()
        rack = floor.rack("rack-0")
        await asyncio.sleep(30)
        before = set(floor.api.keys())
        floor.api.remove(rack)
        floor.engine.remove(rack)
        floor.rack("rack-0")
        await asyncio.sleep(30)
        assert floor.api.collect() == 0
        assert set(floor.api.keys()) == before
        assert floor.says(rack) == "True ReconcileSuccess"
        floor.api.remove(rack)
        floor.engine.remove(rack)
        await asyncio.sleep(30)
        assert floor.api.collect() == PARTS_OF_ONE
        await asyncio.sleep(30)
        assert floor.parts(rack) == 0
        await floor.engine.stop(1.0)

    leaping(story())


def test_plcs_that_may_not_be_listed() -> None:
    """Where PLCs cannot be listed a Rack without any is made, and one with some waits and says why, until they can."""

    async def story() -> None:
        floor = Floor(unseen="IndustrialPLC")
        floor.template()
        pdu = {"name": "pdu", "at": "rack", "templateRef": {"name": "x"}, "deviceAddress": "10.0.0.1"}
        floor.template(name="powered", plcs=[pdu])
        plain, powered = floor.rack("rack-0"), floor.rack("rack-1", "powered")
        await asyncio.sleep(30)
        assert floor.parts(plain) == 0
        floor.refuse("IndustrialPLC")
        await asyncio.sleep(30)
        assert floor.says(plain) == "True ReconcileSuccess"
        assert floor.parts(powered) == 0
        assert floor.says(powered) == "False ReconcileError"
        status = floor.host.status(powered)
        assert isinstance(status, RackStatus)
        assert status.message == "not all of it can be seen: forbidden"
        floor.watches[-1].list()
        await asyncio.sleep(30)
        assert floor.says(powered) == "True ReconcileSuccess"
        assert floor.parts(powered) == PARTS_OF_ONE + 1
        await floor.engine.stop(1.0)

    leaping(story())


@pytest.mark.parametrize("kind", ["IndustrialPLC", "RackNode"])
def test_what_cannot_be_seen_is_not_counted_as_gone(kind: str) -> None:
    """After a start that may not list a kind of which a Rack has parts nothing of it is made, deleted, or told."""

    async def story() -> None:
        before = Floor()
        pdu = {"name": "pdu", "at": "rack", "templateRef": {"name": "x"}, "deviceAddress": "10.0.0.1"}
        before.template(plcs=[pdu])
        rack = before.rack("rack-0")
        await asyncio.sleep(30)
        said = before.host.status(rack)
        assert said is not None
        before.api.write_status(rack, said.model_dump(mode="json", by_alias=True, exclude_none=True))
        await before.engine.stop(1.0)
        floor = Floor(before.api, unseen=kind)
        floor.template(chassis=1, plcs=[])
        floor.declare(rack)
        floor.refuse(kind)
        await asyncio.sleep(60)
        assert floor.objects.requests == []
        assert not any(each.type.endswith("deleted") for each in floor.bus.taken)
        status = floor.host.status(rack)
        assert isinstance(status, RackStatus)
        assert isinstance(said, RackStatus)
        assert status.message == "not all of it can be seen: forbidden"
        assert (status.total_nodes, status.plcs, status.in_use) == (said.total_nodes, said.plcs, said.in_use)
        await floor.engine.stop(1.0)

    leaping(story())
