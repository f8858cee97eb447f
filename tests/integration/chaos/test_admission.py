"""What the API server says to experiments, under the policies as shipped, and that the operator says the same."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import yaml
from fabgitops_core.api.chaos.experiment import ChaosExperimentSpec
from fabgitops_core.api.chaos.policy import ChaosPolicySpec
from fabgitops_core.control.chaos.facts import Facts
from fabgitops_core.control.chaos.guards import against
from fabgitops_core.control.chaos.plan import planned
from fabgitops_core.control.chaos.registry import OURS
from fabgitops_operator.cluster.install import AGENT_ACCOUNT, CHAOS_ACCOUNT, NAMESPACE, manifests

from ..planes import MERGE, until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

GROUP, RBAC = "/apis/fabgitops.io/v1", "/apis/rbac.authorization.k8s.io/v1"
POLICIES = "/apis/admissionregistration.k8s.io/v1"
ALLOWED, FORBIDDEN = "line-allowed", "line-forbidden"
KINDS = {"ChaosExperiment": "chaosexperiments", "ChaosSchedule": "chaosschedules"}
Spec = dict[str, Any]

PODS: Spec = {"kind": "pods", "labelSelector": {"matchLabels": {"app": "hmi"}}}
PLCS: Spec = {**PODS, "kind": "plcs"}
KILL: Spec = {"scenario": {"podKiller": {}}, "target": PODS}
POLICY: Spec = {
    "enabled": True,
    "scenarios": ["podKiller", "cpuStress", "networkDelay", "plcFault", "apiLatency", "leak"],
    "maxDurationSecs": 601,
    "maxTargets": 4,
    "maxPercent": 30,
}


def of(**target: Any) -> Spec:
    """Return an experiment whose target says more."""
    return {"target": {**PODS, **target}}


CASES: list[tuple[Spec, str]] = [
    ({}, ""),
    ({"durationSecs": 601}, ""),
    ({"durationSecs": 602}, "it is 602 s long, and the ChaosPolicy allows maxDurationSecs 601"),
    (
        {"scenario": {"plcDrift": {"register": "speed", "value": 1}}, "target": PLCS},
        "the ChaosPolicy does not name plcDrift in scenarios",
    ),
    ({"scenario": {"plcFault": {"fault": "frozen"}}, "target": PLCS}, ""),
    (of(mode="fixed", value=4), ""),
    (of(mode="fixed", value=5), "it wants 5 targets, and the ChaosPolicy allows maxTargets 4"),
    (of(mode="fixedPercent", value=30), ""),
    (of(mode="fixedPercent", value=31), "it wants 31 of a hundred, and the ChaosPolicy allows maxPercent 30"),
    (of(mode="randomMaxPercent", value=100), "it wants 100 of a hundred, and the ChaosPolicy allows maxPercent 30"),
    (of(mode="all"), ""),
    (of(namespace=FORBIDDEN), ""),  # the labels of another namespace only the operator sees
    (
        of(labelSelector={"matchLabels": {"app": "hmi", "fabgitops.io/chaos": "protected"}}),
        "its labelSelector is for what has the label fabgitops.io/chaos: protected, which is never a target",
    ),
]


def unlike(case: Spec) -> Spec:
    """Return a whole spec of what a case says."""
    return {**KILL, **case}


class Door:
    """What the API server says to who asks it to store something."""

    def __init__(self, api: httpx.Client) -> None:
        self.api = api

    def told(self, spec: Spec, *, kind: str = "ChaosExperiment", where: str = ALLOWED, by: str = "") -> str:
        """Return why a spec is refused, "" for a yes; nothing is stored."""
        body = {"apiVersion": "fabgitops.io/v1", "kind": kind, "metadata": {"name": "run"}, "spec": spec}
        if kind == "ChaosSchedule":
            body["spec"] = {"schedule": "0 3 * * *", "template": {"spec": spec}}
        url = f"{GROUP}/namespaces/{where}/{KINDS[kind]}"
        headers = {"Impersonate-User": by} if by else {}
        answer = self.api.post(url, params={"dryRun": "All"}, json=body, headers=headers)
        return "" if answer.is_success else f"{answer.status_code} {answer.json()['message'].partition(': ')[2]}"

    def allow(self, policy: Spec | None, said: str) -> None:
        """Put a ChaosPolicy into force, and wait until the API server goes by it: then it says something of a run."""
        self.api.delete(f"{GROUP}/chaospolicies/default")
        if policy is not None:
            kind = {"apiVersion": "fabgitops.io/v1", "kind": "ChaosPolicy", "metadata": {"name": "default"}}
            self.api.post(f"{GROUP}/chaospolicies", json={**kind, "spec": policy}).raise_for_status()
        until(lambda: said in self.told({**KILL, "durationSecs": 86400}), f"it says {said}")


@pytest.fixture(name="door", scope="module")
def _door(http: httpx.Client) -> Iterator[Door]:
    """Return an API server with two namespaces, of which one lets chaos in, and the policies as they are shipped."""
    bodies = [each for each in yaml.safe_load_all(manifests(with_chaos=True)) if "chaos" in each["metadata"]["name"]]
    guards = [each for each in bodies if each["kind"].startswith("ValidatingAdmissionPolicy")]
    for name, label in ((ALLOWED, "allowed"), (FORBIDDEN, "protected"), (NAMESPACE, "")):
        metadata = {"name": name, "labels": {"fabgitops.io/chaos": label}}
        http.post("/api/v1/namespaces", json={"metadata": metadata})
    for each in guards:
        answer = http.post(f"{POLICIES}/{plural(each)}", json=each)
        assert answer.is_success, answer.text
    door = Door(http)
    door.allow(POLICY, "maxDurationSecs 601")
    yield door
    for each in guards:
        http.delete(f"{POLICIES}/{plural(each)}/{each['metadata']['name']}").raise_for_status()
    http.delete(f"{GROUP}/chaospolicies/default")
    for kinds in KINDS.values():
        http.delete(f"{GROUP}/namespaces/{ALLOWED}/{kinds}").raise_for_status()
    until(lambda: not http.get(f"{GROUP}/chaosexperiments").json()["items"], "no experiment is left")


def plural(guard: dict[str, Any]) -> str:
    """Return where a policy or a binding is."""
    return "validatingadmissionpolic" + ("ybindings" if guard["kind"].endswith("Binding") else "ies")


@pytest.mark.parametrize(("case", "why"), CASES)
def test_the_api_server_says_what_the_operator_says(door: Door, case: Spec, why: str) -> None:
    """Each refusal is the operator's own, word for word; a schedule is refused for what its runs would be."""
    spec = unlike(case)
    plan = planned(ChaosExperimentSpec.model_validate(spec), ALLOWED, OURS)
    facts = Facts(ChaosPolicySpec.model_validate(POLICY), opted_in=True)
    assert against(plan, facts, datetime.now(UTC)) == why
    for kind in KINDS:
        told = door.told(spec, kind=kind)
        assert (told.startswith("403 "), told.endswith(f"denied request: {why}")) == (bool(why), bool(why)), told


