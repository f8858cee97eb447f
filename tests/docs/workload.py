"""A Rollout of a workload in a cluster, with its two revisions, as the operator leaves them."""

import json
from typing import Any

import yaml
from fabgitops_core.api.crd import definition
from fabgitops_core.api.rollout.rollout import ROLLOUT

from .conftest import Kubectl

HASH = "rollouts-pod-template-hash"
LABELS = {"app": "hmi"}
OLD, NEW = "aa11", "bb22"


def template(version: int, **labels: str) -> dict[str, Any]:
    """Return the pods of a version."""
    container = {"name": "hmi", "image": f"registry/hmi:{version}"}
    pods = {"containers": [container], "automountServiceAccountToken": False}
    return {"metadata": {"labels": LABELS | labels}, "spec": pods}


def put(kubectl: Kubectl, body: dict[str, Any], **status: Any) -> None:
    """Make an object, and say how it stands."""
    kubectl("apply", "-f", "-", text=yaml.safe_dump(body))
    if status:
        kind, metadata = body["kind"].lower(), body["metadata"]
        group = body["apiVersion"].rpartition("/")[0]
        at = ("-n", metadata["namespace"], f"{kind}{f'.{group}' if group else ''}/{metadata['name']}")
        kubectl("patch", *at, "--subresource=status", "--type=merge", "-p", json.dumps({"status": status}))


def a_workload(
    kubectl: Kubectl, namespace: str, strategy: dict[str, Any], pods: tuple[int, int] = (0, 0), **status: Any
) -> None:
    """Make a Rollout called hmi, and its two ReplicaSets.

    Args:
        kubectl: Where.
        namespace: In which namespace.
        strategy: Its strategy.
        pods: How many pods the ReplicaSets are to have; those that are there already are taken.
        **status: How it stands.
    """
    kubectl("apply", "-f", "-", text=yaml.safe_dump(definition(ROLLOUT)))
    kubectl("wait", "--for=condition=Established", "--timeout=60s", f"crd/{ROLLOUT.crd_name}")
    spec = {"replicas": 2, "selector": {"matchLabels": LABELS}, "strategy": strategy, "template": template(2)}
    head = {"apiVersion": "fabgitops.io/v1", "kind": "Rollout", "metadata": {"name": "hmi", "namespace": namespace}}
    put(kubectl, head | {"spec": spec}, currentPodHash=NEW, revision=2, observedGeneration=1, **status)
    uid = kubectl("get", ROLLOUT.crd_name, "hmi", "-n", namespace, "-o", "jsonpath={.metadata.uid}")
    for number, (revision, count) in enumerate(zip((OLD, NEW), pods, strict=True), 1):
        _revision(kubectl, namespace, uid, number, revision, count)


def _revision(kubectl: Kubectl, namespace: str, owner: str, number: int, revision: str, pods: int) -> None:
    """Make the ReplicaSet of a revision, and wait until its controller has counted its pods."""
    labels = LABELS | {HASH: revision}
    metadata = {
        "name": f"hmi-{revision}",
        "namespace": namespace,
        "labels": {"fabgitops.io/rollout": "hmi", HASH: revision},
        "annotations": {"rollout.fabgitops.io/revision": str(number)},
        "ownerReferences": [
            {"apiVersion": "fabgitops.io/v1", "kind": "Rollout", "name": "hmi", "uid": owner, "controller": True}
        ],
    }
    spec = {"replicas": pods, "selector": {"matchLabels": labels}, "template": template(number, **{HASH: revision})}
    put(kubectl, {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec})
    counted = f"--for=jsonpath={{.status.replicas}}={pods}"
    kubectl("wait", "-n", namespace, f"replicaset/hmi-{revision}", counted, "--timeout=60s")


def a_pod(kubectl: Kubectl, namespace: str, revision: str, name: str, **container: Any) -> None:
    """Make a pod for a revision whose ReplicaSet is made later; its container is ready, or what is said of it."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": namespace}}
    kubectl("apply", "-f", "-", text=yaml.safe_dump(account))
    metadata = {"name": name, "namespace": namespace, "labels": LABELS | {HASH: revision}}
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template(1)["spec"]}
    told = {"name": "hmi", "ready": True, "restartCount": 0, "image": "x", "imageID": "x", "state": {"running": {}}}
    ready = {"type": "Ready", "status": str((told | container)["ready"]), "lastTransitionTime": None}
    put(kubectl, body, phase="Running", conditions=[ready], containerStatuses=[told | container])
