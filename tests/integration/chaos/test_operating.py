"""The operator of chaos experiments as a process, beside that of PLCs, on a real API server, with real mock PLCs."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from fabgitops_core.control.kinds import CHAOS_KINDS, KINDS
from fabgitops_operator.cluster.install import CHAOS_ACCOUNT, manifests
from testbed.plane import ControlPlane

from ..operators import Operator, install
from ..planes import APPLY, FORCE, until
from .plant import GROUP, MERGE, WANTED, Line, Mocks, mocks

pytestmark = pytest.mark.integration
PLACES = count()
FABCTL = Path(sys.executable).with_name("fabctl")
MANY = 40
POLICY = {"enabled": True, "scenarios": ["plcFault", "plcDrift", "podKiller"], "maxPercent": 100, "minReadyLeft": 0}
STEADY = {
    "name": "in-sync",
    "when": ["start", "end"],
    "withinSecs": 90,
    "plc": {"labelSelector": {"matchLabels": {"line": "1"}}},
}


@dataclass(frozen=True)
class Site:
    """An API server, mock PLCs, and the operator of experiments."""

    api: httpx.Client
    plcs: Mocks
    chaos: Operator

    @contextmanager
    def down(self, *, kill: bool = False) -> Iterator[None]:
        """Let there be no operator for a while."""
        assert self.chaos.process
        if kill:
            self.chaos.process.kill()
        self.chaos.__exit__(None, None, None)
        yield
        self.chaos.__enter__()


@pytest.fixture(name="api", scope="module")
def _api(control_plane: ControlPlane) -> Iterator[httpx.Client]:
    """Return a way to an API server that has the kinds, and a policy that allows a few scenarios."""
    with control_plane.client() as api:
        install(api, manifests(with_chaos=True), (*KINDS, *CHAOS_KINDS))
        _let_see_leases(api)
        body = {"apiVersion": "fabgitops.io/v1", "kind": "ChaosPolicy", "metadata": {"name": "default"}, "spec": POLICY}
        api.post(f"{GROUP}/chaospolicies", json=body).raise_for_status()
        yield api
        api.delete(f"{GROUP}/chaospolicies/default").raise_for_status()
        crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        names = [f"{crds}/{kind.crd_name}" for kind in CHAOS_KINDS]
        for name in names:
            api.delete(name).raise_for_status()
        until(lambda: not any(api.get(name).is_success for name in names), "the kinds are gone")


def _let_see_leases(api: httpx.Client) -> None:
    """Install the rights on Leases as they are shipped: whether an operator of PLCs lives is seen by its own."""
    core, rbac = "/api/v1/namespaces/fabgitops-system", "/apis/rbac.authorization.k8s.io/v1/namespaces/fabgitops-system"
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "fabgitops-system"}}
    api.patch(core, params=FORCE, json=body, headers=APPLY).raise_for_status()
    shipped = yaml.safe_load_all(manifests(with_chaos=True))
    for each in (each for each in shipped if each["metadata"]["name"] == "fabgitops-chaos-lease"):
        url = f"{rbac}/{each['kind'].lower()}s/{each['metadata']['name']}"
        api.patch(url, params=FORCE, json=each, headers=APPLY).raise_for_status()


@pytest.fixture(name="site", scope="module")
def _site(api: httpx.Client, control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    logs = tmp_path_factory.mktemp("operators")
    with ExitStack() as stack:
        plcs = stack.enter_context(mocks(MANY))
        account = control_plane.kubeconfig_for(CHAOS_ACCOUNT)  # with no more rights than are shipped
        chaos = Operator(account, "memory", logs / "chaos", kinds="chaos")
        stack.enter_context(chaos)
        yield Site(api, plcs, chaos)


@pytest.fixture(name="line")
def _line(site: Site) -> Line:
    return Line(site.api, site.plcs, next(PLACES))


def test_a_plc_freezes_and_thaws(line: Line) -> None:
    """A mock PLC freezes for three seconds and works again; the experiment says Passed, and is let go."""
    line.run(line.fails())
    line.phase("Running")
    assert [each["fault"] for each in line.faults()] == ["frozen,for=15s"]
    assert line.found()["metadata"]["finalizers"] == ["fabgitops.io/chaos"]
    status = line.over()
    assert (status["phase"], status["verdict"]) == ("Completed", "Passed"), status
    assert line.faults() == []
    line.let_go()
    until(lambda: {"ExperimentStarted", "TargetsInjected", "ExperimentCompleted"} <= line.events(), "it is told")


def test_somebody_ends_it(line: Line) -> None:
    """spec.abort ends an experiment at once, and so does its deletion, which waits for that."""
    line.run(line.fails(), durationSecs=600)
    line.phase("Running")
    where = f"{line.path('chaosexperiments')}/run"
    line.api.patch(where, json={"spec": {"abort": True}}, headers=MERGE).raise_for_status()
    assert line.phase("Aborted")["verdict"] == "Inconclusive"
    assert line.faults() == []
    line.run(line.fails(), "other", durationSecs=600)
    line.phase("Running", name="other")
    line.api.delete(f"{line.path('chaosexperiments')}/other").raise_for_status()
    until(lambda: not line.found("other"), "it is gone")
    assert line.faults() == []


def test_the_kill_switch_ends_everything(line: Line) -> None:
    """Chaos that is switched off in the policy ends what runs, lets nothing begin, and is as it was when it is on."""
    line.run(line.fails(), durationSecs=600)
    line.phase("Running")
    line.enable(False)
    try:
        assert line.phase("Aborted")["reason"] == "NotAllowed"
        assert line.faults() == []
        line.run(line.fails(), "later", durationSecs=1)
        until(lambda: line.status("later").get("reason") == "Denied", "it waits")
        assert "enabled: false" in line.status("later")["message"]
    finally:
        line.enable(True)
    assert line.over("later")["verdict"] == "Passed"


def test_a_schedule_makes_a_run(site: Site, line: Line) -> None:
    """A time that was missed a moment ago is made up for by one run, the schedule's own, which goes its way."""
    kind = {"apiVersion": "fabgitops.io/v1", "kind": "ChaosSchedule"}
    template = {"spec": line.spec(line.fails(), durationSecs=1)}
    spec = {"schedule": "0 0 * * *", "startingDeadlineSecs": 86400, "template": template}
    where = f"{line.path('chaosschedules')}/nightly"
    before = {"status": {"handledTime": (datetime.now(UTC) - timedelta(days=2)).isoformat()}}
    with site.down():
        made = line.post(line.path("chaosschedules"), {**kind, "metadata": {"name": "nightly"}, "spec": spec})
        line.api.patch(f"{where}/status", json=before, headers=MERGE).raise_for_status()

    def stands() -> dict[str, Any]:
        return dict(line.api.get(where).json()["status"])

    until(lambda: "lastScheduleTime" in stands(), "a run was made")
    (run,) = line.api.get(line.path("chaosexperiments")).json()["items"]
    assert [each["uid"] for each in run["metadata"]["ownerReferences"]] == [made["metadata"]["uid"]]
    name = run["metadata"]["name"]
    assert line.over(name)["verdict"] == "Passed"
    until(lambda: not stands().get("running"), "the schedule knows that it is over")
    assert stands()["message"] == f"{name} was made"
    until(lambda: "RunMade" in line.events("nightly"), "it is told")


