"""What answers of the API server mean, from a server that gives them on demand."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from fabgitops_core.api.argo.kinds import CLUSTER_TEMPLATE
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_operator.cluster.kube import Kube
from fabgitops_operator.cluster.kubeconfig.access import Access
from fabgitops_operator.cluster.kubeconfig.fields import Cluster, User
from fabgitops_operator.hosting.errors import (
    ApiError,
    Conflict,
    Forbidden,
    Gone,
    Outdated,
    Rejected,
    TooLarge,
    Unavailable,
)

KEY = Key("IndustrialPLC", "plant", "mixer")


CAUSES = {"causes": [{"reason": "FieldValueNotSupported", "field": "status.phase", "message": "Unsupported value"}]}


class Server:
    """An API server that gives one answer to everything, and shows one object to whoever only looks."""

    def __init__(self) -> None:
        self.code, self.message, self.reason = 200, "", ""
        self.details: dict[str, object] = {}
        self.headers: dict[str, str] = {}
        self.raw: tuple[str, str] | None = None
        self.there: dict[str, object] | None = None
        self.asked: list[object] = []
        self.paths: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        """Answer, and remember what was asked to be written."""
        self.paths.append(request.path)
        if self.there is not None and request.method == "GET":
            return self.reply(json.dumps(self.there), "application/json", 200)
        self.asked.append(await request.json() if request.can_read_body else None)
        if self.raw is not None:
            return self.reply(*self.raw, self.code)
        told = {"code": self.code, "message": self.message, "reason": self.reason, "details": self.details}
        body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", **told}
        return self.reply(json.dumps(body), "application/json", self.code)

    def reply(self, body: str, kind: str, code: int) -> web.Response:
        """Return an answer whose type has no charset, as the API server has it."""
        return web.Response(body=body.encode(), status=code, headers={"Content-Type": kind, **self.headers})

    def says(self, code: int, reason: str = "", message: str = "", **details: object) -> None:
        """Answer so from now on."""
        self.code, self.reason, self.message, self.details = code, reason, message, details


@pytest.fixture
async def server() -> Server:
    """Return what the server will answer."""
    return Server()


@pytest.fixture
async def kube(server: Server) -> AsyncIterator[Kube]:
    """Return the API as the operator uses it."""
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", server.answer)
    async with TestServer(app) as listening:
        kube = Kube(access_to(str(listening.make_url("/")).rstrip("/")), [INDUSTRIAL_PLC, CLUSTER_TEMPLATE])
        yield kube
        await kube.close()


def access_to(url: str) -> Access:
    """Return how to reach a server."""
    return Access("test", "default", Cluster(url), User())


@pytest.mark.parametrize(
    ("code", "reason", "error"),
    [
        (404, "NotFound", Gone),
        (410, "Expired", Outdated),
        (429, "TooManyRequests", Unavailable),
        (500, "InternalError", Unavailable),
        (403, "Forbidden", Forbidden),
        (400, "BadRequest", Rejected),
    ],
)
async def test_what_a_failed_listing_means(
    kube: Kube, server: Server, code: int, reason: str, error: type[ApiError]
) -> None:
    """Only a 404 says that a kind is not installed; a listing that outlived its token (410) may be begun again."""
    server.says(code, reason, "the provided continue parameter is too old")
    with pytest.raises(ApiError) as told:
        await listed(kube)
    assert type(told.value) is error


@pytest.mark.parametrize("namespace", [None, "plant"])
async def test_what_is_the_clusters_is_listed_there(kube: Kube, server: Server, namespace: str | None) -> None:
    """A kind that is in no namespace is asked for as a whole, wherever else is looked."""
    server.there = {"kind": "List", "apiVersion": "v1", "metadata": {}, "items": []}
    assert [each async for each in kube.list_all(CLUSTER_TEMPLATE, namespace)] == []
    assert server.paths == ["/apis/argoproj.io/v1alpha1/clusteranalysistemplates"]


@pytest.mark.parametrize(("headers", "error"), [({"Audit-Id": "1"}, Gone), ({}, Unavailable)])
async def test_a_page_that_is_not_found_is_a_kind_only_where_the_api_server_says_so(
    kube: Kube, server: Server, headers: dict[str, str], error: type[ApiError]
) -> None:
    """An API server answers a path of no kind in plain text, as proxies do; only its answers have an Audit-Id."""
    server.code, server.raw, server.headers = 404, ("404 page not found\n", "text/plain"), headers
    with pytest.raises(ApiError) as told:
        await listed(kube)
    assert type(told.value) is error


async def listed(kube: Kube) -> None:
    """List everything."""
    async for _body in kube.list_all(INDUSTRIAL_PLC, None):
        pass


MIXER = {"name": "mixer", "kind": "industrialplcs"}
TERMINATING = {"causes": [{"reason": "NamespaceTerminating", "message": "namespace plant is being terminated"}]}
STORE = "etcdserver: request is too large"
RPC = "rpc error: code = ResourceExhausted desc = trying to send message larger than max (3 vs. 2)"


@pytest.mark.parametrize(
    ("code", "reason", "message", "details", "error"),
    [
        (404, "NotFound", "", MIXER, Gone),
        (404, "NotFound", "", {"name": "plant", "kind": "clusters"}, Unavailable),
        (404, "NotFound", "the server could not find the requested resource", {}, Unavailable),
        (403, "Forbidden", "", TERMINATING, Gone),
        (403, "Forbidden", "", {}, Forbidden),
        (422, "Invalid", "", CAUSES, Rejected),
        (409, "Conflict", "", MIXER, Conflict),
        (410, "Gone", "", {}, Outdated),
        (401, "Unauthorized", "", {}, Forbidden),
        (413, "RequestEntityTooLarge", "limit is 3145728", {}, TooLarge),
        (500, "", STORE, {}, TooLarge),
        (500, "", RPC, {}, TooLarge),
        (500, "InternalError", "failed calling webhook", {}, Unavailable),
    ],
)
async def test_what_a_failed_status_means(
    kube: Kube,
    server: Server,
    code: int,
    reason: str,
    message: str,
    details: dict[str, object],
    error: type[ApiError],
) -> None:
    """Gone is only what a Status names as not found, or what goes with its namespace; too large is not away."""
    server.says(code, reason, message, **details)
    with pytest.raises(ApiError) as told:
        await kube.patch_status(KEY, "u1", {"phase": "Connected"})
    assert type(told.value) is error
    assert server.asked == [
        [
            {"op": "test", "path": "/metadata/uid", "value": "u1"},
            {"op": "add", "path": "/status", "value": {"phase": "Connected"}},
        ]
    ]


@pytest.mark.parametrize(("uid", "error"), [("u2", Gone), ("u1", Rejected)])
async def test_a_status_is_for_another_object_only_if_that_is_there(
    kube: Kube, server: Server, uid: str, error: type[ApiError]
) -> None:
    """A 422 without causes may be an admission webhook's, so the object itself is asked whether its uid differs."""
    server.says(422, "Invalid", 'admission webhook "audit.plant.example" denied the request: the audit log is full')
    server.there = {"metadata": {"name": "mixer", "namespace": "plant", "uid": uid}}
    with pytest.raises(ApiError) as told:
        await kube.patch_status(KEY, "u1", {})
    assert type(told.value) is error
    assert ("audit log" in str(told.value)) is (error is Rejected)


