"""The tools that people have for Argo Rollouts, as they are shipped, on Rollouts that our operator leads."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from fabgitops_core.api.argo.owning import DEFAULT_ID
from fabgitops_core.api.rollout.marks import HASH
from testbed import ControlPlane
from testbed.pods import Kubelet

from ..operators import Operator
from ..planes import APPLY, FORCE, until
from .conftest import NAMESPACE
from .test_argo import ACCOUNT, ArgoWorkload
from .test_referring import Deployment
from .tools import ArgoCD, Flux, Plugin
from .workload import Body

SERVICES = f"/api/v1/namespaces/{NAMESPACE}/services"

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def argo(delivery_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """Return the operator of Argo Rollouts' kinds, with exactly its rights."""
    log = tmp_path_factory.mktemp("argo") / "log"
    with Operator(delivery_plane.kubeconfig_for(ACCOUNT), "memory", log, kinds="argo") as running:
        yield running


@pytest.fixture
def hmi(argo: Operator, administrator: httpx.Client, request: pytest.FixtureRequest) -> Iterator[ArgoWorkload]:
    """Return a Rollout of Argo Rollouts of the test's own, which is deleted after it."""
    name = request.node.name.removeprefix("test_").replace("_", "-")[:20].strip("-")
    workload = ArgoWorkload(administrator, name, DEFAULT_ID)
    yield workload
    workload.delete()


@pytest.fixture
def plugin(argo_plugin: Path, delivery_plane: ControlPlane) -> Plugin:
    """Return the kubectl plugin."""
    return Plugin(argo_plugin, delivery_plane.kubeconfig, NAMESPACE)


def test_the_kubectl_plugin(hmi: ArgoWorkload, plugin: Plugin) -> None:
    """All its commands that lead a Rollout come to what they come to with Argo Rollouts; `restart` is refused by name.

    It lists Rollouts, and Experiments, of which there are none. `undo` goes back to the pods of before.
    """
    hmi.declare("1")
    hmi.is_so(phase="Healthy", availableReplicas=4)
    assert plugin("status", hmi.name).startswith("Healthy")
    assert plugin.listed(hmi.name) == ["Canary", "Healthy", "4/4", "100", "4/4", "4", "4", "4"]
    plugin("set", "image", hmi.name, f"hmi={hmi.name}:2")
    hmi.is_so(phase="Paused", currentStepIndex=1)
    assert plugin.listed(hmi.name) == ["Canary", "Paused", "1/4", "25", "4/4", "4", "1", "4"]
    assert plugin("status", hmi.name, "--watch=false").startswith("Paused - step 2 of 4")
    shown = plugin.shown(hmi.name)
    assert [line for line in shown if ":" in line[:16]][2:8] == [
        "Status: ॥ Paused",
        "Message: step 2 of 4: paused (CanaryPauseStep) until somebody promotes it",
        "Strategy: Canary",
        "Step: 1/4",
        "SetWeight: 25",
        "ActualWeight: 25",
    ]
    assert {f"Images: {hmi.name}:1 (stable)", f"{hmi.name}:2 (canary)"} <= set(shown)
    of = r"ReplicaSet ✔ Healthy \S+"
    assert re.search(rf"# revision:2 .* {of} canary .*# revision:1 .* {of} stable", " ".join(shown))
    plugin("promote", hmi.name)
    hmi.is_so(phase="Paused", currentStepIndex=3)
    plugin("pause", hmi.name)
    hmi.is_so(phase="Paused", message="spec.paused is true")
    plugin("promote", hmi.name)
    hmi.is_so(phase="Healthy", availableReplicas=4, replicas=4)
    for _ in range(2):
        plugin("set", "image", hmi.name, f"hmi={hmi.name}:3")
        hmi.is_so(phase="Paused", currentStepIndex=1)
        plugin("undo", hmi.name)
        hmi.is_so(phase="Healthy", availableReplicas=4, replicas=4)
        assert hmi.pods() == {"1": 0, "2": 4, "3": 0}
        assert len(hmi.sets()) == 3
    plugin("set", "image", hmi.name, f"hmi={hmi.name}:3")
    hmi.is_so(phase="Paused", currentStepIndex=1)
    plugin("abort", hmi.name)
    hmi.is_so(phase="Degraded", abort=True)
    code, text = plugin.run("status", hmi.name)
    assert (code, text.splitlines()[0]) == (1, "Degraded - revision 7 was given up: somebody aborted it")
    until(lambda: hmi.pods() == {"1": 0, "2": 4, "3": 0}, "version 2 has all pods")
    plugin("retry", "rollout", hmi.name)
    hmi.is_so(phase="Paused", currentStepIndex=1)
    plugin("promote", "--full", hmi.name)
    hmi.is_so(phase="Healthy", availableReplicas=4, replicas=4)
    assert hmi.pods() == {"1": 0, "2": 0, "3": 4}
    plugin("restart", hmi.name)
    refused = hmi.is_so(phase="Degraded")["message"]
    assert "pods are not restarted at a time" in refused
    assert "take it away" in refused
    assert "No resources found" in plugin("list", "experiments")