def test_what_is_not_allowed_waits_and_says_why(line: Line) -> None:
    """A namespace that is not let in keeps an experiment waiting, with the reason; a PLC that is no mock ends it."""
    line.label(None)
    line.run(line.fails(), startDeadlineSecs=3)
    until(lambda: "has no label fabgitops.io/chaos: allowed" in line.status().get("message", ""), "it says why")
    assert line.phase("Failed")["reason"] == "Denied"
    line.label("allowed")
    line.run({"plcFault": {"fault": "frozen", "controlPort": 1}}, "real", startDeadlineSecs=1)
    assert line.phase("Failed", name="real")["reason"] == "NotAMock"
    assert line.faults() == []


def test_a_killed_operator_leaves_nothing(site: Site, line: Line) -> None:
    """When the operator is killed in the middle, the fault ends by itself; the next one says what became of it."""
    line.run(line.fails(), durationSecs=600)
    line.phase("Running")
    with site.down(kill=True):
        until(lambda: line.faults() == [], "the mock has ended it")
    status = line.over()
    assert (status["phase"], status["verdict"]) == ("Failed", "Inconclusive"), status
    line.let_go()


@dataclass(frozen=True)
class Row:
    """What an IndustrialPLC says of a fault: the reasons that its Ready has, in any order, beside InSync."""

    fault: str
    says: frozenset[str] = frozenset()
    drift: bool = False
    """Whether the register moves while the fault is on."""
    ends: str = "Elapsed"
    """Why the experiment ends: what lasts for no time a mock refuses."""