def test_namespaces_let_experiments_in(door: Door) -> None:
    """Without its label no namespace is hit, by nobody."""
    plan = planned(ChaosExperimentSpec.model_validate(KILL), FORBIDDEN, OURS)
    why = against(plan, Facts(ChaosPolicySpec.model_validate(POLICY), opted_in=False), datetime.now(UTC))
    assert why == f"the namespace {FORBIDDEN} has no label fabgitops.io/chaos: allowed"
    assert all(door.told(KILL, kind=kind, where=FORBIDDEN).endswith(why) for kind in KINDS)


MAY: list[tuple[str, Spec, tuple[str, str, str], str]] = [
    ("evict", KILL, ("", "pods/eviction", "create"), "evict pods"),
    ("force", {**KILL, "scenario": {"podKiller": {"force": True}}}, ("", "pods", "delete"), "delete pods"),
    ("stress", {**KILL, "scenario": {"cpuStress": {}}}, ("", "pods/exec", "create"), "run anything in pods"),
    (
        "delay",
        {**KILL, "scenario": {"networkDelay": {"partition": True}}},
        ("", "pods/exec", "create"),
        "run anything in pods",
    ),
    (
        "fault",
        {"scenario": {"plcFault": {"fault": "frozen"}}, "target": PLCS},
        ("fabgitops.io", "industrialplcs", "update"),
        "change PLCs",
    ),
    (
        "away",
        {"scenario": {"networkDelay": {"partition": True}}, "target": PLCS},
        ("fabgitops.io", "industrialplcs", "update"),
        "change PLCs",
    ),
    (
        "token",
        {"scenario": {"plcFault": {"fault": "frozen", "tokenSecret": "mock"}}, "target": PLCS},
        ("", "secrets", "get"),
        "read the Secret mock",
    ),
]


