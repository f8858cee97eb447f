"""What can be set of the agent of chaos."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from fabgitops_operator.agent.asked import DAY_SECS
from fabgitops_operator.settings import LogFormat, LogLevel

_PORT = Number(gte=0, lte=65_535)


def _needed(_: type, text: str) -> None:
    """Refuse nothing at all: what a pod is told of itself is forgotten easily."""
    if not text:
        raise ValueError("it is empty: in a pod it comes from the downward API, as the chart has it")


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSettings:
    """All settings of the agent, with their defaults."""

    node: Annotated[str, Parameter(validator=_needed)]
    """Name of the node that this agent is on: its Lease is called after it."""

    address: Annotated[str, Parameter(validator=_needed)]
    """Address at which the operator reaches this agent, and where it listens: its pod's, of IPv4 or IPv6."""

    account: Annotated[str, Parameter(validator=_needed)]
    """The one account that may ask anything: system:serviceaccount:NAMESPACE:NAME."""

    lease_namespace: str = ""
    """Namespace of the Lease. Default: the pod's own."""

    port: Annotated[int, Parameter(validator=_PORT)] = 8443
    """Port to serve on, over TLS; port 0 takes a free one."""

    max_secs: Annotated[int, Parameter(validator=Number(gte=1, lte=DAY_SECS))] = 3600
    """Seconds that an injection may be held at all, whoever asks for more."""

    max_injections: Annotated[int, Parameter(validator=Number(gte=1, lte=256))] = 16
    """Injections that are held at once."""

    metrics_bind: str = "0.0.0.0"  # noqa: S104 - a pod's, which Prometheus and the kubelet ask
    """Address to serve metrics and probes on."""

    metrics_port: Annotated[int, Parameter(validator=_PORT)] = 8080
    """Port to serve metrics and probes on."""

    log_level: LogLevel = LogLevel.INFO
    """From which level on the log speaks."""

    log_format: LogFormat = LogFormat.AUTO
    """Text, JSON lines, or auto: text on a terminal, JSON lines elsewhere."""
