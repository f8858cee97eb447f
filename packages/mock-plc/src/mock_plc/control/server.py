"""Serves the control API, to those who may use it."""

import errno
import hmac
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.typedefs import Middleware

from mock_plc.control import api, faults
from mock_plc.control.address import TOKEN_VARIABLE, Address, is_loopback
from mock_plc.control.asked import STATIONS, Refused
from mock_plc.errors import MockPlcError
from mock_plc.net.station import Station

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_GRACE = 1.0
"""Seconds that a request which is being answered has when all ends."""


class ControlError(MockPlcError):
    """The control API cannot be served: its text says why, and what to do."""


@asynccontextmanager
async def controlling(
    stations: Sequence[Station], address: Address, token: str | None = None
) -> AsyncIterator[Address]:
    """Serve the control API and yield where; port 0 takes a free one.

    Whoever sends the token as a bearer token (RFC 6750) may use it; without a token everybody on this machine may,
    but no web page that a browser of this machine shows.

    Raises:
        ControlError: Others could reach it and there is no token, or the address cannot be listened on.
    """
    if not (address.loopback or token):
        raise ControlError(
            f"the control API at {address} could be used by everybody who reaches it: set {TOKEN_VARIABLE} to a "
            "secret, or keep it to this machine (--control 127.0.0.1:5503)"
        )
    app = web.Application(middlewares=[_told, _guard(token)])
    app[STATIONS] = stations
    app.add_routes([*api.routes, *faults.routes])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_GRACE)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, address.host, address.port).start()
        except (OSError, UnicodeError) as error:
            raise ControlError(f"the control API cannot listen on {address}: {_reason(error)}") from None
        yield Address(address.host, runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _reason(error: OSError | UnicodeError) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return "the port is in use; choose another one (--control 0 takes a free one)"
    return os.strerror(number) if number and number > 0 else "this machine has no such address"


@web.middleware
async def _told(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Answer what cannot be done by JSON that says why."""
    try:
        return await handler(request)
    except Refused as refused:
        return web.json_response({"error": str(refused)}, status=refused.status)
    except web.HTTPException as error:
        return web.json_response({"error": f"{request.method} {request.path}: {error.reason}"}, status=error.status)


def _guard(token: str | None) -> Middleware:
    @web.middleware
    async def guard(request: web.Request, handler: _Handler) -> web.StreamResponse:
        if token:
            given = request.headers.get("Authorization", "")
            if not hmac.compare_digest(given.encode(errors="surrogateescape"), f"Bearer {token}".encode()):
                raise Refused(401, "the control API wants its token: Authorization: Bearer ...")
        else:
            _refuse_web_pages(request)
        return await handler(request)

    return guard


def _refuse_web_pages(request: web.Request) -> None:
    """Refuse what a page in a browser could send: by a name that leads here (DNS rebinding), or as a form (CSRF)."""
    try:
        host = request.url.host or ""
    except ValueError:  # of a header that names no host at all
        host = ""
    if not is_loopback(host):
        raise Refused(403, f'"{request.host}" is not this machine; use 127.0.0.1')
    if request.method in ("POST", "PUT") and request.content_type != "application/json":
        raise Refused(415, "the body must be application/json")
