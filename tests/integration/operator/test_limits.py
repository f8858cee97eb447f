"""What the API server takes at most, and what becomes of what is more."""

from collections.abc import AsyncIterator

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCStatus, RegisterStatus
from fabgitops_core.control.commands import Notice
from fabgitops_core.control.plc.reasons import PlcReason
from fabgitops_core.engine.ports import Stored
from fabgitops_operator.cluster.kube import Kube
from fabgitops_operator.cluster.kubeconfig.access import by_kubeconfig
from fabgitops_operator.cluster.kubeconfig.files import chosen
from fabgitops_operator.hosting.announce import Announcer
from fabgitops_operator.hosting.metrics import Metrics
from fabgitops_operator.hosting.report import Reporter

from ..planes import KUBERNETES
from .conftest import Site

pytestmark = pytest.mark.integration


@pytest.fixture
async def kube(site: Site) -> AsyncIterator[Kube]:
    """Return the API as the operator uses it, under its role."""
    kube = Kube(by_kubeconfig(chosen([site.plane.operators_kubeconfig])), [INDUSTRIAL_PLC])
    yield kube
    await kube.close()


class Objects:
    """One object, which is there."""

    def __init__(self, uid: str) -> None:
        self._uid = uid

    def uid(self, _key: Key) -> str:
        """Return its uid."""
        return self._uid

    def lost(self, key: Key, uid: str) -> None:
        """Fail: it is not."""
        raise AssertionError(f"{key} {uid} taken for gone")


async def test_long_events_are_created(site: Site, kube: Kube) -> None:
    """Events with a text of more than 1024 bytes, and of objects whose names are cut within a part, are all there."""
    announcer = Announcer(kube, Metrics())
    announcer.uid = lambda _key: "u"
    for name, text in (("long", "x" * 2000), ("umlaut", "K\u00fchlung" * 300), ("a" * 199 + "-" + "b" * 20, "short\n")):
        announcer.announce(Key(INDUSTRIAL_PLC.name, site.namespace, name), Notice(PlcReason.INVALID_SPEC, text))
    await announcer.written()
    for name in ("long", "umlaut", "a" * 199 + "-" + "b" * 20):
        assert await site.events(name) == {"InvalidSpec": 1}


@pytest.mark.parametrize(("count", "etcd"), [(580, "request is too large"), (700, "message larger than max")])
async def test_a_status_that_is_not_kept(site: Site, kube: Kube, count: int, etcd: str) -> None:
    """A status of more than can be kept is no record, is not sent again and again, and the object says so in short."""
    said = etcd if site.plane.name == KUBERNETES else "Request entity too large"
    await site.apply("mixer", 502)
    metrics = Metrics()
    objects = Objects((await site.get("mixer")).metadata.uid)
    reporter = Reporter(kube, Announcer(kube, metrics), metrics, objects)
    key = Key(INDUSTRIAL_PLC.name, site.namespace, "mixer")
    registers = (RegisterStatus(name=f"r{number}", error="x" * 1000, raw="00" * 1000) for number in range(count))
    reporter.publish(key, IndustrialPLCStatus(registers=tuple(registers), drift_events=1))
    assert await reporter.stored(key, 60) is Stored.REFUSED
    status = await site.status("mixer")
    assert said in status["lastError"]
    assert (status["registers"], status["driftEvents"]) == ([], 1)
    rejected = {"resource": "status", "result": "rejected"}
    assert metrics.registry.get_sample_value("fabgitops_api_writes_total", rejected) == 1
    await reporter.close(0)
