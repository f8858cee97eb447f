"""The calls that fabctl makes of the Kubernetes API."""

import asyncio
import difflib
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import Any

import httpx2
from lightkube import AsyncClient, SingleConfig
from lightkube.config import models
from lightkube.generic_resource import create_global_resource, create_namespaced_resource
from lightkube.operators import Operator
from lightkube.types import PatchType

from fabctl.cluster.failures import Attempt, NotThere, not_installed, told
from fabctl.errors import FabctlError, NotInstalled, UnknownPLC, Unreachable
from fabctl.fields import Body
from fabctl.kubeconfig.access import Access
from fabctl.kubeconfig.transport import Transport
from fabctl.options import Connection

PLURAL = "industrialplcs"
RESOURCE = f"{PLURAL}.fabgitops.io"
REQUESTED_AT = "reconcile.fabgitops.io/requestedAt"
FORCE_AT = "reconcile.fabgitops.io/forceAt"

PAGE = 500
"""Objects in one page of a listing."""
WATCH_SECS = 60
"""How long the API server keeps a watch open; then it is opened again."""
RECONNECT_SECS = 0.5

_PLC = create_namespaced_resource("fabgitops.io", "v1", "IndustrialPLC", PLURAL)
_LEASE = create_namespaced_resource("coordination.k8s.io", "v1", "Lease", "leases")
_DEFINITION = create_global_resource(
    "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions"
)
_EVENT = create_namespaced_resource("events.k8s.io", "v1", "Event", "events")

Key = tuple[str, str]
"""Namespace and name."""


class _AsWritten(Operator[None]):
    """Passes a label selector on as the user wrote it; the API server knows its grammar best."""

    def __init__(self) -> None:
        super().__init__("as_written", "", None)

    def encode(self, key: str) -> str:
        return key


