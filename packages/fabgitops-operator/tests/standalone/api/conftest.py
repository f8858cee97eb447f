"""The API over a store, asked without a socket."""

import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fabgitops_core.admission.judging import Judged
from fabgitops_operator.hosting.exchange import JSON, Query, Reply, Request, Streamed
from fabgitops_operator.standalone.api.access import Access, Caller, Role
from fabgitops_operator.standalone.api.server import Api
from fabgitops_operator.standalone.resources import RESOURCES, Resource
from fabgitops_operator.standalone.store import Objects, Store

GROUP = "fabgitops.io"
PLCS = "/apis/fabgitops.io/v1/namespaces/line-1/industrialplcs"
EVERYWHERE = "/apis/fabgitops.io/v1/industrialplcs"
EVENTS = "/apis/events.k8s.io/v1/namespaces/line-1/events"
CORE_EVENTS = "/api/v1/namespaces/line-1/events"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
MERGE = "application/merge-patch+json"


def plc(name: str, **more: Any) -> dict[str, Any]:
    """Return a manifest."""
    spec = {"deviceAddress": "127.0.0.1", "port": 5502, "targetRegister": 4001, "targetValue": 2500}
    metadata = {"name": name, **more.pop("metadata", {})}
    return {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC", "metadata": metadata, "spec": spec | more}


@dataclass(frozen=True)
class Got:
    """An answer."""

    status: int
    body: bytes
    type: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        """Return what it says."""
        return json.loads(self.body)

    @property
    def names(self) -> list[str]:
        """Return the names in a listing."""
        return [each["metadata"]["name"] for each in self.json["items"]]


class Asked:
    """Asks an API, as one caller."""

    def __init__(self, api: Api, store: Store, objects: Objects) -> None:
        self.api = api
        self.store = store
        self.objects = objects

    async def answer(self, method: str, path: str, body: Any = None, **headers: str) -> Reply | Streamed:
        """Return the answer as it is."""
        path, _, query = path.partition("?")
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        type_ = {"content-type": MERGE if method == "PATCH" else JSON} if sent else {}
        return await self.api.answer(Request(method, path, Query(query), {"host": "localhost", **type_, **given}, sent))

    async def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Got:
        """Ask and return what is answered, as a whole."""
        answer = await self.answer(method, path, body, **headers)
        if isinstance(answer, Streamed):
            return Got(200, b"".join([chunk async for chunk in answer.chunks]), answer.media_type)
        return Got(answer.status, answer.body, answer.media_type, dict(answer.headers))

    async def get(self, path: str, **headers: str) -> Got:
        """Ask for a page."""
        return await self("GET", path, **headers)

    async def watch(self, path: str, **headers: str) -> AsyncIterator[dict[str, Any]]:
        """Watch: yield each line."""
        answer = await self.answer("GET", path, **headers)
        assert isinstance(answer, Streamed), answer
        assert answer.watch
        async for chunk in answer.chunks:
            for line in chunk.splitlines():
                yield json.loads(line)

    async def make(self, name: str, **more: Any) -> dict[str, Any]:
        """Create a PLC."""
        done = await self("POST", PLCS, plc(name, **more))
        assert done.status == 201, done.body
        return dict(done.json)


class Lenient:
    """A judge who takes everything as it is."""

    def judge(self, resource: Resource, body: dict[str, Any], old: dict[str, Any] | None, *_how: str) -> Judged:
        """Find nothing."""
        assert resource.plural
        return Judged(body)


def api_over(store: Store, objects: Objects, access: Access | None = None) -> Api:
    """Return an API; without an access of their own, callers are everybody, and may do everything."""
    everybody = Access(anybody=Caller("tester", Role.CONTROLLER))
    return Api(store, objects, RESOURCES, access or everybody, time.monotonic)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store in a folder of its own."""
    opened = await Store.open(tmp_path / "state")
    yield opened
    await opened.close()


@pytest.fixture
def objects(store: Store) -> Objects:
    """What carries changes out; nothing is judged."""
    return Objects(store, Lenient())


@pytest.fixture
async def ask(store: Store, objects: Objects) -> Asked:
    """An API with the namespaces line-1 and line-2."""
    for namespace in ("line-1", "line-2"):
        await objects.use(namespace)
    return Asked(api_over(store, objects), store, objects)
