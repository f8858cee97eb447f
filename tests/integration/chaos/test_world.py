"""Where experiments and their targets are kept: what the operator finds and does on a real API server."""

from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import httpx
import pytest
from fabgitops_core.api.chaos.experiment import CHAOS_EXPERIMENT
from fabgitops_core.api.chaos.target import Target
from fabgitops_core.api.meta import Key
from fabgitops_core.control.chaos.deeds import Delete, Evict, Spot
from fabgitops_core.control.chaos.ids import InjectionId, NodeName, TargetUid
from fabgitops_core.control.chaos.outcomes import Result
from fabgitops_operator.chaos.away import AwayError
from fabgitops_operator.cluster.experiments import Experiments
from fabgitops_operator.cluster.kubeconfig.access import by_kubeconfig
from fabgitops_operator.cluster.kubeconfig.files import chosen
from fabgitops_operator.cluster.rest import Rest
from testbed.plane import ControlPlane

pytestmark = pytest.mark.integration
NUMBERS = count(1)
POLICY = {"enabled": True, "scenarios": ["podKiller"]}
RUN = {
    "scenario": {"podKiller": {}},
    "target": {"kind": "pods", "labelSelector": {"matchLabels": {"app": "hmi"}}},
}


class Site:
    """A namespace of a test's own."""

    def __init__(self, api: httpx.Client, experiments: Experiments) -> None:
        self.api, self.experiments, self.name = api, experiments, f"chaos-{next(NUMBERS)}"
        self.post("/api/v1/namespaces", {"metadata": {"name": self.name}})
        self.post(self.path("serviceaccounts"), {"metadata": {"name": "default"}})

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Make something, and return it."""
        answer = self.api.post(path, json=body)
        assert answer.is_success, answer.text
        return dict(answer.json())

    def path(self, plural: str, group: str = "api/v1") -> str:
        """Return where objects of this namespace are."""
        return f"/{group}/namespaces/{self.name}/{plural}"

    def pod(self, name: str, labels: dict[str, str] | None = None, *, ready: bool = True) -> dict[str, Any]:
        """Make a pod that is on a node."""
        spec = {"containers": [{"name": "web", "image": "web"}], "nodeName": "node-1"}
        metadata = {"name": name, "labels": {"app": "hmi", **(labels or {})}}
        made = self.post(self.path("pods"), {"metadata": metadata, "spec": spec})
        conditions = [{"type": "Ready", "status": str(ready)}]
        status = {"status": {"phase": "Running", "conditions": conditions}}
        self.patch(f"{self.path('pods')}/{name}/status", status)
        return made

    def experiment(self, *finalizers: str) -> str:
        """Make an experiment, and return where such are."""
        path = self.path("chaosexperiments", "apis/fabgitops.io/v1")
        metadata = {"name": "x", "finalizers": list(finalizers)}
        self.post(path, {"apiVersion": "fabgitops.io/v1", "kind": "ChaosExperiment", "metadata": metadata, "spec": RUN})
        return path

    def patch(self, path: str, body: dict[str, Any]) -> None:
        """Merge into something."""
        merge = {"Content-Type": "application/merge-patch+json"}
        self.api.patch(path, json=body, headers=merge).raise_for_status()

    def target(self, **more: Any) -> Target:
        """Return a target of this namespace."""
        return Target.model_validate({"kind": "pods", "labelSelector": {"matchLabels": {"app": "hmi"}}, **more})

    def spot(self, pod: dict[str, Any]) -> Spot:
        """Return where a pod is."""
        uid = TargetUid(pod["metadata"]["uid"])
        return Spot(self.name, pod["metadata"]["name"], uid, NodeName("node-1"), InjectionId("r.t"))

    def pods(self) -> set[str]:
        """Return the pods that are there, and not going."""
        found = self.api.get(self.path("pods")).json()["items"]
        return {each["metadata"]["name"] for each in found if "deletionTimestamp" not in each["metadata"]}


@pytest.fixture(name="site")
async def _site(control_plane: ControlPlane, http: httpx.Client) -> AsyncIterator[Site]:
    access = by_kubeconfig(chosen([control_plane.kubeconfig]))
    rest = Rest(access)
    yield Site(http, Experiments(rest, "default"))
    await rest.close()


async def test_what_is_allowed(site: Site) -> None:
    """Without a policy or a label nothing is allowed; with them what they say is, read anew each time."""
    assert await site.experiments.policy() is None
    assert not await site.experiments.opted_in(site.name)
    assert not await site.experiments.opted_in("nowhere")
    made = {"apiVersion": "fabgitops.io/v1", "kind": "ChaosPolicy", "metadata": {"name": "default"}, "spec": POLICY}
    site.post("/apis/fabgitops.io/v1/chaospolicies", made)
    try:
        policy = await site.experiments.policy()
        assert policy
        assert (policy.enabled, policy.scenarios) == (True, ("podKiller",))
    finally:
        site.api.delete("/apis/fabgitops.io/v1/chaospolicies/default").raise_for_status()
    labels = {"metadata": {"labels": {"fabgitops.io/chaos": "allowed"}}}
    site.patch(f"/api/v1/namespaces/{site.name}", labels)
    assert await site.experiments.opted_in(site.name)


async def test_who_may_be_chosen(site: Site) -> None:
    """Pods are found by their labels, with what speaks against each: not ready, protected, or had by another run."""
    ready = site.pod("a", {"tier": "web"})
    site.pod("b", {"tier": "web"}, ready=False)
    site.pod("c", {"tier": "db", "fabgitops.io/chaos": "protected"})
    found = {each.name: each for each in await site.experiments.candidates(site.name, site.target())}
    assert {name: (each.ready, each.node) for name, each in found.items()} == {
        "a": (True, "node-1"),
        "b": (False, "node-1"),
        "c": (True, "node-1"),
    }
    assert found["c"].labels["fabgitops.io/chaos"] == "protected"
    for name in ("name", "part-of"):
        site.pod(f"our-{name}", {f"app.kubernetes.io/{name}": "fabgitops", "app": name})
        ours = site.target(labelSelector={"matchLabels": {"app": name}})
        assert [each.ours for each in await site.experiments.candidates(site.name, ours)] == [True]
    assert not found["a"].ours
    expressions = [{"key": "tier", "operator": "NotIn", "values": ["db"]}, {"key": "tier", "operator": "Exists"}]
    these = site.target(labelSelector={"matchExpressions": expressions})
    assert {each.name for each in await site.experiments.candidates(site.name, these)} == {"a", "b"}
    path = site.path("chaosexperiments", "apis/fabgitops.io/v1")
    site.post(
        path, {"apiVersion": "fabgitops.io/v1", "kind": "ChaosExperiment", "metadata": {"name": "x"}, "spec": RUN}
    )
    record = {"name": "a", "uid": ready["metadata"]["uid"], "node": "node-1", "id": "x.a", "state": "Injected"}
    status = {"status": {"phase": "Running", "targets": [record]}}
    site.patch(f"{path}/x/status", status)
    busy = {each.name: each.claimed_by for each in await site.experiments.candidates(site.name, site.target())}
    assert busy == {"a": f"{site.name}/x", "b": "", "c": ""}


async def test_what_a_rollout_moves_is_told(site: Site) -> None:
    """A pod whose Deployment has a change that is not rolled out is not hit; afterwards it may be again."""
    pods = {"metadata": {"labels": {"app": "hmi"}}, "spec": {"containers": [{"name": "web", "image": "web"}]}}
    selector = {"matchLabels": {"app": "hmi"}}
    path = site.path("deployments", "apis/apps/v1")
    made = site.post(path, {"metadata": {"name": "hmi"}, "spec": {"selector": selector, "template": pods}})

    def owned(kind: str, metadata: dict[str, Any]) -> list[dict[str, Any]]:
        about = {"apiVersion": "apps/v1", "kind": kind, "controller": True}
        return [{**about, "name": metadata["name"], "uid": metadata["uid"]}]

    of_it = {"name": "hmi-1", "ownerReferences": owned("Deployment", made["metadata"])}
    replicas = {"metadata": of_it, "spec": {"replicas": 1, "selector": selector, "template": pods}}
    replica_set = site.post(site.path("replicasets", "apis/apps/v1"), replicas)["metadata"]
    site.pod("hmi-1-a")
    site.patch(f"{site.path('pods')}/hmi-1-a", {"metadata": {"ownerReferences": owned("ReplicaSet", replica_set)}})
    (moved,) = await site.experiments.candidates(site.name, site.target())
    assert moved.moved_by == "the Deployment hmi (a change of it is not seen yet)"
    rolled = {"observedGeneration": made["metadata"]["generation"], "replicas": 1, "updatedReplicas": 1}
    site.patch(f"{path}/hmi/status", {"status": rolled})
    (still,) = await site.experiments.candidates(site.name, site.target())
    assert still.moved_by == ""


async def test_an_experiment_is_held_and_let_go(site: Site) -> None:
    """Our finalizer is put on and taken off, others' stay; one that is gone is let go, and cannot be held."""
    path = site.experiment("example.com/theirs")
    key = Key(CHAOS_EXPERIMENT.name, site.name, "x")

    def finalizers() -> list[str]:
        return list(site.api.get(f"{path}/x").json()["metadata"].get("finalizers", []))

    for _ in range(2):
        await site.experiments.hold(key)
        assert finalizers() == ["example.com/theirs", "fabgitops.io/chaos"]
    for _ in range(2):
        await site.experiments.release(key)
        assert finalizers() == ["example.com/theirs"]
    site.patch(f"{path}/x", {"metadata": {"finalizers": []}})
    gone = Key(CHAOS_EXPERIMENT.name, site.name, "y")
    await site.experiments.release(gone)
    with pytest.raises(AwayError, match="is not there any more"):
        await site.experiments.hold(gone)


