"""What is answered to whom: each request finds its page, its caller and its right here, and an answer."""

import logging
import platform
import random
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version as version_of
from typing import Any

from fabgitops_operator.hosting import browsers, exchange
from fabgitops_operator.hosting.exchange import (
    Answer,
    Reply,
    Request,
    Streamed,
    encoded,
    said,
    warning_headers,
)
from fabgitops_operator.standalone.api.accept import Shape, form
from fabgitops_operator.standalone.api.access import Access, Caller, Role, needed
from fabgitops_operator.standalone.api.changing import Changing
from fabgitops_operator.standalone.api.discovery import Discovery
from fabgitops_operator.standalone.api.listing import Listing
from fabgitops_operator.standalone.api.openapi import OpenAPI
from fabgitops_operator.standalone.api.options import list_options
from fabgitops_operator.standalone.api.paths import Paths, Target
from fabgitops_operator.standalone.api.refusals import forbidden, no_method
from fabgitops_operator.standalone.api.reviews import REVIEWS, reviewed
from fabgitops_operator.standalone.api.served import served
from fabgitops_operator.standalone.api.tables import Tables, head
from fabgitops_operator.standalone.api.tokens import TokenError
from fabgitops_operator.standalone.api.verbs import verb, verbs
from fabgitops_operator.standalone.api.watching import Watching
from fabgitops_operator.standalone.resources import Resource
from fabgitops_operator.standalone.store import Objects, RefusedError, StateError, Store, UnavailableError, refusal

log = logging.getLogger(__name__)

KUBERNETES = ("1", "34")
"""Major and minor of the Kubernetes API that this one keeps to: clients choose by them."""

MOST_WATCHES = 1000
"""How many watches there may be at once."""

MADE_BY_USE = "it is there for as long as the source names objects in it"

_CHANGES = frozenset({"create", "update", "patch", "delete", "deletecollection"})

FREE = frozenset({"/healthz", "/livez", "/readyz", "/version"})
"""Pages that nobody needs a token for, as in Kubernetes."""