LOGIN = "<!doctype html>\n<html>\n  <body>Sign\x1b[2J in</body>\n" + "<p>x</p>\n" * 1000


@pytest.mark.parametrize("code", [302, 400, 403, 404, 422, 502])
async def test_what_a_proxy_says_is_told_as_that(kube: Kube, server: Server, code: int) -> None:
    """What is no Status comes from something on the way: told in one short line, and taken for nobody's end."""
    server.code, server.raw, server.headers = code, (LOGIN, "text/html"), {"Location": "https://login.example/"}
    with pytest.raises(Unavailable) as told:
        await kube.patch_status(KEY, "u1", {})
    text = str(told.value)
    assert f"of something on the way to it: {code} " in text
    assert "https://login.example/" in text
    assert text.isprintable()
    assert len(text) < 500


@pytest.mark.parametrize("kind", ["text/html", "application/json"])
@pytest.mark.parametrize("code", [200, 404])
async def test_an_answer_that_makes_no_sense_is_nobodys_end(kube: Kube, server: Server, code: int, kind: str) -> None:
    """A web page that calls itself JSON, or is answered with a 200, is an API server that is away."""
    server.code, server.raw = code, (LOGIN, kind)
    with pytest.raises(Unavailable, match="of something on the way to it"):
        await kube.secret("plant", "tls")
    with pytest.raises(Unavailable, match="of something on the way to it"):
        await listed(kube)


