"""Whole experiments: the engine, the decisions and a real mock PLC; where objects are kept only is of this test."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

import aiohttp
import pytest
from fabgitops_core.api.chaos.experiment import ChaosExperimentSpec
from fabgitops_core.api.chaos.policy import ChaosPolicySpec
from fabgitops_core.api.chaos.probes import Probe
from fabgitops_core.api.chaos.status import ChaosExperimentStatus, Phase, TargetRecord, Verdict
from fabgitops_core.api.chaos.target import Target
from fabgitops_core.api.meta import Key, rfc3339
from fabgitops_core.control.chaos.deeds import AgentInject, AgentRemove, Deed, Delete, Evict, MockFault, Spot
from fabgitops_core.control.chaos.events import Acted, Examined, Looked, Selected, Unrecorded
from fabgitops_core.control.chaos.ids import InjectionId, NodeName, TargetUid
from fabgitops_core.control.chaos.outcomes import Answer, Outcome, Place, Result
from fabgitops_core.control.chaos.requests import Act, Examine, Look, Release, Select
from fabgitops_core.control.chaos.selecting import Candidate
from fabgitops_core.control.chaos.table import ExperimentController
from fabgitops_core.control.events import Declared
from fabgitops_core.engine.engine import Engine
from fabgitops_core.engine.ports import Stored
from fabgitops_core.testing.devices import FakeDevices
from fabgitops_core.testing.host import FakeHost, FakeObserver
from fabgitops_operator.chaos.away import AwayError
from fabgitops_operator.chaos.mocks import Mocks
from fabgitops_operator.chaos.performing import Performing

from .test_mocks import Plc, running

NUMBERS = count(1)
KEY = Key("ChaosExperiment", "line-1", "run")
ALLOWED = ChaosPolicySpec.model_validate(
    {"enabled": True, "scenarios": ["plcFault", "plcDrift", "podKiller"], "maxPercent": 100, "minReadyLeft": 0}
)


class Fab:
    """A cluster with one PLC, which is a mock, and whom nobody asks but this operator."""

    def __init__(self, mocks: Mocks) -> None:
        self.host, self.policy_, self.away, self.held = FakeHost(), ALLOWED, "", False
        self.killed: list[str] = []
        self.uid = f"run-{next(NUMBERS)}"
        self.holds = True
        self.labels: dict[str, str] = {}
        self.operator_ = Candidate("operator", TargetUid("pod"), "plant", NodeName("n"), ours=True)
        self.done: list[Deed] = []
        self.asked: list[str] = []
        self.stopped = 0
        self.performing = Performing(self.host, self, self, mocks, self, stop=self.stop)
        self.engine = Engine(FakeDevices(), self.host, FakeObserver(), performers=self.performing.performers())

    def declare(self, scenario: dict[str, Any], **more: Any) -> None:
        """Declare the experiment, as it is stored."""
        target = {"kind": "plcs", "labelSelector": {"matchLabels": {"line": "1"}}}
        spec = ChaosExperimentSpec.model_validate({"target": target, "durationSecs": 1, "scenario": scenario, **more})
        now = datetime.now(UTC)
        status = self.host.status(KEY)
        declared = Declared(now, 1, spec, status=status or ChaosExperimentStatus(), uid=self.uid, created=rfc3339(now))
        self.engine.declare(KEY, ExperimentController(), declared)

    @property
    def status(self) -> ChaosExperimentStatus:
        """Return how it stands."""
        status = self.host.status(KEY)
        assert isinstance(status, ChaosExperimentStatus | None)
        return status or ChaosExperimentStatus()

    async def until(self, true: Callable[[], object]) -> None:
        """Wait for a condition."""
        async with asyncio.timeout(20):
            while not true():
                await asyncio.sleep(0.02)

    async def ended(self) -> ChaosExperimentStatus:
        """Wait until it is over and let go, and return how it stands."""
        await self.until(lambda: self.status.phase in {Phase.COMPLETED, Phase.FAILED, Phase.ABORTED} and not self.held)
        return self.status

    async def policy(self) -> ChaosPolicySpec | None:
        """Return the policy."""
        if self.away:
            raise AwayError(self.away)
        return self.policy_

    async def opted_in(self, namespace: str) -> bool:
        """Return that it is let in."""
        return namespace == "line-1"

    async def operator(self, namespace: str) -> Candidate:
        """Return the pod of the operator."""
        assert namespace == "line-1"
        return self.operator_

    async def candidates(self, namespace: str, target: Target) -> tuple[Candidate, ...]:
        """Return the PLC."""
        assert namespace == "line-1"
        return (Candidate("mixer", TargetUid("u"), "line-1", labels=self.labels),)

    async def hold(self, key: Key) -> None:
        """Note it."""
        self.held = key == KEY

    async def release(self, key: Key) -> None:
        """Note it."""
        self.held = key != KEY

    async def kill(self, deed: Evict | Delete) -> Outcome:
        """Note it."""
        self.killed.append(deed.spot.uid)
        return Outcome(Result.DONE)

    async def place(self, deed: Deed) -> Place:
        """Return that there is no agent."""
        return Place(why=f"no agent for {deed.spot.name}")

    async def do(self, deed: Deed) -> Outcome:
        """Note what an agent would do."""
        self.done.append(deed)
        return Outcome(Result.DONE)

    async def stop(self) -> dict[str, Outcome]:
        """Count it."""
        self.stopped += 1
        return {"node-1": Outcome(Result.DONE)}

    async def ask(self, probe: Probe, namespace: str) -> Answer:
        """Return what the test wants."""
        self.asked.append(namespace)
        return Answer(probe.name, self.holds, "as the test wants")


@pytest.fixture(name="plc", scope="module")
def _plc() -> Any:
    with running() as made:
        yield made


@pytest.fixture(name="fab")
async def _fab(plc: Plc) -> AsyncIterator[Fab]:
    async with aiohttp.ClientSession() as session:
        made = Fab(Mocks(session, plc))
        yield made
        await made.engine.stop(1.0)


def scenario(plc: Plc) -> dict[str, Any]:
    """Return a fault of the mock."""
    return {"plcFault": {"fault": "frozen", "controlPort": plc.control}}


async def test_a_plc_freezes_for_a_while(fab: Fab, plc: Plc) -> None:
    """A mock PLC freezes while the experiment runs, by a lease of its own, and works again when it is over."""
    probe = {"name": "steady", "http": {"url": "http://hmi"}}
    fab.declare(scenario(plc), probes=[probe])
    await fab.until(lambda: fab.status.phase is Phase.RUNNING)
    assert fab.held
    (fault,) = plc.faults()
    assert (fault["fault"], fault["active"]) == ("frozen,for=15s", True)
    assert fault["name"].startswith(f"{fab.uid}.")
    status = await fab.ended()
    assert (status.phase, status.verdict) == (Phase.COMPLETED, Verdict.PASSED), status
    assert plc.faults() == []
    assert fab.host.reasons(KEY)[:2] == ["ExperimentStarted", "TargetsInjected"]


async def test_a_probe_that_fails_ends_it(fab: Fab, plc: Plc) -> None:
    """Where a probe does not hold any more the experiment ends at once, and its verdict is Failed."""
    probe = {"name": "steady", "http": {"url": "http://hmi"}, "everySecs": 1}
    fab.declare(scenario(plc), probes=[probe], durationSecs=60)
    await fab.until(lambda: fab.status.phase is Phase.RUNNING)
    fab.holds = False
    status = await fab.ended()
    assert (status.phase, status.verdict) == (Phase.ABORTED, Verdict.FAILED), status
    assert plc.faults() == []


@pytest.mark.parametrize("phase", [Phase.RUNNING, Phase.RECOVERING])
async def test_a_restart_undoes_what_may_be_injected(fab: Fab, plc: Plc, phase: Phase) -> None:
    """An operator that finds a record of what may be injected undoes that at once, and says that it was interrupted."""
    record = TargetRecord(name="mixer", uid="u", id=f"{fab.uid}.u")
    fab.host.publish(KEY, ChaosExperimentStatus(phase=phase, reason="Interrupted", targets=(record,)))
    fab.held = True
    fab.declare(scenario(plc))
    status = await fab.ended()
    assert (status.phase, status.reason, status.targets[0].confirmed) == (Phase.FAILED, "Interrupted", True), status


async def test_without_a_record_nothing_is_done(fab: Fab, plc: Plc) -> None:
    """While no record can be stored nothing is begun; when it can, it begins."""
    fab.host.answer = Stored.AWAY
    fab.declare(scenario(plc))
    await fab.until(lambda: len(fab.host.waited) > 1)
    assert plc.faults() == []
    fab.host.answer = Stored.YES
    assert (await fab.ended()).verdict is Verdict.PASSED


async def test_it_goes_on_while_nobody_says_what_is_allowed(fab: Fab, plc: Plc) -> None:
    """An API server that is away lets nothing begin, and what runs go on; a policy that forbids it ends it."""
    fab.away = "the API server is away"
    fab.declare(scenario(plc), durationSecs=60)
    await fab.until(lambda: "the API server is away" in fab.status.message)
    assert plc.faults() == []
    fab.away = ""
    await fab.until(lambda: fab.status.phase is Phase.RUNNING)
    fab.away = "the API server is away"
    began = plc.faults()[0]["hits"]
    await asyncio.sleep(0)
    assert plc.faults()[0]["hits"] >= began
    assert fab.stopped == 0
    fab.away, fab.policy_ = "", ALLOWED.model_copy(update={"enabled": False})
    status = await fab.ended()
    assert (status.phase, plc.faults()) == (Phase.ABORTED, [])
    assert "enabled: false" in status.message
    await fab.performing.performers()[Look](KEY, Look("line-1"), lambda: "")
    assert fab.stopped == 1, "every agent is told to end everything, once"


async def test_the_time_that_a_look_takes_is_told(fab: Fab) -> None:
    """What is told after a look, and after a round, says when that was by a clock that does not jump."""
    ticks = count(100.0, 8.0)
    performing = Performing(fab.host, fab, fab, fab, fab, clock=lambda: now[0])
    now = [next(ticks)]

    async def slow() -> ChaosPolicySpec | None:
        now[0] = next(ticks)
        return ALLOWED

    fab.policy = slow  # type: ignore[method-assign]
    looked = await performing.performers()[Look](KEY, Look("line-1"), str)
    examined = await performing.performers()[Examine](KEY, Examine(()), str)
    acted = await performing.performers()[Act](KEY, Act(), str)
    assert isinstance(looked, Looked)
    assert isinstance(examined, Examined)
    assert isinstance(acted, Acted)
    assert (looked.ticks, examined.ticks, acted.ticks) == (108.0, 116.0, 116.0)


async def test_a_real_plc_is_left_alone(fab: Fab, plc: Plc) -> None:
    """Where no control API answers at the PLC's own host nothing is done, and the reason is NotAMock."""
    fab.declare({"plcFault": {"fault": "frozen", "controlPort": 1}}, startDeadlineSecs=1)
    status = await fab.ended()
    assert (status.phase, status.reason) == (Phase.FAILED, "NotAMock"), status
    assert plc.faults() == []