def test_argo_cd_and_flux(hmi: ArgoWorkload, argo_cd: ArgoCD, flux: Flux, kubelet: Kubelet) -> None:
    """Argo CD's health of a Rollout is what it is with Argo Rollouts, its actions are obeyed, and Flux waits for it."""

    def health(wanted: str, judged: str) -> str:
        body = hmi.stored()
        (found, message), offered = argo_cd.health(body), argo_cd.offered(body)
        assert (found, flux.health(body)) == (wanted, judged), message
        return " ".join(sorted(offered - {"restart"}))

    def act(action: str) -> None:
        argo_cd.act(hmi.api, hmi.path, action)

    hmi.declare("1")
    hmi.is_so(phase="Healthy", availableReplicas=4)
    assert health("Healthy", "Current") == ""
    act("pause")
    hmi.is_so(phase="Paused")
    assert health("Suspended", "InProgress") == "resume"
    act("resume")
    hmi.is_so(phase="Healthy")
    kubelet.break_image(f"{hmi.name}:2")
    hmi.declare("2")
    hmi.is_so(phase="Progressing", replicas=5)
    assert health("Progressing", "InProgress") == "abort pause promote-full skip-current-step"
    act("abort")
    hmi.is_so(phase="Degraded", abort=True)
    assert health("Degraded", "Failed") == "promote-full retry skip-current-step"
    kubelet.mend_image(f"{hmi.name}:2")
    act("retry")
    hmi.is_so(phase="Paused", currentStepIndex=1)
    assert health("Suspended", "InProgress") == "abort pause promote-full resume skip-current-step"
    act("pause")
    hmi.is_so(phase="Paused", message="spec.paused is true")
    assert health("Suspended", "InProgress") == "abort promote-full resume skip-current-step"
    act("resume")
    hmi.is_so(phase="Paused", currentStepIndex=3)
    act("skip-current-step")
    hmi.is_so(phase="Healthy", availableReplicas=4, replicas=4)
    hmi.declare("3")
    hmi.is_so(phase="Paused", currentStepIndex=1)
    act("promote-full")
    hmi.is_so(phase="Healthy", availableReplicas=4, replicas=4)
    assert hmi.pods() == {"1": 0, "2": 0, "3": 4}
    act("restart")
    hmi.is_so(phase="Degraded")
    assert health("Degraded", "Failed") == ""
    assert "observedGeneration" in flux.by_kstatus(hmi.stored())


class BlueGreen(ArgoWorkload):
    """One with an active and a preview Service, which waits for a word."""

    def strategy(self) -> Body:
        """Return how it goes from one version to the next."""
        services = {"activeService": f"{self.name}-active", "previewService": f"{self.name}-preview"}
        return {"blueGreen": {**services, "autoPromotionEnabled": False, "scaleDownDelaySeconds": 1}}

    def serve(self) -> None:
        """Make its Services."""
        for name in self.strategy()["blueGreen"]["activeService"], self.strategy()["blueGreen"]["previewService"]:
            spec = {"selector": {"app": self.name}, "ports": [{"port": 80}]}
            self.api.post(SERVICES, json={"metadata": {"name": name}, "spec": spec}).raise_for_status()

    def served(self) -> tuple[str, str]:
        """Return the versions that the active and the preview Service select, as soon as both select one."""
        active, preview = until(self._selected, "its Services select a version")
        return active, preview

    def _selected(self) -> list[str]:
        versions = {each["metadata"]["labels"][HASH]: _version(each) for each in self.sets()}
        rows = (self.api.get(f"{SERVICES}/{self.name}-{each}").raise_for_status() for each in ("active", "preview"))
        found = [versions.get(each.json()["spec"]["selector"].get(HASH, ""), "") for each in rows]
        return found if all(found) else []

    def delete(self) -> None:
        """Delete it, and its Services."""
        super().delete()
        for each in ("active", "preview"):
            self.api.delete(f"{SERVICES}/{self.name}-{each}")


