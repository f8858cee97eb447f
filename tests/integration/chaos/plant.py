"""A line of mock PLCs in namespaces of their own, and experiments on them."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from ..planes import until

NUMBERS = count(1)
GROUP = "/apis/fabgitops.io/v1"
MERGE = {"Content-Type": "application/merge-patch+json"}
MOCK = Path(sys.executable).with_name("mock-plc")
WANTED = 2500


@dataclass(frozen=True)
class Mocks:
    """A process that is many mock PLCs, at ports one after the other."""

    first: int
    control: int

    def ask(self, path: str, port: int, method: str = "GET", body: object = None) -> Any:
        """Ask the control API about one of them."""
        url = f"http://127.0.0.1:{self.control}/v1/{path}?plc={port}"
        answer = httpx.request(method, url, json=body)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def mocks(number: int) -> Iterator[Mocks]:
    """Run so many mock PLCs."""
    words = [str(MOCK), "--bind", "127.0.0.1", "--port", "0", "--control", "0", "--count", str(number)]
    with subprocess.Popen([*words, "--value", str(WANTED)], stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            said = ""
            while not (control := re.search(r"control API on http://127.0.0.1:(\d+)", said)):
                said += process.stderr.readline()
            port = re.search(r"listening on 127.0.0.1:(\d+)", said)
            assert port
            yield Mocks(int(port[1]), int(control[1]))
        finally:
            process.kill()


class Line:
    """A namespace that is let in, with a mock PLC and its manifest."""

    def __init__(self, api: httpx.Client, plcs: Mocks, place: int) -> None:
        self.api, self.plcs, self.port, self.name = api, plcs, plcs.first + place, f"chaotic-{next(NUMBERS)}"
        labels = {"fabgitops.io/chaos": "allowed"}
        self.post("/api/v1/namespaces", {"metadata": {"name": self.name, "labels": labels}})
        address = {"deviceAddress": "127.0.0.1", "port": self.port, "pollIntervalSecs": 1}
        spec = {**address, "targetRegister": 4001, "targetValue": WANTED, "connection": {"timeoutSecs": 1}}
        metadata = {"name": "mixer", "labels": {"line": "1"}}
        kind = {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC"}
        self.post(self.path("industrialplcs"), {**kind, "metadata": metadata, "spec": spec})

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Make something."""
        answer = self.api.post(path, json=body)
        assert answer.is_success, answer.text
        return dict(answer.json())

    def path(self, plural: str) -> str:
        """Return where objects of ours are."""
        return f"{GROUP}/namespaces/{self.name}/{plural}"

    def spec(self, scenario: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Return what an experiment on the PLC is."""
        target = {"kind": "plcs", "labelSelector": {"matchLabels": {"line": "1"}}}
        return {"target": target, "scenario": scenario, "durationSecs": 3, **more}

    def run(self, scenario: dict[str, Any], name: str = "run", **more: Any) -> None:
        """Declare an experiment on the PLC."""
        kind = {"apiVersion": "fabgitops.io/v1", "kind": "ChaosExperiment"}
        body = {**kind, "metadata": {"name": name}, "spec": self.spec(scenario, **more)}
        self.post(self.path("chaosexperiments"), body)

    def label(self, value: str | None) -> None:
        """Let experiments into the namespace, or not any more."""
        labels = {"metadata": {"labels": {"fabgitops.io/chaos": value}}}
        self.api.patch(f"/api/v1/namespaces/{self.name}", json=labels, headers=MERGE).raise_for_status()

    def enable(self, enabled: bool) -> None:
        """Throw the kill switch, or take it back."""
        where = f"{GROUP}/chaospolicies/default"
        self.api.patch(where, json={"spec": {"enabled": enabled}}, headers=MERGE).raise_for_status()

    def found(self, name: str = "run") -> dict[str, Any]:
        """Return an experiment, or nothing."""
        answer = self.api.get(f"{self.path('chaosexperiments')}/{name}")
        return dict(answer.json()) if answer.is_success else {}

    def status(self, name: str = "run") -> dict[str, Any]:
        """Return how an experiment stands."""
        return dict(self.found(name).get("status") or {})

    def phase(self, *phases: str, name: str = "run") -> dict[str, Any]:
        """Wait until an experiment is in one of these phases, and return how it stands."""
        until(lambda: self.status(name).get("phase") in phases, f"{name} is {' or '.join(phases)}")
        return self.status(name)

    def over(self, name: str = "run") -> dict[str, Any]:
        """Wait until an experiment is over, and return how it ended."""
        return self.phase("Completed", "Failed", "Aborted", name=name)

    def let_go(self, name: str = "run") -> None:
        """Wait until an experiment has no finalizer."""
        until(lambda: "finalizers" not in self.found(name)["metadata"], "it is let go")

    def plc(self) -> dict[str, Any]:
        """Return how the PLC stands."""
        return dict(self.api.get(f"{self.path('industrialplcs')}/mixer").json().get("status") or {})

    def conditions(self) -> dict[str, dict[str, Any]]:
        """Return the conditions of the PLC by type."""
        return {each["type"]: each for each in self.plc().get("conditions", ())}

    def faults(self) -> list[dict[str, Any]]:
        """Return the faults of the mock that are on."""
        return [each for each in self.plcs.ask("faults", self.port)["faults"] if each["active"]]

    def drifts(self, value: int) -> None:
        """Let the process of the mock change its register."""
        self.plcs.ask("registers/4001", self.port, "PUT", {"value": value})

    def fails(self, fault: str = "frozen") -> dict[str, Any]:
        """Return the scenario that lets the mock fail."""
        return {"plcFault": {"fault": fault, "controlPort": self.plcs.control}}

    def events(self, name: str = "run") -> set[str]:
        """Return the reasons of what people were told of an experiment, or a schedule."""
        found = self.api.get(f"/apis/events.k8s.io/v1/namespaces/{self.name}/events").json()["items"]
        return {each["reason"] for each in found if each["regarding"]["name"] == name}