def grant(api: httpx.Client, user: str, where: str, rules: list[tuple[str, str, str]]) -> None:
    """Let somebody do something in a namespace."""
    given = [{"apiGroups": [group], "resources": [what], "verbs": [verb]} for group, what, verb in rules]
    url = f"{RBAC}/namespaces/{where}"
    api.post(f"{url}/roles", json={"metadata": {"name": user}, "rules": given}).raise_for_status()
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": user}
    subject = {"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}
    body = {"metadata": {"name": user}, "roleRef": reference, "subjects": [subject]}
    api.post(f"{url}/rolebindings", json=body).raise_for_status()


FAULTS = ("fabgitops.io", "industrialplcs", "update")
MAKING = [("fabgitops.io", kinds, "create") for kinds in KINDS.values()]


@pytest.mark.parametrize(("name", "spec", "right", "words"), MAY, ids=[each[0] for each in MAY])
def test_nobody_gains_by_an_experiment(
    door: Door, name: str, spec: Spec, right: tuple[str, str, str], words: str
) -> None:
    """Who may make experiments has the operator do what he may do himself, and nothing else, nor by a schedule."""
    grant(door.api, f"all-but-{name}", ALLOWED, [*MAKING, *({each[2] for each in MAY} - {right})])
    grant(door.api, f"only-{name}", ALLOWED, [*MAKING, right, *([FAULTS] if name == "token" else [])])
    for kind in KINDS:
        until(lambda kind=kind: door.told(spec, kind=kind, by=f"only-{name}") == "", "who may, may")  # type: ignore[misc]
        told = door.told(spec, kind=kind, by=f"all-but-{name}")
        verb, what = right[2], f"{right[1]}.{right[0]}" if right[0] else right[1]
        assert told.endswith(
            f"all-but-{name} may not {words} in the namespace {ALLOWED}, so no experiment does it for them: that takes "
            f"the verb {verb} on {what}"
        ), told
    elsewhere = {**spec, "target": {**spec["target"], "namespace": FORBIDDEN}}
    assert f"in the namespace {FORBIDDEN}" in door.told(elsewhere, by=f"only-{name}")


def test_what_reaches_further_takes_more(door: Door) -> None:
    """Late requests to the API server are for who may enter operators' pods; a package's scenario takes all rights."""
    late = {"scenario": {"apiLatency": {"delayMillis": 50}}}
    leak = {**KILL, "scenario": {"extension": {"name": "leak"}}}
    rights = [("", "pods/eviction", "create"), ("", "pods", "delete"), ("", "pods/exec", "create")]
    grant(door.api, "all-pods", ALLOWED, [*MAKING, *rights])
    until(lambda: door.told(leak, by="all-pods") == "", "the rights are there")
    assert f"in the namespace {NAMESPACE}" in door.told(late, by="all-pods")
    for missing in rights:
        user = f"without-{missing[1].replace('/', '-')}"
        grant(door.api, user, ALLOWED, [*MAKING, *(each for each in rights if each != missing)])
        until(lambda user=user: "may not" in door.told(leak, by=user), "the role is there")  # type: ignore[misc]
        assert f"{missing[2]} on {missing[1]}" in door.told(leak, by=user)


def test_what_runs_can_always_be_ended(door: Door) -> None:
    """With chaos off, or no policy at all, nothing begins; an experiment ends, a schedule stops, and both can go."""
    api = door.api
    kinds = {
        "chaosexperiments": ("ChaosExperiment", KILL),
        "chaosschedules": ("ChaosSchedule", {"schedule": "0 3 * * *", "template": {"spec": KILL}}),
    }
    for kinds_, (kind, spec) in kinds.items():
        body = {"apiVersion": "fabgitops.io/v1", "kind": kind, "metadata": {"name": "mine"}, "spec": spec}
        api.post(f"{GROUP}/namespaces/{ALLOWED}/{kinds_}", json=body).raise_for_status()
    door.allow({**POLICY, "enabled": False}, "the ChaosPolicy has enabled: false")
    assert door.told(KILL, kind="ChaosSchedule") == ""
    door.allow(None, "no params found")
    experiment, schedule = (f"{GROUP}/namespaces/{ALLOWED}/{each}/mine" for each in kinds)
    held = {"metadata": {"finalizers": ["fabgitops.io/chaos"]}}
    for url, patch in (
        (experiment, held),
        (experiment, {"spec": {"abort": True}}),
        (experiment, {"metadata": {"finalizers": None}}),
        (schedule, {"spec": {"suspend": True}}),
    ):
        api.patch(url, json=patch, headers=MERGE).raise_for_status()
    changed = api.patch(experiment, json={"spec": {"durationSecs": 5}}, headers=MERGE)
    assert (changed.status_code, "durationSecs cannot be changed" in changed.text) == (422, True)
    for url in (experiment, schedule):
        api.delete(url).raise_for_status()
    door.allow(POLICY, "maxDurationSecs 601")


def test_a_schedule_changes_hands_with_what_it_runs(door: Door) -> None:
    """Whoever changes what a schedule runs, or when, has to be allowed to; whoever stops it need not."""
    api, url = door.api, f"{GROUP}/namespaces/{ALLOWED}/chaosschedules"
    body = {"apiVersion": "fabgitops.io/v1", "kind": "ChaosSchedule", "metadata": {"name": "nightly"}}
    spec = {"schedule": "0 3 * * *", "template": {"spec": KILL}}
    api.post(url, json={**body, "spec": spec}).raise_for_status()
    grant(api, "editor", ALLOWED, [("fabgitops.io", "chaosschedules", verb) for verb in ("get", "patch")])
    by = {**MERGE, "Impersonate-User": "editor"}

    def patched(change: Spec) -> httpx.Response:
        return api.patch(f"{url}/nightly", json={"spec": change}, headers=by)

    until(lambda: patched({"suspend": True}).is_success, "the role is there")
    for change in ({"template": {"spec": {"durationSecs": 90}}}, {"schedule": "* * * * *"}, {"suspend": False}):
        refused = patched(change)
        assert (refused.status_code, "editor may not evict pods" in refused.text) == (403, True)
    assert patched({"historyLimit": 3}).is_success
    grant(api, "the-operator", ALLOWED, MAKING)
    subject = {"kind": "User", "name": CHAOS_ACCOUNT, "apiGroup": "rbac.authorization.k8s.io"}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "the-operator"}
    binding = {"metadata": {"name": "operating"}, "roleRef": reference, "subjects": [subject]}
    api.post(f"{RBAC}/namespaces/{ALLOWED}/rolebindings", json=binding).raise_for_status()
    until(lambda: door.told(KILL, by=CHAOS_ACCOUNT) == "", "the operator makes a run")
    assert "may not evict pods" in door.told(KILL, kind="ChaosSchedule", by=CHAOS_ACCOUNT)


