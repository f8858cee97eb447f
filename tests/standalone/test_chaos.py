"""Chaos experiments without a cluster: really run, against a mock PLC, by an operator that is killed."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import yaml

from .conftest import BIN, Answer, Box, until

pytestmark = pytest.mark.timeout(240)
API = "/apis/fabgitops.io/v1"
PLACE = f"{API}/namespaces/default"
OVER = {"Completed", "Failed", "Aborted"}
POLICY = {"enabled": True, "scenarios": ["plcFault", "plcDrift", "slowAnswers"], "maxPercent": 100, "minReadyLeft": 0}
EXAMPLE = Path(__file__).parents[2] / "examples/extensions/slow-answers/src"
POINTS = "[fabgitops.scenarios]\nslowAnswers = slow_answers:SLOW_ANSWERS\nlost = slow_answers:NOTHING\n"
SELECTOR = {"matchLabels": {"line": "1"}}


class Site:
    """A box with one PLC, a mock, and a policy, both from the source."""

    def __init__(self, box: Box, folder: Path, stack: ExitStack) -> None:
        self.box = box
        log = folder / "mock.log"
        with log.open("wb") as output:
            command = [str(BIN / "mock-plc"), "--bind", "127.0.0.1", "--port", "0", "--control", "0", "--register=7=5"]
            process = stack.enter_context(subprocess.Popen(command, stdout=output, stderr=output))
        stack.callback(process.kill)
        control = until(lambda: re.search(r"control API on http://127.0.0.1:(\d+)", log.read_text()), "it listens")
        port = re.search(r"listening on 127.0.0.1:(\d+)", log.read_text())
        assert port
        self.control = int(control[1])
        box.declare("mixer", port=int(port[1]), targetRegister=7, targetValue=5)
        self._edit("mixer", lambda body: body["metadata"].update(labels=SELECTOR["matchLabels"]))
        self.write("policy", "ChaosPolicy", "default", POLICY)

    def _edit(self, name: str, change: Any) -> None:
        file = self.box.source / f"{name}.yaml"
        body = yaml.safe_load(file.read_text())
        change(body)
        file.write_text(yaml.safe_dump(body))

    def write(self, file: str, kind: str, name: str, spec: dict[str, Any]) -> None:
        """Write a manifest into the source."""
        body = {"apiVersion": "fabgitops.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
        (self.box.source / f"{file}.yaml").write_text(yaml.safe_dump(body))

    def spec(self, scenario: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """Return an experiment's spec: the mixer freezes."""
        target = {"kind": "plcs", "labelSelector": SELECTOR}
        return {"scenario": scenario or self.fault, "target": target, "durationSecs": 3, **more}

    @property
    def fault(self) -> dict[str, Any]:
        """Return the scenario in which the mixer freezes."""
        return {"plcFault": {"fault": "frozen", "controlPort": self.control}}

    def run(self, name: str, spec: dict[str, Any], kind: str = "ChaosExperiment") -> Answer:
        """Make an experiment, or another kind."""
        body = {"apiVersion": "fabgitops.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
        return self.box.ask("POST", f"{PLACE}/{kind.lower()}s", body)

    def patch(self, path: str, **spec: Any) -> Answer:
        """Merge into a spec."""
        return self.box.ask("PATCH", path, {"spec": spec}, "application/merge-patch+json")

    def status(self, name: str) -> dict[str, Any]:
        """Return how an experiment stands."""
        answer = self.box.get(f"{PLACE}/chaosexperiments/{name}")
        return dict(answer.body.get("status") or {}) if answer.status == 200 else {}

    def over(self, name: str) -> dict[str, Any]:
        """Wait until an experiment is over and let go, and return how it ended."""

        def ended() -> bool:
            body = self.box.get(f"{PLACE}/chaosexperiments/{name}").body
            return (body.get("status") or {}).get("phase") in OVER and not body["metadata"].get("finalizers")

        until(ended, f"{name} is over")
        return self.status(name)

    def active(self) -> list[str]:
        """Return the faults that are active in the mock."""
        with urlopen(f"http://127.0.0.1:{self.control}/v1/faults") as answer:
            return [each["name"] for each in json.loads(answer.read())["faults"] if each["active"]]


@pytest.fixture(name="site")
def _site(box: Box, tmp_path: Path) -> Iterator[Site]:
    with ExitStack() as stack:
        yield Site(box, tmp_path, stack)


def test_a_plant_of_mocks_is_tried(site: Site) -> None:
    """A mock freezes and drifts, by a policy from the source; what takes pods is refused by name; all is counted."""
    with site.box.running():
        until(lambda: site.box.synced("mixer"), "the mixer is in sync")
        probe = {"name": "in-sync", "when": ["start", "end"], "withinSecs": 90, "plc": {"labelSelector": SELECTOR}}
        assert site.run("freeze", site.spec(probes=[probe])).status == 201
        until(site.active, "the mixer is frozen")
        status = site.over("freeze")
        assert (status["phase"], status["verdict"], site.active()) == ("Completed", "Passed", []), status
        drift = {"plcDrift": {"register": "7", "value": 9, "controlPort": site.control}}
        site.run("knob", site.spec(drift, durationSecs=5))
        assert site.over("knob")["verdict"] == "Passed"
        until(lambda: site.box.status("mixer").get("correctionsApplied") == 1, "the drift is corrected")
        pods = {"kind": "pods", "labelSelector": SELECTOR}
        for name in ("podKiller", "cpuStress"):
            site.run(name.lower(), site.spec({name: {}}, target=pods))
            status = site.over(name.lower())
            assert (status["reason"], f"spec.scenario is {name}" in status["message"]) == ("Invalid", True), status
        site.run("late", site.spec({"networkDelay": {"delayMillis": 100}}))
        assert "spec.scenario is networkDelay" in site.over("late")["message"]
        site.run("nobody", site.spec({"plcFault": {"fault": "frozen", "controlPort": 1}}))
        assert site.over("nobody")["reason"] == "NotAMock"
        site.run("counting", site.spec(probes=[{"name": "pods", "pods": {"labelSelector": SELECTOR}}]))
        assert "there are no pods without a cluster" in site.over("counting")["message"]
        metrics = site.box.get("/metrics").text
        assert 'fabgitops_chaos_runs_total{scenario="plcFault",verdict="Passed"} 1.0' in metrics
        assert 'corrections_total{namespace="default",plc_name="mixer"} 1.0' in metrics


def test_a_package_brings_a_scenario(site: Site) -> None:
    """What a package brings is done to a mock under a lease like ours; one that is broken fails by name, alone."""
    installed = shutil.copytree(EXAMPLE, site.box.folder / "installed")
    info = installed / "slow_answers-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: slow-answers\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text(POINTS)
    with site.box.running(PYTHONPATH=str(installed)):
        until(lambda: site.box.synced("mixer"), "the mixer is in sync")
        site.run("lost", site.spec({"extension": {"name": "lost"}}))
        status = site.over("lost")
        assert (status["phase"], status["reason"]) == ("Failed", "Invalid"), status
        assert "slow-answers 0.1.0, slow_answers:NOTHING: AttributeError" in status["message"]
        parameters = {"millis": 200, "controlPort": site.control}
        site.run("slow", site.spec({"extension": {"name": "slowAnswers", "parameters": parameters}}))
        until(site.active, "the mixer answers late")
        status = site.over("slow")
        assert (status["phase"], status["verdict"], site.active()) == ("Completed", "Passed", []), status


def test_nothing_is_left_of_what_was_killed(site: Site) -> None:
    """Killed while a mock is frozen, the operator takes it up again if it is in time; else the mock frees itself."""
    with site.box.running() as process:
        until(lambda: site.box.synced("mixer"), "the mixer is in sync")
        site.run("early", site.spec(durationSecs=8))
        until(site.active, "the mixer is frozen")
        until(lambda: site.status("early").get("phase") == "Running", "it runs")
        process.kill()
        process.wait()
    with site.box.running() as process:
        status = site.over("early")
        assert (status["phase"], site.active()) in [("Completed", []), ("Failed", [])], status
        site.run("late", site.spec(durationSecs=60))
        until(site.active, "the mixer is frozen")
        process.kill()
        process.wait()
    killed = time.monotonic()
    until(lambda: not site.active(), "the mock has freed itself")
    silent = time.monotonic() - killed
    assert silent < 30, f"it took {silent:.1f} s"
    with site.box.running():
        status = site.over("late")
        assert (status["phase"], status["verdict"]) == ("Failed", "Inconclusive"), status
        assert status["reason"] in {"Lost", "Interrupted"}
        assert all(each["recoveredAt"] for each in status["targets"])


def test_the_switch_is_everybodys(site: Site) -> None:
    """What comes from the source may be stopped at once by anybody, and stays so until somebody lets it go on."""
    policy, again = f"{API}/chaospolicies/default", f"{PLACE}/chaosexperiments/again"
    with site.box.running():
        until(lambda: site.box.synced("mixer"), "the mixer is in sync")
        site.run("freeze", site.spec(durationSecs=60))
        until(site.active, "the mixer is frozen")
        wider = site.patch(policy, maxTargets=50)
        assert (wider.status, "it comes from the source" in wider.text) == (403, True)
        assert site.patch(policy, enabled=False).status == 200
        status = site.over("freeze")
        assert (status["phase"], status["reason"], site.active()) == ("Aborted", "NotAllowed", []), status
        site.write("policy", "ChaosPolicy", "default", {**POLICY, "maxTargets": 4})
        until(lambda: site.box.get(policy).body["spec"]["maxTargets"] == 4, "the change of the source is taken")
        assert site.box.get(policy).body["spec"]["enabled"] is False
        assert site.patch(policy, enabled=True).status == 200
        site.write("again", "ChaosExperiment", "again", site.spec(durationSecs=60))
        until(site.active, "what the source names begins")
        assert site.patch(again, abort=True).status == 200
        assert (site.over("again")["phase"], site.active()) == ("Aborted", [])
        site.write("last", "ChaosExperiment", "last", site.spec(durationSecs=60))
        until(site.active, "another begins")
        (site.box.source / "last.yaml").unlink()
        until(lambda: site.box.get(f"{PLACE}/chaosexperiments/last").status == 404, "with its manifest it is over")
        assert site.active() == []
