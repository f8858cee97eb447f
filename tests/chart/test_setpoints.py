"""Rollouts of set-points: what they bring, what the operator may by them, and what it may not for all that."""

import json
from collections.abc import Callable

import pytest
from fabgitops_operator.cluster.install import manifests

from .cluster import Cluster, until
from .helm import NAMESPACE, Helm, HelmError, Object, Values, find, objects, pod_specs
from .operating import ACCOUNT
from .test_rights import NEEDED as USUALLY
from .test_rights import PLCS, aggregated, allowed
from .test_rights import RESOURCES as USUAL

pytestmark = [pytest.mark.chart, pytest.mark.timeout(300)]

ON: Values = {"setpointRollouts": {"enabled": True}}
DECLARED = tuple(f"fabgitops.io:{plural}" for plural in ("setpointrollouts", "analysistemplates"))
RESOURCES = [*USUAL, *DECLARED, *(f"{each}/status" for each in DECLARED)]
NEEDED = USUALLY | {
    *((verb, resource) for verb in ("get", "list", "watch") for resource in DECLARED),
    *(("patch", f"{resource}/status") for resource in DECLARED),
    ("patch", PLCS),
}
PERMIT = "rollout.fabgitops.io/permit"
PLC: Object = {
    "apiVersion": "fabgitops.io/v1",
    "kind": "IndustrialPLC",
    "metadata": {"name": "mixer", "namespace": "line-1", "annotations": {"owner": "ada"}, "labels": {"line": "1"}},
    "spec": {"deviceAddress": "10.20.0.4", "targetRegister": 4001, "targetValue": 2500},
}
ROLLOUT: Object = {
    "apiVersion": "fabgitops.io/v1",
    "kind": "SetpointRollout",
    "metadata": {"name": "mixers", "namespace": "line-1"},
    "spec": {"selector": {"matchLabels": {"line": "1"}}, "approval": "Manual"},
}


@pytest.fixture
def version() -> str:
    """Return one Helm, for both make the same (see test_render)."""
    return "helm 4"


def test_the_operator_may_what_a_rollout_needs(installer: Helm, cluster: Cluster) -> None:
    """It reads rollouts and their analyses, writes their statuses, and may patch PLCs: where it looks after them."""
    installer.install({**ON, "watchNamespaces": ["line-1"]})
    assert allowed(cluster, ACCOUNT, "line-1", RESOURCES) == NEEDED
    assert allowed(cluster, ACCOUNT, "line-2", RESOURCES) == set()


def test_rights_are_those_of_the_manifests(helm: Helm) -> None:
    """The chart's rules, definitions and guard are those of `fabgitops-operator manifests`."""
    theirs, ours = objects(manifests(with_setpoint_rollouts=True)), helm.objects(ON)
    role = find(theirs, "ClusterRole", "fabgitops-setpoints")
    assert find(ours, "ClusterRole", "plant-fab-fabgitops-setpoints")["rules"] == role["rules"]
    for plural in ("setpointrollouts", "analysistemplates"):
        theirs_defined = find(theirs, "CustomResourceDefinition", f"{plural}.fabgitops.io")
        assert find(ours, "CustomResourceDefinition", f"{plural}.fabgitops.io")["spec"] == theirs_defined["spec"]
    guard = find(theirs, "ValidatingAdmissionPolicy", "permits.fabgitops.io")["spec"]
    who = "system:serviceaccount:fabgitops-system:fabgitops-operator"
    text = json.dumps(guard).replace(who, f"system:serviceaccount:{NAMESPACE}:fab-fabgitops")
    assert find(ours, "ValidatingAdmissionPolicy", "plant-fab-fabgitops-permits")["spec"] == json.loads(text)


def test_nothing_comes_with_it_unless_asked_for(helm: Helm) -> None:
    """By default there is no definition, right, guard or setting of a rollout, and the guard can be left out alone."""
    usual = json.dumps([each for each in helm.objects() if each["kind"] != "ConfigMap"])
    assert not [word for word in ("analysistemplates", "--setpoint-rollouts", "--bus", "-permits") if word in usual]
    unguarded = helm.objects({"setpointRollouts": {"enabled": True, "permitGuard": False}})
    names = {each["metadata"]["name"] for each in helm.objects(ON)} - {each["metadata"]["name"] for each in unguarded}
    assert names == {"plant-fab-fabgitops-permits"}


def test_settings_go_with_it(helm: Helm) -> None:
    """The operator is told to look after rollouts, where to tell of them, and what analyses may ask; else nothing."""
    settings = {
        "bus": "https://sink.example/events",
        "busCa": "/ca/tls.crt",
        "analysisSource": ["https://a", "https://b"],
    }
    specs = pod_specs(helm.objects({"setpointRollouts": {"enabled": True, "settings": settings}}))
    arguments = specs["fab-fabgitops"]["containers"][0]["args"]
    assert {"--setpoint-rollouts=true", "--bus=https://sink.example/events", "--bus-ca=/ca/tls.crt"} <= set(arguments)
    assert [each for each in arguments if "analysis" in each] == [
        "--analysis-source=https://a",
        "--analysis-source=https://b",
    ]
    assert not [each for each in arguments if each.startswith(("--bus", "--prometheus")) and each.endswith("=")]
    with pytest.raises(HelmError, match=r"set setpointRollouts\.enabled"):
        helm.objects({**ON, "extraArgs": ["--setpoint-rollouts"]})


