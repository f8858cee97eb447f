"""Everything ends: what was injected, and the experiment itself."""

from typing import Any

import pytest
from fabgitops_core.api.chaos.policy import ChaosPolicySpec
from fabgitops_core.api.chaos.status import (
    ChaosExperimentStatus,
    Phase,
    ProbeRecord,
    TargetRecord,
    TargetState,
    Verdict,
)
from fabgitops_core.api.chaos.target import TargetKind
from fabgitops_core.api.conditions import ConditionStatus
from fabgitops_core.api.meta import ApiModel
from fabgitops_core.control.chaos.deeds import AgentInject, AgentRemove, Clock, Deed, MockSet, Spot
from fabgitops_core.control.chaos.events import Acted, Examined, Held, Released, Selected
from fabgitops_core.control.chaos.ids import NodeName, TargetUid
from fabgitops_core.control.chaos.outcomes import Answer, Outcome, Place, Result
from fabgitops_core.control.chaos.reasons import ChaosNotice, Reason
from fabgitops_core.control.chaos.registry import registry
from fabgitops_core.control.chaos.requests import Release
from fabgitops_core.control.chaos.selecting import Candidate
from fabgitops_core.control.chaos.states import Departed
from fabgitops_core.control.chaos.table import ExperimentController
from fabgitops_core.control.chaos.verdict import verdict
from fabgitops_core.control.commands import Publish, Wake
from fabgitops_core.control.events import Declared, Faulted, Removed

from .telling import KEY, POD, POLICY, PROBE, START, TARGET, UID, Told, held


@pytest.mark.parametrize("way", ["abort", "deleted"])
def test_somebody_ends_it(way: str) -> None:
    """An experiment that is ended or deleted ends at once, and is let go when nothing of it is left."""
    told = Told().running()
    ended = told.spec.model_copy(update={"abort": way == "abort"})
    assert told.declared(spec=ended, leaving=way == "deleted").commands == (Wake(0.0),)
    told.later(0).acted()
    assert (told.status.phase, told.status.reason) == (Phase.ABORTED, "Aborted")
    assert told.request == Release()


def test_what_is_over_asks_nobody() -> None:
    """An experiment that was over when the operator began is not looked at: an idle operator asks nothing."""
    over = ChaosExperimentStatus(phase=Phase.COMPLETED, verdict=Verdict.PASSED)
    assert Told().declared(status=over).commands == (Wake(None),)


def test_what_is_over_and_was_not_let_go_is_let_go() -> None:
    """An operator that was killed between saying how it ended and letting go is followed by one that lets go."""
    over = ChaosExperimentStatus(phase=Phase.COMPLETED, verdict=Verdict.PASSED)
    told = Told().declared(status=over, finalizers=("fabgitops.io/chaos", "others.io/keep"))
    assert told.commands == (Wake(0.0),)
    assert told.woken().asks(Release)
    assert told(Released(told.at)).commands == (Wake(None),)
    assert Told().declared(status=over, finalizers=("others.io/keep",)).commands == (Wake(None),)
    invalid = Told().declared(spec=None, problem="no", finalizers=("fabgitops.io/chaos",))
    assert invalid.woken().asks(Release)


def test_nothing_is_stored_while_nothing_changes() -> None:
    """While a run goes as it should no status is stored: leases are renewed, and nobody is told of that."""
    told = Told().running()
    for _ in range(2):
        told.woken().acted()
        assert not any(isinstance(each, Publish) for each in told.commands)


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


def test_what_was_set_and_not_put_back_is_no_lease() -> None:
    """A drift whose mock is away at the end is not called over by the time of a lease: it may be there, and says so."""
    drift = {"plcDrift": {"register": "speed", "value": 5}}
    told = Told(drift, target={**TARGET, "kind": "plcs"}, durationSecs=5)
    told.policy = {**POLICY, "scenarios": ["plcDrift"]}
    told.examining().examined(can=frozenset({"mock"}), before="3")
    (deed,) = told.deeds
    assert isinstance(deed, MockSet)
    assert (deed.lease.instance, deed.lease.not_after) == ("i", 110.0), "what is late sets nothing"
    told.acted()
    while not told.status.phase.final:
        told.acted(None) if told.request else told.woken()
    (record,) = told.status.targets
    assert (record.confirmed, told.status.verdict) == (False, Verdict.INCONCLUSIVE)
    assert record.message == "nobody has said that it was put back: what was set may still be there, it has no lease"