async def test_pods_end_under_their_budget(site: Site) -> None:
    """A pod is evicted where its budget allows it, and stays where it does not; deleted it goes past the budget."""
    pods = [site.pod(name) for name in ("a", "b", "c")]
    budget = {"metadata": {"name": "hmi"}, "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "hmi"}}}}
    path = site.path("poddisruptionbudgets", "apis/policy/v1")
    generation = site.post(path, budget)["metadata"]["generation"]

    def allowed(disruptions: int) -> None:
        counts = {"currentHealthy": 3, "desiredHealthy": 2, "expectedPods": 3, "observedGeneration": generation}
        status = {"status": {**counts, "disruptionsAllowed": disruptions}}
        site.patch(f"{path}/hmi/status", status)

    allowed(0)
    refused = await site.experiments.kill(Evict(site.spot(pods[0])))
    assert (refused.result, "disruption budget" in refused.message) == (Result.REFUSED, True), refused
    assert site.pods() == {"a", "b", "c"}
    allowed(1)
    assert (await site.experiments.kill(Evict(site.spot(pods[0])))).result is Result.DONE
    assert site.pods() == {"b", "c"}
    allowed(0)
    assert (await site.experiments.kill(Delete(site.spot(pods[1])))).result is Result.DONE
    assert site.pods() == {"c"}
    assert (await site.experiments.kill(Evict(site.spot(pods[1])))).result is Result.GONE


async def test_a_pod_that_was_replaced_is_left_alone(site: Site) -> None:
    """A pod of the same name and another uid is not the target: it is not touched, nor is its budget."""
    pod = site.pod("a")
    other = {**pod, "metadata": {**pod["metadata"], "uid": "0b5a2f6e-5a4e-4d6c-9c1d-1f3f5a7b9c0d"}}
    for deed in (Evict(site.spot(other)), Delete(site.spot(other))):
        assert (await site.experiments.kill(deed)).result is Result.GONE
    assert site.pods() == {"a"}
