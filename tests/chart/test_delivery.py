"""The operator of workloads beside that of PLCs: what each may, and what is made for it."""

import json

import pytest
from fabgitops_operator.cluster.install import manifests

from .cluster import Cluster
from .helm import NAMESPACE, Helm, Values, find, objects, pod_specs
from .operating import ACCOUNT, NAME
from .test_rights import NEEDED as OF_PLCS
from .test_rights import RESOURCES as USUAL
from .test_rights import allowed

pytestmark = [pytest.mark.chart, pytest.mark.timeout(300)]

DELIVERY = f"{ACCOUNT}-delivery"
ON: Values = {"delivery": {"enabled": True}}
DECLARED = tuple(f"fabgitops.io:{plural}" for plural in ("rollouts", "analysistemplates"))
REPLICA_SETS = "apps:replicasets"
DEPLOYMENTS = "apps:deployments"
SERVICES = ":services"
ROUTES = tuple(f"gateway.networking.k8s.io:{plural}" for plural in ("httproutes", "grpcroutes"))
RESOURCES = [*USUAL, *DECLARED, *(f"{each}/status" for each in DECLARED), "fabgitops.io:rollouts/finalizers"]
RESOURCES += [
    REPLICA_SETS,
    "apps:replicasets/scale",
    DEPLOYMENTS,
    "apps:deployments/scale",
    SERVICES,
    ":endpoints",
    *ROUTES,
]
NEEDED = {
    *(
        (verb, resource)
        for verb in ("get", "list", "watch")
        for resource in (*DECLARED, REPLICA_SETS, DEPLOYMENTS, SERVICES, *ROUTES)
    ),
    *((verb, resource) for verb in ("create", "patch", "delete") for resource in (REPLICA_SETS, *ROUTES)),
    *(("patch", f"{resource}/status") for resource in DECLARED),
    ("patch", SERVICES),
    ("patch", "apps:deployments/scale"),
    ("update", "fabgitops.io:rollouts/finalizers"),
    ("create", "events.k8s.io:events"),
    ("patch", "events.k8s.io:events"),
}
DEFINED = {"rollouts.fabgitops.io", "analysistemplates.fabgitops.io"}


@pytest.fixture
def version() -> str:
    """Return one Helm, for both make the same (see test_render)."""
    return "helm 4"


def test_each_may_what_its_family_needs(installer: Helm, cluster: Cluster) -> None:
    """The operator of workloads touches no pod, no Secret and no PLC; that of PLCs gains nothing by it."""
    installer.install({**ON, "watchNamespaces": ["line-1"]})
    assert allowed(cluster, DELIVERY, "line-1", RESOURCES) == NEEDED
    assert allowed(cluster, DELIVERY, "line-2", RESOURCES) == set()
    assert allowed(cluster, ACCOUNT, "line-1", RESOURCES) == OF_PLCS
    lease = "coordination.k8s.io:leases"
    assert cluster.may(DELIVERY, "update", lease, NAMESPACE, f"{NAME}-delivery")
    assert not cluster.may(DELIVERY, "update", lease, NAMESPACE, NAME)


def test_rights_are_those_of_the_manifests(helm: Helm) -> None:
    """The chart's rules and definitions are those of `fabgitops-operator manifests`."""
    theirs, ours = objects(manifests(with_delivery=True)), helm.objects(ON)
    role = find(theirs, "ClusterRole", "fabgitops-delivery")
    assert find(ours, "ClusterRole", "plant-fab-fabgitops-delivery")["rules"] == role["rules"]
    for name in DEFINED:
        their = find(theirs, "CustomResourceDefinition", name)
        assert find(ours, "CustomResourceDefinition", name)["spec"] == their["spec"]


@pytest.mark.parametrize("setpoints", [False, True])
def test_what_judges_changes_is_defined_once(helm: Helm, *, setpoints: bool) -> None:
    """Set-points and workloads are judged by one kind: whichever is on, and with both, it is there once."""
    made = helm.objects({**ON, "setpointRollouts": {"enabled": setpoints}})
    names = [each["metadata"]["name"] for each in made if each["kind"] == "CustomResourceDefinition"]
    assert len(names) == len(set(names))
    assert set(names) >= DEFINED
    printed = [
        each["metadata"]["name"] for each in objects(manifests(with_delivery=True, with_setpoint_rollouts=setpoints))
    ]
    assert printed.count("analysistemplates.fabgitops.io") == 1


def test_one_is_not_the_other(helm: Helm) -> None:
    """The two differ in their pods, accounts and Leases, and what is said for workloads alone is theirs alone."""
    values: Values = {"delivery": {"enabled": True, "settings": {"prometheus": "http://prometheus:9090"}}}
    specs = pod_specs(helm.objects(values))
    plcs, workloads = specs["fab-fabgitops"], specs["fab-fabgitops-delivery"]
    arguments = workloads["containers"][0]["args"]
    told = {"--kinds=delivery", "--lease-name=fab-fabgitops-delivery", "--prometheus=http://prometheus:9090"}
    assert told <= set(arguments)
    assert not [each for each in plcs["containers"][0]["args"] if "prometheus" in each or "kinds" in each]
    assert workloads["serviceAccountName"] != plcs["serviceAccountName"]
    without = [each for each in helm.objects() if each["kind"] != "CustomResourceDefinition"]
    assert "delivery" not in json.dumps(without)
    assert not DEFINED & {each["metadata"]["name"] for each in helm.objects()}


def test_people_may_lead_rollouts(helm: Helm) -> None:
    """Who may view, edit or administer a namespace may do so with its Rollouts; a kind is named once."""
    made = helm.objects({**ON, "setpointRollouts": {"enabled": True}})
    for role in ("view", "edit", "admin"):
        rules = find(made, "ClusterRole", f"plant-fab-fabgitops-{role}")["rules"]
        named = rules[0]["resources"]
        assert {"rollouts", "analysistemplates"} <= set(named)
        assert len(named) == len(set(named))
