"""The Compose file with all that it mounts, and the routing of alerts, read by the programs that they are for."""

import os
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.control.intake import declared

from .conftest import DASHBOARDS, ROOT, RULES
from .queries import of_rules

pytestmark = pytest.mark.observability

DOCKER = ROOT / "docker"
COMPOSE = DOCKER / "compose.yaml"
ROUTING = ROOT / "examples/alerting/alertmanager.yml"
OURS = {"mock-plcs", "operator", "standalone"}


def said(*command: str | Path, **environment: str) -> str:
    """Run a command that must succeed, and return what it said."""
    own = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **environment}
    done = subprocess.run([str(each) for each in command], capture_output=True, text=True, check=False, env=own)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def composed(tools: Mapping[str, Path]) -> dict[str, Any]:
    """Return the Compose file as Compose understands it, with nothing set but the password."""
    text = said(tools["compose-config"], COMPOSE, GRAFANA_PASSWORD="chosen")  # noqa: S106
    whole: dict[str, Any] = yaml.safe_load(text)
    return whole


def test_the_operator_can_be_put_into_the_network_of_a_cluster(tools: Mapping[str, Path]) -> None:
    """With the file for kind the operator is in a network that there is already, and stays in that of its PLCs."""
    files = (COMPOSE, DOCKER / "compose.kind.yaml")
    text = said(tools["compose-config"], *files, GRAFANA_PASSWORD="x", OPERATOR_NETWORK="plant")  # noqa: S106
    whole = yaml.safe_load(text)
    assert set(whole["services"]["operator"]["networks"]) == {"default", "cluster"}
    assert whole["networks"]["cluster"] == {"name": "plant", "external": True}
    assert all(set(each["networks"]) == {"default"} for name, each in whole["services"].items() if name != "operator")


def test_what_is_true_or_false_is_no_variable() -> None:
    """No yes or no depends on a variable: what a variable gives is a text, and podman-compose takes "false" for yes."""
    words = re.findall(r"^\s*(?:external|read_only|privileged): (.*?)(?: #.*)?$", COMPOSE.read_text(), re.MULTILINE)
    assert words
    assert set(words) <= {"true", "false"}


def mounts(service: Mapping[str, Any]) -> dict[str, Path]:
    """Return what of this checkout a service sees, by where it sees it."""
    return {
        volume["target"]: Path(volume["source"])
        for volume in service.get("volumes", ())
        if volume["type"] == "bind" and volume["source"] != "/dev/null"
    }


def test_grafana_has_no_default_password(tools: Mapping[str, Path]) -> None:
    """Without a password for Grafana nothing starts, and the message names the variable."""
    command = [str(tools["compose-config"]), str(COMPOSE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]})
    assert done.returncode != 0
    assert "GRAFANA_PASSWORD" in done.stderr


def test_nothing_listens_to_strangers(composed: dict[str, Any]) -> None:
    """All ports are for this machine only, unless somebody says otherwise."""
    ports = [port for service in composed["services"].values() for port in service["ports"]]
    assert {port["host_ip"] for port in ports} == {"127.0.0.1"}
    assert len({port["published"] for port in ports}) == len(ports)


def test_every_port_can_be_chosen(tools: Mapping[str, Path]) -> None:
    """Each port that is taken on this machine can be moved by a variable."""
    chosen = {"MOCK_PLC_PORTS": "15502-15504", "OPERATOR_PORT": "18080", "PROMETHEUS_PORT": "19090"}
    chosen |= {"ALERTMANAGER_PORT": "19093", "GRAFANA_PORT": "13000", "STANDALONE_PORT": "18443", "BIND": "0.0.0.0"}  # noqa: S104
    text = said(tools["compose-config"], COMPOSE, GRAFANA_PASSWORD="x", **chosen)  # noqa: S106
    ports = [port for service in yaml.safe_load(text)["services"].values() for port in service["ports"]]
    assert all(int(port["published"]) >= 13000 and port["host_ip"] == "0.0.0.0" for port in ports)  # noqa: S104


def test_images_are_pinned(composed: dict[str, Any]) -> None:
    """Each image is built here or named by an exact version."""
    for name, service in composed["services"].items():
        assert ("build" in service) == (name in OURS)
        assert service["image"].rpartition(":")[2].lstrip("v").count(".") == 2 or name in OURS


