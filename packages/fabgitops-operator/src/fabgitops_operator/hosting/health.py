"""Whether an operator that runs here is well, asked as a container engine asks: by a process beside it."""

import http.client
from ipaddress import ip_address

PATIENCE_SECS = 3.0


class UnhealthyError(Exception):
    """It is not well, or nobody answers: its text says which."""


def ask(bind: str, port: int, path: str) -> str:
    """Return what the operator that listens on an address and port answers at a path.

    Raises:
        UnhealthyError: It answers anything but 200, or not within 3 seconds.
    """
    host = _reachable(bind)
    connection = http.client.HTTPConnection(host, port, timeout=PATIENCE_SECS)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        text = response.read().decode(errors="replace").strip()
    except (OSError, http.client.HTTPException) as error:
        raise UnhealthyError(f"no answer from {host} port {port}: {error}") from error
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise UnhealthyError(f"{path} answers {response.status}: {text}")
    return text


def _reachable(bind: str) -> str:
    """Return where one that listens on every address is found from beside it."""
    try:
        address = ip_address(bind)
    except ValueError:
        return bind
    if not address.is_unspecified:
        return bind
    return "127.0.0.1" if address.version == 4 else "::1"
