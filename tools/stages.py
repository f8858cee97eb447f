"""What runs in the demo: two PLCs and the operator, beside a real API server of Kubernetes or without any."""

import os
import re
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import httpx2
import lightkube
import yaml
from lightkube.generic_resource import create_namespaced_resource
from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
LEASH = ROOT / "tools" / "testbed" / "src" / "testbed" / "leash.py"
ACCOUNT = "system:serviceaccount:fabgitops-system:fabgitops-operator"
NAMESPACE = "default"
PATIENCE = 60.0
CHAOS = {
    "mixer-speed": ["--register", "4001=2500", "--chaos-interval", "7", "--seed", "7"],
    "oven-temperature": ["--register", "100=1800", "--chaos-interval", "17", "--seed", "3", "--max-drift", "90"],
}
IndustrialPLC = create_namespaced_resource("fabgitops.io", "v1", "IndustrialPLC", "industrialplcs")
SetpointRollout = create_namespaced_resource("fabgitops.io", "v1", "SetpointRollout", "setpointrollouts")
Event = create_namespaced_resource("events.k8s.io", "v1", "Event", "events")


class StoryError(Exception):
    """The story did not come true; the text says what did not."""


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


class Stage(ABC):
    """Everything that runs, and how to act on it."""

    kubeconfig: Path
    metrics = ""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.folder = folder
        self.stack = stack

    @abstractmethod
    def start_operator(self, *flags: str) -> None:
        """Start the operator with what else it is to be told, and return when it can be asked."""

    @abstractmethod
    def declare(self, name: str, body: dict[str, Any]) -> None:
        """Say what a PLC must hold, anew or for the first time."""

    @cached_property
    def client(self) -> Any:
        """The client of the API that fabctl asks, too."""
        return lightkube.Client(config=lightkube.KubeConfig.from_file(self.kubeconfig), field_manager="demo")

    def start_plc(self, name: str, *flags: str) -> int:
        """Start a PLC with what mock-plc is to be told of it, and return its port."""
        command = [str(BIN / "mock-plc"), "--bind", "127.0.0.1", "--port", "0", *flags]
        log = self.start(name, command, {})
        return int(until(lambda: after(log, "listening on 127.0.0.1:"), f"{name} listens"))

    def start(self, name: str, command: list[str], environment: dict[str, str]) -> Path:
        """Start a program that runs until the story ends, and return its log."""
        log = self.folder / f"{name}.log"
        self.stack.enter_context(_running(command, log, {**os.environ, **environment}))
        return log

    def declare_example(self, name: str, port: int) -> None:
        """Declare what a manifest of examples/ says, with the port that its mock PLC got."""
        body = yaml.safe_load((ROOT / "examples" / f"{name}.yaml").read_text())
        body["spec"]["port"] = port
        body["metadata"]["namespace"] = NAMESPACE
        self.declare(name, body)

    def status(self, name: str, resource: Any = IndustrialPLC) -> dict[str, Any]:
        """Return an object's status."""
        return dict(self.client.get(resource, name, namespace=NAMESPACE).get("status") or {})

    def is_read(self, name: str) -> bool:
        """Return whether it was read at least once."""
        try:
            return self.status(name).get("currentValue") is not None
        except httpx2.HTTPStatusError as error:
            if error.response.status_code == httpx2.codes.NOT_FOUND:
                return False
            raise

    def is_ready(self, name: str) -> bool:
        """Return whether it holds what it must."""
        conditions = self.status(name).get("conditions") or []
        return any((each["type"], each["status"]) == ("Ready", "True") for each in conditions)

    def announced(self, name: str, reason: str, times: int) -> bool:
        """Return whether a reason was announced so many times."""
        return self.events(name).get(reason, 0) == times

    def suspend(self, name: str) -> None:
        """Suspend a resource, so that the numbers stand still."""
        body = self.client.get(IndustrialPLC, name, namespace=NAMESPACE)
        kept = {"apiVersion": body["apiVersion"], "kind": body["kind"], "metadata": {"name": name}}
        self.declare(name, {**kept, "spec": {**body["spec"], "suspend": True}})
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
        for family in text_string_to_metric_families(self.exposition()):
            for sample in family.samples:
                if sample.name == metric and sample.labels.get("plc_name") == name:
                    return int(sample.value)
        raise StoryError(f"/metrics does not tell {metric} of {name}")

    def exposition(self) -> str:
        """Return what /metrics says."""
        return httpx2.get(self.metrics).text

    def fabctl(self, *arguments: str, code: int = 0) -> None:
        """Run fabctl and show what it prints.

        Raises:
            StoryError: It ended with another exit code.
        """
        print(f"$ fabctl {' '.join(arguments)}", flush=True)
        environment = {**os.environ, "KUBECONFIG": str(self.kubeconfig)}
        done = subprocess.run([str(BIN / "fabctl"), *arguments], env=environment, check=False)
        if done.returncode != code:
            raise StoryError(f"fabctl {' '.join(arguments)} ended with {done.returncode}")


