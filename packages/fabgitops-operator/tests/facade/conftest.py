"""A facade over a small Kubernetes API in memory."""

import json
from collections.abc import Mapping
from itertools import count
from typing import Any

import pytest
from fabgitops_operator.facade.index import Index
from fabgitops_operator.facade.ports import Ask, Told
from fabgitops_operator.facade.routes import BY_KIND
from fabgitops_operator.facade.server import Facade
from fabgitops_operator.hosting.exchange import JSON, Query, Reply, Request, Streamed

CREATED = "2026-01-02T03:04:05Z"
SPEC: dict[str, Any] = {
    "chassisCount": 2,
    "chassisConfig": {"bladeCount": 4, "bladeConfig": {"nodeCount": 2, "bmcMode": "shared"}},
}
AT = "/apis/fabgitops.io/v1/namespaces/plant"

Body = dict[str, Any]


def refusal(code: int, reason: str, message: str = "", **details: Any) -> Told:
    """Return an answer of the API server that is none of success."""
    body = {"kind": "Status", "apiVersion": "v1", "code": code, "reason": reason, "message": message}
    return Told(code, {**body, "details": details})


class Kubernetes:
    """The API server: objects by their paths, in pages, with versions; it checks nothing of what they say."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.objects: dict[str, Body] = {}
        self.asked: list[tuple[Ask, str]] = []
        self.answers: list[Told | Exception | None] = []
        """What the next requests are answered instead; None: as usual."""
        self.page = 500
        self.waited: list[str] = []
        self._numbers = count(1)

    def add(self, kind: str, name: str, spec: Mapping[str, Any], **metadata: Any) -> str:
        """Make an object as the operator would, which the watch tells of at once; return its uid."""
        path = f"{AT}/{BY_KIND[kind].kind.plural}/{name}"
        body = self._keep(path, {"kind": kind, "metadata": {"name": name, **metadata}, "spec": dict(spec)})
        self.index.put(kind, body)
        return str(body["metadata"]["uid"])

    async def until_known(self, kind: str, *, uid: str = "", name: str = "") -> bool:
        """Wait for nothing, and take note of what for."""
        known = bool(self.index.name_of(kind, uid) if uid else self.index.uid_of(kind, name))
        if not known:
            self.waited.append(uid or name)
        return known

    async def ask(self, ask: Ask, authorization: str) -> Told:
        """Answer."""
        self.asked.append((ask, authorization))
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        told = answer or self._answer(ask)
        return Told(told.code, json.loads(json.dumps(told.body)), told.retry_after)

    def _answer(self, ask: Ask) -> Told:
        path = ask.path.removesuffix("/status")
        there = self.objects.get(path)
        if ask.method == "GET" and path.count("/") == AT.count("/") + 1:
            return self._list(path, dict(ask.query))
        if ask.method == "POST":
            path = f"{path}/{ask.body['metadata']['name']}"
            if path in self.objects:
                return refusal(409, "AlreadyExists", f'"{ask.body["metadata"]["name"]}" already exists')
            return Told(201, self._keep(path, ask.body))
        if there is None:
            return refusal(404, "NotFound", "not found")
        if ask.method == "DELETE":
            return self._delete(path, ask.body["preconditions"])
        if ask.method == "PUT":
            if ask.body["metadata"]["resourceVersion"] != there["metadata"]["resourceVersion"]:
                return refusal(409, "Conflict", "the object has been modified")
            return Told(200, self._keep(path, ask.body))
        return Told(200, there)

    def _list(self, path: str, query: Mapping[str, str]) -> Told:
        paths = sorted(each for each in self.objects if each.startswith(f"{path}/"))
        begin = int(query.get("continue") or 0)
        end = begin + self.page
        more = {"continue": str(end)} if end < len(paths) else {}
        items = [self.objects[each] for each in paths[begin:end]]
        return Told(200, {"kind": "List", "metadata": {"resourceVersion": "1", **more}, "items": items})

    def _delete(self, path: str, preconditions: Mapping[str, str]) -> Told:
        metadata = self.objects[path]["metadata"]
        if any(metadata[field] != value for field, value in preconditions.items()):
            return refusal(409, "Conflict", "Precondition failed")
        if metadata.get("finalizers"):
            return Told(200, self.objects[path])
        del self.objects[path]
        return Told(200, {"kind": "Status", "apiVersion": "v1", "status": "Success"})

    def _keep(self, path: str, body: Body) -> Body:
        number = next(self._numbers)
        metadata = {"uid": f"uid-{number}", "creationTimestamp": CREATED, **body["metadata"]}
        self.objects[path] = {**body, "metadata": {**metadata, "resourceVersion": str(number)}}
        return self.objects[path]


class Got:
    """An answer."""

    def __init__(self, reply: Reply) -> None:
        self.code = reply.status
        self.body = reply.body
        self.headers = dict(reply.headers)

    @property
    def json(self) -> Any:
        """Return what it says."""
        return json.loads(self.body)

    @property
    def error(self) -> str:
        """Return why something was refused."""
        assert self.json["code"] == self.code
        return str(self.json["error"])


class Client:
    """Asks a facade."""

    def __init__(self, facade: Facade) -> None:
        self.facade = facade

    async def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Got:
        """Ask; a body that is no bytes is sent as JSON."""
        path, _, query = path.partition("?")
        sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        given = {"host": "127.0.0.1", "content-type": JSON}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.facade.answer(Request(method, path, Query(query), given, sent))
        if isinstance(answer, Streamed):
            answer = Reply(200, b"".join([chunk async for chunk in answer.chunks]))
        return Got(answer)


@pytest.fixture
def kubernetes() -> Kubernetes:
    """Return an API server that keeps nothing yet."""
    return Kubernetes(Index())


def facade_of(kubernetes: Kubernetes, *, is_open: bool = True, why: str = "") -> Facade:
    """Return a facade."""
    return Facade(kubernetes, kubernetes.index, kubernetes, "plant", is_open=is_open, not_ready=lambda: why)


@pytest.fixture
def ask(kubernetes: Kubernetes) -> Client:
    """Return who asks a facade on loopback."""
    return Client(facade_of(kubernetes))
