"""What the operator and people may, asked of a real API server."""

from collections.abc import Sequence

import pytest
from fabgitops_operator.cluster.install import manifests

from .cluster import Cluster, until
from .helm import NAMESPACE, Helm, Object, Values, find, objects, pod_specs
from .operating import ACCOUNT, NAME

pytestmark = [pytest.mark.chart, pytest.mark.timeout(300)]

PLCS = "fabgitops.io:industrialplcs"
TEMPLATES = "fabgitops.io:industrialplctemplates"
STATUSES = [f"{PLCS}/status", f"{TEMPLATES}/status"]
EVENTS = "events.k8s.io:events"
SECRETS = ":secrets"
LEASES = "coordination.k8s.io:leases"
CONFIG_MAPS = ":configmaps"
NEEDED = {
    *((verb, resource) for verb in ("get", "list", "watch") for resource in (PLCS, TEMPLATES)),
    *(("patch", status) for status in STATUSES),
    ("create", EVENTS),
    ("patch", EVENTS),
}
VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
RESOURCES = [
    PLCS,
    TEMPLATES,
    *STATUSES,
    EVENTS,
    SECRETS,
    ":events",
    CONFIG_MAPS,
    ":pods",
    ":namespaces",
    ":pods/exec",
]
RESOURCES += ["apps:deployments", LEASES, "apiextensions.k8s.io:customresourcedefinitions"]
RESOURCES += ["rbac.authorization.k8s.io:roles", "rbac.authorization.k8s.io:clusterroles"]
READ, WRITE = VERBS[:3], VERBS[3:]


@pytest.fixture
def version() -> str:
    """Return one Helm, for both make the same (see test_render)."""
    return "helm 4"


def allowed(cluster: Cluster, user: str, namespace: str, resources: Sequence[str] = RESOURCES) -> set[tuple[str, str]]:
    """Return all that a user may do in a namespace, or in all of them when none is named."""
    return {
        (verb, resource) for resource in resources for verb in VERBS if cluster.may(user, verb, resource, namespace)
    }


def test_cluster_wide(installer: Helm, cluster: Cluster) -> None:
    """By default the operator may exactly what it needs, in all namespaces, and read no Secret."""
    installer.install()
    for namespace in ("", "line-1"):
        assert allowed(cluster, ACCOUNT, namespace) == NEEDED
    assert allowed(cluster, ACCOUNT, NAMESPACE) == NEEDED | {("create", LEASES), ("create", CONFIG_MAPS)}


def test_one_lease(installer: Helm, cluster: Cluster) -> None:
    """Of Leases it may make any, and read and renew its own alone, where it runs; and nothing with `lease: false`."""
    installer.install()
    for verb in VERBS:
        assert cluster.may(ACCOUNT, verb, LEASES, NAMESPACE, NAME) is (verb in {"get", "create", "update"})
        assert cluster.may(ACCOUNT, verb, LEASES, NAMESPACE, "kube-scheduler") is (verb == "create")
    installer.install({"settings": {"lease": False}})
    assert not cluster.may(ACCOUNT, "create", LEASES, NAMESPACE)


def test_one_brake(installer: Helm, cluster: Cluster) -> None:
    """Of ConfigMaps it may make any, and read and change that of the fleet brake alone; and nothing without a brake."""
    installer.install()
    for verb in VERBS:
        allowed_verb = verb in {"get", "create", "update"}
        assert cluster.may(ACCOUNT, verb, CONFIG_MAPS, NAMESPACE, f"{NAME}-brake") is allowed_verb
        assert cluster.may(ACCOUNT, verb, CONFIG_MAPS, NAMESPACE, "coredns") is (verb == "create")
    installer.install({"settings": {"brakePercent": 0}})
    assert not cluster.may(ACCOUNT, "create", CONFIG_MAPS, NAMESPACE)


