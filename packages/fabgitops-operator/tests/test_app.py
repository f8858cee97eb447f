"""The command line: as a process, and what it refuses before it starts anything in the process of the tests."""

import base64
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from fabgitops_operator import app
from fabgitops_operator.cluster.way import NoConfig, load_access

COMMAND = Path(sys.executable).with_name("fabgitops-operator")
NO_CLUSTER = "fabgitops-operator: no way to the API server: "


def call(*tokens: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command where no cluster can be found."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FABGITOPS_", "KUBERNETES_"))}
    given = {**kept, "KUBECONFIG": "/nonexistent/kubeconfig", "COLUMNS": "100", **environment}
    return subprocess.run([COMMAND, *tokens], env=given, capture_output=True, text=True, timeout=60, check=False)


def refusal(*tokens: str, code: int = 2, **environment: str) -> str:
    """Return the one line that a refused call says."""
    done = call(*tokens, **environment)
    assert (done.returncode, done.stdout) == (code, ""), done
    (line,) = done.stderr.splitlines()
    return line


Refused = Callable[..., str]


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Return what says the one line of a command line that makes no sense, without a process of its own."""

    def refuse(*tokens: str, **environment: str) -> str:
        with monkeypatch.context() as there:
            there.setattr(sys, "argv", ["fabgitops-operator", *tokens])
            for name in filter(lambda each: each.startswith("FABGITOPS_"), list(os.environ)):
                there.delenv(name)
            for name, value in environment.items():
                there.setenv(name, value)
            code = app.call()
        told = capsys.readouterr()
        assert (code, told.out) == (2, ""), told
        (line,) = told.err.splitlines()
        return line

    return refuse


def test_help_and_version() -> None:
    """--help teaches the commands and where settings come from; --version says the version."""
    assert "manifests" in call("--help").stdout
    text = call("run", "--help").stdout
    assert "FABGITOPS_METRICS_PORT" in text
    assert "--empty-namespace" not in text
    assert call("--version").stdout.strip() == version("fabgitops-operator")


def test_rollouts_are_about_plcs(refused: Refused) -> None:
    """What lets changes go over PLCs in waves has no effect where there are none, and a bus none where nobody tells."""
    assert "--setpoint-rollouts is about PLCs" in refused("run", "--kinds", "racks", "--setpoint-rollouts")
    assert "--setpoint-rollouts is about PLCs" in refused("run", "--kinds", "delivery", "--setpoint-rollouts")
    assert "--device-map says where PLCs are" in refused("run", "--kinds", "racks", "--device-map", "map.yaml")
    assert "--argo-instance-id has no effect" in refused("run", "--kinds", "delivery", "--argo-instance-id", "two")
    assert "is no value of a label" in refused("run", "--kinds", "argo", "--argo-instance-id", "two_")
    assert "--bus has no effect without" in refused("run", "--bus", "nats://127.0.0.1")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--prometheus", "http://prometheus"), "--prometheus has no effect without --setpoint-rollouts"),
        (("--analysis-source", "http://mes"), "--analysis-source has no effect without --setpoint-rollouts"),
        (("--setpoint-rollouts", "--prometheus", "prometheus:9090"), "is no http:// or https:// URL"),
        (("--setpoint-rollouts", "--analysis-source", "http://u:p@mes"), "may have no user, no query and no fragment"),
        (("--setpoint-rollouts", "--prometheus-ca", "ca"), "--prometheus-ca has no effect without --prometheus"),
        (
            ("--setpoint-rollouts", "--prometheus", "http://p", "--prometheus-ca", "ca"),
            "--prometheus-ca has no effect without a --prometheus https://",
        ),
    ],
)
def test_what_analyses_may_ask_must_be_of_use(refused: Refused, arguments: tuple[str, ...], why: str) -> None:
    """What analyses may ask is refused where there are none, where it is no place, and where it has no effect."""
    assert why in refused("run", *arguments)


def test_manifests() -> None:
    """`manifests` prints the CRDs, their policy and a role with the least rights, bound to the operator's account."""
    printed = list(yaml.safe_load_all(call("manifests").stdout))
    documents = {each["kind"]: each for each in printed}
    kinds = [each["metadata"]["name"] for each in printed if each["kind"] == "CustomResourceDefinition"]
    assert kinds == ["industrialplctemplates.fabgitops.io", "industrialplcs.fabgitops.io"]
    policy = documents["ValidatingAdmissionPolicy"]["metadata"]["name"]
    assert documents["ValidatingAdmissionPolicyBinding"]["spec"] == {
        "policyName": policy,
        "validationActions": ["Deny"],
    }
    rules = [(rule["apiGroups"], rule["resources"], rule["verbs"]) for rule in documents["ClusterRole"]["rules"]]
    assert rules == [
        (["fabgitops.io"], ["industrialplcs", "industrialplctemplates"], ["get", "list", "watch"]),
        (["fabgitops.io"], ["industrialplcs/status", "industrialplctemplates/status"], ["patch"]),
        (["events.k8s.io"], ["events"], ["create", "patch"]),
    ]
    roles = [each for each in printed if each["kind"] == "Role"]
    assert [rule for role in roles for rule in role["rules"]] == [
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "update"]},
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "create", "update"]},
    ]
    namespace = documents["ServiceAccount"]["metadata"]["namespace"]
    assert {role["metadata"]["namespace"] for role in roles} == {namespace}
    binding = documents["ClusterRoleBinding"]
    assert binding["roleRef"]["name"] == documents["ClusterRole"]["metadata"]["name"]
    assert binding["subjects"][0]["name"] == documents["ServiceAccount"]["metadata"]["name"]


