"""What may become of packets on their way from a target."""

from collections.abc import Iterator
from enum import StrEnum
from ipaddress import ip_network
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StrictBool, model_validator

from fabgitops_core.api.chaos.choosing import check_one, exactly_one
from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.refusals import Problem, refuse
from fabgitops_core.api.schema import Rule, on_field, rules, unstored
from fabgitops_core.api.selecting import Selector

MAX_DELAY_MILLIS = 10_000
MAX_DESTINATIONS = 16
_IS_CIDR = Rule(
    "self.contains('/') && isIP(self.replace(self.substring(self.indexOf('/')), ''))"
    " && int(self.substring(self.indexOf('/') + 1)) <= (self.contains(':') ? 128 : 32)",
    "it must be an address and a prefix length: 10.1.0.0/16, or 10.1.2.3/32 for one host",
)


def _network(text: str) -> str:
    try:
        ip_network(text, strict=False)
    except ValueError:
        raise ValueError(_IS_CIDR.message) from None
    return text


Cidr = Annotated[
    str,
    Field(max_length=43, pattern=r"^[0-9A-Fa-f.:]+/[0-9]{1,3}$", json_schema_extra=on_field(_IS_CIDR)),
    AfterValidator(_network),
]
"""Addresses as RFC 4632, section 3.1, writes them; IPv6 by RFC 4291, section 2.3."""

Millis = Annotated[int, Field(ge=1, le=MAX_DELAY_MILLIS, strict=True)]


class Protocol(StrEnum):
    """Which packets of a destination."""

    TCP = "TCP"
    UDP = "UDP"


_WHERE = ("cidr", "plcs")
_ONE = exactly_one(_WHERE, "say where the packets go by exactly one of cidr and plcs")
_PORT = Rule("has(self.cidr) || !has(self.port)", "a PLC has its own port: leave port out", field=".port")


@rules(_ONE, _PORT)
@unstored
class Destination(ApiModel):
    """Where packets go that are held or lost."""

    cidr: Cidr | None = None
    """Addresses, as 10.1.0.0/16."""
    plcs: Selector | None = None
    """IndustrialPLCs of the target's namespace by labels: their addresses and ports when the experiment begins."""
    port: Annotated[int, Field(ge=1, le=65535, strict=True)] | None = None
    """The port there; all when not given."""
    protocol: Protocol = Protocol.TCP
    """TCP when not given, or UDP: without a port it makes all packets of that protocol late."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        check_one(self, _WHERE, _ONE.message)
        if self.cidr is None and self.port is not None:
            refuse("Destination", [Problem(("port",), self.port, _PORT.message)])
        return self


_DOES = Rule(
    "has(self.delayMillis) || has(self.lossPercent) || (has(self.partition) && self.partition)",
    "say what becomes of packets: delayMillis, lossPercent, or partition: true",
)
_ALONE = Rule(
    "!has(self.partition) || !self.partition || (!has(self.delayMillis) && !has(self.lossPercent))",
    "a partition lets nothing pass: leave delayMillis and lossPercent out",
    field=".partition",
)
_JITTER = Rule(
    "!has(self.jitterMillis) || (has(self.delayMillis) && self.jitterMillis <= self.delayMillis)",
    "jitterMillis goes around delayMillis, and is at most as much",
    field=".jitterMillis",
)


@rules(_DOES, _ALONE, _JITTER)
@unstored
class NetworkDelay(ApiModel):
    """Packets that leave the target are late, or lost.

    The delay is one-way: an exchange of n round trips pays n times. It ends with whoever holds the packets, by the
    kernel; a container that restarts meanwhile changes nothing.
    """

    delay_millis: Millis | None = None
    """Milliseconds for which each packet is held."""
    jitter_millis: Millis | None = None
    """Milliseconds by which that varies, up and down alike; packets of one flow keep their order."""
    loss_percent: Annotated[int, Field(ge=1, le=100, strict=True)] | None = None
    """How many of a hundred packets are lost."""
    partition: StrictBool = False
    """Whether none passes; false when not given."""
    to: Annotated[tuple[Destination, ...], Field(max_length=MAX_DESTINATIONS)] = ()
    """Only packets to these; all that leave the target when not given.

    With PLCs for targets packets to these are held, in the pod of the operator that looks after them.
    """

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        refuse("NetworkDelay", self._problems())
        return self

    def _problems(self) -> Iterator[Problem]:
        delay = self.delay_millis
        shapes = delay is not None or self.loss_percent is not None
        if not shapes and not self.partition:
            yield Problem((), {}, _DOES.message)
        if shapes and self.partition:
            yield Problem(("partition",), self.partition, _ALONE.message)
        if self.jitter_millis is not None and (delay is None or self.jitter_millis > delay):
            yield Problem(("jitterMillis",), self.jitter_millis, _JITTER.message)


_ABOUT = Rule(
    "!has(self.jitterMillis) || self.jitterMillis <= self.delayMillis",
    "jitterMillis goes around delayMillis, and is at most as much",
    field=".jitterMillis",
)


@rules(_ABOUT)
@unstored
class ApiLatency(ApiModel):
    """The requests to the API server are late of the operator that looks after the PLCs of the experiment's namespace.

    They are held in its own pod, which is found by its Lease.
    """

    delay_millis: Annotated[int, Field(ge=1, le=5_000, strict=True)]
    """Milliseconds for which each packet is held: at most 5 s."""
    jitter_millis: Annotated[int, Field(ge=1, le=5_000, strict=True)] | None = None
    """Milliseconds by which that varies, up and down alike."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.jitter_millis or 0) > self.delay_millis:
            refuse("ApiLatency", [Problem(("jitterMillis",), self.jitter_millis, _ABOUT.message)])
        return self
