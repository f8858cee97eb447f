"""The sessions that READMEs of packages show, typed again: each command, and what is said to come of it."""

import ast
import asyncio
import contextlib
import importlib
import inspect
import io
import itertools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
import yaml
from fabgitops_core.api.crd import definition
from fabgitops_core.api.setpoint.setpointrollout import SETPOINT_ROLLOUT
from testbed.plane import ControlPlane

from .conftest import Kubectl
from .pages import ROOT, Block, blocks
from .test_blocks import free_ports, with_ports
from .test_runbooks import plc
from .workload import NEW, OLD, a_pod, a_workload

BIN = Path(sys.executable).parent
FABCTL, MOCK_PLC = ROOT / "packages/fabctl/README.md", ROOT / "packages/mock-plc/README.md"
PATIENCE = 30.0

# What differs from one time to the next: moments, how long ago, how long up, what a machine manages, digests, ports.
CHANGES = (
    (r"\d{4}-\d\d-\d\d\\? \d\d:\d\d:\d\d,\d{3}", r"\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d,\\d{3}"),
    (r"\d{4}\\-\d\d\\-\d\d[T ]\d\d:\d\d:\d\d(,\d{3}|Z)", r"\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d:\\d\\d(?:,\\d{3}|Z)"),
    (r"\\\(\d+s\\\)", r"\\(\\d+s\\)"),
    (r"\b\d+s\b", r"\\d+s"),
    (r"\b\d+\\\.\d{3}\b", r"\\d+\\.\\d+"),
    (r"\b[0-9a-f]{16}\b", r"[0-9a-f]{16}"),
    (r"127\\\.0\\\.0\\\.1:5502", r"127\\.0\\.0\\.1:\\d+"),
)


