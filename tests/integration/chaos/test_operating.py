"""The operator of chaos experiments as a process, on a real API server, with real mock PLCs."""

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from fabgitops_core.control.kinds import CHAOS_KINDS, KINDS
from fabgitops_operator.cluster.install import manifests
from testbed.plane import ControlPlane

from ..operators import Operator, install
from ..planes import until

pytestmark = pytest.mark.integration
NUMBERS = count(1)
GROUP = "/apis/fabgitops.io/v1"
MERGE = {"Content-Type": "application/merge-patch+json"}
POLICY = {"enabled": True, "scenarios": ["plcFault", "plcDrift", "podKiller"], "maxPercent": 100, "minReadyLeft": 0}
MOCK = Path(sys.executable).with_name("mock-plc")


@pytest.fixture(name="api", scope="module")
def _api(control_plane: ControlPlane) -> Iterator[httpx.Client]:
    """Return a way to an API server that has the kinds, and a policy that allows a few scenarios."""
    with control_plane.client() as api:
        install(api, manifests(with_chaos=True), (*KINDS, *CHAOS_KINDS))
        body = {"apiVersion": "fabgitops.io/v1", "kind": "ChaosPolicy", "metadata": {"name": "default"}, "spec": POLICY}
        api.post(f"{GROUP}/chaospolicies", json=body).raise_for_status()
        yield api
        api.delete(f"{GROUP}/chaospolicies/default").raise_for_status()
        crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        names = [f"{crds}/{kind.crd_name}" for kind in CHAOS_KINDS]
        for name in names:
            api.delete(name).raise_for_status()
        until(lambda: not any(api.get(name).is_success for name in names), "the kinds are gone")


