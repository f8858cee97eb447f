"""The operator of racks beside that of PLCs: what each may, and what guards a rack in use."""

import json
import subprocess
from pathlib import Path

import pytest
from fabgitops_operator.cluster.install import manifests

from .cluster import Cluster, until
from .helm import NAMESPACE, Helm, Values, find, objects, pod_specs
from .operating import ACCOUNT, NAME
from .test_rights import NEEDED as OF_PLCS
from .test_rights import RESOURCES as USUAL
from .test_rights import allowed

pytestmark = [pytest.mark.chart, pytest.mark.timeout(300)]

RACKS = f"{ACCOUNT}-racks"
ON: Values = {"racks": {"enabled": True}}
PLCS = "fabgitops.io:industrialplcs"
DECLARED = tuple(f"fabgitops.io:{plural}" for plural in ("racktemplates", "racks"))
PARTS = tuple(f"fabgitops.io:{plural}" for plural in ("chassis", "blades", "bmcs", "racknodes"))
RESOURCES = [*USUAL, *DECLARED, *PARTS, *(f"{each}/status" for each in (*DECLARED, *PARTS))]
NEEDED = {
    *((verb, resource) for verb in ("get", "list", "watch") for resource in (*DECLARED, *PARTS, PLCS)),
    *((verb, resource) for verb in ("create", "patch", "delete") for resource in PARTS),
    *(("patch", f"{resource}/status") for resource in (*DECLARED, *PARTS)),
    ("create", "events.k8s.io:events"),
    ("patch", "events.k8s.io:events"),
}
MAKING_PLCS = {(verb, PLCS) for verb in ("create", "patch", "delete")}
SECRETS = ("get", ":secrets")


@pytest.fixture
def version() -> str:
    """Return one Helm, for both make the same (see test_render)."""
    return "helm 4"


def test_each_may_what_its_family_needs(installer: Helm, cluster: Cluster) -> None:
    """The operator of racks changes no IndustrialPLC and reads no Secret; that of PLCs gains nothing by it."""
    installer.install(ON)
    assert allowed(cluster, RACKS, "line-1", RESOURCES) == NEEDED
    assert allowed(cluster, ACCOUNT, "line-1", RESOURCES) == OF_PLCS
    lease = "coordination.k8s.io:leases"
    assert cluster.may(RACKS, "update", lease, NAMESPACE, f"{NAME}-racks")
    assert not cluster.may(RACKS, "update", lease, NAMESPACE, NAME)


def test_more_only_when_asked_for(installer: Helm, cluster: Cluster) -> None:
    """To make IndustrialPLCs, and to read the Secrets of BMCs, are rights of their own, where it looks after racks."""
    more = {"makePlcs": True, "bmcSecrets": {"enabled": True, "names": ["bmc"]}}
    installer.install({"racks": {"enabled": True, **more}, "watchNamespaces": ["line-1"]})
    assert allowed(cluster, RACKS, "line-1", RESOURCES) == NEEDED | MAKING_PLCS
    assert cluster.may(RACKS, "get", ":secrets", "line-1", "bmc")
    assert allowed(cluster, RACKS, "line-2", RESOURCES) == set()


def test_rights_are_those_of_the_manifests(helm: Helm) -> None:
    """The chart's rules are those of `fabgitops-operator manifests`."""
    theirs = objects(manifests(with_secrets=True, with_racks=True, with_rack_plcs=True))
    ours = helm.objects({"racks": {"enabled": True, "makePlcs": True, "bmcSecrets": {"enabled": True}}})
    for part in ("", "-plcs", "-secrets"):
        their = find(theirs, "ClusterRole", f"fabgitops-racks{part}")
        assert find(ours, "ClusterRole", f"plant-fab-fabgitops-racks{part}")["rules"] == their["rules"]


def test_one_is_not_the_other(helm: Helm) -> None:
    """The two differ in their pods, labels and Leases, and what is said for racks alone is theirs alone."""
    values: Values = {"racks": {"enabled": True, "extraEnv": [{"name": "A"}], "settings": {"bus": "nats://bus"}}}
    specs = pod_specs(helm.objects(values))
    plcs, racks = specs["fab-fabgitops"], specs["fab-fabgitops-racks"]
    arguments = racks["containers"][0]["args"]
    assert {"--kinds=racks", "--lease-name=fab-fabgitops-racks", "--bus=nats://bus"} <= set(arguments)
    assert not {each for each in plcs["containers"][0]["args"] if "bus" in each or "kinds" in each}
    assert "env" not in plcs["containers"][0]
    assert racks["serviceAccountName"] != plcs["serviceAccountName"]
    assert "racks" not in json.dumps([each for each in helm.objects() if each["kind"] != "CustomResourceDefinition"])


CLAIM = "RackNode r-c0s0n0 is claimed by job-7"
NODE = {"bladeRef": {"name": "b"}, "bmcRef": {"name": "m"}, "nodeNumber": 0, "claimedBy": "job-7"}


@pytest.mark.parametrize(
    ("kind", "spec", "status", "told"),
    [
        ("Rack", {"templateRef": {"name": "t"}}, {"inUse": [CLAIM]}, f"the Rack is in use: {CLAIM}"),
        ("RackNode", NODE, {}, "the node is claimed by job-7"),
    ],
)
def test_what_is_in_use_is_not_deleted_by_an_oversight(
    kind: str, spec: dict[str, object], status: dict[str, object], told: str, installer: Helm, cluster: Cluster
) -> None:
    """A Rack in use and a claimed node are deleted only by who confirms it; the garbage collector is not bound."""
    installer.install(ON)
    plural = f"{kind.lower()}s.fabgitops.io"
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", plural)
    body = {"apiVersion": "fabgitops.io/v1", "kind": kind, "metadata": {"name": "r", "namespace": "line-1"}}
    where = (plural, "r", "--namespace=line-1")

    def make() -> None:
        cluster.kubectl("create", "-f", "-", text=json.dumps(body | {"spec": spec}))
        if status:
            patch = json.dumps({"status": status})
            cluster.kubectl("patch", *where, "--subresource=status", "--type=merge", "-p", patch)

    def delete(*flags: str) -> str:
        command: list[str | Path] = [cluster.program, "--kubeconfig", cluster.plane.kubeconfig, "delete"]
        command += [*where, *flags]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
        return done.stderr

    make()
    until(lambda: told in delete("--dry-run=server"), "the guard is in force")
    assert told in delete()
    cluster.kubectl("annotate", *where, "fabgitops.io/confirm-delete=r")
    assert delete() == ""
    make()
    assert delete("--as=system:serviceaccount:kube-system:generic-garbage-collector", "--as-group=system:masters") == ""
