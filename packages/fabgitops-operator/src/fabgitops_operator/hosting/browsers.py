"""Keeps web pages away: a browser on the box reaches a loopback port for whichever page it shows.

Against a page that has its own name resolve to 127.0.0.1 (DNS rebinding) stands the name that is asked for (`Host`);
against one that sends a request to us from elsewhere, its origin. A body must be JSON by type besides (`reading`),
which no page sends to another site without asking first, and nobody is told that it may (no CORS).
"""

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

_LOCAL = "localhost"


def why_not(method: str, headers: Mapping[str, str], *, loopback_only: bool) -> str:
    """Return why a request is refused, or nothing.

    Args:
        method: Its method.
        headers: Its headers, names in lower case.
        loopback_only: Whether there are no users, so that only names of this machine may be asked for.
    """
    host = headers.get("host", "")
    if loopback_only and not is_loopback(host):
        return (
            f"{host or 'a request without Host'} is not a name of this machine: without TLS and tokens this API "
            "answers to localhost, 127.0.0.1 and [::1] alone, so that no web page reaches it under another name"
        )
    if _is_foreign(method, headers, host):
        return "it comes from a web page of another origin, and this API serves none"
    return ""


def is_loopback(host: str) -> bool:
    """Return whether a Host header names this machine by itself."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == _LOCAL or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return origin  # no host is called so


def _is_foreign(method: str, headers: Mapping[str, str], host: str) -> bool:
    origin = headers.get("origin")
    if origin is not None and _host_of(origin) != host:
        return True
    if headers.get("sec-fetch-site", "none") in {"none", "same-origin"}:
        return False
    # A link that somebody follows to look at a page of ours shows it to them, not to where they come from.
    return not (method == "GET" and headers.get("sec-fetch-mode") == "navigate")