class Line:
    """A namespace that is let in, with a mock PLC and its manifest."""

    def __init__(self, api: httpx.Client, port: int, control: int) -> None:
        self.api, self.port, self.control, self.name = api, port, control, f"chaotic-{next(NUMBERS)}"
        labels = {"fabgitops.io/chaos": "allowed"}
        self.post("/api/v1/namespaces", {"metadata": {"name": self.name, "labels": labels}})
        spec = {"deviceAddress": "127.0.0.1", "port": port, "targetRegister": 4001, "targetValue": 2500}
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

    def run(self, scenario: dict[str, Any], name: str = "run", **more: Any) -> None:
        """Declare an experiment on the PLC."""
        target = {"kind": "plcs", "labelSelector": {"matchLabels": {"line": "1"}}}
        spec = {"target": target, "scenario": scenario, "durationSecs": 3, **more}
        kind = {"apiVersion": "fabgitops.io/v1", "kind": "ChaosExperiment"}
        self.post(self.path("chaosexperiments"), {**kind, "metadata": {"name": name}, "spec": spec})

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

    def faults(self) -> list[dict[str, Any]]:
        """Return the faults of the mock that are on."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.control}/v1/faults") as answer:
            return [each for each in json.loads(answer.read())["faults"] if each["active"]]

    def frozen(self) -> dict[str, Any]:
        """Return the scenario that freezes the mock."""
        return {"plcFault": {"fault": "frozen", "controlPort": self.control}}

    def events(self) -> list[str]:
        """Return the reasons of what people were told."""
        found = self.api.get(f"/apis/events.k8s.io/v1/namespaces/{self.name}/events").json()["items"]
        return [each["reason"] for each in found]


@contextmanager
def mock() -> Iterator[tuple[int, int]]:
    """Run a mock PLC, and yield its port and that of its control API."""
    words = [str(MOCK), "--bind", "127.0.0.1", "--port", "0", "--control", "0"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            said = ""
            while not (control := re.search(r"control API on http://127.0.0.1:(\d+)", said)):
                said += process.stderr.readline()
            port = re.search(r"listening on 127.0.0.1:(\d+)", said)
            assert port
            yield int(port[1]), int(control[1])
        finally:
            process.kill()


@pytest.fixture(name="line")
def _line(api: httpx.Client) -> Iterator[Line]:
    with mock() as ports:
        yield Line(api, *ports)


def operating(control_plane: ControlPlane, log: Path) -> Operator:
    """Return an operator of experiments, to be run."""
    return Operator(control_plane.kubeconfig, "memory", log, kinds="chaos")


def test_a_plc_freezes_and_thaws(control_plane: ControlPlane, line: Line, tmp_path: Path) -> None:
    """A mock PLC freezes for three seconds and works again; the experiment says Passed, and is let go."""
    with operating(control_plane, tmp_path / "log"):
        line.run(line.frozen())
        line.phase("Running")
        assert [each["fault"] for each in line.faults()] == ["frozen,for=15s"]
        assert line.found()["metadata"]["finalizers"] == ["fabgitops.io/chaos"]
        status = line.phase("Completed", "Failed", "Aborted")
        assert (status["phase"], status["verdict"]) == ("Completed", "Passed"), status
        assert line.faults() == []
        until(lambda: "finalizers" not in line.found()["metadata"], "it is let go")
        until(
            lambda: {"ExperimentStarted", "TargetsInjected", "ExperimentCompleted"} <= set(line.events()), "it is told"
        )


def test_a_killed_operator_leaves_nothing(control_plane: ControlPlane, line: Line, tmp_path: Path) -> None:
    """When the operator is killed in the middle, the fault ends by itself; the next one says what became of it."""
    with operating(control_plane, tmp_path / "first") as operator:
        line.run(line.frozen(), durationSecs=600)
        line.phase("Running")
        assert operator.process
        operator.process.kill()
    until(lambda: line.faults() == [], "the mock has ended it")
    with operating(control_plane, tmp_path / "second"):
        status = line.phase("Completed", "Failed", "Aborted")
        assert (status["phase"], status["verdict"]) == ("Failed", "Inconclusive"), status
        until(lambda: "finalizers" not in line.found()["metadata"], "it is let go")


def test_somebody_ends_it(control_plane: ControlPlane, line: Line, tmp_path: Path) -> None:
    """spec.abort ends an experiment at once, and so does its deletion, which waits for that."""
    with operating(control_plane, tmp_path / "log"):
        line.run(line.frozen(), durationSecs=600)
        line.phase("Running")
        where = f"{line.path('chaosexperiments')}/run"
        line.api.patch(where, json={"spec": {"abort": True}}, headers=MERGE).raise_for_status()
        assert line.phase("Aborted")["verdict"] == "Inconclusive"
        assert line.faults() == []
        line.run(line.frozen(), "other", durationSecs=600)
        line.phase("Running", name="other")
        line.api.delete(f"{line.path('chaosexperiments')}/other").raise_for_status()
        until(lambda: not line.found("other"), "it is gone")
        assert line.faults() == []


def test_the_kill_switch_ends_everything(control_plane: ControlPlane, line: Line, tmp_path: Path) -> None:
    """Chaos that is switched off in the policy ends what runs, lets nothing begin, and is as it was when it is on."""
    with operating(control_plane, tmp_path / "log"):
        line.run(line.frozen(), durationSecs=600)
        line.phase("Running")
        line.enable(False)
        try:
            assert line.phase("Aborted")["reason"] == "NotAllowed"
            assert line.faults() == []
            line.run(line.frozen(), "later", durationSecs=1)
            until(lambda: line.status("later").get("reason") == "Denied", "it waits")
            assert "enabled: false" in line.status("later")["message"]
        finally:
            line.enable(True)
        assert line.phase("Completed", "Failed", name="later")["verdict"] == "Passed"


def test_a_schedule_makes_a_run(control_plane: ControlPlane, line: Line, tmp_path: Path) -> None:
    """A time that was missed a moment ago is made up for by one run, the schedule's own, which goes its way."""
    kind = {"apiVersion": "fabgitops.io/v1", "kind": "ChaosSchedule"}
    target = {"kind": "plcs", "labelSelector": {"matchLabels": {"line": "1"}}}
    template = {"spec": {"target": target, "scenario": line.frozen(), "durationSecs": 1}}
    spec = {"schedule": "0 0 * * *", "startingDeadlineSecs": 86400, "template": template}
    made = line.post(line.path("chaosschedules"), {**kind, "metadata": {"name": "nightly"}, "spec": spec})
    where = f"{line.path('chaosschedules')}/nightly"
    before = {"status": {"handledTime": (datetime.now(UTC) - timedelta(days=2)).isoformat()}}
    line.api.patch(f"{where}/status", json=before, headers=MERGE).raise_for_status()

    def stands() -> dict[str, Any]:
        return dict(line.api.get(where).json()["status"])

    with operating(control_plane, tmp_path / "log"):
        until(lambda: "lastScheduleTime" in stands(), "a run was made")
        (run,) = line.api.get(line.path("chaosexperiments")).json()["items"]
        assert [each["uid"] for each in run["metadata"]["ownerReferences"]] == [made["metadata"]["uid"]]
        name = run["metadata"]["name"]
        assert line.phase("Completed", "Failed", "Aborted", name=name)["verdict"] == "Passed"
        until(lambda: not stands().get("running"), "the schedule knows that it is over")
        assert stands()["message"] == f"{name} was made"
        until(lambda: "RunMade" in line.events(), "it is told")


def test_what_is_not_allowed_waits_and_says_why(control_plane: ControlPlane, line: Line, tmp_path: Path) -> None:
    """A namespace that is not let in keeps an experiment waiting, with the reason; a PLC that is no mock ends it."""
    with operating(control_plane, tmp_path / "log"):
        line.label(None)
        line.run(line.frozen(), startDeadlineSecs=3)
        until(lambda: "has no label fabgitops.io/chaos: allowed" in line.status().get("message", ""), "it says why")
        assert line.phase("Failed")["reason"] == "Denied"
        line.label("allowed")
        line.run({"plcFault": {"fault": "frozen", "controlPort": 1}}, "real", startDeadlineSecs=3)
        assert "NotAMock" in line.phase("Failed", name="real")["message"]
        assert line.faults() == []
