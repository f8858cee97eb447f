"""What can be set of the bus, by flag, by environment (FABGITOPS_...) or in a file."""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from fabgitops_operator.bus.address import BusKind, address_of

PREFIX = "io.fabrica"
"""What the types of events begin with, unless --bus-prefix says otherwise."""


class Mode(StrEnum):
    """How an event travels: STRUCTURED is one JSON document, BINARY its data with the attributes in headers."""

    STRUCTURED = "structured"
    BINARY = "binary"


class Sasl(StrEnum):
    """How Kafka is told user and password."""

    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"


def _bus(_: type, text: str) -> None:
    address_of(text)


def _prefix(_: type, text: str) -> None:
    """Refuse what cannot begin the subject of a message as well."""
    if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", text):
        raise ValueError(f'"{text}" cannot begin the type of an event: names of a-z, 0-9 and -, with dots between.')


def _source(_: type, text: str) -> None:
    """Refuse what is no reference to a source (RFC 3986), or would end in two slashes."""
    if not re.fullmatch(r"[A-Za-z0-9._~:/@!$&'()*+,;=%-]*[A-Za-z0-9._~-]", text):
        raise ValueError(f'"{text}" is no source of events: a URI, or a name, without blanks and without / at its end.')


def _together(_: type, settings: "BusSettings | None") -> None:
    """Refuse what would have no effect, or show a password to everybody on the way; None: no setting."""
    if settings is None:
        return
    address = address_of(settings.bus)
    if settings.bus_ca is not None and not address.tls:
        raise ValueError(f"--bus-ca has no effect on {address.shown}: it is for tls://, kafka+tls:// and https://.")
    if settings.bus_credentials is not None and address.kind is BusKind.MEMORY:
        raise ValueError("--bus-credentials has no effect without a --bus.")
    if settings.bus_sasl is not None and (address.kind is not BusKind.KAFKA or settings.bus_credentials is None):
        raise ValueError("--bus-sasl has no effect without a --bus kafka://… and --bus-credentials.")


def without_effect(settings: "BusSettings") -> str:
    """Say what of the settings has no effect where only rollouts are told of, whose types are not ours; or ""."""
    address = address_of(settings.bus)
    named = address.kind is BusKind.KAFKA and address.name
    if settings.bus_prefix == PREFIX or not (named or address.kind is BusKind.HTTP):
        return ""
    return f"--bus-prefix has no effect on {address.shown}: the types of rollouts are those of CDEvents"


@Parameter(name="*", validator=_together)
@dataclass(frozen=True, slots=True, kw_only=True)
class BusSettings:
    """Where events go, with the defaults."""

    bus: Annotated[str, Parameter(validator=_bus)] = "memory"
    """Where events go: memory, nats://HOST[/STREAM], kafka://HOST[/TOPIC], or a URL; tls:// and kafka+tls:// by TLS."""

    bus_source: Annotated[str, Parameter(validator=_source)] = "fabgitops"
    """What the source of each event begins with: names this operator among others."""

    bus_prefix: Annotated[str, Parameter(validator=_prefix)] = PREFIX
    """What the type of each event begins with."""

    bus_mode: Mode = Mode.STRUCTURED
    """How an event travels: one JSON document, or its data with the attributes in headers."""

    bus_credentials: Path | None = None
    """File with USER:PASSWORD or a token, or for NATS the .creds file of a user; read anew for each connection."""

    bus_ca: Path | None = None
    """PEM file with the authorities that may vouch for the bus; without one those of this machine."""

    bus_sasl: Sasl | None = None
    """How Kafka is told user and password; without it SCRAM-SHA-512."""
