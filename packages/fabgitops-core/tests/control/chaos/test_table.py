"""One experiment, move by move: what is asked for, what is said, and what ends it while it runs."""

from datetime import timedelta
from typing import Any

import pytest
from fabgitops_core.api.chaos.status import (
    Phase,
    TargetState,
    Verdict,
)
from fabgitops_core.api.conditions import ConditionStatus
from fabgitops_core.control.chaos.deeds import AgentInject, AgentRemove, AgentRenew, Lease
from fabgitops_core.control.chaos.events import Held, Released, Selected
from fabgitops_core.control.chaos.outcomes import Answer, Result
from fabgitops_core.control.chaos.reasons import ChaosNotice
from fabgitops_core.control.chaos.requests import Examine, Hold, Release, Select
from fabgitops_core.control.commands import Wake

from .telling import POD, POLICY, PROBE, Told, held


def test_a_whole_run() -> None:
    """It is held, chosen, recorded, injected, renewed and ended, in this order, and passes."""
    told = Told().declared()
    assert told.commands == (Wake(0.0),)
    assert told.later(0).request == Hold()
    assert told(Held(told.at)).request == Select("plant", told.spec.target, told_apart=True)
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
    assert undone.commands[-1] == Wake(0.0)
    assert undone.request is None
    undone.later(0)
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
        assert told.status.phase is Phase.RUNNING
        told.later(5).acted(Result.DONE, Answer("steady", answer, "503"))
    while not told.status.phase.final:
        told.acted() if told.request else told.later(5)
    assert (told.status.phase, told.status.verdict) == (phase, Verdict.FAILED)
    assert (ChaosNotice.PROBE_FAILED in told.notices) is (policy == "abort")


def test_a_pod_is_killed_once() -> None:
    """An eviction is recorded before it, leaves nothing to undo, and its experiment goes on to watch."""
    told = Told({"podKiller": {}}).examining().examined(can=frozenset(), clock=None)
    assert told.recorded
    told.acted()
    for _ in range(4):
        assert told.request is None
        told.later(5)
    assert (told.status.phase, told.status.verdict) == (Phase.COMPLETED, Verdict.PASSED)


@pytest.mark.parametrize(("result", "rounds"), [(Result.REFUSED, 4), (Result.UNKNOWN, 4)])
def test_who_refuses_renewals_is_as_silent_as_nobody(result: Result, rounds: int) -> None:
    """An agent that answers, and does not renew, ends the experiment as one that is away: the lease has run out."""
    told = Told(durationSecs=60).running()
    for number in range(rounds):
        assert told.status.phase is Phase.RUNNING, number
        told.later(5).acted(result)
    assert told.status.reason == "Lost"


def test_a_renewal_that_was_too_late_is_asked_again_at_once() -> None:
    """The answer tells the clock, by which the next renewal is in time."""
    told = Told(durationSecs=60).running().later(5).acted(Result.LATE, now=500.0)
    assert told.commands[-1] == Wake(0.0)
    told.later(0)
    assert [each.lease.not_after for each in told.deeds if isinstance(each, AgentRenew)] == [510.0]


def test_a_restart_with_a_wrong_clock_makes_no_run_longer() -> None:
    """A wall clock that went back while the operator was away lets an experiment run its own time at most."""
    before = Told().running().status
    again = Told()
    again.at -= timedelta(hours=1)
    again.declared(before).later(0).examined().later(0)
    rounds = 0
    while again.status.phase is Phase.RUNNING:
        rounds += 1
        again.acted() if again.deeds else again.later(5)
        assert rounds < 20
    assert again.status.reason == "Elapsed"