LEASE = {"metadata": {"name": "fab", "namespace": "plant", "resourceVersion": "3"}}
EVENT = {"metadata": {"name": "mixer.1", "namespace": "plant"}}
WRITES: dict[str, Callable[[Kube], Awaitable[object]]] = {
    "status": lambda kube: kube.patch_status(KEY, "u1", {}),
    "secret": lambda kube: kube.secret("plant", "tls"),
    "lease": lambda kube: kube.lease("plant", "fab"),
    "made lease": lambda kube: kube.create_lease(LEASE),
    "renewed lease": lambda kube: kube.replace_lease(LEASE),
    "event": lambda kube: kube.create_event(EVENT),
    "series": lambda kube: kube.patch_event("plant", "mixer.1", {}),
}


@pytest.mark.parametrize("call", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize(
    "body",
    [
        "null",
        "5",
        "[]",
        "{}",
        '{"metadata": null}',
        '{"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": 500}',
        '{"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}',
        '{"metadata": {"name": "another", "uid": "u1", "resourceVersion": "7"}}',
        '{"metadata": {"name": "mixer", "uid": "u2", "resourceVersion": "7"}}',
    ],
)
async def test_only_an_answer_that_shows_the_object_says_that_it_is_stored(
    kube: Kube, server: Server, body: str, call: Callable[[Kube], Awaitable[object]]
) -> None:
    """A 200 with an error inside, with nothing or with another object is an API server that is away: no record, no end.

    A write to a PLC may go out only when its record is known to be stored.
    """
    server.raw = body, "application/json"
    with pytest.raises(Unavailable, match="of something on the way to it"):
        await call(kube)


async def test_a_listing_of_what_is_no_object_is_nobodys_end(kube: Kube, server: Server) -> None:
    """Items that are no objects are an answer that makes no sense."""
    server.raw = '{"metadata": {}, "items": [5]}', "application/json"
    with pytest.raises(Unavailable, match="of something on the way to it"):
        await listed(kube)


async def test_an_api_server_that_cannot_be_reached_is_told_in_one_line() -> None:
    """What the HTTP library says of a failure, over several lines, is one line of ours."""
    kube = Kube(access_to("http://127.0.0.1:1"), [INDUSTRIAL_PLC])
    with pytest.raises(Unavailable, match="cannot be reached") as told:
        await kube.secret("plant", "tls")
    assert str(told.value).isprintable()
    await kube.close()


@pytest.mark.parametrize(
    ("given", "pause"), [({"Retry-After": "7"}, 7.0), ({"Retry-After": "86400"}, 60.0), ({"Retry-After": "soon"}, 3.0)]
)
async def test_an_api_server_says_how_long_to_leave_it_alone(
    kube: Kube, server: Server, given: dict[str, str], pause: float
) -> None:
    """A 429 names the seconds before which nothing is to be asked again, a minute at most."""
    server.says(429, "TooManyRequests", retryAfterSeconds=3)
    server.headers = given
    with pytest.raises(Unavailable) as told:
        await kube.patch_status(KEY, "u1", {})
    assert told.value.pause == pause


@pytest.mark.parametrize(("name", "error"), [("plant", Gone), ("mixer.1", Unavailable)])
async def test_an_event_is_gone_with_its_namespace(
    kube: Kube, server: Server, name: str, error: type[ApiError]
) -> None:
    """An Event for which there is no namespace any more is given up; any other 404 of a creation is not believed."""
    server.says(404, "NotFound", name=name)
    with pytest.raises(ApiError) as told:
        await kube.create_event({"metadata": {"name": "mixer.1", "namespace": "plant"}})
    assert type(told.value) is error


async def test_an_event_that_is_there_already_was_created(kube: Kube, server: Server) -> None:
    """An Event whose creation was answered to nobody is not tried for minutes, holding up all others."""
    body = {"metadata": {"name": "mixer.1", "namespace": "plant"}}
    server.code, server.reason = 409, "AlreadyExists"
    await kube.create_event(body)
    server.reason = "Conflict"
    with pytest.raises(Unavailable):
        await kube.create_event(body)
