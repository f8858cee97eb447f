"""`mock-plc healthy`: whether one listens here, asked without a Modbus request, because those use up its faults."""

import socket
import sys
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from mock_plc.errors import MockPlcError

_TCP_SECS = 3.0
_UDP_SECS = 0.3


def healthy(
    *, host: str = "127.0.0.1", port: Annotated[int, Parameter(validator=Number(gte=1, lte=65535))] = 5502
) -> None:
    """Say that a mock-plc listens, or end with exit code 1. No request is sent, so none of its faults is used up.

    Args:
        host: Its address.
        port: Its port, of TCP or UDP.
    """
    if not (_on_tcp(host, port) or _on_udp(host, port)):
        raise MockPlcError(f"nobody listens on {host} port {port}")
    sys.stdout.write("ok\n")


def _on_tcp(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=_TCP_SECS):
            return True
    except OSError:
        return False


def _on_udp(host: str, port: int) -> bool:
    """Send an empty datagram: the system refuses it where nobody listens, and a PLC ignores it."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as asking:
            asking.settimeout(_UDP_SECS)
            asking.connect(address)
            asking.send(b"")
            asking.recv(1)
    except TimeoutError:
        return True
    except OSError:
        return False
    return True
