"""One request of HTTP, to somebody who may answer slowly, at length or not at all."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from fabgitops_core.control.chaos.outcomes import Outcome, Result
from fabgitops_operator.chaos.web import MAX_BYTES, Reply, asked


async def in_pieces(request: web.Request) -> web.StreamResponse:
    """Answer as many bytes as the path says, in pieces that come one after the other."""
    answer = web.StreamResponse()
    await answer.prepare(request)
    text = b'{"plcs": "' + b"x" * int(request.match_info["bytes"]) + b'"}'
    for at in range(0, len(text), 50_000):
        await answer.write(text[at : at + 50_000])
    return answer


@pytest.fixture(name="server")
async def _server() -> AsyncIterator[TestServer]:
    app = web.Application()
    app.router.add_get("/{bytes}", in_pieces)
    server = TestServer(app)
    await server.start_server()
    yield server
    await server.close()


async def test_a_long_answer_is_read_to_its_end(server: TestServer) -> None:
    """An answer that comes in pieces, as that of a mock with a thousand PLCs, is read whole."""
    async with aiohttp.ClientSession() as session:
        reply = await asked(session, "GET", str(server.make_url("/400000")))
    assert isinstance(reply, Reply), reply
    assert len(reply.body["plcs"]) == 400_000


async def test_an_endless_answer_is_not_read_to_its_end(server: TestServer) -> None:
    """An answer beyond a bound is none: nobody's is kept whole in memory."""
    async with aiohttp.ClientSession() as session:
        reply = await asked(session, "GET", str(server.make_url(f"/{2 * MAX_BYTES}")))
    assert isinstance(reply, Outcome)
    assert (reply.result, f"more than {MAX_BYTES >> 10} KiB" in reply.message) == (Result.UNKNOWN, True)
