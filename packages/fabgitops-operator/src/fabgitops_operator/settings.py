"""What can be set, by flag, by environment (FABGITOPS_...) or in a file."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number


class LogLevel(StrEnum):
    """From which level on the log speaks."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How the log is written: AUTO is text on a terminal and JSON lines elsewhere."""

    AUTO = "auto"
    TEXT = "text"
    JSON = "json"


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings, with their defaults."""

    namespace: Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)] = ()
    """Namespace to look after; may be given several times, in the environment with spaces between. Default: all."""

    metrics_bind: str = "0.0.0.0"  # noqa: S104 - probes and Prometheus come from outside the pod
    """Address that /metrics, /healthz and /readyz are served on."""

    metrics_port: Annotated[int, Parameter(validator=Number(gte=0, lte=65535))] = 8080
    """TCP port that they are served on; 0 takes a free one."""

    resync_secs: Annotated[float, Parameter(validator=Number(gte=1))] = 300.0
    """Seconds between two full listings, which find what the watch missed."""

    grace_secs: Annotated[float, Parameter(validator=Number(gte=0))] = 20.0
    """Seconds that a correction in hand has to end in when the operator is told to stop."""

    otlp_endpoint: str = ""
    """URL to post traces to by OTLP over HTTP, such as http://collector:4318/v1/traces; without one there are none."""

    log_level: LogLevel = LogLevel.INFO
    """From which level on the log speaks."""

    log_format: LogFormat = LogFormat.AUTO
    """Text, JSON lines, or auto: text on a terminal, JSON lines elsewhere."""