def test_the_right_to_read_secrets_is_asked_for() -> None:
    """Only `manifests --with-secrets` has the role that reads Secrets."""
    assert "secrets]" not in call("manifests").stdout
    printed = list(yaml.safe_load_all(call("manifests", "--with-secrets").stdout))
    rules = [
        each["rules"]
        for each in printed
        if each["metadata"]["name"] == "fabgitops-operator-secrets" and "rules" in each
    ]
    assert rules == [[{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]]


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("--metrics-port", "banana"),
        ("--metrics-port", "65536"),
        ("--resync-secs", "0"),
        ("--settle-secs", "-1"),
        ("--settle-secs", "3601"),
        ("--log-level", "loud"),
        ("--brake-percent", "100"),
        ("--writes-per-second", "-1"),
        ("--writes-per-second-per-host", "often"),
        ("--brake-min", "0"),
        ("--brake-window-secs", "0"),
        ("--brake-corrections-per-minute", "-1"),
        ("--audit-outage", "perhaps"),
        ("--audit-file-mib", "0"),
        ("--audit-keep", "-1"),
        ("--allow-cidr", "10.20.0.1/16"),
        ("--allow-cidr", "plc.example"),
        ("--namespace", "Bad_NS"),
        ("--namespace", "line-"),
        ("--otlp-endpoint", "collector:4318"),
        ("--otlp-endpoint", "ftp://collector"),
        ("--otlp-endpoint", "http://"),
        ("--otlp-endpoint", "http://collector:99999"),
        ("--otlp-endpoint", "http://a b/"),
        ("--lease-duration-secs", "0"),
        ("--lease-duration-secs", "40"),
        ("--lease-deadline-secs", "60"),
        ("--lease-deadline-secs", "nan"),
        ("--lease-retry-secs", "20"),
        ("--lease-name", "Bad_Name"),
        ("--lease-namespace", "a.b"),
        ("--lease-outage", "perhaps"),
    ],
)
def test_a_bad_value_is_named(refused: Refused, flag: str, value: str) -> None:
    """A bad value ends with exit code 2 and one line that names the flag and the value."""
    line = refused("run", flag, value)
    assert flag in line
    assert value in line


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--audit-sync",), "--audit-sync has no effect without --audit"),
        (("--audit", "stdout", "--audit-keep", "3"), "--audit-keep has no effect without --audit DIR"),
        (("--audit", "stdout", "--audit-file-mib", "3"), "--audit-file-mib has no effect without --audit DIR"),
        (("--audit-outage", "correct"), "--audit-outage has no effect without --audit"),
        (("--audit-key-file", "key"), "--audit-key-file has no effect without --audit"),
        (
            ("--kinds", "racks", "--audit", "stdout"),
            "--audit records writes to PLCs; with --kinds racks none",
        ),
        (
            ("--audit", "stdout", "--audit-key-file", "/nowhere"),
            "the key /nowhere cannot be read: No such file",
        ),
    ],
)
@pytest.mark.parametrize("command", [("run",), ("standalone", "--source", "plant", "--state", "state")])
def test_an_audit_that_cannot_be_is_refused(
    refused: Refused, command: tuple[str, ...], flags: tuple[str, ...], told: str
) -> None:
    """Settings of the audit that have no effect, and a key that is none, end the start with one line."""
    if command[0] == "run" or "--kinds" not in flags:
        assert told in refused(*command, *flags)


