"""Rollouts of Argo Rollouts on a real API server: the operator leads them, and hears what their tools patch."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from fabgitops_core.api.argo.kinds import ARGO_ROLLOUT
from fabgitops_core.api.argo.owning import DEFAULT_ID, INSTANCE_ID, OURS, THEIRS
from testbed import ControlPlane

from ..operators import Operator
from ..planes import APPLY, FORCE, MERGE, until
from .conftest import NAMESPACE
from .workload import STEPS, Body, Workload

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

ACCOUNT = "system:serviceaccount:fabgitops-system:fabgitops-argo"
GROUP = f"/apis/argoproj.io/v1alpha1/namespaces/{NAMESPACE}"


class ArgoWorkload(Workload):
    """A Rollout of Argo Rollouts, and its ReplicaSets."""

    def __init__(self, api: httpx.Client, name: str, instance_id: str) -> None:
        super().__init__(api, NAMESPACE, name)
        self.path = f"{GROUP}/rollouts/{name}"
        self._labels = {INSTANCE_ID: instance_id} if instance_id else {}

    def declare(self, version: str, *, replicas: int | None = 4) -> None:
        """Declare a version, server-side."""
        labels = {"app": self.name}
        pod = {"terminationGracePeriodSeconds": 0, "containers": [{"name": "hmi", "image": f"{self.name}:{version}"}]}
        spec: Body = {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
            "strategy": self.strategy(),
        }
        metadata = {"name": self.name, "labels": self._labels}
        body = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": metadata, "spec": spec}
        self.api.patch(self.path, params=FORCE, json=body, headers=APPLY).raise_for_status()

    def strategy(self) -> Body:
        """Return how it goes from one version to the next."""
        return {"canary": {"maxSurge": 1, "maxUnavailable": 0, "steps": self.steps()}}

    def steps(self) -> list[Body]:
        """Return the steps of its canary."""
        return STEPS

    def patch_status(self, status: Body) -> None:
        """Patch its status, as the kubectl plugin does."""
        self.api.patch(f"{self.path}/status", json={"status": status}, headers=MERGE).raise_for_status()

    def is_so(self, **fields: object) -> Body:
        """Wait until its status has these fields; return the status."""

        def so() -> Body | None:
            body = self.stored()
            status: Body = body.get("status") or {}
            seen = status.get("observedGeneration") == str(body["metadata"]["generation"])
            return status if seen and fields.items() <= status.items() else None

        return until(so, f"{self.name} is {fields}: {self.status()}") or {}

    def seen_by(self, manager: str, status: Body) -> None:
        """Patch its status under a name, as its controller of that name does."""
        asked = {"fieldManager": manager}
        self.api.patch(f"{self.path}/status", params=asked, json={"status": status}, headers=MERGE).raise_for_status()

    def keeps(self, status: Body) -> bool:
        """Return whether all of a status would be stored."""
        url, asked = f"{self.path}/status", {"dryRun": "All"}
        answer = self.api.patch(url, params=asked, json={"status": status}, headers=MERGE).raise_for_status().json()
        return status.keys() <= (answer.get("status") or {}).keys()

    def told(self, reason: str) -> list[Body]:
        """Return the Events of a reason about it."""
        found = self.api.get(f"/apis/events.k8s.io/v1/namespaces/{NAMESPACE}/events").raise_for_status().json()["items"]
        return [each for each in found if (each["reason"], each["regarding"]["name"]) == (reason, self.name)]


@pytest.fixture
def argo(delivery_plane: ControlPlane, tmp_path: Path) -> Iterator[Operator]:
    """Return the operator of Argo Rollouts' kinds, with exactly its rights."""
    with Operator(delivery_plane.kubeconfig_for(ACCOUNT), "memory", tmp_path / "log", kinds="argo") as running:
        yield running


def test_canary(argo: Operator, administrator: httpx.Client) -> None:
    """One with our label goes through a canary by patches of its status; one without is left alone, as one at rest is.

    What another operator's Rollouts own is none of its business.
    """
    theirs, resting, hmi = (
        ArgoWorkload(administrator, name, instance_id)
        for name, instance_id in (("argo-theirs", ""), ("argo-resting", DEFAULT_ID), ("argo-hmi", DEFAULT_ID))
    )
    theirs.declare("1")
    resting.declare("1", replicas=1)
    resting.is_so(phase="Healthy", availableReplicas=1, readyReplicas=1)
    until(lambda: not resting.status()["fabgitops"]["outbox"], "all is told of it")
    before = resting.versions(), theirs.versions()
    hmi.declare("1")
    first = hmi.is_so(phase="Healthy", availableReplicas=4)["currentPodHash"]
    hmi.declare("2")
    paused = hmi.is_so(phase="Paused", currentStepIndex=1)
    assert (paused["stableRS"], dict(hmi.pods())) == (first, {"1": 3, "2": 1})
    hmi.patch_status({"pauseConditions": None})
    hmi.is_so(phase="Paused", currentStepIndex=3)
    assert dict(hmi.pods()) == {"1": 2, "2": 2}
    hmi.patch_status({"abort": True})
    hmi.is_so(phase="Degraded", abort=True)
    until(lambda: dict(hmi.pods()) == {"1": 4, "2": 0}, "the proven version has all pods")
    hmi.patch_status({"abort": False})
    hmi.is_so(phase="Paused", currentStepIndex=1)
    hmi.patch_status({"promoteFull": True})
    done = hmi.is_so(phase="Healthy", availableReplicas=4, stableRS=paused["currentPodHash"])
    assert done["currentPodHash"] == paused["currentPodHash"]
    assert (resting.versions(), theirs.versions()) == before
    assert (theirs.status(), theirs.sets()) == ({}, [])
    metrics = argo.metrics()
    assert 'kinds="argo"' in metrics
    assert 'phase="Completed",rollout="argo-hmi"} 1.0' in metrics
    assert "argo-theirs" not in metrics
    assert not [each for each in metrics.splitlines() if "api_writes" in each and 'result="refused"' in each]
    for each in (theirs, resting, hmi):
        each.delete()