class Api:
    """The API over a store.

    Args:
        store: What is read.
        objects: What carries changes out.
        resources: What is served.
        access: Who may do what.
        clock: Seconds that only grow, for how long a listing is remembered.
    """

    def __init__(
        self, store: Store, objects: Objects, resources: Sequence[Resource], access: Access, clock: Callable[[], float]
    ) -> None:
        self.access = access
        self._served = served(resources)
        self._paths = Paths(self._served)
        self._store = store
        self._tables = Tables()
        self._listing = Listing(store, self._tables, clock)
        self._changing = Changing(store, objects)
        self._discovery = Discovery(self._served)
        self.watching = Watching(store, self._tables, random.random)
        ours = version_of("fabgitops-operator")
        self._version = said(_version(ours))
        self._openapi = OpenAPI(self._served, "FabGitOps without a cluster", ours)

    async def answer(self, request: Request) -> Answer:
        """Answer a request; nothing is raised but what cancels it."""
        try:
            caller = self._admitted(request)
            return await self._answered(request, caller)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client is told of it
            return told(error, request)

    def guard(self, request: Request) -> Reply | None:
        """Return why a page that others serve on the same port is not shown to this client, or nothing."""
        try:
            self._admitted(request)
        except Exception as error:  # noqa: BLE001 - as above
            return told(error, request)
        return None

    def too_large(self, most: int) -> Reply:
        """Return what is said of a body of more than so many bytes."""
        message = f"Request entity too large: limit is {most}"
        return refused(refusal(413, "RequestEntityTooLarge", message).status)

    def end(self) -> None:
        """End the watches, which would not end by themselves."""
        self.watching.end()

    def _admitted(self, request: Request) -> Caller:
        """Return who asks; a web page (403), and who is not known (401), is refused."""
        if why := browsers.why_not(request.method, request.headers, loopback_only=self.access.open):
            raise refusal(403, "Forbidden", f"forbidden: {why}")
        if request.path in FREE:
            return Caller("system:anonymous", Role.READ)
        return self.access.caller(request.headers.get("authorization", ""))

    async def _answered(self, request: Request, caller: Caller) -> Answer:
        if target := self._paths.target(request.path):
            return await self._on(target, request, caller)
        match request.path.strip("/").split("/"):
            case ["apis", group, "v1", plural] if kind := REVIEWS.get((group, plural)):
                if request.method != "POST":
                    raise no_method()
                return reviewed(group, kind, request, caller, self._served)
        page = self._page(request)
        if page is None:
            return exchange.text("404 page not found\n", 404)
        if request.method not in {"GET", "HEAD"}:
            raise no_method()
        return page

    def _page(self, request: Request) -> Reply | None:
        if request.path == "/version":
            return self._version
        return self._discovery.answer(request) or self._openapi.answer(request)

    async def _on(self, target: Target, request: Request, caller: Caller) -> Answer:
        does = verb(request.method, named=bool(target.name), watch=request.query.flag("watch"))
        self._check(does, target, caller)
        if does in {"list", "watch"}:
            return await self._many(does, target, request)
        if does == "get":
            return self._one(target, request)
        changes = {
            "create": self._changing.create,
            "update": self._changing.update,
            "patch": self._changing.patch,
            "delete": self._changing.delete,
            "deletecollection": self._changing.delete_all,
        }
        return await changes[does](target, request, caller)

    def _check(self, does: str, target: Target, caller: Caller) -> None:
        """Refuse what is not there (404), what a path does not do (405), and what a caller may not (403)."""
        served = target.served
        if target.subresource and not verbs(served, target.subresource):
            raise served.absent(target.name)
        if served.resource.made_by_use and does in _CHANGES:
            raise forbidden(served.group, served.plural, target.name, MADE_BY_USE)
        whole = not target.namespace and served.resource.namespaced
        if does not in {*verbs(served, target.subresource), "watch"} or (whole and does not in {"list", "watch"}):
            raise no_method()
        role = needed(does, target.subresource)
        if not caller.may(role):
            where = f' in the namespace "{target.namespace}"' if target.namespace else ""
            what = f"{served.plural}/{target.subresource}" if target.subresource else served.plural
            why = (
                f'User "{caller.name}" cannot {does} resource "{what}" in API group "{served.group}"{where}: '
                f"it takes the role {role.value}, and this one is {caller.role.value}"
            )
            raise forbidden(served.group, served.plural, target.name, why)

    async def _many(self, does: str, target: Target, request: Request) -> Streamed:
        options = list_options(request.query, target.served, target.name)
        wanted = form(request.headers.get("accept", ""))
        if does == "list":
            return Streamed(await self._listing.chunks(target, options, wanted))
        if self.watching.open >= MOST_WATCHES:
            raise refusal(429, "TooManyRequests", f"there are {MOST_WATCHES} watches already: end some, then try again")
        return Streamed(self.watching.lines(target, options, wanted), watch=True)

    def _one(self, target: Target, request: Request) -> Reply:
        wanted = form(request.headers.get("accept", ""))
        options = list_options(request.query, target.served)
        record = self._store.get(target.served.resource, target.namespace, target.name)
        if record is None:
            raise target.served.absent(target.name)
        if wanted.shape is Shape.METADATA:
            return Reply(200, self._tables.metadata(record, wanted.version))
        if wanted.shape is Shape.OBJECT:
            return Reply(200, target.served.body(record))
        row = self._tables.row(target.served, record, options.include, wanted.version)
        start = head(wanted.version, self._tables.columns(target.served))
        return Reply(200, start + row + b'],"metadata":' + encoded({"resourceVersion": str(record.version)}) + b"}")


def told(error: Exception, request: Request) -> Reply:
    """Return what a client is told of an error: a refusal as it is, of what is ours the log tells more."""
    if isinstance(error, RefusedError):
        return refused(error.status, error.warnings)
    if isinstance(error, UnavailableError):
        return refused(error.status())
    if isinstance(error, TokenError | StateError):
        log.error("%s %s: %s", request.method, request.path, error)
    else:
        log.error("a request could not be answered: %s %s", request.method, request.path, exc_info=error)
    return refused(refusal(500, "InternalError", "Internal error occurred: see the operator's log").status)


def refused(status: dict[str, Any], warnings: Iterable[str] = ()) -> Reply:
    """Return a refusal as it is answered."""
    code = int(status["code"])
    headers = warning_headers(warnings) + ((("WWW-Authenticate", "Bearer"),) if code == 401 else ())
    seconds = (status.get("details") or {}).get("retryAfterSeconds") or (1 if code == 429 else 0)
    if seconds:
        headers += (("Retry-After", str(seconds)),)
    return Reply(code, encoded(status), headers=headers)


def _version(ours: str) -> dict[str, str]:
    major, minor = KUBERNETES
    return {
        "major": major,
        "minor": minor,
        "gitVersion": f"v{major}.{minor}.0+fabgitops.{ours}",
        "gitCommit": "",
        "gitTreeState": "",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": platform.python_implementation(),
        "platform": f"{platform.system().lower()}/{platform.machine()}",
    }
