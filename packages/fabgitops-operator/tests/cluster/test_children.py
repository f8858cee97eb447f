"""How what is owned is watched: in pages first, from there on by changes, and anew after each gap."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC as KIND
from fabgitops_core.control.objects import Child, Viewed, Watched
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.engine.engine import Engine
from fabgitops_core.engine.families import Families
from fabgitops_core.testing.devices import FakeDevices
from fabgitops_core.testing.host import FakeHost, FakeObserver
from fabgitops_operator.cluster import children, rest
from fabgitops_operator.cluster.children import Children
from fabgitops_operator.cluster.kubeconfig.access import Access
from fabgitops_operator.cluster.kubeconfig.fields import Cluster, User
from fabgitops_operator.cluster.rest import Rest
from fabgitops_operator.hosting.hearing import Hearing, Scope
from fabgitops_operator.hosting.inventory import Inventory
from fabgitops_operator.hosting.owned import Owned, Told, together

LABEL = "fabgitops.io/rack"
RACK = Key("Rack", "plant", "rack-01")
SCOPE = Scope(KIND)


def part(name: str, version: int, **metadata: Any) -> dict[str, Any]:
    """Return an object that rack-01 owns."""
    named = {"namespace": "plant", "name": name, "uid": f"uid-{name}", "labels": {LABEL: RACK.name}}
    return {"metadata": {**named, "resourceVersion": str(version), "generation": 1, **metadata}, "spec": {}}


def seen(body: Mapping[str, Any]) -> Child:
    """Make an object small."""
    metadata = body["metadata"]
    key = Key(KIND.name, metadata["namespace"], metadata["name"])
    return Child(key, metadata["uid"], int(metadata["resourceVersion"]))


class Server:
    """An API server whose listings and watches a test writes."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self.version = 10
        self.asked: list[str] = []
        self.refuses: tuple[int, str] | None = None
        self.unlistable: tuple[int, str] | None = None
        self.streams: list[asyncio.Queue[bytes | None]] = []
        self.label: str | None = LABEL
        self.served = True

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer as an API server does."""
        query = request.query
        self.asked.append(
            f"watch {query['resourceVersion']}" if "watch" in query else f"list {query.get('continue', '')}"
        )
        assert query.get("labelSelector") == self.label
        if not self.served:
            return web.Response(text="404 page not found\n", status=404, headers={"Audit-Id": "1"})
        if "watch" in query:
            return await self._stream(request)
        if self.unlistable is not None:
            code, why = self.unlistable
            return web.json_response({"kind": "Status", "apiVersion": "v1", "code": code, "message": why}, status=code)
        at, limit = int(query.get("continue", "0")), int(query["limit"])
        more = {"continue": str(at + limit)} if len(self.items) > at + limit else {}
        page = {"metadata": {"resourceVersion": str(self.version), **more}, "items": self.items[at : at + limit]}
        return web.json_response(page)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if self.refuses is not None:
            code, why = self.refuses
            return web.json_response({"kind": "Status", "apiVersion": "v1", "code": code, "message": why}, status=code)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.streams.append(queue)
        while (line := await queue.get()) is not None:
            await response.write(line)
        return response

    def tell(self, what: str, body: dict[str, Any]) -> None:
        """Tell of a change over the watch that is under way."""
        self.streams[-1].put_nowait(json.dumps({"type": what, "object": body}).encode() + b"\n")

    def end(self) -> None:
        """End that watch."""
        self.streams[-1].put_nowait(None)


class Plant:
    """What is heard of the server."""

    def __init__(self, server: Server, engine: Engine, hearing: Hearing, *, declared: bool) -> None:
        self.server, self.engine, self.hearing, self.declared = server, engine, hearing, declared
        self.families = Families(lambda _owner: None, lambda *_: None)

    def names(self) -> set[str]:
        """Return the names of what rack-01 owns."""
        return {key.name for key in self.families.of("Rack").of(RACK)}

    async def until(self, true: Callable[[], object], what: str) -> None:
        """Wait until something is true."""
        async with asyncio.timeout(20):
            while not true():
                await asyncio.sleep(0.005)
        assert true(), what


@pytest.fixture(params=[False, True], ids=["owned", "declared besides"])
async def plant(request: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Plant]:
    """Return what is watched; two objects fit into a page, and nobody waits for long."""
    monkeypatch.setattr(rest, "PAGE", 2)
    monkeypatch.setattr(children, "BREATH_SECS", 0.0)
    monkeypatch.setattr(children, "MAX_PAUSE_SECS", 0.05)
    server = Server()
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", server.answer)
    async with TestServer(app) as listening:
        url = str(listening.make_url("/")).rstrip("/")
        engine = Engine(FakeDevices(), FakeHost(), FakeObserver())
        found = Plant(server, engine, Hearing([SCOPE], 60), declared=request.param)
        inventory = Inventory(engine, lambda _uid: None)
        watched = Watched(KIND, LABEL, "Rack", seen)
        owned = Owned(found.families, watched, inventory, PlcController() if request.param else None)
        way = Rest(Access("test", "default", Cluster(url), User()))
        async with Children(way, found.hearing, {SCOPE: owned}).running():
            yield found
            if server.streams:
                server.end()
        await way.close()
        await engine.stop(0)


async def test_all_pages_are_listed_and_then_changes_are_heard(plant: Plant) -> None:
    """What is added, and gone, is known as soon as the watch tells; what is declared besides is looked after, too."""
    server = plant.server
    server.items = [part(name, 3) for name in ("a", "b", "c")]
    await plant.until(lambda: server.streams, "a watch")
    assert server.asked == ["list ", "list 2", "watch 10"]
    assert plant.names() == {"a", "b", "c"}
    server.tell("ADDED", part("d", 11))
    server.tell("DELETED", part("a", 12))
    await plant.until(lambda: plant.names() == {"b", "c", "d"}, "both")
    assert plant.hearing.up
    assert len(plant.engine) == (3 if plant.declared else 0)


async def test_a_watch_that_ends_goes_on_where_it_was(plant: Plant) -> None:
    """A bookmark says how far everything is known, and an end in order is no gap: nothing is listed again."""
    server = plant.server
    await plant.until(lambda: server.streams, "a watch")
    server.tell("BOOKMARK", {"metadata": {"resourceVersion": "20"}})
    server.end()
    await plant.until(lambda: len(server.streams) == 2, "a second watch")
    assert server.asked == ["list ", "watch 10", "watch 20"]
    server.tell("MODIFIED", part("a", 21))
    await plant.until(plant.names, "it goes on")


GONE = json.dumps({"type": "ERROR", "object": {"code": 410, "message": "too old resource version"}}).encode() + b"\n"
ODD = [
    json.dumps({"type": "ERROR", "object": {"code": 500, "message": "etcd"}}).encode() + b"\n",
    b"<html>\n",
    b"[1]\n",
    b'{"type": "ADDED", "object": 5}\n',
]


@pytest.mark.parametrize("line", [GONE, *ODD])
async def test_after_a_gap_everything_is_listed(plant: Plant, line: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """What went missing meanwhile is noticed; only a version that is too old is nobody's fault, and told to nobody."""
    server = plant.server
    server.items = [part("a", 3), part("b", 4)]
    await plant.until(lambda: server.streams, "a watch")
    server.items, server.version = [part("b", 4), part("c", 12)], 12
    server.streams[-1].put_nowait(line)
    await plant.until(lambda: plant.names() == {"b", "c"} and len(server.streams) == 2, "what is there now")
    assert ("is down" in caplog.text) is (line != GONE)
    assert "a fault of our own" not in caplog.text
    assert server.asked[-1] == "watch 12"


