"""What a runbook or the page on troubleshooting tells to type is typed in a plant that has the operator and PLCs."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml
from testbed.plane import ControlPlane

from .conftest import Kubectl, established
from .pages import ROOT, blocks
from .test_blocks import PRELUDE, free_ports

BIN = Path(sys.executable).parent
PAGES = [*sorted((ROOT / "docs/runbooks").glob("*.md")), *sorted((ROOT / "docs/operations").glob("*.md"))]
PLACEHOLDERS = {"NAMESPACE": "plant", "NAME": "mixer", "HASH": "bcvmdkc5wx", "ENDPOINT": "127.0.0.1:9"}
TAKEN_BACK = {
    " patch ": """kubectl patch plc mixer --type merge -p '{"spec": {"suspend": false, "autoCorrect": true}}'""",
    " rollout pause ": "fabctl rollout resume mixer --yes",
}
"""What would change what the commands after it say, and what takes it back: each is to work by itself."""
LOGS = {
    "operator.log": re.compile(r"kubectl -n fabgitops-system logs deployment/fabgitops (--\S+ ?)+"),
    "racks.log": re.compile(r"kubectl -n fabgitops-system logs deployment/fabgitops-racks "),
}
ENDLESS = ("fabctl watch",)
AWAY = "nats://127.0.0.1:9"
NAMESPACE = ("--namespace", "fabgitops-system")
WITH = ("--set=racks.enabled=true", "--set=setpointRollouts.enabled=true")
RACK = """\
apiVersion: fabgitops.io/v1
kind: RackTemplate
metadata: {name: single, namespace: plant}
spec: {chassisCount: 1, chassisConfig: {bladeCount: 1, bladeConfig: {nodeCount: 1, bmcMode: shared}}}
---
apiVersion: fabgitops.io/v1
kind: Rack
metadata: {name: mixer, namespace: plant}
spec: {templateRef: {name: single}}
"""
ROLLOUT = """\
apiVersion: fabgitops.io/v1
kind: SetpointRollout
metadata: {name: mixer, namespace: plant}
spec: {selector: {matchLabels: {line: mixer}}, waves: [{percent: 100, bakeSeconds: 0}]}
"""

EXPERIMENT = """\
apiVersion: fabgitops.io/v1
kind: ChaosPolicy
metadata: {name: default}
spec: {enabled: true}
---
apiVersion: fabgitops.io/v1
kind: ChaosExperiment
metadata: {name: mixer, namespace: plant}
spec:
  scenario: {plcFault: {fault: frozen}}
  target: {kind: plcs, labelSelector: {matchLabels: {line: mixer}}}
"""
REPLICASET = """\
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: mixer-bcvmdkc5wx, namespace: plant}
spec:
  replicas: 0
  selector: {matchLabels: {app: mixer}}
  template:
    metadata: {labels: {app: mixer}}
    spec: {containers: [{name: mixer, image: registry.example.com/mixer}]}
"""
MORE = (RACK, ROLLOUT, EXPERIMENT, REPLICASET)

# What the API server, which has no node here, answers to those who ask for a pod's log, its use of CPU, or its ports.
ASKS = "there is no terminal to ask on"
NOTHING_TO_SAY = (
    "nothing is planned",
    "nothing is under way",
    "nothing was given up",
    "no wave waits",
    "waits for approval",
    "not paused",
)
NO_NODE = ("does not have a host assigned", "Metrics API not available", "status=Pending", "no pods found")


def commands() -> list[tuple[str, str]]:
    """Return each command of a page with the page's name: those in blocks, and those within a sentence."""
    found = []
    for page in PAGES:
        lines = [
            line for each in blocks(page) if each.language == "sh" and not each.task for line in each.text.splitlines()
        ]
        lines += re.findall(r"`((?:kubectl|fabctl) [^`\n]+)`", page.read_text())
        found += [(page.stem, re.sub(r"\s+# .*", "", line)) for line in lines if line.strip()]
    return [(page, line) for page, line in dict.fromkeys(found) if "…" not in line and len(line.split()) > 2]


def test_there_are_commands() -> None:
    """Each runbook of an alert has something to type."""
    named = {page for page, _line in commands()}
    assert {page.stem for page in PAGES if page.parent.name == "runbooks" and page.stem != "README"} <= named