def sessions(block: Block) -> list[tuple[str, str]]:
    """Return each command of a console with what it prints."""
    parts = re.split(r"^\$ ((?:.*\\\n)*.*)\n", block.text, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def flat(text: str) -> str:
    """Return a text whose columns are one space apart."""
    return "\n".join(re.sub(r"\s+", " ", line.strip()) for line in text.strip().splitlines())


def fits(shown: str, said: str) -> bool:
    """Return whether a program said what a page shows, moments aside."""
    pattern = re.escape(flat(shown)).replace(r"\ ", " ")
    for found, meant in CHANGES:
        pattern = re.sub(found, meant, pattern)
    return re.fullmatch(pattern, flat(said)) is not None


# --- fabctl -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def plants(kubectl: Kubectl, control_plane: ControlPlane, tmp_path: Path) -> Iterator[dict[str, dict[str, str]]]:
    """Return environments of namespaces: `few` has three PLCs, `one` a drive, `yes` what waits for it, others none."""
    ports = free_ports("--port 5502 --port 5512")
    fan = next(
        yaml.safe_load(each.text) for each in blocks(ROOT / "docs/devices.md") if "name: supply-fan" in each.text
    )
    fan["spec"] |= {"deviceAddress": "127.0.0.1", "port": int(ports["5512"]), "autoCorrect": False}
    fan["spec"]["pollIntervalSecs"] = 1
    bodies = {
        name: yaml.safe_load(plc(name, port))
        for name, port in (("dead", "9"), ("manual", ports["5502"]), ("parked", "9"))
    }
    bodies["dead"]["spec"]["targetValue"] = 1
    bodies["manual"]["spec"] |= {"targetValue": 9999, "autoCorrect": False}
    bodies["parked"]["spec"] |= {"targetValue": 1, "suspend": True, "unitId": 2}
    press = yaml.safe_load(plc("press", ports["5502"]))
    press["spec"] |= {"targetRegister": 4002, "targetValue": 90, "correction": {"approval": "Manual"}}
    environments = {}
    for name, found in {
        "few": list(bodies.values()),
        "one": [fan],
        "yes": [press],
        "racks": [],
        "fleet": [],
        "hmis": [],
    }.items():
        kubectl("create", "namespace", name)
        for body in found:
            body["metadata"]["namespace"] = name
            kubectl("apply", "-f", "-", text=yaml.safe_dump(body))
        config = tmp_path / name
        config.write_text(control_plane.kubeconfig.read_text())
        Kubectl(kubectl.path, config)("config", "set-context", "--current", f"--namespace={name}")
        environments[name] = {**os.environ, "KUBECONFIG": str(config), "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    device = ROOT / "examples/devices/mock/danfoss-fc101.yaml"
    settings = {"NAMESPACE": "few one yes racks", "METRICS_PORT": "0", "SETTLE_SECS": "0"}
    operator = environments["few"] | {f"FABGITOPS_{name}": value for name, value in settings.items()}
    with contextlib.ExitStack() as stack:
        for command in (
            ["mock-plc", "--bind", "127.0.0.1", "--port", ports["5502"], "--register", "4001", "--register", "4002=70"],
            ["mock-plc", "--bind", "127.0.0.1", "--port", ports["5512"], "--device", str(device)],
            ["fabgitops-operator", "run"],
        ):
            logged = tmp_path / f"{len(command)}.log"
            log = stack.enter_context(logged.open("w"))
            program = subprocess.Popen([BIN / command[0], *command[1:]], env=operator, stderr=log)
            stack.callback(program.wait)
            stack.callback(program.send_signal, signal.SIGTERM)
            if command[0] == "mock-plc":
                until_it_says(program, logged, "listening")
        for namespace, name, phase in (
            ("few", "dead", "Failed"),
            ("few", "manual", "DriftDetected"),
            ("one", "supply-fan", "DriftDetected"),
        ):
            kubectl(
                "wait", "-n", namespace, f"--for=jsonpath={{.status.phase}}={phase}", "--timeout=60s", f"plc/{name}"
            )
        kubectl("wait", "-n", "yes", "--for=jsonpath={.status.plan.digest}", "--timeout=60s", "plc/press")
        yield environments
    for name in environments:
        kubectl("delete", "plc,chaosexperiment", "--all", "-n", name)
    kubectl("delete", "chaospolicy", "default", "--ignore-not-found")


PARTS = (
    ("Chassis", "c0", {"rackRef": "", "chassisNumber": 0}, {"powerState": "On", "health": "OK"}),
    ("Blade", "c0s0", {"chassisRef": "-c0", "bladeNumber": 0}, {"powerState": "On", "health": "OK"}),
    (
        "BMC",
        "c0s0b0",
        {"bladeRef": "-c0s0", "ipAddress": "10.20.1.5"},
        {"reachable": True, "powerState": "On", "health": "OK"},
    ),
    (
        "RackNode",
        "c0s0n0",
        {"bladeRef": "-c0s0", "bmcRef": "-c0s0b0", "nodeNumber": 0, "claimedBy": "job-7"},
        {"powerState": "On", "health": "OK"},
    ),
    (
        "RackNode",
        "c0s0n1",
        {"bladeRef": "-c0s0", "bmcRef": "-c0s0b0", "nodeNumber": 1},
        {"powerState": "Off", "health": "OK"},
    ),
)
"""What is in the rack that the page shows: kind, place, spec with the places of references, status."""


@pytest.fixture
def a_rack(plants: dict[str, dict[str, str]], kubectl: Kubectl) -> None:
    """Make the rack that the page shows, as the operator of racks leaves it."""
    kubectl("apply", "-f", str(ROOT / "packages/fabgitops-operator/src/fabgitops_operator/manifests/racks"))
    kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
    pending = {"removals": 2, "names": ["rack-01-c0s0n1", "rack-01-c0s0n0"]}
    template = {"name": "small", "planHash": "5f2c"}
    status = {"phase": "Ready", "observedGeneration": 1, "template": template, "pending": pending}
    make(kubectl, "Rack", "rack-01", {"templateRef": {"name": "small"}}, status)
    for kind, place, spec, told in PARTS:
        refs = {field: {"name": f"rack-01{value}"} for field, value in spec.items() if field.endswith("Ref")}
        make(kubectl, kind, f"rack-01-{place}", spec | refs, told)
    pdu = {"deviceAddress": "127.0.0.1", "port": 9, "targetRegister": 1, "targetValue": 1, "suspend": True, "unitId": 3}
    make(kubectl, "IndustrialPLC", "rack-01-pdu", pdu, {})
    kubectl("wait", "-n", "racks", "--for=jsonpath={.status.conditions[0].reason}=Suspended", "plc/rack-01-pdu")


def make(
    kubectl: Kubectl,
    kind: str,
    name: str,
    spec: dict[str, Any],
    status: dict[str, Any],
    namespace: str = "racks",
    **labels: str,
) -> None:
    """Make something, without labels of its own in the rack, and say how it stands."""
    metadata = {"name": name, "namespace": namespace, "labels": labels or {"fabgitops.io/rack": "rack-01"}}
    body = {"apiVersion": "fabgitops.io/v1", "kind": kind, "metadata": metadata, "spec": spec}
    kubectl("apply", "-f", "-", text=yaml.safe_dump(body))
    if status:
        at = ("-n", namespace, f"{kind.lower()}.fabgitops.io/{name}")
        kubectl("patch", *at, "--subresource=status", "--type=merge", "-p", yaml.safe_dump({"status": status}))


def a_rollout(kubectl: Kubectl) -> None:
    """Make the rollout that the page shows, and the PLCs that it leads, as the operator leaves them."""
    kubectl("apply", "-f", "-", text=yaml.safe_dump(definition(SETPOINT_ROLLOUT)))
    kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    waves = [
        {"wave": 1, "members": 1, "total": 1, "names": ["press-1"]},
        {"wave": 2, "members": 2, "total": 3, "names": ["press-2", "press-3"]},
    ]
    decision = {"at": now, "stage": "Planning", "input": "3 of 3 want something else", "rule": "begin"}
    status = {
        "phase": "Releasing",
        "message": "wave 2 of 2: 1 of 2 proven",
        "observedGeneration": 1,
        "revision": "5f2c8a01b3d4e6f7",
        "round": 3,
        "wave": 2,
        "waves": 2,
        "releasedText": "2/3",
        "plan": {"hash": "77aa", "size": 3, "changes": 3, "waves": waves, "since": now},
        "waveStartedAt": now,
        "waitingFor": [{"name": "press-2", "why": "not read back yet"}],
        "decisions": [decision | {"outcome": "wave 1 of 2 is released"}],
    }
    make(kubectl, "SetpointRollout", "recipe", {"selector": {"matchLabels": {"line": "3"}}}, status, "fleet", line="3")
    spec = {"deviceAddress": "127.0.0.1", "port": 9, "targetRegister": 4001, "targetValue": 2600}
    for number, wanted, proven in ((1, "aa", now), (2, "aa", None), (3, "bb", None)):
        pending = {"pending": "2600"} if wanted != "aa" else {}
        told = {
            "conditions": [condition("Ready", "InSync", now)],
            "observedGeneration": 1,
            "inSync": True,
            "endpoint": "127.0.0.1:9",
            "registers": [SPEED | pending],
            "release": {"rollout": "recipe", "uid": "u", "wanted": wanted, "released": "aa", "provenAt": proven},
        }
        make(kubectl, "IndustrialPLC", f"press-{number}", spec | {"unitId": number}, told, "fleet", line="3")


def a_canary(kubectl: Kubectl) -> None:
    """Make the Rollout that the page shows, at its second step, with a pod that does not come up."""
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    decision = {"at": now, "stage": "Progressing", "step": 0, "input": "setWeight 50 is reached", "rule": "StepDone"}
    a_pod(kubectl, "hmis", OLD, "hmi-aa11-7xk2p")
    waits = {"waiting": {"reason": "CrashLoopBackOff"}}
    a_pod(kubectl, "hmis", NEW, "hmi-bb22-m4d9q", ready=False, restartCount=3, state=waits)
    steps = [{"setWeight": 50}, {"pause": {}}, {"setWeight": 80}, {"pause": {"duration": "10m"}}]
    a_workload(
        kubectl,
        "hmis",
        {"canary": {"steps": steps}},
        (1, 1),
        phase="Paused",
        message="paused (CanaryPauseStep) until somebody promotes it",
        stableRS=OLD,
        currentStepIndex=1,
        progress="1/4",
        weight=50,
        pauseConditions=[{"reason": "CanaryPauseStep", "startTime": now}],
        updatedReplicas=1,
        availableReplicas=1,
        stepStartedAt=now,
        decisions=[decision | {"outcome": "step 2 begins"}],
    )


def an_experiment(kubectl: Kubectl) -> None:
    """Make the experiment that the page shows, on PLCs of the rollout, and a policy that allows it."""
    allowed = {"enabled": True, "scenarios": ["plcFault"]}
    policy = {"apiVersion": "fabgitops.io/v1", "kind": "ChaosPolicy", "metadata": {"name": "default"}, "spec": allowed}
    kubectl("apply", "-f", "-", text=yaml.safe_dump(policy))
    kubectl("label", "namespace", "fleet", "fabgitops.io/chaos=allowed")
    at, ends = (f"{datetime.now(UTC) + timedelta(seconds=later):%Y-%m-%dT%H:%M:%SZ}" for later in (0, 60))
    selector = {"matchLabels": {"line": "3"}}
    spec = {
        "scenario": {"plcFault": {"fault": "frozen"}},
        "target": {"kind": "plcs", "labelSelector": selector},
        "probes": [{"name": "in-sync", "plc": {"labelSelector": selector}}],
    }
    status = {
        "phase": "Running",
        "message": "plcFault in press-2",
        "selected": "1/3",
        "startedAt": at,
        "endsAt": ends,
        "targets": [{"name": "press-2", "uid": "u", "state": "Injected", "injectedAt": at}],
        "probes": [{"name": "in-sync", "passed": 1, "last": "3 have InSync True"}],
        "observedGeneration": 1,
    }
    make(kubectl, "ChaosExperiment", "freeze", spec, status, "fleet", line="3")


MANIFESTS = {
    "line-3/mixer": ("deviceAddress: 10.0.0.7", "port: 502", "targetRegister: 4001", "targetValue: 2600"),
    "line-4/oven": ("deviceAddress: 10.0.0.8", "registers:", "  - name: setpoint", "    address: 70000"),
    "line-4/press": ("deviceAddress: 10.0.0.9", "targetRegister: 1", "targetValue: 90", "pollIntervallSecs: 1"),
}
"""The folder that the page speaks of: namespace and name of each PLC, and its spec."""


def a_folder(kubectl: Kubectl, folder: Path) -> None:
    """Make the folder of manifests that the page shows, and the mixer of them as it is in the cluster."""
    for place, spec in MANIFESTS.items():
        namespace, name = place.split("/")
        head = ("apiVersion: fabgitops.io/v1", "kind: IndustrialPLC", "metadata:", f"  name: {name}")
        lines = (*head, f"  namespace: {namespace}", "spec:", *(f"  {each}" for each in spec))
        file = folder / "plant" / f"{place}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines) + "\n")
    made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "line-3"}}
    kubectl("apply", "-f", "-", text=yaml.safe_dump(made))  # another page may have made it
    mixer = (folder / "plant/line-3/mixer.yaml").read_text()
    kubectl("apply", "-f", "-", text=mixer.replace("2600", "2500"))
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    told = {"conditions": [condition("Ready", "InSync", now)], "observedGeneration": 1, "inSync": True}
    told["currentValue"] = 2500
    at = ("-n", "line-3", "plc/mixer", "--subresource=status", "--type=merge")
    kubectl("patch", *at, "-p", yaml.safe_dump({"status": told}))


