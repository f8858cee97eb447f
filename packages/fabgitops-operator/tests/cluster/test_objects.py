"""What refusals of an object mean, from a server that gives them on demand; the usual ones are asked of a real one."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from fabgitops_core.api.meta import API_VERSION, Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC as KIND
from fabgitops_core.engine.object_errors import Away, Changed, Gone, ObjectError, Refused
from fabgitops_operator.cluster.kubeconfig.access import Access
from fabgitops_operator.cluster.kubeconfig.fields import Cluster, User
from fabgitops_operator.cluster.objects import KubeObjects
from fabgitops_operator.cluster.rest import Rest

KEY = Key(KIND.name, "plant", "mixer")
BODY = {
    "apiVersion": API_VERSION,
    "kind": KIND.name,
    "metadata": {"namespace": "plant", "name": "mixer"},
    "spec": {"targetValue": 7},
}
STORED = {**BODY, "metadata": {"namespace": "plant", "name": "mixer", "uid": "u1", "resourceVersion": "7"}}
TERMINATING = {"causes": [{"reason": "NamespaceTerminating", "message": "namespace plant is being terminated"}]}
MIXER = {"name": "mixer"}
STEPS = [{"op": "replace", "path": "/spec/targetValue", "value": 8}]


class Server:
    """An API server that gives one answer to whoever wants a change, and shows one object to whoever looks."""

    def __init__(self) -> None:
        self.answer: tuple[int, str] = (200, json.dumps(STORED))
        self.headers: dict[str, str] = {}
        self.sent: object = None
        self.asked: dict[str, str] = {}

    async def reply(self, request: web.Request) -> web.Response:
        """Answer."""
        if request.method in {"PATCH", "POST"}:
            self.sent, self.asked = await request.json(), dict(request.query)
        code, text = (200, json.dumps(STORED)) if request.method == "GET" else self.answer
        return web.Response(
            body=text.encode(), status=code, headers={"Content-Type": "application/json", **self.headers}
        )

    def says(self, code: int, reason: str = "", message: str = "", **details: object) -> None:
        """Answer so from now on."""
        told = {"code": code, "message": message, "reason": reason, "details": details}
        self.answer = code, json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", **told})


@pytest.fixture
async def server() -> Server:
    """Return the server."""
    return Server()


@pytest.fixture
async def objects(server: Server) -> AsyncIterator[KubeObjects]:
    """Return objects that are kept there."""
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", server.reply)
    async with TestServer(app) as listening:
        rest = Rest(Access("test", "default", Cluster(str(listening.make_url("/")).rstrip("/")), User()))
        yield KubeObjects(rest, [KIND], lambda *_: None)
        await rest.close()


@pytest.mark.parametrize(
    ("code", "reason", "message", "details", "error"),
    [
        (429, "TooManyRequests", "", {"retryAfterSeconds": 9}, Away),
        (503, "ServiceUnavailable", "", {}, Away),
        (500, "InternalError", "failed calling webhook", {}, Away),
        (409, "Conflict", "the object has been modified", MIXER, Away),
        (401, "Unauthorized", "", {}, Away),
        (403, "Forbidden", "User cannot patch resource", MIXER, Refused),
        (403, "Forbidden", "", TERMINATING, Gone),
        (404, "NotFound", "", {"name": "plant", "kind": "namespaces"}, Gone),
        (404, "NotFound", "the server could not find the requested resource", {}, Away),
        (422, "Invalid", "denied by policy", MIXER, Refused),
        (400, "BadRequest", "admission webhook denied the request", {}, Refused),
    ],
)
async def test_what_a_refused_application_means(
    objects: KubeObjects,
    server: Server,
    code: int,
    reason: str,
    message: str,
    details: dict[str, object],
    error: type[ObjectError],
) -> None:
    """Refused is what would be refused again; whatever may pass by itself is away, and says for how long."""
    server.says(code, reason, message, **details)
    with pytest.raises(ObjectError) as told:
        await objects.apply(BODY, force=False, uid="u1")
    assert type(told.value) is error
    assert told.value.failure.retry_after == details.get("retryAfterSeconds", 0)


@pytest.mark.parametrize(("reason", "error"), [("NotFound", Gone), ("Conflict", Away)])
async def test_what_a_refused_deletion_means(
    objects: KubeObjects, server: Server, reason: str, error: type[ObjectError]
) -> None:
    """What is not found is gone; one that was merely changed at that moment is there, and may be deleted again."""
    server.says(404 if reason == "NotFound" else 409, reason, "", **MIXER)
    with pytest.raises(ObjectError) as told:
        await objects.delete(KEY, "u1")
    assert type(told.value) is error


@pytest.mark.parametrize(
    "text", ["<html>please log in</html>", "[]", json.dumps({**STORED, "kind": "Other", "metadata": {"name": "x"}})]
)
@pytest.mark.parametrize(
    "ask",
    [
        lambda objects: objects.apply(BODY, force=False),
        lambda objects: objects.delete(KEY, "u1"),
        lambda objects: objects.annotate(KEY, "u1", {"a": "b"}),
        lambda objects: objects.patch(KEY, "u1", STEPS),
        lambda objects: objects.draft({**BODY, "kind": KIND.name}),
    ],
    ids=["apply", "delete", "annotate", "patch", "draft"],
)
async def test_only_what_shows_the_object_says_that_it_was_done(
    objects: KubeObjects, server: Server, text: str, ask: Callable[[KubeObjects], Awaitable[object]]
) -> None:
    """The page of a proxy, or of another object, is no answer, whatever its code: it may not have been done."""
    server.answer = 200, text
    with pytest.raises(Away):
        await ask(objects)


UNFIT = "the server rejected our request due to an error in our request"
CAUSES = {"causes": [{"reason": "FieldValueInvalid", "message": "must be less", "field": "spec.targetValue"}]}


@pytest.mark.parametrize(
    ("code", "message", "details", "uid", "error"),
    [
        (422, UNFIT, {}, "u1", Changed),
        (422, UNFIT, {}, "u2", Gone),
        (422, "is invalid", {**MIXER, **CAUSES}, "u1", Refused),
        (422, "admission webhook denied the request", None, "u1", Refused),
        (422, "denied by policy", MIXER, "u1", Refused),
        (409, "the object has been modified", MIXER, "u1", Away),
        (409, "the object has been modified", MIXER, "u2", Gone),
        (404, "not found", MIXER, "u1", Gone),
        (403, "User cannot patch resource", MIXER, "u1", Refused),
        (429, "", {"retryAfterSeconds": 9}, "u1", Away),
    ],
)
async def test_what_a_refused_patch_means(
    objects: KubeObjects, server: Server, code: int, message: str, details: Any, uid: str, error: type[ObjectError]
) -> None:
    """A step that did not fit is told from an object that would not be valid, and both from one that is another."""
    reason = {404: "NotFound", 409: "Conflict", 422: "Invalid"}.get(code, "")
    server.says(code, reason, message, **(details or {}))
    if details is None:
        server.answer = code, json.dumps({k: v for k, v in json.loads(server.answer[1]).items() if k != "details"})
    with pytest.raises(ObjectError) as told:
        await objects.patch(KEY, uid, STEPS)
    assert type(told.value) is error


async def test_a_patch_tests_uid_and_version_first(objects: KubeObjects, server: Server) -> None:
    """What is patched is the object that was looked at, of the version where one is given, or nothing is."""
    stored = await objects.patch(KEY, "u1", STEPS, 7)
    assert stored == STORED
    assert server.sent == [
        {"op": "test", "path": "/metadata/uid", "value": "u1"},
        {"op": "test", "path": "/metadata/resourceVersion", "value": "7"},
        *STEPS,
    ]


@pytest.mark.parametrize(
    ("code", "reason", "error"),
    [
        (422, "Invalid", Refused),
        (403, "Forbidden", Refused),
        (400, "BadRequest", Refused),
        (429, "TooManyRequests", Away),
        (500, "InternalError", Away),
        (409, "AlreadyExists", Away),
    ],
)
async def test_what_a_refused_draft_means(
    objects: KubeObjects, server: Server, code: int, reason: str, error: type[ObjectError]
) -> None:
    """Who asks what would be stored is told whether it would be refused again, or may be known a moment later."""
    server.says(code, reason, "no", **MIXER)
    with pytest.raises(ObjectError) as told:
        await objects.draft(BODY)
    assert type(told.value) is error


async def test_what_is_drafted_has_a_name_that_nobody_has(objects: KubeObjects, server: Server) -> None:
    """A draft is a POST that stores nothing (dryRun=All), under a name that is made up."""
    assert await objects.draft(BODY) == STORED
    assert server.asked == {"dryRun": "All", "fieldManager": "fabgitops-rack"}
    assert server.sent == {**BODY, "metadata": {"namespace": "plant", "generateName": "mixer-"}}


async def test_no_answer_is_away() -> None:
    """Of an API server that cannot be reached nothing is known."""
    rest = Rest(Access("test", "default", Cluster("http://127.0.0.1:1"), User()))
    with pytest.raises(Away, match="cannot be reached"):
        await KubeObjects(rest, [KIND], lambda *_: None).delete(KEY, "u1")
    await rest.close()