def test_the_operator_ends_pods_only_where_it_is_let_in(door: Door) -> None:
    """By its account no pod is evicted or deleted elsewhere, and no protected one; all others may, as ever."""
    api = door.api
    for where in (ALLOWED, FORBIDDEN):
        grant(api, f"killer-{where}", where, [("", "pods/eviction", "create"), ("", "pods", "delete")])
        url = f"{RBAC}/namespaces/{where}/rolebindings/killer-{where}"
        operator = [{"kind": "User", "name": CHAOS_ACCOUNT, "apiGroup": "rbac.authorization.k8s.io"}]
        api.patch(url, json={"subjects": operator}, headers=MERGE).raise_for_status()
        api.post(f"/api/v1/namespaces/{where}/serviceaccounts", json={"metadata": {"name": "default"}})
        for name, label in (("plain", ""), ("kept", "protected")):
            metadata = {"name": name, "labels": {"fabgitops.io/chaos": label}}
            spec = {"containers": [{"name": "a", "image": "a"}], "automountServiceAccountToken": False}
            api.post(f"/api/v1/namespaces/{where}/pods", json={"metadata": metadata, "spec": spec}).raise_for_status()

    def told(verb: str, where: str, name: str = "plain", by: str = CHAOS_ACCOUNT) -> str:
        url, headers = f"/api/v1/namespaces/{where}/pods/{name}", {"Impersonate-User": by} if by else {}
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": where}}
        if verb == "evict":
            answer = api.post(f"{url}/eviction", params={"dryRun": "All"}, json=body, headers=headers)
        else:
            answer = api.delete(url, params={"dryRun": "All"}, headers=headers)
        return "" if answer.is_success else str(answer.json()["message"])

    for verb in ("evict", "delete"):
        until(lambda verb=verb: told(verb, ALLOWED) == "", "the role is there")  # type: ignore[misc]
        assert told(verb, FORBIDDEN).endswith(f"the namespace {FORBIDDEN} has no label fabgitops.io/chaos: allowed")
        assert told(verb, FORBIDDEN, by="") == "", "others are not asked"
    assert told("delete", ALLOWED, "kept").endswith("the pod has the label fabgitops.io/chaos: protected")
    door.allow(None, "no params found")
    for verb in ("evict", "delete"):
        assert told(verb, FORBIDDEN, by="") == ""
        assert told(verb, ALLOWED) == ""
    door.allow(POLICY, "maxDurationSecs 601")
    for where in (ALLOWED, FORBIDDEN):
        for name in ("plain", "kept"):
            api.delete(f"/api/v1/namespaces/{where}/pods/{name}?gracePeriodSeconds=0").raise_for_status()


