"""One workload that a test declares, and what becomes of it on the API server."""

from collections.abc import Mapping
from typing import Any

import httpx
from fabgitops_core.api.rollout.marks import HASH, ROLLOUT

from ..planes import APPLY, FORCE, GROUP, MERGE, until

STEPS: list[dict[str, Any]] = [{"setWeight": 25}, {"pause": {}}, {"setWeight": 50}, {"pause": {}}]
Body = dict[str, Any]


class Workload:
    """A Rollout of a canary without traffic routing, and its ReplicaSets."""

    def __init__(self, api: httpx.Client, namespace: str, name: str) -> None:
        self.api = api
        self.name = name
        self.path = f"{GROUP}/namespaces/{namespace}/rollouts/{name}"
        self._sets = f"/apis/apps/v1/namespaces/{namespace}/replicasets"

    def declare(self, version: str, *, replicas: int | None = 4) -> None:
        """Declare a version, as GitOps does: server-side; the number of pods is left out where somebody else has it."""
        labels = {"app": self.name}
        pod = {"terminationGracePeriodSeconds": 0, "containers": [{"name": "hmi", "image": f"{self.name}:{version}"}]}
        spec: Body = {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
            "strategy": {"canary": {"maxSurge": 1, "maxUnavailable": 0, "steps": STEPS}},
        }
        if replicas is not None:
            spec["replicas"] = replicas
        body = {"apiVersion": "fabgitops.io/v1", "kind": "Rollout", "metadata": {"name": self.name}, "spec": spec}
        self.api.patch(self.path, params=FORCE, json=body, headers=APPLY).raise_for_status()

    def say(self, word: str, about: str) -> None:
        """Say a word to it, as fabctl does."""
        body = {"metadata": {"annotations": {f"rollout.fabgitops.io/{word}": about}}}
        self.api.patch(self.path, json=body, headers=MERGE).raise_for_status()

    def scale(self, replicas: int) -> None:
        """Scale it by the subresource that every kind of workload has."""
        self.api.patch(f"{self.path}/scale", json={"spec": {"replicas": replicas}}, headers=MERGE).raise_for_status()

    def stored(self) -> Body:
        """Return it."""
        found: Body = self.api.get(self.path).raise_for_status().json()
        return found

    def status(self) -> Body:
        """Return how it stands."""
        return dict(self.stored().get("status") or {})

    def stands(self, reason: str, **fields: object) -> Body:
        """Wait until its condition Ready has a reason, and its status these fields; return the status."""

        def so() -> Body | None:
            body = self.stored()
            status: Body = body.get("status") or {}
            ready = [each["reason"] for each in status.get("conditions", ()) if each["type"] == "Ready"]
            seen = status.get("observedGeneration") == body["metadata"]["generation"]
            return status if seen and ready == [reason] and fields.items() <= status.items() else None

        return until(so, f"{self.name} is {reason} with {fields}") or {}

    def sets(self) -> list[Body]:
        """Return its ReplicaSets, the oldest first."""
        found = self.api.get(self._sets, params={"labelSelector": f"{ROLLOUT}={self.name}"}).raise_for_status()
        rows: list[Body] = found.json()["items"]
        return sorted(
            rows, key=lambda each: (each["metadata"]["creationTimestamp"], each["metadata"]["resourceVersion"])
        )

    def pods(self) -> Mapping[str, int]:
        """Return how many pods each version has that are available, by its image's tag."""
        return {
            each["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[2]: (
                each["status"].get("availableReplicas", 0)
            )
            for each in self.sets()
        }

    def versions(self) -> frozenset[str]:
        """Return the resourceVersion of it and of all of its ReplicaSets: another one is another write."""
        return frozenset(each["metadata"]["resourceVersion"] for each in (self.stored(), *self.sets()))

    def hashes(self) -> set[str]:
        """Return what names its revisions."""
        return {each["metadata"]["labels"][HASH] for each in self.sets()}

    def is_seen(self) -> bool:
        """Return whether its ReplicaSets stand as their controller has last written them."""
        return all(each["status"].get("observedGeneration") == each["metadata"]["generation"] for each in self.sets())

    def delete(self) -> None:
        """Delete it, and wait until the cluster has collected what was its own."""
        self.api.delete(self.path)
        until(lambda: not self.sets(), f"what {self.name} owned is collected")
