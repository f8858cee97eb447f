"""What kopf does with a watch that goes wrong in the middle: it is begun anew, and hears again."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC as KIND
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.engine.engine import Engine
from fabgitops_core.testing.devices import FakeDevices
from fabgitops_core.testing.host import FakeHost, FakeObserver
from fabgitops_operator.cluster.kubeconfig.access import Access
from fabgitops_operator.cluster.kubeconfig.fields import Cluster, User
from fabgitops_operator.cluster.watch import Watch
from fabgitops_operator.hosting.hearing import Hearing, Scope
from fabgitops_operator.hosting.inventory import Inventory

GROUP = f"/apis/{KIND.group}"
VERSIONS = {"versions": [{"version": "v1"}], "preferredVersion": {"version": "v1"}}
RESOURCE = {
    "name": KIND.plural,
    "kind": KIND.name,
    "singularName": KIND.singular,
    "namespaced": True,
    "verbs": ["list", "watch", "patch"],
}
NAMESPACES = {"name": "namespaces", "kind": "Namespace", "singularName": "namespace", "namespaced": False}
OBJECT = {
    "metadata": {"namespace": "plant", "name": "mixer", "uid": "u1", "resourceVersion": "7", "generation": 1},
    "spec": {"deviceAddress": "10.0.0.5", "targetRegister": 4001, "targetValue": 2500},
}


class Server:
    """An API server that has one kind; its first watch ends in something odd, the second tells of an object."""

    def __init__(self, odd: bytes) -> None:
        self.odd = odd
        self.watches = 0
        self.over = asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer as an API server does."""
        if "watch" in request.query:
            return await self._watch(request)
        return web.json_response(
            {
                "/api": {"versions": ["v1"]},
                "/api/v1": {"resources": [NAMESPACES]},
                "/apis": {"groups": [{"name": KIND.group, **VERSIONS}]},
                f"{GROUP}/v1": {"resources": [RESOURCE]},
            }.get(request.path, {"metadata": {"resourceVersion": "1"}, "items": []})
        )

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        self.watches += 1
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        if self.watches == 1:
            await response.write(self.odd)
            return response
        await response.write(json.dumps({"type": "ADDED", "object": OBJECT}).encode() + b"\n")
        await self.over.wait()
        return response


def error(code: int) -> bytes:
    """Return an error within a watch."""
    return json.dumps({"type": "ERROR", "object": {"kind": "Status", "code": code, "message": "etcd"}}).encode() + b"\n"


@pytest.fixture(params=[error(500), error(410), error(403), b"<html>\n", b"[1]\n", b'{"type": "ADDED", "object": 5}\n'])
async def server(request: Any) -> AsyncIterator[tuple[Server, str]]:
    """Return the API server, and where it is."""
    server = Server(request.param)
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", server.answer)
    async with TestServer(app) as listening:
        yield server, str(listening.make_url("")).rstrip("/")
        server.over.set()


async def test_whatever_a_watch_ends_in_it_is_begun_anew(
    server: tuple[Server, str], caplog: pytest.LogCaptureFixture
) -> None:
    """An error or nonsense within a stream is told in a line; what is declared afterwards is heard."""
    engine = Engine(FakeDevices(), FakeHost(), FakeObserver())
    inventory = Inventory(engine, lambda _uid: None)
    hearing = Hearing([Scope(KIND)], 60.0)
    access = Access("test", "default", Cluster(server[1]), User())
    before = asyncio.all_tasks()
    async with Watch(access, hearing, inventory, [PlcController()], (), lambda: None).running():
        async with asyncio.timeout(30):
            while not inventory.any(KIND.name, None):
                await asyncio.sleep(0.01)
        assert hearing.up
        assert hearing.overlooked() == []
    await engine.stop(0)
    told = [record for record in caplog.records if record.name.startswith("fabgitops") and record.exc_info]
    assert told == []
    assert {task.get_name() for task in asyncio.all_tasks() - before if task.get_name().startswith("watcher")} == set()