def test_an_agent_speaks_for_its_own_node(door: Door) -> None:
    """By its token, which says on which node it is, an agent writes that one's Lease, and no other that RBAC allows.

    Nor does it say in its own that it is of another node, or of none.
    """
    api, where = door.api, f"/api/v1/namespaces/{NAMESPACE}"
    name = AGENT_ACCOUNT.rpartition(":")[2]
    rules = [("coordination.k8s.io", "leases", verb) for verb in ("get", "create", "update")]
    api.post(f"{where}/serviceaccounts", json={"metadata": {"name": name}}).raise_for_status()
    grant(api, AGENT_ACCOUNT.replace(":", "-"), NAMESPACE, rules)
    url = f"{RBAC}/namespaces/{NAMESPACE}/rolebindings/{AGENT_ACCOUNT.replace(':', '-')}"
    account = [{"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}]
    api.patch(url, json={"subjects": account}, headers=MERGE).raise_for_status()
    api.post("/api/v1/nodes", json={"metadata": {"name": "node-7"}}).raise_for_status()
    pod = {"serviceAccountName": name, "nodeName": "node-7", "containers": [{"name": "a", "image": "a"}]}
    made = api.post(f"{where}/pods", json={"metadata": {"name": "agent"}, "spec": pod})
    uid = made.raise_for_status().json()["metadata"]["uid"]

    def token(**more: Any) -> str:
        asked = {"spec": {"expirationSeconds": 600, **more}}
        answer = api.post(f"{where}/serviceaccounts/{name}/token", json=asked).raise_for_status()
        return str(answer.json()["status"]["token"])

    bound = token(boundObjectRef={"kind": "Pod", "apiVersion": "v1", "name": "agent", "uid": uid})
    claims = json.loads(base64.urlsafe_b64decode(bound.split(".")[1] + "=="))
    assert claims["kubernetes.io"]["node"]["name"] == "node-7"

    def says(lease: str, shown: str, node: str = "node-7") -> str:
        about = {"agent.fabgitops.io/node": node} if node else {}
        body = {"metadata": {"name": lease, "annotations": about}, "spec": {"holderIdentity": "a"}}
        leases = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases"
        with httpx.Client(base_url=api.base_url, verify=False) as agent:  # noqa: S501 - the test bed's own
            answer = agent.post(
                leases, json=body, headers={"Authorization": f"Bearer {shown}"}, params={"dryRun": "All"}
            )
        return "" if answer.is_success else str(answer.json()["message"])

    until(lambda: says("fabgitops-agent-node-7", bound) == "", "the role is there")
    for lease in ("fabgitops-agent-node-8", "fabgitops-operator"):
        assert "the Lease of its own node, and no other: fabgitops-agent-node-7" in says(lease, bound)
    for node in ("node-8", ""):
        assert "agent.fabgitops.io/node is node-7" in says("fabgitops-agent-node-7", bound, node)
    assert "this token is of no pod on a node" in says("fabgitops-agent-node-7", token())
    for each in (f"{where}/pods/agent?gracePeriodSeconds=0", "/api/v1/nodes/node-7", f"{where}/serviceaccounts/{name}"):
        api.delete(each).raise_for_status()
