"""The operator of workloads under its own role, beside real controllers of ReplicaSets and a stand-in for kubelets."""

from collections.abc import Iterator

import httpx
import pytest
import yaml
from fabgitops_core.control.kinds import DELIVERY_KINDS
from fabgitops_operator.cluster.install import manifests
from testbed import ControlPlane
from testbed.pods import Kubelet

from ..operators import Operator
from ..planes import APPLY, FORCE, GROUP, until
from .workload import Workload

ACCOUNT = "system:serviceaccount:fabgitops-system:fabgitops-delivery"
NAMESPACE = "delivery"
PLURALS = {
    "CustomResourceDefinition": "apiextensions.k8s.io/v1/customresourcedefinitions",
    "ClusterRole": "rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "rbac.authorization.k8s.io/v1/clusterrolebindings",
}


@pytest.fixture(scope="session")
def delivery_plane(workload_plane: ControlPlane, kubelet: Kubelet) -> ControlPlane:
    """Return a control plane with the kinds and the rights of the operator of workloads, as they are shipped."""
    with workload_plane.client() as api:
        for body in yaml.safe_load_all(manifests(with_delivery=True)):
            if plural := PLURALS.get(body["kind"]):
                url = f"/apis/{plural}/{body['metadata']['name']}"
                api.patch(url, params=FORCE, json=body, headers=APPLY).raise_for_status()
        served = [f"{GROUP}/{kind.plural}" for kind in DELIVERY_KINDS]
        until(lambda: all(api.get(url).status_code == 200 for url in served), "the kinds are served")
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
