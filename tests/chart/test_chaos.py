"""The operator of chaos experiments and its agents: what each may, and what is made for them."""

import json

import pytest
from fabgitops_operator.app import app
from fabgitops_operator.cluster.install import manifests

from .cluster import Cluster
from .helm import NAMESPACE, Helm, Object, Values, find, objects
from .matrix import MATRIX
from .operating import ACCOUNT, NAME
from .test_rights import NEEDED as OF_PLCS
from .test_rights import RESOURCES as USUAL
from .test_rights import allowed

pytestmark = [pytest.mark.chart, pytest.mark.timeout(300)]

CHAOS, AGENTS = f"{ACCOUNT}-chaos", "fab-agents"
AGENT = f"system:serviceaccount:{AGENTS}:{NAME}-agent"
ON: Values = {"chaos": {"enabled": True, "agent": {"enabled": True, "namespace": AGENTS}}}
EXPERIMENTS, SCHEDULES, POLICIES = (f"fabgitops.io:chaos{each}" for each in ("experiments", "schedules", "policies"))
PODS, EVICTIONS, LEASES = ":pods", ":pods/eviction", "coordination.k8s.io:leases"
RESOURCES = [*USUAL, EXPERIMENTS, SCHEDULES, POLICIES, f"{EXPERIMENTS}/status", f"{SCHEDULES}/status", EVICTIONS]
RESOURCES += [":nodes", "authentication.k8s.io:tokenreviews", "apps:daemonsets"]
SEEN = {("get", PODS), ("list", PODS), ("create", EVICTIONS)}


@pytest.fixture
def version() -> str:
    """Return one Helm, for both make the same (see test_render)."""
    return "helm 4"


