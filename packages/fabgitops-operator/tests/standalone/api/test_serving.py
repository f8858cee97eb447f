"""The API on a real port."""

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import trustme
from aiohttp import web
from fabgitops_operator.hosting import web as serving
from fabgitops_operator.hosting.http import ListenError
from fabgitops_operator.hosting.web import application, listening
from fabgitops_operator.standalone.api.access import Access, Role, Token, digest

PLCS = "/apis/fabgitops.io/v1/namespaces/line-1/industrialplcs"
LOCAL = "127.0.0.1"


async def page(_request: web.Request) -> web.Response:
    """A page of somebody else on the same port."""
    return web.Response(text="page\n")


PAGES = [web.get("/metrics", page), web.get("/readyz", page), web.post("/webhook", page)]


@asynccontextmanager
async def served(ask: Any, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Serve the API with some pages; yield where."""
    async with listening(application(ask.api, PAGES, ["/webhook"]), LOCAL, 0, tls) as port:
        yield f"{'https' if tls else 'http'}://{LOCAL}:{port}"


@pytest.fixture
async def client(ask: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the served API."""
    async with served(ask) as url, httpx.AsyncClient(base_url=url) as made:
        yield made


def plc(name: str) -> dict[str, Any]:
    """Return a manifest."""
    spec = {"deviceAddress": "127.0.0.1", "targetRegister": 1, "targetValue": 2}
    return {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC", "metadata": {"name": name}, "spec": spec}


async def test_objects_go_in_and_out(ask: Any, client: httpx.AsyncClient) -> None:
    """By real requests."""
    made = await client.post(PLCS, json=plc("a"))
    assert made.status_code == 201
    assert (await client.get(f"{PLCS}/a")).json() == made.json()
    listed = await client.get(PLCS, params={"labelSelector": "!x,y notin (a,b)"})
    assert listed.json()["items"] == [made.json()]
    assert listed.headers["Content-Type"] == "application/json"
    assert (await client.head("/version")).status_code == 200
    assert (await client.head(PLCS)).status_code == 405


async def test_a_warning_is_a_header(ask: Any, client: httpx.AsyncClient) -> None:
    """As clients show it."""
    body = json.dumps(plc("a")).replace('"name"', '"name":"b","name"').encode()
    made = await client.post(f"{PLCS}?dryRun=All", content=body, headers={"Content-Type": "application/json"})
    assert made.headers.get_list("Warning") == ['299 - "duplicate field \\"metadata.name\\""']


async def test_a_304_has_no_content_type(client: httpx.AsyncClient) -> None:
    """On the wire, too."""
    accept = {"Accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"}
    first = await client.get("/apis", headers=accept)
    again = await client.get("/apis", headers=accept | {"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert "Content-Type" not in again.headers


async def test_a_body_is_bounded(client: httpx.AsyncClient) -> None:
    """As the API server's: 3 MB, and the client is told."""
    for content in (b" " * (3 * 1024 * 1024 + 1), _chunks()):
        got = await client.post(PLCS, content=content, headers={"Content-Type": "application/json"})
        assert (got.status_code, got.json()["reason"]) == (413, "RequestEntityTooLarge")


async def _chunks() -> AsyncIterator[bytes]:
    for _ in range(4):
        yield b" " * 1024 * 1024


async def test_a_first_line_is_bounded(client: httpx.AsyncClient) -> None:
    """A selector of thousands of names is taken, one without end is not."""
    assert (await client.get(PLCS, params={"labelSelector": f"a in ({','.join(['b'] * 4000)})"})).status_code == 200
    assert (await client.get(PLCS, params={"labelSelector": "b" * 40_000})).status_code == 400


async def test_pages_of_others_are_guarded_too(ask: Any) -> None:
    """With tokens: probes are free, metrics take any role, a webhook knows by itself who asks."""
    ask.api.access = Access(lambda: [Token("ann", Role.READ, digest("secret"))])
    async with served(ask) as url, httpx.AsyncClient(base_url=url) as client:
        assert (await client.get("/readyz")).status_code == 200
        assert (await client.post("/webhook")).status_code == 200
        refused = await client.get("/metrics")
        assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert (await client.get("/metrics", headers={"Authorization": "Bearer secret"})).status_code == 200
        assert (await client.get(PLCS)).status_code == 401


@pytest.mark.parametrize("path", [PLCS, "/metrics", "/readyz"])
async def test_no_web_page_reaches_the_port(path: str, ask: Any) -> None:
    """Neither under another name nor from another origin."""
    ask.api.access = Access()
    async with served(ask) as url, httpx.AsyncClient(base_url=url) as client:
        assert (await client.get(path)).status_code == 200
        for headers in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            got = await client.get(path, headers=headers)
            assert (got.status_code, got.json()["reason"]) == (403, "Forbidden")
            assert "Access-Control-Allow-Origin" not in got.headers


async def test_tls_shows_its_certificate_and_asks_for_a_token(ask: Any) -> None:
    """A client that trusts it comes in by its token."""
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(LOCAL).configure_cert(tls)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    ask.api.access = Access(lambda: [Token("ann", Role.READ, digest("secret"))])
    async with served(ask, tls) as url, httpx.AsyncClient(base_url=url, verify=trusting) as client:
        assert (await client.get(PLCS)).status_code == 401
        assert (await client.get(PLCS, headers={"Authorization": "Bearer secret"})).json()["items"] == []


async def test_a_watch_comes_line_by_line_and_ends_with_the_server(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line as it happens; at the end the stream ends whole, and does not keep the server."""
    monkeypatch.setitem(serving._RUNNER, "shutdown_timeout", 3600.0)
    async with asyncio.timeout(60), httpx.AsyncClient() as client:
        async with served(ask) as url:
            query = {"watch": "true", "resourceVersion": str(ask.store.version)}
            request = client.build_request("GET", f"{url}{PLCS}", params=query, timeout=20)
            got = await client.send(request, stream=True)
            lines = got.aiter_lines()
            await ask.make("a")
            assert json.loads(await anext(lines))["type"] == "ADDED"
        assert [line async for line in lines] == []
        assert ask.api.watching.open == 0


async def test_who_leaves_is_noticed(ask: Any, client: httpx.AsyncClient) -> None:
    """A watch whose client is gone ends at once, not at the next change."""
    async with client.stream("GET", f"{PLCS}?watch=true&resourceVersion={ask.store.version}"):
        assert ask.api.watching.open == 1
    async with asyncio.timeout(10):
        while ask.api.watching.open:
            await asyncio.sleep(0.01)


async def test_a_change_is_carried_out_though_the_client_leaves(ask: Any) -> None:
    """What has begun is done once and whole."""
    begun, go_on = asyncio.Event(), asyncio.Event()
    create = ask.objects.create

    async def slow(*given: Any) -> Any:
        begun.set()
        await go_on.wait()
        return await create(*given)

    ask.objects.create = slow
    async with served(ask) as url, httpx.AsyncClient(base_url=url) as client:
        posting = asyncio.ensure_future(client.post(PLCS, json=plc("a")))
        await begun.wait()
        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)
        await asyncio.sleep(0.1)
        go_on.set()
        async with asyncio.timeout(10):
            while (await ask.get(f"{PLCS}/a")).status != 200:
                await asyncio.sleep(0.01)


async def test_who_takes_nothing_is_cut_off(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that asks for much and reads none of it is not waited for."""
    monkeypatch.setattr(serving, "WRITE_SECS", 0.3)
    for at in range(30):
        await ask.make(f"plc-{at}", metadata={"annotations": {"plant.example/much": "x" * 200_000}})
    async with served(ask) as url:
        port = int(url.rsplit(":", 1)[1])
        _reader, writer = await asyncio.open_connection(LOCAL, port, limit=1024)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        writer.write(f"GET {PLCS}?watch=true&resourceVersion=0 HTTP/1.1\r\nHost: {LOCAL}\r\n\r\n".encode())
        async with asyncio.timeout(20):
            while not ask.api.watching.open:
                await asyncio.sleep(0.01)
            while ask.api.watching.open:
                await asyncio.sleep(0.01)
        writer.close()


async def test_an_address_that_is_taken_is_told(ask: Any) -> None:
    """With the way out."""
    async with served(ask) as url:
        with pytest.raises(ListenError, match="choose another with --listen"):
            async with listening(application(ask.api), LOCAL, int(url.rsplit(":", 1)[1])):
                pass


async def test_a_fault_of_ours_is_logged_and_told(ask: Any, client: httpx.AsyncClient, caplog: Any) -> None:
    """In a Status that names the log, where all of it stands."""

    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("oops")

    ask.store.get = broken
    got = await client.get(f"{PLCS}/a")
    assert (got.status_code, got.json()["reason"]) == (500, "InternalError")
    assert "oops" not in got.text
    assert "oops" in caplog.text


async def test_who_connects_and_asks_nothing_is_let_go(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a client that has finished, nor one that never begins, keeps a connection for ever."""
    monkeypatch.setitem(serving._RUNNER, "keepalive_timeout", 0.2)
    async with served(ask) as url:
        for sent, answered in ((b"", False), (f"GET /version HTTP/1.1\r\nHost: {LOCAL}\r\n\r\n".encode(), True)):
            reader, writer = await asyncio.open_connection(LOCAL, int(url.rsplit(":", 1)[1]))
            writer.write(sent)
            async with asyncio.timeout(20):
                assert (b"200 OK" in await reader.read()) is answered
            writer.close()
