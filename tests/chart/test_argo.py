"""The operator of Argo Rollouts' kinds beside the others: what it may, and what is made for it."""

import json

import pytest
from fabgitops_operator.cluster.install import manifests

from .cluster import Cluster
from .helm import NAMESPACE, Helm, Values, find, objects, pod_specs
from .operating import ACCOUNT, NAME
from .test_delivery import NEEDED as OF_WORKLOADS
from .test_delivery import RESOURCES as USUAL
from .test_rights import allowed

pytestmark = [pytest.mark.chart, pytest.mark.timeout(300)]

ARGO = f"{ACCOUNT}-argo"
ON: Values = {"delivery": {"argo": {"enabled": True}}}
DECLARED = ("argoproj.io:rollouts", "argoproj.io:analysistemplates")
RUNS = "argoproj.io:analysisruns"
RESOURCES = [*USUAL, *DECLARED, RUNS, *(f"{each}/status" for each in DECLARED), "argoproj.io:rollouts/finalizers"]
NEEDED = {
    *((verb, resource) for verb, resource in OF_WORKLOADS if not resource.startswith("fabgitops.io:")),
    *((verb, resource) for verb in ("get", "list", "watch") for resource in DECLARED),
    *((verb, RUNS) for verb in ("get", "list", "watch", "create", "patch", "delete")),
    ("patch", "argoproj.io:rollouts/status"),
    ("update", "argoproj.io:rollouts/finalizers"),
}
CRD = "CustomResourceDefinition"
WIDE = "argoproj.io:clusteranalysistemplates"
KINDS = ("rollouts", "analysistemplates", "clusteranalysistemplates", "analysisruns", "experiments")
DEFINED = {f"{each}.argoproj.io" for each in KINDS}


@pytest.fixture
def version() -> str:
    """Return one Helm, for both make the same (see test_render)."""
    return "helm 4"


def _defined(helm: Helm, values: Values) -> set[str]:
    return {each["metadata"]["name"] for each in helm.objects(values) if each["kind"] == CRD}


def test_it_may_what_it_needs(installer: Helm, cluster: Cluster) -> None:
    """It may touch Argo Rollouts' kinds where it looks, no pod, no Secret and none of our own kinds."""
    installer.install({**ON, "watchNamespaces": ["line-1"]})
    assert allowed(cluster, ARGO, "line-1", RESOURCES) == NEEDED
    assert allowed(cluster, ARGO, "line-2", RESOURCES) == set()
    assert [verb for verb in ("watch", "create", "patch") if cluster.may(ARGO, verb, WIDE)] == ["watch"]
    assert cluster.may(ARGO, "update", "coordination.k8s.io:leases", NAMESPACE, f"{NAME}-argo")
    assert not cluster.may(ARGO, "update", "coordination.k8s.io:leases", NAMESPACE, NAME)


def test_rights_are_those_of_the_manifests(helm: Helm) -> None:
    """The chart's rules and definitions are those of `fabgitops-operator manifests`."""
    theirs, ours = objects(manifests(with_argo=True)), helm.objects(ON)
    role = find(theirs, "ClusterRole", "fabgitops-argo")
    assert find(ours, "ClusterRole", "plant-fab-fabgitops-argo")["rules"] == role["rules"]
    both = [{each["metadata"]["name"]: each for each in made if each["kind"] == CRD} for made in (theirs, ours)]
    for name in DEFINED:
        assert both[0][name]["spec"] == both[1][name]["spec"]


def test_definitions_are_made_where_they_are_wanted(helm: Helm) -> None:
    """They are there with its operator alone, and not where somebody says that Argo Rollouts has its own."""
    assert _defined(helm, ON) >= DEFINED
    assert not DEFINED & _defined(helm, {"delivery": {"enabled": True}})
    assert not DEFINED & _defined(helm, {"delivery": {"argo": {"enabled": True, "definitions": False}}})


def test_it_has_what_is_said_for_workloads(helm: Helm) -> None:
    """It runs beside the operator of workloads or without it, as that is set, but by a name of its own."""
    settings = {"prometheus": "http://prometheus:9090", "leaseName": "workloads"}
    values: Values = {"delivery": {"argo": {"enabled": True, "instanceId": "line-7"}, "settings": settings}}
    specs = pod_specs(helm.objects(values))
    assert "fab-fabgitops-delivery" not in specs
    pod = specs["fab-fabgitops-argo"]
    told = {"--kinds=argo", "--argo-instance-id=line-7", "--lease-name=fab-fabgitops-argo"}
    assert told | {"--prometheus=http://prometheus:9090"} <= set(pod["containers"][0]["args"])
    assert pod["serviceAccountName"] == "fab-fabgitops-argo"
    assert "argo" not in json.dumps(specs["fab-fabgitops"])


def test_people_may_lead_them(helm: Helm) -> None:
    """Who may edit a namespace may lead its Rollouts by Argo Rollouts' tools, which patch a status, and list all."""
    made = helm.objects(ON)
    for role in ("view", "edit", "admin"):
        rules = find(made, "ClusterRole", f"plant-fab-fabgitops-{role}")["rules"]
        (rule,) = (each for each in rules if each["apiGroups"] == ["argoproj.io"])
        assert {"rollouts/status", "experiments"} <= set(rule["resources"])
        assert ("patch" in rule["verbs"]) == (role != "view")


def test_no_label_may_say_whose_they_are(helm: Helm) -> None:
    """An empty id comes to the operator as an empty one, not as ours."""
    specs = pod_specs(helm.objects({"delivery": {"argo": {"enabled": True, "instanceId": ""}}}))
    assert "--argo-instance-id=" in specs["fab-fabgitops-argo"]["containers"][0]["args"]


def test_definitions_of_others_are_left_alone(installer: Helm, cluster: Cluster) -> None:
    """A kind that Argo Rollouts has defined stays as it is, whatever becomes of the release; the other one is made."""
    theirs = find(objects(manifests(with_argo=True)), "CustomResourceDefinition", "rollouts.argoproj.io")
    del theirs["metadata"]["labels"]
    theirs["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["description"] = "Theirs."
    cluster.kubectl("create", "--filename", "-", text=json.dumps(theirs))
    before = cluster.get("crd", "rollouts.argoproj.io")
    installer.install(ON)
    assert cluster.get("crd", "analysistemplates.argoproj.io")["metadata"]["annotations"]
    installer.install({**ON, "podLabels": {"line": "7"}})
    assert cluster.get("crd", "analysistemplates.argoproj.io")
    installer.uninstall()
    after = cluster.get("crd", "rollouts.argoproj.io")
    assert (after["metadata"]["uid"], after["spec"]) == (before["metadata"]["uid"], before["spec"])
    assert not {"labels", "annotations"} & set(after["metadata"])