AWAY = frozenset({"ConnectionFailed"})
ROWS = (
    *(
        Row(fault, AWAY)
        for fault in (
            "frozen",
            "no-reply",
            "delay:2s",
            "wrong-unit",
            "garbage",
            "short-reply",
            "close",
            "exception:gateway-target",
        )
    ),
    Row("delay:200ms"),
    Row("restart", ends="InjectFailed"),
    Row("slow-start:5s", ends="InjectFailed"),
    Row("connection-limit:0"),
    Row("exception:busy", frozenset({"DeviceBusy"})),
    Row("exception:device-failure", frozenset({"DeviceException"})),
    Row("no-reply,on=write", drift=True),
    Row("exception:illegal-value,on=write", frozenset({"WriteRefused"}), drift=True),
)


def test_plcs_say_what_they_promise(site: Site, control_plane: ControlPlane, tmp_path: Path) -> None:
    """Each fault of a mock PLC is told by its IndustrialPLC as the table says, or not at all; then it is in sync again.

    That all PLCs are in sync before and after is what the experiments themselves ask for, and so they pass.
    """
    lines = {row: Line(site.api, site.plcs, next(PLACES)) for row in ROWS}
    drifting = Line(site.api, site.plcs, next(PLACES))
    every = (*lines.values(), drifting)
    with Operator(control_plane.kubeconfig, "memory", tmp_path / "plcs", "--settle-secs", "0", kinds="plc"):
        until(lambda: all(each.conditions().get("InSync", {}).get("status") == "True" for each in every), "in sync")
        for row, line in lines.items():
            line.run(line.fails(row.fault), durationSecs=6, probes=[STEADY])
        moves = {"plcDrift": {"register": "4001", "value": WANTED + 100, "controlPort": site.plcs.control}}
        drifting.run(moves, durationSecs=6, probes=[STEADY])
        said: dict[Row, set[str]] = {row: set() for row in ROWS}
        for row, line in lines.items():
            if row.drift:
                line.phase("Running")
                line.drifts(WANTED + 100)

        def watched() -> bool:
            for row, line in lines.items():
                said[row].add(line.conditions()["Ready"]["reason"])
            return all(line.status().get("phase") in {"Completed", "Failed", "Aborted"} for line in every)

        until(watched, "all are over")
        ended = {row.fault: line.status() for row, line in lines.items()}
        assert {fault: each["reason"] for fault, each in ended.items()} == {row.fault: row.ends for row in ROWS}
        assert {each["verdict"] for each in ended.values() if each["reason"] == "Elapsed"} == {"Passed"}, ended
        assert {row.fault: reasons - OTHERS for row, reasons in said.items()} == {row.fault: row.says for row in ROWS}
        for line in (*(line for row, line in lines.items() if row.drift), drifting):
            stands = line.plc()
            assert (stands["driftEvents"], stands["correctionsApplied"]) == (1, 1), stands
        assert drifting.status()["verdict"] == "Passed"


OTHERS = frozenset({"InSync", "Correcting", "Drifted"})
"""What a PLC says that is in sync, or about to be."""