class Standalone(Stage):
    """The operator alone: it has a folder for a source, and keeps what it knows itself."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        super().__init__(stack, folder)
        self.source, self.state = folder / "plant", folder / "state"
        self.source.mkdir()
        self.kubeconfig = self.state / "kubeconfig"

    def start_operator(self, *flags: str) -> None:
        """Start the operator on the folder of manifests."""
        command = [str(BIN / "fabgitops-operator"), "standalone", "--log-format", "text", "--listen", "127.0.0.1:0"]
        log = self.start("operator", [*command, "--source", str(self.source), "--state", str(self.state), *flags], {})
        address = until(lambda: found(r"listening on (http://[^;\s]+)", log), "the operator listens")
        self.metrics = f"{address}/metrics"
        until(self.kubeconfig.is_file, "the operator writes a kubeconfig")
        until(lambda: _is_ready(f"{address}/readyz"), "the operator is ready")

    def declare(self, name: str, body: dict[str, Any]) -> None:
        """Write a manifest into the folder, as somebody does who changes what Git says."""
        (self.source / f"{name}.yaml").write_text(yaml.safe_dump(body, sort_keys=False))


class Kubernetes(Stage):
    """A real API server, and the operator on it under exactly its role."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        from testbed import TestbedError, control_plane  # noqa: PLC0415 - only here is it needed, and it is much

        super().__init__(stack, folder)
        try:
            plane = stack.enter_context(control_plane())
        except TestbedError as error:
            raise StoryError(str(error)) from error
        self.kubeconfig = plane.kubeconfig
        self.role = plane.kubeconfig_for(ACCOUNT)

    def install(self) -> None:
        """Install resource definition, role and binding, exactly as they are shipped."""
        from lightkube import codecs  # noqa: PLC0415

        program = subprocess.run([str(BIN / "fabgitops-operator"), "manifests"], capture_output=True, check=True)
        for body in yaml.safe_load_all(program.stdout):
            self.client.apply(codecs.from_dict(body), force=True)
        until(self._served, "the API server serves IndustrialPLC")

    def _served(self) -> bool:
        try:
            list(self.client.list(IndustrialPLC, namespace=NAMESPACE))
        except httpx2.HTTPStatusError:
            return False
        return True

    def start_operator(self, *flags: str) -> None:
        """Install what a cluster must have, and start the operator under exactly its role."""
        self.install()
        command = [str(BIN / "fabgitops-operator"), "run", "--metrics-bind", "127.0.0.1", "--metrics-port", "0"]
        log = self.start("operator", [*command, "--log-format", "text", *flags], {"KUBECONFIG": str(self.role)})
        port = until(lambda: after(log, "metrics and probes on port "), "the operator starts")
        self.metrics = f"http://127.0.0.1:{port}/metrics"
        until(lambda: "looking after" in log.read_text(), "the operator looks after the namespace")

    def declare(self, name: str, body: dict[str, Any]) -> None:
        """Apply a manifest."""
        self.client.apply(IndustrialPLC.from_dict(body), name=name, namespace=NAMESPACE, force=True)


@contextmanager
def _running(command: list[str], log: Path, environment: dict[str, str]) -> Iterator[None]:
    # By its leash it ends with the demo, even when that is killed.
    leashed = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), str(int(signal.SIGTERM)), *command]
    with log.open("wb") as output:
        process = subprocess.Popen(leashed, stdout=output, stderr=output, env=environment, start_new_session=True)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def found(pattern: str, log: Path) -> str:
    """Return what a pattern's group finds in a log, or nothing while it is not there."""
    match = re.search(pattern, log.read_text())
    return match[1] if match else ""


def after(log: Path, marker: str) -> str:
    """Return the digits that follow a marker in a log, or nothing while it is not there."""
    return found(re.escape(marker) + r"(\d+)[, \n]", log)


def _is_ready(url: str) -> bool:
    try:
        with urlopen(url, timeout=PATIENCE) as answer:  # noqa: S310 - it is our own
            return bool(answer.status == 200)
    except OSError:  # of which the answer 503 is one
        return False
