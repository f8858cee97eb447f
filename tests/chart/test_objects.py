"""What each value makes of the chart's objects."""

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import yaml

from .cluster import Cluster
from .conftest import BOTH
from .helm import CHART, Helm, Object, Values, find, pod_specs
from .matrix import MATRIX

pytestmark = pytest.mark.chart

PLC = {"plc": {"cidrs": ["10.20.0.0/16"]}, "networkPolicy": {"enabled": True}}
TMP = "/tmp"  # noqa: S108  # a path in a container
TOLD = pytest.mark.parametrize("version", BOTH)
KUBE_SYSTEM = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}


Notes = Callable[[Values], str]


@pytest.fixture
def version() -> str:
    """Return one Helm, for both make the same objects (see test_render); what users are told is looked at in both."""
    return "helm 4"


@pytest.fixture
def notes(helm: Helm, informed: Cluster) -> Notes:
    """Return what tells for some values what a user is told after an installation."""
    # Helm 3 wants to see a cluster for it, in which our definitions are, that are not its own.
    seeing = replace(helm, kubeconfig=informed.plane.kubeconfig)
    flags = ("--namespace", "plant", "--dry-run=client", "--take-ownership")
    return lambda values: seeing.run("install", "fab", CHART, *flags, values=values).partition("NOTES:")[2]


def rules(policy: Object) -> list[tuple[list[str], list[Any]]]:
    """Return to where a NetworkPolicy lets the operator speak, each with the ports."""
    egress = policy["spec"]["egress"]
    return [(sorted(f"{each['port']}/{each['protocol']}" for each in rule["ports"]), rule["to"]) for rule in egress]


@pytest.mark.parametrize("name", ["defaults", "fenced"])
def test_pods_have_no_rights(helm: Helm, name: str) -> None:
    """Each pod runs as a numbered nobody on a read-only root without capabilities, under seccomp's default profile."""
    for pod in pod_specs(helm.objects(MATRIX[name])).values():
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] > 0
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["enableServiceLinks"] is False
        for container in pod["containers"]:
            wanted = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True}
            assert container["securityContext"] == {**wanted, "capabilities": {"drop": ["ALL"]}}