@pytest.mark.parametrize("command", [("run", "--setpoint-rollouts"), ("standalone", "--source", "p", "--state", "s")])
@pytest.mark.parametrize("bus", ["http://sink/", "kafka://broker/events"])
def test_a_prefix_that_nothing_has_is_refused(refused: Refused, command: tuple[str, ...], bus: str) -> None:
    """Types of rollouts are those of CDEvents: a prefix for them ends the start where nothing else begins with it."""
    line = refused(*command, "--bus", bus, "--bus-prefix", "com.example")
    assert f"--bus-prefix has no effect on {bus}" in line


def test_a_bad_device_map_is_named(tmp_path: Path) -> None:
    """A device map that cannot be used ends the start, before any cluster is asked, with exit code 2 and one line."""
    wrong = tmp_path / "map.yaml"
    line = refusal("run", FABGITOPS_DEVICE_MAP=str(wrong))
    assert line == f"fabgitops-operator: --device-map {wrong} cannot be read: No such file or directory"
    assert refusal("run", "--kinds", "chaos", "--device-map", str(wrong)) == line
    wrong.write_text("10.20.1.12: 127.0.0.1:41001\n")
    assert f'--device-map {wrong}: line 1: "10.20.1.12" is no address: ' in refusal("run", "--device-map", str(wrong))


def test_no_cluster() -> None:
    """Without a kubeconfig one line says what to set, and the exit code is 1."""
    line = refusal("run", code=1)
    assert line.startswith(NO_CLUSTER)
    assert "set KUBECONFIG" in line


USABLE: Mapping[str, Any] = {
    "current-context": "c",
    "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
    "users": [{"name": "u", "user": {}}],
}
NO_PEM = base64.b64encode(b"no certificate").decode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("just text", "no kubeconfig"),
        ("a: [1", "no kubeconfig"),
        ("{}", "no current context"),
        (json.dumps({**USABLE, "clusters": 5}), "clusters is no list"),
        (json.dumps({**USABLE, "clusters": [{"name": "c", "cluster": {"server": "ftp://plant"}}]}), "ftp://plant"),
        (json.dumps({**USABLE, "clusters": [{"name": "c", "cluster": {"server": "https://"}}]}), "https:// is no"),
        (
            json.dumps({**USABLE, "clusters": [{"name": "c", "cluster": {"server": "http://a:99999"}}]}),
            "http://a:99999 is no",
        ),
        (
            json.dumps(
                {
                    **USABLE,
                    "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
                    "users": [
                        {"name": "u", "user": {"client-certificate-data": NO_PEM, "client-key-data": NO_PEM}},
                    ],
                }
            ),
            "client-certificate is not what it should be",
        ),
    ],
    ids=["text", "no YAML", "empty", "clusters", "server", "nowhere", "port", "certificate"],
)
def test_an_unusable_kubeconfig_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    """Of a kubeconfig that cannot be used the line that the start ends with says what is wrong with it."""
    config = tmp_path / "kubeconfig"
    config.write_text(text)
    monkeypatch.setenv("KUBECONFIG", str(config))
    with pytest.raises(NoConfig) as told:
        load_access()
    assert said in str(told.value)
    assert "\n" not in str(told.value)


