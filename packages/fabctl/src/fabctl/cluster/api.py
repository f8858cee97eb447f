"""Objects of the Kubernetes API, as JSON: one, a list in pages, a merge patch (RFC 7386), a watch."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any
from urllib.parse import quote, urlencode

from fabctl.cluster.connection import Headers
from fabctl.cluster.transport import Answer, Transport
from fabctl.fields import mapping, text

PAGE = 500
"""Objects in one page of a listing."""
WATCH_SECS = 60
"""How long the API server keeps a watch open; then it is opened again."""

_OWNER = "fabctl"
"""What the API server calls the owner of the fields that we set."""
_MERGE = [("Content-Type", "application/merge-patch+json")]
_JSON = [("Content-Type", "application/json")]
_APPLY = [("Content-Type", "application/apply-patch+yaml")]  # which JSON is, too
_HOW = {"POST": ("POST", _JSON), "PATCH": ("PATCH", _MERGE), "APPLY": ("PATCH", _APPLY)}

Object = dict[str, Any]
Query = Mapping[str, str | int | None]


class StatusError(Exception):
    """The API server answers that it does not do it: a status of HTTP, and what it says of that."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class Api:
    """The calls. Every method raises StatusError, OSError where there is no answer, and ValueError where it is none."""

    def __init__(self, transport: Transport, timeout: float) -> None:
        """Prepare; `timeout` is how many seconds the API server may be silent."""
        self._transport, self._timeout = transport, timeout
        self.date = ""
        """When the last answer was sent, as the API server says it."""

    async def get(self, path: str, query: Query | None = None) -> Object:
        """Return an object."""
        async with self._asked("GET", path, query or {}) as answer:
            return _object(await answer.read(self._timeout))

    async def probe(self, path: str) -> tuple[int, str]:
        """Return how a page answers, whatever it is: the status of HTTP, and its text."""
        async with self._transport.ask("GET", quote(path)) as answer:
            return answer.head.status, (await answer.read(self._timeout)).decode(errors="replace")

    async def patch(self, path: str, body: Object) -> Object:
        """Change an object, and return it as it is then."""
        content = json.dumps(body).encode()
        async with self._asked("PATCH", path, {"fieldManager": _OWNER}, content, _MERGE) as answer:
            return _object(await answer.read(self._timeout))

    async def post(self, path: str, body: Object, *, strict: bool = False) -> Object:
        """Create an object, and return it as it is then; where it is `strict`, unknown fields are refused."""
        query = {"fieldValidation": "Strict", "fieldManager": _OWNER} if strict else {}
        async with self._asked("POST", path, query, json.dumps(body).encode(), _JSON) as answer:
            return _object(await answer.read(self._timeout))

    async def rehearse(self, how: str, path: str, body: Object, options: Query) -> Object:
        """Return what an object would be that is created (POST), patched (PATCH) or applied (APPLY): a dry run."""
        method, headers = _HOW[how]
        query = {"dryRun": "All", "fieldValidation": "Strict", "fieldManager": _OWNER, **options}
        async with self._asked(method, path, query, json.dumps(body).encode(), headers) as answer:
            return _object(await answer.read(self._timeout))

    async def pages(self, path: str, query: Query) -> AsyncGenerator[tuple[str, list[Object]], None]:
        """Yield the objects of a list page by page, each with the version of the whole list."""
        following: str | None = None
        while following != "":
            page = await self.get(path, {**query, "limit": PAGE, "continue": following})
            metadata = page["metadata"]
            yield metadata.get("resourceVersion", ""), list(map(dict, page["items"] or ()))
            following = metadata.get("continue") or ""

    async def watch(self, path: str, query: Query, version: str) -> AsyncGenerator[tuple[str, Object], None]:
        """Yield what changes after a version, and how ("ADDED", "MODIFIED", "DELETED"), without end."""
        while True:
            asked = {**query, "watch": "true", "timeoutSeconds": WATCH_SECS, "resourceVersion": version}
            async with (
                self._asked("GET", path, asked) as answer,
                aclosing(answer.lines(WATCH_SECS + self._timeout)) as lines,
            ):
                async for line in lines:
                    kind, body = _event(line)
                    version = body["metadata"]["resourceVersion"]
                    yield kind, body

    @asynccontextmanager
    async def _asked(
        self, method: str, path: str, query: Query, body: bytes = b"", headers: Headers = ()
    ) -> AsyncIterator[Answer]:
        asked = urlencode({name: value for name, value in query.items() if value is not None})
        target = f"{quote(path)}?{asked}" if asked else quote(path)
        async with self._transport.ask(method, target, headers, body) as answer:
            self.date = answer.head.date
            if answer.head.status >= 300:
                raise StatusError(answer.head.status, await self._complaint(answer))
            yield answer

    async def _complaint(self, answer: Answer) -> str:
        """Return what an answer says is wrong: a Status, or only what HTTP says where something else has answered."""
        content = await answer.read(self._timeout)
        try:
            return text(_object(content).get("message")) or answer.head.reason
        except (ValueError, RecursionError):
            return answer.head.reason


def _event(line: bytes) -> tuple[str, Object]:
    event = _object(line)
    body = event["object"]
    if event["type"] == "ERROR":
        code = mapping(body).get("code")
        raise StatusError(code if isinstance(code, int) else 0, text(mapping(body).get("message")))
    return str(event["type"]), dict(body)


def _object(content: bytes) -> Object:
    """Return an object.

    Raises:
        ValueError: It is none.
        RecursionError: It is nested too deeply.
    """
    found = json.loads(content)
    if not isinstance(found, dict):
        raise ValueError("an object is expected")  # noqa: TRY004 - of what came, not of a caller
    return found
