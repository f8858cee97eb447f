"""The objects of one route, asked of the Kubernetes API in the name of one caller; what comes teaches the index."""

from collections.abc import Mapping
from typing import Any

from fabgitops_operator.facade.index import Index
from fabgitops_operator.facade.ports import Ask, Kubernetes, Patience, Told
from fabgitops_operator.facade.refusing import RefusedError, by_status
from fabgitops_operator.facade.routes import Route

PAGE = 500
"""Objects that are asked for at once."""

Object = dict[str, Any]

_STRICT = (("fieldValidation", "Strict"),)


class Objects:
    """Reads and writes them. Every method raises RefusedError where the API server does not do it.

    Args:
        kubernetes: The API that is asked.
        index: Which uid is which name.
        patience: Waits for what is about to be known.
        namespace: Where the objects are.
        route: Of what kind.
        authorization: Who asks; nothing: whoever runs the facade.
    """

    def __init__(
        self,
        kubernetes: Kubernetes,
        index: Index,
        patience: Patience,
        namespace: str,
        route: Route,
        authorization: str,
    ) -> None:
        self.index = index
        self.namespace = namespace
        self.route = route
        self._kubernetes = kubernetes
        self._patience = patience
        self._authorization = authorization
        self._is_patient = True
        kind = route.kind
        self._path = f"/apis/{kind.group}/{kind.version}/namespaces/{namespace}/{kind.plural}"

    async def page(self, selector: str, at: str = "") -> tuple[list[Object], str]:
        """Return some objects, and where to go on, nothing where those were the last."""
        query = {"limit": str(PAGE), "labelSelector": selector, "continue": at}
        given = tuple((name, value) for name, value in query.items() if value)
        page = self._see(await self._ask(Ask("GET", self._path, given)))
        for body in page["items"]:
            self.index.learn(self.route.kind.name, body)
            await self.know(body)
        return page["items"], str((page.get("metadata") or {}).get("continue") or "")

    async def get(self, uid: str) -> Object:
        """Return the object of a uid as the API server shows it now."""
        told = await self._ask(Ask("GET", f"{self._path}/{await self.name(uid)}"))
        if told.code == 404 and isinstance(told.body, dict):
            raise self._gone(uid)
        body = await self._taken(told)
        if body["metadata"]["uid"] != uid:  # another one has its name by now
            raise self._absent(uid)
        return body

    async def create(self, body: Object) -> Object:
        """Make an object, and return it."""
        return await self._taken(await self._ask(Ask("POST", self._path, _STRICT, body)))

    async def put(self, body: Object, below: str = "") -> Object | RefusedError:
        """Write an object, or what is below it, and return it then; or the refusal, if another version is there."""
        told = await self._ask(Ask("PUT", f"{self._path}/{body['metadata']['name']}{below}", _STRICT, body))
        return by_status(409, told.body, self.route) if told.code == 409 else await self._taken(told)

    async def delete(self, uid: str, version: str) -> bool | None:
        """Delete the object of a uid, and of a version where one is given.

        Returns:
            Whether it is gone; a finalizer may keep it. None where it is of another version.
        """
        preconditions = {"uid": uid, **({"resourceVersion": version} if version else {})}
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions}
        told = await self._ask(Ask("DELETE", f"{self._path}/{await self.name(uid)}", body=options))
        if told.code == 409 and version:
            return None
        if told.code in {404, 409}:
            raise self._gone(uid)
        if self._see(told).get("kind") != "Status":  # it is shown, for it is still there
            return False
        self.index.forget(self.route.kind.name, uid)
        return True

    async def name(self, uid: str) -> str:
        """Return the name of the object of a uid."""
        await self.wait(self.route.kind.name, uid=uid)
        name = self.index.name_of(self.route.kind.name, uid)
        if not name:
            raise self._absent(uid)
        return name

    async def know(self, body: Mapping[str, Any]) -> None:
        """Wait a moment until the uids of what an object refers to are known."""
        for ref in self.route.refs:
            name = ((body.get("spec") or {}).get(ref.kept) or {}).get("name")
            if name:
                await self.wait(ref.kind.name, name=name)

    async def wait(self, kind: str, *, uid: str = "", name: str = "") -> None:
        """Wait a moment until an object is known; a request whose patience was in vain once has none left."""
        if self._is_patient:
            self._is_patient = await self._patience.until_known(kind, uid=uid, name=name)

    async def _ask(self, ask: Ask) -> Told:
        return await self._kubernetes.ask(ask, self._authorization)

    async def _taken(self, told: Told) -> Object:
        body = self._see(told)
        self.index.learn(self.route.kind.name, body)
        await self.know(body)
        return body

    def _see(self, told: Told) -> Object:
        if not 200 <= told.code < 300 or not isinstance(told.body, dict):
            raise by_status(told.code, told.body, self.route, told.retry_after)
        return told.body

    def _gone(self, uid: str) -> RefusedError:
        self.index.forget(self.route.kind.name, uid)
        return self._absent(uid)

    def _absent(self, uid: str) -> RefusedError:
        return RefusedError(404, f"{self.route.name} not found: there is none of the uid {uid}")
