"""Whether an operator that runs here is well, asked as a container engine asks: by a process beside it."""

import http.client
import ssl
from ipaddress import ip_address

PATIENCE_SECS = 3.0


class UnhealthyError(Exception):
    """It is not well, or nobody answers: its text says which."""


def ask(bind: str, port: int, path: str, *, tls: bool = False) -> str:
    """Return what the operator that listens on an address and port answers at a path.

    Over TLS its certificate is not looked into: nothing that is secret is said, and it is this machine that is asked.

    Raises:
        UnhealthyError: It answers anything but 200, or not within 3 seconds.
    """
    host = _reachable(bind)
    connection = _connection(host, port, tls=tls)
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


def _connection(host: str, port: int, *, tls: bool) -> http.client.HTTPConnection:
    if not tls:
        return http.client.HTTPConnection(host, port, timeout=PATIENCE_SECS)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection(host, port, timeout=PATIENCE_SECS, context=context)


def _reachable(bind: str) -> str:
    """Return where one that listens on every address is found from beside it."""
    try:
        address = ip_address(bind)
    except ValueError:
        return bind
    if not address.is_unspecified:
        return bind
    return "127.0.0.1" if address.version == 4 else "::1"
