"""What is answered to a request for objects."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

from fabgitops_operator.facade import envelope
from fabgitops_operator.facade.bodies import flat, patch
from fabgitops_operator.facade.conditions import is_unchanged, matches
from fabgitops_operator.facade.objects import Objects
from fabgitops_operator.facade.refusing import RefusedError
from fabgitops_operator.hosting.exchange import Answer, Reply, Request, Streamed, encoded, said

TRIES = 5
"""How often a change that says no version is tried when somebody else is changing the object, too."""

Object = dict[str, Any]
Change = Callable[[Object], Awaitable[Object]]


class Answering:
    """Answers one request by the objects of its route."""

    def __init__(self, objects: Objects, request: Request) -> None:
        self._objects = objects
        self._request = request
        self._route = objects.route
        self._condition = request.headers.get("if-match", "")

    async def list(self) -> Answer:
        """Return all objects, page by page: a bare array."""
        bodies, following = await self._objects.page(self._selector)
        if not following:
            return Reply(200, b"[" + self._told(bodies) + b"]")
        return Streamed(self._pages(bodies, following))

    async def get(self, uid: str) -> Reply:
        """Return an object, or that it is the one that the client has (304)."""
        body = await self._objects.get(uid)
        if is_unchanged(self._request.headers.get("if-none-match", ""), _version(body)):
            return Reply(304, b"", "", _tag(body))
        return self._shown(body)

    async def create(self) -> Reply:
        """Make an object."""
        given = flat(self._request)
        spec = await self._spec_kept(envelope.fields(given), {})
        body = await self._objects.create(envelope.made(self._route, given, spec, self._objects.namespace))
        shown = self._shown(body, 201)
        location = ("Location", f"/{self._route.path}/{body['metadata']['uid']}")
        return Reply(201, shown.body, headers=(*shown.headers, location))

    async def replace(self, uid: str) -> Reply:
        """Put another spec in the place of an object's; labels and annotations that are given are set."""
        given = flat(self._request)
        fields, marks = envelope.fields(given), envelope.marks(given)

        async def changed(body: Object) -> Object:
            if given.get("name", body["metadata"]["name"]) != body["metadata"]["name"]:
                raise RefusedError(400, "name: an object keeps its name: make another one instead")
            metadata = {**body["metadata"], **{of: {**body["metadata"].get(of, {}), **marks[of]} for of in marks}}
            return {**body, "metadata": metadata, "spec": await self._spec_kept(fields, body["spec"])}

        return await self._change(uid, changed)

    async def patch(self, uid: str) -> Reply:
        """Patch the spec of an object, as it is told here."""
        apply = patch(self._request)

        async def changed(body: Object) -> Object:
            spec = apply(envelope.spec_told(self._route, body["spec"], self._objects.index))
            return {**body, "spec": await self._spec_kept(spec, body["spec"])}

        return await self._change(uid, changed)

    async def replace_status(self, uid: str) -> Reply:
        """Put another status in the place of an object's."""
        status = flat(self._request)

        async def changed(body: Object) -> Object:
            return {**body, "status": self._status_kept(status)}

        return await self._change(uid, changed, "/status")

    async def patch_status(self, uid: str) -> Reply:
        """Patch the status of an object: what is stored of it, not what is counted here."""
        apply = patch(self._request)

        async def changed(body: Object) -> Object:
            return {**body, "status": self._status_kept(apply(body.get("status") or {}))}

        return await self._change(uid, changed, "/status")

    async def delete(self, uid: str) -> Reply:
        """Delete an object: the one of this uid, and no other of its name."""
        version = ""
        if self._condition:
            body = await self._objects.get(uid)
            self._check(body)
            version = _version(body)
        gone = await self._objects.delete(uid, version)
        if gone is None:
            raise self._outdated()
        what = f"{self._route.name} deleted successfully" if gone else f"{self._route.name} is being deleted"
        return said({"message": what, "uid": uid})

    async def _change(self, uid: str, changed: Change, below: str = "") -> Reply:
        """Read an object, change it and write it: again when somebody else was faster, unless a version was said."""
        any_version = self._condition.strip() in {"", "*"}
        for left in reversed(range(TRIES if any_version else 1)):
            body = await self._objects.get(uid)
            self._check(body)
            written = await self._objects.put(await changed(body), below)
            if not isinstance(written, RefusedError):
                return self._shown(written)
            if not left and any_version:
                raise written
        raise self._outdated()

    @property
    def _selector(self) -> str:
        return self._request.query.get("labelSelector")

    async def _pages(self, bodies: Sequence[Object], following: str) -> AsyncIterator[bytes]:
        yield b"[" + self._told(bodies)
        while following:
            bodies, following = await self._objects.page(self._selector, following)
            if bodies:
                yield b"," + self._told(bodies)
        yield b"]"

    def _told(self, bodies: Sequence[Object]) -> bytes:
        return b",".join(encoded(envelope.told(self._route, body, self._objects.index)) for body in bodies)

    def _shown(self, body: Object, code: int = 200) -> Reply:
        return Reply(code, self._told([body]), headers=_tag(body))

    async def _spec_kept(self, spec: Object, current: Mapping[str, Any]) -> Object:
        for ref in self._route.refs:
            uid = spec.get(ref.field)
            if isinstance(uid, str) and uid:
                await self._objects.wait(ref.kind.name, uid=uid)
        index = self._objects.index
        return envelope.spec_kept(self._route, spec, current, index, index.name_of)

    def _status_kept(self, status: Object) -> Object:
        model = self._route.kind.status
        stored = {field.alias or name for name, field in model.model_fields.items()} if model else set()
        return envelope.status_kept(self._route, status, frozenset(stored))

    def _check(self, body: Mapping[str, Any]) -> None:
        if not matches(self._condition, _version(body)):
            raise self._outdated()

    def _outdated(self) -> RefusedError:
        text = f"If-Match {self._condition}: the object has changed since; get it again, and its ETag"
        return RefusedError(412, text)


def _version(body: Mapping[str, Any]) -> str:
    return str(body["metadata"]["resourceVersion"])


def _tag(body: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return (("ETag", f'"{_version(body)}"'),)