async def test_a_watch_that_is_refused_is_told_and_listed_meanwhile(plant: Plant) -> None:
    """Without the right to watch we are not ready, and say why; what a listing shows is known all the same."""
    server = plant.server
    server.refuses = 403, "cannot watch"
    server.items = [part("a", 3)]
    await plant.until(lambda: server.asked.count("list ") > 2, "listings")
    assert plant.names() == {"a"}
    assert "the watch of industrialplcs is down" in plant.hearing.not_ready()
    assert "cannot watch" in plant.hearing.not_ready()
    server.refuses = None
    await plant.until(lambda: plant.hearing.up, "it is heard again")


async def test_a_listing_that_is_refused_is_told_to_who_waits_for_it(plant: Plant) -> None:
    """Who owns nothing of what may not be listed need not wait for it; an API server that is away tells nothing."""
    server, family = plant.server, plant.families.of("Rack")
    server.unlistable = 503, "etcd"
    await plant.until(lambda: len(server.asked) > 4, "it is tried")
    assert family.unseen([KIND.name], "plant") is None
    server.unlistable = 403, "cannot list"
    await plant.until(lambda: family.unseen([KIND.name], "plant"), "it is told")
    server.unlistable, server.items = None, [part("a", 3)]
    await plant.until(lambda: family.unseen([KIND.name], "plant") == {}, "it is listed")
    assert plant.names() == {"a"}


