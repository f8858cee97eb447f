"""The kubeconfig by which fabctl and kubectl find the API of this machine, and who they are there."""

import base64
import ipaddress
from pathlib import Path

import yaml

from fabgitops_operator.standalone.files import put

NAME = "fabgitops"
"""What the context, the cluster and the user in it are called."""


def url(host: str, port: int, *, tls: bool) -> str:
    """Return where the API is asked by who stands beside it: one that listens everywhere is found on loopback."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return f"{'https' if tls else 'http'}://{host}:{port}"
    if address.is_unspecified:
        address = ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1")
    shown = f"[{address}]" if address.version == 6 else str(address)
    return f"{'https' if tls else 'http'}://{shown}:{port}"


def kubeconfig(server: str, ca: bytes = b"", token: str = "") -> str:
    """Return a kubeconfig (v1) for one API server.

    Args:
        server: Its URL.
        ca: PEM certificates that it is trusted by; none over plain HTTP.
        token: Bearer token of the user; kubectl sends none over plain HTTP.
    """
    cluster = {"server": server} | ({"certificate-authority-data": base64.b64encode(ca).decode()} if ca else {})
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": NAME, "cluster": cluster}],
        "users": [{"name": NAME, "user": {"token": token} if token else {}}],
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": NAME, "namespace": "default"}}],
        "current-context": NAME,
    }
    return str(yaml.safe_dump(content, sort_keys=False))


def write(path: Path, text: str) -> None:
    """Put a kubeconfig into its place, whole, for its owner alone; one that is the same already is left as it is.

    Raises:
        OSError: It cannot be written.
    """
    if path.is_file() and path.read_text() == text:
        return
    put(path, text.encode(), 0o600)