@dataclass(frozen=True)
class Typed:
    """A user of fabctl in the namespace of a line, with a manifest in a file."""

    line: Line
    kubeconfig: Path
    file: Path

    def write(self, name: str, **more: Any) -> None:
        """Put an experiment into the file that freezes the mock."""
        kind = {"apiVersion": "fabgitops.io/v1", "kind": "ChaosExperiment"}
        body = {**kind, "metadata": {"name": name}, "spec": self.line.spec(self.line.fails(), **more)}
        self.file.write_text(yaml.safe_dump(body))

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Type a line."""
        given = [str(FABCTL), *words, "-n", self.line.name, "--kubeconfig", str(self.kubeconfig)]
        return subprocess.Popen(given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def typed(self, *words: str) -> tuple[int, str]:
        """Type a line, and return its exit code and all that it says."""
        with self.start(*words) as process:
            said, _ = process.communicate(timeout=90)
        return process.returncode, said


@pytest.fixture(name="user")
def _user(line: Line, control_plane: ControlPlane, tmp_path: Path) -> Typed:
    return Typed(line, control_plane.kubeconfig, tmp_path / "freeze.yaml")


def test_fabctl_runs_one_and_ends_as_it_ends(user: Typed) -> None:
    """What it would hit is shown before; then it is followed, and its verdict is the exit code; once under one name."""
    file = str(user.file)
    user.write("freeze", durationSecs=1)
    code, said = user.typed("chaos", "run", file, "--dry-run")
    assert code == 0, said
    assert "1 of 1 that could be chosen: mixer" in said
    assert user.line.found("freeze") == {}
    code, said = user.typed("chaos", "run", file, "--wait")
    assert code == 0, said
    told = [line.split()[1:] for line in said.splitlines()]
    assert ["Running", "Injected", "mixer"] in told
    assert ["Recovering", "Recovered", "mixer"] in told
    assert told[-1][:2] == ["Completed", "Passed"]
    code, said = user.typed("chaos", "run", file)
    assert (code, "it is Completed, Passed" in said, "--name freeze-2" in said) == (8, True, True), said


def test_fabctl_ends_what_it_began(user: Typed) -> None:
    """Ctrl-C ends an experiment, and says when nothing of it is left."""
    user.write("freeze", durationSecs=600)
    with user.start("chaos", "run", str(user.file), "--wait") as fabctl:
        user.line.phase("Running", name="freeze")
        fabctl.send_signal(signal.SIGINT)
        said, _ = fabctl.communicate(timeout=90)
    assert fabctl.returncode == 130, said
    assert "over, Aborted, Inconclusive: it was ended by spec.abort; nothing of it is left" in said
    assert user.line.status("freeze")["phase"] == "Aborted"
    assert user.line.faults() == []


def test_fabctl_stops_all_chaos(user: Typed) -> None:
    """The policy is switched off and all that runs is over when it says so; agents and kinds are known."""
    user.line.run(user.line.fails(), durationSecs=600)
    user.line.phase("Running")
    try:
        code, said = user.typed("chaos", "stop", "--yes")
        assert code == 0, said
        assert f"{user.line.name}/run: over, Aborted" in said
        assert "all chaos is over" in said
        assert user.line.faults() == []
        user.write("later", durationSecs=1)
        assert "the ChaosPolicy has enabled: false" in user.typed("chaos", "run", str(user.file), "--dry-run")[1]
    finally:
        user.line.enable(True)
    assert user.typed("chaos", "agents")[0] == 0
    kind = {"apiVersion": "fabgitops.io/v1", "kind": "ChaosPolicy", "metadata": {"name": "default"}}
    user.file.write_text(yaml.safe_dump({**kind, "spec": POLICY | {"maxTargets": 7}}))
    code, said = user.typed("diff", "-f", str(user.file))
    assert (code, "ChaosPolicy default" in said, "+  maxTargets: 7" in said) == (1, True, True), said
    assert "Aborted" in user.typed("chaos", "list")[1]
