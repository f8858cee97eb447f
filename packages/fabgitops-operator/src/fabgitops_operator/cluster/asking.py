"""The requests of kopf on their way: they say who we are, what became of them is noted, and none is let fail.

An answer that would end kopf, or that it would tell of by a traceback, is waited out here: the request goes out again
with growing pauses. Only what asking again cannot mend passes: that a version is too old (410), and that a group has
no definitions left (404 of a discovery).
"""

import asyncio
import json
import weakref
from typing import Any

import aiohttp

from fabgitops_operator.cluster.kubeconfig.access import Access
from fabgitops_operator.cluster.kubeconfig.errors import NoCredentialsError
from fabgitops_operator.cluster.kubeconfig.login import Identity
from fabgitops_operator.hosting.hearing import Hearing, Scope

ANSWER_SECS = 30.0
"""How long an answer may take to begin."""

BREATH_SECS = 1.0
"""The least time between two watches of one scope: a server that ends each at once is not asked in a circle."""

MAX_PAUSE_SECS = 10.0
"""The longest pause before a request goes out again."""

MAX_TEXT = 300
"""Characters that are told of an answer."""


class Asking:
    """A middleware of aiohttp for the session that kopf is given."""

    def __init__(self, access: Access, hearing: Hearing) -> None:
        self._access = access
        self._hearing = hearing
        self._scopes = {(scope.kind.plural, scope.namespace): scope for scope in hearing.scopes}
        self._failures: dict[Scope | None, int] = {}
        self._answered: dict[Scope, float] = {}
        self.askers: weakref.WeakSet[asyncio.Task[Any]] = weakref.WeakSet()
        """The tasks that asked something, kopf's and what they left behind."""

    async def __call__(self, request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        """Send a request until it is answered as kopf needs it."""
        if (task := asyncio.current_task()) is not None:
            self.askers.add(task)
        scope = self._scope(request)
        if scope is not None:
            self._hearing.asks(scope)
            await self._breathe(scope)
        while True:
            response, why, refused = await self._tried(request, send, discovery=scope is None)
            if response is not None:
                self._failures.pop(scope, None)
                if scope is not None and "watch" in request.url.query:
                    self._answered[scope] = asyncio.get_running_loop().time()
                    self._hearing.heard(scope)
                return response
            self._fails(scope, why, refused=refused)
            await asyncio.sleep(self._pause(scope))

    def _scope(self, request: aiohttp.ClientRequest) -> Scope | None:
        parts = request.url.path.rstrip("/").split("/")
        namespace = parts[-2] if len(parts) > 2 and parts[-3] == "namespaces" else None
        return self._scopes.get((parts[-1], namespace))

    async def _breathe(self, scope: Scope) -> None:
        last = self._answered.get(scope)
        if last is not None:
            await asyncio.sleep(max(0.0, last + BREATH_SECS - asyncio.get_running_loop().time()))

    def _fails(self, scope: Scope | None, why: str, *, refused: bool) -> None:
        if scope is not None:
            self._hearing.unheard(scope, why, refused=refused)
        else:
            self._hearing.all_unheard(why)

    def _pause(self, scope: Scope | None) -> float:
        failures = self._failures[scope] = self._failures.get(scope, 0) + 1
        return min(MAX_PAUSE_SECS, 0.25 * 2.0 ** min(failures, 10))

    async def _tried(
        self, request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType, *, discovery: bool
    ) -> tuple[aiohttp.ClientResponse | None, str, bool]:
        """Return an answer that kopf takes; or why there is none, and whether that is because we may not."""
        try:
            response = await self._sent(request, send)
            if _passes(response, discovery=discovery):
                return response, "", False
            try:
                async with asyncio.timeout(ANSWER_SECS):
                    return None, *_refusal(response.status, await response.text(errors="replace"))
            finally:
                response.close()
        except TimeoutError:
            return None, "the API server does not answer", False
        except NoCredentialsError as error:
            return None, f"no credentials: {error}", False
        except (aiohttp.ClientError, OSError) as error:
            return None, f"the API server cannot be reached: {_line(str(error)) or type(error).__name__}", False

    async def _sent(self, request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        identity = await self._access.login.identity()
        response = await self._as(identity, request, send)
        if response.status == 401 and (other := await self._access.login.after(identity)) is not None:
            response.close()
            return await self._as(other, request, send)
        return response

    async def _as(
        self, identity: Identity, request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        headers = self._access.headers(identity)
        for name, _ in headers:
            request.headers.popall(name, None)
        request.headers.extend(headers)
        async with asyncio.timeout(ANSWER_SECS):
            return await send(request)


def _passes(response: aiohttp.ClientResponse, *, discovery: bool) -> bool:
    if response.status == 200:
        return response.content_type == "application/json"
    return response.status == 410 or (response.status == 404 and discovery)


def _refusal(status: int, text: str) -> tuple[str, bool]:
    """Return what an answer says that is none, and whether the API server says by it that we may not."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict) and body.get("kind") == "Status":
        refused = 400 <= status < 500 and status not in {404, 409, 429}
        return _line(f"{status}: {body.get('message') or body.get('reason') or ''}"), refused
    if status == 404:
        return "404: the API server does not serve this kind; is its definition installed?", False
    return _line(f"the answer is not one of an API server: {status} {text}"), False


def _line(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"