async def test_a_plc_is_told_to_be_real_by_proof(fab: Fab, plc: Plc) -> None:
    """Packets to a PLC that nothing proves a mock are left alone unless policy and PLC say so; then it is not asked."""
    target = Target.model_validate({"kind": "plcs", "labelSelector": {"matchLabels": {"line": "1"}}})
    select = fab.performing.performers()[Select]
    found = await select(KEY, Select("line-1", target, told_apart=True), lambda: "")
    assert isinstance(found, Selected)
    assert [each.real for each in found.candidates] == [True]
    plain = await select(KEY, Select("line-1", target), lambda: "")
    assert isinstance(plain, Selected)
    assert [each.real for each in plain.candidates] == [False]
    fab.policy_ = ALLOWED.model_copy(update={"real_plcs": True})
    fab.labels, plc.asked = {"fabgitops.io/chaos": "allowed"}, 0
    allowed = await select(KEY, Select("line-1", target, told_apart=True), lambda: "")
    assert isinstance(allowed, Selected)
    assert ([each.real for each in allowed.candidates], plc.asked) == ([True], 0)


async def test_packets_to_a_plc_leave_the_operator(fab: Fab) -> None:
    """A PLC is injected in its operator's pod, on its node; what speaks against that pod speaks against it."""
    target = Target.model_validate({"kind": "plcs", "labelSelector": {"matchLabels": {"line": "1"}}})
    select = fab.performing.performers()[Select]

    async def found(asked: Target | None) -> Candidate:
        told = await select(KEY, Select("line-1", asked, told_apart=True), lambda: "")
        assert isinstance(told, Selected)
        return told.candidates[0]

    plc = await found(target)
    assert (plc.name, plc.place, plc.node, plc.ours) == ("mixer", "pod", "n", False)
    assert (await found(None)).uid == "pod"
    protected = {"fabgitops.io/chaos": "protected"}
    fab.operator_ = replace(fab.operator_, labels=protected, host_network=True, moved_by="the Deployment", ready=False)
    plc = await found(target)
    assert (plc.labels, plc.host_network, plc.moved_by, plc.ready) == (protected, True, "the Deployment", False)


