"""The way of the facade to an API server, and to whatever stands before it."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from fabgitops_operator.cluster.kubeconfig.access import Access
from fabgitops_operator.cluster.kubeconfig.fields import Cluster, User
from fabgitops_operator.facade.ports import Ask
from fabgitops_operator.facade.upstream import Upstream


class Gateway:
    """What stands before an API server, and knows who has signed in by a cookie."""

    def __init__(self) -> None:
        self.cookies: list[str | None] = []

    async def answer(self, request: web.Request) -> web.Response:
        """Give everybody a cookie."""
        self.cookies.append(request.headers.get("Cookie"))
        response = web.json_response({})
        response.set_cookie("session", request.headers.get("Authorization", "whoever runs it").replace(" ", "-"))
        return response


@pytest.fixture
async def gateway() -> Gateway:
    """Return a gateway."""
    return Gateway()


@pytest.fixture
async def upstream(gateway: Gateway) -> AsyncIterator[Upstream]:
    """Return the way there."""
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", gateway.answer)
    async with TestServer(app) as listening:
        url = str(listening.make_url("/")).rstrip("/")
        found = Upstream(Access("test", "default", Cluster(url), User()))
        yield found
        await found.close()


async def test_nobody_is_taken_for_who_asked_before(gateway: Gateway, upstream: Upstream) -> None:
    """A cookie that a gateway gives to one who asks is not shown for another, nor for whoever runs the facade."""
    for token in ("Bearer admin", "Bearer guest", ""):
        await upstream.ask(Ask("GET", "/apis"), token)
    await upstream.ask(Ask("GET", "/apis"), "")
    assert gateway.cookies == [None] * 4