def test_what_is_mounted_is_there(composed: dict[str, Any]) -> None:
    """Each file and folder that a service mounts is in the repository."""
    found = [path for service in composed["services"].values() for path in mounts(service).values()]
    assert len(found) == 6
    assert [path for path in found if not path.exists()] == []


def test_grafana_finds_dashboards_and_sources(composed: dict[str, Any]) -> None:
    """Grafana is provisioned with the folder in which our dashboards are, and asks the services that there are."""
    seen = mounts(composed["services"]["grafana"])
    folder = next(iter((DOCKER / "grafana/provisioning/dashboards").glob("*.yaml")))
    (provider,) = yaml.safe_load(folder.read_text())["providers"]
    assert sorted(seen[provider["options"]["path"]].glob("*.json")) == DASHBOARDS
    home = Path(composed["services"]["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert (seen[str(home.parent)] / home.name) in DASHBOARDS
    sources = next(iter((DOCKER / "grafana/provisioning/datasources").glob("*.yaml")))
    for source in yaml.safe_load(sources.read_text())["datasources"]:
        assert source["url"].removeprefix("http://").partition(":")[0] in composed["services"]


def test_prometheus_takes_its_configuration(tools: Mapping[str, Path], composed: dict[str, Any]) -> None:
    """Promtool finds no fault, and every target and rule file is there under the name that the services have."""
    path = DOCKER / "prometheus/prometheus.yml"
    said(tools["promtool"], "check", "config", "--syntax-only", path)
    config = yaml.safe_load(path.read_text())
    assert set(config["rule_files"]) <= mounts(composed["services"]["prometheus"]).keys()
    groups = [*config["scrape_configs"], *config["alerting"]["alertmanagers"]]
    targets = {target for group in groups for static in group["static_configs"] for target in static["targets"]}
    assert {target.partition(":")[0] for target in targets} <= composed["services"].keys() | {"localhost"}


def test_the_plcs_are_those_that_are_played(composed: dict[str, Any]) -> None:
    """The resources for the Compose file are valid, and name ports that the mock PLCs have."""
    ports = {port["target"] for port in composed["services"]["mock-plcs"]["ports"]}
    for manifest in yaml.safe_load_all((DOCKER / "plant/plcs.yaml").read_text()):
        event = declared(INDUSTRIAL_PLC, manifest, datetime.now(UTC))
        assert event.problem == ""
        assert event.spec is not None
        assert manifest["spec"]["port"] in ports
        assert manifest["spec"]["deviceAddress"] in composed["services"]


@pytest.mark.parametrize("path", [ROUTING, DOCKER / "alertmanager/alertmanager.yml"], ids=lambda path: path.parent.name)
def test_alertmanager_takes_its_configuration(tools: Mapping[str, Path], path: Path) -> None:
    """Alertmanager finds no fault, and what it inhibits are alerts that there are."""
    said(tools["amtool"], "check-config", path)
    alerts = {query.where for query in of_rules(RULES, "alert")}
    for rule in yaml.safe_load(path.read_text())["inhibit_rules"]:
        for matcher in [*rule["source_matchers"], *rule["target_matchers"]]:
            assert matcher.removeprefix("alertname = ") in alerts


@pytest.mark.parametrize(
    ("alert", "severity", "namespace", "receiver"),
    [
        ("FabGitOpsCorrectionNotProven", "critical", "line-2", "on-call"),
        ("FabGitOpsPLCUnreachable", "warning", "line-2-packing", "line-2"),
        ("FabGitOpsPLCUnreachable", "warning", "line-1", "plant"),
        ("FabGitOpsPollsLate", "warning", "", "platform"),
        ("SomethingElse", "critical", "line-2", "default"),
    ],
)
def test_an_alert_reaches_who_can_act(
    tools: Mapping[str, Path], alert: str, severity: str, namespace: str, receiver: str
) -> None:
    """The example routes each alert to those who can do something about it."""
    labels = [f"alertname={alert}", f"severity={severity}", *([f"namespace={namespace}"] if namespace else [])]
    command = ["config", "routes", "test", f"--config.file={ROUTING}", *labels]
    assert said(tools["amtool"], *command).strip() == receiver