def test_an_unusable_kubeconfig_ends_the_start(tmp_path: Path) -> None:
    """It ends with exit code 1."""
    config = tmp_path / "kubeconfig"
    config.write_text("{}")
    line = refusal("run", "--metrics-bind", "127.0.0.1", "--metrics-port", "0", code=1, KUBECONFIG=str(config))
    assert line.startswith(NO_CLUSTER)
    assert "no current context" in line


@pytest.mark.parametrize(
    ("redirection", "code"), [(">/dev/full", 1), (">&-", 1), ("| true; exit ${PIPESTATUS[0]}", 141)]
)
def test_output_that_cannot_be_written_is_told(redirection: str, code: int) -> None:
    """Manifests that nobody can read end with an exit code that is not 0, and never with a traceback."""
    command = ["bash", "-c", f"{COMMAND} manifests {redirection}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (code, "")
    assert ("output" in done.stderr) == (code == 1)
    assert len(done.stderr.splitlines()) == (1 if code == 1 else 0)


def test_a_flag_outdoes_the_environment_which_outdoes_the_file(refused: Refused, tmp_path: Path) -> None:
    """Each value is taken from where it counts most: what counts less is not even looked at."""
    file = tmp_path / "operator.yaml"
    file.write_text("metrics-port: 70001\n")
    assert "70001" in refused("run", "--config", str(file))
    assert "70001" in refused("run", FABGITOPS_CONFIG=str(file))
    assert "70002" in refused("run", "--config", str(file), FABGITOPS_METRICS_PORT="70002")
    assert "70003" in refused("run", "--config", str(file), "--metrics-port", "70003", FABGITOPS_METRICS_PORT="70002")
    assert refusal("run", "--config", str(file), "--metrics-port", "0", code=1).startswith(NO_CLUSTER)


@pytest.mark.parametrize(
    ("text", "said"),
    [("metrcs-port: 1\n", "metrcs-port"), ("- a\n", "must be a mapping"), ("a: [\n", "while parsing")],
)
def test_a_bad_file_is_named(refused: Refused, tmp_path: Path, text: str, said: str) -> None:
    """A file with an unknown key, or that is no YAML mapping, is refused by its name and what is wrong in it."""
    file = tmp_path / "operator.yaml"
    file.write_text(text)
    line = refused("run", "--config", str(file))
    assert str(file) in line
    assert said in line


def test_a_missing_file_is_named(refused: Refused, tmp_path: Path) -> None:
    """A file that is not there is not passed over."""
    assert f"--config {tmp_path / 'none.yaml'}: there is no such file" in refused(
        "run", "--config", str(tmp_path / "none.yaml")
    )


LOG = """
import logging
from fabgitops_operator.hosting.log import configure
from fabgitops_operator.settings import LogFormat, LogLevel
configure(LogLevel.INFO, LogFormat("{shape}"))
logging.getLogger("here").debug("unheard")
logging.getLogger("here").warning("plant/mixer: %s", "drifted")
"""


def logged(shape: str) -> list[str]:
    """Return what a program logs that is no terminal."""
    command = [sys.executable, "-c", LOG.format(shape=shape)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stderr.splitlines()


@pytest.mark.parametrize("shape", ["json", "auto"])
def test_json_lines(shape: str) -> None:
    """Where nobody reads along each line of the log is one JSON object with time, level, logger and message."""
    (line,) = logged(shape)
    record = json.loads(line)
    assert (record["level"], record["logger"], record["message"]) == ("WARNING", "here", "plant/mixer: drifted")
    assert record["time"]


def test_text_lines() -> None:
    """As text a line ends with its level and its message."""
    (line,) = logged("text")
    assert line.endswith("WARNING plant/mixer: drifted")


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    """A taken metrics port ends the operator with exit code 1 and a line that names it and the way out."""
    config = tmp_path / "kubeconfig"
    config.write_text(json.dumps(USABLE))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        flags = ("--metrics-bind", "127.0.0.1", "--metrics-port", port)
        line = refusal("run", *flags, code=1, KUBECONFIG=str(config))
    assert f"cannot listen on 127.0.0.1 port {port}: Address already in use" in line
