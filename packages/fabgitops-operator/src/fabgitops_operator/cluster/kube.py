"""The Kubernetes API as the operator uses it: the one place that imports lightkube."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping
from typing import Any

import httpx2
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import Key
from lightkube import AsyncClient, SingleConfig
from lightkube.config import models
from lightkube.generic_resource import create_global_resource, create_namespaced_resource
from lightkube.resources.core_v1 import Secret
from lightkube.types import PatchType

from fabgitops_operator.cluster.answers import answers, causes, reason, shown
from fabgitops_operator.cluster.kubeconfig.access import Access
from fabgitops_operator.cluster.transport import Transport
from fabgitops_operator.hosting.errors import Conflict, Gone
from fabgitops_operator.hosting.ports import Body

NAME = "fabgitops-operator"
"""What the API server calls the owner of the fields that the operator sets."""

PAGE = 500
"""Objects in one page of a listing."""

_CONFIG_MAP = create_namespaced_resource("", "v1", "ConfigMap", "configmaps")
"""Made once: of a resource without a group lightkube does not find again what it has made."""


def _names(kind: Kind) -> tuple[str, str, str, str]:
    return kind.group, kind.version, kind.kind, kind.plural


class Kube:
    """A few calls of the API, with errors told apart by what can be done about them."""

    def __init__(self, access: Access, kinds: Iterable[Kind]) -> None:
        """Prepare to connect; nothing is sent yet."""
        cluster = models.Cluster(server=access.cluster.server)
        # All that lightkube must know of the way; how it is gone is the transport's.
        config = SingleConfig(access.name, models.Context(access.name), cluster, models.User())
        self._client = AsyncClient(config=config, field_manager=NAME, transport=Transport(access))
        declared = list(kinds)
        self._resources = {each.name: create_namespaced_resource(*_names(each)) for each in declared if each.namespaced}
        self._wide = {each.name: create_global_resource(*_names(each)) for each in declared if not each.namespaced}
        self._events = create_namespaced_resource("events.k8s.io", "v1", "Event", "events")
        self._reviews = create_global_resource("authentication.k8s.io", "v1", "TokenReview", "tokenreviews")
        self._leases = create_namespaced_resource("coordination.k8s.io", "v1", "Lease", "leases")

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def list_all(self, kind: Kind, namespace: str | None) -> AsyncIterator[Body]:
        """Yield every object of a kind, in one namespace or (None) in all.

        Raises:
            ApiError: Gone when the kind is not installed.
        """
        listing: AsyncIterable[Body]
        if kind.namespaced:
            listing = self._client.list(self._resources[kind.name], namespace=namespace or "*", chunk_size=PAGE)
        else:
            listing = self._client.list(self._wide[kind.name], chunk_size=PAGE)
        with answers(f"listing {kind.plural}"):
            async for body in listing:
                yield body

    async def patch_status(self, key: Key, uid: str, status: Body) -> Body:
        """Replace the status of the object of this uid, not of another that has its name; return the object then.

        The API server passes over a uid in a merge patch of a status; a JSON patch (RFC 6902) can test it.

        Raises:
            ApiError: Gone when the object is not there.
        """
        return await self._replaced(key, {"/metadata/uid": uid}, status)

    async def replace_status(self, key: Key, uid: str, status: Body, version: int) -> Body:
        """Replace the status of the object of this uid while it has this resourceVersion; return the object then.

        Raises:
            ApiError: Conflict when it has changed since, Gone when it is not there.
        """
        return await self._replaced(key, {"/metadata/uid": uid, "/metadata/resourceVersion": str(version)}, status)

    async def _replaced(self, key: Key, must: Mapping[str, str], status: Body) -> Body:
        """Replace a status where the object has, at these paths, what it must have."""
        resource = self._resources[key.kind].Status
        tests = [{"op": "test", "path": path, "value": value} for path, value in must.items()]
        steps = [*tests, {"op": "add", "path": "/status", "value": status}]
        doing = f"patching the status of {key}"
        with answers(doing, key.name):
            try:
                stored = await self._client.patch(
                    resource, key.name, steps, namespace=key.namespace, patch_type=PatchType.JSON
                )
            except httpx2.HTTPStatusError as error:
                if _may_have_failed_the_test(error.response):
                    _refuse_another(doing, (await self._found(key))["metadata"], must)
                raise
            return shown(stored, key.name, must["/metadata/uid"])

    async def read(self, key: Key) -> Body:
        """Return an object as it is stored now.

        Raises:
            ApiError: Gone when it is not there.
        """
        with answers(f"reading {key}", key.name):
            return shown(await self._found(key), key.name)

    async def _found(self, key: Key) -> Body:
        return await self._client.get(self._resources[key.kind], key.name, namespace=key.namespace)

    async def secret(self, namespace: str, name: str) -> Mapping[str, str]:
        """Return the data of a Secret, base64 as stored.

        Raises:
            ApiError: Gone when it is not there, Forbidden when the operator may not read it.
        """
        with answers(f"reading the Secret {namespace}/{name}", name):
            found = await self._client.get(Secret, name, namespace=namespace)
            shown(found.to_dict(), name)
        return found.data or {}

    async def lease(self, namespace: str, name: str) -> Body:
        """Return a Lease (coordination.k8s.io/v1) as it is stored now, not as some cache has it.

        Raises:
            ApiError: Gone when it is not there.
        """
        return await self._read(self._leases, "Lease", namespace, name)

    async def create_lease(self, body: Body) -> Body:
        """Make a Lease and return it.

        Raises:
            ApiError: Conflict when it is there, Gone when its namespace is not.
        """
        return await self._create(self._leases, "Lease", body)

    async def replace_lease(self, body: Body) -> Body:
        """Replace a Lease of the resourceVersion that the body has, and return what is stored.

        Raises:
            ApiError: Conflict when another version is there, Gone when none is.
        """
        return await self._replace(self._leases, "renewing the Lease", body)

    async def user_of(self, token: str, audience: str) -> str | None:
        """Return whose token it is, made for this audience; None where it is nobody's, or of another.

        Raises:
            ApiError: Forbidden when we may not ask.
        """
        asked = {"metadata": {}, "spec": {"token": token, "audiences": [audience]}}
        with answers("reviewing a token"):
            status = (await self._client.create(self._reviews.from_dict(asked))).get("status") or {}
        good = status.get("authenticated") and audience in (status.get("audiences") or ())
        return str(status["user"]["username"]) if good else None

    async def config_map(self, namespace: str, name: str) -> Body:
        """Return a ConfigMap as it is stored now.

        Raises:
            ApiError: Gone when it is not there.
        """
        return await self._read(_CONFIG_MAP, "ConfigMap", namespace, name)

    async def create_config_map(self, body: Body) -> None:
        """Make a ConfigMap.

        Raises:
            ApiError: Conflict when it is there, Gone when its namespace is not.
        """
        await self._create(_CONFIG_MAP, "ConfigMap", body)

    async def replace_config_map(self, body: Body) -> None:
        """Replace a ConfigMap of the resourceVersion that the body has.

        Raises:
            ApiError: Conflict when another version is there, Gone when none is.
        """
        await self._replace(_CONFIG_MAP, "replacing the ConfigMap", body)

    async def _read(self, resource: Any, what: str, namespace: str, name: str) -> Body:
        with answers(f"reading the {what} {namespace}/{name}", name):
            return shown(await self._client.get(resource, name, namespace=namespace), name)

    async def _create(self, resource: Any, what: str, body: Body) -> Body:
        name, namespace = body["metadata"]["name"], body["metadata"]["namespace"]
        with answers(f"creating the {what} {namespace}/{name}", namespace):
            return shown(await self._client.create(resource.from_dict(dict(body))), name)

    async def _replace(self, resource: Any, doing: str, body: Body) -> Body:
        name, namespace = body["metadata"]["name"], body["metadata"]["namespace"]
        with answers(f"{doing} {namespace}/{name}", name):
            return shown(await self._client.replace(resource.from_dict(dict(body))), name)

    async def create_event(self, body: Body) -> None:
        """Create an Event (events.k8s.io/v1) in the namespace that its metadata names.

        One that is there already is ours, created by a request whose answer was lost: names hold the microsecond.

        Raises:
            ApiError: It was not created.
        """
        name, namespace = body["metadata"]["name"], body["metadata"]["namespace"]
        with answers(f"creating the Event {namespace}/{name}", namespace):
            try:
                shown(await self._client.create(self._events.from_dict(dict(body))), name)
            except httpx2.HTTPStatusError as error:
                if reason(error.response) != "AlreadyExists":
                    raise

    async def patch_event(self, namespace: str, name: str, body: Body) -> None:
        """Merge into an Event.

        Raises:
            ApiError: Gone when it has expired.
        """
        with answers(f"patching the Event {namespace}/{name}", name, namespace):
            stored = await self._client.patch(
                self._events, name, dict(body), namespace=namespace, patch_type=PatchType.MERGE
            )
            shown(stored, name)


def _refuse_another(doing: str, metadata: Body, must: Mapping[str, str]) -> None:
    """Say where an object is not the one, or not as, it must be.

    Raises:
        ApiError: Gone, or Conflict.
    """
    if metadata["uid"] != must["/metadata/uid"]:
        raise Gone(f"{doing}: another object has its name by now", "gone")
    if metadata["resourceVersion"] != must.get("/metadata/resourceVersion", metadata["resourceVersion"]):
        raise Conflict(f"{doing}: somebody else has changed it", "conflict")


def _may_have_failed_the_test(response: httpx2.Response) -> bool:
    """Return whether a JSON patch may not have been applied for its test: an invalid object's 422 has causes.

    One that an admission webhook gives has none either, so whoever wants to know looks.
    """
    return response.status_code == 422 and not causes(response)
