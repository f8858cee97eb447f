"""The main job, shown on this machine: a real API server, the real operator, two chaotic PLCs, and fabctl.

`./dev demo` tells the story and takes everything down; `./dev demo --keep` leaves it running until Ctrl-C. It ends with
a non-zero exit code if the story does not come true.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import httpx2
import lightkube
import yaml
from cyclopts import App, Parameter
from fabgitops_operator.cluster.install import manifests
from lightkube import codecs
from lightkube.generic_resource import create_namespaced_resource
from lightkube.types import PatchType
from prometheus_client.parser import text_string_to_metric_families
from testbed import TestbedError, control_plane
from testbed.processes import leashed

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
ACCOUNT = "system:serviceaccount:fabgitops-system:fabgitops-operator"
NAMESPACE = "default"
PATIENCE = 60.0
CHAOS = {
    "mixer-speed": ["--register", "4001=2500", "--chaos-interval", "7", "--seed", "7"],
    "oven-temperature": ["--register", "100=1800", "--chaos-interval", "17", "--seed", "3", "--max-drift", "90"],
}
IndustrialPLC = create_namespaced_resource("fabgitops.io", "v1", "IndustrialPLC", "industrialplcs")
Event = create_namespaced_resource("events.k8s.io", "v1", "Event", "events")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What ends the demo before its time: Ctrl-C, a script, the terminal that is closed."""

app = App(name="demo", help_format="plaintext")


class StoryError(Exception):
    """The story did not come true; the text says what did not."""


def say(text: str) -> None:
    """Tell the next line of the story."""
    print(f"\n\033[1m▸ {text}\033[0m" if sys.stdout.isatty() else f"\n▸ {text}", flush=True)


def until(true: Callable[[], Any], what: str) -> Any:
    """Wait until something is true and return it.

    Raises:
        StoryError: It is not within a minute.
    """
    deadline = time.monotonic() + PATIENCE
    while not (found := true()):
        if time.monotonic() > deadline:
            raise StoryError(f"not within {PATIENCE:g} s: {what}")
        time.sleep(0.1)
    return found


