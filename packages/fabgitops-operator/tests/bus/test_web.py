"""Events over HTTP, against a real server."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp import web
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from fabgitops_core.api.meta import Key
from fabgitops_operator.bus.choosing import bus_of
from fabgitops_operator.bus.memory import Memory
from fabgitops_operator.bus.outbox import Outbox
from fabgitops_operator.bus.settings import BusSettings, Mode

from .conftest import happening
from .test_outbox import until

KEY = Key("Rack", "plant", "rack-1")
Answer = Callable[[], web.Response]


class Server:
    """A receiver of events that answers as a test says, one answer after the other, and 204 in the end."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.events: list[BaseCloudEvent] = []
        self.headers: list[dict[str, str]] = []
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        """Answer."""
        body, headers = await request.read(), dict(request.headers)
        answer = self.answers.pop(0)() if self.answers else web.Response(status=204)
        if answer.status < 300:
            self.events.append(from_http_event(HTTPMessage(headers, body)))
            self.headers.append(headers)
        return answer

    @asynccontextmanager
    async def serving(self, tls: ssl.SSLContext | None = None) -> AsyncIterator["Server"]:
        """Serve."""
        app = web.Application()
        app.add_routes([web.post("/events", self.take)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        self.url = f"http{'s' if tls else ''}://localhost:{runner.addresses[0][1]}/events"
        try:
            yield self
        finally:
            await runner.cleanup()


def said(status: int, **headers: str) -> Answer:
    """Answer this."""
    return lambda: web.Response(status=status, text="what is that?", headers=headers)


@asynccontextmanager
async def publishing(settings: BusSettings, count: int = 3) -> AsyncIterator[tuple[Outbox | Memory, list[int]]]:
    """Publish so many events, and yield which are taken."""
    taken: list[int] = []
    async with bus_of(settings) as bus:
        for number in range(count):
            bus.publish(KEY, happening(number), partial(taken.append, number))
        yield bus, taken


def numbers(server: Server) -> list[Any]:
    """Return which events came."""
    return [event.get_data()["number"] for event in server.events]  # type: ignore[call-overload,index]


@pytest.mark.parametrize("mode", list(Mode))
async def test_an_event_is_posted(mode: Mode) -> None:
    """The SDK of CloudEvents reads what is posted as what has happened, in both modes."""
    async with Server().serving() as server:
        settings = BusSettings(bus=server.url, bus_mode=mode, bus_prefix="com.example", bus_source="plant-7")
        async with publishing(settings, 1) as (_, taken):
            await until(lambda: taken == [0])
    (event,) = server.events
    assert event.get_type() == "com.example.blade.created"
    assert event.get_source() == "plant-7/resources/Blade/0"
    assert event.get_subject() == "plant/rack-1"
    assert event.get_extension("partitionkey") == "plant/rack-1"
    assert event.get_datacontenttype() == "application/json"
    assert event.get_data() == {"number": 0}


@pytest.mark.parametrize("status", [401, 403, 404, 408, 410, 425, 429, 500, 502, 503, 504, 307])
async def test_what_is_not_the_events_fault_is_tried_again(status: int) -> None:
    """An answer about the door, or about now, loses no event: it is sent again in its place."""
    async with Server().serving() as server:
        server.answers = [said(204), said(status), said(status)]
        async with publishing(BusSettings(bus=server.url)) as (bus, taken):
            await until(lambda: len(taken) == 3)
            assert bus.standing().results == {"taken": 3, "failed": 2}
        assert numbers(server) == [0, 1, 2]


@pytest.mark.parametrize("status", [400, 409, 413, 415, 422])
async def test_one_that_is_refused_stops_nothing(status: int, caplog: pytest.LogCaptureFixture) -> None:
    """An answer about the event itself gives it up, in the log and in the metrics, and the next one goes out."""
    async with Server().serving() as server:
        server.answers = [said(204), said(status)]
        async with publishing(BusSettings(bus=server.url)) as (bus, taken):
            await until(lambda: len(taken) == 3)
            assert bus.standing().results == {"taken": 2, "refused": 1}
        assert numbers(server) == [0, 2]
    assert f"plant/rack-1/1: {status}" in caplog.text
    assert "what is that?" in caplog.text


async def test_a_pause_is_kept() -> None:
    """A receiver that says when to come again (Retry-After) is not asked before."""
    async with Server().serving() as server:
        server.answers = [said(429, **{"Retry-After": "3600"})]
        async with publishing(BusSettings(bus=server.url)) as (bus, taken):
            await until(lambda: "429 Too Many Requests what is that?" in bus.standing().remark())
            assert isinstance(bus, Outbox)
            assert 290 < bus._line.not_before - asyncio.get_running_loop().time() <= 300
            await bus.close(0)
        assert taken == []


async def test_a_receiver_that_says_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """A receiver that accepts and does not answer is given up after a while, and asked again."""
    monkeypatch.setattr("fabgitops_operator.bus.web.REPLY_SECS", 0.05)
    silent = asyncio.Event()

    async def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await silent.wait()
        writer.close()

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with publishing(BusSettings(bus=f"http://127.0.0.1:{port}/")) as (bus, taken):
            await until(lambda: bus.standing().results["failed"] > 2)
            assert "no answer within" in bus.standing().remark()
            assert taken == []
            assert isinstance(bus, Outbox)
            await bus.close(0)
        silent.set()


async def test_credentials_are_read_anew(tmp_path: Path) -> None:
    """A token that is renewed in its file is used from then on; USER:PASSWORD is basic authentication."""
    file = tmp_path / "token"
    async with Server().serving() as server:
        settings = BusSettings(bus=server.url, bus_credentials=file)
        file.write_text("first\n")
        async with publishing(settings, 1) as (bus, taken):
            await until(lambda: len(taken) == 1)
            file.write_text("ann:secret")
            bus.publish(KEY, happening(7), partial(taken.append, 7))
            await until(lambda: len(taken) == 2)
            file.unlink()
            bus.publish(KEY, happening(8), partial(taken.append, 8))
            await until(lambda: "token cannot be read: No such file" in bus.standing().remark())
            file.write_text("third")
            await until(lambda: len(taken) == 3)
    assert [each["Authorization"] for each in server.headers] == [
        "Bearer first",
        "Basic YW5uOnNlY3JldA==",
        "Bearer third",
    ]


async def test_a_receiver_is_believed_by_its_authority(tmp_path: Path) -> None:
    """A receiver behind TLS is told nothing unless the authority of --bus-ca vouches for it."""
    authority, context = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    ca = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca)
    async with Server().serving(context) as server:
        async with publishing(BusSettings(bus=server.url)) as (bus, taken):
            await until(lambda: "certificate verify failed" in bus.standing().remark())
            assert isinstance(bus, Outbox)
            await bus.close(0)
        assert (taken, server.events) == ([], [])
        async with publishing(BusSettings(bus=server.url, bus_ca=ca)) as (_, taken):
            await until(lambda: len(taken) == 3)
