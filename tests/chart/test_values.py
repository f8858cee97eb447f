"""What the values do: typos are refused by name, and every setting of the operator reaches it."""

import dataclasses
import inspect
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from fabgitops_operator.agent.settings import AgentSettings
from fabgitops_operator.analysis.settings import AnalysisSettings
from fabgitops_operator.app import app, run
from fabgitops_operator.bus.settings import BusSettings
from fabgitops_operator.settings import Family, Settings

from .helm import CHART, ROOT, Helm, HelmError, Values, find, pod_specs
from .matrix import MATRIX

pytestmark = pytest.mark.chart

VALUES: Values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
# Maps whose keys are the user's own: labels, annotations, and amounts by the names of resources.
FREE = {"commonLabels", "annotations", "podAnnotations", "podLabels", "labels", "nodeSelector", "requests", "limits"}
TYPO = "unheardOf"


def misspelt(values: Values) -> Values:
    """Return values with one key too many at each level where keys are ours or Kubernetes's."""
    inner = {name: misspelt(value) for name, value in values.items() if isinstance(value, dict) and name not in FREE}
    return {**inner, TYPO: 1}


def places(values: Values, above: str = "") -> Iterator[str]:
    """Return where misspelt values are misspelt, as a JSON pointer."""
    yield above
    for name, value in values.items():
        if isinstance(value, dict):
            yield from places(value, f"{above}/{name}")


def mistyped(values: Values) -> Values:
    """Return values of which none has the type that it must have."""
    return {name: mistyped(value) if isinstance(value, dict) and value else [[1]] for name, value in values.items()}


def leaves(values: Values, above: str = "") -> Iterator[str]:
    """Return where mistyped values are, as a JSON pointer."""
    for name, value in values.items():
        pointer = f"{above}/{name.replace('/', '~1')}"
        yield from leaves(value, pointer) if isinstance(value, dict) else [pointer]


def snake(name: str) -> str:
    """Return the name that Python gives to a value."""
    return re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", name)


def parsed(arguments: list[str]) -> Settings:
    """Return the settings that the operator makes of its arguments."""
    _, bound, _ = app.parse_args(arguments)
    settings: Settings = bound.arguments["settings"]
    return settings


def test_no_typo_gets_through(helm: Helm) -> None:
    """A key that is not there is refused at every level, with the name of the key and the place where it stands."""
    wrong = misspelt(VALUES)
    with pytest.raises(HelmError) as refused:
        helm.template(wrong)
    told = [line for line in str(refused.value).splitlines() if TYPO in line]
    unnamed = [place for place in places(wrong) if not any(f"at '{place}'" in line for line in told)]
    assert unnamed == []
    assert len(told) > 25


