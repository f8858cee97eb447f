"""A workload goes from one version to the next on a real API server, with real controllers of ReplicaSets."""

from functools import partial
from pathlib import Path

import httpx
import pytest
from testbed import ControlPlane

from ..operators import Operator
from ..planes import GROUP, MERGE, until
from .conftest import ACCOUNT, NAMESPACE
from .tools import Flux
from .workload import Workload

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

SCALERS = f"/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers"


def test_canary(hmi: Workload, flux: Flux) -> None:
    """A version gets its share step by step and waits for words, goes back when it is aborted, and is tried again.

    Flux waits for it meanwhile, and fails one that was given up.
    """
    hmi.declare("1")
    first = hmi.stands("Completed", availableReplicas=4)["currentPodHash"]
    assert (hmi.pods(), flux.by_kstatus(hmi.stored())) == ({"1": 4}, "Current")
    hmi.declare("2")
    paused = hmi.stands("Paused", progress="1/4")
    assert flux.by_kstatus(hmi.stored()) == "InProgress"
    assert (paused["weight"], paused["stableRS"], dict(hmi.pods())) == (25, first, {"1": 3, "2": 1})
    second = paused["currentPodHash"]
    hmi.say("abort", second)
    given_up = hmi.stands("RolloutAborted", phase="Failed")
    assert (dict(hmi.pods()), flux.by_kstatus(hmi.stored())) == ({"1": 4, "2": 0}, "Failed")
    hmi.say("retry", f"{second}/{given_up['abortedAt']}")
    hmi.stands("Paused", progress="1/4")
    hmi.say("promote", f"{second}/1")
    hmi.stands("Paused", progress="3/4", weight=50)
    assert dict(hmi.pods()) == {"1": 2, "2": 2}
    hmi.say("promote", f"{second}/3")
    done = hmi.stands("Completed", availableReplicas=4, stableRS=second)
    assert dict(hmi.pods()) == {"1": 0, "2": 4}
    assert hmi.hashes() == {first, second}
    assert (done["revision"], done["HPAReplicas"], done["selector"]) == (2, 4, f"app={hmi.name}")


def test_scaling(hmi: Workload, administrator: httpx.Client, deliverer: Operator) -> None:
    """A HorizontalPodAutoscaler scales it, `kubectl scale` does, and at rest nothing of it is written.

    What GitOps applies again without the number of pods leaves it as it was scaled.
    """
    resting = Workload(administrator, NAMESPACE, "resting")
    resting.declare("1", replicas=2)
    resting.stands("Completed", availableReplicas=2, readyReplicas=2)
    hmi.declare("1", replicas=None)
    hmi.stands("Completed", availableReplicas=1)
    before = resting.versions()
    target = {"apiVersion": "fabgitops.io/v1", "kind": "Rollout", "name": hmi.name}
    scaler = {"metadata": {"name": "hmi"}, "spec": {"scaleTargetRef": target, "minReplicas": 3, "maxReplicas": 5}}
    administrator.post(SCALERS, json=scaler).raise_for_status()
    hmi.stands("Completed", availableReplicas=3)
    hmi.declare("1", replicas=None)
    assert hmi.stored()["spec"]["replicas"] == 3
    hmi.scale(4)
    hmi.stands("Completed", availableReplicas=4)
    assert resting.versions() == before
    metrics = deliverer.metrics()
    assert (
        f'fabgitops_workload_rollout_phase{{namespace="{NAMESPACE}",phase="Completed",rollout="resting"}} 1.0'
        in metrics
    )
    refused = [each for each in metrics.splitlines() if "api_writes" in each and 'result="refused"' in each]
    assert not refused, refused
    administrator.delete(f"{SCALERS}/hmi").raise_for_status()
    resting.delete()


