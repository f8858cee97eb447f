"""What keeps an experiment from beginning, and that nothing is touched until then."""

from dataclasses import replace
from typing import Any

import pytest
from fabgitops_core.api.chaos.status import (
    Phase,
    Verdict,
)
from fabgitops_core.control.chaos.deeds import AgentRemove
from fabgitops_core.control.chaos.events import Held, Selected, Unrecorded
from fabgitops_core.control.chaos.ids import TargetUid
from fabgitops_core.control.chaos.outcomes import Answer, Result
from fabgitops_core.control.chaos.reasons import ChaosNotice
from fabgitops_core.control.chaos.requests import Act, Examine, Hold, Select
from fabgitops_core.control.chaos.selecting import Candidate

from .telling import POD, POLICY, PROBE, TARGET, UID, Told


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


def test_a_guard_is_asked_again_right_before_the_injection() -> None:
    """What was allowed when it was looked at, and is not when it is to be injected, is not injected."""
    told = Told().examining()
    told.policy = None
    told.examined()
    assert told.request is None
    assert (told.status.phase, told.status.targets) == (Phase.PENDING, ())


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


@pytest.mark.parametrize(
    ("now", "why"),
    [
        ({"claimed_by": "plant/other"}, "hmi-1 is a target of plant/other"),
        ({"moved_by": "the Rollout hmi (Progressing)"}, "hmi-1 is being changed by the Rollout hmi (Progressing)"),
        ({"ready": False}, "hmi-1 was chosen, and is not ready by now"),
        ({"labels": {"fabgitops.io/chaos": "protected"}}, "hmi-1 was chosen, and is protected by now"),
        ({"host_network": True}, "hmi-1 was chosen, and is in the network of the node by now"),
        (None, "hmi-1 was chosen, and is gone by now"),
    ],
)
def test_what_was_chosen_is_looked_at_once_more(now: dict[str, Any] | None, why: str) -> None:
    """What has come to speak against a target since it was chosen keeps it from being hit; it is chosen anew."""
    told = Told().examining()
    assert isinstance(told.request, Examine)
    assert told.request.again == Select("plant", told.spec.target, told_apart=True)
    told.examined(() if now is None else (replace(POD, **now),))
    assert (told.status.phase, told.status.reason, told.status.message) == (Phase.PENDING, "TargetBusy", why)
    assert told.deeds == ()
    assert told.later(5).request == Hold()


def test_what_cannot_be_looked_at_once_more_is_not_hit() -> None:
    """While nobody says how the targets stand by now, nothing is injected; nor where too few would be left by now."""
    told = Told().examining().examined(missing="the API server is away")
    assert (told.status.reason, told.deeds) == ("ApiUnavailable", ())
    few = Told()
    few.policy = {**POLICY, "minReadyLeft": 1}
    few.declared().later(0)(Held(few.at))(Selected(few.at, few.facts, (POD, replace(POD, uid=TargetUid("z")))))
    chosen = next(iter(few.state.choice.chosen))
    few.examined((chosen,))
    assert (few.status.reason, few.deeds) == ("Denied", ())
    assert "minReadyLeft 1" in few.status.message
    assert Told().examining().examined((POD,)).recorded


def test_what_others_have_come_to_have_counts() -> None:
    """Where another has begun on the same pods since they were chosen, and too few would be left, nothing is begun."""
    told, two = Told(), (POD, replace(POD, uid=TargetUid("z")))
    told.policy = {**POLICY, "minReadyLeft": 1, "maxPercent": 100}
    told.declared().later(0)(Held(told.at))(Selected(told.at, told.facts, two))
    (mine,) = told.state.choice.chosen
    told.examined(tuple(each if each is mine else replace(each, claimed_by="plant/x") for each in two))
    assert (told.status.reason, told.deeds) == ("Denied", ())
    assert "it would leave 0 ready while others have 1 of the same" in told.status.message


def test_who_begins_says_how_many_there_may_be() -> None:
    """With the record goes what was counted by then, for another may come to have some before it is stored."""
    told, two = Told(), (POD, replace(POD, uid=TargetUid("z")))
    told.examining().examined(two)
    assert isinstance(told.request, Act)
    assert told.request.caps.refusal() == ""
    assert "while others have 1 of the same" in told.request.caps.refusal({"z", "elsewhere"})


def test_an_operator_that_is_another_by_now_is_left_alone() -> None:
    """What would be injected into the pod of an operator is not, when another looks after the PLC by now."""
    told = Told().declared().later(0)
    plc = replace(POD, place=TargetUid("pod-1"))
    told(Held(told.at))(Selected(told.at, told.facts, (plc,)))
    told.examined((replace(plc, place=TargetUid("pod-2")),))
    assert (told.status.reason, told.status.message) == ("TargetBusy", "hmi-1 is another operator's by now")