def test_some_namespaces(installer: Helm, cluster: Cluster) -> None:
    """With watchNamespaces it may the same in these alone, nothing of the cluster, and where it runs only its Lease."""
    installer.install({"watchNamespaces": ["line-1", "line-2"]})
    for namespace in ("line-1", "line-2"):
        assert allowed(cluster, ACCOUNT, namespace) == NEEDED
    for namespace in ("", "line-3"):
        assert allowed(cluster, ACCOUNT, namespace) == set()
    assert allowed(cluster, ACCOUNT, NAMESPACE) == {("create", LEASES), ("create", CONFIG_MAPS)}
    assert cluster.names("clusterrolebinding") == []


@pytest.mark.parametrize("namespaces", [[], ["line-1"]])
def test_secrets(installer: Helm, cluster: Cluster, namespaces: list[str]) -> None:
    """With tlsSecrets it may get Secrets, never list them, and of names that are told only those."""
    installer.install({"tlsSecrets": {"enabled": True}, "watchNamespaces": namespaces})
    assert allowed(cluster, ACCOUNT, "line-1") == NEEDED | {("get", SECRETS)}
    assert cluster.may(ACCOUNT, "get", SECRETS, "line-2") is (namespaces == [])
    installer.install({"tlsSecrets": {"enabled": True, "names": ["plc-tls"]}, "watchNamespaces": namespaces})
    assert allowed(cluster, ACCOUNT, "line-1") == NEEDED
    assert cluster.may(ACCOUNT, "get", SECRETS, "line-1", "plc-tls")
    assert not cluster.may(ACCOUNT, "get", SECRETS, "line-1", "database")


def test_rights_are_those_of_the_manifests(helm: Helm) -> None:
    """The chart's rules are those of `fabgitops-operator manifests`, with Secrets and without."""
    theirs = objects(manifests(with_secrets=True))
    ours = helm.objects({"tlsSecrets": {"enabled": True}})
    for their, our in (("fabgitops-operator", "plant-fab-fabgitops"), ("-secrets", "-secrets")):
        assert find(ours, "ClusterRole", our)["rules"] == find(theirs, "ClusterRole", their)["rules"]


def test_own_rights(installer: Helm, cluster: Cluster) -> None:
    """With rbac.create and serviceAccount.create off nothing is granted, and the pod runs as the account named."""
    values: Values = {"rbac": {"create": False}, "serviceAccount": {"create": False, "name": "theirs"}}
    installer.install(values)
    assert cluster.names("clusterrolebinding,rolebinding,serviceaccount") == []
    assert pod_specs(installer.objects(values))["fab-fabgitops"]["serviceAccountName"] == "theirs"


@pytest.mark.parametrize("role", ["view", "edit", "admin"])
def test_people(installer: Helm, cluster: Cluster, role: str) -> None:
    """Who may view, edit or administer a namespace may do so with its PLC resources as well; a status is nobody's."""
    before = aggregated(cluster, role)
    installer.install()
    until(lambda: aggregated(cluster, role) != before, f"{role} is aggregated")
    user, binding = f"{role}-person", f"{role}-binding"
    cluster.kubectl("create", "rolebinding", binding, f"--clusterrole={role}", f"--user={user}", "--namespace=line-1")
    try:
        theirs = {(verb, each) for verb in (READ if role == "view" else VERBS) for each in (PLCS, TEMPLATES)}
        until(lambda: theirs <= allowed(cluster, user, "line-1"), f"{role} has what was aggregated")  # and bound
        ours = {each for each in allowed(cluster, user, "line-1") if each[1].startswith("fabgitops.io:")}
        assert ours == theirs
        assert not any(cluster.may(user, verb, each, "line-1") for verb in WRITE for each in STATUSES)
        assert not cluster.may(user, "get", PLCS, "line-2")
    finally:
        cluster.kubectl("delete", "rolebinding", binding, "--namespace=line-1")
    installer.install({"rbac": {"aggregate": False}})
    until(lambda: aggregated(cluster, role) == before, f"{role} is as it was")


def aggregated(cluster: Cluster, role: str) -> list[Object]:
    """Return the rules of a built-in role that are about our resources."""
    rules = cluster.get("clusterrole", role).get("rules") or []
    return [rule for rule in rules if "fabgitops.io" in rule["apiGroups"]]
