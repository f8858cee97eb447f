"""The examples of docs/fabctl.md, of `--help` and of `man fabctl`, typed in a plant; and that man can show its page."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from fabctl.examples import EXAMPLES
from testbed.plane import ControlPlane

from .conftest import Kubectl
from .pages import ROOT
from .test_blocks import end, free_ports
from .test_replays import PARTS, make
from .workload import NEW, OLD, a_workload

BIN = Path(sys.executable).parent
NAMESPACE = "typed"
PATIENCE = 60.0
READY = "jsonpath={.status.conditions[?(@.type=='Ready')].reason}"
PROMETHEUS = "http://prometheus:9090"
ENDLESS = ("fabctl watch", "fabctl events -A", "fabctl rollout get recipe -w")
"""What goes on until Ctrl-C."""
CHANGES = ("fabctl diff", "kubectl kustomize")
"""What ends with 1, since it finds changes."""

WORDS = ("sync", "approve", "suspend", "resume", "wait", "rollout", "validate", "rack", "brake", "chaos")
ONE_BY_ONE = tuple(f"fabctl {word}" for word in WORDS)
"""What acts, waits, or reads a folder that others write into, is run in the order of the page, and before all else."""

TELEGRAF = """\
[[inputs.modbus]]
  name = "boiler"
  controller = "tcp://10.20.3.8:502"
  holding_registers = [{ name = "flow", byte_order = "AB", data_type = "UINT16", scale = 1.0, address = [10] }]
"""


class Past(BaseHTTPRequestHandler):
    """A Prometheus that knows of little scrap at any time."""

    def do_GET(self) -> None:
        """Answer a query of a moment, or of a range of time."""
        parts = urlsplit(self.path)
        given = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path.endswith("/query_range"):
            start, end, step = (float(given[name]) for name in ("start", "end", "step"))
            values = [[start + step * at, "0.01"] for at in range(int((end - start) / step) + 1)]
            result = {"resultType": "matrix", "result": [{"metric": {}, "values": values}]}
        else:
            result = {"resultType": "vector", "result": [{"metric": {}, "value": [float(given["time"]), "0.01"]}]}
        body = json.dumps({"status": "success", "data": result}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def prometheus() -> Iterator[str]:
    """Return where a Prometheus with a past is."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Past)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@dataclass