def test_no_wrong_type_gets_through(helm: Helm) -> None:
    """A value of a type that it must not have is refused, with the place where it stands."""
    wrong = mistyped(VALUES)
    with pytest.raises(HelmError) as refused:
        helm.template(wrong)
    unnamed = [place for place in leaves(wrong) if f"at '{place}" not in str(refused.value)]
    assert unnamed == []


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"watchNamespace": ["line-1"]}, "watchNamespace"),
        ({"settings": {"logLevel": "loud"}}, "'/settings/logLevel': value must be one of 'debug'"),
        ({"settings": {"metricsPort": 80}}, "/settings/metricsPort"),
        ({"replicas": 3}, "'/replicas': value must be one of 0, 1, 2"),
        ({"watchNamespaces": ["line-1,line-2"]}, "/watchNamespaces/0"),
        ({"plc": {"cidrs": ["everywhere"]}}, "/plc/cidrs/0"),
        ({"settings": {"allowCidr": ["everywhere"]}}, "/settings/allowCidr/0"),
        ({"settings": {"readOnly": "yes"}}, "/settings/readOnly"),
        ({"settings": {"audit": "records"}}, "/settings/audit"),
        ({"settings": {"audit": "/records"}}, "audit.volume must say on which volume it is"),
        ({"audit": {"volume": {"emptyDir": {}}}}, "settings.audit must say which, such as"),
        ({"audit": {"keySecret": "seal"}}, "settings.audit must say where they go"),
        ({"image": {"digest": "sha256:abc"}}, "/image/digest"),
        ({"image": {"tag": 1.0}}, "'/image/tag': got number, want null or string"),
        ({"imagePullSecrets": ["pull"]}, "/imagePullSecrets/0"),
        ({"tolerations": [{"kye": "plant"}]}, "kye"),
        ({"networkPolicy": {"enabled": True}}, "needs plc.cidrs: the address ranges of the PLCs"),
        ({"networkPolicy": {"dns": []}}, "/networkPolicy/dns"),
        ({"serviceMonitor": {"enabled": True}, "podMonitor": {"enabled": True}}, "would be scraped and counted twice"),
        ({"prometheusRule": {"alerts": {"FabGitOpsPlcFlapping": {}}}}, "FabGitOpsPlcFlapping"),
        ({"prometheusRule": {"alerts": {"FabGitOpsConflict": {"threshold": 2}}}}, "threshold"),
        ({"prometheusRule": {"alerts": {"FabGitOpsConflict": {"for": "ten minutes"}}}}, "FabGitOpsConflict/for"),
        ({"prometheusRule": {"runbookUrl": "https://wiki.example.com/"}}, "/prometheusRule/runbookUrl"),
        ({"topologySpreadConstraints": [{"topologyKey": "zone"}]}, "zone has no labelSelector: there is one operator"),
        ({"serviceAccount": {"create": False}}, "serviceAccount.name must say which"),
        (
            {"chaos": {"enabled": True, "namespaces": ["line-1", "line-2"]}, "watchNamespaces": ["line-1"]},
            "chaos.namespaces: line-2 is not in watchNamespaces, and nothing would ever begin there",
        ),
        ({"chaos": {"agent": {"enabled": True}}}, "chaos.agent.enabled needs chaos.enabled"),
        ({"chaos": {"agent": {"settings": {"maxSecs": 0}}}}, "/chaos/agent/settings/maxSecs"),
        ({"extraArgs": ["--log-level", "debug"]}, "extraArgs: --log-level is given already: set settings.logLevel"),
        ({"extraArgs": ["--namespace=line-1"]}, "set watchNamespaces"),
        ({"limits": [{"name": "a", "namespaces": ["line-1"], "cidr": ["10.0.0.0/8"]}]}, "/limits/0"),
        ({"limits": [{"name": "a", "namespaces": ["line-1"], "modes": ["correct"]}]}, "/limits/0/modes/0"),
        (
            {"limitsPolicy": {"install": False}, "limits": [{"name": "a", "namespaces": ["line-1"]}]},
            "limits are in force only in the namespace of the release that installs limitsPolicy",
        ),
    ],
)
def test_refused(helm: Helm, values: Values, named: str) -> None:
    """A typo, a value out of range and values that cannot work together are refused, with the reason."""
    with pytest.raises(HelmError, match=re.escape(named)):
        helm.template(values)


def _listed(value: object) -> object:
    """Return a value as YAML has it."""
    return list(value) if isinstance(value, tuple) else value


def test_every_setting_has_a_value() -> None:
    """Each setting of the operator is a value of the same name and the same default; namespace is watchNamespaces.

    Which kinds it looks after is said by racks.enabled, delivery.enabled, delivery.argo.enabled and chaos.enabled, and
    where agents are by chaos.agent. A map of devices has no value: it is for a twin, and no operator in a plant's
    cluster should look elsewhere.
    """
    defaults = {name: _listed(value) for name, value in dataclasses.asdict(Settings()).items()}
    assert defaults.pop("kinds") is Family.PLC
    assert defaults.pop("device_map") is None
    assert VALUES["chaos"]["agent"]["namespace"] == defaults.pop("agent_namespace")
    assert defaults.pop("agent_token_file") is None
    assert VALUES["delivery"]["argo"]["instanceId"] == defaults.pop("argo_instance_id")
    assert VALUES["setpointRollouts"]["enabled"] is defaults.pop("setpoint_rollouts") is False
    assert VALUES["watchNamespaces"] == defaults.pop("namespace")
    assert {snake(name): value for name, value in VALUES["settings"].items()} == defaults
    others = inspect.signature(run).parameters.keys() - {"settings"}
    assert others == {"bus", "analysis", "config"}, (
        "a file of settings is for machines without Helm: here all of them are values"
    )


