"""Rollouts of workloads on the terminal, on a real API server; the test plays the operator."""

import json
import signal
from dataclasses import dataclass
from typing import Any

import pytest
from fabgitops_core.api.crd import definition
from fabgitops_core.api.rollout.rollout import ROLLOUT

from ..planes import APPLY, CRDS, FORCE, GROUP, MERGE, Reason, only_kubernetes, until

pytestmark = [pytest.mark.integration, only_kubernetes(Reason.FIELDS)]

HASH, LABELS = "rollouts-pod-template-hash", {"app": "hmi"}
MARK = "rollout.fabgitops.io"


def template(version: int, **labels: str) -> dict[str, Any]:
    """Return the pods of a version."""
    container = {"name": "hmi", "image": f"registry/hmi:{version}"}
    return {"metadata": {"labels": LABELS | labels}, "spec": {"containers": [container]}}


@dataclass
class Workload:
    """A Rollout at its second step, and its two revisions."""

    plant: Any

    @property
    def at(self) -> str:
        """Return where it is."""
        return f"{GROUP}/namespaces/{self.plant.namespace}/rollouts/hmi"

    def make(self, manager: str) -> None:
        """Apply it in somebody's name."""
        steps = [{"setWeight": 50}, {"pause": {}}, {"setWeight": 80}]
        spec = {
            "replicas": 2,
            "selector": {"matchLabels": LABELS},
            "strategy": {"canary": {"steps": steps}},
            "template": template(2) | {"spec": template(2)["spec"] | {"dnsPolicy": "Default"}},
        }
        body = {"apiVersion": "fabgitops.io/v1", "kind": "Rollout", "metadata": {"name": "hmi"}, "spec": spec}
        params = {"fieldManager": manager, "force": "true"}
        self.plant.api.patch(self.at, params=params, content=json.dumps(body), headers=APPLY).raise_for_status()

    def own(self) -> None:
        """Make its ReplicaSets."""
        uid = self.plant.api.get(self.at).raise_for_status().json()["metadata"]["uid"]
        owner = {"apiVersion": "fabgitops.io/v1", "kind": "Rollout", "name": "hmi", "uid": uid, "controller": True}
        for number, revision in ((1, "aa11"), (2, "bb22")):
            named = {HASH: revision}
            metadata = {
                "name": f"hmi-{revision}",
                "labels": {"fabgitops.io/rollout": "hmi", **named},
                "annotations": {f"{MARK}/revision": str(number)},
                "ownerReferences": [owner],
            }
            selector = {"matchLabels": LABELS | named}
            spec = {"replicas": 1, "selector": selector, "template": template(number, **named)}
            body = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec}
            where = f"/apis/apps/v1/namespaces/{self.plant.namespace}/replicasets"
            self.plant.api.post(where, json=body).raise_for_status()

    def report(self, phase: str = "Paused", **more: Any) -> None:
        """Say how it stands."""
        generation = self.plant.api.get(self.at).json()["metadata"]["generation"]
        status: dict[str, Any] = {"phase": phase, "message": f"it is {phase}", "currentPodHash": "bb22"}
        status |= {"stableRS": "aa11", "revision": 2, "currentStepIndex": 1, "observedGeneration": generation, **more}
        self.plant.api.patch(f"{self.at}/status", json={"status": status}, headers=MERGE).raise_for_status()


@pytest.fixture
def workload(plant: Any) -> Workload:
    """Return a namespace with a Rollout that Flux keeps."""
    body = json.dumps(definition(ROLLOUT))
    plant.api.patch(f"{CRDS}/{ROLLOUT.crd_name}", params=FORCE, content=body, headers=APPLY).raise_for_status()
    until(lambda: plant.api.get(f"{GROUP}/rollouts").status_code == 200, "rollouts of workloads are served")
    made = Workload(plant)
    made.make("kustomize-controller")
    made.report()
    made.own()
    return made


def test_a_workload_is_watched_led_and_taken_back(workload: Workload) -> None:
    """A change is told unasked; what Git keeps is not undone, and what nobody keeps is, with all that differs."""
    plant = workload.plant
    watch = plant.start("rollout", "get", "hmi", "-w", "-n", plant.namespace)
    assert "step 2 of 3   weight 0 (set 50)" in watch.stdout.readline()
    workload.report("Progressing")
    assert "it is Progressing" in watch.stdout.readline()
    watch.send_signal(signal.SIGINT)
    assert watch.communicate(timeout=60) == ("", "")

    assert plant.fabctl("rollout", "list", "-o", "name")[1] == "rollout.fabgitops.io/hmi\n"
    assert "├── revision #1  aa11, 1 wanted, 0 ready, 0 available, (stable)" in plant.fabctl("rollout", "get", "hmi")[1]
    assert plant.fabctl("rollout", "abort", "hmi", "--yes", "--no-wait")[0] == 0
    assert plant.api.get(workload.at).json()["metadata"]["annotations"][f"{MARK}/abort"] == "bb22"

    code, out, err = plant.fabctl("rollout", "undo", "hmi", "--yes")
    assert (code, "Flux keeps it as Git has it" in err, "registry/hmi:2   registry/hmi:1" in out) == (1, True, True)
    plant.api.delete(workload.at).raise_for_status()
    until(lambda: plant.api.get(workload.at).status_code == 404, "it is gone")
    plant.api.delete(f"/apis/apps/v1/namespaces/{plant.namespace}/replicasets").raise_for_status()
    workload.make("kubectl")
    workload.report()
    workload.own()
    assert plant.fabctl("rollout", "undo", "hmi", "--yes")[0] == 0
    declared = plant.api.get(workload.at).json()["spec"]["template"]
    assert declared["metadata"]["labels"] == LABELS
    assert (declared["spec"]["containers"][0]["image"], declared["spec"]["dnsPolicy"]) == (
        "registry/hmi:1",
        "ClusterFirst",
    )
    code, _, err = plant.fabctl("rollout", "undo", "hmi", "--yes")
    assert (code, "has not looked at it since it changed" in err) == (1, True)
