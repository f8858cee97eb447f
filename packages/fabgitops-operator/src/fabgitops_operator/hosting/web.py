"""Where an API meets aiohttp: requests in, replies and streams out, all pages on one port.

A client that is gone ends what it only reads; a change that has begun is carried to its end all the same. A client that
takes nothing for a while is cut off, so that nothing is kept for it without bound.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager
from typing import Protocol

from aiohttp import web
from aiohttp.typedefs import Handler

from fabgitops_operator.hosting.exchange import Answer, BrokenOffError, Query, Reply, Request, Streamed
from fabgitops_operator.hosting.http import served

MOST_BYTES = 3 * 1024 * 1024
"""Bytes of a body, as the API server takes."""

WRITE_SECS = 30.0
"""How long a client may take to make room for a chunk."""

LINE_BYTES = 16 * 1024
"""The longest first line and header of a request; selectors stand in the first."""

IDLE_SECS = 90.0
"""How long a connection may ask nothing: aiohttp would keep one for an hour."""

ENDING_SECS = 5.0
"""How long the requests that are under way at the end have."""


class Api(Protocol):
    """What is served."""

    async def answer(self, request: Request) -> Answer:
        """Answer a request; nothing is raised but what cancels it."""

    def guard(self, request: Request) -> Reply | None:
        """Return why a page that others serve on the same port is not shown to this client, or nothing."""

    def too_large(self, most: int) -> Reply:
        """Return what is said of a body of more than so many bytes."""

    def end(self) -> None:
        """End what would not end by itself."""


def application(api: Api, pages: Iterable[web.RouteDef] = (), unasked: Iterable[str] = ()) -> web.Application:
    """Return the API with further pages beside it, such as /metrics and /readyz.

    Args:
        api: The API; it answers whatever is not another page.
        pages: The others; they are guarded as the API is, and want any role.
        unasked: Paths of theirs that know by themselves who asks, such as a webhook with its signature.
    """
    free = frozenset(unasked)

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        refusal_ = None if request.path in free else api.guard(_request(request, b""))
        return await handler(request) if refusal_ is None else _whole(refusal_)

    async def answered(request: web.Request) -> web.StreamResponse:
        return await _answered(api, request)

    app = web.Application(middlewares=[guarded], client_max_size=MOST_BYTES)
    app.add_routes(pages)
    app.router.add_route("*", "/{path:.*}", answered)

    async def ended(_app: web.Application) -> None:
        api.end()

    app.on_shutdown.append(ended)
    return app


@asynccontextmanager
async def listening(
    app: web.Application, host: str, port: int, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Listen, and yield the port; at the end watches are ended first, then everything else.

    Raises:
        ListenError: The address cannot be listened on.
    """
    async with served(app, host, port, "choose another with --listen", tls, _RUNNER) as taken:
        yield taken


_RUNNER = {
    "handler_cancellation": True,
    "shutdown_timeout": ENDING_SECS,
    "keepalive_timeout": IDLE_SECS,
    "max_line_size": LINE_BYTES,
    "max_field_size": LINE_BYTES,
}


async def _answered(api: Api, request: web.Request) -> web.StreamResponse:
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        return _whole(api.too_large(MOST_BYTES))
    answering = asyncio.ensure_future(api.answer(_request(request, body)))
    answer: Answer = await asyncio.shield(answering)  # what has begun to be changed is changed, whoever still listens
    if isinstance(answer, Reply):
        return _whole(answer)
    return await _streamed(answer, request)


def _request(request: web.Request, body: bytes) -> Request:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Request(request.method, request.path, Query(request.rel_url.raw_query_string), headers, body)


def _whole(reply: Reply) -> web.Response:
    response = web.Response(status=reply.status, body=reply.body)
    if reply.media_type:
        response.headers["Content-Type"] = reply.media_type
    else:
        response.headers.pop("Content-Type", None)
    for name, value in (*_EVERYWHERE, *reply.headers):
        response.headers.add(name, value)
    return response


_EVERYWHERE = (("X-Content-Type-Options", "nosniff"),)


async def _streamed(answer: Streamed, request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": answer.media_type, **dict(_EVERYWHERE)})
    async with aclosing(answer.chunks) as chunks:  # type: ignore[type-var]
        await response.prepare(request)
        try:
            async for chunk in chunks:
                async with asyncio.timeout(WRITE_SECS):
                    await response.write(chunk)
        except (BrokenOffError, TimeoutError):
            if request.transport is not None:
                request.transport.abort()
            return response
    await response.write_eof()
    return response
