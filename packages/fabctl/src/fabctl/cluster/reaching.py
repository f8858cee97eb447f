"""How connections to an API server are made: over TLS or not, by a proxy (RFC 9110, section 9.3.6) or not."""

import asyncio
import base64
import ssl
from urllib.parse import SplitResult, unquote, urlsplit

from fabctl.cluster.connection import Connection, Headers, Request
from fabctl.kubeconfig.access import Access
from fabctl.kubeconfig.fields import host_of

_PORTS = {"http": 80, "https": 443}
_EYEBALLS_SECS = 0.25
"""How long an address has before the next one is tried beside it (RFC 8305)."""


class Way:
    """The way to one API server."""

    def __init__(self, access: Access, timeout: float) -> None:
        """Prepare to connect; nothing is sent yet.

        Args:
            access: Where the server is, and whom to believe.
            timeout: Seconds that each step may take.
        """
        self._tls, self._timeout = access.tls, timeout
        self._server, self._proxy = urlsplit(access.cluster.server), urlsplit(access.cluster.proxy)
        self._name = _authority(self._server)

    @property
    def credentials(self) -> Headers:
        """Return who we are as far as the address of the server says it."""
        return _basic("Authorization", self._server)

    def request(self, method: str, path: str, headers: Headers, body: bytes) -> Request:
        """Return a request as this way wants it: a proxy without a tunnel is told where it is for."""
        target = self._server.path.rstrip("/") + path
        if self._proxy.scheme and self._server.scheme == "http":
            said = _basic("Proxy-Authorization", self._proxy)
            return Request(method, f"http://{self._name}{target}", [("Host", self._name), *headers, *said], body)
        return Request(method, target, [("Host", self._name), *headers], body)

    async def open(self) -> Connection:
        """Connect.

        Raises:
            OSError: Nobody is there, or one side does not believe the other; TimeoutError after `timeout` seconds.
        """
        async with asyncio.timeout(self._timeout):
            reader, writer = await self._streams()
        return Connection(reader, writer, self._timeout)

    async def _streams(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        tls = self._tls if self._server.scheme == "https" else None
        if not self._proxy.scheme:
            return await _connect(self._server, tls)
        reader, writer = await _connect(self._proxy, _proxy_tls(self._proxy))
        if tls is not None:
            try:
                await self._tunnel(Connection(reader, writer, self._timeout))
                await writer.start_tls(tls, server_hostname=host_of(self._server))
            except BaseException:
                writer.transport.abort()
                raise
        return reader, writer

    async def _tunnel(self, connection: Connection) -> None:
        where = f"{_bracketed(self._server)}:{_port(self._server)}"
        said = _basic("Proxy-Authorization", self._proxy)
        head = await connection.ask(Request("CONNECT", where, [("Host", where), *said]))
        if not 200 <= head.status < 300:
            raise ConnectionError(f"the proxy {_authority(self._proxy)} answers {head.status} {head.reason}".rstrip())


async def _connect(url: SplitResult, tls: ssl.SSLContext | None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    name = host_of(url) if tls is not None else None
    return await asyncio.open_connection(
        host_of(url), _port(url), ssl=tls, server_hostname=name, happy_eyeballs_delay=_EYEBALLS_SECS
    )


def _proxy_tls(proxy: SplitResult) -> ssl.SSLContext | None:
    return ssl.create_default_context() if proxy.scheme == "https" else None


def _port(url: SplitResult) -> int:
    return url.port or _PORTS[url.scheme]


def _bracketed(url: SplitResult) -> str:
    return f"[{host_of(url)}]" if ":" in host_of(url) else host_of(url)


def _authority(url: SplitResult) -> str:
    return _bracketed(url) if _port(url) == _PORTS[url.scheme] else f"{_bracketed(url)}:{_port(url)}"


def _basic(header: str, url: SplitResult) -> Headers:
    """Return the name and password of a URL as a header."""
    if url.username is None:
        return []
    said = f"{unquote(url.username)}:{unquote(url.password or '')}".encode()
    return [(header, f"Basic {base64.b64encode(said).decode()}")]
