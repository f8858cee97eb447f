"""What the story does with a workload that is rolled out: its pods really run, and really fail."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lightkube.generic_resource import create_namespaced_resource
from lightkube.resources.core_v1 import Pod
from lightkube.types import PatchType

from .cluster import PLANT, PORT, Cluster

Rollout = create_namespaced_resource("fabgitops.io", "v1", "Rollout", "rollouts")
ReplicaSet = create_namespaced_resource("apps", "v1", "ReplicaSet", "replicasets")
GOOD, BETTER, BAD = 2500, 2600, 2700
"""Versions of the workload, a mock PLC: what its register holds. The pods of the last are never ready."""


@dataclass(frozen=True)
class Workload:
    """A Rollout in the plant's namespace."""

    cluster: Cluster
    name: str

    def declare(self, version: int, replicas: int) -> None:
        """Create the Rollout: half of the pods first, then it waits for somebody's word."""
        labels = {"app": self.name}
        spec = {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": self._template(version),
            "strategy": {"canary": {"maxSurge": 1, "maxUnavailable": 0, "steps": [{"setWeight": 50}, {"pause": {}}]}},
            "progressDeadlineSeconds": 20,
            "progressDeadlineAbort": True,
        }
        body = {"metadata": {"name": self.name, "namespace": PLANT}, "spec": spec}
        self.cluster.client.create(Rollout.from_dict(body))

    def want(self, version: int) -> None:
        """Change what Git says that the pods are."""
        self._patch({"spec": {"template": self._template(version)}})

    def say(self, word: str, text: str) -> None:
        """Annotate the Rollout with a word of somebody's."""
        self._patch({"metadata": {"annotations": {f"rollout.fabgitops.io/{word}": text}}})

    def status(self) -> Mapping[str, Any]:
        """Return its status."""
        found: Mapping[str, Any] = self._get().get("status") or {}
        return found

    def phase(self) -> str:
        """Return its phase, "" while its status speaks of an older spec."""
        found = self._get()
        status = found.get("status") or {}
        return str(status["phase"]) if status.get("observedGeneration") == found["metadata"]["generation"] else ""

    def available(self) -> dict[int, int]:
        """Return how many pods of each version are available, of those that have some."""
        found = self.cluster.client.list(ReplicaSet, namespace=PLANT, labels={"fabgitops.io/rollout": self.name})
        counts = {_version(each): (each.get("status") or {}).get("availableReplicas", 0) for each in found}
        return {version: count for version, count in counts.items() if count}

    def pods(self) -> int:
        """Return how many pods there are that are not about to go."""
        found = self.cluster.client.list(Pod, namespace=PLANT, labels={"app": self.name})
        return len([each for each in found if not each.metadata.deletionTimestamp])

    def delete(self) -> None:
        """Delete the Rollout, and leave its pods to whoever collects what has lost its owner."""
        self.cluster.client.delete(Rollout, self.name, namespace=PLANT)

    def _get(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.cluster.client.get(Rollout, self.name, namespace=PLANT)
        return found

    def _patch(self, patch: Mapping[str, Any]) -> None:
        self.cluster.client.patch(Rollout, self.name, patch, namespace=PLANT, patch_type=PatchType.MERGE)

    def _template(self, version: int) -> Mapping[str, Any]:
        container = {
            "name": "mock-plc",
            "image": self.cluster.image,
            "imagePullPolicy": "IfNotPresent",
            "args": [f"--register=4001={version}"],
            "readinessProbe": {"tcpSocket": {"port": PORT + 1 if version == BAD else PORT}, "periodSeconds": 1},
        }
        spec = {"containers": [container], "terminationGracePeriodSeconds": 1}
        return {"metadata": {"labels": {"app": self.name}}, "spec": spec}


def _version(replica_set: Mapping[str, Any]) -> int:
    arguments = replica_set["spec"]["template"]["spec"]["containers"][0]["args"]
    return int(arguments[0].rpartition("=")[2])