class Cluster:
    """One context of a kubeconfig. Every method raises FabctlError when it cannot do what is asked."""

    def __init__(self, access: Access, connection: Connection) -> None:
        """Prepare to connect; nothing is sent yet."""
        self.namespace: str = connection.namespace or access.namespace
        self._server, self._context = access.cluster.server, access.name
        self._client = AsyncClient(
            config=_bare(access),
            timeout=httpx2.Timeout(connection.request_timeout),
            field_manager="fabctl",
            transport=Transport(access),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def get(self, name: str) -> Body:
        """Return one PLC.

        Raises:
            UnknownPLC: There is none of this name; the text names near ones.
        """
        try:
            with told(self._attempt("get", self.namespace)):
                return dict(await self._client.get(_PLC, name, namespace=self.namespace))
        except NotThere:
            raise await self._unknown(name) from None

    async def list_plcs(self, namespace: str | None, selector: str | None = None) -> list[Body]:
        """Return the PLCs of one namespace or (None) of all."""
        attempt = self._attempt("list", namespace)
        labels: Any = {selector: _AsWritten()} if selector else None
        try:
            with told(attempt):
                listing = self._client.list(_PLC, namespace=namespace or "*", labels=labels, chunk_size=PAGE)
                return [dict(body) async for body in listing]
        except NotThere:
            raise not_installed(attempt) from None

    async def request_sync(self, key: Key, token: str, *, force: bool) -> Body:
        """Ask the operator for one pass now, which it answers by the token; return the PLC as it stands."""
        annotations = {REQUESTED_AT: token} | ({FORCE_AT: token} if force else {})
        namespace, name = key
        body = {"metadata": {"annotations": annotations}}
        try:
            with told(self._attempt("patch", namespace)):
                patched = await self._client.patch(_PLC, name, body, namespace=namespace, patch_type=PatchType.MERGE)
                return dict(patched)
        except NotThere:
            raise await self._unknown(name, namespace) from None

    async def follow(
        self, namespace: str | None, known: Iterable[Key], name: str | None = None
    ) -> AsyncGenerator[tuple[Key, Body | None], None]:
        """Yield each PLC as it is and whenever it changes, without end; None for one that is gone.

        Lost connections are made anew; only what trying again cannot mend is raised.

        Args:
            namespace: The namespace, or None for all.
            known: Those that were there before.
            name: The only one that matters.
        """
        keys = set(known)
        while True:
            try:
                async with aclosing(self._once(namespace, name, keys)) as changes:
                    async for change in changes:
                        yield change
            except Unreachable:
                await asyncio.sleep(RECONNECT_SECS)

    async def _once(
        self, namespace: str | None, name: str | None, keys: set[Key]
    ) -> AsyncGenerator[tuple[Key, Body | None], None]:
        """Yield what is there, then what changes, until the connection ends."""
        fields: Any = {"metadata.name": name} if name else None
        place = namespace or "*"
        attempt = self._attempt("list", namespace)
        try:
            with told(attempt):
                listing = self._client.list(_PLC, namespace=place, fields=fields, chunk_size=PAGE)
                present = {_key(body): dict(body) async for body in listing}
        except NotThere:
            raise not_installed(attempt) from None
        for key in keys - present.keys():
            yield key, None
        keys.clear()
        keys.update(present)
        for key, body in present.items():
            yield key, body
        with told(self._attempt("watch", namespace)):
            watch = self._client.watch(
                _PLC,
                namespace=place,
                fields=fields,
                resource_version=listing.resourceVersion,
                server_timeout=WATCH_SECS,
            )
            async with aclosing(watch) as events:  # type: ignore[type-var]
                async for kind, changed in events:
                    keys.add(_key(changed))
                    yield _key(changed), None if kind == "DELETED" else dict(changed)

    async def definition(self) -> Body:
        """Return the definition of the kind.

        Raises:
            NotInstalled: There is none.
        """
        attempt = self._attempt("get", None, "customresourcedefinitions.apiextensions.k8s.io")
        try:
            with told(attempt):
                return dict(await self._client.get(_DEFINITION, RESOURCE))
        except NotThere:
            raise not_installed(attempt) from None

    async def leases(self) -> list[Body]:
        """Return the Leases of operators, of those that run and of those that did."""
        labels: Any = {"app.kubernetes.io/name": "fabgitops"}
        with told(self._attempt("list", None, "leases.coordination.k8s.io")):
            return [dict(body) async for body in self._client.list(_LEASE, namespace="*", labels=labels)]

    async def events(self, namespace: str, uid: str) -> list[Body]:
        """Return the Events about one object, in no order."""
        with told(self._attempt("list", namespace, "events.events.k8s.io")):
            listing = self._client.list(_EVENT, namespace=namespace, fields={"regarding.uid": uid}, chunk_size=PAGE)
            return [dict(body) async for body in listing]

    async def _unknown(self, name: str, namespace: str | None = None) -> FabctlError:
        """Return the error for a name that is not there; that a kind is not there looks the same until it is listed."""
        namespace = namespace or self.namespace
        try:
            names = [_key(body)[1] for body in await self.list_plcs(namespace)]
        except NotInstalled as error:
            return error
        except FabctlError:  # who may read one but not list them gets no suggestions
            names = []
        near = difflib.get_close_matches(name, names, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "see: fabctl list -A"
        return UnknownPLC(f'no IndustrialPLC "{name}" in namespace {namespace}: {hint}')

    def _attempt(self, verb: str, namespace: str | None, resource: str = RESOURCE) -> Attempt:
        return Attempt(verb, resource, namespace, self._server, self._context)


def _bare(access: Access) -> SingleConfig:
    """Return what lightkube must know of the way; how it is gone, and whom it believes, is the transport's.

    Told that it is not to check the server, lightkube does not read the certificates of this machine, which nobody
    would use: that takes as long as all else that it does.
    """
    cluster = models.Cluster(server=access.cluster.server, insecure=True)
    return SingleConfig(access.name, models.Context(access.name, namespace=access.namespace), cluster, models.User())


def _key(body: Any) -> Key:
    metadata = body["metadata"]
    return str(metadata["namespace"]), str(metadata["name"])
