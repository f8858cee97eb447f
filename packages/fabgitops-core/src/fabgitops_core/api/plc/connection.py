"""How the device is reached: transport, pace, TLS, and who it must say that it is."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StrictBool, model_validator

from fabgitops_core.api.addresses import ServerName
from fabgitops_core.api.meta import ApiModel, ObjectName
from fabgitops_core.api.refusals import Problem, refuse
from fabgitops_core.api.schema import Rule, on_field, rules, unstored

MAX_READ_WORDS = 125
"""Words that one read may ask for (Modbus Application Protocol V1.1b3, sections 6.3 and 6.4)."""

_NO_ZERO = Rule("self >= 0.1", "it is at least 0.1 s: leave it out for the smaller of 3 and pollIntervalSecs")
"""The API server compares a whole number with the whole part of the minimum, which lets 0 through."""

Timeout = Annotated[float, Field(ge=0.1, le=60, json_schema_extra=on_field(_NO_ZERO))]
"""Seconds to wait for a connection, and again for a reply."""


class Transport(StrEnum):
    """How Modbus requests travel to the device."""

    TCP = "tcp"
    """Modbus TCP: an MBAP header over TCP, by convention on port 502."""
    RTU_OVER_TCP = "rtuOverTcp"
    """RTU frames with their CRC, carried over TCP as serial gateways do."""
    TLS = "tls"
    """Modbus TCP over TLS (MODBUS/TCP Security), by convention on port 802."""
    UDP = "udp"
    """An MBAP header in each UDP datagram."""


class Uncopied(StrEnum):
    """What a device does not copy from a request into its answer, though it should."""

    TRANSACTION_ID = "transactionId"
    """The number of the request (Modbus Messaging on TCP/IP Implementation Guide V1.0b, section 3.1.3)."""
    UNIT_ID = "unitId"
    """Whom the request is for."""
    WRITE_ECHO = "writeEcho"
    """What a write was of: address, and value or count (Modbus Application Protocol V1.1b3, sections 6.5 to 6.16)."""


class SecretRef(ApiModel):
    """The name of a Secret beside the resource, in its namespace."""

    name: ObjectName
    """Name of the Secret."""


_TLS_ONLY = ("tlsSecretRef", "tlsServerName", "tlsInsecureSkipVerify")

_NO_NUMBER = "a serial line has none, and over UDP nothing else tells a datagram that comes twice from the next answer"
_NO_UNIT = "on a serial line the unit id is all that tells who answers"
_NO_ECHO = "only a serial line has an echo"


@unstored
@rules(
    *(
        Rule(
            f"!has(self.{field}) || (has(self.transport) && self.transport == 'tls')",
            f"{field} goes with transport tls: add transport: tls, or drop it",
            field=f".{field}",
        )
        for field in _TLS_ONLY
    ),
    Rule(
        f"!has(self.ignore) || !('{Uncopied.TRANSACTION_ID}' in self.ignore) || "
        "!has(self.transport) || self.transport in ['tcp', 'tls']",
        f"transactionId is ignored with transport tcp or tls only: {_NO_NUMBER}",
        field=".ignore",
    ),
    Rule(
        f"!has(self.ignore) || !('{Uncopied.UNIT_ID}' in self.ignore) || "
        "!has(self.transport) || self.transport != 'rtuOverTcp'",
        f"unitId is not ignored with transport rtuOverTcp: {_NO_UNIT}",
        field=".ignore",
    ),
    Rule(
        "!has(self.echo) || !self.echo || (has(self.transport) && self.transport == 'rtuOverTcp')",
        f"echo goes with transport rtuOverTcp: {_NO_ECHO}",
        field=".echo",
    ),
)
class Connection(ApiModel):
    """How the device wants to be talked to; resources that share a connection share their most careful wishes."""

    transport: Transport = Transport.TCP
    """tcp, rtuOverTcp, tls or udp; tcp when not given."""
    timeout_secs: Timeout | None = None
    """Seconds to wait for a connection and for a reply; the smaller of 3 and pollIntervalSecs when not given."""
    connect_delay_ms: Annotated[int, Field(ge=0, le=60_000, strict=True)] = 0
    """Milliseconds to wait after connecting before the first request; 0 when not given."""
    request_delay_ms: Annotated[int, Field(ge=0, le=60_000, strict=True)] = 0
    """Milliseconds to wait between two requests on the connection; 0 when not given."""
    idle_close_secs: Annotated[int, Field(ge=0, le=86_400, strict=True)] = 0
    """Seconds without a request after which the connection is closed; 0, as when not given, holds it."""
    max_words_per_read: Annotated[int, Field(ge=1, le=MAX_READ_WORDS, strict=True)] = MAX_READ_WORDS
    """Words that one read may ask for; 125, as when not given, is the most that Modbus has."""
    max_gap_words: Annotated[int, Field(ge=0, le=MAX_READ_WORDS - 2, strict=True)] = 0
    """Words nobody asked for that a read may span to save a request; 0 when not given."""
    max_refused_percent: Annotated[int, Field(ge=0, le=100, strict=True)] = 25
    """Percent of the map that the device may refuse to show; while it is more nothing is written. 25 when not given."""
    ignore: Annotated[tuple[Uncopied, ...], Field(max_length=3)] = ()
    """What of an answer need not be as in the request, for the device copies it wrongly: transactionId, unitId,
    writeEcho. Nothing when not given."""
    echo: StrictBool = False
    """Whether each request comes back before its answer, as from some RS-485 converters; false when not given."""
    tls_secret_ref: SecretRef | None = None
    """Secret with ca.crt to check the device by, and tls.crt and tls.key to show to it; each optional."""
    tls_server_name: ServerName | None = None
    """Name that the device's certificate must be for; deviceAddress when not given."""
    tls_insecure_skip_verify: StrictBool = False
    """Whether to talk to a device that cannot prove who it is; false when not given."""

    @model_validator(mode="after")
    def _tls_with_tls(self) -> Self:
        given = {field: value for field, value in self.model_dump(exclude_unset=True).items() if field in _TLS_ONLY}
        if self.transport is not Transport.TLS:
            reason = (
                f"it goes with transport tls, and the transport is {self.transport}: add transport: tls, or drop it"
            )
            refuse("Connection", (Problem((field,), value, reason) for field, value in given.items()))
        return self

    @model_validator(mode="after")
    def _ignores_what_there_is(self) -> Self:
        refuse("Connection", self._unfit())
        return self

    def _unfit(self) -> Iterator[Problem]:
        numbered = self.transport in {Transport.TCP, Transport.TLS}
        serial = self.transport is Transport.RTU_OVER_TCP
        for at, each in enumerate(self.ignore):
            if each is Uncopied.TRANSACTION_ID and not numbered:
                yield Problem(
                    ("ignore", at), each.value, f"with transport {self.transport} it is not ignored: {_NO_NUMBER}"
                )
            if each is Uncopied.UNIT_ID and serial:
                yield Problem(
                    ("ignore", at), each.value, f"with transport {self.transport} it is not ignored: {_NO_UNIT}"
                )
        if self.echo and not serial:
            reason = f"it goes with transport rtuOverTcp, and the transport is {self.transport}: {_NO_ECHO}"
            yield Problem(("echo",), self.echo, reason)


@rules(
    Rule(
        "has(self.vendor) || has(self.productCode) || has(self.revision)",
        "identity names nothing: give vendor, productCode or revision, or drop it",
    )
)
class Identity(ApiModel):
    """What the device must say of itself (FC43/14, objects 0 to 2); where it differs nothing is written."""

    vendor: Annotated[str, Field(min_length=1, max_length=244)] | None = None
    """Vendor name, object 0."""
    product_code: Annotated[str, Field(min_length=1, max_length=244)] | None = None
    """Product code, object 1."""
    revision: Annotated[str, Field(min_length=1, max_length=244)] | None = None
    """Major and minor revision, object 2."""

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not self.objects:
            raise ValueError("it names nothing: give vendor, productCode or revision, or drop it")
        return self

    @property
    def objects(self) -> dict[int, str]:
        """Return what is wanted by object id (Modbus Application Protocol V1.1b3, section 6.21)."""
        wanted = {0: self.vendor, 1: self.product_code, 2: self.revision}
        return {number: text for number, text in wanted.items() if text is not None}