def test_packets_of_our_own_pods_are_not_held() -> None:
    """With allowSelf our pods may be killed, and none of their packets held: those go to PLCs, protected ones too."""
    ours = replace(POD, ours=True)
    killed, cut, told = Told({"podKiller": {}}), Told({"networkDelay": {"partition": True}}), Told()
    for each in (killed, cut):
        each.policy = {**POLICY, "allowSelf": True}
        each.declared().later(0)(Held(each.at))(Selected(each.at, each.facts, (ours,)))
    assert killed.status.phase is Phase.PENDING
    assert (cut.status.reason, cut.status.message) == (
        "NoTargets",
        "no target: 0 that could be chosen; and 1 of our own",
    )
    told.policy = {**POLICY, "allowSelf": True}
    told.examining().examined((ours,))
    assert told.status.message == "hmi-1 was chosen, and is of our own by now"


def test_what_is_no_mock_is_over_at_once() -> None:
    """A fault of mocks fails by name where nothing proves that a PLC is one, and nothing is asked of it."""
    plcs = {"kind": "plcs", "labelSelector": {"matchLabels": {"line": "1"}}}
    told = Told({"plcFault": {"fault": "frozen"}}, target=plcs)
    told.policy = {**POLICY, "scenarios": ["plcFault"], "realPlcs": True}
    told.examining()
    assert isinstance(told.request, Examine)
    assert told.request.again == Select("plant", told.spec.target)
    told.examined(real=True, why="NotAMock: no answer")
    assert (told.status.phase, told.status.reason, told.deeds) == (Phase.FAILED, "NotAMock", ())
    assert told.status.message == "hmi-1: NotAMock: no answer"


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


def test_an_agent_that_is_away_is_asked_less_and_less() -> None:
    """Each round asks the API server a dozen things: it is begun anew after 2, 4, 8, and then each 10 s, not each 2."""
    told = Told(startDeadlineSecs=3600, probes=[PROBE]).declared().later(0)
    pauses = []
    for _ in range(5):
        told(Held(told.at))(Selected(told.at, told.facts, (POD,))).acted(None, Answer("steady", True))
        told.examined(why="no answer", clock=None)
        pauses.append(told.pause)
        told.woken()
    assert pauses == [2.0, 4.0, 8.0, 10.0, 10.0]


@pytest.mark.parametrize(("holds", "verdict"), [(False, Verdict.FAILED), (None, Verdict.INCONCLUSIVE)])
def test_what_is_not_steady_is_not_touched(holds: bool | None, verdict: Verdict) -> None:
    """A probe that does not hold before keeps the experiment from beginning; one that cannot be asked does, too."""
    told = Told(probes=[PROBE]).examining()
    assert (told.deeds, told.asked) == ((), ["steady"])
    told.acted(None, Answer("steady", holds, "503"))
    assert (told.status.phase, told.status.reason, told.status.verdict) == (Phase.FAILED, "NotSteady", verdict)
    assert "steady: 503" in told.status.message
    assert told.status.targets == ()


def test_probes_are_about_the_namespace_of_the_targets() -> None:
    """Before, during and after it, probes look where the targets are, also where the experiment stands elsewhere."""
    there = {"kind": "pods", "labelSelector": {"matchLabels": {"app": "hmi"}}, "namespace": "line-9"}
    told = Told(probes=[PROBE], target=there).examining()
    asked = [told.request]
    told.acted(None, Answer("steady", True)).examined().acted(now=101.0).woken()
    asked.append(told.request)
    told.acted(Result.DONE, Answer("steady", True), now=106.0)
    while not (isinstance(told.request, Act) and told.asked and told.status.phase is Phase.RECOVERING):
        told = told.acted(now=110.0) if isinstance(told.request, Act) else told.woken()
    asked.append(told.request)
    assert [each.namespace for each in asked if isinstance(each, Act) and each.probes] == ["line-9"] * 3


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


@pytest.mark.parametrize("way", ["abort", "deleted"])
def test_what_is_ended_right_before_the_injection_is_not_injected(way: str) -> None:
    """A word that comes while places are looked at is heard before anything is done."""
    told = Told().examining()
    told.declared(spec=told.spec.model_copy(update={"abort": way == "abort"}), leaving=way == "deleted")
    told.examined()
    assert (told.status.phase, told.status.targets, told.deeds) == (Phase.ABORTED, (), ())


def test_more_than_the_policy_allows_waits() -> None:
    """What would hit too many is denied with the field of the policy, and nothing is hit instead."""
    told = Told()
    told.policy = {**POLICY, "minReadyLeft": 1}
    told.examining()
    assert (told.status.phase, told.status.reason) == (Phase.PENDING, "Denied")
    assert "minReadyLeft 1" in told.status.message


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ({"mode": "fixed", "value": 6}, "it wants 6 targets, and the ChaosPolicy allows maxTargets 5"),
        ({"mode": "fixed", "value": 5}, ""),
        ({"mode": "fixedPercent", "value": 51}, "it wants 51 of a hundred, and the ChaosPolicy allows maxPercent 50"),
        ({"mode": "randomMaxPercent", "value": 50}, ""),
        ({"mode": "all"}, ""),
        ({"labelSelector": {"matchLabels": {"fabgitops.io/chaos": "protected"}}}, "which is never a target"),
    ],
)
def test_what_is_declared_too_large_is_not_looked_up(target: dict[str, Any], why: str) -> None:
    """A number that the policy does not allow is refused as it stands, and nobody looks for what is protected."""
    told = Told(target={**TARGET, **target}).declared().later(0)
    assert (told.request is None) is bool(why)
    assert why in told.status.message
