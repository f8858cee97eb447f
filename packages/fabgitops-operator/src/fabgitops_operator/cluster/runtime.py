"""The operator on Kubernetes."""

from contextlib import AsyncExitStack

from fabgitops_core.control.kinds import families

from fabgitops_operator.cluster.kube import Kube
from fabgitops_operator.cluster.lease.place import lease_of
from fabgitops_operator.cluster.login import load_access
from fabgitops_operator.cluster.watch import Watch
from fabgitops_operator.hosting.device_map import route_of
from fabgitops_operator.hosting.http import serving
from fabgitops_operator.hosting.stage import last_word, staged
from fabgitops_operator.settings import Settings


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
    deciding = families(settings.settle_secs)["plc"]
    kube = Kube(access, [controller.kind for controller in deciding])
    async with AsyncExitStack() as stack:
        stack.push_async_callback(kube.close)
        stage = await stack.enter_async_context(staged(settings, kube, lease_of(settings, kube), deciding, route))
        listening = serving(stage.metrics.registry, settings.metrics_bind, settings.metrics_port, stage.not_ready)
        watch = Watch(access, stage.hearing, stage.inventory, deciding, settings.namespace, stage.take_signals)
        return await stage.perform(listening, watch.running())