@pytest.mark.parametrize("known", [True, False])
def test_a_drift_of_which_nobody_has_heard_may_yet_come(*, known: bool) -> None:
    """Whoever undoes it after a restart is told whether it is known that it was set, by the record alone."""
    drift = {"plcDrift": {"register": "speed", "value": 5}}
    told = Told(drift, target={**TARGET, "kind": "plcs"}, durationSecs=5)
    told.policy = {**POLICY, "scenarios": ["plcDrift"]}
    told.examining().examined(can=frozenset({"mock"}), before="3")
    if known:
        told.acted()
    stored = told.status
    again = Told(drift, target={**TARGET, "kind": "plcs"}, durationSecs=5).declared(stored)
    again.policy = None
    again.woken()
    (undo,) = again.deeds
    assert isinstance(undo, MockSet)
    assert (undo.only_if, undo.answered) == (5, known)


def test_the_end_is_asked_again_within_its_time() -> None:
    """A PLC that takes a while to come back does not fail the experiment, if that while was said."""
    probe = {**PROBE, "when": ["end"], "withinSecs": 12}
    for late, shown in ((2, Verdict.PASSED), (9, Verdict.FAILED)):
        told = Told(probes=[probe]).running()
        while told.status.phase is not Phase.RECOVERING:
            told.acted() if told.request else told.later(5)
        told.acted()
        rounds = 0
        while not told.status.phase.final:
            rounds += 1
            told.acted(None, Answer("steady", rounds > late, "503")) if told.request else told.later(5)
        assert told.status.verdict is shown


def test_a_spec_that_is_not_understood_is_undone_by_its_record() -> None:
    """What an older operator cannot read, and a newer one has begun, is ended by what the status says."""
    record = TargetRecord(name="hmi-1", uid="pod", node="n1", id="e.pod", state=TargetState.INJECTED)
    status = ChaosExperimentStatus(phase=Phase.RUNNING, targets=(record,))
    told = Told().declared(status, spec=None, problem="spec.scenario: unknown").woken()
    assert isinstance(told.deeds[0], AgentRemove)
    told.acted()
    assert (told.status.phase, told.status.reason) == (Phase.FAILED, "Invalid")
    assert Told().declared(spec=None, problem="no").status.message == "no"


def test_a_fault_of_our_own_while_injecting_undoes() -> None:
    """A bug that strikes while injections are under way leaves none behind; one before begins anew."""
    told = Told().examining().examined()
    told(Faulted(told.at, 1, "KeyError")).woken()
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
    told.controller = ExperimentController(registry({"stubborn": Stubborn()}))
    told.state, told.policy = told.controller.start(KEY), {**POLICY, "scenarios": ["stubborn"]}
    told.running().policy = None
    status = told.status.model_copy(update={"phase": Phase.RECOVERING, "reason": "Aborted"})
    if restarted:
        told.state = told.controller.start(KEY)
    failing = Declared(told.at, 1, told.spec, status=status, uid="e") if restarted else None
    with pytest.raises(KeyError):
        told(failing) if failing else told.later(5)
    told(Faulted(told.at, 1, "KeyError", failed=failing)).woken()
    assert isinstance(told.deeds[0], AgentRemove)
    assert told.acted().status.phase.final


def test_an_eviction_that_may_yet_happen_is_waited_for() -> None:
    """While nobody knows whether a pod was evicted the experiment is not over: for 30 s, and it is not tried again."""
    told = Told({"podKiller": {}}).examining().examined(can=frozenset(), clock=None).acted(None)
    begun = told.at
    while not told.status.phase.final:
        assert told.deeds == ()
        told.woken()
    assert (told.at - begun).total_seconds() >= 30
    assert (told.status.reason, told.status.targets[0].confirmed) == ("InjectFailed", False)


def test_a_budget_that_lets_no_pod_go_is_not_waited_for() -> None:
    """An eviction that was refused was not done: the experiment is over at once, and others may have the pod."""
    told = Told({"podKiller": {}}).examining().examined(can=frozenset(), clock=None).acted(Result.REFUSED)
    assert (told.status.phase, told.status.reason, told.status.verdict) == (
        Phase.FAILED,
        "InjectFailed",
        Verdict.INCONCLUSIVE,
    )
    assert (told.status.targets[0].state, told.status.targets[0].injected_at) == (TargetState.RECOVERED, None)


