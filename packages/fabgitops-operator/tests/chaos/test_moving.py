"""What is being changed right now, as the status of its owner says."""

from typing import Any

import pytest
from fabgitops_core.api.argo.kinds import ARGO_ROLLOUT
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.rollout.rollout import ROLLOUT
from fabgitops_operator.cluster.moving import (
    DAEMON_SET,
    DEPLOYMENT,
    REPLICA_SET,
    STATEFUL_SET,
    Movers,
    moved,
)

ROLLED = {"replicas": 3, "updatedReplicas": 3}
ON_DELETE = {"updateStrategy": {"type": "OnDelete"}}
HALF = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}}


@pytest.mark.parametrize(
    ("kind", "spec", "status", "why"),
    [
        (DEPLOYMENT, {"replicas": 3}, ROLLED, ""),
        (DEPLOYMENT, {"replicas": 3}, {**ROLLED, "updatedReplicas": 1}, "1 of 3 pods are updated"),
        (DEPLOYMENT, {"replicas": 3}, {**ROLLED, "replicas": 4}, "3 of 4 pods are updated"),
        (DEPLOYMENT, {"replicas": 3}, {**ROLLED, "observedGeneration": 6}, "a change of it is not seen yet"),
        (DEPLOYMENT, {"replicas": 0}, {}, ""),
        (STATEFUL_SET, {"replicas": 3}, {"currentRevision": "a", "updateRevision": "a"}, ""),
        (
            STATEFUL_SET,
            {"replicas": 3},
            {**ROLLED, "updatedReplicas": 2, "currentRevision": "a", "updateRevision": "b"},
            "2 of 3 pods are updated",
        ),
        (
            STATEFUL_SET,
            {"replicas": 3, **HALF},
            {**ROLLED, "updatedReplicas": 1, "currentRevision": "a", "updateRevision": "b"},
            "",
        ),
        (STATEFUL_SET, {"replicas": 3, **ON_DELETE}, {"currentRevision": "a", "updateRevision": "b"}, ""),
        (DAEMON_SET, {}, {"desiredNumberScheduled": 4, "updatedNumberScheduled": 4}, ""),
        (DAEMON_SET, {}, {"desiredNumberScheduled": 4, "updatedNumberScheduled": 3}, "3 of 4 pods are updated"),
        (DAEMON_SET, ON_DELETE, {"desiredNumberScheduled": 4, "updatedNumberScheduled": 3}, ""),
        (ROLLOUT, {}, {"phase": "Completed"}, ""),
        (ROLLOUT, {}, {"phase": "Paused"}, "Paused"),
        (ROLLOUT, {}, {"phase": "Failed"}, "Failed"),
        (ROLLOUT, {}, {}, "no phase yet"),
        (ARGO_ROLLOUT, {}, {"phase": "Healthy", "observedGeneration": "7"}, ""),
        (ARGO_ROLLOUT, {}, {"phase": "Healthy", "observedGeneration": "6"}, "a change of it is not seen yet"),
        (ARGO_ROLLOUT, {}, {"phase": "Progressing", "observedGeneration": "7"}, "Progressing"),
        (REPLICA_SET, {}, {}, ""),
    ],
)
def test_what_is_under_way(kind: Kind, spec: dict[str, Any], status: dict[str, Any], why: str) -> None:
    """A workload is left alone from the change of its template until all its pods are of the newer version."""
    body = {"metadata": {"name": "hmi", "generation": 7}, "spec": spec, "status": {"observedGeneration": 7, **status}}
    assert moved(kind, body) == (f"the {kind.kind} hmi ({why})" if why else "")


def owned(of: Kind, name: str, /, **reference: Any) -> dict[str, Any]:
    """Return metadata of what an owner controls."""
    owner = {"apiVersion": of.api_version, "kind": of.kind, "name": name, "uid": f"uid-{name}", "controller": True}
    return {"name": "x", "uid": "uid-x", "ownerReferences": [{**owner, **reference}]}


@pytest.mark.parametrize("top", [DEPLOYMENT, ROLLOUT, ARGO_ROLLOUT])
async def test_pods_are_changed_by_whom_they_belong_to(top: Kind) -> None:
    """Through its ReplicaSet a pod is its Deployment's, or a Rollout's; each is asked once for all pods."""
    asked = []
    replica_set = {"metadata": {**owned(top, "hmi"), "name": "hmi-1", "uid": "uid-hmi-1"}}
    leader = {"metadata": {"name": "hmi", "uid": "uid-hmi", "generation": 2}, "status": {"observedGeneration": 1}}

    async def get(kind: Kind, name: str) -> dict[str, Any] | None:
        asked.append((kind.kind, name))
        there: dict[tuple[Kind, str], dict[str, Any]] = {(REPLICA_SET, "hmi-1"): replica_set, (top, "hmi"): leader}
        return there.get((kind, name))

    movers = Movers(get)
    for _ in range(2):
        pod = {"metadata": owned(REPLICA_SET, "hmi-1")}
        assert await movers.of(pod) == f"the {top.kind} hmi (a change of it is not seen yet)"
    assert asked == [("ReplicaSet", "hmi-1"), (top.kind, "hmi")]


@pytest.mark.parametrize(
    "metadata",
    [
        {"name": "alone"},
        owned(REPLICA_SET, "gone"),
        owned(REPLICA_SET, "hmi", uid="of another"),
        owned(REPLICA_SET, "hmi", controller=False),
        owned(REPLICA_SET, "hmi", apiVersion="example.com/v1"),
        owned(REPLICA_SET, "hmi", kind="Job"),
    ],
)
async def test_whose_owner_is_not_there_is_changed_by_nobody(metadata: dict[str, Any]) -> None:
    """A pod of its own, of somebody whom nobody knows, or whose owner is gone, is not being rolled out."""

    async def get(kind: Kind, name: str) -> dict[str, Any] | None:
        moving = {"name": name, "uid": "uid-hmi", "generation": 2, "deletionTimestamp": "now"}
        return {"metadata": moving} if (kind, name) == (DEPLOYMENT, "hmi") else None

    assert await Movers(get).of({"metadata": metadata}) == ""


@pytest.mark.parametrize(("uid", "moved_by"), [("uid-hmi", "the Deployment hmi (being deleted)"), ("another", "")])
async def test_what_has_the_name_of_an_owner_is_not_it(uid: str, moved_by: str) -> None:
    """A Deployment that was made anew since, under the name of a pod's owner, is another: the pod is not its."""

    async def get(_: Kind, name: str) -> dict[str, Any] | None:
        return {"metadata": {"name": name, "uid": uid, "generation": 2, "deletionTimestamp": "now"}}

    assert await Movers(get).of({"metadata": owned(DEPLOYMENT, "hmi")}) == moved_by
