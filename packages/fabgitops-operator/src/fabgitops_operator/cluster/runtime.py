"""The operator on Kubernetes."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.codec.networks import Networks, networks
from fabgitops_core.control.chaos.registry import OURS
from fabgitops_core.control.controller import Controller
from fabgitops_core.control.kinds import families
from fabgitops_core.engine.ports import Bus

from fabgitops_operator.analysis.settings import AnalysisSettings
from fabgitops_operator.analysis.source import HttpMetrics, metrics_of
from fabgitops_operator.audit.choosing import keeper_of
from fabgitops_operator.bus.choosing import bus_of
from fabgitops_operator.bus.memory import Memory
from fabgitops_operator.bus.metrics import BusMetrics
from fabgitops_operator.bus.outbox import Outbox
from fabgitops_operator.bus.settings import BusSettings
from fabgitops_operator.chaos.extensions import scenarios
from fabgitops_operator.cluster.brake import ConfigMapBrake
from fabgitops_operator.cluster.chaos import means_of
from fabgitops_operator.cluster.children import Children
from fabgitops_operator.cluster.kube import Kube
from fabgitops_operator.cluster.lease.keeper import Lease
from fabgitops_operator.cluster.lease.place import lease_of
from fabgitops_operator.cluster.leaving import Leaving
from fabgitops_operator.cluster.objects import DELIVERER, KubeObjects
from fabgitops_operator.cluster.rest import Rest
from fabgitops_operator.cluster.watch import Watch
from fabgitops_operator.cluster.way import load_access
from fabgitops_operator.hosting.deliverymetrics import DeliveryMetrics
from fabgitops_operator.hosting.device_map import route_of
from fabgitops_operator.hosting.http import serving
from fabgitops_operator.hosting.means import Means, Rollouts, modbus
from fabgitops_operator.hosting.owned import objects_of
from fabgitops_operator.hosting.ports import Fence
from fabgitops_operator.hosting.rackmetrics import RackMetrics
from fabgitops_operator.hosting.stage import Stage, last_word, staged
from fabgitops_operator.redfish.performing import Bmcs
from fabgitops_operator.settings import Family, Settings


async def operate(settings: Settings, bus: BusSettings, analysis: AnalysisSettings) -> None:
    """Run until SIGTERM or SIGINT.

    Raises:
        DeviceMapError: The device map cannot be used.
        AuditKeyError: The key of the audit cannot be used.
        BusError: The bus cannot be used as it is set.
        AnalysisSettingsError: A file of what analyses ask cannot be used.
        ApiError: The API server cannot be reached, or refuses what the operator needs.
        LeaseLostError: Another operator has taken the Lease.
        LeaseRefusedError: The API server does not let us have one.
        NotInstalledError: No kind is installed.
        ListenError: The metrics port cannot be listened on.
        TracingUnavailable: Traces are asked for and cannot be made.
    """
    await last_word(_operated(settings, bus, analysis))


async def _operated(settings: Settings, bus: BusSettings, analysis: AnalysisSettings) -> str:
    """Run as `operate` says, and return what is to be said of the end."""
    route, within = route_of(settings.device_map), networks(settings.allow_cidr)
    keeper = keeper_of(settings)
    access = load_access()
    deciding = _deciding(settings)
    owned = objects_of(deciding)
    told_of = (kind for kind in owned if kind.status is not None)
    kube, rest = Kube(access, [*(controller.kind for controller in deciding), *told_of]), Rest(access)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(kube.close)
        stack.push_async_callback(rest.close)
        told: Memory | Outbox | None = None
        if settings.tells:
            told = await stack.enter_async_context(bus_of(bus))
        if told is not None and settings.kinds is Family.RACKS:
            means = _of_racks(kube, rest, told, owned, within)
        else:
            metrics = await stack.enter_async_context(metrics_of(analysis))
            if settings.kinds is Family.CHAOS:
                asked = metrics, analysis.places
                means = await stack.enter_async_context(means_of(settings, access, kube, rest, route, *asked, owned))
            elif told is not None and settings.delivers:
                means = _of_delivery(settings, rest, told, owned, metrics)
            else:
                rollouts = _rollouts(rest, told, metrics) if told is not None else None
                means = modbus(kube, route, within, ConfigMapBrake(kube, settings), keeper, rollouts)
        fence = lease_of(settings, kube)
        stage = await stack.enter_async_context(staged(settings, kube, fence, deciding, means))
        remark = stage.remark if told is None else _remark(stage, told)
        at = settings.metrics_bind, settings.metrics_port
        listening = serving(stage.metrics.registry, *at, stage.not_ready, remark)
        watch = Watch(access, stage.hearing, stage.inventory, stage.declared, settings.namespace, stage.take_signals)
        children = Children(rest, stage.children, stage.owned)
        leaving = _leaving(settings, kube, fence)
        stage.metrics.watch_given_up(lambda: leaving.counts)
        return await stage.perform(listening, watch.running(), _both(children, leaving))


def _deciding(settings: Settings) -> Sequence[Controller[Any]]:
    """Return who decides; what leads others stands before them, so that it is listed first."""
    brought = scenarios() if settings.kinds is Family.CHAOS else OURS
    known = families(settings.settle_secs, settings.argo_instance_id, brought)
    return (*(known["setpoints"] if settings.setpoint_rollouts else ()), *known[settings.kinds])


def _rollouts(rest: Rest, bus: Bus, metrics: HttpMetrics | None) -> Rollouts:
    """Return what rollouts need of a cluster."""
    return Rollouts(lambda counted: KubeObjects(rest, [INDUSTRIAL_PLC], counted.api_write), bus, metrics)


def _leaving(settings: Settings, kube: Kube, fence: Fence) -> Leaving:
    """Return who tells of PLCs that were given up; where there is no Lease, or of racks, nobody knows of any."""
    known = fence if isinstance(fence, Lease) and settings.kinds is Family.PLC else None
    given_up = (lambda: known.given_up) if known else frozenset
    return Leaving(kube, str(fence), settings.namespace, given_up, settings.resync_secs)


@asynccontextmanager
async def _both(children: Children, leaving: Leaving) -> AsyncIterator[None]:
    """Look after what is owned, and after what was given up."""
    async with children.running(), leaving.running():
        yield


def _of_racks(kube: Kube, rest: Rest, bus: Bus, owned: Sequence[Kind], within: Networks) -> Means:
    """Return what racks need: a way to make objects, who is told of them, and who asks BMCs."""
    return Means(
        objects=lambda metrics: KubeObjects(rest, owned, metrics.api_write),
        bus=bus,
        counts=RackMetrics(),
        performers=lambda host: Bmcs(kube, host, within).performers(),
    )


def _of_delivery(settings: Settings, rest: Rest, bus: Bus, owned: Sequence[Kind], metrics: HttpMetrics | None) -> Means:
    """Return what workloads need: a way to make and patch objects, who is told of them, and who judges them."""
    return Means(
        objects=lambda counted: KubeObjects(rest, owned, counted.api_write, manager=DELIVERER, editor=DELIVERER),
        bus=bus,
        metrics=metrics,
        counts=DeliveryMetrics(settings.kinds.value),
    )


def _remark(stage: Stage, bus: Memory | Outbox) -> Callable[[], str]:
    """Let the bus be seen, and return what is to be said of it."""
    stage.metrics.registry.register(BusMetrics(bus.standing))
    return lambda: "\n".join(filter(None, (stage.remark(), bus.standing().remark())))
