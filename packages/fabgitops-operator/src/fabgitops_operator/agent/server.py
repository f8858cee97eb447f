"""The routes of the agent, under /v1. Each answers JSON; what cannot be done answers `{"error": "why"}`."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, TypeAdapter, ValidationError

from fabgitops_operator.agent.asked import Inject, InjectionId, Renew
from fabgitops_operator.agent.gate import Gate
from fabgitops_operator.agent.injections import Answer, Injections
from fabgitops_operator.hosting.errors import ApiError

MOST_BYTES = 1 << 16
_ID = TypeAdapter(InjectionId)
_Model = TypeVar("_Model", bound=BaseModel)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Where this agent is, which start of it, and what it can do there."""

    node: str
    instance: str
    capabilities: Mapping[str, str]


@dataclass(slots=True)
class Server:
    """Answers what the gate lets in. Requests about one injection come one after the other."""

    place: Place
    injections: Injections
    gate: Gate
    clock: Callable[[], float]
    _turns: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    """By injection; each lock is there for as long as somebody has it, or waits for it."""

    def application(self) -> web.Application:
        """Return what is served."""
        app = web.Application(middlewares=[_told, self._guarded], client_max_size=MOST_BYTES)
        one = "/v1/injections/{id}"
        app.add_routes([web.get("/v1/health", self._health), web.delete("/v1/injections", self._stop)])
        app.add_routes([web.put(one, self._put), web.post(one + "/renew", self._renew), web.delete(one, self._delete)])
        return app

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        shown, begins = request.headers.get("Authorization", ""), request.method == "PUT"
        try:
            refused = await self.gate.refused(shown, begins=begins)
        except ApiError as error:
            return self._said(Answer(503, {"error": f"whose token it is cannot be found out: {error}"}))
        return self._said(Answer(refused[0], {"error": refused[1]})) if refused else await handler(request)

    async def _health(self, _request: web.Request) -> web.Response:
        most = {"maxSecs": self.injections.cap_secs}
        about = {"node": self.place.node, "capabilities": self.place.capabilities, **most}
        return self._said(Answer(200, {**about, "injections": self.injections.listed()}))

    async def _put(self, request: web.Request) -> web.Response:
        asked = await _valid(Inject, request)
        return await self._in_turn(request, lambda name: self._begun(name, asked))

    async def _begun(self, name: str, asked: Inject) -> Answer:
        fault = "networkDelay" if asked.fault.network_delay else "cpuStress"
        if (able := self.place.capabilities[fault]).startswith("none"):
            return Answer(422, {"error": f"{fault} cannot be held on node {self.place.node}: {able}"})
        return await self.injections.put(name, asked)

    async def _renew(self, request: web.Request) -> web.Response:
        asked = await _valid(Renew, request)

        async def renewed(name: str) -> Answer:
            return self.injections.renew(name, asked)

        return await self._in_turn(request, renewed)

    async def _delete(self, request: web.Request) -> web.Response:
        return await self._in_turn(request, self.injections.delete)

    async def _stop(self, _request: web.Request) -> web.Response:
        return self._said(await self.injections.stop())

    async def _in_turn(self, request: web.Request, act: Callable[[str], Awaitable[Answer]]) -> web.Response:
        try:
            name = _ID.validate_python(request.match_info["id"])
        except ValidationError:
            raise _WrongError('the id of an injection has letters, digits, ".", "_" and "-", up to 128') from None
        async with self._turns.setdefault(name, asyncio.Lock()):
            return self._said(await act(name))

    def _said(self, answer: Answer) -> web.Response:
        """Return an answer with this agent's start and time, from which who asks reckons the last moment."""
        known = {"instance": self.place.instance, "now": self.clock()}
        return web.json_response({**known, **answer.body}, status=answer.status)


class _WrongError(Exception):
    """What was sent cannot be: its text says why."""


@web.middleware
async def _told(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what cannot be done by JSON that says why."""
    try:
        return await handler(request)
    except _WrongError as wrong:
        return web.json_response({"error": str(wrong)}, status=400)
    except web.HTTPException as error:
        return web.json_response({"error": f"{request.method} {request.path}: {error.reason}"}, status=error.status)


async def _valid(model: type[_Model], request: web.Request) -> _Model:
    try:
        given: Any = await request.json()
    except (LookupError, RecursionError, ValueError, web.RequestPayloadError):
        raise _WrongError("the body is no JSON in UTF-8") from None
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the body"
        raise _WrongError(f"{where}: {first['msg'].removeprefix('Value error, ')}") from None
