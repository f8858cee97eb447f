"""What is answered to whom: each request finds its page, its caller and its route here, and an answer."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

from fabgitops_operator.facade.answering import Answering
from fabgitops_operator.facade.index import Index
from fabgitops_operator.facade.objects import Objects
from fabgitops_operator.facade.pages import pages
from fabgitops_operator.facade.ports import AwayError, Kubernetes, Patience
from fabgitops_operator.facade.refusing import RefusedError
from fabgitops_operator.facade.routes import BY_PATH, Route
from fabgitops_operator.hosting import browsers
from fabgitops_operator.hosting.exchange import Answer, BrokenOffError, Reply, Request, Streamed, said

log = logging.getLogger(__name__)

PARAMETERS = frozenset({"labelSelector"})
"""What a listing may be asked with."""

Do = Callable[[Answering], Awaitable[Answer]]


class Facade:
    """The API.

    Args:
        kubernetes: What is asked.
        index: Which uid is which name.
        patience: Waits for what is about to be known.
        namespace: Where the objects are.
        is_open: Whether who says no token is taken for whoever runs the facade: on a loopback port without TLS alone.
        not_ready: Returns why nothing can be answered yet, or nothing.
    """

    def __init__(
        self,
        kubernetes: Kubernetes,
        index: Index,
        patience: Patience,
        namespace: str,
        *,
        is_open: bool,
        not_ready: Callable[[], str],
    ) -> None:
        self._kubernetes = kubernetes
        self._index = index
        self._patience = patience
        self._namespace = namespace
        self._is_open = is_open
        self._not_ready = not_ready
        self._pages = pages()

    async def answer(self, request: Request) -> Answer:
        """Answer a request; nothing is raised but what cancels it."""
        try:
            self._check_page(request)
            answer = self._page(request) or await self._answered(request)
        except RefusedError as error:
            return error.reply
        except AwayError as error:
            return RefusedError(503, str(error), (("Retry-After", "1"),)).reply
        except Exception:
            log.exception("a request could not be answered: %s %s", request.method, request.path)
            return RefusedError(500, "a fault of the facade: see its log").reply
        return _watched(answer, request) if isinstance(answer, Streamed) else answer

    def guard(self, request: Request) -> Reply | None:
        """Return why a request is refused whatever it asks for, or nothing."""
        try:
            self._check_page(request)
        except RefusedError as error:
            return error.reply
        return None

    def too_large(self, most: int) -> Reply:
        """Return what is said of a body of more than so many bytes."""
        return RefusedError(413, f"the body is too large: at most {most} bytes are taken").reply

    def end(self) -> None:
        """End nothing: all answers end by themselves."""

    def _check_page(self, request: Request) -> None:
        if why := browsers.why_not(request.method, request.headers, loopback_only=self._is_open):
            raise RefusedError(403, why)

    def _page(self, request: Request) -> Reply | None:
        """Return a page that nobody needs a token for."""
        if request.path == "/health":
            page = self._health()
        elif request.path in self._pages:
            page = self._pages[request.path]
        else:
            return None
        if request.method not in {"GET", "HEAD"}:
            raise _no_method(request, ("GET", "HEAD"))
        return page

    def _health(self) -> Reply:
        if why := self._not_ready():
            return said({"status": "unhealthy", "service": "fabgitops", "error": why, "code": 503}, 503)
        return said({"status": "healthy", "service": "fabgitops"})

    async def _answered(self, request: Request) -> Answer:
        self._check_caller(request)
        route, does = _found(request)
        if does is None:
            raise RefusedError(404, f"there is no page {request.path}")
        if request.method not in does:
            raise _no_method(request, tuple(does))
        if unknown := sorted(set(request.query.names()) - (PARAMETERS if "POST" in does else frozenset())):
            raise RefusedError(400, f"{', '.join(unknown)}: there is no such parameter here")
        if why := self._not_ready():
            raise RefusedError(503, why, (("Retry-After", "1"),))
        shown = request.headers.get("authorization", "")
        objects = Objects(self._kubernetes, self._index, self._patience, self._namespace, route, shown)
        return await does[request.method](Answering(objects, request))

    def _check_caller(self, request: Request) -> None:
        """Refuse who shows nothing where that is asked for; what is shown is for the API server to judge."""
        if self._is_open:
            return
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            text = "this API asks for a bearer token: one that the Kubernetes API server knows"
            raise RefusedError(401, text, (("WWW-Authenticate", "Bearer"),))


def _watched(answer: Streamed, request: Request) -> Streamed:
    """Return an answer of which it is told when its pages do not come to their end."""

    async def chunks() -> AsyncIterator[bytes]:
        try:
            async for chunk in answer.chunks:
                yield chunk
        except (AwayError, RefusedError) as error:
            log.warning("a listing broke off: %s %s: %s", request.method, request.path, error)
            raise BrokenOffError from error

    return Streamed(chunks(), answer.media_type)


def _found(request: Request) -> tuple[Route, Mapping[str, Do] | None]:
    """Return the route of a path, and what each method does with it."""
    parts = request.path.removeprefix("/").split("/")
    route = BY_PATH.get(parts[0])
    if route is None:
        raise RefusedError(404, f"there is no page {request.path}")
    match parts[1:]:
        case []:
            return route, {"GET": Answering.list, "POST": Answering.create}
        case [uid] if uid:
            return route, {
                "GET": lambda answering: answering.get(uid),
                "HEAD": lambda answering: answering.get(uid),
                "PUT": lambda answering: answering.replace(uid),
                "PATCH": lambda answering: answering.patch(uid),
                "DELETE": lambda answering: answering.delete(uid),
            }
        case [uid, "status"] if uid:
            return route, {
                "PUT": lambda answering: answering.replace_status(uid),
                "PATCH": lambda answering: answering.patch_status(uid),
            }
    return route, None


def _no_method(request: Request, allowed: Sequence[str]) -> RefusedError:
    return RefusedError(405, f"{request.path} has no {request.method}", (("Allow", ", ".join(allowed)),))