class Stage:
    """Everything that runs, and how to act on it."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.folder = folder
        self.stack = stack
        plane = stack.enter_context(control_plane())
        self.kubeconfig = plane.kubeconfig
        self.role = plane.kubeconfig_for(ACCOUNT)
        self.client: Any = lightkube.Client(
            config=lightkube.KubeConfig.from_file(plane.kubeconfig), field_manager="demo"
        )
        self.metrics = ""

    def install(self) -> None:
        """Install resource definition, role and binding, exactly as they are shipped."""
        for body in yaml.safe_load_all(manifests()):
            self.client.apply(codecs.from_dict(body), force=True)
        until(self._served, "the API server serves IndustrialPLC")

    def _served(self) -> bool:
        try:
            list(self.client.list(IndustrialPLC, namespace=NAMESPACE))
        except httpx2.HTTPStatusError:
            return False
        return True

    def start_plc(self, name: str) -> int:
        """Start a chaotic PLC and return its port."""
        command = [str(BIN / "mock-plc"), "--bind", "127.0.0.1", "--port", "0", "--chaos", *CHAOS[name]]
        log = self._start(name, command, {})
        return int(until(lambda: _after(log, "listening on 127.0.0.1:"), f"{name} listens"))

    def start_operator(self) -> None:
        """Start the operator under exactly its role."""
        command = [str(BIN / "fabgitops-operator"), "run", "--metrics-bind", "127.0.0.1", "--metrics-port", "0"]
        log = self._start("operator", [*command, "--log-format", "text"], {"KUBECONFIG": str(self.role)})
        port = until(lambda: _after(log, "metrics and probes on port "), "the operator starts")
        self.metrics = f"http://127.0.0.1:{port}/metrics"
        until(lambda: "looking after" in log.read_text(), "the operator looks after the namespace")

    def _start(self, name: str, command: list[str], environment: dict[str, str]) -> Path:
        log = self.folder / f"{name}.log"
        self.stack.enter_context(_running(command, log, {**os.environ, **environment}))
        return log

    def apply_example(self, name: str, port: int) -> None:
        """Apply a manifest from examples/, with the port that its mock PLC got."""
        body = yaml.safe_load((ROOT / "examples" / f"{name}.yaml").read_text())
        body["spec"]["port"] = port
        body["metadata"]["namespace"] = NAMESPACE
        self.client.apply(IndustrialPLC.from_dict(body), force=True)

    def status(self, name: str) -> dict[str, Any]:
        """Return an object's status."""
        return dict(self.client.get(IndustrialPLC, name, namespace=NAMESPACE).get("status") or {})

    def is_read(self, name: str) -> bool:
        """Return whether it was read at least once."""
        return self.status(name).get("currentValue") is not None

    def announced(self, name: str, reason: str, times: int) -> bool:
        """Return whether a reason was announced so many times."""
        return self.events(name).get(reason, 0) == times

    def suspend(self, name: str) -> None:
        """Suspend a resource, so that the numbers stand still."""
        patch = {"spec": {"suspend": True}}
        self.client.patch(IndustrialPLC, name, patch, namespace=NAMESPACE, patch_type=PatchType.MERGE)
        until(lambda: "suspended" in self.status(name).get("message", ""), f"{name} is suspended")

    def events(self, name: str) -> dict[str, int]:
        """Return how often each reason was announced."""
        counts: dict[str, int] = {}
        for event in self.client.list(Event, namespace=NAMESPACE):
            if event["regarding"]["name"] == name:
                times = (event.get("series") or {}).get("count", 1)
                counts[event["reason"]] = counts.get(event["reason"], 0) + times
        return counts

    def metric(self, metric: str, name: str) -> int:
        """Return a counter of one PLC."""
        for family in text_string_to_metric_families(httpx2.get(self.metrics).text):
            for sample in family.samples:
                if sample.name == metric and sample.labels.get("plc_name") == name:
                    return int(sample.value)
        raise StoryError(f"/metrics does not tell {metric} of {name}")

    def fabctl(self, *arguments: str) -> None:
        """Run fabctl and show what it prints.

        Raises:
            StoryError: It failed.
        """
        print(f"$ fabctl {' '.join(arguments)}", flush=True)
        environment = {**os.environ, "KUBECONFIG": str(self.kubeconfig)}
        done = subprocess.run([str(BIN / "fabctl"), *arguments], env=environment, check=False)
        if done.returncode:
            raise StoryError(f"fabctl {' '.join(arguments)} ended with {done.returncode}")


@contextmanager
def _running(command: list[str], log: Path, environment: dict[str, str]) -> Iterator[None]:
    with log.open("wb") as output:
        own = leashed(command, signal.SIGTERM)  # it ends with the demo, even when that is killed
        process = subprocess.Popen(own, stdout=output, stderr=output, env=environment, start_new_session=True)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _after(log: Path, marker: str) -> str:
    """Return the digits that follow a marker in a log, or nothing while it is not there."""
    _, found, rest = log.read_text().partition(marker)
    digits = rest.split(",")[0].split("\n")[0].split(" ")[0]
    return digits if found and digits.isdigit() else ""


def tell(stage: Stage) -> None:
    """Tell the story."""
    say("Two PLCs start; both drift by themselves every few seconds. The operator starts under its least role.")
    stage.install()
    ports = {name: stage.start_plc(name) for name in CHAOS}
    stage.start_operator()
    say("The manifests in examples/ are applied, with the ports that the mock PLCs got. Git vs. reality:")
    for name, port in ports.items():
        stage.apply_example(name, port)
    for name in CHAOS:
        until(partial(stage.is_read, name), f"{name} is read")
    stage.fabctl("get-status")
    say("mixer-speed has autoCorrect on: each drift is written back, read back, and only then counted.")
    until(lambda: stage.status("mixer-speed").get("correctionsApplied", 0) >= 2, "mixer-speed is corrected twice")
    stage.fabctl("get-status")
    say("oven-temperature has autoCorrect off: its drift is reported and left for a person.")
    until(lambda: stage.status("oven-temperature").get("phase") == "DriftDetected", "oven-temperature drifts")
    stage.fabctl("get-status")
    say("That person decides. One forced pass: write, read back.")
    stage.fabctl("sync", "oven-temperature", "--force")
    stage.fabctl("get-status")
    say("What the cluster was told about the mixer:")
    stage.fabctl("describe", "mixer-speed")


