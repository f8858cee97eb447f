"""A namespace in which one story plays: versions of an application, and a route that shares requests out among them."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import aiohttp
from testbed.asking import ask
from testbed.gateway import Gateway
from testbed.pods import Kubelet
from testbed.traffic import Answers

PATIENCE = 60.0  # seconds
APPLY = "application/apply-patch+yaml"
PATCH = "application/json-patch+json"
OURS = {"fieldManager": "story", "force": "true"}
PORT = 18080
ROUTE = "app"
KINDS = {
    "AnalysisTemplate": ("fabgitops.io/v1", "analysistemplates"),
    "Deployment": ("apps/v1", "deployments"),
    "HTTPRoute": ("gateway.networking.k8s.io/v1", "httproutes"),
    "ReplicaSet": ("apps/v1", "replicasets"),
    "Rollout": ("fabgitops.io/v1", "rollouts"),
    "Service": ("v1", "services"),
}


def split(**weights: int) -> list[dict[str, Any]]:
    """Return the backends of a rule: a Service for each version, with its weight."""
    return [{"name": f"app-{version}", "port": 80, "weight": weight} for version, weight in weights.items()]


class Stage:
    """The namespace; objects that it is told to make it makes, or changes."""

    def __init__(self, api: aiohttp.ClientSession, kubelet: Kubelet, gateway: Gateway, name: str) -> None:
        """Prepare it: nothing is made before `open`."""
        self.api = api
        self.kubelet = kubelet
        self.name = name
        self.host = f"{name}.example"
        self._gateway = gateway

    @property
    def parent(self) -> dict[str, str]:
        """Return what a route names that this gateway is to take."""
        return dict(self._gateway.parent)

    async def open(self) -> None:
        """Make the namespace."""
        await ask(self.api, "POST", "/api/v1/namespaces", {"metadata": {"name": self.name}})

    async def close(self) -> None:
        """Delete it; its pods go on for their grace meanwhile."""
        await ask(self.api, "DELETE", f"/api/v1/namespaces/{self.name}")

    def image(self, version: str) -> str:
        """Return the image of a version, which no other stage has; its pods' servers answer with the version."""
        return f"{self.name}/app:{version}"

    def template(self, version: str, annotations: Mapping[str, str] | None = None, grace: int = 1) -> dict[str, Any]:
        """Return a template for pods of a version; they go on for `grace` seconds when they are deleted.

        Annotations are those that `testbed.pods.manifest` names.
        """
        container = {"name": "app", "image": self.image(version), "ports": [{"containerPort": PORT}]}
        return {
            "metadata": {"labels": {"app": "app", "version": version}, "annotations": annotations or {}},
            "spec": {"terminationGracePeriodSeconds": grace, "containers": [container]},
        }

    def url(self, kind: str, name: str) -> str:
        """Return where an object is."""
        version, plural = KINDS[kind]
        return f"/{'apis' if '/' in version else 'api'}/{version}/namespaces/{self.name}/{plural}/{name}"

    async def apply(self, kind: str, name: str, spec: Mapping[str, Any]) -> None:
        """Make an object, or set what `spec` says of it."""
        body = {"apiVersion": KINDS[kind][0], "kind": kind, "metadata": {"name": name}, "spec": spec}
        await ask(self.api, "PATCH", self.url(kind, name), body, kind=APPLY, params=OURS)

    async def get(self, kind: str, name: str) -> dict[str, Any]:
        """Return an object, which has to be there."""
        found: dict[str, Any] | None = await ask(self.api, "GET", self.url(kind, name))
        assert found is not None, f"there is no {kind} {name} in {self.name}"
        return found

    async def version(self, version: str, replicas: int = 2, *, kind: str = "Deployment", **annotations: str) -> None:
        """Make, or scale, a Deployment or ReplicaSet of a version, and the Service `app-VERSION` in front of it.

        Annotations of the pods are `ready` and `answers`, see `testbed.pods.manifest`.
        """
        marks = {f"testbed.fabgitops.io/{name}": value for name, value in annotations.items()}
        labels = {"matchLabels": {"app": "app", "version": version}}
        spec = {"replicas": replicas, "selector": labels, "template": self.template(version, marks)}
        await self.apply(kind, f"app-{version}", spec)
        ports = [{"port": 80, "targetPort": PORT, "protocol": "TCP"}]
        await self.apply("Service", f"app-{version}", {"selector": {"version": version}, "ports": ports})

    async def route(self, *rules: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
        """Make the route for this host, and wait until it is accepted; a rule may be its backends alone."""
        whole = [rule if isinstance(rule, Mapping) else {"backendRefs": rule} for rule in rules]
        spec = {"parentRefs": [self.parent], "hostnames": [self.host], "rules": whole}
        await self.apply("HTTPRoute", ROUTE, spec)
        await self.until(self._accepted, "the route is accepted")

    async def move(self, *weights: int, rule: int = 0) -> None:
        """Set the weights of a rule's backends, in their order, by a patch that touches nothing else."""
        paths = [f"/spec/rules/{rule}/backendRefs/{index}/weight" for index in range(len(weights))]
        steps = [{"op": "replace", "path": path, "value": value} for path, value in zip(paths, weights, strict=True)]
        await ask(self.api, "PATCH", self.url("HTTPRoute", ROUTE), steps, kind=PATCH)

    async def available(self, version: str, replicas: int, *, kind: str = "Deployment") -> None:
        """Wait until a version has so many pods that are available, and no other."""

        async def so_many() -> bool:
            found = await self.get(kind, f"app-{version}")
            status = found.get("status", {})
            current = status.get("observedGeneration") == found["metadata"]["generation"]
            return current and {status.get("replicas", 0), status.get("availableReplicas", 0)} == {replicas}

        await self.until(so_many, f"{replicas} pods of {version} are available")

    async def send(self, count: int, headers: Mapping[str, str] | None = None) -> Answers:
        """Send requests for this host, some at once, and return what came back."""
        return await self._gateway.send(count, self.host, headers)

    def stream(self, headers: Mapping[str, str] | None = None) -> AbstractAsyncContextManager[Answers]:
        """Send requests for this host for as long as a block lasts; it is given what came back so far."""
        return self._gateway.stream(self.host, headers)

    async def answers(
        self, what: str, true: Callable[[Answers], bool], headers: Mapping[str, str] | None = None
    ) -> None:
        """Wait until a small batch of requests is answered as `true` says: a route's effect comes after its acceptance.

        As long as no route was ever accepted nobody listens (code 0).
        """

        async def so() -> bool:
            return true(await self.send(40, headers))

        await self.until(so, what)

    async def gone(self, left: int) -> None:
        """Wait until no more than so many pods are left, those that are being deleted included."""

        async def so_few() -> bool:
            found = await ask(self.api, "GET", f"/api/v1/namespaces/{self.name}/pods")
            return len(found["items"]) <= left

        await self.until(so_few, f"{left} pods are left")

    async def until(self, true: Callable[[], Awaitable[bool]], what: str) -> None:
        """Wait until something is true."""
        deadline = time.monotonic() + PATIENCE
        while not await true():
            self.kubelet.check()
            assert time.monotonic() < deadline, f"not within {PATIENCE:g} s: {what}"
            await asyncio.sleep(0.05)

    async def _accepted(self) -> bool:
        found = await self.get("HTTPRoute", ROUTE)
        parents = found.get("status", {}).get("parents", [])
        return any(_holds(parent["conditions"], found["metadata"]["generation"]) for parent in parents)


def _holds(conditions: Sequence[Mapping[str, Any]], generation: int) -> bool:
    """Return whether a route is accepted, with all that it refers to, as it is now."""
    held = {
        each["type"] for each in conditions if each["status"] == "True" and each["observedGeneration"] >= generation
    }
    return {"Accepted", "ResolvedRefs"} <= held
