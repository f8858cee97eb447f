"""The operator on Kubernetes."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fabgitops_core.control.kinds import families

from fabgitops_operator.cluster.children import Children
from fabgitops_operator.cluster.kube import Kube
from fabgitops_operator.cluster.lease.place import lease_of
from fabgitops_operator.cluster.objects import KubeObjects
from fabgitops_operator.cluster.rest import Rest
from fabgitops_operator.cluster.watch import Watch
from fabgitops_operator.cluster.way import load_access
from fabgitops_operator.hosting.device_map import route_of
from fabgitops_operator.hosting.http import serving
from fabgitops_operator.hosting.means import Means, modbus
from fabgitops_operator.hosting.metrics import Metrics
from fabgitops_operator.hosting.owned import watched_by
from fabgitops_operator.hosting.rackmetrics import RackMetrics
from fabgitops_operator.hosting.stage import last_word, staged
from fabgitops_operator.redfish.performing import Bmcs
from fabgitops_operator.settings import Family, Settings


async def operate(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT.

    Raises:
        DeviceMapError: The device map cannot be used.
        ApiError: The API server cannot be reached, or refuses what the operator needs.
        LeaseLostError: Another operator has taken the Lease.
        LeaseRefusedError: The API server does not let us have one.
        NotInstalledError: No kind is installed.
        ListenError: The metrics port cannot be listened on.
        TracingUnavailable: Traces are asked for and cannot be made.
    """
    await last_word(_operated(settings))


async def _operated(settings: Settings) -> str:
    """Run as `operate` says, and return what is to be said of the end."""
    route = route_of(settings.device_map)
    access = load_access()
    deciding = families(settings.settle_secs)[settings.kinds]
    owned = [watched.kind for watched in watched_by(deciding)]
    kube, rest = Kube(access, [*(controller.kind for controller in deciding), *owned]), Rest(access)

    def objects(metrics: Metrics) -> KubeObjects:
        return KubeObjects(rest, owned, metrics.api_write)

    async with AsyncExitStack() as stack:
        stack.push_async_callback(kube.close)
        stack.push_async_callback(rest.close)
        if settings.kinds is Family.PLC:
            means = modbus(kube, route)
        else:
            means = Means(objects=objects, racks=RackMetrics(), performers=lambda host: Bmcs(kube, host).performers())
        stage = await stack.enter_async_context(staged(settings, kube, lease_of(settings, kube), deciding, means))
        listening = serving(stage.metrics.registry, settings.metrics_bind, settings.metrics_port, stage.not_ready)
        watch = Watch(access, stage.hearing, stage.inventory, stage.declared, settings.namespace, stage.take_signals)
        return await stage.perform(listening, _watching(watch, Children(rest, stage.children, stage.owned)))


@asynccontextmanager
async def _watching(watch: Watch, children: Children) -> AsyncIterator[None]:
    """Watch what is declared, and what is owned."""
    async with watch.running(), children.running():
        yield
