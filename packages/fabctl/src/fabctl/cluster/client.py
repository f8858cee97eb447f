"""The calls that fabctl makes of the Kubernetes API."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

from fabctl.brakes import LABEL as BRAKE
from fabctl.cluster import paths
from fabctl.cluster.api import PAGE, Api, Query
from fabctl.cluster.failures import Attempt, Expired, NotThere, not_installed, told
from fabctl.cluster.transport import Transport
from fabctl.errors import FabctlError, NotInstalled, Unhandled, UnknownPLC, Unreachable
from fabctl.fields import Body, mapping, text
from fabctl.kubeconfig.access import Access
from fabctl.names import AGENT, PLC, Kind
from fabctl.options import Connection

GROUP = "fabgitops.io/v1"
ARGO_VERSION = "argoproj.io/v1alpha1"
RESOURCE = f"{PLC.plural}.fabgitops.io"
REQUESTED_AT = "reconcile.fabgitops.io/requestedAt"
FORCE_AT = "reconcile.fabgitops.io/forceAt"

RECONNECT_SECS = 0.5

_NO_REVIEW = (
    "{} does not say who you are (SelfSubjectReview, which Kubernetes has from 1.28 on): so nothing can be signed"
)

Key = tuple[str, str]
"""Namespace and name."""


class Cluster:
    """One context of a kubeconfig. Every method raises FabctlError when it cannot do what is asked."""

    def __init__(self, access: Access, connection: Connection) -> None:
        """Prepare to connect; nothing is sent yet."""
        self.namespace: str = connection.namespace or access.namespace
        self._server, self._context = access.cluster.server, access.name
        self._transport = Transport(access, connection.request_timeout)
        self._api = Api(self._transport, connection.request_timeout)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    async def get(self, name: str, kind: Kind = PLC, namespace: str | None = None) -> Body:
        """Return one PLC, or one template; without a namespace of the one that is meant.

        Raises:
            UnknownPLC: There is none of this name; the text names near ones.
        """
        where = namespace or self.namespace
        try:
            with told(self._attempt("get", where, paths.resource(kind))):
                return await self._api.get(paths.place(kind, where, name))
        except NotThere:
            raise await self.unknown(name, where, kind) from None

    async def find(self, name: str, kind: Kind) -> Body | None:
        """Return an object of the namespace that is meant, None where it, or the kind, is not there."""
        try:
            with told(self._attempt("get", self.namespace, paths.resource(kind))):
                return await self._api.get(paths.place(kind, self.namespace, name))
        except NotThere:
            return None

    async def has_argos(self, name: str) -> bool:
        """Return whether a Rollout of argoproj.io in the namespace has a name; not where that cannot be seen."""
        try:
            with told(self._attempt("get", self.namespace, "rollouts.argoproj.io")):
                await self._api.get(paths.path(ARGO_VERSION, "rollouts", self.namespace, name))
        except FabctlError:
            return False
        return True

    async def one(self, kind: Kind, namespace: str | None, name: str) -> Body | None:
        """Return an object of a namespace, or (None) of the whole cluster; None where it, or the kind, is not there."""
        try:
            with told(self._attempt("get", namespace, paths.resource(kind))):
                return await self._api.get(paths.place(kind, namespace, name))
        except NotThere:
            return None

    async def create(self, kind: Kind, namespace: str, body: dict[str, Any]) -> Body:
        """Create an object, and return it as it is then; fields that the kind has not are refused.

        Raises:
            NotInstalled: The cluster has no such kind.
            UnknownPLC: It has no such namespace.
        """
        try:
            with told(self._attempt("create", namespace, paths.resource(kind))):
                return await self._api.post(paths.place(kind, namespace), body, strict=True)
        except NotThere:
            raise await self.nowhere(kind, namespace) from None

    async def nowhere(self, kind: Kind, namespace: str) -> FabctlError:
        """Return the error for an object that cannot be made: there is no such kind, or no such namespace."""
        if await self.serves(kind):
            return UnknownPLC(f"no namespace {namespace}: make it, or give another with -n")
        return not_installed(self._attempt("create", namespace, paths.resource(kind)))

    async def list_objects(self, namespace: str | None, selector: str | None = None, kind: Kind = PLC) -> list[Body]:
        """Return the PLCs, or the templates, of one namespace or (None) of all."""
        attempt = self._attempt("list", namespace, paths.resource(kind))
        try:
            with told(attempt):
                return (await self._list(paths.place(kind, namespace), {"labelSelector": selector}))[0]
        except NotThere:
            raise not_installed(attempt) from None

    async def chunks(
        self, namespace: str | None, selector: str | None = None, kind: Kind = PLC
    ) -> AsyncGenerator[list[Body], None]:
        """Yield the objects of a kind in chunks; the next is asked for when somebody wants it."""
        attempt = self._attempt("list", namespace, paths.resource(kind))
        pages = self._api.pages(paths.place(kind, namespace), {"labelSelector": selector})
        try:
            with told(attempt):
                async with aclosing(pages):
                    async for _, page in pages:
                        yield [*page]
        except NotThere:
            raise not_installed(attempt) from None

    async def some_names(self, kind: Kind = PLC) -> list[str]:
        """Return the names of objects of a kind in the namespace, of very many the first."""
        with told(self._attempt("list", self.namespace, paths.resource(kind))):
            return await self._names(paths.place(kind, self.namespace))

    async def serves(self, kind: Kind) -> bool:
        """Return whether the API server has a kind."""
        try:
            with told(self._attempt("get", None, f"/apis/{GROUP}")):
                found = (await self._api.get(f"/apis/{GROUP}"))["resources"] or ()
        except NotThere:
            return False
        return any(mapping(each).get("name") == kind.plural for each in found)

    async def namespaces(self) -> list[str]:
        """Return the names of namespaces, of very many the first."""
        with told(self._attempt("list", None, "namespaces")):
            return await self._names("/api/v1/namespaces")

    async def _names(self, path: str) -> list[str]:
        page = await self._api.get(path, {"limit": PAGE})
        return [str(body["metadata"]["name"]) for body in page["items"] or ()]

    async def request_sync(self, key: Key, token: str, *, force: bool) -> Body:
        """Ask the operator for one pass now, which it answers by the token; return the PLC as it stands."""
        return await self.annotate(key, {REQUESTED_AT: token} | ({FORCE_AT: token} if force else {}))

    async def annotate(self, key: Key, annotations: Mapping[str, str | None], kind: Kind = PLC, uid: str = "") -> Body:
        """Give an object annotations, take those away that are None, and return it as it stands then.

        Args:
            key: Namespace and name.
            annotations: What to set.
            kind: What it is.
            uid: What it is to be, and not another of its name that was made meanwhile; nothing for any.

        Raises:
            UnknownPLC: There is none of this name.
        """
        return await self.patch(
            key, {"metadata": {"annotations": dict(annotations)} | ({"uid": uid} if uid else {})}, kind
        )

    async def patch(self, key: Key, body: dict[str, Any], kind: Kind) -> Body:
        """Change an object by a merge patch, and return it as it stands then.

        Raises:
            UnknownPLC: There is none of this name.
        """
        namespace, name = key
        try:
            with told(self._attempt("patch", namespace, paths.resource(kind))):
                return await self._api.patch(paths.place(kind, namespace, name), body)
        except NotThere:
            raise await self.unknown(name, namespace, kind) from None

    async def follow(
        self,
        namespace: str | None,
        known: Iterable[Key],
        name: str | None = None,
        kind: Kind = PLC,
        selector: str | None = None,
        trouble: Callable[[str], None] = lambda _: None,
    ) -> AsyncGenerator[tuple[Key, Body | None], None]:
        """Yield each object of a kind as it is and whenever it changes, without end; None for one that is gone.

        Lost connections are made anew; only what trying again cannot mend is raised.

        Args:
            namespace: The namespace, or None for all.
            known: Those that were there before.
            name: The only one that matters.
            kind: The kind.
            selector: Labels of those that matter.
            trouble: Told why the API server is not reached, as often as that is so.
        """
        keys = set(known)
        while True:
            try:
                async with aclosing(self._once(namespace, name, keys, kind, selector)) as changes:
                    async for change in changes:
                        yield change
            except Unreachable as error:
                if not isinstance(error, Expired):  # which is no trouble: it begins again
                    trouble(str(error))
                await asyncio.sleep(RECONNECT_SECS)

    async def _once(
        self, namespace: str | None, name: str | None, keys: set[Key], kind: Kind, selector: str | None
    ) -> AsyncGenerator[tuple[Key, Body | None], None]:
        """Yield what is there, then what changes, until the connection ends."""
        path = paths.place(kind, namespace)
        query = {"fieldSelector": f"metadata.name={name}" if name else None, "labelSelector": selector}
        attempt = self._attempt("list", namespace, paths.resource(kind))
        try:
            with told(attempt):
                found, version = await self._list(path, query)
                present = {paths.key(body): body for body in found}
        except NotThere:
            raise not_installed(attempt) from None
        for key in keys - present.keys():
            yield key, None
        keys.clear()
        keys.update(present)
        for key, body in present.items():
            yield key, body
        with told(self._attempt("watch", namespace, paths.resource(kind))):
            async with aclosing(self._api.watch(path, query, version)) as events:
                async for how, changed in events:
                    if how == "DELETED":
                        keys.discard(paths.key(changed))
                        yield paths.key(changed), None
                    else:
                        keys.add(paths.key(changed))
                        yield paths.key(changed), changed

    async def user(self) -> str:
        """Return the name by which the API server knows who asks.

        Raises:
            Unhandled: It does not say.
        """
        attempt = self._attempt("create", None, "selfsubjectreviews.authentication.k8s.io")
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        try:
            with told(attempt):
                answer = await self._api.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", review)
        except NotThere:
            raise Unhandled(_NO_REVIEW.format(self._server)) from None
        if name := text(mapping(mapping(answer.get("status")).get("userInfo")).get("username")):
            return name
        raise Unhandled(_NO_REVIEW.format(self._server))

    async def server_version(self) -> Body:
        """Return what the API server says of itself."""
        with told(self._attempt("get", None, "/version")):
            return await self._api.get("/version")

    async def definition(self) -> Body:
        """Return the definition of the kind.

        Raises:
            NotInstalled: There is none.
        """
        attempt = self._attempt("get", None, "customresourcedefinitions.apiextensions.k8s.io")
        try:
            with told(attempt):
                return await self._api.get(
                    paths.path("apiextensions.k8s.io/v1", "customresourcedefinitions", None, RESOURCE)
                )
        except NotThere:
            raise not_installed(attempt) from None

    async def leases(self) -> list[Body]:
        """Return the Leases of operators, of those that run and of those that did."""
        return await self._leases(None, f"app.kubernetes.io/name=fabgitops,{AGENT.replace('=', '!=')}")

    async def agents(self, namespace: str | None) -> list[Body]:
        """Return the Leases of agents of chaos experiments, of one namespace or (None) of all."""
        return await self._leases(namespace, AGENT)

    async def _leases(self, namespace: str | None, labels: str) -> list[Body]:
        path = paths.path("coordination.k8s.io/v1", "leases", namespace)
        with told(self._attempt("list", namespace, "leases.coordination.k8s.io")):
            return (await self._list(path, {"labelSelector": labels}))[0]

    async def may(self, verb: str, group: str, resource: str, namespace: str | None = None) -> bool:
        """Return whether who asks may do something, in a namespace, in all ("") or in the one that is meant (None)."""
        attempt = self._attempt("create", None, "selfsubjectaccessreviews.authorization.k8s.io")
        where = self.namespace if namespace is None else namespace
        plural, _, sub = resource.partition("/")
        attributes = {"namespace": where, "verb": verb, "group": group, "resource": plural, "subresource": sub}
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        with told(attempt):
            answer = await self._api.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review)
        return mapping(answer.get("status")).get("allowed") is True

    async def pod(self, namespace: str, name: str, page: str) -> tuple[int, str]:
        """Return how a page of a pod's first port answers, asked through the API server: status of HTTP, and text."""
        with told(self._attempt("get", namespace, "pods/proxy")):
            return await self._api.probe(f"/api/v1/namespaces/{namespace}/pods/{name}/proxy/{page}")

    async def page(self, path: str) -> tuple[int, str]:
        """Return how a page beside the API answers: status of HTTP, and text."""
        with told(self._attempt("get", None, path)):
            return await self._api.probe(path)

    async def read(self, path: str, resource: str, namespace: str | None) -> dict[str, Any]:
        """Return what stands at a path of the API.

        Raises:
            NotThere: Nothing does.
        """
        with told(self._attempt("get", namespace, resource)):
            return await self._api.get(path)

    async def rehearse(
        self, how: str, path: str, resource: str, namespace: str, body: dict[str, Any], options: Query | None = None
    ) -> Body:
        """Return what the API server would make of an object, of which it stores nothing.

        Args:
            how: POST to create it; PATCH by a merge patch, or APPLY on the server, what is there.
            path: Where it is, or where it would be.
            resource: What it is.
            namespace: Where.
            body: The object, or the patch.
            options: Who applies.
        """
        with told(self._attempt("create" if how == "POST" else "patch", namespace, resource)):
            return await self._api.rehearse(how, path, body, options or {})

    @property
    def server(self) -> str:
        """Return where the API server is."""
        return self._server

    @property
    def context(self) -> str:
        """Return the name of the context."""
        return self._context

    @property
    def date(self) -> datetime | None:
        """Return when the last answer was sent, as the API server says it (RFC 9110, section 5.6.7), if it does."""
        from email.utils import parsedate_to_datetime  # noqa: PLC0415 - few commands need it

        try:
            return parsedate_to_datetime(self._api.date).astimezone(UTC)
        except (ValueError, OverflowError):  # OverflowError: before the year 1 there
            return None

    async def brakes(self, namespace: str | None) -> list[Body]:
        """Return the ConfigMaps in which operators keep their fleet brakes, of one namespace or (None) of all."""
        query = {"labelSelector": BRAKE}
        with told(self._attempt("list", namespace, "configmaps")):
            return (await self._list(paths.path("v1", "configmaps", namespace), query))[0]

    async def release_brake(self, key: Key, words: Mapping[str, str]) -> None:
        """Add to a fleet brake the words of who lets it go."""
        namespace, name = key
        with told(self._attempt("patch", namespace, "configmaps")):
            await self._api.patch(paths.path("v1", "configmaps", namespace, name), {"data": dict(words)})

    async def events(self, namespace: str, uid: str) -> list[Body]:
        """Return the Events about one object, in no order."""
        path, query = paths.path("events.k8s.io/v1", "events", namespace), {"fieldSelector": f"regarding.uid={uid}"}
        with told(self._attempt("list", namespace, "events.events.k8s.io")):
            return (await self._list(path, query))[0]

    async def events_of(self, namespace: str | None, kind: Kind = PLC) -> list[Body]:
        """Return the Events about all objects of a kind, in no order."""
        return (await self._events_now(namespace, kind))[0]

    async def follow_events(self, namespace: str | None, kind: Kind = PLC) -> AsyncGenerator[list[Body], None]:
        """Yield the Events about all objects of a kind as they are, and then what comes, without end.

        Lost connections are made anew, and what came meanwhile is told then; only what is wrong from the start, or what
        trying again cannot mend, is raised.
        """
        path, query = paths.events(namespace, kind)
        known: dict[str, str] | None = None
        while True:
            try:
                found, version = await self._events_now(namespace, kind)
                told_before, known = known or {}, dict(map(paths.version, found))
                yield [each for each in found if paths.version(each) not in told_before.items()]
                with told(self._attempt("watch", namespace, "events.events.k8s.io")):
                    async with aclosing(self._api.watch(path, query, version)) as changes:
                        async for how, event in changes:
                            if how != "DELETED":
                                known.update([paths.version(event)])
                                yield [event]
            except Unreachable:
                if known is None:
                    raise
                await asyncio.sleep(RECONNECT_SECS)

    async def _events_now(self, namespace: str | None, kind: Kind) -> tuple[list[Body], str]:
        with told(self._attempt("list", namespace, "events.events.k8s.io")):
            return await self._list(*paths.events(namespace, kind))

    async def _list(self, path: str, query: Query) -> tuple[list[Body], str]:
        """Return all objects of a list, and the version that a watch can go on from."""
        found: list[Body] = []
        version = ""
        async with aclosing(self._api.pages(path, query)) as pages:
            async for version, page in pages:  # noqa: B007 - the last page's counts
                found += page
        return found, version

    async def unknown(self, name: str, namespace: str | None, *kinds: Kind) -> FabctlError:
        """Return the error for a name that no object of some kinds has.

        That a kind is not there looks the same until its objects are listed.
        """
        where = namespace or self.namespace
        lacking: dict[Kind, FabctlError] = {}
        names: set[str] = set()
        for kind in kinds:
            try:
                names.update(paths.key(body)[1] for body in await self.list_objects(where, kind=kind))
            except NotInstalled as error:
                lacking[kind] = error
            except FabctlError:  # who may read one but not list them gets no suggestions
                continue
        served = [kind for kind in kinds if kind not in lacking]
        if not served:
            return lacking[kinds[0]]
        import difflib  # noqa: PLC0415 - most names are there

        near = difflib.get_close_matches(name, sorted(names), n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else f"see: {served[0].command} -A"
        titles = " or ".join(kind.title for kind in served)
        return UnknownPLC(f'no {titles} "{name}" in namespace {where}: {hint}')

    def _attempt(self, verb: str, namespace: str | None, resource: str = RESOURCE) -> Attempt:
        return Attempt(verb, resource, namespace, self._server, self._context)
