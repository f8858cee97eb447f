"""By what an operator carries out what its controllers want, beside statuses and Events, which every one has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NoReturn

from fabgitops_core.codec.networks import Networks
from fabgitops_core.control.commands import Request
from fabgitops_core.control.plc.requests import Endpoint, Link
from fabgitops_core.engine.performing import Performer
from fabgitops_core.engine.ports import Bus, Devices, Host, MetricSource, Objects
from fabgitops_core.engine.ports import Secrets as EngineSecrets
from fabgitops_core.modbus.pool import ModbusDevices
from fabgitops_core.modbus.route import Route

from fabgitops_operator.audit.keeper import Keeper
from fabgitops_operator.hosting.brake.brake import BrakeStore
from fabgitops_operator.hosting.metrics import Metrics, Others
from fabgitops_operator.hosting.ports import Secrets
from fabgitops_operator.hosting.secrets import SecretTls, SecretWords

NONE: Mapping[type[Request], Performer] = MappingProxyType({})


class NoDevices:
    """The engine's `Devices` where no kind has any: nothing is ever connected to."""

    def open(self, endpoint: Endpoint, link: Link | None = None) -> NoReturn:
        """Never be asked for.

        Raises:
            TypeError: It was.
        """
        raise TypeError(f"no kind that is looked after here has a device, and {endpoint} was asked for")

    async def close(self) -> None:
        """Have nothing to close."""


@dataclass(frozen=True, slots=True)
class Means:
    """What each family of kinds needs of its own.

    `devices` and `objects` are made when there is somebody to count what they do, `performers` when there is a host to
    record it; `metrics` is asked for what judges a change and is kept elsewhere, `counts` counts what is of a family
    without PLCs and `besides` what is of one besides them, `brake` is where the fleet brake is kept of kinds that it
    can hold, and `audit` keeps a record of every write to a device. `secrets` is where the words are that unlock
    devices.
    """

    devices: Callable[[Metrics], Devices] = lambda _: NoDevices()
    objects: Callable[[Metrics], Objects | None] = lambda _: None
    bus: Bus | None = None
    metrics: MetricSource | None = None
    counts: Others | None = None
    besides: Others | None = None
    performers: Callable[[Host], Mapping[type[Request], Performer]] = lambda _: NONE
    brake: BrakeStore | None = None
    audit: Keeper | None = None
    secrets: EngineSecrets | None = None


@dataclass(frozen=True, slots=True)
class Rollouts:
    """What changes need that go over a fleet of PLCs: where PLCs are annotated, who is told, and who judges with."""

    objects: Callable[[Metrics], Objects]
    bus: Bus
    metrics: MetricSource | None = None


def modbus(
    secrets: Secrets,
    route: Route,
    within: Networks,
    brake: BrakeStore,
    audit: Keeper | None = None,
    rollouts: Rollouts | None = None,
) -> Means:
    """Return what PLCs need: connections over which Modbus is spoken, to addresses within what is allowed."""
    return Means(
        lambda metrics: ModbusDevices(metrics.request, SecretTls(secrets), route, within),
        objects=rollouts.objects if rollouts else lambda _: None,
        bus=rollouts.bus if rollouts else None,
        metrics=rollouts.metrics if rollouts else None,
        brake=brake,
        audit=audit,
        secrets=SecretWords(secrets),
    )
