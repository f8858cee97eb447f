"""What can be asked of a device: plain values that decisions make and devices carry out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a device is reached: an IPv4 or IPv6 address or a host name, and a TCP port."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return `host:port`, with an IPv6 address in brackets (RFC 3986, section 3.2.2)."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class DeviceId:
    """One device: behind a gateway many share an endpoint and differ by their Modbus unit id, 0 to 255."""

    endpoint: Endpoint
    unit_id: int


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """Holding registers to read in one request (Modbus Application Protocol V1.1b3, section 6.3, FC03).

    `address` is 0-based as on the wire; `count` is 1 to 125 words.
    """

    endpoint: Endpoint
    unit_id: int
    address: int
    count: int = 1


@dataclass(frozen=True, slots=True)
class Change:
    """Holding registers to write in one atomic request: FC06 for one word, FC16 for 2 to 123 (sections 6.6, 6.12).

    `address` is 0-based as on the wire; each of `values` is an unsigned word, 0 to 65535.
    """

    endpoint: Endpoint
    unit_id: int
    address: int
    values: tuple[int, ...]
