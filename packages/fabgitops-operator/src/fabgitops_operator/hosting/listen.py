"""Where the API listens, and whether it may there: off this machine only with TLS and tokens."""

from dataclasses import dataclass
from ipaddress import ip_address

from fabgitops_core.api.addresses import host_and_port

DEFAULT = "127.0.0.1:8080"

_MAX_PORT = 65535


@dataclass(frozen=True, slots=True)
class Place:
    """An address or host name, and a TCP port; port 0 is a free one."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Return whether nobody but this machine gets there. A name may be given to another address at any time."""
        return _is_address(self.host) and ip_address(self.host).is_loopback


def place(text: str) -> Place:
    """Return the place that a text names: HOST:PORT, an IPv6 address in brackets.

    Raises:
        ValueError: It names none: its text says what one looks like.
    """
    host, port = host_and_port(text) or ("", 0)
    if not host or port > _MAX_PORT or (text.startswith("[") and not _is_address(host)):
        raise ValueError(f'"{text}" is no ADDRESS:PORT, such as {DEFAULT}, 0.0.0.0:8443 or [::1]:8080')
    return Place("127.0.0.1" if host == "localhost" else host, port)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
