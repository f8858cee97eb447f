"""kubectl and the other programs that pages tell to type, and an API server with everything installed."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path

import pytest
from fabgitops_operator.install import manifests
from testbed.errors import SourceError
from testbed.gomodules import downloaded
from testbed.gotools import FLUX_HEALTH, HELM, KUBECTL, built
from testbed.plane import ControlPlane

NEEDED = {"kubectl": KUBECTL, "helm": HELM, "flux_health": FLUX_HEALTH}
PROBLEM = pytest.StashKey[SourceError]()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build the programs before the first test: that takes longer than a test may, and is to be seen."""
    asked = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    if session.config.option.collectonly:
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else nullcontext():
        try:
            for name in NEEDED.keys() & asked:
                built(NEEDED[name])
        except SourceError as error:
            session.config.stash[PROBLEM] = error


def program(request: pytest.FixtureRequest, name: str) -> Path:
    """Return where a program is."""
    if PROBLEM in request.config.stash:
        raise request.config.stash[PROBLEM]
    return next(iter(built(NEEDED[name]).values()))


@pytest.fixture(scope="session")
def helm(request: pytest.FixtureRequest) -> Path:
    """Return where helm is."""
    return program(request, "helm")


@pytest.fixture(scope="session")
def flux_health(request: pytest.FixtureRequest) -> Path:
    """Return where the program is that judges health as Flux does."""
    return program(request, "flux_health")


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


@pytest.fixture(scope="session")
def kubectl(request: pytest.FixtureRequest, control_plane: ControlPlane) -> Kubectl:
    """Return kubectl for an API server on which the operator's manifests are applied."""
    tool = Kubectl(program(request, "kubectl"), control_plane.kubeconfig)
    tool("apply", "-f", "-", text=manifests())
    established(tool)
    return tool


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
        kubectl("delete", "plc,plct", "--all", "-n", f"line-{number}")