@pytest.fixture(scope="module")
def plant(
    kubectl: Kubectl, helm: Path, control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], subprocess.CompletedProcess[str]]]:
    """Return a shell in a plant: the chart's objects, its operators, two PLCs, one of them away, a Rack, and more.

    Nothing runs the pods that the chart declares; where their logs are searched, those of our operators are. The bus
    that is to be told of the Rack and the rollout is away.
    """
    folder = tmp_path_factory.mktemp("plant")
    chart = subprocess.run(
        [helm, "template", "fabgitops", ROOT / "charts/fabgitops", *WITH, *NAMESPACE],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    bodies = [each for each in yaml.safe_load_all(chart) if each and "helm.sh/hook" not in str(each["metadata"])]
    flags = ("--server-side", "--force-conflicts", "-f", "-")
    kubectl("apply", *flags, text=yaml.safe_dump_all(bodies))
    established(kubectl)
    for deployment in (each for each in bodies if each["kind"] == "Deployment"):
        pod = {"apiVersion": "v1", "kind": "Pod", **deployment["spec"]["template"]}
        name = f"{deployment['metadata']['name']}-0"
        pod["metadata"] = {**pod["metadata"], "name": name, "namespace": "fabgitops-system"}
        kubectl("apply", *flags, text=yaml.safe_dump(pod))
    kubectl("apply", *flags, text='{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "plant"}}')
    port = free_ports("--port 5502")["5502"]
    kubectl("apply", *flags, text="---\n".join((plc("mixer", port), plc("dead", "9"), *MORE)))
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(control_plane.kubeconfig.read_text())
    Kubectl(kubectl.path, kubeconfig)("config", "set-context", "--current", "--namespace=plant")
    environment = {
        **os.environ,
        "KUBECONFIG": str(kubeconfig),
        "PATH": os.pathsep.join([str(BIN), str(kubectl.path.parent), os.environ["PATH"]]),
        "FABGITOPS_NAMESPACE": "plant",
        "FABGITOPS_METRICS_PORT": "0",
        "FABGITOPS_SETTLE_SECS": "0",
    }

    def typed(command: str) -> subprocess.CompletedProcess[str]:
        line = command
        for log, its in LOGS.items():
            line = its.sub(f"cat {log} ", line) if "|" in line else line
        for placeholder, value in PLACEHOLDERS.items():
            line = re.sub(rf"\b{placeholder}\b", value, line)
        text = f"set -o pipefail\n{PRELUDE}{'exec ' if command.startswith(ENDLESS) else ''}{line}"
        shell = subprocess.Popen(["bash", "-c", text], env=environment, cwd=folder, stdout=subprocess.PIPE, text=True)
        first = interrupted(shell) if command.startswith(ENDLESS) else ""
        said, _ = shell.communicate()
        return subprocess.CompletedProcess(line, shell.returncode, first + said)

    with ExitStack() as stack:
        for name, command in {
            "plc": ["mock-plc", "--bind", "127.0.0.1", "--port", port, "--register", "4001=2311"],
            "operator": [
                "fabgitops-operator",
                "run",
                "--lease-name=fabgitops",
                "--setpoint-rollouts",
                f"--bus={AWAY}",
            ],  # as in the pods of the chart
            "racks": ["fabgitops-operator", "run", "--kinds=racks", "--lease-name=fabgitops-racks", f"--bus={AWAY}"],
        }.items():
            log = stack.enter_context((folder / f"{name}.log").open("w"))
            program = subprocess.Popen([BIN / command[0], *command[1:]], env=environment, stderr=log)
            stack.callback(program.wait)
            stack.callback(program.send_signal, signal.SIGTERM)
        kubectl("-n", "plant", "wait", "--for=condition=Ready", "--timeout=60s", "plc/mixer")
        kubectl("-n", "plant", "wait", "--for=jsonpath={.status.phase}=Failed", "--timeout=60s", "plc/dead")
        kubectl("-n", "plant", "wait", "--for=condition=Ready", "--timeout=60s", "rack/mixer", "spr/mixer")
        yield typed
    kubectl.clear("plant")
    kubectl("delete", "replicaset", "--all", "-n", "plant")
    kubectl("delete", "deployment,pod", "--all", "-n", "fabgitops-system", "--force", "--grace-period=0")


def interrupted(shell: subprocess.Popen[str]) -> str:
    """Read what is said until it names the PLC, and type Ctrl-C."""
    said = ""
    for line in shell.stdout or ():
        said += line
        if "mixer" in line:
            break
    shell.send_signal(signal.SIGINT)
    return said


def plc(name: str, port: str) -> str:
    """Return a manifest of a PLC on this machine."""
    return f"""\
apiVersion: fabgitops.io/v1
kind: IndustrialPLC
metadata: {{name: {name}, namespace: plant, labels: {{line: {name}}}}}
spec: {{deviceAddress: 127.0.0.1, port: {port}, targetRegister: 4001, targetValue: 2500, pollIntervalSecs: 1}}
"""


@pytest.mark.docs
@pytest.mark.parametrize(("page", "command"), commands(), ids=lambda each: each)
def test_a_command_of_a_runbook_works(
    page: str, command: str, plant: Callable[[str], subprocess.CompletedProcess[str]]
) -> None:
    """Each command succeeds; one that needs a node, somebody to say yes, or a rollout that waits, only misses that."""
    done = plant(command)
    for word, back in TAKEN_BACK.items():
        if word in command:
            taken = plant(back)
            assert taken.returncode == 0, taken.stdout
    endless = command.startswith(ENDLESS) and done.returncode == 130 and "mixer" in done.stdout
    assert done.returncode == 0 or endless or any(said in done.stdout for said in (*NO_NODE, *NOTHING_TO_SAY, ASKS)), (
        done.stdout
    )