def test_beside_argo_rollouts(delivery_plane: ControlPlane, administrator: httpx.Client, tmp_path: Path) -> None:
    """Without an id it looks after what has no label, but not while Argo Rollouts' controller writes its statuses.

    Of that people are told once; it is taken up when somebody hands it over, by a patch of its status in our name.
    """
    ours, theirs, labelled = (
        ArgoWorkload(administrator, name, instance_id)
        for name, instance_id in (("free-ours", ""), ("free-theirs", ""), ("free-labelled", DEFAULT_ID))
    )
    for each in (ours, theirs, labelled):
        each.declare("1", replicas=1)
    theirs.seen_by(THEIRS, {"phase": "Healthy", "observedGeneration": "1"})
    where = delivery_plane.kubeconfig_for(ACCOUNT), "memory", tmp_path / "log", "--argo-instance-id", ""
    with Operator(*where, kinds="argo") as running:
        ours.is_so(phase="Healthy", availableReplicas=1)
        (event,) = until(lambda: theirs.told("ForeignController"), "people are told of who else is there")
        assert (event["type"], event["note"].partition(" has ")[0]) == ("Warning", f"left alone: {THEIRS}")
        ours.seen_by(THEIRS, {"phase": "Progressing", "message": "theirs"})
        until(lambda: ours.told("ForeignController"), "the same of one that was ours before")
        ours.declare("2", replicas=1)
        theirs.declare("2", replicas=1)
        ours.seen_by(THEIRS, {"message": "theirs still"})
        theirs.seen_by(OURS, {"message": "handed over"})
        theirs.is_so(phase="Healthy", availableReplicas=1)
        assert len(theirs.told("ForeignController")) == 1
        assert (ours.status()["message"], ours.status()["phase"], len(ours.sets())) == (
            "theirs still",
            "Progressing",
            1,
        )
        assert (labelled.status(), labelled.sets()) == ({}, [])
        assert 'rollout="free-ours"' not in running.metrics()
    for each in (ours, theirs, labelled):
        each.delete()


def test_a_second_one_stands_by(delivery_plane: ControlPlane, administrator: httpx.Client, tmp_path: Path) -> None:
    """Of two with one Lease the second makes nothing, and goes on where the first one was when that has ended."""
    hmi = ArgoWorkload(administrator, "standby-hmi", DEFAULT_ID)
    hmi.declare("1")
    operator = partial(Operator, delivery_plane.kubeconfig, "memory", lease="argo-standby", kinds="argo")
    with operator(tmp_path / "first.log") as first:
        hmi.is_so(phase="Healthy", availableReplicas=4)
        hmi.declare("2")
        hmi.is_so(phase="Paused", currentStepIndex=1)
        with operator(tmp_path / "second.log", begun="standing by") as second:
            hmi.patch_status({"pauseConditions": None})
            hmi.is_so(phase="Paused", currentStepIndex=3)
            assert "looking after" not in second.log
            assert first.process is not None
            first.process.terminate()
            assert first.process.wait(30) == 0
            hmi.patch_status({"pauseConditions": None})
            hmi.is_so(phase="Healthy", availableReplicas=4)
            assert "looking after" in second.log
            assert dict(hmi.pods()) == {"1": 0, "2": 4}
    hmi.delete()


@pytest.fixture
def definition_of_theirs(administrator: httpx.Client) -> Iterator[None]:
    """Let the definition of Rollouts have no field of ours, as that of Argo Rollouts, for the time of a test."""
    url = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{ARGO_ROLLOUT.crd_name}"
    probe = ArgoWorkload(administrator, "argo-probe", "probe")
    probe.declare("1")
    place = "/spec/versions/0/schema/openAPIV3Schema/properties/status/properties/fabgitops"
    versions = administrator.get(url).raise_for_status().json()["spec"]["versions"]
    field = versions[0]["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"]["fabgitops"]

    def change(op: str, *, keeps: bool) -> None:
        step = {"op": op, "path": place, "value": field}
        headers = {"Content-Type": "application/json-patch+json"}
        administrator.patch(url, json=[step], headers=headers).raise_for_status()
        until(lambda: probe.keeps({"fabgitops": {"message": "here"}}) is keeps, "the definition counts")

    change("remove", keeps=False)
    yield
    change("add", keeps=True)
    probe.delete()


@pytest.mark.usefixtures("definition_of_theirs")
def test_a_definition_of_argo_rollouts(argo: Operator, administrator: httpx.Client) -> None:
    """Where the API server drops the field that all is decided by, no pod is made, and an Event says what to do."""
    hmi = ArgoWorkload(administrator, "argo-dropped", DEFAULT_ID)
    hmi.declare("1")
    event, *_ = until(lambda: hmi.told("StatusFieldsDropped"), "people are told")
    assert "x-kubernetes-preserve-unknown-fields" in event["note"]
    until(lambda: re.search(r'result="pruned"} ([2-9]|[1-9]\d)', argo.metrics()), "it has gone as far as it goes")
    assert hmi.sets() == []
    hmi.delete()