async def test_an_injection_that_is_shared_is_asked_for_once(fab: Fab) -> None:
    """Of PLCs that share an injection each is told what came of it; the agent is asked once, for all of them."""
    spots = [Spot("line-1", name, TargetUid(name), NodeName("n"), InjectionId("e.pod")) for name in "ab"]
    other = replace(spots[0], uid=TargetUid("c"), id=InjectionId("e.c"))
    act = fab.performing.performers()[Act]
    told = await act(KEY, Act(tuple(map(AgentInject, [*spots, other]))), lambda: "")
    assert isinstance(told, Acted)
    assert set(told.outcomes) == {"a", "b", "c"}
    assert fab.done == [AgentInject(spots[0], beside=(spots[1],)), AgentInject(other)]
    fab.done.clear()
    await act(KEY, Act(tuple(map(AgentRemove, spots))), lambda: "")
    assert fab.done == [AgentRemove(spots[0])]
    examined = await fab.performing.performers()[Examine](KEY, Examine(tuple(map(AgentInject, spots))), lambda: "")
    assert isinstance(examined, Examined)
    assert {uid: place.why for uid, place in examined.places.items()} == dict.fromkeys("ab", "no agent for a")


async def test_probes_are_asked_where_the_targets_are(fab: Fab) -> None:
    """A probe without anything to be done is about the namespace that it is asked of, else about the experiment's."""
    probe = Probe.model_validate({"name": "steady", "http": {"url": "http://hmi"}})
    act = fab.performing.performers()[Act]
    await act(KEY, Act((), (probe,), namespace="line-9"), lambda: "")
    await act(KEY, Act((), (probe,)), lambda: "")
    assert fab.asked == ["line-9", "line-1"]


