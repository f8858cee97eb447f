"""What is answered to a request for objects: each is one or a few requests of the Kubernetes API."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from fabgitops_operator.facade import envelope, patching
from fabgitops_operator.facade.conditions import is_unchanged, matches
from fabgitops_operator.facade.index import Index
from fabgitops_operator.facade.ports import Ask, Kubernetes, Patience, Told
from fabgitops_operator.facade.refusing import RefusedError, by_status
from fabgitops_operator.facade.routes import Route
from fabgitops_operator.hosting.exchange import JSON, Answer, Reply, Request, Streamed, encoded, said
from fabgitops_operator.hosting.strict_json import parsed

PAGE = 500
"""Objects that are asked for at once."""

TRIES = 5
"""How often a change that says no version is tried when somebody else is changing the object, too."""

Object = dict[str, Any]
Change = Callable[[Object], Awaitable[Object]]

_STRICT = (("fieldValidation", "Strict"),)


class Answering:
    """Answers for one request.

    Args:
        kubernetes: The API that is asked.
        index: Which uid is which name.
        patience: Waits for what is about to be known.
        namespace: Where the objects are.
        route: What is asked for.
        request: The request.
    """

    def __init__(
        self,
        kubernetes: Kubernetes,
        index: Index,
        patience: Patience,
        namespace: str,
        route: Route,
        request: Request,
    ) -> None:
        self._kubernetes = kubernetes
        self._index = index
        self._patience = patience
        self._namespace = namespace
        self._route = route
        self._request = request
        self._kind = route.kind
        self._is_patient = True
        self._path = f"/apis/{self._kind.group}/{self._kind.version}/namespaces/{namespace}/{self._kind.plural}"

    async def list(self) -> Answer:
        """Return all objects, page by page: a bare array."""
        first = await self._page("")
        if not _continues(first):
            return Reply(200, b"[" + await self._told_all(first) + b"]")
        return Streamed(self._pages(first))

    async def get(self, uid: str) -> Reply:
        """Return an object, or that it is the one that the client has (304)."""
        body = await self._current(uid)
        if is_unchanged(self._request.headers.get("if-none-match", ""), _version(body)):
            return Reply(304, b"", "", _tag(body))
        return await self._shown(body)

    async def create(self) -> Reply:
        """Make an object."""
        flat = self._flat()
        spec = await self._spec_kept(envelope.fields(flat), {})
        body = envelope.made(self._route, flat, spec, self._namespace)
        told = await self._ask(Ask("POST", self._path, _STRICT, body))
        shown = await self._shown(told.body, 201)
        location = ("Location", f"/{self._route.path}/{told.body['metadata']['uid']}")
        return Reply(201, shown.body, headers=(*shown.headers, location))

    async def replace(self, uid: str) -> Reply:
        """Put another spec in the place of an object's; labels and annotations that are given are set."""
        flat = self._flat()
        fields, marks = envelope.fields(flat), envelope.marks(flat)

        async def changed(body: Object) -> Object:
            if flat.get("name", body["metadata"]["name"]) != body["metadata"]["name"]:
                raise RefusedError(400, "name: an object keeps its name: make another one instead")
            metadata = {**body["metadata"], **{of: {**body["metadata"].get(of, {}), **marks[of]} for of in marks}}
            return {**body, "metadata": metadata, "spec": await self._spec_kept(fields, body["spec"])}

        return await self._change(uid, changed)

    async def patch(self, uid: str) -> Reply:
        """Patch the spec of an object."""
        apply = self._patch()

        async def changed(body: Object) -> Object:
            await self._know(body)
            spec = apply(envelope.spec_told(self._route, body["spec"], self._index))
            return {**body, "spec": await self._spec_kept(spec, body["spec"])}

        return await self._change(uid, changed)

    async def replace_status(self, uid: str) -> Reply:
        """Put another status in the place of an object's."""
        status = self._flat()

        async def changed(body: Object) -> Object:
            return {**body, "status": self._status_kept(status)}

        return await self._change(uid, changed, "/status")

    async def patch_status(self, uid: str) -> Reply:
        """Patch the status of an object: what is stored of it, not what is counted here."""
        apply = self._patch()

        async def changed(body: Object) -> Object:
            return {**body, "status": self._status_kept(apply(body.get("status") or {}))}

        return await self._change(uid, changed, "/status")

    async def delete(self, uid: str) -> Reply:
        """Delete an object: the one of this uid, and no other of its name."""
        preconditions = {"uid": uid}
        name = await self._name(uid)
        if condition := self._request.headers.get("if-match", ""):
            body = await self._current(uid)
            self._check(condition, body)
            preconditions["resourceVersion"] = _version(body)
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions}
        told = await self._kubernetes.ask(Ask("DELETE", f"{self._path}/{name}", body=options), self._authorization)
        if told.code == 409 and condition:
            raise _outdated(condition)
        if told.code in {404, 409}:
            self._forget(uid)
            raise self._absent(uid)
        self._see(told)
        if told.body.get("kind") != "Status":  # it is shown, for a finalizer keeps it
            return said({"message": f"{self._route.name} is being deleted", "uid": uid})
        self._index.forget(self._kind.name, uid)
        return said({"message": f"{self._route.name} deleted successfully", "uid": uid})

    @property
    def _authorization(self) -> str:
        return self._request.headers.get("authorization", "")

    async def _ask(self, ask: Ask) -> Told:
        """Ask, and return what was done.

        Raises:
            RefusedError: It was not.
        """
        return self._see(await self._kubernetes.ask(ask, self._authorization))

    def _see(self, told: Told) -> Told:
        if not 200 <= told.code < 300 or not isinstance(told.body, dict):
            raise by_status(told.code, told.body, self._route, told.retry_after)
        return told

    async def _change(self, uid: str, changed: Change, below: str = "") -> Reply:
        """Read an object, change it and write it: again when somebody else was faster, unless a version was said."""
        condition = self._request.headers.get("if-match", "")
        tries = TRIES if condition in {"", "*"} else 1
        while True:
            tries -= 1
            body = await self._current(uid)
            self._check(condition, body)
            ask = Ask("PUT", f"{self._path}/{body['metadata']['name']}{below}", _STRICT, await changed(body))
            told = await self._kubernetes.ask(ask, self._authorization)
            if told.code != 409:
                return await self._shown(self._see(told).body)
            if not tries:
                raise by_status(409, told.body, self._route) if condition in {"", "*"} else _outdated(condition)

    def _check(self, condition: str, body: Mapping[str, Any]) -> None:
        if not matches(condition, _version(body)):
            raise _outdated(condition)

    async def _current(self, uid: str) -> Object:
        """Return the object of a uid as the API server shows it now."""
        name = await self._name(uid)
        told = await self._kubernetes.ask(Ask("GET", f"{self._path}/{name}"), self._authorization)
        if told.code == 404 and isinstance(told.body, dict):
            self._forget(uid)
            raise self._absent(uid)
        body: Object = self._see(told).body
        self._index.put(self._kind.name, body)
        if body["metadata"]["uid"] != uid:  # another one has its name by now
            raise self._absent(uid)
        return body

    async def _name(self, uid: str) -> str:
        await self._wait(self._kind.name, uid=uid)
        name = self._index.name_of(self._kind.name, uid)
        if not name:
            raise self._absent(uid)
        return name

    def _absent(self, uid: str) -> RefusedError:
        return RefusedError(404, f"{self._route.name} not found: there is none of the uid {uid}")

    def _forget(self, uid: str) -> None:
        self._index.forget(self._kind.name, uid)

    async def _page(self, at: str) -> Object:
        query = {"limit": str(PAGE), "labelSelector": self._request.query.get("labelSelector"), "continue": at}
        given = tuple((name, value) for name, value in query.items() if value)
        page: Object = (await self._ask(Ask("GET", self._path, given))).body
        for body in page["items"]:
            self._index.put(self._kind.name, body)
        return page

    async def _pages(self, page: Object) -> AsyncIterator[bytes]:
        yield b"[" + await self._told_all(page)
        while at := _continues(page):
            page = await self._page(at)
            if page["items"]:
                yield b"," + await self._told_all(page)
        yield b"]"

    async def _told_all(self, page: Object) -> bytes:
        for body in page["items"]:
            await self._know(body)
        return b",".join(encoded(envelope.told(self._route, body, self._index)) for body in page["items"])

    async def _shown(self, body: Object, code: int = 200) -> Reply:
        self._index.put(self._kind.name, body)
        await self._know(body)
        reply = said(envelope.told(self._route, body, self._index), code)
        return Reply(code, reply.body, headers=_tag(body))

    async def _know(self, body: Mapping[str, Any]) -> None:
        """Wait a moment until the uids of what an object refers to are known."""
        for ref in self._route.refs:
            name = ((body.get("spec") or {}).get(ref.kept) or {}).get("name")
            if name:
                await self._wait(ref.kind.name, name=name)

    async def _wait(self, kind: str, *, uid: str = "", name: str = "") -> None:
        """Wait a moment until an object is known; a request whose patience was in vain once has none left."""
        if self._is_patient:
            self._is_patient = await self._patience.until_known(kind, uid=uid, name=name)

    async def _spec_kept(self, spec: Object, current: Mapping[str, Any]) -> Object:
        for ref in self._route.refs:
            uid = spec.get(ref.field)
            if isinstance(uid, str) and uid:
                await self._wait(ref.kind.name, uid=uid)
        return envelope.spec_kept(self._route, spec, current, self._index, self._index.name_of)

    def _status_kept(self, status: Object) -> Object:
        model = self._kind.status
        stored = {field.alias or name for name, field in model.model_fields.items()} if model else set()
        return envelope.status_kept(self._route, status, frozenset(stored))

    def _flat(self) -> Object:
        if self._request.media_type != JSON:
            raise RefusedError(415, f"the body must be {JSON}, by its Content-Type")
        value = _json(self._request.body)
        if not isinstance(value, dict):
            raise RefusedError(400, "the body must be an object")
        return value

    def _patch(self) -> Callable[[Mapping[str, Any]], Object]:
        carry_out = patching.BY_TYPE.get(self._request.media_type)
        if carry_out is None:
            raise RefusedError(415, f"the body must be a patch, by its Content-Type: {', '.join(patching.BY_TYPE)}")
        patch = _json(self._request.body)
        return lambda target: carry_out(target, patch)


def _json(body: bytes) -> Any:
    try:
        value, twice = parsed(body)
    except ValueError as error:
        raise RefusedError(400, f"the body is no JSON: {error}") from None
    if twice:
        raise RefusedError(400, f"the body gives a field twice: {', '.join(twice)}")
    return value


def _version(body: Mapping[str, Any]) -> str:
    return str(body["metadata"]["resourceVersion"])


def _tag(body: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return (("ETag", f'"{_version(body)}"'),)


def _continues(page: Mapping[str, Any]) -> str:
    return str((page.get("metadata") or {}).get("continue") or "")


def _outdated(condition: str) -> RefusedError:
    return RefusedError(412, f"If-Match {condition}: the object has changed since; get it again, and its ETag")