SPEED = {"name": "speed", "place": "holding 4001 uint16 unit 1", "unit": "rpm", "desired": "2500", "actual": "2500"}


def condition(name: str, reason: str, at: str) -> dict[str, Any]:
    """Return a condition that holds, of what is declared."""
    told = {"type": name, "status": "True", "reason": reason, "message": "", "observedGeneration": 1}
    return told | {"lastTransitionTime": at}


PLACES = {"rack": "racks", "supply-fan": "one", "hmi": "hmis", "rollout": "fleet", "press": "yes", "chaos": "fleet"}
"""Words of a command, and the namespace that it is typed in."""


ON_A_SCREEN = {"fabctl watch"}
"""Goes on until somebody leaves it: what its screen shows is seen by the tests of the screen."""


@pytest.mark.docs
@pytest.mark.usefixtures("a_rack")
def test_what_the_readme_of_fabctl_shows(plants: dict[str, dict[str, str]], kubectl: Kubectl, tmp_path: Path) -> None:
    """Each session in the README of fabctl comes out as it is shown there."""
    a_rollout(kubectl)
    a_canary(kubectl)
    an_experiment(kubectl)
    a_folder(kubectl, tmp_path)
    shown = [each for block in blocks(FABCTL) if block.language == "console" for each in sessions(block)]
    assert {command for command, _ in shown} >= ON_A_SCREEN
    typed = [each for each in shown if each[0].startswith("fabctl ") and each[0] not in ON_A_SCREEN]
    assert len(typed) >= 7
    for command, output in typed:
        where = next((name for word, name in PLACES.items() if word in command), "few")
        environment = plants[where]
        shell = ["bash", "-c", command]
        done = subprocess.run(shell, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        said = done.stdout + done.stderr
        order = sorted if "--all" in command else list  # told in the order in which they end
        assert fits(*("\n".join(order(text.splitlines())) for text in (output, said))), f"{command}\n{said}"


# --- mock-plc ---------------------------------------------------------------------------------------------------------


def until_it_says(process: "subprocess.Popen[bytes]", log: Path, text: str, times: int = 1) -> None:
    """Wait until the log of a process that goes on has a text."""
    deadline = time.monotonic() + PATIENCE
    while log.read_text().count(text) < times:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, f"{text} is not in\n{log.read_text()}"
        time.sleep(0.02)


class Served:
    """A mock-plc that a page starts, with the ports of this machine, until Ctrl-C."""

    def __init__(self, command: str, folder: Path) -> None:
        """Start it, and wait until it listens."""
        self.log = folder / "mock-plc.log"
        environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                ["bash", "-c", f"exec {command}"], cwd=folder, env=environment, stdout=log, stderr=log
            )
        self.until("control API" if "--control" in command else "listening")  # the last that it opens

    def until(self, text: str, times: int = 1) -> None:
        """Wait until its log has a text."""
        until_it_says(self.process, self.log, text, times)

    def ended(self) -> str:
        """Type Ctrl-C, and return all that it said."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE)
        return self.log.read_text()


def block_with(text: str, language: str) -> Block:
    """Return the block of mock-plc's README that has a text."""
    return next(each for each in blocks(MOCK_PLC) if each.language == language and text in each.text)


