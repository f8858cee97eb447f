"""Helm 3 and 4 and the chart's checkers, built from their Go modules; API servers that know what the chart makes."""

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from testbed.beforehand import Beforehand, asked
from testbed.binaries import needed_binaries
from testbed.gomodules import downloaded
from testbed.gotools import HELM, HELM_3, KUBE_SCORE, KUBECONFORM, KUBECTL, built
from testbed.plane import ControlPlane
from testbed.plane import control_plane as running_control_plane

from .cluster import Cluster
from .helm import CHART, NAMESPACE, OTHER, Helm
from .matrix import NAMESPACES

NEEDED = {"helm 4": (HELM, "helm"), "helm 3": (HELM_3, "helm"), "kubectl": (KUBECTL, "kubectl")}
NEEDED |= {"kubeconform": (KUBECONFORM, "kubeconform"), "kube-score": (KUBE_SCORE, "kube-score")}
PROMETHEUS_OPERATOR = "github.com/prometheus-operator/prometheus-operator"
MONITORING = ("servicemonitors", "podmonitors", "prometheusrules")
BOTH = ("helm 3", "helm 4")
PROGRAMS = Beforehand()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build the programs before the first test: that takes longer than a test may, and is to be seen."""
    if "programs" in asked(session):
        PROGRAMS.do(session, build_all)


def build_all() -> None:
    """Build or download all that the chart's tests need."""
    for tools, _ in NEEDED.values():
        built(tools)
    needed_binaries(controller_manager=True)
    downloaded(PROMETHEUS_OPERATOR)


@pytest.fixture(scope="session")
def programs(request: pytest.FixtureRequest) -> Mapping[str, Path]:
    """Return where each program is."""
    PROGRAMS.must_be_done(request.config)
    return {name: built(tools)[program] for name, (tools, program) in NEEDED.items()}


@pytest.fixture(params=BOTH)
def version(request: pytest.FixtureRequest) -> str:
    """Return which Helm it is: Helm 3, and in the next run of the test Helm 4."""
    return str(request.param)


@pytest.fixture
def helm(version: str, programs: Mapping[str, Path], tmp_path: Path) -> Helm:
    """Return this Helm, without a cluster."""
    return Helm(programs[version], tmp_path)


@pytest.fixture(scope="session")
def monitoring(programs: Mapping[str, Path]) -> list[Path]:
    """Return the Prometheus operator's definitions of what the chart makes for it, out of its Go module."""
    folder = downloaded(PROMETHEUS_OPERATOR) / "example/prometheus-operator-crd"
    return [folder / f"monitoring.coreos.com_{kinds}.yaml" for kinds in MONITORING]


@pytest.fixture(scope="session")
def informed(control_plane: ControlPlane, programs: Mapping[str, Path], monitoring: list[Path]) -> Iterator[Cluster]:
    """Return an API server that knows every kind that the chart makes, in which it is not installed."""
    with control_plane.client() as client:
        cluster = Cluster(control_plane, programs["kubectl"], client)
        for path in (*monitoring, *(CHART / "files/crds").glob("*.yaml")):
            cluster.kubectl("apply", "--server-side", "-f", path)
        cluster.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")
        yield cluster


@pytest.fixture(scope="session")
def plane(programs: Mapping[str, Path]) -> Iterator[ControlPlane]:
    """Run a control plane with all its controllers, so that roles are aggregated and Deployments make pods."""
    with running_control_plane(controller_manager=True) as running:
        yield running


@pytest.fixture(scope="session")
def prepared(plane: ControlPlane, programs: Mapping[str, Path], monitoring: list[Path]) -> Iterator[Cluster]:
    """Return a cluster whose namespaces take only pods without any rights."""
    with plane.client() as client:
        cluster = Cluster(plane, programs["kubectl"], client)
        for path in monitoring:
            cluster.kubectl("apply", "--server-side", "-f", path)
        for name in (NAMESPACE, OTHER, "line-3", *NAMESPACES):
            cluster.kubectl("create", "namespace", name)
            cluster.kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
        yield cluster


@pytest.fixture
def cluster(prepared: Cluster) -> Iterator[Cluster]:
    """Return the same, and leave nothing of the chart in it after the test."""
    yield prepared
    prepared.clean_up()


@pytest.fixture
def installer(helm: Helm, cluster: Cluster) -> Helm:
    """Return the same for the cluster."""
    return replace(helm, kubeconfig=cluster.plane.kubeconfig)


def checked(program: Path, *arguments: str, text: str) -> subprocess.CompletedProcess[str]:
    """Run a checker on a text, and return what it says of it."""
    return subprocess.run([program, *arguments], input=text, capture_output=True, text=True, check=False)
