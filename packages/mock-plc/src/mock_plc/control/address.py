"""Where the control API is: the one thing that the server and `mock-plc ctl` have to agree on."""

import ipaddress
from dataclasses import dataclass
from typing import Self

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 5503
TOKEN_VARIABLE = "MOCK_PLC_TOKEN"  # noqa: S105 - the name of a variable, not a token
ADDRESS_VARIABLE = "MOCK_PLC_CONTROL"
_MAX_PORT = 65535


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port."""

    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the address of a text: `PORT`, `HOST:PORT` or `[IPV6]:PORT`; without a host it is the loopback.

        Raises:
            ValueError: It is none.
        """
        host, colon, port = text.rpartition(":")
        if not (port.isascii() and port.isdecimal() and int(port) <= _MAX_PORT) or (colon and not host):
            raise ValueError(
                f'"{text}" is neither PORT (5503) nor HOST:PORT (127.0.0.1:5503), a port 0 to {_MAX_PORT}.'
            )
        if host.startswith("[") and host.endswith("]"):
            host = host[1:-1]
        elif ":" in host:
            raise ValueError(f'"{text}" has an IPv6 address without brackets; write [{host}]:{port}.')
        return cls(host or DEFAULT_HOST, int(port))

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.host)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def is_loopback(host: str) -> bool:
    """Return whether a host, a name or an address, is this machine's loopback."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
