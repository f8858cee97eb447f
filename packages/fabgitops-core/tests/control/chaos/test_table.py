"""One experiment, move by move: what is asked for, what is said, and what it showed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fabgitops_core.api.chaos.experiment import ChaosExperimentSpec
from fabgitops_core.api.chaos.policy import ChaosPolicySpec
from fabgitops_core.api.chaos.status import ChaosExperimentStatus, Phase, TargetRecord, TargetState, Verdict
from fabgitops_core.api.chaos.target import TargetKind
from fabgitops_core.api.conditions import ConditionStatus
from fabgitops_core.api.meta import ApiModel, Key, rfc3339
from fabgitops_core.control.chaos.deeds import AgentInject, AgentRemove, AgentRenew, Clock, Deed, Lease, Spot
from fabgitops_core.control.chaos.events import Acted, Examined, Held, Looked, Released, Selected, Unrecorded
from fabgitops_core.control.chaos.facts import Facts
from fabgitops_core.control.chaos.ids import NodeName, TargetUid
from fabgitops_core.control.chaos.outcomes import Answer, Outcome, Place, Result
from fabgitops_core.control.chaos.reasons import ChaosNotice
from fabgitops_core.control.chaos.registry import registry
from fabgitops_core.control.chaos.requests import Act, Examine, Hold, Release, Select
from fabgitops_core.control.chaos.selecting import Candidate
from fabgitops_core.control.chaos.states import Departed
from fabgitops_core.control.chaos.table import ExperimentController
from fabgitops_core.control.commands import Notice, Publish, Request, Wake
from fabgitops_core.control.controller import Controller
from fabgitops_core.control.events import Declared, Event, Faulted, Removed

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
KEY = Key("ChaosExperiment", "plant", "slow")
TARGET = {"kind": "pods", "labelSelector": {"matchLabels": {"app": "hmi"}}}
POD = Candidate("hmi-1", TargetUid("pod"), "plant", NodeName("n1"))
UID = POD.uid
POLICY: dict[str, Any] = {"enabled": True, "scenarios": ["networkDelay", "podKiller"], "minReadyLeft": 0}
PROBE = {"name": "steady", "http": {"url": "http://hmi"}}


class Told:
    """An experiment, told one event after the other."""

    def __init__(self, scenario: dict[str, Any] | None = None, **spec: Any) -> None:
        given = {"scenario": scenario or {"networkDelay": {"delayMillis": 100}}, "target": TARGET, "durationSecs": 20}
        self.spec = ChaosExperimentSpec.model_validate({**given, **spec})
        self.controller: Controller[Any] = ExperimentController()
        self.state: Any = self.controller.start(KEY)
        self.at = START
        self.policy: dict[str, Any] | None = POLICY
        self.opted_in = True
        self.commands: tuple[Any, ...] = ()
        self.notices: list[ChaosNotice] = []

    def __call__(self, event: Event) -> "Told":
        """Tell it an event."""
        self.state, self.commands = self.controller.step(self.state, event)
        self.notices += [each.reason for each in self.commands if isinstance(each, Notice)]  # type: ignore[misc]
        return self

    @property
    def facts(self) -> Facts:
        """Return what is allowed."""
        return Facts(None if self.policy is None else ChaosPolicySpec.model_validate(self.policy), self.opted_in)

    @property
    def request(self) -> Request | None:
        """Return what is asked for."""
        return next((each for each in self.commands if isinstance(each, Request)), None)

    @property
    def deeds(self) -> tuple[Deed, ...]:
        """Return what is to be done."""
        return self.request.deeds if isinstance(self.request, Act) else ()

    @property
    def asked(self) -> list[str]:
        """Return which probes are asked."""
        return [each.name for each in self.request.probes] if isinstance(self.request, Act) else []

    @property
    def recorded(self) -> bool:
        """Return whether that waits until the status is stored."""
        return isinstance(self.request, Act) and self.request.recorded

    def says(self) -> object:
        """Return the status that it makes known first of all."""
        return next((each.status for each in self.commands[:1] if isinstance(each, Publish)), None)

    def does(self, deed: Deed) -> bool:
        """Return whether just this is to be done."""
        return self.deeds == (deed,)

    def asks(self, kind: type[Request]) -> bool:
        """Return whether something is asked for."""
        return isinstance(self.request, kind)

    @property
    def status(self) -> ChaosExperimentStatus:
        """Return how it says that it stands."""
        said: ChaosExperimentStatus = self.state.status
        return said

    def declared(self, status: ChaosExperimentStatus | None = None, **more: Any) -> "Told":
        """Tell it what is declared."""
        spec = more.pop("spec", self.spec)
        return self(Declared(self.at, 1, spec, status=status, uid="e", created=rfc3339(START), **more))

    def later(self, secs: float) -> "Told":
        """Let time go by, and say that it is time to look."""
        self.at += timedelta(seconds=secs)
        return self(Looked(self.at, self.facts))

    def woken(self) -> "Told":
        """Let as much time go by as it asked for."""
        return self.later(next(each.after or 0.0 for each in self.commands if isinstance(each, Wake)))

    def acted(self, result: Result | None = Result.DONE, *answers: Answer, now: float = 0.0, **more: Any) -> "Told":
        """Say what came of what was asked for."""
        outcome = {} if result is None else {UID: Outcome(result, "so", Clock("i", now), **more)}
        return self(Acted(self.at, outcome, answers))

    def examining(self) -> "Told":
        """Go up to where places are looked at."""
        self.declared().later(0)(Held(self.at))
        return self(Selected(self.at, self.facts, (POD,)))

    def examined(self, **place: Any) -> "Told":
        """Say how the place is."""
        there = {"can": frozenset({"networkDelay"}), "clock": Clock("i", 100.0), **place}
        return self(Examined(self.at, self.facts, {UID: Place(**there)}))

    def running(self) -> "Told":
        """Go up to where it is injected."""
        return self.examining().examined().acted(now=101.0)


def held(status: ChaosExperimentStatus) -> dict[str, ConditionStatus]:
    """Return the conditions."""
    return {each.type: each.status for each in status.conditions}


def test_a_whole_run() -> None:
    """It is held, chosen, recorded, injected, renewed and ended, in this order, and passes."""
    told = Told().declared()
    assert told.commands == (Wake(0.0),)
    assert told.later(0).request == Hold()
    assert told(Held(told.at)).request == Select("plant", told.spec.target)
    told(Selected(told.at, told.facts, (POD,)))
    assert told.asks(Examine)
    told.examined()
    assert told.says() == told.status
    assert [(each.uid, each.state) for each in told.status.targets] == [("pod", TargetState.INJECTING)]
    assert told.recorded
    (deed,) = told.deeds
    assert isinstance(deed, AgentInject)
    assert (deed.spot.id, deed.lease) == ("e.pod", Lease("i", 110.0, 15.0, 35.0))
    told.acted(now=101.0)
    assert (told.status.phase, told.status.selected) == (Phase.RUNNING, "1/1")
    assert held(told.status)["Injected"] is ConditionStatus.TRUE
    told.later(5)
    assert told.deeds == (AgentRenew(deed.spot, Lease("i", 111.0, 15.0, 30.0)),)
    told.acted(now=106.0, effective=True)
    told.at += timedelta(seconds=1)
    for _ in range(2):
        told.later(5).acted(now=110.0)
    told.later(5)
    assert told.does(AgentRemove(deed.spot))
    assert told.status.phase is Phase.RECOVERING
    told.acted()
    status = told.status
    assert (status.phase, status.verdict, status.reason) == (Phase.COMPLETED, Verdict.PASSED, "Elapsed")
    assert (status.targets[0].state, status.targets[0].confirmed) == (TargetState.RECOVERED, True)
    assert {name for name, so in held(status).items() if so is ConditionStatus.TRUE} == {
        "Ready",
        "Selected",
        "Injected",
        "Recovered",
    }
    assert told.request == Release()
    assert told(Released(told.at)).commands == (Wake(None),)
    assert [each.value for each in told.notices] == [
        "ExperimentStarted",
        "TargetsInjected",
        "Recovered",
        "ExperimentCompleted",
    ]


@pytest.mark.parametrize(
    ("policy", "opted_in", "why"),
    [
        (None, True, "there is no ChaosPolicy that is called default"),
        ({"enabled": False}, True, "enabled: false"),
        ({}, False, "the namespace plant has no label fabgitops.io/chaos: allowed"),
        ({"scenarios": ["cpuStress"]}, True, "does not name networkDelay in scenarios"),
        ({"maxDurationSecs": 19}, True, "it is 20 s long, and the ChaosPolicy allows maxDurationSecs 19"),
        (
            {"windows": [{"type": "deny", "schedule": "0 12 * * *", "duration": "1h"}]},
            True,
            "the ChaosPolicy denies it in the window 0 12 * * * (1h, UTC)",
        ),
        ({"windows": [{"type": "allow", "schedule": "0 3 * * *", "duration": "1h"}]}, True, "no window of the Chaos"),
    ],
)
def test_what_is_not_allowed_waits_and_then_fails(policy: dict[str, Any] | None, opted_in: bool, why: str) -> None:
    """Nothing is asked for while it is not allowed; why is said, once, and in the end it has failed for that."""
    told = Told().declared()
    told.policy, told.opted_in = None if policy is None else {**POLICY, **policy}, opted_in
    told.later(0)
    assert told.request is None
    assert why in told.status.message
    assert (told.status.phase, told.status.reason) == (Phase.PENDING, "Denied")
    told.later(10)
    assert told.notices == [ChaosNotice.SCENARIO_DENIED]
    told.later(291)
    assert (told.status.phase, told.status.reason, told.status.verdict) == (Phase.FAILED, "Denied", "Inconclusive")
    assert why in told.status.message


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"policy": None}, "there is no ChaosPolicy"),
        ({"policy": {**POLICY, "enabled": False}}, "enabled: false"),
        ({"opted_in": False}, "has no label"),
    ],
)
def test_what_is_not_allowed_any_more_ends(change: dict[str, Any], why: str) -> None:
    """Whoever takes the policy or the label away ends what runs at the next round, and it shows nothing."""
    told = Told().running()
    vars(told).update(change)
    told.later(5)
    assert isinstance(told.deeds[0], AgentRemove)
    told.acted()
    status = told.status
    assert (status.phase, status.reason, status.verdict) == (Phase.ABORTED, "NotAllowed", Verdict.INCONCLUSIVE)
    assert why in status.message


def test_a_guard_is_asked_again_right_before_the_injection() -> None:
    """What was allowed when it was looked at, and is not when it is to be injected, is not injected."""
    told = Told().examining()
    told.policy = None
    told.examined()
    assert told.request is None
    assert (told.status.phase, told.status.targets) == (Phase.PENDING, ())


@pytest.mark.parametrize("way", ["abort", "deleted"])
def test_somebody_ends_it(way: str) -> None:
    """An experiment that is ended or deleted ends at once, and is let go when nothing of it is left."""
    told = Told().running()
    ended = told.spec.model_copy(update={"abort": way == "abort"})
    assert told.declared(spec=ended, leaving=way == "deleted").commands == (Wake(0.0),)
    told.later(0).acted()
    assert (told.status.phase, told.status.reason) == (Phase.ABORTED, "Aborted")
    assert told.request == Release()


def test_nothing_to_choose_from_is_over_at_once() -> None:
    """A selector that matches nothing that may be hit fails with the counts, and nothing else is hit instead."""
    told = Told().declared().later(0)
    told(Held(told.at))
    told(Selected(told.at, told.facts, (Candidate("a", TargetUid("a"), ready=False),)))
    assert (told.status.phase, told.status.reason) == (Phase.FAILED, "NoTargets")
    assert told.status.message == "no target: 0 that could be chosen; and 1 not ready"


@pytest.mark.parametrize("busy", [{"claimed_by": "plant/other"}, {"moved_by": "the Rollout hmi"}])
def test_a_target_of_somebody_else_is_waited_for(busy: dict[str, str]) -> None:
    """Two experiments never have one target, and what a rollout moves is left alone."""
    told = Told().declared().later(0)
    told(Held(told.at))
    told(Selected(told.at, told.facts, (Candidate("hmi-1", UID, "plant", **busy),)))  # type: ignore[arg-type]
    assert (told.status.phase, told.status.reason) == (Phase.PENDING, "TargetBusy")
    assert next(iter(busy.values())) in told.status.message


def test_what_a_node_cannot_do_is_not_tried() -> None:
    """A capability that is missing fails the experiment by its name; an agent that is away is waited for."""
    told = Told().examining().examined(can=frozenset())
    assert (told.status.reason, told.status.message) == (
        "NotCapable",
        "the agent of the node n1 cannot do networkDelay",
    )
    away = Told().examining().examined(why="its Lease is 40 s old")
    assert (away.status.phase, away.status.reason) == (Phase.PENDING, "AgentUnavailable")
    assert "its Lease is 40 s old" in away.status.message


@pytest.mark.parametrize(("holds", "verdict"), [(False, Verdict.FAILED), (None, Verdict.INCONCLUSIVE)])
def test_what_is_not_steady_is_not_touched(holds: bool | None, verdict: Verdict) -> None:
    """A probe that does not hold before keeps the experiment from beginning; one that cannot be asked does, too."""
    told = Told(probes=[PROBE]).examining()
    assert (told.deeds, told.asked) == ((), ["steady"])
    told.acted(None, Answer("steady", holds, "503"))
    assert (told.status.phase, told.status.reason, told.status.verdict) == (Phase.FAILED, "NotSteady", verdict)
    assert "steady: 503" in told.status.message
    assert told.status.targets == ()


def test_a_record_that_is_not_stored_keeps_it_from_beginning() -> None:
    """While the API server does not take the record nothing is injected; it is begun anew later."""
    told = Told().examining().examined()
    told(Unrecorded(told.at, "the API server is away"))
    assert (told.status.phase, told.status.targets, told.request) == (Phase.PENDING, (), None)
    assert told.later(5).request == Hold()


@pytest.mark.parametrize("result", [None, Result.UNKNOWN, Result.REFUSED, Result.LATE])
def test_what_may_be_injected_is_undone_and_not_repeated(result: Result | None) -> None:
    """An injection of unknown outcome is ended, and never asked for again."""
    told = Told().examining().examined().acted(result)
    assert isinstance(told.deeds[0], AgentRemove)
    told.acted()
    assert (told.status.phase, told.status.reason) == (Phase.FAILED, "InjectFailed")


def test_after_a_restart_it_goes_on_or_is_undone() -> None:
    """An operator that was killed renews at once what is injected; what may be injected it undoes."""
    before = Told().running().status
    again = Told().declared(before)
    assert again.commands == (Wake(0.0),)
    again.later(0)
    assert again.asks(Examine)
    again.examined().later(0)
    assert isinstance(again.deeds[0], AgentRenew)
    recorded = Told().examining().examined().status
    undone = Told().declared(recorded)
    assert isinstance(undone.deeds[0], AgentRemove)
    assert undone.acted().status.reason == "Interrupted"


@pytest.mark.parametrize(
    ("result", "why"), [(Result.LOST, "has ended by itself"), (None, "nobody answers for hmi-1: no answer")]
)
def test_what_is_lost_ends_it(result: Result | None, why: str) -> None:
    """An injection that ended too early ends the experiment at once, one that nobody answers for after its lease."""
    told, rounds = Told(durationSecs=60).running(), 0
    while told.status.phase is Phase.RUNNING:
        told.later(5).acted(result)
        rounds += 1
    assert rounds == (1 if result else 4)
    assert told.status.reason == "Lost"
    assert why in told.status.message


def test_a_target_that_is_gone_is_told_and_the_rest_goes_on() -> None:
    """A pod that goes away meanwhile is not injected again under its name."""
    told = Told().running().later(5).acted(Result.GONE)
    assert told.status.phase is Phase.RUNNING
    assert told.status.targets[0].state is TargetState.GONE
    assert told.later(5).request is None


def test_silence_is_over_after_thirty_seconds() -> None:
    """When nobody answers any more the experiment is over all the same, says so, and has shown nothing."""
    told = Told().running()
    told.declared(spec=told.spec.model_copy(update={"abort": True})).later(0)
    begun = told.at
    while told.status.phase is Phase.RECOVERING:
        told.acted(None) if told.request else told.woken()
    assert 30 <= (told.at - begun).total_seconds() <= 35
    assert (told.status.phase, told.status.targets[0].confirmed) == (Phase.ABORTED, False)
    assert ChaosNotice.RECOVERY_UNCONFIRMED in told.notices
    assert held(told.status)["Recovered"] is ConditionStatus.FALSE


def test_a_wall_clock_that_jumps_makes_nothing_over() -> None:
    """A clock that is set an hour forward neither ends what runs, nor counts as silence."""
    told = Told(durationSecs=60).running()
    told.later(3600)
    assert isinstance(told.deeds[0], AgentRenew)
    told.acted()
    told.declared(spec=told.spec.model_copy(update={"abort": True})).later(0).acted(None)
    told.later(3600)
    assert told.status.phase is Phase.RECOVERING


@pytest.mark.parametrize(("policy", "phase"), [("abort", Phase.ABORTED), ("record", Phase.COMPLETED)])
def test_a_probe_that_fails_meanwhile(policy: str, phase: Phase) -> None:
    """It has failed after so many answers in a row, ends the experiment or does not, and the verdict is Failed."""
    probe = {**PROBE, "when": ["during"], "everySecs": 1, "failAfter": 2, "onFailure": policy}
    told = Told(probes=[probe], durationSecs=60).running()
    for answer in (False, True, False, False):
        told.later(5).acted(Result.DONE, Answer("steady", answer, "503"))
    while not told.status.phase.final:
        told.acted() if told.request else told.later(5)
    assert (told.status.phase, told.status.verdict) == (phase, Verdict.FAILED)
    assert (ChaosNotice.PROBE_FAILED in told.notices) is (policy == "abort")


def test_the_end_is_asked_again_within_its_time() -> None:
    """A PLC that takes a while to come back does not fail the experiment, if that while was said."""
    probe = {**PROBE, "when": ["end"], "withinSecs": 12}
    for late, verdict in ((2, Verdict.PASSED), (9, Verdict.FAILED)):
        told = Told(probes=[probe]).running()
        while told.status.phase is not Phase.RECOVERING:
            told.acted() if told.request else told.later(5)
        told.acted()
        rounds = 0
        while not told.status.phase.final:
            rounds += 1
            told.acted(None, Answer("steady", rounds > late, "503")) if told.request else told.later(5)
        assert told.status.verdict is verdict


def test_a_pod_is_killed_once() -> None:
    """An eviction is recorded before it, leaves nothing to undo, and its experiment goes on to watch."""
    told = Told({"podKiller": {}}).examining().examined(can=frozenset(), clock=None)
    assert told.recorded
    told.acted()
    for _ in range(4):
        assert told.request is None
        told.later(5)
    assert (told.status.phase, told.status.verdict) == (Phase.COMPLETED, Verdict.PASSED)


def test_a_spec_that_is_not_understood_is_undone_by_its_record() -> None:
    """What an older operator cannot read, and a newer one has begun, is ended by what the status says."""
    record = TargetRecord(name="hmi-1", uid="pod", node="n1", id="e.pod", state=TargetState.INJECTED)
    status = ChaosExperimentStatus(phase=Phase.RUNNING, targets=(record,))
    told = Told().declared(status, spec=None, problem="spec.scenario: unknown")
    assert isinstance(told.deeds[0], AgentRemove)
    told.acted()
    assert (told.status.phase, told.status.reason) == (Phase.FAILED, "Invalid")
    assert Told().declared(spec=None, problem="no").status.message == "no"


def test_a_fault_of_our_own_while_injecting_undoes() -> None:
    """A bug that strikes while injections are under way leaves none behind; one before begins anew."""
    told = Told().examining().examined()
    told(Faulted(told.at, 1, "KeyError"))
    assert isinstance(told.deeds[0], AgentRemove)
    early = Told().examining()
    early(Faulted(early.at, 1, "KeyError"))
    assert (early.status.phase, early.request) == (Phase.PENDING, None)


class Stubborn:
    """A scenario that does not say how it is undone."""

    name, parameters, targets = "stubborn", ApiModel, frozenset({TargetKind.PODS})
    needs: frozenset[str] = frozenset()
    one_shot = False

    def validate(self, given: ApiModel, policy: ChaosPolicySpec) -> tuple[str, ...]:
        """Return nothing."""
        del given, policy
        return ()

    def execute(self, given: ApiModel, spot: Spot) -> Deed:
        """Return what is done."""
        del given
        return AgentInject(spot, {})

    def cleanup(self, given: ApiModel, spot: Spot) -> Deed | None:
        """Fail."""
        raise KeyError(given, spot)


@pytest.mark.parametrize("restarted", [False, True])
def test_a_scenario_that_cannot_be_undone_holds_nothing_up(restarted: bool) -> None:
    """A package whose scenario fails when it is to be undone leaves nothing behind, and no object that stays."""
    told = Told({"extension": {"name": "stubborn"}})
    told.controller = ExperimentController(registry([("stubborn", Stubborn())]))
    told.state, told.policy = told.controller.start(KEY), {**POLICY, "scenarios": ["stubborn"]}
    told.running().policy = None
    status = told.status.model_copy(update={"phase": Phase.RECOVERING, "reason": "Aborted"})
    if restarted:
        told.state = told.controller.start(KEY)
    failing = Declared(told.at, 1, told.spec, status=status, uid="e") if restarted else None
    with pytest.raises(KeyError):
        told(failing) if failing else told.later(5)
    told(Faulted(told.at, 1, "KeyError", failed=failing))
    assert isinstance(told.deeds[0], AgentRemove)
    assert told.acted().status.phase.final


def test_what_others_say_is_cut_short() -> None:
    """An agent that answers with a novel fills no status, and steers no terminal."""
    told = Told().examining().examined()
    told(Acted(told.at, {UID: Outcome(Result.REFUSED, "\x1b[2J" + "a" * 100_000)}))
    assert len(told.status.model_dump_json()) < 6000
    assert told.status.message.isprintable()


def test_the_finalizer_is_asked_for_one_at_a_time() -> None:
    """It is let go again after a while when the API server is away, and not twice at once."""
    told = Told().running()
    told.declared(spec=told.spec.model_copy(update={"abort": True})).later(0).acted()
    assert told.asks(Release)
    assert not told.declared(leaving=True).asks(Release)
    assert not told(Released(told.at, "away")).asks(Release)
    assert told.later(2).asks(Release)


def test_what_is_removed_asks_for_nothing() -> None:
    """When the object is gone by force, nothing more is sent: what was injected ends with its lease."""
    told = Told().running()
    assert told(Removed(told.at)).state == Departed(key=KEY)
    assert told.later(5).commands == ()
