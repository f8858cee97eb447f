"""The operator of workloads under its own role, beside real controllers of ReplicaSets and a stand-in for kubelets."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fabgitops_core.control.kinds import ARGO_KINDS, DELIVERY_KINDS
from fabgitops_operator.cluster.install import manifests
from testbed import ControlPlane
from testbed.pods import Kubelet

from ..operators import Operator, install
from .tools import Flux
from .workload import Workload

ACCOUNT = "system:serviceaccount:fabgitops-system:fabgitops-delivery"
NAMESPACE = "delivery"


@pytest.fixture(scope="session")
def delivery_plane(workload_plane: ControlPlane, kubelet: Kubelet) -> ControlPlane:
    """Return a control plane with the kinds and the rights of the operator of workloads, as they are shipped."""
    with workload_plane.client() as api:
        install(api, manifests(with_delivery=True, with_argo=True), (*DELIVERY_KINDS, *ARGO_KINDS))
        api.post("/api/v1/namespaces", json={"metadata": {"name": NAMESPACE}}).raise_for_status()
    return workload_plane


@pytest.fixture(scope="session")
def deliverer(delivery_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """Return the operator of workloads, with exactly its rights."""
    log = tmp_path_factory.mktemp("delivery") / "operator.log"
    with Operator(delivery_plane.kubeconfig_for(ACCOUNT), "memory", log, kinds="delivery") as running:
        yield running


@pytest.fixture
def administrator(delivery_plane: ControlPlane) -> Iterator[httpx.Client]:
    """Return a client that may do everything."""
    with delivery_plane.client() as client:
        yield client


@pytest.fixture
def hmi(deliverer: Operator, administrator: httpx.Client, request: pytest.FixtureRequest) -> Iterator[Workload]:
    """Return a workload of the test's own, which is deleted after it."""
    name = request.node.name.removeprefix("test_").replace("_", "-")[:20].strip("-")
    workload = Workload(administrator, NAMESPACE, name)
    yield workload
    workload.delete()


@pytest.fixture
def flux(flux_health: Path, tmp_path: Path) -> Flux:
    """Return Flux's judgement."""
    return Flux(flux_health, tmp_path)
