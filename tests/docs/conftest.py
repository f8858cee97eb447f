"""kubectl and the other programs that pages tell to type, and an API server with everything installed."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml
from fabgitops_core.api.rack import KINDS as RACK_KINDS
from fabgitops_core.control.kinds import CHAOS_KINDS, DELIVERY_KINDS, KINDS, SETPOINT_KINDS
from fabgitops_operator.cluster.install import manifests
from testbed.beforehand import Beforehand, asked
from testbed.binaries import needed_binaries
from testbed.gomodules import downloaded
from testbed.gotools import ALERTMANAGER, FLUX_HEALTH, HELM, KUBECTL, PROMETHEUS
from testbed.plane import ControlPlane
from testbed.plane import control_plane as running_control_plane
from testbed.programs import Programs

NEEDED = {
    "kubectl": (KUBECTL, "kubectl"),
    "kubectl_alone": (KUBECTL, "kubectl"),
    "helm": (HELM, "helm"),
    "flux_health": (FLUX_HEALTH, "flux-health"),
    "amtool": (ALERTMANAGER, "amtool"),
    "promtool": (PROMETHEUS, "promtool"),
}
OURS = ",".join(kind.crd_name for kind in (*KINDS, *RACK_KINDS, *SETPOINT_KINDS, *DELIVERY_KINDS, *CHAOS_KINDS))
PROGRAMS = Programs(NEEDED)
BINARIES = Beforehand()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build the programs before the first test: that takes longer than a test may, and is to be seen."""
    PROGRAMS.build(session)
    if "control_plane" in asked(session):
        BINARIES.do(session, lambda: needed_binaries(controller_manager=True))


@pytest.fixture(scope="session")
def control_plane(request: pytest.FixtureRequest) -> Iterator[ControlPlane]:
    """Return a cluster that also collects what is left without an owner, as those of readers do."""
    BINARIES.must_be_done(request.config)
    with running_control_plane(controller_manager=True) as running:
        yield running


@pytest.fixture(scope="session")
def kubectl_alone(request: pytest.FixtureRequest) -> Path:
    """Return where kubectl is, without a cluster."""
    return PROGRAMS.of(request, "kubectl_alone")


@pytest.fixture(scope="session")
def helm(request: pytest.FixtureRequest) -> Path:
    """Return where helm is."""
    return PROGRAMS.of(request, "helm")


@pytest.fixture(scope="session")
def amtool(request: pytest.FixtureRequest) -> Path:
    """Return where amtool is."""
    return PROGRAMS.of(request, "amtool")


@pytest.fixture(scope="session")
def promtool(request: pytest.FixtureRequest) -> Path:
    """Return where promtool is."""
    return PROGRAMS.of(request, "promtool")


@pytest.fixture(scope="session")
def flux_health(request: pytest.FixtureRequest) -> Path:
    """Return where the program is that judges health as Flux does."""
    return PROGRAMS.of(request, "flux_health")


class Kubectl:
    """kubectl for a cluster."""

    def __init__(self, path: Path, kubeconfig: Path) -> None:
        """Keep where kubectl and the kubeconfig are."""
        self.path = path
        self.environment = {**os.environ, "KUBECONFIG": str(kubeconfig)}

    def __call__(self, *arguments: str | Path, text: str = "", check: bool = True) -> str:
        """Run it, and return what it prints."""
        command = [self.path, *arguments]
        done = subprocess.run(command, env=self.environment, input=text, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, done.stderr
        return done.stdout if done.returncode == 0 else done.stderr

    def clear(self, namespace: str) -> None:
        """Delete all that is ours in a namespace, in the name of one whom no guard binds."""
        collector = "system:serviceaccount:kube-system:generic-garbage-collector"
        self("delete", OURS, "--all", "-n", namespace, f"--as={collector}")


@pytest.fixture(scope="session")
def kubectl(request: pytest.FixtureRequest, control_plane: ControlPlane) -> Kubectl:
    """Return kubectl for an API server on which the operator's manifests are applied.

    Of rollouts and chaos only the definitions: a page shows what the operator may without them.
    """
    tool = Kubectl(PROGRAMS.of(request, "kubectl"), control_plane.kubeconfig)
    tool("apply", "-f", "-", text=manifests(with_racks=True))
    defined(tool)
    return tool


def defined(kubectl: Kubectl) -> None:
    """Have the API server serve each resource of ours, also those whose operator a page does without."""
    everything = manifests(with_racks=True, with_setpoint_rollouts=True, with_delivery=True, with_chaos=True)
    bodies = [body for body in yaml.safe_load_all(everything) if body["kind"] == "CustomResourceDefinition"]
    kubectl("apply", "-f", "-", text=yaml.safe_dump_all(bodies))
    established(kubectl)


def established(kubectl: Kubectl) -> None:
    """Wait until the API server serves every defined resource."""
    kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")


@pytest.fixture(scope="session")
def foreign(kubectl: Kubectl, gitops_crds: Mapping[str, Path]) -> Kubectl:
    """Return kubectl for an API server that knows the resources of Argo CD, Flux and Velero as well."""
    for file in gitops_crds.values():
        kubectl("apply", "--server-side", "--force-conflicts", "-f", file)
    established(kubectl)
    return kubectl


@pytest.fixture(scope="session")
def furnished(foreign: Kubectl) -> Kubectl:
    """Return kubectl for an API server with what pages take for granted: namespaces, Argo CD's settings, a Secret."""
    for name in ("argocd", "flux-system", "velero", "line-1"):
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        foreign("apply", "-f", "-", text=json.dumps(body))
    foreign("-n", "argocd", "create", "configmap", "argocd-cm")
    foreign("-n", "line-1", "create", "secret", "generic", "plc-tls")
    return foreign


@pytest.fixture(scope="session")
def gitops_crds() -> Mapping[str, Path]:
    """Return the definitions of other projects' resources, out of their Go modules as pinned in go.sum."""
    wanted = {
        "github.com/argoproj/argo-cd/v3": ("manifests/crds/application-crd.yaml", "manifests/crds/appproject-crd.yaml"),
        "github.com/fluxcd/kustomize-controller": ("config/crd/bases/kustomize.toolkit.fluxcd.io_kustomizations.yaml",),
        "github.com/fluxcd/source-controller": ("config/crd/bases/source.toolkit.fluxcd.io_gitrepositories.yaml",),
        "github.com/vmware-tanzu/velero": tuple(
            f"config/crd/v1/bases/velero.io_{kind}.yaml" for kind in ("backups", "restores", "schedules")
        ),
    }
    folders = {module: downloaded(module) for module in wanted}
    return {Path(file).name: folders[module] / file for module, files in wanted.items() for file in files}


@pytest.fixture
def namespaces(kubectl: Kubectl) -> Iterator[None]:
    """Make the namespaces of the lines, and delete what is in them afterwards."""
    for number in (1, 2, 3):
        kubectl(
            "apply",
            "-f",
            "-",
            text=f'{{"apiVersion": "v1", "kind": "Namespace", "metadata": {{"name": "line-{number}"}}}}',
        )
    yield
    for number in (1, 2, 3):
        kubectl.clear(f"line-{number}")