def test_every_setting_of_a_bus_has_a_value() -> None:
    """Where racks and rollouts are told of, and what analyses ask, can be set as for the program, with its defaults."""
    defaults = {name: "" if value is None else value for name, value in dataclasses.asdict(BusSettings()).items()}
    settings = {snake(name): value for name, value in VALUES["racks"]["settings"].items()}
    assert settings.pop("lease_name") == ""
    assert settings == defaults
    defaults |= {name: _listed(value) or "" for name, value in dataclasses.asdict(AnalysisSettings()).items()}
    defaults |= {"analysis_source": []}
    assert {snake(name): value for name, value in VALUES["setpointRollouts"]["settings"].items()} == defaults
    of_workloads = {snake(name): value for name, value in VALUES["delivery"]["settings"].items()}
    assert of_workloads == defaults | {"lease_name": ""}


def test_every_setting_of_chaos_has_a_value() -> None:
    """What probes ask can be set as for the program, and an agent too: what a pod is told of itself needs no value."""
    probes = {name: _listed(value) or "" for name, value in dataclasses.asdict(AnalysisSettings()).items()}
    settings = {snake(name): value for name, value in VALUES["chaos"]["settings"].items()}
    assert settings == probes | {"analysis_source": [], "lease_name": ""}
    agent = dataclasses.asdict(AgentSettings(node="n", address="a", account="s"))
    told = ("node", "address", "account", "lease_namespace", "log_level", "log_format")
    given = {snake(name): value for name, value in VALUES["chaos"]["agent"]["settings"].items()}
    assert given == {name: value for name, value in agent.items() if name not in told}


@pytest.mark.parametrize("name", MATRIX)
def test_settings_reach_the_operator(helm: Helm, name: str) -> None:
    """The operator makes of its arguments the very settings that were given as values."""
    given: dict[str, Any] = {snake(each): value for each, value in MATRIX[name].get("settings", {}).items()}
    given = {each: tuple(value) if isinstance(value, list) else value for each, value in given.items()}
    given["setpoint_rollouts"] = MATRIX[name].get("setpointRollouts", {}).get("enabled", False)
    given["namespace"] = tuple(MATRIX[name].get("watchNamespaces", ()))
    operator = find(helm.objects(MATRIX[name]), "Deployment", MATRIX[name].get("fullnameOverride", "-fabgitops"))
    metadata = operator["metadata"]
    given = {"lease_name": metadata["name"], "lease_namespace": metadata["namespace"], **given}
    container = operator["spec"]["template"]["spec"]["containers"][0]
    assert parsed(container["args"]) == dataclasses.replace(Settings(), **given)
    assert container["ports"][0]["containerPort"] == given.get("metrics_port", Settings().metrics_port)


def test_further_arguments(helm: Helm) -> None:
    """What extraArgs says comes last, as it stands there."""
    specs = pod_specs(helm.objects({"extraArgs": ["--config=/settings/a: b"]}))
    assert specs["fab-fabgitops"]["containers"][0]["args"][-1] == "--config=/settings/a: b"


def test_versions(helm: Helm) -> None:
    """The chart has the operator's version, and names an image of mock-plc no newer than what this repository has."""
    versions = {
        name: tomllib.loads((ROOT / f"packages/{name}/pyproject.toml").read_text("utf-8"))["project"]["version"]
        for name in ("fabgitops-operator", "mock-plc")
    }
    chart = yaml.safe_load(helm.run("show", "chart", CHART))
    assert chart["version"] == chart["appVersion"] == versions["fabgitops-operator"]
    tag = VALUES["mockPlc"]["image"]["tag"]
    assert [int(part) for part in tag.split(".")] <= [int(part) for part in versions["mock-plc"].split(".")]