def _version(body: Body) -> str:
    return str(body["spec"]["template"]["spec"]["containers"][0]["image"]).rpartition(":")[2]


@pytest.fixture
def blue_green(argo: Operator, administrator: httpx.Client) -> Iterator[BlueGreen]:
    """Return a blue-green, which is deleted after the test."""
    workload = BlueGreen(administrator, "argo-blue-green", DEFAULT_ID)
    workload.serve()
    yield workload
    workload.delete()


def test_a_blue_green(blue_green: BlueGreen, plugin: Plugin, argo_cd: ArgoCD) -> None:
    """The plugin and Argo CD lead a blue-green as they do a canary: it goes over when it is promoted, or never."""
    blue_green.declare("1", replicas=2)
    blue_green.is_so(phase="Healthy", availableReplicas=2)
    assert argo_cd.health(blue_green.stored())[0] == "Healthy"
    words: dict[str, Callable[[], object]] = {
        "2": lambda: plugin("promote", blue_green.name),
        "3": lambda: argo_cd.act(blue_green.api, blue_green.path, "resume"),
    }
    for version, promote in words.items():
        before = blue_green.served()[0]
        blue_green.declare(version, replicas=2)
        blue_green.is_so(phase="Paused", updatedReplicas=2, replicas=4)
        assert (argo_cd.health(blue_green.stored())[0], blue_green.served()) == ("Suspended", (before, version))
        tagged = [line.removeprefix("Images: ") for line in plugin.shown(blue_green.name) if line.endswith(")")]
        assert tagged == [f"{blue_green.name}:{before} (stable, active)", f"{blue_green.name}:{version} (preview)"]
        assert argo_cd.offered(blue_green.stored()) >= {"abort", "pause", "promote-full", "resume"}
        promote()
        blue_green.is_so(phase="Healthy", availableReplicas=2, replicas=2)
        assert blue_green.served()[0] == version
    assert plugin.listed(blue_green.name)[:2] == ["BlueGreen", "Healthy"]
    blue_green.declare("4", replicas=2)
    blue_green.is_so(phase="Paused", updatedReplicas=2)
    plugin("abort", blue_green.name)
    blue_green.is_so(phase="Degraded", abort=True)
    assert (argo_cd.health(blue_green.stored())[0], blue_green.served()[0]) == ("Degraded", "3")


class Referring(ArgoWorkload):
    """One whose pods a Deployment says, of which Argo Rollouts has noted a generation."""

    def refer(self) -> None:
        """Declare it."""
        ref = {"apiVersion": "apps/v1", "kind": "Deployment", "name": self.name, "scaleDown": "onsuccess"}
        noted = {"rollout.argoproj.io/workload-generation": "7"}
        metadata = {"name": self.name, "labels": self._labels, "annotations": noted}
        body = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": metadata}
        body["spec"] = {"replicas": 4, "workloadRef": ref, "strategy": self.strategy()}
        self.api.patch(self.path, params=FORCE, json=body, headers=APPLY).raise_for_status()


def test_pods_of_a_deployment(argo: Operator, administrator: httpx.Client, plugin: Plugin, argo_cd: ArgoCD) -> None:
    """The plugin changes the Deployment that is named, `undo` goes back at once, and Argo CD waits for nothing."""
    hmi = Referring(administrator, "argo-referring", DEFAULT_ID)
    deployment = Deployment(administrator, hmi.name)
    hmi.refer()
    hmi.is_so(phase="Healthy", availableReplicas=4)
    assert argo_cd.health(hmi.stored())[0] == "Healthy"
    plugin("set", "image", hmi.name, f"hmi={hmi.name}:2")
    hmi.is_so(phase="Paused", currentStepIndex=1)
    assert {f"Images: {hmi.name}:1 (stable)", f"{hmi.name}:2 (canary)"} <= set(plugin.shown(hmi.name))
    plugin("undo", hmi.name)
    hmi.is_so(phase="Healthy", availableReplicas=4, replicas=4)
    assert hmi.pods() == {"1": 4, "2": 0}
    hmi.delete()
    deployment.delete()


@pytest.fixture(scope="module")
def argo_cd() -> ArgoCD:
    """Return Argo CD's scripts."""
    return ArgoCD()