def expected(text: str) -> list[str]:
    """Return what each print of a snippet prints, as the comment behind it or on the next line says."""
    return re.findall(r"print\(.*\)\n?[ ]*\n?[ ]*# ([^\n]+)", text)


def played(text: str, folder: Path) -> list[str]:
    """Run a snippet, which may await, in a folder; return the lines that it prints."""
    compiled: CodeType = compile(text, str(MOCK_PLC), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    names: dict[str, Any] = {}
    output = io.StringIO()

    async def whole() -> None:
        result = eval(compiled, names)  # noqa: S307  # a page of ours
        if inspect.isawaitable(result):
            await result

    with contextlib.chdir(folder), contextlib.redirect_stdout(output):
        asyncio.run(whole())
    return output.getvalue().splitlines()


def check(block: Block, ports: dict[str, str], folder: Path) -> None:
    """Run a snippet of Python, and compare what it prints with its comments."""
    text = with_ports(block.text, ports)
    said = [line for line, _again in itertools.groupby(played(text, folder))]
    shown = expected(block.text)
    assert len(said) == len(shown) > 0
    for line, comment in zip(said, shown, strict=True):
        wanted = re.split(r": | \.\.\. |; ", comment)[0] if not comment.endswith("]") else comment
        assert line.startswith(wanted), f"{block}: it prints {line}"


@pytest.fixture
def ports() -> dict[str, str]:
    """Return a free port for each that the README of mock-plc names, and for the one that --port has by itself."""
    return free_ports("--port 5502 --control 5503 --port 15802")


@pytest.fixture
def serve(ports: dict[str, str], tmp_path: Path) -> Iterator[Callable[[str], tuple[Served, str]]]:
    """Return what starts the server of a console, and gives it with what the page says that it says."""
    importlib.import_module("pymodbus.client")  # takes its time, and clients are to be quick
    with contextlib.ExitStack() as stack:

        def started(text: str) -> tuple[Served, str]:
            ((command, output),) = sessions(block_with(text, "console"))
            flag = "" if "--port" in command else " --port 5502"
            here = str(tmp_path)
            server = Served(with_ports(command + flag, ports).replace("/tmp", here), tmp_path)  # noqa: S108
            stack.callback(server.ended)
            return server, with_ports(output.replace("^C", ""), ports).replace("/tmp", here)  # noqa: S108

        yield started


@pytest.mark.docs
def test_the_first_session_of_mock_plc(
    serve: Callable[[str], tuple[Served, str]], ports: dict[str, str], tmp_path: Path
) -> None:
    """The client of the README prints what it says, and the server tells of requests, faults and drifts as shown."""
    server, shown = serve("--control 5503 --register 4001")
    played(with_ports(block_with("exception_code)  # 6", "python").text, ports), tmp_path)
    server.until("drift:", 2)
    said = server.ended()
    assert fits(shown, said), said


@pytest.mark.docs
def test_the_control_session_of_mock_plc(
    serve: Callable[[str], tuple[Served, str]], ports: dict[str, str], tmp_path: Path
) -> None:
    """Each `mock-plc ctl`, and curl, print what the README shows of the same server after the same client."""
    serve("--control 5503 --register 4001")
    check(block_with("exception_code)  # 6", "python"), ports, tmp_path)
    environment = {
        **os.environ,
        "MOCK_PLC_CONTROL": ports["5503"],
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    typed = [each for text in ("ctl state", "curl -s") for each in sessions(block_with(text, "console"))]
    for command, output in typed:
        line = with_ports(command, ports)
        done = subprocess.run(line, shell=True, env=environment, capture_output=True, text=True, check=False)  # noqa: S602
        assert fits(with_ports(output, ports), done.stdout + done.stderr), f"{line}\n{done.stdout}{done.stderr}"


@pytest.mark.docs
def test_the_oven_of_mock_plc(
    serve: Callable[[str], tuple[Served, str]], ports: dict[str, str], tmp_path: Path
) -> None:
    """The oven of the README, five seconds after its start, holds and refuses what is shown there."""
    (tmp_path / "oven.yaml").write_text(block_with("productCode: OV-3", "yaml").text)
    server, shown = serve("--device oven.yaml")
    time.sleep(5.2)  # the snippet says "five seconds after the start": the oven heats by the clock
    check(block_with("five seconds after the start", "python"), ports, tmp_path)
    server.until("resists:")
    said = server.ended()
    assert fits(shown, said), said


@pytest.mark.docs
def test_a_wrong_file_of_mock_plc(tmp_path: Path) -> None:
    """`mock-plc check` names the line and the key of a slip in the README's oven."""
    oven = block_with("productCode: OV-3", "yaml").text
    (tmp_path / "wrong.yaml").write_text(oven.replace("scale:", "scael:"))
    ((command, output),) = sessions(block_with("check wrong.yaml", "console"))
    line = f"{BIN}/{command}"
    done = subprocess.run(line.split(), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert fits(output, done.stdout + done.stderr), done.stdout + done.stderr


@pytest.mark.docs
def test_certificates_of_mock_plc(serve: Callable[[str], tuple[Served, str]], tmp_path: Path) -> None:
    """--tls-make leaves the files that the README names."""
    server, shown = serve("--tls-make")
    server.until("CA and certificates")
    said = server.ended()
    assert fits(shown, "\n".join(said.splitlines()[:2])), said
    files = {path.name for path in (tmp_path / "certificates").iterdir()}
    assert {"ca.crt", "tls.crt", "tls.key", "client.crt", "client.key"} <= files


@pytest.mark.docs
@pytest.mark.parametrize("text", ["plc = Device({4001: 2500})", "oven = Machine(", "station = Station("])
def test_mock_plc_in_tests(text: str, tmp_path: Path) -> None:
    """The snippets for tests of one's own run, and print what their comments say."""
    (tmp_path / "oven.yaml").write_text(block_with("productCode: OV-3", "yaml").text)
    check(block_with(text, "python"), {}, tmp_path)


def test_each_session_of_mock_plc_is_replayed_but_one() -> None:
    """No console and no snippet of the README is forgotten here; the thousand PLCs say what one machine managed."""
    here = Path(__file__).read_text()
    left = [str(each) for each in blocks(MOCK_PLC) if each.language == "console" and not _known(each, here)]
    assert [each.split(":")[-1] for each in left] == [str(block_with("--count 1000", "console").line)]


def _known(block: Block, here: str) -> bool:
    names = re.findall(r'(?:block_with|serve)\(\s*"([^"]+)"|for text in \("([^"]+)", "([^"]+)"\)', here)
    return any(name and name in block.text and "--count" not in name for each in names for name in each)
