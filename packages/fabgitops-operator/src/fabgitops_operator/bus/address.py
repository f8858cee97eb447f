"""Where the bus is: what --bus may say."""

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit

FORMS = "memory, nats://HOST, tls://HOST, kafka://HOST, kafka+tls://HOST, http://… or https://…"


class BusKind(StrEnum):
    """The kinds of bus, as metrics call them."""

    MEMORY = "memory"
    NATS = "nats"
    KAFKA = "kafka"
    HTTP = "http"


_KINDS = {
    "nats": (BusKind.NATS, False, 4222),
    "tls": (BusKind.NATS, True, 4222),
    "kafka": (BusKind.KAFKA, False, 9092),
    "kafka+tls": (BusKind.KAFKA, True, 9092),
    "http": (BusKind.HTTP, False, 80),
    "https": (BusKind.HTTP, True, 443),
}

_HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:(?P<port>[0-9]{1,5}))?")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,249}")


@dataclass(frozen=True, slots=True)
class Address:
    """A bus: of which kind, at which hosts ("host:port"), by TLS or not, and the name of its stream or topic, or ""."""

    kind: BusKind
    hosts: tuple[str, ...] = ()
    tls: bool = False
    name: str = ""
    url: str = ""
    """What events are posted to over HTTP."""
    shown: str = "memory"
    """How logs call it: without what may be a secret in a query."""


def address_of(text: str) -> Address:
    """Read what --bus says.

    Raises:
        ValueError: It is no bus; the text says what would be.
    """
    if text == "memory":
        return Address(BusKind.MEMORY)
    parts = urlsplit(text)  # raises ValueError where brackets do not match
    if parts.scheme not in _KINDS or not parts.netloc or re.search(r"\s", text):
        raise ValueError(f'"{text}" is no bus: {FORMS}.')
    if "@" in parts.netloc:
        raise ValueError(
            f"a user in the address of a bus ({parts.scheme}://…@…) is seen by everybody: use --bus-credentials FILE."
        )
    kind, tls, port = _KINDS[parts.scheme]
    hosts = tuple(_host(host, port, text) for host in parts.netloc.split(","))
    shown = f"{parts.scheme}://{parts.netloc}{parts.path}"
    if kind is BusKind.HTTP:
        if len(hosts) > 1:
            raise ValueError(f'"{text}" names {len(hosts)} hosts: over HTTP there is one.')
        return Address(kind, hosts, tls, url=text, shown=shown)
    return Address(kind, hosts, tls, _name(kind, parts, text), shown=shown)


def _host(text: str, port: int, whole: str) -> str:
    found = _HOST.fullmatch(text)
    number = int(found["port"] or port) if found else 0
    if not found or not 0 < number < 65536:
        raise ValueError(f'"{text}" in "{whole}" is no HOST or HOST:PORT with a port from 1 to 65535.')
    return f"{found['host']}:{number}"


def _name(kind: BusKind, parts: SplitResult, whole: str) -> str:
    what = "stream" if kind is BusKind.NATS else "topic"
    name = parts.path.removeprefix("/")
    wrong = name and (not _NAME.fullmatch(name) or (kind is BusKind.NATS and "." in name))
    if wrong or parts.query or parts.fragment:
        raise ValueError(f'"{whole}" does not end with the name of a {what}, or nothing, after the hosts.')
    return name