def of_the_manifests() -> set[tuple[str, str]]:
    """Return what the manifests let the operator of experiments do, as verbs and resources."""
    role = find(objects(manifests(with_chaos=True)), "ClusterRole", "fabgitops-chaos")
    return {
        (verb, f"{group}:{resource}")
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_each_may_what_its_family_needs(installer: Helm, cluster: Cluster) -> None:
    """The operator of experiments changes no PLC, no Secret and no workload, and sees pods only where it is let in."""
    more: Values = {"enabled": True, "namespaces": ["line-2"], "agent": ON["chaos"]["agent"]}
    installer.install({"chaos": more, "watchNamespaces": ["line-1", "line-2"]})
    everywhere = {("list", EXPERIMENTS), ("get", POLICIES)}
    mine = {each for each in of_the_manifests() if each[1] in RESOURCES} - {("delete", PODS)}
    assert allowed(cluster, CHAOS, "line-2", RESOURCES) == mine
    assert allowed(cluster, CHAOS, "line-1", RESOURCES) == mine - SEEN
    assert allowed(cluster, CHAOS, "line-3", RESOURCES) == everywhere
    assert allowed(cluster, CHAOS, AGENTS, RESOURCES) == everywhere | {("list", LEASES)}
    assert cluster.may(CHAOS, "get", PODS, NAMESPACE)
    assert not cluster.may(CHAOS, "list", PODS, NAMESPACE)
    assert cluster.may(CHAOS, "update", LEASES, NAMESPACE, f"{NAME}-chaos")
    assert not cluster.may(CHAOS, "update", LEASES, NAMESPACE, NAME)
    assert allowed(cluster, ACCOUNT, "line-1") == OF_PLCS


def test_pods_are_deleted_only_where_that_is_wanted(installer: Helm, cluster: Cluster) -> None:
    """To pass budgets takes a value of its own; with it the operator may all that the manifests grant, and no more."""
    installer.install(ON)
    assert allowed(cluster, CHAOS, "line-1", RESOURCES) == of_the_manifests() & _asked() - {("delete", PODS)}
    installer.install({"chaos": {**ON["chaos"], "podDeletion": True}})
    assert allowed(cluster, CHAOS, "line-1", RESOURCES) == of_the_manifests() & _asked()


def _asked() -> set[tuple[str, str]]:
    verbs = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
    return {(verb, resource) for resource in RESOURCES for verb in verbs}


def test_an_agent_may_next_to_nothing(installer: Helm, cluster: Cluster) -> None:
    """An agent asks whose a token is, and has a Lease; of pods, Secrets and nodes it sees nothing, wherever."""
    installer.install(ON)
    reviews = {("create", "authentication.k8s.io:tokenreviews")}
    assert allowed(cluster, AGENT, "line-1", RESOURCES) == reviews
    leases = {(verb, LEASES) for verb in ("get", "create", "update")}
    assert allowed(cluster, AGENT, AGENTS, RESOURCES) == reviews | leases


def test_the_definitions_are_those_of_the_manifests(helm: Helm) -> None:
    """The chart defines what `fabgitops-operator manifests --with-chaos` does, and nothing of chaos by default."""
    theirs, ours = objects(manifests(with_chaos=True)), helm.objects(ON)
    for name in ("chaosexperiments", "chaosschedules", "chaospolicies"):
        found = (find(each, "CustomResourceDefinition", f"{name}.fabgitops.io")["spec"] for each in (theirs, ours))
        assert next(found) == next(found)
    plain = [each for each in helm.objects() if each["kind"] != "ConfigMap"]
    assert "chaos" not in json.dumps(plain)
    assert "DaemonSet" not in {each["kind"] for each in plain}


def _daemon(made: list[Object]) -> Object:
    return dict(find(made, "DaemonSet")["spec"]["template"]["spec"])


def test_an_agent_has_the_rights_it_needs_and_no_other(helm: Helm) -> None:
    """It is root with three capabilities on a read-only root, sees all processes, and has a network of its own."""
    pod = _daemon(helm.objects(ON))
    assert (pod["hostPID"], pod["hostNetwork"], "hostIPC" in pod) == (True, False, False)
    (container,) = pod["containers"]
    security = container["securityContext"]
    assert security["capabilities"] == {"drop": ["ALL"], "add": ["SYS_ADMIN", "SYS_PTRACE", "NET_ADMIN"]}
    assert (security["privileged"], security["allowPrivilegeEscalation"]) == (False, False)
    assert (security["runAsUser"], security["readOnlyRootFilesystem"]) == (0, True)
    assert [each["hostPath"]["path"] for each in pod["volumes"]] == ["/sys/fs/cgroup"]
    assert {"startupProbe", "livenessProbe", "readinessProbe", "resources"} <= container.keys()


def test_agents_and_their_operator_know_each_other(helm: Helm) -> None:
    """The agent lets in the account that the operator has, and the operator shows a token that is for agents alone."""
    made = helm.objects(MATRIX["chaos"])
    pod, (container,) = _daemon(made), _daemon(made)["containers"]
    environment = {each["name"]: each["valueFrom"]["fieldRef"]["fieldPath"] for each in container["env"]}
    assert environment == {"FABGITOPS_NODE": "spec.nodeName", "FABGITOPS_ADDRESS": "status.podIP"}
    _, agent, _ = app.parse_args([*container["args"], "--node=n", "--address=10.0.0.1"])
    settings = agent.arguments["settings"]
    assert (settings.account, settings.lease_namespace) == (CHAOS, AGENTS)
    assert settings.max_secs == 600
    assert [each["containerPort"] for each in container["ports"]] == [settings.port, settings.metrics_port]
    operator = find(made, "Deployment", "-chaos")["spec"]["template"]["spec"]
    _, run, _ = app.parse_args(operator["containers"][0]["args"])
    asks = run.arguments["settings"]
    assert (asks.kinds, asks.agent_namespace) == ("chaos", AGENTS)
    mounts = {each["mountPath"]: each["name"] for each in operator["containers"][0]["volumeMounts"]}
    volume = next(each for each in operator["volumes"] if each["name"] == mounts[str(asks.agent_token_file.parent)])
    token = volume["projected"]["sources"][0]["serviceAccountToken"]
    assert token == {"audience": "fabgitops-agent", "expirationSeconds": 600, "path": asks.agent_token_file.name}
    assert "/room" in mounts
    assert pod["nodeSelector"] == {"kubernetes.io/os": "linux", "zone": "trial"}
    assert pod["tolerations"] == [{"key": "plant", "operator": "Exists"}, {"operator": "Exists"}]


def test_only_the_operator_reaches_agents(helm: Helm) -> None:
    """With or without other policies, the agents' API is reached from the operator of experiments alone."""
    for values in (ON, MATRIX["chaos"]):
        made = helm.objects(values)
        policy = find(made, "NetworkPolicy", "-agent")
        assert policy["metadata"]["namespace"] == AGENTS
        api, _ = policy["spec"]["ingress"]
        ((peer,), (port,)) = api["from"], api["ports"]
        operator = find(made, "Deployment", f"{NAME}-chaos")
        labels = operator["spec"]["template"]["metadata"]["labels"]
        assert peer["podSelector"]["matchLabels"].items() <= labels.items()
        assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": NAMESPACE}
        assert port["port"] in [each["name"] for each in _daemon(made)["containers"][0]["ports"]]
        assert (policy["spec"]["policyTypes"] == ["Ingress"]) is (values is ON)


@pytest.mark.parametrize(
    ("values", "kind"), [("chaos", "PodMonitor"), ("chaos by service", "ServiceMonitor")], ids=["pods", "services"]
)
def test_both_are_scraped(helm: Helm, values: str, kind: str) -> None:
    """Operator and agents are found by what scrapes them, in the namespaces where they are."""
    made = helm.objects(MATRIX[values])
    for name, made_by in (("-chaos", find(made, "Deployment", "-chaos")), ("-agent", find(made, "DaemonSet"))):
        monitor = find(made, kind, name)["spec"]
        assert monitor["namespaceSelector"]["matchNames"] == [made_by["metadata"]["namespace"]]
        labels = made_by["spec"]["template"]["metadata"]["labels"]
        assert monitor["selector"]["matchLabels"].items() <= labels.items()
        service = find(made, "Service", f"{name}-metrics")
        assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
        assert service["metadata"]["namespace"] == made_by["metadata"]["namespace"]
        assert service["spec"]["selector"].items() <= labels.items()


def test_people_may_experiment_and_not_allow(helm: Helm) -> None:
    """Who may edit a namespace may make experiments there; what is allowed at all is for administrators to say."""
    made = helm.objects(ON)
    for role in ("view", "edit", "admin"):
        rules = find(made, "ClusterRole", f"plant-fab-fabgitops-{role}")["rules"]
        verbs = {resource: set(rule["verbs"]) for rule in rules for resource in rule["resources"]}
        assert verbs["chaospolicies"] == {"get", "list", "watch"}
        assert ("create" in verbs["chaosexperiments"]) is (role != "view")
        assert verbs["chaosexperiments"] == verbs["chaosschedules"]


def test_the_guards_are_those_of_the_manifests(helm: Helm) -> None:
    """The chart refuses what the manifests refuse, in the name of its own accounts, and nothing where told so."""
    theirs, ours = objects(manifests(with_chaos=True)), helm.objects(ON)
    names = {"fabgitops-system:fabgitops-chaos": f"plant:{NAME}-chaos"}
    names |= {"fabgitops-system:fabgitops-agent": f"{AGENTS}:{NAME}-agent"}
    names |= {'name": "fabgitops-system': f'name": "{AGENTS}', "fabgitops-system": NAMESPACE}
    guards = [f"chaos{each}.fabgitops.io" for each in ("", "-authors", "-targets", "-agents")]
    for kind in ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"):
        for guard in guards:
            their, our = (json.dumps(find(each, kind, guard)["spec"], sort_keys=True) for each in (theirs, ours))
            for before, after in names.items():
                their = their.replace(before, after)
            assert our == their
            assert "@" not in our
    off: Values = {"chaos": {**ON["chaos"], "admissionPolicy": False}}
    assert not set(guards) & {each["metadata"]["name"] for each in helm.objects(off)}
    for role in ("ClusterRole", "Role"):
        suffix = "agent" if role == "ClusterRole" else "agent-lease"
        assert find(ours, role, suffix)["rules"] == find(theirs, role, suffix)["rules"]