def test_what_the_operator_owns(hmi: Workload) -> None:
    """Its ReplicaSets are healed, named by their revision, owned, and written by a field manager of its own."""
    hmi.declare("1", replicas=1)
    hmi.stands("Completed", availableReplicas=1)
    (made,) = hmi.sets()
    (owner,) = made["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["controller"], owner["uid"]) == ("Rollout", True, hmi.stored()["metadata"]["uid"])
    managers = {each["manager"] for each in made["metadata"]["managedFields"] if each.get("subresource") != "status"}
    assert managers == {"fabgitops-delivery"}
    hmi.api.delete(f"/apis/apps/v1/namespaces/{NAMESPACE}/replicasets/{made['metadata']['name']}").raise_for_status()
    until(
        lambda: [each for each in hmi.sets() if each["metadata"]["uid"] != made["metadata"]["uid"]], "it is made anew"
    )
    until(lambda: hmi.pods() == {"1": 1}, "its pod is there again")


def test_from_deployment(hmi: Workload) -> None:
    """A Rollout of a Deployment's name, selector and template stands beside it, and stays when that is scaled down."""
    path = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"
    labels = {"app": hmi.name}
    pod = {"terminationGracePeriodSeconds": 0, "containers": [{"name": "hmi", "image": f"{hmi.name}:1"}]}
    template = {"metadata": {"labels": labels}, "spec": pod}
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    hmi.api.post(path, json={"metadata": {"name": hmi.name}, "spec": spec}).raise_for_status()

    def available() -> int:
        found = hmi.api.get(f"{path}/{hmi.name}").raise_for_status().json()
        return int(found["status"].get("availableReplicas", 0))

    until(lambda: available() == 2, "the Deployment has its pods")
    hmi.declare("1", replicas=2)
    hmi.stands("Completed", availableReplicas=2)
    assert available() == 2
    hmi.api.patch(f"{path}/{hmi.name}", json={"spec": {"replicas": 0}}, headers=MERGE).raise_for_status()
    until(lambda: available() == 0, "the Deployment has none")
    assert hmi.pods() == {"1": 2}
    hmi.api.delete(f"{path}/{hmi.name}").raise_for_status()


PLAIN: dict[str, object] = {"strategy": {"simple": {}, "canary": None, "blueGreen": None, "abTesting": None}}


@pytest.mark.parametrize("way", ["let go", "at once", "orphaned"])
def test_what_a_deleted_rollout_leaves(hmi: Workload, way: str) -> None:
    """Deleted at once it leaves the hash in Services, let go first it leaves nothing, and orphaned all goes on."""
    path = f"/api/v1/namespaces/{NAMESPACE}/services"
    selector = {"app": hmi.name}
    service = {"metadata": {"name": hmi.name}, "spec": {"selector": selector, "ports": [{"port": 80}]}}
    hmi.api.post(path, json=service).raise_for_status()
    hmi.declare("1", replicas=1)
    named = {"strategy": {"canary": {"stableService": hmi.name, "steps": None}}}
    hmi.api.patch(hmi.path, json={"spec": named}, headers=MERGE).raise_for_status()
    hash_ = hmi.stands("Completed", services=[hmi.name])["currentPodHash"]
    held = {**selector, "rollouts-pod-template-hash": hash_}

    def selects() -> object:
        return hmi.api.get(f"{path}/{hmi.name}").raise_for_status().json()["spec"]["selector"]

    until(lambda: selects() == held, "the Service selects the revision")
    if way == "let go":
        hmi.api.patch(hmi.path, json={"spec": PLAIN}, headers=MERGE).raise_for_status()
        until(lambda: not hmi.status().get("services"), "nothing is held any more")
    policy = "Orphan" if way == "orphaned" else "Background"
    hmi.api.delete(hmi.path, params={"propagationPolicy": policy}).raise_for_status()
    until(lambda: hmi.api.get(hmi.path).status_code == 404, "it is gone")
    if way == "orphaned":
        until(lambda: not any(each["metadata"].get("ownerReferences") for each in hmi.sets()), "nobody owns its pods")
        assert hmi.pods() == {"1": 1}
        (left,) = hmi.sets()
        hmi.api.delete(f"/apis/apps/v1/namespaces/{NAMESPACE}/replicasets/{left['metadata']['name']}")
    until(lambda: not hmi.sets(), "what it owned is collected")
    assert selects() == (selector if way == "let go" else held)
    hmi.api.delete(f"{path}/{hmi.name}").raise_for_status()


def test_upgrade(hmi: Workload, delivery_plane: ControlPlane, tmp_path: Path) -> None:
    """An operator that starts beside a hundred idle Rollouts writes nothing: each object has its version still."""
    administrator = hmi.api
    idle = [Workload(administrator, NAMESPACE, f"idle-{number}") for number in range(100)]
    for each in idle:
        each.declare("1", replicas=0)
    for each in idle:
        each.stands("Completed")
        until(each.is_seen, f"the ReplicaSet of {each.name} is seen by its controller")
        until(partial(is_told, each), f"all is told of {each.name}")
    before = versions(administrator)
    assert len(before) == 200
    with Operator(delivery_plane.kubeconfig_for(ACCOUNT), "memory", tmp_path / "log", kinds="delivery") as newer:
        until(lambda: newer.metrics().count('phase="Completed",rollout="idle-') == 100, "it has looked at all of them")
        writes = [each for each in newer.metrics().splitlines() if each.startswith("fabgitops_api_writes_total{")]
        assert [each for each in writes if not each.endswith(" 0.0")] == []
    assert versions(administrator) == before
    for each in idle:
        administrator.delete(each.path).raise_for_status()


def is_told(workload: Workload) -> bool:
    """Return whether its operator has nothing to tell of it any more: that is the last that it writes."""
    return not workload.status().get("outbox")


def versions(api: httpx.Client) -> dict[str, str]:
    """Return the resourceVersion of each idle Rollout and ReplicaSet."""
    paths = (f"{GROUP}/namespaces/{NAMESPACE}/rollouts", f"/apis/apps/v1/namespaces/{NAMESPACE}/replicasets")
    rows = [each["metadata"] for path in paths for each in api.get(path).raise_for_status().json()["items"]]
    return {each["uid"]: each["resourceVersion"] for each in rows if each["name"].startswith("idle-")}
