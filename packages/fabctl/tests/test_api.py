"""What fabctl asks of the Kubernetes API, and what it makes of the answers."""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from fabctl.cluster.client import Cluster
from fabctl.errors import FabctlError, Refused, Unreachable
from fabctl.kubeconfig.access import Access
from fabctl.kubeconfig.fields import User, cluster_of
from fabctl.options import Connection

PLCS = "/apis/fabgitops.io/v1/namespaces/plant/industrialplcs"


def plc(name: str, version: str) -> dict[str, Any]:
    """Return an object of a version."""
    return {"metadata": {"name": name, "namespace": "plant", "resourceVersion": version}}


class ApiServer:
    """Gives one answer after the other, and remembers what it was asked."""

    def __init__(self, *answers: web.Response) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, str], bytes]] = []

    async def answer(self, request: web.Request) -> web.Response:
        """Answer."""
        self.asked.append((f"{request.method} {request.path}", dict(request.query), await request.read()))
        return self.answers.pop(0)


@asynccontextmanager
async def cluster(server: ApiServer) -> AsyncIterator[Cluster]:
    """Return what asks a server."""
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", server.answer)
    async with TestServer(app) as listening:
        where = cluster_of({"server": str(listening.make_url("")).rstrip("/")})
        asking = Cluster(Access("x", "plant", where, User()), Connection(request_timeout=10.0))
        yield asking
        asking.close()


def listing(*items: dict[str, Any], version: str = "7", following: str = "") -> web.Response:
    """Return a page of a list."""
    return web.json_response({"metadata": {"resourceVersion": version, "continue": following}, "items": [*items]})


def events(*changes: tuple[str, dict[str, Any]]) -> web.Response:
    """Return what a watch sends until it ends."""
    return web.Response(text="\n".join(json.dumps({"type": kind, "object": body}) for kind, body in changes))


async def test_a_list_is_read_in_pages() -> None:
    """A list is asked for in pages of 500, each after the one before, with the selector as it was typed."""
    server = ApiServer(listing(plc("a", "1"), following="more&more"), listing(plc("b", "2")))
    async with cluster(server) as asking:
        found = await asking.list_objects("plant", "line in (3,4),!stage")
    assert [body["metadata"]["name"] for body in found] == ["a", "b"]
    asked = {"labelSelector": "line in (3,4),!stage", "limit": "500"}
    assert [query for _, query, _ in server.asked] == [asked, asked | {"continue": "more&more"}]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Fri, 02 Jan 2026 03:04:05 GMT", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("soon", None),
        ("Fri, 02 Jan 99999999999999999999 03:04:05 GMT", None),
    ],
)
async def test_the_clock_of_the_api_server_is_known_by_its_answers(said: str, meant: datetime | None) -> None:
    """As it says it, and not at all where it says none that there is."""
    answer = listing()
    answer.headers["Date"] = said
    async with cluster(ApiServer(answer)) as asking:
        assert asking.date is None
        await asking.list_objects("plant")
        assert asking.date == meant


async def test_a_watch_goes_on_from_what_was_seen() -> None:
    """A watch that ended goes on from the last version; one that cannot begins with a new list, and misses nothing."""
    expired = {"kind": "Status", "code": 410, "message": "too old"}
    server = ApiServer(
        listing(plc("a", "5"), plc("b", "6")),
        events(("MODIFIED", plc("a", "8")), ("DELETED", plc("b", "9"))),
        events(("ERROR", expired)),
        listing(plc("c", "11"), version="12"),
    )
    async with cluster(server) as asking, aclosing(asking.follow("plant", [], None)) as changes:
        seen = [await anext(changes) for _ in range(6)]
    found = [(key[1], body and body["metadata"]["resourceVersion"]) for key, body in seen]
    assert found == [("a", "5"), ("b", "6"), ("a", "8"), ("b", None), ("a", None), ("c", "11")]
    versions = [query["resourceVersion"] for _, query, _ in server.asked if "watch" in query]
    assert versions == ["7", "9"]


async def test_a_request_for_a_pass_is_a_merge_patch() -> None:
    """A sync sets annotations and nothing else, as fabctl."""
    server = ApiServer(web.json_response(plc("a", "1")))
    async with cluster(server) as asking:
        await asking.request_sync(("plant", "a"), "now", force=False)
    where, query, body = server.asked[0]
    assert (where, query) == (f"PATCH {PLCS}/a", {"fieldManager": "fabctl"})
    assert json.loads(body) == {"metadata": {"annotations": {"reconcile.fabgitops.io/requestedAt": "now"}}}


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (
            web.Response(status=302, headers={"Location": "https://login"}),
            Refused,
            r"refuses to list .* \(302\): Found",
        ),
        (web.Response(status=503, text="<html>"), Unreachable, r"\(503\): Service Unavailable"),
        (web.json_response({"message": "slow down"}, status=429), Unreachable, r"\(429\): slow down; try again"),
        (web.json_response([1]), Refused, "does not answer as a Kubernetes API server does: an object is expected"),
    ],
)
async def test_what_an_answer_means(answer: web.Response, error: type[FabctlError], said: str) -> None:
    """What is refused is told with what the answer says of it, whoever has answered."""
    async with cluster(ApiServer(answer)) as asking:
        with pytest.raises(error, match=said):
            await asking.list_objects("plant")
