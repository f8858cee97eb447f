"""What the agent is asked over its API: an injection, and for how long; checked before anything is looked at."""

import ipaddress
from typing import Annotated, Literal, Self

from fabgitops_core.control.chaos.timing import LEASE_SECS
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

MAX_DELAY_MILLIS, MAX_WAYS, MAX_WORKERS = 60_000, 32, 64
MIN_LEASE_SECS, MAX_LEASE_SECS, DAY_SECS = 2, int(LEASE_SECS), 86_400

InjectionId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
_Uid = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
_ContainerId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def _network(value: object) -> object:
    """Take a network in CIDR notation, and an address as the network of it alone."""
    return str(ipaddress.ip_network(value, strict=False)) if isinstance(value, str) else value


class _Asked(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, validate_by_name=True)


class Way(_Asked):
    """Packets of one protocol to a network, in CIDR notation, and there to a port if one is given."""

    network: Annotated[str, BeforeValidator(_network)]
    port: int | None = Field(None, ge=1, le=65_535)
    protocol: Literal["tcp", "udp"] = "tcp"


class NetworkDelay(_Asked):
    """Packets that leave the pod are late, or lost: all of them but for the loopback's, or those to some places."""

    delay_millis: int = Field(0, ge=0, le=MAX_DELAY_MILLIS)
    jitter_millis: int = Field(0, ge=0)
    loss_percent: int = Field(0, ge=0, le=100)
    to: tuple[Way, ...] = Field((), max_length=MAX_WAYS)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.jitter_millis > self.delay_millis:
            raise ValueError(f"jitterMillis {self.jitter_millis} is more than delayMillis {self.delay_millis}")
        if not (self.delay_millis or self.loss_percent):
            raise ValueError("delayMillis or lossPercent must be more than 0")
        return self


class CpuStress(_Asked):
    """Workers in the control groups of a container, where its limit is, burn processor time: so much of a core each."""

    container_id: _ContainerId
    load_percent: int = Field(100, ge=1, le=100)
    workers: int = Field(1, ge=1, le=MAX_WORKERS)


class Fault(_Asked):
    """Exactly one of what the agent can hold."""

    network_delay: NetworkDelay | None = None
    cpu_stress: CpuStress | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.network_delay is None) is (self.cpu_stress is None):
            raise ValueError("exactly one of networkDelay and cpuStress must be given")
        return self


class Inject(_Asked):
    """An injection into a pod of this node: what, for how long at most, and until when it may begin.

    `lease_secs` is how long it lives without being renewed, `cap_secs` how long at all, both in seconds; `not_after`
    is a moment of this agent's own clock, as its last answer had it, so that no two clocks are ever compared; and
    `instance` is the start of it that gave that answer.
    """

    namespace: str = Field(min_length=1, max_length=63)
    pod: str = Field(min_length=1, max_length=253)
    uid: _Uid
    fault: Fault
    lease_secs: int = Field(15, ge=MIN_LEASE_SECS, le=MAX_LEASE_SECS)
    cap_secs: int = Field(ge=1, le=DAY_SECS)
    instance: str
    not_after: float


class Renew(_Asked):
    """That an injection is still wanted, if this comes in time."""

    instance: str
    not_after: float