async def test_a_store_that_was_set_back_is_believed(plant: Plant) -> None:
    """After the restore of a backup versions are lower than before: what is listed then counts, whatever was known."""
    server = plant.server
    server.items, server.version = [part("a", 50)], 50
    await plant.until(lambda: server.streams, "a watch")
    server.items, server.version = [part("a", 3), part("z", 4)], 7
    server.streams[-1].put_nowait(ODD[0])
    await plant.until(lambda: plant.names() == {"a", "z"}, "what is there now")
    assert plant.families.of("Rack").of(RACK)[Key(KIND.name, "plant", "a")].version == 3


LOOSE = replace(KIND, optional=True)
VIEWED = Viewed(LOOSE, seen)
PARTS = Watched(LOOSE, LABEL, "Rack", seen)
PART = Key(KIND.name, "plant", "a")


class Sight:
    """What is seen of objects that some own and others look at, over one watch."""

    def __init__(self, families: Families, server: Server, hearing: Hearing) -> None:
        self.families, self.server, self.hearing = families, server, hearing
        families.views.point(RACK, frozenset({PART}))

    def owned(self) -> set[str]:
        """Return the names of what rack-01 owns."""
        return {key.name for key in self.families.of("Rack").of(RACK)}

    def regarded(self) -> set[str]:
        """Return the names of what it regards."""
        return {key.name for key in self.families.views.of(RACK)}

    def unseen(self) -> Mapping[str, str] | None:
        """Return of which kinds that it regards nothing is known."""
        return self.families.views.unseen(RACK)

    async def until(self, true: Callable[[], object]) -> None:
        """Wait until something is true."""
        async with asyncio.timeout(20):
            while not true():
                await asyncio.sleep(0.005)


@pytest.fixture
async def sight(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sight]:
    """Return it; nobody waits for long."""
    monkeypatch.setattr(children, "BREATH_SECS", 0.0)
    monkeypatch.setattr(children, "MAX_PAUSE_SECS", 0.05)
    monkeypatch.setattr(children, "ABSENT_SECS", 0.05)
    server = Server()
    server.label, server.served = None, False
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", server.answer)
    async with TestServer(app) as listening:
        engine, scope = Engine(FakeDevices(), FakeHost(), FakeObserver()), Scope(LOOSE)
        found = Sight(Families(lambda _owner: None, lambda *_: None), server, Hearing([scope], 60))
        inventory = Inventory(engine, lambda _uid: None)
        told: Told = together([Owned(found.families, each, inventory, None) for each in (PARTS, VIEWED)])
        way = Rest(Access("test", "default", Cluster(str(listening.make_url("/")).rstrip("/")), User()))
        async with Children(way, found.hearing, {scope: told}).running():
            yield found
            if server.streams:
                server.end()
        await way.close()
        await engine.stop(0)


async def test_a_kind_that_is_not_there_is_found_when_it_comes(sight: Sight, caplog: pytest.LogCaptureFixture) -> None:
    """Until then it is told as not seen, once, and we are ready; gone again, its objects are gone as well."""
    caplog.set_level("INFO")
    why = {KIND.name: "listing industrialplcs: the API server does not serve this kind"}
    await sight.until(sight.unseen)
    assert (sight.unseen(), sight.hearing.not_ready(), sight.hearing.kinds_up()) == (why, "", {})
    sight.server.items, sight.server.served = [part("a", 3)], True
    await sight.until(lambda: sight.server.streams)
    assert (sight.unseen(), sight.regarded(), sight.hearing.kinds_up()) == ({}, {"a"}, {KIND.name: True})
    sight.server.served = False
    sight.server.end()
    await sight.until(sight.unseen)
    assert (sight.regarded(), sight.owned(), sight.hearing.not_ready()) == (set(), set(), "")
    assert caplog.text.count("does not serve this kind") == 2
    assert "is down" not in caplog.text


async def test_one_watch_tells_owners_and_those_who_look(sight: Sight, caplog: pytest.LogCaptureFixture) -> None:
    """What loses its label is its owner's no more, and seen all the same; what nobody wants to know of is not kept."""
    sight.server.items = [part("a", 3), part("b", 4), part("c", 5, labels={})]
    sight.server.served = True
    await sight.until(lambda: sight.server.streams)
    assert (sight.owned(), sight.regarded()) == ({"a", "b"}, {"a"})
    sight.server.tell("MODIFIED", part("a", 11, labels={}))
    await sight.until(lambda: sight.owned() == {"b"})
    assert sight.regarded() == {"a"}
    sight.server.tell("DELETED", part("a", 12, labels={}))
    await sight.until(lambda: not sight.regarded())
    assert len(sight.families.views.family) == 0
    assert len(sight.server.streams) == 1
    assert "passed over" not in caplog.text