def test_what_had_ended_before_its_time_has_not_passed() -> None:
    """An injection that is not there when its end is asked for was not there for the whole time: that shows nothing."""
    told = elapsed().acted(Result.LOST)
    assert (told.status.phase, told.status.reason) == (Phase.FAILED, "Lost")
    assert told.status.verdict is Verdict.INCONCLUSIVE
    assert "hmi-1 had ended by itself before its time was over" in told.status.message
    asked_twice = elapsed().acted(None).woken().acted(Result.LOST)
    assert asked_twice.status.verdict is Verdict.PASSED, "the first request may have ended it"
    again = Told().declared(elapsed().status).woken().acted(Result.LOST)
    assert again.status.verdict is Verdict.PASSED, "the operator before may have ended it"


def elapsed() -> Told:
    """Return one that has run for its whole time, and asks for the end of what it has injected."""
    told = Told().running()
    while told.status.phase is not Phase.RECOVERING:
        told.acted() if told.request else told.later(5)
    return told


def test_what_was_confirmed_stays_confirmed() -> None:
    """When one of two nodes is silent, what the other has said is not doubted."""
    told = Told(target={**TARGET, "mode": "all"}).declared().later(0)
    other = Candidate("hmi-2", TargetUid("other"), "plant", NodeName("n2"))
    told(Held(told.at))
    told.policy = {**POLICY, "maxPercent": 100}
    told(Selected(told.at, told.facts, (POD, other)))
    places = {uid: Place(frozenset({"networkDelay"}), Clock("i", 1.0)) for uid in (UID, other.uid)}
    told(Examined(told.at, told.facts, places)).acted()
    assert told.status.phase is Phase.RECOVERING
    while not told.status.phase.final:
        told.acted() if told.deeds else told.woken()
    assert {each.name: each.confirmed for each in told.status.targets} == {"hmi-1": True, "hmi-2": False}


def test_nobody_waits_for_probes_of_what_is_deleted() -> None:
    """An experiment that is deleted is gone when nothing of it is left, whatever its probes would say."""
    told = Told(probes=[{**PROBE, "when": ["end"], "withinSecs": 600}]).running()
    told.declared(leaving=True).later(0).acted()
    assert told.status.phase is Phase.ABORTED
    assert told.asks(Release)


def test_a_finalizer_that_stays_is_asked_about_less_and_less() -> None:
    """An API server that is away is not hammered."""
    told = Told().running()
    told.declared(spec=told.spec.model_copy(update={"abort": True})).later(0).acted()
    waits = []
    for _ in range(3):
        told(Released(told.at, "away"))
        waits += [each.after for each in told.commands if isinstance(each, Wake)]
        told.later(60)
    assert waits == [2.0, 4.0, 8.0]


PLANNED = TargetRecord(name="a", uid="a", injected_at=START, recovered_at=START, confirmed=True, effective=True)


@pytest.mark.parametrize(
    ("record", "probe", "cause", "shown"),
    [
        ({}, None, Reason.ELAPSED, Verdict.PASSED),
        ({"effective": None}, None, Reason.ELAPSED, Verdict.PASSED),
        ({"effective": False}, None, Reason.ELAPSED, Verdict.INCONCLUSIVE),
        ({"state": TargetState.GONE}, None, Reason.ELAPSED, Verdict.INCONCLUSIVE),
        ({"confirmed": False}, None, Reason.ELAPSED, Verdict.INCONCLUSIVE),
        ({"injected_at": None}, None, Reason.ELAPSED, Verdict.INCONCLUSIVE),
        ({}, None, Reason.ABORTED, Verdict.INCONCLUSIVE),
        ({}, Verdict.INCONCLUSIVE, Reason.ELAPSED, Verdict.INCONCLUSIVE),
        ({"confirmed": False}, Verdict.FAILED, Reason.LOST, Verdict.FAILED),
    ],
)
def test_what_it_showed(record: dict[str, Any], probe: Verdict | None, cause: Reason, shown: Verdict) -> None:
    """Only what went as planned, and had effect, and is known to be over, has passed; a failed probe always fails."""
    targets = (PLANNED.model_copy(update=record),)
    status = ChaosExperimentStatus(targets=targets, probes=(ProbeRecord(name="p", passed=1, verdict=probe),))
    assert verdict(status, cause) is shown


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
