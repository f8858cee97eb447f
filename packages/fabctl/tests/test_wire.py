"""What goes to an API server and what comes back, byte by byte: HTTP/1.1 over TCP, TLS and proxies."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest
from fabctl.cluster.connection import HEAD
from fabctl.cluster.transport import Transport
from fabctl.kubeconfig.access import Access
from fabctl.kubeconfig.fields import User, cluster_of
from fabctl.kubeconfig.login import Identity
from mock_plc.net.tls import make

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """Says what it is told to, an answer a request, and closes the connection after one of None."""

    def __init__(self, *answers: bytes | None) -> None:
        self.answers, self.heads = list(answers), list[str]()
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer on one connection."""
        self.connections += 1
        while self.answers:
            try:
                self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
            except asyncio.IncompleteReadError:
                break
            writer.write(self.answers.pop(0) or b"")
            if self.answers[:1] == [None]:
                self.answers.pop(0)
                break
        writer.close()


@asynccontextmanager
async def listening(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Return where a server listens; its connections do not outlive the block."""
    open_ones: set[asyncio.Task[None]] = set()

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):  # who asks closes at once
            await serve(reader, writer)
        writer.transport.abort()

    def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ones.add(asyncio.create_task(serve_one(reader, writer)))

    server = await asyncio.start_server(taken, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await asyncio.gather(*open_ones)


@contextmanager
def client(server: str, timeout: float = 10.0, **cluster: Any) -> Iterator[Transport]:
    """Return what asks an API server."""
    asking = Transport(Access("x", "default", cluster_of({"server": server, **cluster}), User()), timeout)
    yield asking
    asking.close()


async def get(asking: Transport, path: str = "/x") -> bytes:
    """Return the body of an answer."""
    async with asking.ask("GET", path) as answer:
        return await answer.read(10.0)


@pytest.fixture(autouse=True)
def _without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


CHUNKS = b"3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nTrailer: x\r\n\r\n"
PACKED = gzip.compress(b"hello")


@pytest.mark.parametrize(
    "answer",
    [
        HELLO,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + HELLO,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(PACKED) + PACKED,
    ],
    ids=["length", "chunks", "informational", "gzip"],
)
async def test_a_connection_is_used_again(answer: bytes) -> None:
    """However a body ends, it is whole, and the next request goes over the same connection."""
    server = Server(answer, answer)
    async with listening(server.serve) as where:
        with client(f"http://{where}") as asking:
            assert [await get(asking), await get(asking)] == [b"hello", b"hello"]
    assert server.connections == 1
    assert server.heads[0].startswith(f"GET /x HTTP/1.1\r\nHost: {where}\r\n")


async def test_a_body_may_last_until_the_connection_ends() -> None:
    """A proxy may answer as HTTP/1.0 does."""
    server = Server(b"HTTP/1.0 200 OK\r\n\r\nhello", None)
    async with listening(server.serve) as where:
        with client(f"http://{where}") as asking:
            assert await get(asking) == b"hello"


@pytest.mark.parametrize("answers", [(HELLO, None, HELLO), (HELLO, b"", None, HELLO)], ids=["before", "meanwhile"])
async def test_a_connection_that_the_server_has_closed_is_made_anew(answers: tuple[bytes | None, ...]) -> None:
    """A server that closes the connection before or while the next request arrives is asked over another one."""
    server = Server(*answers)
    async with listening(server.serve) as where:
        with client(f"http://{where}") as asking:
            assert [await get(asking), await get(asking)] == [b"hello", b"hello"]
    assert server.connections == 2


async def test_requests_at_the_same_time_do_not_wait_for_each_other() -> None:
    """Each request that is under way has a connection of its own."""
    meeting = asyncio.Barrier(5)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await meeting.wait()
        writer.write(HELLO)
        writer.close()

    async with listening(serve) as where:
        with client(f"http://{where}") as asking:
            assert await asyncio.gather(*(get(asking) for _ in range(5))) == [b"hello"] * 5


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "no HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", "without sending complete message"),
        (b"HTTP/1.1 200 OK\r\nA: " + b"x" * 2 * HEAD, "no HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello", "not compressed as it says"),
        (b"", "closed the connection instead of answering"),
    ],
    ids=["another protocol", "half a body", "an endless head", "no gzip", "nothing"],
)
async def test_what_is_no_answer_is_told(answer: bytes, said: str) -> None:
    """Whatever comes in the place of an answer is an error of the connection, with its reason."""
    server = Server(answer, None)
    async with listening(server.serve) as where:
        with client(f"http://{where}") as asking, pytest.raises(OSError, match=said):
            await get(asking)


async def test_compression_can_be_forbidden() -> None:
    """With disable-compression nothing is asked to be compressed."""
    server = Server(HELLO, HELLO)
    async with listening(server.serve) as where:
        for forbidden in (False, True):
            with client(f"http://{where}", **{"disable-compression": forbidden}) as asking:
                await get(asking)
    assert ["gzip" in head for head in server.heads] == [True, False]


async def test_the_address_of_a_server_may_have_a_path_and_a_name() -> None:
    """A server behind a path, as Rancher's clusters are, is asked there; a name in its address is shown."""
    server = Server(HELLO)
    async with listening(server.serve) as where:
        with client(f"http://jane:p%40w@{where}/k8s/clusters/c-1/") as asking:
            await get(asking)
    assert server.heads[0].startswith("GET /k8s/clusters/c-1/x HTTP/1.1\r\n")
    assert "Authorization: Basic amFuZTpwQHc=\r\n" in server.heads[0]


async def through(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes until it ends."""
    with suppress(OSError):  # who asks closes at once
        while data := await reader.read(2**16):
            writer.write(data)
    writer.transport.abort()


class Proxy:
    """A proxy that makes tunnels, or answers that it does not."""

    def __init__(self, refusal: bytes = b"") -> None:
        self.refusal, self.heads = refusal, list[str]()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Make a tunnel."""
        self.heads.append(head := (await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(self.refusal or b"HTTP/1.1 200 Connection established\r\n\r\n")
        if self.refusal:
            writer.close()
            return
        host, port = head.split()[1].split(":")
        there, back = await asyncio.open_connection(host, port)
        async with asyncio.TaskGroup() as both:
            both.create_task(through(reader, back))
            both.create_task(through(there, writer))


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    """Return how a server proves who it is, for a loopback address; its authority is in ca.crt."""
    make(tmp_path, [])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")
    return context


async def test_another_certificate_is_shown_over_another_connection(tmp_path: Path, tls: ssl.SSLContext) -> None:
    """Once a plugin has given another certificate, no connection that shows the one before is used again."""
    key = (tmp_path / "client.key").read_text()
    shown = [Identity("", ((tmp_path / "client.crt").read_text(), key + end)) for end in ("", "", "\n")]
    server = Server(HELLO, HELLO, HELLO)
    async with listening(server.serve, tls) as where:
        trust: dict[str, Any] = {"certificate-authority": str(tmp_path / "ca.crt")}
        with client(f"https://{where}", **trust) as asking:
            asking._access.login.identity = AsyncMock(side_effect=shown)  # type: ignore[method-assign]
            for connections in (1, 1, 2):
                await get(asking)
                assert server.connections == connections


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_tunnel_through_a_proxy(
    tmp_path: Path, tls: ssl.SSLContext, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TLS goes through a proxy unread; it is told who asks, and believed as this machine believes."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.crt"))
    large = b"x" * 2**20
    server = Server(HELLO, b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(large) + large)
    proxy = Proxy()
    async with listening(server.serve, tls) as where, listening(proxy.serve, tls if scheme == "https" else None) as by:
        trust: dict[str, Any] = {
            "certificate-authority": str(tmp_path / "ca.crt"),
            "proxy-url": f"{scheme}://jane:pw@{by}",
        }
        with client(f"https://{where}", **trust) as asking:
            assert [await get(asking), await get(asking)] == [b"hello", large]
    assert proxy.heads == [
        f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\nProxy-Authorization: Basic amFuZTpwdw==\r\n\r\n"
    ]
    assert "Proxy-Authorization" not in server.heads[0]


async def test_a_proxy_that_refuses_is_told(tmp_path: Path, tls: ssl.SSLContext) -> None:
    """What a proxy answers that makes no tunnel is told, with where it is."""
    proxy = Proxy(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
    async with listening(proxy.serve) as by:
        trust: dict[str, Any] = {"certificate-authority": str(tmp_path / "ca.crt"), "proxy-url": f"http://{by}"}
        said = f"the proxy {by} answers 407 Proxy Authentication Required"
        with client("https://127.0.0.1:1", **trust) as asking, pytest.raises(OSError, match=said):
            await get(asking)


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_each_silence_has_an_end(scheme: str) -> None:
    """A server that takes the connection and says nothing is given up, whether or not it is to speak TLS first."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with listening(serve) as where:
        with client(f"{scheme}://{where}", timeout=0.1) as asking, pytest.raises(TimeoutError):
            await get(asking)


@pytest.mark.parametrize(("host", "named"), [("bücher.example", "xn--bcher-kva.example"), ("[::1]:8080", "[::1]:8080")])
async def test_a_host_is_named_as_dns_has_it(host: str, named: str) -> None:
    """A proxy is told names with other letters as DNS has them, and addresses in brackets."""
    server = Server(HELLO)
    async with listening(server.serve) as by:
        with client(f"http://{host}", timeout=10.0, **{"proxy-url": f"http://{by}"}) as asking:
            await get(asking)
    assert server.heads[0].startswith(f"GET http://{named}/x HTTP/1.1\r\nHost: {named}\r\n")
