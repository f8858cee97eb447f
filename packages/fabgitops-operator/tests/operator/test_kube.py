"""What answers of the API server mean, from a server that gives them on demand."""

import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from fabgitops_core.api.industrialplc import INDUSTRIAL_PLC
from fabgitops_operator.kube import Forbidden, Gone, Kube, KubeError, Rejected, SingleConfig, Unavailable
from lightkube import KubeConfig
from lightkube.config.models import Cluster, User

from .conftest import KEY

CAUSES = {"causes": [{"reason": "FieldValueNotSupported", "field": "status.phase", "message": "Unsupported value"}]}


class Server:
    """An API server that gives one answer to everything."""

    def __init__(self) -> None:
        self.code, self.message, self.reason = 200, "", ""
        self.details: dict[str, object] = {}
        self.asked: list[object] = []

    async def answer(self, request: web.Request) -> web.Response:
        """Answer, and remember what was asked."""
        self.asked.append(await request.json() if request.can_read_body else None)
        told = {"code": self.code, "message": self.message, "reason": self.reason, "details": self.details}
        body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", **told}
        headers = {"Content-Type": "application/json"}  # without a charset, as the API server has it
        return web.Response(body=json.dumps(body).encode(), status=self.code, headers=headers)


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
        kube = Kube(config_of(str(listening.make_url("/")).rstrip("/")), [INDUSTRIAL_PLC])
        yield kube
        await kube.close()


def config_of(url: str) -> SingleConfig:
    """Return how to reach a server."""
    config = KubeConfig.from_one(cluster=Cluster(server=url), user=User()).get()
    assert config is not None
    return config


@pytest.mark.parametrize(
    ("code", "error"),
    [(404, Gone), (410, Unavailable), (429, Unavailable), (500, Unavailable), (403, Forbidden), (400, Rejected)],
)
async def test_what_a_failed_listing_means(kube: Kube, server: Server, code: int, error: type[KubeError]) -> None:
    """Only a 404 says that a kind is not installed; a listing that outlived its token (410) may be begun again."""
    server.code, server.message = code, "the provided continue parameter is too old"
    with pytest.raises(KubeError) as told:
        _ = [body async for body in kube.list_all(INDUSTRIAL_PLC, None)]
    assert type(told.value) is error


@pytest.mark.parametrize(
    ("code", "details", "error"),
    [
        (404, {}, Gone),
        (422, {}, Gone),
        (422, CAUSES, Rejected),
        (409, {}, Unavailable),
        (401, {}, Forbidden),
    ],
)
async def test_what_a_failed_status_means(
    kube: Kube, server: Server, code: int, details: dict[str, object], error: type[KubeError]
) -> None:
    """A status whose uid is another object's by now is for one that is gone; one that is not valid is rejected."""
    server.code, server.details = code, details
    with pytest.raises(KubeError) as told:
        await kube.patch_status(KEY, "u1", {"phase": "Connected"})
    assert type(told.value) is error
    assert server.asked == [
        [
            {"op": "test", "path": "/metadata/uid", "value": "u1"},
            {"op": "add", "path": "/status", "value": {"phase": "Connected"}},
        ]
    ]


async def test_an_event_that_is_there_already_was_created(kube: Kube, server: Server) -> None:
    """An Event whose creation was answered to nobody is not tried for minutes, holding up all others."""
    body = {"metadata": {"name": "mixer.1", "namespace": "plant"}}
    server.code, server.reason = 409, "AlreadyExists"
    await kube.create_event(body)
    server.reason = "Conflict"
    with pytest.raises(Unavailable):
        await kube.create_event(body)