class Shell:
    """Where the examples are typed."""

    folder: Path
    environment: dict[str, str]
    kubectl: Kubectl
    port: str
    control: str = ""
    """Port of the control API of what plays the devices."""

    def run(self, line: str) -> tuple[int, str]:
        """Type a line, and return its exit code and all that it says; what goes on is ended after its first line."""
        with subprocess.Popen(
            ["bash", "-o", "pipefail", "-c", line],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as shell:
            assert shell.stdout is not None
            first = ""
            if line.startswith(ENDLESS):
                first = shell.stdout.readline()
                os.killpg(shell.pid, signal.SIGINT)
            try:
                said, _ = shell.communicate(timeout=PATIENCE)
            finally:
                end(shell)
            return shell.returncode, first + said

    def apply(self, name: str, register: int, line: str = "", **spec: object) -> None:
        """Let Git want something of a PLC, by default that a register holds 2500."""
        labels = {"line": line} if line else {}
        given = {"deviceAddress": "127.0.0.1", "port": int(self.port), "pollIntervalSecs": 1}
        plain = (
            {} if "templateRef" in spec or "registers" in spec else {"targetRegister": register, "targetValue": 2500}
        )
        self.put("IndustrialPLC", name, given | plain | spec, **labels)

    def put(self, kind: str, name: str, spec: dict[str, object], **labels: str) -> None:
        """Apply something."""
        metadata = {"name": name, "namespace": NAMESPACE, "labels": labels}
        body = {"apiVersion": "fabgitops.io/v1", "kind": kind, "metadata": metadata, "spec": spec}
        self.kubectl("apply", "-f", "-", text=yaml.safe_dump(body))

    def shorten(self, file: str) -> None:
        """Let an experiment last two seconds, on the devices that there are, which need not be in sync."""
        body = yaml.safe_load((self.folder / file).read_text())
        body["spec"]["scenario"]["plcFault"]["controlPort"] = int(self.control)
        body["spec"] |= {"durationSecs": 2, "probes": []}
        (self.folder / file).write_text(yaml.safe_dump(body))

    def until(self, what: str, *wanted: str) -> None:
        """Wait until the reason of Ready is one of these."""
        deadline = time.monotonic() + PATIENCE
        while (said := self.kubectl("get", what, "-n", NAMESPACE, "-o", READY)) not in wanted:
            assert time.monotonic() < deadline, f"{what}: {said}, not {wanted}"
            time.sleep(0.1)

    def presses(self, value: int) -> None:
        """Let Git want something else of the presses that the rollout leads."""
        for at in (1, 2, 3):
            self.apply(f"press-{at}", 4010 + at, "press", targetValue=value)

    def change(self, value: int) -> None:
        """Let Git want something else of the presses, and wait until all of them wait for a yes to that."""
        self.presses(value)
        deadline = time.monotonic() + PATIENCE
        while "3 of 3 PLCs change" not in (said := self.run("fabctl rollout approve recipe --dry-run")[1]):
            assert time.monotonic() < deadline, said


@pytest.fixture
def shell(
    kubectl: Kubectl, control_plane: ControlPlane, namespaces: None, prometheus: str, tmp_path: Path
) -> Iterator[Shell]:
    """Return a shell in a plant's repository, beside a cluster with a plant that an operator looks after."""
    port, control = free_ports("--port 5502 --control 5503").values()
    kubectl("create", "namespace", NAMESPACE)
    kubectl("label", "namespace", NAMESPACE, "fabgitops.io/chaos=allowed")
    config = tmp_path / "kubeconfig"
    config.write_text(control_plane.kubeconfig.read_text())
    shell = Shell(tmp_path / "plant", {}, kubectl, port, control)
    context = yaml.safe_load(config.read_text())["contexts"][0]["context"]
    for name in ("line-1", "line-2"):
        where = [f"--{key}={context[key]}" for key in ("cluster", "user")]
        Kubectl(kubectl.path, config)("config", "set-context", name, *where, f"--namespace={NAMESPACE}")
    Kubectl(kubectl.path, config)("config", "use-context", "line-1")
    path = os.pathsep.join([str(BIN), str(kubectl.path.parent), os.environ["PATH"]])
    shell.environment = {**os.environ, "KUBECONFIG": str(config), "PATH": path, "HOME": str(tmp_path)}
    shutil.copytree(ROOT / "examples/plant", shell.folder, ignore=shutil.ignore_patterns("argocd", "flux"))
    shutil.copy(ROOT / "examples/analysis/scrap.yaml", shell.folder)
    (shell.folder / "tags.csv").write_text("Tag,address,type\nspeed,4001,uint16\n")
    (shell.folder / "telegraf.conf").write_text(TELEGRAF)
    (tmp_path / ".config/fish/completions").mkdir(parents=True)
    furnish(shell)
    address, metrics = reachable()
    names = {"NAMESPACE": NAMESPACE, "METRICS_PORT": metrics, "METRICS_BIND": address, "SETTLE_SECS": "0"}
    operator = shell.environment | {f"FABGITOPS_{name}": value for name, value in names.items()}
    registers = [word for at in (4001, 4002, 4003, 4004, 4011, 4012, 4013) for word in ("--register", f"{at}=2500")]
    with (tmp_path / "operator.log").open("w") as log, (tmp_path / "mock.log").open("w") as other:
        places = ["--bind", "127.0.0.1", "--port", port, "--control", control]
        mock = subprocess.Popen([BIN / "mock-plc", *places, *registers], stderr=other)
        running = subprocess.Popen([BIN / "fabgitops-operator", "run", "--setpoint-rollouts"], env=operator, stderr=log)
        alone = {**operator, "FABGITOPS_METRICS_PORT": "0", "FABGITOPS_KINDS": "chaos"}
        unsettling = subprocess.Popen([BIN / "fabgitops-operator", "run", "--no-lease"], env=alone, stderr=log)
        try:
            shell.until("plc/mixer", "InSync")
            kubectl("wait", "-n", NAMESPACE, "--for=jsonpath={.status.plan.digest}", "--timeout=60s", "plc/boiler")
            shell.until("spr/recipe", "Watching", "Done")
            be_a_pod(kubectl, address, int(metrics))
            yield shell
        finally:
            for program in (running, unsettling, mock):
                program.send_signal(signal.SIGTERM)
                program.wait()
            kubectl.clear(NAMESPACE)
            kubectl("delete", "chaospolicy", "default", "--ignore-not-found")


def reachable() -> tuple[str, str]:
    """Return an address and a free port where the API server looks for a pod, which it does on no loopback address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # nothing is sent: it only tells the address from which it would be
        address = probe.getsockname()[0]
    with socket.create_server((address, 0)) as taken:
        return address, str(taken.getsockname()[1])


def be_a_pod(kubectl: Kubectl, address: str, port: int) -> None:
    """Let the operator be the pod that its Lease is held in the name of, as it is in a cluster."""
    leases = json.loads(kubectl("get", "leases", "-A", "-l", "app.kubernetes.io/name=fabgitops", "-o", "json"))
    (lease,) = (each for each in leases["items"] if each["spec"].get("holderIdentity"))
    namespace, name = lease["metadata"]["namespace"], lease["spec"]["holderIdentity"].partition("_")[0]
    container = {"name": "operator", "image": "x", "ports": [{"name": "metrics", "containerPort": port}]}
    spec = {"containers": [container], "automountServiceAccountToken": False}
    metadata = {"name": name, "namespace": namespace}
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": namespace}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    kubectl("apply", "-f", "-", text=yaml.safe_dump_all([account, pod]))
    status = {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}
    patch = ("--subresource=status", "--type=merge", "-p", json.dumps({"status": status}))
    kubectl("patch", "pod", name, "-n", namespace, *patch)


def furnish(shell: Shell) -> None:
    """Put PLCs, a template, a rollout, an analysis and a rack into the cluster."""
    register = {"name": "setpoint", "address": 4002, "value": "${setpoint}"}
    template = {"parameters": [{"name": "setpoint"}], "registers": [register]}
    shell.put("IndustrialPLCTemplate", "ovens", template)
    shell.apply("mixer", 4001, "3")
    reference = {"name": "ovens", "parameters": {"setpoint": 180}}
    shell.apply("oven", 4002, "3", autoCorrect=False, templateRef=reference)
    shell.apply("boiler", 4003, targetValue=90, correction={"approval": "Manual"})
    watched = [{"name": "weight", "address": 4004}]
    shell.apply("scale", 4004, registers=watched, correction={"mode": "Observe"})
    waves: list[dict[str, object]] = [{"count": at, "bakeSeconds": 0, "pause": {}} for at in (1, 2)]
    wanted = {"selector": {"matchLabels": {"line": "press"}}, "approval": "Manual"}
    shell.put("SetpointRollout", "recipe", {**wanted, "waves": [*waves, {"percent": 100, "bakeSeconds": 0}]})
    a_workload(shell.kubectl, NAMESPACE, {"simple": {}}, phase="Completed", stableRS=NEW, proven=[OLD])
    shell.presses(2500)
    shell.kubectl("apply", "-n", NAMESPACE, "-f", str(shell.folder / "scrap.yaml"))
    allowed = {"enabled": True, "scenarios": ["plcFault"], "maxPercent": 100}
    policy = {"apiVersion": "fabgitops.io/v1", "kind": "ChaosPolicy", "metadata": {"name": "default"}, "spec": allowed}
    shell.kubectl("apply", "-f", "-", text=yaml.safe_dump(policy))
    pending = {"removals": 1, "names": ["rack-01-c0s0n1"]}
    status = {"phase": "Ready", "observedGeneration": 1, "template": {"name": "small", "planHash": "5f2c"}}
    rack = {"templateRef": {"name": "small"}}
    make(shell.kubectl, "Rack", "rack-01", rack, {**status, "pending": pending}, NAMESPACE)
    for kind, place, spec, told in PARTS:
        refs = {field: {"name": f"rack-01{value}"} for field, value in spec.items() if field.endswith("Ref")}
        lit = {"locate": {"wanted": "on", "state": "on"}} if kind == "BMC" else {}
        labels = {"fabgitops.io/rack": "rack-01"}
        make(shell.kubectl, kind, f"rack-01-{place}", spec | refs, told | lit, NAMESPACE, **labels)


def before(line: str, shell: Shell) -> None:
    """See to what an example takes for granted: a rollout that waits for a yes, or that is under way."""
    if line == "fabctl rollout plan recipe":
        shell.run("fabctl rollout resume recipe --yes")  # examples have paused all
        shell.change(2600)
    elif line.startswith("fabctl rollout promote"):
        shell.until("spr/recipe", "Paused")
    elif line == "fabctl rollout abort recipe --dry-run":
        shell.until("spr/recipe", "Done", "Watching")
        shell.change(2700)
        code, said = shell.run("fabctl rollout approve recipe --yes")
        assert code == 0, said
        shell.until("spr/recipe", "Paused")
    elif line == "fabctl rollout retry recipe --dry-run":
        shell.until("spr/recipe", "Aborted")
    elif line == "fabctl chaos run freeze.yaml --dry-run":
        shell.shorten("freeze.yaml")


def lines() -> Sequence[str]:
    """Return each line that is to be typed, in the order of the page, one that is told twice once."""
    return list(dict.fromkeys(line for examples in EXAMPLES.values() for _, line in examples))


@pytest.mark.docs
@pytest.mark.timeout(300)
def test_each_example_works(shell: Shell, prometheus: str) -> None:
    """What help and page tell to type succeeds, word by word; diffs find their changes."""

    def wrong(line: str) -> str:
        before(line, shell)
        code, said = shell.run(line.replace(PROMETHEUS, prometheus))
        print(f"=== {line}\n{said}")
        wanted = {130} if line.startswith(ENDLESS) else {int(line.startswith(CHANGES))}
        return "" if code in wanted else f"{line} [{code}]: {said}"

    typed = lines()
    told = [wrong(line) for line in typed if line.startswith(ONE_BY_ONE)]
    with ThreadPoolExecutor(4) as at_once:
        told += at_once.map(wrong, [line for line in typed if not line.startswith(ONE_BY_ONE)])
    assert not any(told), "\n".join(filter(None, told))


@pytest.mark.docs
def test_a_new_repository_passes_its_own_ci(kubectl: Kubectl, namespaces: None, tmp_path: Path) -> None:
    """What CI runs in what `fabctl init` made ends well: it is valid, and each line is new to the cluster."""
    path = os.pathsep.join([str(BIN), str(kubectl.path.parent), os.environ["PATH"]])
    shell = Shell(tmp_path, {**kubectl.environment, "PATH": path, "HOME": str(tmp_path)}, kubectl, "")
    code, said = shell.run("fabctl init plant --line line-1 --line line-2")
    assert code == 0, said
    shell.folder = tmp_path / "plant"
    jobs = yaml.safe_load((shell.folder / ".github/workflows/plant.yaml").read_text())["jobs"]
    steps = [step["run"] for job in jobs.values() for step in job["steps"] if "fabctl " in step.get("run", "")]
    assert [each.split("fabctl ")[1].split()[0] for each in steps] == ["validate", "diff"]
    shell.environment |= {"RUNNER_TEMP": str(tmp_path), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
    shell.environment["SECRET"] = Path(kubectl.environment["KUBECONFIG"]).read_text()
    assert [shell.run(each)[0] for each in steps] == [0, 0]
    summary = (tmp_path / "summary.md").read_text()
    assert all(f"{line}/mixer" in summary for line in ("line-1", "line-2"))
    assert shell.run("fabctl validate -f . --strict")[0] == 0
    kubectl("apply", "-k", shell.folder / "lines/line-1")
    code, said = shell.run("git status --porcelain --untracked-files=all")
    assert (code, len(said.splitlines())) == (0, 9)


@pytest.mark.skipif(shutil.which("groff") is None, reason="needs groff")
def test_man_can_show_its_page() -> None:
    """Groff sets the manual page without a warning, and it says what the help says."""
    command: list[str | Path] = ["groff", "-man", "-Tutf8", "-ww", "-P-cbou", ROOT / "packages/fabctl/man/fabctl.1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "fabctl get-status --not-ready --sort-by status" in done.stdout.replace("\u2010", "-").replace("\u2212", "-")


def test_each_command_stands_on_its_page() -> None:
    """docs/fabctl.md has a section for each command, with its examples as its help has them."""
    text = (ROOT / "docs/fabctl.md").read_text()
    for command, examples in EXAMPLES.items():
        assert not command or f"\n## {command}\n" in text
        assert not command or all(f"# {what}\n$ {line}\n" in text for what, line in examples)
