"""The flags of `mock-plc`, in groups, and nothing that is slow to import; `options` makes of them what they mean."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Group, Parameter

MAX_WORD, MAX_COUNT = 65535, 10_000


def within(low: float, high: float) -> Parameter:
    """Return what refuses a number outside a range, and says so."""

    def check(_: object, value: float | None) -> None:
        if value is not None and not low <= value <= high:
            raise ValueError(f"It must be {low} to {high}.")

    return Parameter(validator=check)


Word = Annotated[int, within(0, MAX_WORD)]
_flag = Parameter(negative="")


@Parameter(name="*", group=Group("Registers", sort_key=1))
@dataclass(frozen=True, kw_only=True)
class Registers:
    """What is served, and by how many."""

    device: Annotated[
        Path | None,
        Parameter(
            help="YAML file that describes a whole device: its units, registers of every type, how they behave, and "
            "faults. mock-plc example prints one that explains itself, mock-plc check FILE checks one."
        ),
    ] = None
    register: Annotated[
        tuple[str, ...],
        Parameter(
            negative="",
            show_default=lambda _: "4001",
            help="ADDRESS or ADDRESS=VALUE of a holding register, may be given several times. Addresses are 0-based as "
            "on the wire: 40001 on a drawing is 0.",
        ),
    ] = ()
    value: Annotated[
        Word | None,
        Parameter(
            show_default=lambda _: "2500",
            help="What registers without a value of their own hold at the start, 0 to 65535.",
        ),
    ] = None
    count: Annotated[
        int,
        within(1, MAX_COUNT),
        Parameter(
            help="How many PLCs, 1 to 10000, each by itself at a port of its own, from --port upwards. With more than "
            "one it tells how many requests a second they serve, and of drifts only with -v."
        ),
    ] = 1


@Parameter(name="*", group=Group("Network", sort_key=2))
@dataclass(frozen=True, kw_only=True)
class Network:
    """Where and how it is served."""

    bind: Annotated[str, Parameter(help="Address to listen on.")] = "0.0.0.0"  # noqa: S104 - a PLC is there for others
    port: Annotated[Word, Parameter(help="Port to listen on, 0 to 65535; 0 takes a free one.")] = 5502
    transport: Annotated[
        Literal["tcp", "rtuOverTcp", "tls", "udp"],
        Parameter(help="Modbus TCP, RTU frames over TCP, Modbus/TCP Security (TLS), or Modbus over UDP."),
    ] = "tcp"
    tls_cert: Annotated[
        Path | None, Parameter(help="PEM file with the server's certificate, and those between it and its CA.")
    ] = None
    tls_key: Annotated[
        Path | None, Parameter(help="PEM file with the private key of the certificate, without a password.")
    ] = None
    tls_make: Annotated[
        Path | None,
        Parameter(
            help="Directory to put a throw-away CA into, with a certificate for this server and one for a client, good "
            "for 30 days. Nothing that is there is overwritten."
        ),
    ] = None
    tls_client_ca: Annotated[
        Path | None, Parameter(help="PEM file with the CA that clients must have a certificate of.")
    ] = None


@Parameter(name="*", group=Group("Drift and faults", sort_key=3))
@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What goes wrong."""

    chaos: Annotated[
        bool, _flag, Parameter(help="Drift: every --chaos-interval seconds each register moves up or down.")
    ] = False
    chaos_interval: Annotated[
        float, within(0.01, 86400), Parameter(help="Seconds between two drifts, 0.01 to 86400.")
    ] = 10.0
    max_drift: Annotated[
        int,
        within(1, MAX_WORD),
        Parameter(
            help="How far a register moves at most in one drift, 1 to 65535. It stops at 0 and 65535, never wraps."
        ),
    ] = 500
    fault: Annotated[
        tuple[str, ...],
        _flag,
        Parameter(
            show_default=False,
            help="KIND[:ARGUMENT][,KEY=VALUE]..., may be given several times. Kinds: delay, no-reply, close, half, "
            "wrong-transaction, no-transaction, wrong-unit, wrong-function, short-reply, wrong-echo, echo, foreign, "
            "garbage, late, exception, restart, frozen, slow-start, connection-limit. "
            "Keys: p, on, unit, function, table, address, first, after, every, for, "
            "executes. The README explains each.",
        ),
    ] = ()


@Parameter(name="*", group=Group("Control API", sort_key=4))
@dataclass(frozen=True, kw_only=True)
class Controls:
    """How a running mock-plc is looked at and changed."""

    control: Annotated[
        str | None,
        Parameter(
            help="PORT or HOST:PORT of the control API, which mock-plc ctl speaks; 0 takes a free port. Without a host "
            "it is for this machine only. For others it needs a token: $MOCK_PLC_TOKEN or --control-token-file."
        ),
    ] = None
    control_token_file: Annotated[Path | None, Parameter(help="File with the token that the control API wants.")] = None


REGISTERS, NETWORK, TROUBLE, CONTROLS = Registers(), Network(), Trouble(), Controls()