def test_people_may_declare_rollouts_and_agree_to_their_plans(installer: Helm, cluster: Cluster) -> None:
    """Who may edit a namespace may edit its rollouts; to approve takes the role admin, as of PLCs."""
    installer.install(ON)

    def rules(role: str) -> set[tuple[str, str]]:
        given = [(rule["resources"], rule["verbs"]) for rule in aggregated(cluster, role)]
        return {(verb, each) for resources, verbs in given for each in resources for verb in verbs}

    until(lambda: ("approve", "setpointrollouts") in rules("admin"), "admin is aggregated")
    until(lambda: ("patch", "analysistemplates") in rules("edit"), "edit is aggregated")
    assert ("approve", "setpointrollouts") not in rules("edit")
    assert ("patch", "setpointrollouts") not in rules("view")
    assert ("watch", "setpointrollouts") in rules("view")


def test_an_approval_of_a_plan_is_in_the_name_of_who_may(installer: Helm, cluster: Cluster) -> None:
    """Of a rollout's plan, too: who edits it may not agree to it without the right to, nor in another's name."""
    installer.install(ON)
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "setpointrollouts.fabgitops.io")
    cluster.kubectl("apply", "-f", "-", text=json.dumps(ROLLOUT))
    editor, lead = "rollout-editor", "rollout-lead"
    for who, verbs in ((editor, "get,patch"), (lead, "get,patch,approve")):
        role = ("--verb", verbs, "--resource=setpointrollouts.fabgitops.io", "--namespace=line-1")
        cluster.kubectl("create", "role", who, *role)
        cluster.kubectl("create", "rolebinding", who, f"--role={who}", f"--user={who}", "--namespace=line-1")

    def agree(who: str, name: str, plan: str, **how: str) -> str:
        given = {"fabgitops.io/approve": plan, "fabgitops.io/approved-by": name}
        return patching(cluster, who, "setpointrollouts/mixers")({"metadata": {"annotations": given}}, **how)

    refused = "takes the verb approve on setpointrollouts"
    until(lambda: refused in agree(editor, editor, "5f2c", **TRIED), "the policy is heard of")
    assert "carries the name of whoever gives it" in agree(lead, editor, "5f2c")
    assert agree(lead, lead, "5f2c") == ""
    cluster.kubectl("delete", "role,rolebinding", editor, lead, "--namespace=line-1")
    cluster.kubectl("delete", "spr", "mixers", "--namespace=line-1")


TRIED = {"dryRun": "All"}
"""How a patch is asked for until a policy is heard of: one that came through would change nothing the next time."""

OTHERWISE: dict[str, Object] = {
    "a PLC's spec": {"spec": {"targetValue": 2600}},
    "and this changes owner": {"metadata": {"annotations": {"owner": "bob", PERMIT: "manual/0/5f2c"}}},
    "and this changes fabgitops.io/suspend": {"metadata": {"annotations": {"fabgitops.io/suspend": "for ever"}}},
    "changes no label": {"metadata": {"labels": {"line": "2"}}},
    "finalizer": {"metadata": {"finalizers": ["fabgitops.io/kept"]}},
}


def test_of_a_plc_the_operator_changes_the_permit_alone(installer: Helm, cluster: Cluster) -> None:
    """It gives a permit and takes it back; whatever else it would change, the API server refuses, and says what."""
    installer.install(ON)
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "industrialplcs.fabgitops.io")
    cluster.kubectl("apply", "-f", "-", text=json.dumps(PLC))
    patch = patching(cluster, ACCOUNT)
    until(lambda: "a PLC's spec" in patch(OTHERWISE["a PLC's spec"], **TRIED), "the guard is in force")
    for told, body in OTHERWISE.items():
        assert told in patch(body)
    removed = {"metadata": {"annotations": {"owner": None, PERMIT: "u/1/5f2c"}}}
    assert "and this changes owner" in patch(removed)
    for permit in ("u/1/5f2c", "u/1/5f2c/restore", None):
        assert patch({"metadata": {"annotations": {PERMIT: permit}}}) == ""
    assert patching(cluster, "")(OTHERWISE["a PLC's spec"]) == ""
    cluster.kubectl("delete", "plc", "mixer", "--namespace=line-1")


def patching(cluster: Cluster, who: str, what: str = "industrialplcs/mixer") -> Callable[..., str]:
    """Return what patches an object as somebody, asked in some way, and returns why that was refused."""
    headers = {"Content-Type": "application/merge-patch+json"} | ({"Impersonate-User": who} if who else {})
    url = f"/apis/fabgitops.io/v1/namespaces/line-1/{what}"

    def patch(body: Object, **how: str) -> str:
        answer = cluster.client.patch(url, json=body, headers=headers, params=how)
        return "" if answer.is_success else str(answer.json()["message"])

    return patch