def prove(stage: Stage) -> None:
    """Check that status, Events and metrics tell the same numbers, and print them.

    Raises:
        StoryError: They do not.
    """
    say("Both are suspended, so that the numbers stand still. Status, Events and metrics must agree:")
    for name in CHAOS:
        stage.suspend(name)
    for name in CHAOS:
        status = stage.status(name)
        for what, reason, metric in (
            ("driftEvents", "DriftDetected", "drift_events_total"),
            ("correctionsApplied", "DriftCorrected", "corrections_total"),
        ):
            wanted = status[what]
            until(partial(stage.announced, name, reason, wanted), f"{wanted} {reason} Events of {name}")
            counted = stage.metric(metric, name)
            print(f"  {name:17} {what:19} status {wanted}   Events {wanted}   {metric} {counted}")
            if counted != wanted or not wanted:
                raise StoryError(f"{name}: status says {wanted} {what}, {metric} says {counted}")
    say("From /metrics:")
    wanted_lines = ("drift_events_total", "corrections_total", "managed_plcs ", "fabgitops_modbus_requests_total")
    print(
        "\n".join(f"  {line}" for line in httpx2.get(stage.metrics).text.splitlines() if line.startswith(wanted_lines))
    )
    say("The story came true: every drift was found, and every correction was proven by reading it back.")


def stay(stage: Stage) -> None:
    """Leave everything running until Ctrl-C, and say how to look around."""
    say("Everything is still running. In another terminal:")
    print(f"  export KUBECONFIG={stage.kubeconfig}")
    print(f"  {BIN / 'fabctl'} watch")
    print("  kubectl get plc -o wide        # where kubectl is installed")
    print(f"  curl {stage.metrics}")
    print(f"  tail -f {stage.folder}/operator.log")
    print("Ctrl-C takes it down.", flush=True)
    signal.pause()


def leave(*_: object) -> None:
    """Have the demo taken down, for the first signal; a second one would leave half of it behind."""
    hear_no_more()
    raise KeyboardInterrupt


def hear_no_more() -> None:
    """Ignore signals from now on."""
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)


@contextmanager
def logs() -> Iterator[Path]:
    """Make the folder for what the programs log; it is removed unless the story did not come true."""
    folder = Path(tempfile.mkdtemp(prefix="fabgitops-demo-"))
    try:
        yield folder
    except (StoryError, TestbedError, httpx2.HTTPError) as error:
        print(f"\ndemo: {error}\ndemo: logs are in {folder}", file=sys.stderr)
        raise SystemExit(1) from error
    except BaseException:
        shutil.rmtree(folder)
        raise
    shutil.rmtree(folder)


@app.default
def main(*, keep: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Show the main job on this machine: an API server, the operator, two PLCs that drift, and fabctl.

    It takes about half a minute, and takes everything down at its end. Exit code 1 if the story does not come true.

    Args:
        keep: Leave everything running until Ctrl-C.
    """
    for each in SIGNALS:
        signal.signal(each, leave)
    try:
        with logs() as folder, ExitStack() as stack:
            say("A real Kubernetes API server comes up here (the first time it may have to be built: minutes).")
            try:
                stage = Stage(stack, folder)
                tell(stage)
                prove(stage)
                if keep:
                    stay(stage)
            finally:
                hear_no_more()
    except KeyboardInterrupt:
        print("\nended")


if __name__ == "__main__":
    app()
