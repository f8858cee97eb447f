"""What can be asked of a device: plain values that decisions make and devices carry out."""

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import NewType

from fabgitops_core.api.plc.connection import Transport, Uncopied
from fabgitops_core.api.plc.registers import WriteFunction
from fabgitops_core.codec.tables import Table

__all__ = [
    "Around",
    "Change",
    "ConnectionId",
    "DeviceId",
    "Endpoint",
    "IdentityPlan",
    "Link",
    "ReadPlan",
    "SecretKey",
    "SideWrite",
    "Table",
    "TlsRef",
    "Transport",
    "Uncopied",
    "WriteFunction",
]


ConnectionId = NewType("ConnectionId", int)
"""Tells one connection from every other that this process makes; what was learned over it holds as long as it does."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a device is reached: an IPv4 or IPv6 address or a host name, a port, and how Modbus travels there."""

    host: str
    port: int
    transport: Transport = Transport.TCP

    def __str__(self) -> str:
        """Return `host:port`, with an IPv6 address in brackets (RFC 3986, section 3.2.2)."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def site(self) -> "Endpoint":
        """Return it without what does not make it another device: how the host is spelled, and the transport.

        A host name and its address stay two sites: which belongs to which may change at any time.
        """
        site = Endpoint(_one_spelling(self.host), self.port)
        return self if site == self else site


@dataclass(frozen=True, slots=True)
class DeviceId:
    """One device: behind a gateway many share an endpoint and differ by their Modbus unit id, 0 to 255."""

    endpoint: Endpoint
    unit_id: int


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """What to read in one request: FC01 to FC04 (Modbus Application Protocol V1.1b3, sections 6.1 to 6.4).

    `address` is 0-based as on the wire; `count` is 1 to 125 words, or 1 to 2,000 bits of a table of bits.
    """

    endpoint: Endpoint
    unit_id: int
    address: int
    count: int = 1
    table: Table = Table.HOLDING


@dataclass(frozen=True, slots=True)
class SecretKey:
    """A key in the data of a Secret: where a value is that stands in no manifest, and is shown nowhere."""

    namespace: str
    name: str
    key: str

    def __str__(self) -> str:
        """Return it for people."""
        return f"key {self.key} of the Secret {self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class SideWrite:
    """A write of one word, or one coil, that goes with another to the same unit; its value is said, or in a Secret."""

    table: Table
    address: int
    value: int | None
    secret: SecretKey | None = None

    @property
    def place(self) -> str:
        """Return where it goes, for people."""
        return f"{self.table.noun} {self.address}"


@dataclass(frozen=True, slots=True)
class Around:
    """What is written before and after a change, each time, in one turn of the connection."""

    before: tuple[SideWrite, ...] = ()
    after: tuple[SideWrite, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What to write, in one atomic request (sections 6.5, 6.6, 6.11, 6.12 and 6.16).

    `address` is 0-based as on the wire. `values` are 1 to 123 unsigned words of 0 to 65535, or 1 to 1,968 bits of 0 or
    1 for coils. `function` AUTO is SINGLE (FC05, FC06) for one value and MULTIPLE (FC15, FC16) for more.

    With `mask`, 1 to 65535, only its bits of one holding register are changed, to those of the one word in `values`:
    in the device (FC22) with the function MASK, otherwise by reading the word, and writing it, if its bits are not
    right, before anything else of ours goes over the connection. Whoever else writes the word at that moment is undone.

    A `repeat` is of what the device held as it was read, and goes out although it is right.
    With `around` other words are written before and after it, in the same turn: it is one step, or does not end well.
    """

    endpoint: Endpoint
    unit_id: int
    address: int
    values: tuple[int, ...]
    table: Table = Table.HOLDING
    function: WriteFunction = WriteFunction.AUTO
    mask: int | None = None
    repeat: bool = False
    around: Around | None = None

    @property
    def code(self) -> int:
        """Return the code of the function that writes it: 5, 6, 15, 16 or 22."""
        if self.function is WriteFunction.MASK:
            return 22
        single = self.function is WriteFunction.SINGLE or (
            self.function is WriteFunction.AUTO and len(self.values) == 1
        )
        return (5 if single else 15) if self.table is Table.COIL else (6 if single else 16)


@dataclass(frozen=True, slots=True)
class IdentityPlan:
    """What a device says of itself: FC43/14, objects 0 to 2, with `regular` those up to 127 (section 6.21)."""

    endpoint: Endpoint
    unit_id: int
    regular: bool = False


@dataclass(frozen=True, slots=True)
class TlsRef:
    """Which certificates a TLS connection uses.

    `secret` names where CA, certificate and key are kept, as whoever provides them understands it; empty means the
    system's CAs and no client certificate. The server's certificate must be valid for `server_name` (empty: the
    endpoint's host), unless `verify` is False.
    """

    secret: str = ""
    server_name: str = ""
    verify: bool = True


@dataclass(frozen=True, slots=True)
class Link:
    """How whoever shares a connection wants it treated, in seconds; of several wishes the most careful counts.

    `connect_delay` passes between a connect and the first request, `request_delay` between the end of one request and
    the next. After `idle_close` without a request the connection is closed until the next; 0 holds it.

    `ignore` and `echo` say how the answers to its own requests may be, and to nobody else's: what need not be as in the
    request, and whether the request comes back before its answer.
    """

    connect_delay: float = 0.0
    request_delay: float = 0.0
    idle_close: float = 0.0
    tls: TlsRef | None = None
    ignore: frozenset[Uncopied] = frozenset()
    echo: bool = False


def _one_spelling(host: str) -> str:
    try:
        address = ip_address(host)
    except ValueError:
        return host.lower().rstrip(".")  # RFC 4343: case means nothing; the dot at the end says that it is the whole
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)
