"""Argo Rollouts is gone and the operator comes: what it has made is taken over on a real API server, pod by pod."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fabgitops_core.api.argo.owning import DEFAULT_ID
from fabgitops_core.api.rollout import marks
from testbed import ControlPlane

from ..operators import Operator
from ..planes import until
from .conftest import NAMESPACE
from .test_argo import ACCOUNT, ArgoWorkload
from .workload import Body

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
SETS = f"/apis/apps/v1/namespaces/{NAMESPACE}/replicasets"
OLD, OUT = "5c9f7d8b6c", "7bd9f8c6d4"
HASHES = "rollouts-pod-template-hash"


class LeftWorkload(ArgoWorkload):
    """A Rollout as the controller of Argo Rollouts leaves it: ReplicaSets and a status by its hand."""

    def leave(self, hash_: str, version: str, number: int, pods: int) -> None:
        """Make a ReplicaSet as it does."""
        stored = self.stored()
        labels = {"app": self.name, HASHES: hash_}
        pod = stored["spec"]["template"]["spec"]
        pod = {**pod, "containers": [{**pod["containers"][0], "image": f"{self.name}:{version}"}]}
        owner = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": self.name, "controller": True}
        annotations = {"rollout.argoproj.io/revision": str(number), "rollout.argoproj.io/desired-replicas": "4"}
        body: Body = {
            "metadata": {
                "name": f"{self.name}-{hash_}",
                "labels": labels,
                "annotations": annotations,
                "ownerReferences": [{**owner, "uid": stored["metadata"]["uid"], "blockOwnerDeletion": True}],
            },
            "spec": {
                "replicas": pods,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": pod},
            },
        }
        self.api.post(SETS, json=body).raise_for_status()

    def uids(self) -> frozenset[str]:
        """Return its pods."""
        found = self.api.get(PODS, params={"labelSelector": f"app={self.name}"}).raise_for_status().json()
        return frozenset(each["metadata"]["uid"] for each in found["items"])

    def left(self) -> dict[str, int]:
        """Return by hash how many pods its ReplicaSets have that are available, whoever has made them."""
        found = self.api.get(SETS, params={"labelSelector": f"app={self.name}"}).raise_for_status().json()
        rows = [(each["metadata"]["labels"][HASHES], each["status"]) for each in found["items"]]
        return {hash_: status.get("availableReplicas", 0) for hash_, status in rows}


@pytest.fixture
def left(delivery_plane: ControlPlane, administrator: httpx.Client) -> Iterator[LeftWorkload]:
    """Return a Rollout of which Argo Rollouts has brought out version 1, the second revision."""
    workload = LeftWorkload(administrator, "taken-over", DEFAULT_ID)
    workload.declare("1")
    workload.leave(OLD, "0", 1, 0)
    workload.leave(OUT, "1", 2, 4)
    until(lambda: workload.left() == {OLD: 0, OUT: 4}, "its pods are there")
    generation = str(workload.stored()["metadata"]["generation"])
    counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "HPAReplicas"), 4)
    where = {"currentPodHash": OUT, "stableRS": OUT, "currentStepIndex": 4, "currentStepHash": "6b5d8f9c7"}
    said = {"phase": "Healthy", "observedGeneration": generation, "selector": "app=taken-over", "blueGreen": {}}
    workload.patch_status({**said, **counts, **where, "canary": {}})
    yield workload
    workload.delete()


def test_whoever_changes_the_controller_keeps_the_pods(
    left: LeftWorkload, delivery_plane: ControlPlane, tmp_path: Path
) -> None:
    """Two operators at once, one of them killed, make and delete no pod; the next image goes out as a canary.

    Its way back is the version that Argo Rollouts had proven, and the oldest one is found again where it is wanted.
    """
    before, sets = left.uids(), left.left()
    kubeconfig = delivery_plane.kubeconfig_for(ACCOUNT)
    with (
        Operator(kubeconfig, "memory", tmp_path / "killed.log", kinds="argo") as killed,
        Operator(kubeconfig, "memory", tmp_path / "log", kinds="argo") as operator,
    ):
        assert killed.process is not None
        killed.process.kill()
        status = until(
            lambda: (found := left.status()).get("fabgitops", {}).get("phase") == "Completed" and found,
            "it is taken over",
        )
        assert status
        assert (status["phase"], status["stableRS"], status["fabgitops"]["revision"]) == ("Healthy", OUT, 2)
        assert (left.uids(), left.left()) == (before, sets)
        (out,) = [each for each in left.sets() if each["metadata"]["labels"][HASHES] == OUT]
        assert marks.TEMPLATE in out["metadata"]["annotations"]
        left.declare("2")
        paused = left.is_so(phase="Paused", currentStepIndex=1)
        assert (paused["stableRS"], dict(left.pods())) == (OUT, {"0": 0, "1": 3, "2": 1})
        assert len(before & left.uids()) == 3
        left.patch_status({"abort": True})
        left.is_so(phase="Degraded", abort=True)
        until(lambda: dict(left.pods()) == {"0": 0, "1": 4, "2": 0}, "the proven version has all pods")
        left.declare("0")
        left.is_so(phase="Paused", currentPodHash=OLD)
        assert left.left()[OLD] == 1
        writes = [each for each in operator.metrics().splitlines() if "api_writes" in each]
        assert not [each for each in writes if 'result="refused"' in each], writes