async def test_of_two_that_begin_at_once_one_waits(fab: Fab, plc: Plc) -> None:
    """Two experiments that were looked at before either was stored do not both hit the same PLC."""
    fab.host.answer = Stored.YES
    act = fab.performing.performers()[Act]
    deeds = [
        MockFault(Spot("line-1", "mixer", TargetUid("u"), NodeName(""), InjectionId(f"{name}.u")), mock=plc.mock)
        for name in "ab"
    ]
    keys = [Key("ChaosExperiment", "line-1", name) for name in "ab"]
    told = [await act(key, Act((deed,), recorded=True), lambda: "") for key, deed in zip(keys, deeds, strict=True)]
    assert isinstance(told[0], Acted)
    assert isinstance(told[1], Unrecorded)
    assert told[1].why == "mixer is a target of line-1/a"
    await fab.performing.performers()[Release](keys[0], Release(), lambda: "")
    fab.host.answer = Stored.AWAY
    away = await act(keys[1], Act((deeds[1],), recorded=True), lambda: "")
    assert isinstance(away, Unrecorded)
    fab.host.answer = Stored.YES
    assert isinstance(await act(keys[0], Act((deeds[0],), recorded=True), lambda: ""), Acted)


async def test_nothing_begins_while_nothing_may_be_changed(fab: Fab, plc: Plc) -> None:
    """An operator that may change nothing, as one without its Lease, begins no experiment."""
    from fabgitops_core.control.holding import HoldReason  # noqa: PLC0415

    fab.engine.holds.put("lease", "another operator may", HoldReason.STOPPING)
    fab.declare(scenario(plc), startDeadlineSecs=1)
    status = await fab.ended()
    assert (status.phase, plc.faults()) == (Phase.FAILED, [])


async def test_a_register_drifts_once(fab: Fab, plc: Plc) -> None:
    """A register of the mock is set once, and put back at the end, since nobody has corrected it."""
    drift = {"plcDrift": {"register": "7", "value": 9, "controlPort": plc.control}}
    fab.declare(drift, durationSecs=1)
    status = await fab.ended()
    assert status.verdict is Verdict.PASSED, status