def test_keys_stay_in_memory(helm: Helm) -> None:
    """Beside its read-only root the operator has memory at /tmp, for keys that OpenSSL takes from files."""
    (operator,) = (pod for name, pod in pod_specs(helm.objects()).items() if name == "fab-fabgitops")
    (mount,) = (each for each in operator["containers"][0]["volumeMounts"] if each["mountPath"] == TMP)
    (volume,) = (each for each in operator["volumes"] if each["name"] == mount["name"])
    assert volume["emptyDir"] == {"medium": "Memory", "sizeLimit": "1Mi"}
    assert operator["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True
    assert not mount.get("readOnly")


@pytest.mark.parametrize("path", [TMP, f"{TMP}/"])
def test_who_mounts_tmp_keeps_it(helm: Helm, path: str) -> None:
    """A volume that somebody mounts at /tmp takes the place of ours, as a path can be mounted only once."""
    values: Values = {
        "extraVolumes": [{"name": "room", "emptyDir": {}}],
        "extraVolumeMounts": [{"name": "room", "mountPath": path}],
    }
    operator = pod_specs(helm.objects(values))["fab-fabgitops"]
    assert [each["name"] for each in operator["containers"][0]["volumeMounts"]] == ["room"]
    assert [each["name"] for each in operator["volumes"]] == ["room"]


def test_tokens_only_where_they_are_needed(helm: Helm) -> None:
    """The operator and the test have a service account's token, the mock PLC has none, and no account gives it away."""
    made = helm.objects(MATRIX["fenced"])
    tokens = {name: pod["automountServiceAccountToken"] for name, pod in pod_specs(made).items()}
    assert tokens == {"fab-fabgitops": True, "fab-fabgitops-test": True, "fab-fabgitops-mock-plc": False}
    accounts = [each for each in made if each["kind"] == "ServiceAccount"]
    assert [each["automountServiceAccountToken"] for each in accounts] == [False, False]


def test_one_writer(helm: Helm) -> None:
    """The operator is one, which ends before its successor begins, and has the time to end a correction in hand."""
    deployment = find(helm.objects({"settings": {"graceSecs": 45.5}}), "Deployment")["spec"]
    assert (deployment["replicas"], deployment["strategy"]) == (1, {"type": "Recreate"})
    assert deployment["template"]["spec"]["terminationGracePeriodSeconds"] > 45.5


@pytest.mark.parametrize(
    ("component", "values"),
    [("operator", {}), *((each, {each: {"enabled": True}}) for each in ("racks", "delivery", "chaos"))],
)
def test_two_replicas(helm: Helm, component: str, values: dict[str, Any]) -> None:
    """Of two operators one is replaced or drained at a time, and they keep away from each other's node."""
    two = {"replicas": 2} if component == "operator" else {component: {"enabled": True, "replicas": 2}}
    made = [each for each in helm.objects(values | two) if _component(each) == component]
    deployment = find(made, "Deployment")["spec"]
    assert deployment["replicas"] == 2
    assert deployment["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1},
    }
    selector = deployment["selector"]
    [apart] = deployment["template"]["spec"]["affinity"]["podAntiAffinity"].popitem()[1]
    assert apart["podAffinityTerm"] == {"topologyKey": "kubernetes.io/hostname", "labelSelector": selector}
    assert find(made, "PodDisruptionBudget")["spec"] == {"maxUnavailable": 1, "selector": selector}


def _component(made: dict[str, Any]) -> str:
    return str(made["metadata"].get("labels", {}).get("app.kubernetes.io/component"))


def test_two_replicas_spread_as_it_is_wanted(helm: Helm) -> None:
    """Own rules of where pods run go before ours, and a constraint without a selector is about the two."""
    spread = {"topologyKey": "topology.kubernetes.io/zone"}
    values = {"replicas": 2, "affinity": {"nodeAffinity": {}}, "topologySpreadConstraints": [spread]}
    deployment = find(helm.objects(values), "Deployment")["spec"]
    pod = deployment["template"]["spec"]
    assert pod["affinity"] == {"nodeAffinity": {}}
    [found] = pod["topologySpreadConstraints"]
    assert found == {
        **spread,
        "maxSkew": 1,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": deployment["selector"],
    }


def test_egress(helm: Helm) -> None:
    """The operator's pod may speak to the API server, DNS by UDP and TCP, and the PLCs' addresses, and nothing else."""
    ports = [f"{port}/{protocol}" for port in (502, 802) for protocol in ("TCP", "UDP")]
    anywhere: list[Any] = [{"ipBlock": {"cidr": "10.20.0.0/16"}}]
    policy = find(helm.objects({**PLC, "test": {"enabled": False}}), "NetworkPolicy")
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert "to" not in policy["spec"]["egress"][0]
    policy["spec"]["egress"][0]["to"] = []
    assert rules(policy) == [
        (["443/TCP", "6443/TCP"], []),
        (["53/TCP", "53/UDP"], [KUBE_SYSTEM]),
        (ports, anywhere),
    ]
    known = find(helm.objects(MATRIX["fenced without extras"]), "NetworkPolicy")
    assert rules(known)[0][1] == [{"ipBlock": {"cidr": "10.0.0.1/32"}}]


@pytest.mark.parametrize("mock", [True, False])
def test_policy_selects_what_is_there(helm: Helm, mock: bool) -> None:
    """The policy is for the operator's pod alone, and lets it reach the release's own mock PLCs, if there are any."""
    made = helm.objects({**PLC, "mockPlc": {"enabled": mock}})
    labels = {
        each["metadata"]["name"]: each["spec"]["template"]["metadata"]["labels"]
        for each in made
        if each["kind"] == "Deployment"
    }
    labels |= {each["metadata"]["name"]: each["metadata"]["labels"] for each in made if each["kind"] == "Pod"}
    policy = find(made, "NetworkPolicy")["spec"]

    def selected(selector: Object) -> list[str]:
        return [name for name, has in labels.items() if selector["matchLabels"].items() <= has.items()]

    assert selected(policy["podSelector"]) == ["fab-fabgitops"]
    reached = [name for each in policy["egress"][-1]["to"] for name in selected(each["podSelector"])]
    assert reached == (["fab-fabgitops-mock-plc"] if mock else []) + ["fab-fabgitops-test"]


def test_services_find_their_pods(helm: Helm) -> None:
    """Each Service selects one kind of pod and names a port that it has, and the ServiceMonitor the one for metrics."""
    made = helm.objects({**MATRIX["monitored"], "mockPlc": {"enabled": True}})
    deployments = [each["spec"]["template"] for each in made if each["kind"] == "Deployment"]
    for service in (each for each in made if each["kind"] == "Service"):
        (pod,) = (
            each for each in deployments if service["spec"]["selector"].items() <= each["metadata"]["labels"].items()
        )
        names = [port["name"] for port in pod["spec"]["containers"][0]["ports"]]
        assert [port["targetPort"] for port in service["spec"]["ports"]] == names
        assert service["spec"]["type"] == "ClusterIP"
    monitor = find(made, "ServiceMonitor")["spec"]
    wanted = monitor["selector"]["matchLabels"].items()
    services = [each for each in made if each["kind"] == "Service"]
    assert [each["metadata"]["name"] for each in services if wanted <= each["metadata"]["labels"].items()] == [
        "fab-fabgitops-metrics"
    ]
    assert monitor["endpoints"][0]["honorLabels"] is True


def test_two_stacks(helm: Helm) -> None:
    """Services take the IP families that are asked for, and say nothing of them otherwise."""
    both = {"service": {"ipFamilyPolicy": "RequireDualStack", "ipFamilies": ["IPv6", "IPv4"]}}
    for values in ({"mockPlc": {"enabled": True}}, {"mockPlc": {"enabled": True}, **both}):
        for service in (each["spec"] for each in helm.objects(values) if each["kind"] == "Service"):
            families = {name: value for name, value in service.items() if name.startswith("ipFamil")}
            assert families == values.get("service", {})


def test_monitoring_is_what_the_files_say(helm: Helm) -> None:
    """The rules and dashboards that a cluster gets are those that stand in the chart's files, which other tests run."""
    made = helm.objects(MATRIX["monitored"])
    assert find(made, "PrometheusRule")["spec"] == yaml.safe_load((CHART / "files/rules.yaml").read_text("utf-8"))
    files = {path.name: path.read_text(encoding="utf-8") for path in (CHART / "files/dashboards").glob("*.json")}
    assert find(made, "ConfigMap", "-dashboards")["data"] == files
    assert {each["kind"] for each in helm.objects()} & {"PrometheusRule", "ServiceMonitor", "NetworkPolicy"} == set()


def test_alerts_as_the_values_want_them(helm: Helm) -> None:
    """An alert is switched off, waits, is as severe and begins where the values say; all others stay as they are."""
    groups = yaml.safe_load((CHART / "files/rules.yaml").read_text("utf-8"))["groups"]
    before = {rule["alert"]: rule for rule in groups[1]["rules"]}
    made = find(helm.objects(MATRIX["monitored by pod"]), "PrometheusRule")["spec"]["groups"]
    after = {rule["alert"]: rule for rule in made[1]["rules"]}
    assert made[0] == groups[0]
    assert before.keys() - after.keys() == {"FabGitOpsPLCFlapping"}
    assert all("runbook_url" not in rule["annotations"] for rule in after.values())
    unreachable, recurring = after.pop("FabGitOpsPLCUnreachable"), after.pop("FabGitOpsDriftRecurring")
    assert (unreachable["for"], unreachable["labels"]) == ("15m", {"severity": "critical"})
    assert "has not answered for 15m or more" in unreachable["annotations"]["description"]
    assert "[1h])) > 20 and" in recurring["expr"]
    for name, rule in after.items():
        without = {key: value for key, value in before[name]["annotations"].items() if key != "runbook_url"}
        assert rule == {**before[name], "annotations": without}


def test_runbooks_elsewhere(helm: Helm) -> None:
    """Each alert leads to its page in the place that the values name."""
    values = {"prometheusRule": {"enabled": True, "runbookUrl": "https://wiki.example.com/%s?view=1"}}
    rules = find(helm.objects(values), "PrometheusRule")["spec"]["groups"][1]["rules"]
    pages = {rule["alert"]: rule["annotations"]["runbook_url"] for rule in rules}
    assert pages["FabGitOpsPLCUnreachable"] == "https://wiki.example.com/plc-unreachable?view=1"


def test_every_threshold_reaches_its_expression(helm: Helm) -> None:
    """Each alert that has a threshold has the given one in its expression, even 0, and no mark is left anywhere."""
    texts = yaml.safe_load((CHART / "files/alerts.yaml").read_text("utf-8"))
    having = [name for name, text in texts.items() if "threshold" in text]
    for threshold, seen in ((0, " 0"), (0.125, " 0.125"), (77, " 77")):
        alerts = {name: {"threshold": threshold} for name in having}
        text = helm.objects({"prometheusRule": {"enabled": True, "alerts": alerts}})
        rules = {each["alert"]: each for each in find(text, "PrometheusRule")["spec"]["groups"][1]["rules"]}
        assert all(seen in rules[name]["expr"] for name in having)
        assert "$FOR" not in str(rules)
        assert "$THRESHOLD" not in str(rules)


def test_pod_monitor(helm: Helm) -> None:
    """A PodMonitor scrapes the operator's pod as a ServiceMonitor would its Service."""
    pod = find(helm.objects(MATRIX["monitored by pod"]), "PodMonitor")["spec"]
    service = find(helm.objects(MATRIX["monitored"]), "ServiceMonitor")["spec"]
    assert pod.pop("podMetricsEndpoints") == service.pop("endpoints")
    assert pod == service
    operator = find(helm.objects(), "Deployment", "-fabgitops")["spec"]["template"]
    assert pod["selector"]["matchLabels"].items() <= operator["metadata"]["labels"].items()
    assert operator["spec"]["containers"][0]["ports"][0]["name"] == "metrics"


def test_labels_given_twice(helm: Helm) -> None:
    """Of two labels of one name the nearer one counts, and none takes a pod out of what its Deployment selects."""
    selected = {"app.kubernetes.io/component": "mine"}
    values = {"commonLabels": {"zone": "all", **selected}, "podLabels": {"zone": "mixing", **selected}}
    deployment = find(helm.objects(values), "Deployment")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert (deployment["metadata"]["labels"]["zone"], labels["zone"]) == ("all", "mixing")
    assert deployment["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_everything_is_labelled(helm: Helm) -> None:
    """Every object of the chart's own carries commonLabels and says what it is part of."""
    for name in ("defaults", "fenced", "monitored"):
        for each in helm.objects({**MATRIX[name], "commonLabels": {"team": "controls"}}):
            wanted = {"team": "controls", "app.kubernetes.io/part-of": "fabgitops", "app.kubernetes.io/instance": "fab"}
            assert wanted.items() <= each["metadata"]["labels"].items(), each["metadata"]


def test_pods_go_where_they_are_told(helm: Helm) -> None:
    """Node labels, tolerations and pull secrets hold for all pods of the chart; only Linux nodes come into question."""
    values = {
        "tolerations": [{"operator": "Exists"}],
        "imagePullSecrets": [{"name": "pull"}],
        "mockPlc": {"enabled": True},
    }
    pods = pod_specs(helm.objects({**values, "nodeSelector": {"zone": "plant"}}))
    assert len(pods) == 3
    for pod in pods.values():
        assert pod["nodeSelector"] == {"kubernetes.io/os": "linux", "zone": "plant"}
        assert (pod["tolerations"], pod["imagePullSecrets"]) == (values["tolerations"], values["imagePullSecrets"])


def test_defaults_can_be_taken_away(helm: Helm) -> None:
    """A default that a cluster decides for itself, such as the user id on OpenShift, goes away when set to null."""
    values = {"podSecurityContext": {"runAsUser": None, "fsGroup": None}, "nodeSelector": {"kubernetes.io/os": None}}
    pod = pod_specs(helm.objects(values))["fab-fabgitops"]
    assert pod["securityContext"].keys() == {"runAsNonRoot", "runAsGroup", "seccompProfile"}
    assert "nodeSelector" not in pod


def test_images(helm: Helm) -> None:
    """A digest outdoes the tag, and an empty registry leaves none in front."""
    image = {"registry": "", "digest": "sha256:" + "a" * 64}
    pods = pod_specs(helm.objects({"image": image, "mockPlc": {"enabled": True, "image": {"tag": "2.0.0"}}}))
    told = {name: pod["containers"][0]["image"] for name, pod in pods.items()}
    assert told == {
        "fab-fabgitops": f"fabgitops/fabgitops-operator@sha256:{'a' * 64}",
        "fab-fabgitops-mock-plc": "ghcr.io/fabgitops/mock-plc:2.0.0",
        "fab-fabgitops-test": "ghcr.io/fabgitops/mock-plc:2.0.0",
    }


def test_helm_test_leaves_nothing(helm: Helm) -> None:
    """All that `helm test` makes is made by hooks that go when it succeeded, and its pod ends by itself."""
    made = [each for each in helm.objects() if "test" in each["metadata"]["labels"]["app.kubernetes.io/component"]]
    assert {each["kind"] for each in made} == {"ServiceAccount", "Role", "RoleBinding", "ConfigMap", "Pod"}
    for each in made:
        hooks = {name: value for name, value in each["metadata"]["annotations"].items() if "hook-weight" not in name}
        assert hooks == {
            "helm.sh/hook": "test",
            "helm.sh/hook-delete-policy": "before-hook-creation,hook-succeeded",
        }
    assert find(made, "Pod")["spec"]["activeDeadlineSeconds"] > 120
    compile(find(made, "ConfigMap")["data"]["insync.py"], "insync.py", "exec")


@TOLD
@pytest.mark.parametrize(
    ("values", "namespace", "device"),
    [
        ({}, "plant", {"deviceAddress": "192.0.2.10", "port": 502}),
        (
            {"watchNamespaces": ["line-1"], "mockPlc": {"enabled": True}, "test": {"enabled": False}},
            "line-1",
            {"deviceAddress": "fab-fabgitops-mock-plc.plant.svc", "port": 5502},
        ),
    ],
)
def test_notes(helm: Helm, notes: Notes, values: Values, namespace: str, device: Object) -> None:
    """The user is told three commands, and they name what there is for these values."""
    told = notes(values)
    steps = re.findall(r"^\d\. .*?:\n\n(.*?)(?=\n\n|\Z)", told, flags=re.DOTALL | re.MULTILINE)
    wait, apply, look = ("\n".join(line.strip() for line in step.splitlines()) for step in steps)
    commands = [shlex.split(command) for command in wait.split(" && ")]
    expected = ["kubectl", "-n", "plant", "rollout", "status", "deployment/fab-fabgitops"]
    assert commands == [expected] + ([["helm", "-n", "plant", "test", "fab"]] if not values else [])
    assert shlex.split(look) == ["kubectl", "-n", namespace, "get", "plc", "mixer-speed", "--watch"]
    assert apply.startswith("kubectl apply -f - <<EOF")
    manifest = yaml.safe_load(steps[1].partition("EOF\n")[2].rpartition("EOF")[0])
    assert manifest["metadata"] == {"name": "mixer-speed", "namespace": namespace}
    assert device.items() <= manifest["spec"].items()
    if device["port"] != 502:
        ports = find(helm.objects(values), "Service", "-mock-plc")["spec"]["ports"]
        assert [port["port"] for port in ports] == [device["port"]]


@TOLD
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"crds": {"keep": False}}, "uninstalling deletes every PLC resource"),
        ({"crds": {"install": False}}, "must be there already"),
        ({"replicas": 0}, "It is paused"),
        ({**PLC, "hostNetwork": True}, "hold such a pod to no NetworkPolicy"),
        ({"chaos": {"enabled": True}}, "Chaos experiments are still forbidden"),
        (
            {"chaos": {"enabled": True, "agent": {"enabled": True, "namespace": "agents"}}},
            "kubectl label namespace agents pod-security.kubernetes.io/enforce=privileged",
        ),
    ],
)
def test_notes_warn(notes: Notes, values: Values, said: str) -> None:
    """The user is told of what these values mean beyond their words, and of nothing by default."""
    assert said in notes(values)
    assert said not in notes({})


@TOLD
def test_notes_when_paused(notes: Notes) -> None:
    """Nobody is told to test an operator that does not run."""
    assert "helm" not in notes({"replicas": 0})


def test_extra_objects(helm: Helm) -> None:
    """Objects of the user's own come along, as text with templates in it or as YAML."""
    plain = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine-{{ .Release.Name }}"}}
    made = helm.objects({"extraObjects": [plain, json.dumps(plain).replace("mine", "theirs")]})
    names = [each["metadata"]["name"] for each in made if each["kind"] == "ConfigMap"]
    assert {"mine-fab", "theirs-fab"} <= set(names)
