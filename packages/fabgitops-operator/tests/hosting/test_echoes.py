"""A status that somebody overwrote is put right again, and the echo of our own is passed over."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from fabgitops_core.control import intake
from fabgitops_core.control.plc.requests import Endpoint
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.engine.engine import Engine
from fabgitops_core.testing.devices import FakeDevices
from fabgitops_operator.hosting import inventory as rooms
from fabgitops_operator.hosting.announce import Announcer
from fabgitops_operator.hosting.errors import Rejected
from fabgitops_operator.hosting.inventory import Inventory
from fabgitops_operator.hosting.metrics import Metrics
from fabgitops_operator.hosting.report import Reporter
from fabgitops_operator.hosting.standin import StandIn

from .conftest import KEY, FakeKube, until

PLC = PlcController(settle_secs=0)
LIE = {"phase": "Failed", "inSync": False, "message": "a lie"}


class Plant:
    """An operator without its watch: what that would hear, a test says."""

    def __init__(self, kube: FakeKube, metrics: Metrics) -> None:
        self.kube = kube
        self.devices = FakeDevices()
        self.devices[Endpoint("10.0.0.5", 502)][4001] = 2500
        host = StandIn()
        self.engine = Engine(self.devices, host, metrics)
        self.inventory = Inventory(self.engine, host.forget, host.echoed)
        self.reporter = host.reporter = Reporter(kube, Announcer(kube, metrics), metrics, self.inventory)
        self.version = 10

    def hear(self, status: Mapping[str, Any] | None, *, version: int | None = None, **metadata: Any) -> None:
        """Tell of the object as it is with a status."""
        self.version = version or self.version + 1
        named = {"namespace": KEY.namespace, "name": KEY.name, "uid": "u1", "generation": 1}
        body = {
            "metadata": {**named, "resourceVersion": str(self.version), **metadata},
            "spec": {"deviceAddress": "10.0.0.5", "targetRegister": 4001, "targetValue": 2500},
        }
        self.inventory.present(PLC, {**body, "status": status} if status is not None else body)

    @property
    def last(self) -> Mapping[str, Any]:
        """Return the status that was stored last."""
        return self.kube.statuses[-1][1]

    async def echo(self) -> None:
        """Wait until all is stored, and tell of it as a watch does."""
        await until(lambda: not self.reporter.pending(KEY))
        self.hear(self.last, version=1000 + len(self.kube.statuses))

    async def begin(self) -> int:
        """Wait until the PLC is in sync and all is told; return how many statuses that took."""
        self.hear(None)
        await until(lambda: bool(self.kube.statuses) and self.last.get("inSync") is True)
        await self.echo()
        return len(self.kube.statuses)


@pytest.fixture
async def plant(kube: FakeKube, metrics: Metrics) -> AsyncIterator[Plant]:
    """Return an operator without its watch."""
    plant = Plant(kube, metrics)
    yield plant
    await plant.engine.stop(0)
    await plant.reporter.close(0)


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the objects that are parsed from now on."""
    bodies: list[Any] = []

    def declared(kind: Any, body: Any, at: Any, *, led: bool) -> Any:
        bodies.append(body)
        return intake.declared(kind, body, at, led=led)

    monkeypatch.setattr(rooms, "declared", declared)
    return bodies


@pytest.mark.parametrize("found", [LIE, {}, None], ids=["overwritten", "emptied", "removed"])
async def test_a_status_that_is_not_ours_is_put_right(plant: Plant, found: Mapping[str, Any] | None) -> None:
    """What somebody else wrote into a status is replaced by what is known, once, however often it happens."""
    before = await plant.begin()
    for times in (1, 2):
        plant.hear(found, version=2000 * times)
        await until(lambda count=before + times: len(plant.kube.statuses) == count)  # type: ignore[misc]
        assert plant.last == plant.kube.statuses[before - 1][1]
        plant.hear(plant.last, version=2000 * times + 1)
        plant.hear(plant.last, version=2000 * times + 1)
        assert not plant.reporter.pending(KEY)


async def test_echoes_are_passed_over(plant: Plant, parsed: list[Any]) -> None:
    """The status that we wrote comes back without being parsed, and so does what changed nothing of what is wanted."""
    await plant.begin()
    assert len(parsed) == 1
    await plant.echo()
    plant.hear(plant.last, version=2000, labels={"line": "1"})
    assert len(parsed) == 1
    assert not plant.reporter.pending(KEY)


async def test_what_is_declared_anew_is_no_echo(plant: Plant, parsed: list[Any]) -> None:
    """A sync that is asked for, another generation and another uid are taken, whatever the status is."""
    await plant.begin()
    plant.hear(plant.last, version=2001, annotations={"reconcile.fabgitops.io/requestedAt": "now"})
    await until(lambda: plant.last.get("lastHandledReconcileAt") == "now")
    plant.hear(plant.last, version=2002, generation=2)
    plant.hear(plant.last, version=2003, uid="u2")
    assert len(parsed) == 4


async def test_an_older_echo_is_no_lie(plant: Plant) -> None:
    """The echo of a status that was replaced meanwhile does not bring another patch about."""
    plant.hear(None)
    await until(lambda: len(plant.kube.statuses) >= 1)
    first = plant.kube.statuses[0][1]
    await until(lambda: plant.last.get("inSync") is True and not plant.reporter.pending(KEY))
    count = len(plant.kube.statuses)
    assert count > 1
    plant.hear(first, version=1001)
    assert not plant.reporter.pending(KEY)


async def test_what_the_server_makes_of_a_status_is_not_put_right(plant: Plant, kube: FakeKube) -> None:
    """An API server that prunes or defaults brings no loop about: what it stored is what its echo is held against."""
    whole = kube.patch_status

    async def pruned(key: Any, uid: str, status: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**await whole(key, uid, status), "status": {**status, "added": "by a default"}}

    kube.patch_status = pruned  # type: ignore[method-assign]
    plant.hear(None)
    await until(lambda: bool(kube.statuses) and plant.last.get("inSync") is True and not plant.reporter.pending(KEY))
    plant.hear({**plant.last, "added": "by a default"}, version=1000 + len(kube.statuses))
    assert not plant.reporter.pending(KEY)


async def test_a_status_that_is_refused_is_not_sent_again_and_again(plant: Plant, kube: FakeKube) -> None:
    """Where the API server refuses to have a status put right, it is tried with the next change, not at each echo."""
    before = await plant.begin()
    kube.always = Rejected("no", "rejected")
    attempts = kube.attempts
    for _ in range(3):
        plant.hear(LIE, version=2000)
        await until(lambda: not plant.reporter.pending(KEY))
    assert (kube.attempts - attempts, len(kube.statuses)) == (1, before)
    kube.always = None
    plant.hear({**LIE, "message": "another"}, version=2001)
    await until(lambda: len(kube.statuses) == before + 1)


async def test_what_a_fault_has_struck_is_tried_with_each_listing(plant: Plant) -> None:
    """A resource of which nothing is in force is declared anew by a listing that shows the version known already."""
    await plant.begin()
    plant.engine.unreadable(KEY, PLC, 1, ValueError("nonsense"))
    await until(lambda: "nonsense" in str(plant.last) and not plant.reporter.pending(KEY))
    plant.hear(plant.last, version=plant.version)
    await until(lambda: plant.last.get("inSync") is True)
