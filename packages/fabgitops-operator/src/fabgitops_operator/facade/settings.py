"""What can be set of the facade."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from fabgitops_operator.facade.names import NAME, RULE
from fabgitops_operator.hosting.listen import place
from fabgitops_operator.settings import LogFormat, LogLevel


def _place(_: type, text: str) -> None:
    """Refuse what is no place to listen at."""
    place(text)


def _namespace(_: type, name: str) -> None:
    """Refuse what no namespace can be called."""
    if name and not NAME.fullmatch(name):
        raise ValueError(f'"{name}" is no name of a namespace: {RULE}')


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class FacadeSettings:
    """All settings of the facade, with their defaults."""

    listen: Annotated[str, Parameter(validator=_place)] = "127.0.0.1:8080"
    """ADDRESS:PORT to serve on; port 0 takes a free one. Off loopback it wants TLS, and callers show tokens."""

    tls_cert: Path | None = None
    """Certificate (PEM) to show; with it callers show a token that the API server knows, also on loopback."""

    tls_key: Path | None = None
    """Its key (PEM)."""

    namespace: Annotated[str, Parameter(validator=_namespace)] = ""
    """Namespace of the racks. Default: the pod's own; outside a cluster that of the kubeconfig's context."""

    log_level: LogLevel = LogLevel.INFO
    """From which level on the log speaks."""

    log_format: LogFormat = LogFormat.AUTO
    """Text, JSON lines, or auto: text on a terminal, JSON lines elsewhere."""
