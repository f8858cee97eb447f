"""The life of a release on a real API server: installed, upgraded from what was released, rolled back, taken away."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from fabgitops_operator.cluster.install import manifests

from .cluster import DEFINITIONS, MADE, Cluster, until
from .helm import CHART, EARLIER, NAMESPACE, OTHER, ROOT, Helm, HelmError, Object, Values, find, objects
from .matrix import MATRIX

pytestmark = [pytest.mark.chart, pytest.mark.timeout(300)]

ALL_OF_IT: Values = {
    **MATRIX["monitored"],
    "networkPolicy": {"enabled": True},
    "plc": {"cidrs": ["10.20.0.0/16"]},
    "podDisruptionBudget": {"enabled": True},
    "mockPlc": {"enabled": True},
}
KEPT = {f"customresourcedefinition.apiextensions.k8s.io/{name}" for name in DEFINITIONS}
DELETED: Values = {"crds": {"keep": False}}
UPGRADES = [("helm 3", "helm 3"), ("helm 4", "helm 4"), ("helm 3", "helm 4")]


def schemas(cluster: Cluster) -> dict[str, Object]:
    """Return what the API server knows of our kinds, without what it adds itself."""
    found = {}
    for name in cluster.definitions():
        (version,) = cluster.get("crd", name)["spec"]["versions"]
        found[name] = version["schema"]["openAPIV3Schema"]
    return found


def shipped() -> dict[str, Object]:
    """Return what the chart in this repository has of the same."""
    made = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in (CHART / "files/crds").glob("*.yaml")]
    return {each["metadata"]["name"]: each["spec"]["versions"][0]["schema"]["openAPIV3Schema"] for each in made}


def test_installed(installer: Helm, cluster: Cluster) -> None:
    """With everything on, all objects are made, and the strictest Pod Security takes the pods that follow from them."""
    installer.install(ALL_OF_IT, "--dry-run=server")
    assert cluster.names(MADE) == []
    told = installer.install(ALL_OF_IT)
    assert "kubectl -n plant rollout status deployment/fab-fabgitops" in told
    wanted = [each for each in installer.objects(ALL_OF_IT) if "helm.sh/hook" not in str(each["metadata"])]
    made = {name for name in cluster.names(MADE) if not name.startswith("pod/")}
    assert len(made) == len(wanted)

    def pods() -> bool:
        owners = ["-".join(name.removeprefix("pod/").split("-")[:-2]) for name in cluster.names("pod", NAMESPACE)]
        return sorted(owners) == ["fab-fabgitops", "fab-fabgitops-mock-plc"]

    until(pods, "both Deployments have a pod")
    hook = find(installer.objects(ALL_OF_IT), "Pod")
    told = cluster.kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-", text=json.dumps(hook))
    assert "created" in told


@pytest.mark.parametrize("by", UPGRADES, ids=lambda by: f"{by[0]} to {by[1]}".replace("helm ", ""))
@pytest.mark.parametrize("chart", sorted(EARLIER.glob("*.tgz")), ids=lambda chart: chart.stem)
def test_upgraded(
    chart: Path, by: tuple[str, str], programs: Mapping[str, Path], cluster: Cluster, tmp_path: Path
) -> None:
    """An upgrade from an earlier chart upgrades the definitions and keeps PLCs and their status; so does a rollback."""
    old, new = (Helm(programs[each], tmp_path, cluster.plane.kubeconfig) for each in by)
    old.install(chart=chart)
    uid = cluster.declare("mixer")
    status = {"status": {"correctionsApplied": 7}}
    patch = ("patch", "plc", "mixer", "--namespace=line-1", "--type=merge", "--patch", json.dumps(status))
    cluster.kubectl(*patch, "--subresource=status")
    before = schemas(cluster)
    new.install(ALL_OF_IT)
    assert schemas(cluster) == shipped()
    assert before.keys() == shipped().keys()
    assert cluster.uid("mixer") == uid
    assert cluster.get("plc", "mixer", "--namespace=line-1")["status"] == status["status"]
    new.run("rollback", "fab", "--namespace", NAMESPACE)
    assert schemas(cluster) == before
    assert cluster.uid("mixer") == uid


def test_earlier_charts_are_kept() -> None:
    """The chart of every release before this one is there to upgrade from; earlier/README.md says how it gets there."""
    told = (ROOT / "packages/fabgitops-operator/CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## (\d+\.\d+\.\d+) ", told, flags=re.MULTILINE)
    current = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))["version"]
    kept = [chart.name for chart in EARLIER.glob("*.tgz")]
    assert {f"fabgitops-{version}.tgz" for version in released if version != current} <= set(kept)
    assert kept


def test_definitions_are_upgraded(installer: Helm, cluster: Cluster, tmp_path: Path) -> None:
    """A field that a new chart adds to a definition is there after the upgrade, and resources that lack it stay."""
    newer = newer_chart(tmp_path)
    installer.install()
    uid = cluster.declare("mixer")
    installer.install(chart=newer)
    schema = schemas(cluster)["industrialplcs.fabgitops.io"]
    assert schema["properties"]["spec"]["properties"]["novelty"] == {"type": "string"}
    assert cluster.uid("mixer") == uid


def newer_chart(folder: Path) -> Path:
    """Return a copy of the chart whose definition of PLCs has one field more."""
    chart = folder / "newer"
    for path in (path for path in CHART.rglob("*") if path.is_file()):
        copy = chart / path.relative_to(CHART)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    file = chart / "files/crds/industrialplcs.fabgitops.io.yaml"
    definition = yaml.safe_load(file.read_text(encoding="utf-8"))
    spec = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    spec["properties"]["novelty"] = {"type": "string"}
    file.write_text("# Newer.\n" + yaml.safe_dump(definition, sort_keys=False), encoding="utf-8")
    return chart


def test_uninstalling_keeps_plcs(installer: Helm, cluster: Cluster) -> None:
    """Uninstalling takes all but the definitions and PLCs, and the same release installed again goes on with them."""
    installer.install(ALL_OF_IT)
    uid = cluster.declare("mixer")
    installer.uninstall()
    until(lambda: set(cluster.names(MADE)) == KEPT, "all else is gone")
    assert cluster.uid("mixer") == uid
    installer.install()
    assert cluster.uid("mixer") == uid


def test_uninstalling_deletes_plcs_when_told(installer: Helm, cluster: Cluster) -> None:
    """With crds.keep off, also when it was on before, uninstalling takes definitions and PLCs along."""
    installer.install()
    cluster.declare("mixer")
    installer.install(DELETED)
    assert cluster.uid("mixer")
    installer.uninstall()
    until(lambda: cluster.names(MADE) == [], "everything is gone")
    assert cluster.definitions() == []
    assert cluster.uid("mixer") == ""


def test_definitions_of_somebody_else(installer: Helm, version: str, cluster: Cluster) -> None:
    """Definitions that kubectl applied are not overwritten unasked; --take-ownership takes them over, PLCs and all."""
    applied = objects(manifests())
    find(applied, "CustomResourceDefinition", "industrialplcs.fabgitops.io")["spec"]["names"]["categories"] = ["theirs"]
    cluster.kubectl("apply", "--filename=-", text=yaml.safe_dump_all(applied))
    try:
        uid = cluster.declare("mixer")
        with pytest.raises(HelmError) as refused:
            installer.install()
        assert "exists and cannot be imported into the current release" in str(refused.value)
        assert 'CustomResourceDefinition "industrialplc' in str(refused.value)
        assert cluster.uid("mixer") == uid
        # As the chart's README says.
        takes_over = ["--take-ownership", "--force-conflicts"] if version == "helm 4" else ["--take-ownership"]
        installer.install({}, *takes_over)
        assert cluster.uid("mixer") == uid
        assert cluster.get("crd", "industrialplcs.fabgitops.io")["spec"]["names"]["categories"] != ["theirs"]
        installer.install({"settings": {"logLevel": "debug"}})
    finally:
        for each in applied:
            if each["kind"] not in {"CustomResourceDefinition", "Namespace"}:
                where = ["--namespace", each["metadata"].get("namespace", "default")]
                cluster.kubectl("delete", each["kind"], each["metadata"]["name"], *where, "--ignore-not-found")


def test_two_in_a_cluster(installer: Helm, cluster: Cluster) -> None:
    """A second release looks after other namespaces, without the cluster's own objects, and goes without taking any."""
    installer.install({"watchNamespaces": ["line-1"]})
    uid = cluster.declare("mixer")
    second: Values = {
        "watchNamespaces": ["line-2"],
        "crds": {"install": False},
        "admissionPolicy": {"install": False},
        "approvalPolicy": {"install": False},
        "limitsPolicy": {"install": False},
    }
    second |= {"rbac": {"aggregate": False}}
    with pytest.raises(HelmError, match="cannot be imported"):
        installer.install({"watchNamespaces": ["line-2"]}, namespace=OTHER)
    installer.install(second, namespace=OTHER)
    for namespace, line in ((NAMESPACE, "line-1"), (OTHER, "line-2")):
        roles = cluster.names("role", line)
        assert roles == [f"role.rbac.authorization.k8s.io/{namespace}-fab-fabgitops"]
    installer.uninstall(OTHER)
    assert cluster.uid("mixer") == uid
    assert cluster.names("role", "line-1")
    assert cluster.names("validatingadmissionpolicy")


def test_without_rights_over_the_cluster(installer: Helm, cluster: Cluster) -> None:
    """Who is only the admin of namespaces can install it for these, once the definitions are there."""
    installer.install()
    values: Values = {
        "watchNamespaces": ["line-1"],
        "crds": {"install": False},
        "admissionPolicy": {"install": False},
        "approvalPolicy": {"install": False},
        "limitsPolicy": {"install": False},
    }
    # Nobody can give away rights that they do not have themselves.
    values |= {"rbac": {"aggregate": False, "create": False}}
    for namespace in (OTHER, "line-1"):
        cluster.kubectl("create", "rolebinding", "lead", "--clusterrole=admin", "--user=lead", "-n", namespace)
    try:
        theirs = replace(installer, kubeconfig=cluster.plane.kubeconfig_for("lead"))
        with pytest.raises(HelmError, match="attempting to grant RBAC permissions not currently held"):
            theirs.install({**values, "rbac": {"aggregate": False}}, namespace=OTHER)
        theirs.install(values, namespace=OTHER)
        theirs.uninstall(OTHER)
    finally:
        for namespace in (OTHER, "line-1"):
            cluster.kubectl("delete", "rolebinding", "lead", "-n", namespace)
