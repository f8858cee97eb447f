"""An experiment has passed only where each of its probes has held, whenever it was to be asked."""

from typing import Any

import pytest
from fabgitops_core.api.chaos.status import Phase, Verdict
from fabgitops_core.control.chaos.outcomes import Answer, Result
from fabgitops_core.control.chaos.reasons import ChaosNotice, Reason
from fabgitops_core.control.chaos.requests import Act

from .telling import POLICY, PROBE, TARGET, Told

HOLDS = Answer("steady", True)
DURING = {**PROBE, "when": ["during"]}


@pytest.mark.parametrize("secs", [1, 2, 5, 6, 20])
def test_a_short_experiment_asks_its_probes_too(secs: int) -> None:
    """However short it is, what is to hold while it runs is asked while it runs, and not left out without a word."""
    told = Told(durationSecs=secs, probes=[DURING]).running().to_the_end(HOLDS)
    assert told.status.probes[0].passed >= 1
    assert told.status.verdict is Verdict.PASSED


@pytest.mark.parametrize("holds", [False, None])
def test_a_probe_that_never_held_has_not_passed(holds: bool | None) -> None:
    """A failAfter that is never reached makes no success of a probe that did not hold once, or was never heard of."""
    probe = {**DURING, "everySecs": 5, "failAfter": 10}
    told = Told(probes=[probe]).running().to_the_end(Answer("steady", holds, "503"))
    assert (told.status.phase, told.status.verdict) == (Phase.COMPLETED, Verdict.INCONCLUSIVE)
    assert "the probe steady has not held once while it ran" in told.status.message


def test_what_held_before_and_after_says_nothing_of_meanwhile() -> None:
    """A probe that held at the start and at the end, and never in between, has not passed."""
    told = steady(Told(probes=[{**PROBE, "everySecs": 5, "failAfter": 10}]))
    while told.status.phase is not Phase.RECOVERING:
        told.acted(Result.DONE, *[Answer(each, None) for each in told.asked]) if told.request else told.woken()
    told.to_the_end(HOLDS)
    assert (told.status.probes[0].passed, told.status.verdict) == (2, Verdict.INCONCLUSIVE)


def test_a_probe_that_fails_now_and_then_may_pass() -> None:
    """What failAfter forgives is forgiven, where the probe has held as well."""
    told = Told(probes=[{**DURING, "everySecs": 5, "failAfter": 3}]).running()
    held = iter([True, False])
    while not told.status.phase.final:
        answers = [Answer(each, next(held, False)) for each in told.asked]
        told.acted(Result.DONE, *answers) if told.request else told.woken()
    assert told.status.verdict is Verdict.PASSED


def test_probes_that_are_not_known_any_more_have_not_passed() -> None:
    """After a restart without the package that it needs, an experiment does not pass over what it was to ask."""
    told = ended(Told(probes=[{**PROBE, "when": ["end"], "withinSecs": 60}]).running())
    stored = told.status
    assert stored.reason == Reason.ELAPSED
    again = Told().declared(stored, spec=None, problem="there is no scenario x").woken().to_the_end()
    assert (again.status.phase, again.status.verdict) == (Phase.COMPLETED, Verdict.INCONCLUSIVE)
    assert "what it asks of probes is not known" in again.status.message


def test_what_is_deleted_before_its_end_was_asked_has_not_passed() -> None:
    """Nobody waits for probes of what is deleted, and nobody counts them."""
    told = ended(Told(probes=[{**PROBE, "when": ["end"]}]).running()).declared(leaving=True).acted()
    assert (told.status.phase, told.status.verdict) == (Phase.COMPLETED, Verdict.INCONCLUSIVE)


@pytest.mark.parametrize(("before", "shown"), [("3", Verdict.INCONCLUSIVE), ("3.5", Verdict.PASSED)])
def test_a_drift_to_what_is_there_has_no_effect(before: str, shown: Verdict) -> None:
    """A register that is set to the value that it has drifts from nothing, and that shows nothing."""
    target = {**TARGET, "kind": "plcs"}
    told = Told({"plcDrift": {"register": "temp", "value": 3}}, target=target, durationSecs=5)
    told.policy = {**POLICY, "scenarios": ["plcDrift"]}
    told.examining().examined(can=frozenset({"mock"}), before=before).acted().to_the_end()
    assert (told.status.phase, told.status.verdict) == (Phase.COMPLETED, shown)
    assert told.status.targets[0].effective is (False if shown is Verdict.INCONCLUSIVE else None)


DRIFT = {"plcDrift": {"register": "flow", "value": 10.04}}


def drifting(**place: Any) -> Told:
    """Return an experiment whose mock has been looked at."""
    told = Told(DRIFT, target={**TARGET, "kind": "plcs"}, durationSecs=5)
    told.policy = {**POLICY, "scenarios": ["plcDrift"]}
    return told.examining().examined(can=frozenset({"mock"}), before="10.0", **place)


def test_a_drift_that_rounds_to_what_is_there_has_no_effect() -> None:
    """A register that makes of a value what it held drifts from nothing either, and the message says of which PLC."""
    told = drifting().acted(effective=False).to_the_end()
    assert (told.status.phase, told.status.verdict) == (Phase.COMPLETED, Verdict.INCONCLUSIVE)
    assert told.status.message == "its 5 s are over; it had no effect on hmi-1"


def test_a_drift_that_is_refused_leaves_nothing() -> None:
    """What a register cannot hold was never set: nothing is put back, and nobody is told that it may be there yet."""
    told = drifting().acted(Result.REFUSED)
    assert (told.status.phase, told.status.reason) == (Phase.FAILED, "InjectFailed")
    assert (told.status.message, told.status.targets[0].confirmed) == ("hmi-1 was not injected: so", True)
    assert ChaosNotice.RECOVERY_UNCONFIRMED not in told.notices


def test_a_register_that_is_not_there_is_not_waited_for() -> None:
    """A name that the mock does not have is the spec's, which is told at once, by its field."""
    told = drifting(why="register: the mock has none that it calls flow; it has 7", unfit=True)
    assert (told.status.phase, told.status.reason) == (Phase.FAILED, "Invalid")
    assert told.status.message == (
        "spec.scenario.plcDrift: hmi-1: register: the mock has none that it calls flow; it has 7"
    )


@pytest.mark.parametrize(("effective", "shown"), [(True, Verdict.PASSED), (False, Verdict.INCONCLUSIVE)])
def test_the_last_word_on_an_effect_is_that_of_its_end(effective: bool, shown: Verdict) -> None:
    """What is hit after the last renewal counts as well: who held it says so when it is ended."""
    told = ended(Told().running()).acted(effective=effective)
    assert (told.status.phase, told.status.verdict) == (Phase.COMPLETED, shown)
    assert told.status.message.endswith("; it had no effect on hmi-1") is not effective


def test_a_target_that_is_gone_too_early_shows_nothing() -> None:
    """A PLC that is deleted while its fault is on was under it for a part of the time alone."""
    told = Told(durationSecs=600).running().woken().acted(Result.GONE)
    told.to_the_end(most=200)
    assert (told.status.phase, told.status.verdict) == (Phase.COMPLETED, Verdict.INCONCLUSIVE)
    assert told.status.message == "its 600 s are over; hmi-1 was gone before its time was over"


def test_an_abort_is_not_waited_with_for_probes_of_the_end() -> None:
    """Who ends an experiment while its end is asked about has it over after one more round, and not after an hour."""
    told = ended(Told(probes=[{**PROBE, "when": ["end"], "withinSecs": 3600}]).running()).acted()
    told.acted(Result.DONE, Answer("steady", False, "503"))
    assert told.request is None
    told.declared(spec=told.spec.model_copy(update={"abort": True})).woken()
    told.acted(Result.DONE, Answer("steady", False, "503"))
    assert (told.status.phase, told.status.reason) == (Phase.ABORTED, "Aborted")
    assert told.status.verdict is Verdict.INCONCLUSIVE
    assert "before the probe steady held" in told.status.message


@pytest.mark.parametrize("when", ["running", "asking", "restarted"])
def test_an_abort_at_any_time_ends_within_a_round(when: str) -> None:
    """The same holds for one that comes while it runs, while probes are being asked, or while the operator is away."""
    told = Told(probes=[{**PROBE, "when": ["end"], "withinSecs": 3600}]).running()
    aborted = told.spec.model_copy(update={"abort": True})
    if when == "running":
        told.declared(spec=aborted).woken().acted()
    elif when == "asking":
        ended(told).acted().declared(spec=aborted).acted(Result.DONE, Answer("steady", False, "503"))
    else:
        told = Told().declared(ended(told).status, spec=aborted).woken().acted()
    begun = told.at
    told.to_the_end(Answer("steady", False, "503"), most=3)
    assert (told.status.phase, told.status.reason) == (Phase.ABORTED, "Aborted")
    assert (told.at - begun).total_seconds() <= 5


@pytest.mark.parametrize("policy", [None, {**POLICY, "enabled": False}, "what is allowed cannot be read"])
@pytest.mark.parametrize("when", ["running", "recovering", "resting", "asking", "restarted"])
def test_the_kill_switch_ends_what_asks_about_its_end(when: str, policy: dict[str, object] | str | None) -> None:
    """A policy that is off, deleted or not to be read ends it within seconds, however long its probes had yet."""
    no = Answer("steady", False, "503")
    told = Told(probes=[{**PROBE, "when": ["end"], "withinSecs": 3600}]).running()
    if when != "running":
        ended(told)
    if when in {"resting", "asking"}:
        told.acted().acted(Result.DONE, no)
    if when == "asking":
        told.woken()
    if when == "restarted":
        told = Told().declared(told.status, spec=told.spec)
    begun = told.at
    told.off = policy if isinstance(policy, str) else ""
    told.policy = POLICY if told.off else policy  # type: ignore[assignment]
    told.to_the_end(no, most=12)
    assert (told.status.phase, told.status.reason) == (Phase.ABORTED, "NotAllowed")
    assert told.status.verdict is Verdict.INCONCLUSIVE
    assert (told.at - begun).total_seconds() <= 10


def test_what_is_not_known_yet_ends_no_question_about_the_end() -> None:
    """An operator that begins anew while the API server is slow goes on asking: it may yet pass."""
    no = Answer("steady", False, "503")
    told = ended(Told(probes=[{**PROBE, "when": ["end"], "withinSecs": 3600}]).running()).acted()
    told.acted(Result.DONE, no)
    told = Told().declared(told.status, spec=told.spec)
    told.off, told.answered = "what is allowed is not known: no answer within 2.0 s", False
    for _ in range(3):
        told.acted(Result.DONE, *([no] if told.asked else [])) if told.asks(Act) else told.woken()
        assert not told.status.phase.final
    told.to_the_end(HOLDS)
    assert (told.status.phase, told.status.verdict) == (Phase.COMPLETED, Verdict.PASSED)


def test_a_window_that_closes_ends_no_question_about_the_end() -> None:
    """What is over when its window closes is still asked about: nothing is injected, and it may yet pass."""
    told = ended(Told(probes=[{**PROBE, "when": ["end"], "withinSecs": 3600}]).running()).acted()
    told.policy = {**POLICY, "windows": [{"type": "allow", "schedule": "0 3 * * *", "duration": "1h"}]}
    told.acted(Result.DONE, Answer("steady", False, "503")).to_the_end(HOLDS)
    assert (told.status.phase, told.status.verdict) == (Phase.COMPLETED, Verdict.PASSED)


def test_an_abort_of_what_has_held_changes_nothing() -> None:
    """An experiment whose last answers hold has passed, although somebody wanted it over a moment before."""
    told = ended(Told(probes=[{**PROBE, "when": ["end"], "withinSecs": 3600}]).running()).acted()
    told.declared(spec=told.spec.model_copy(update={"abort": True})).acted(Result.DONE, HOLDS)
    assert (told.status.phase, told.status.verdict) == (Phase.COMPLETED, Verdict.PASSED)


@pytest.mark.parametrize("took", [0.0, 2.0, 4.0, 8.0])
def test_time_that_a_look_takes_is_counted(took: float) -> None:
    """However long it takes to find out whether it may go on, an experiment ends when its time is over."""
    told = Told(durationSecs=60).examining().examined().slowly(0).acted()
    begun = told.at
    while told.status.phase is Phase.RUNNING:
        if told.request:
            told.slowly(1).acted()
        else:
            pause = next(each.after for each in told.commands if hasattr(each, "after")) or 0.0
            told.slowly(pause + took).later(0)
    assert 60 <= (told.at - begun).total_seconds() <= 60 + took + 1
    assert told.status.reason == "Elapsed"


def test_a_clock_that_jumps_makes_nothing_over() -> None:
    """A wall clock that is put on by an hour ends no experiment before its time."""
    told = Told(durationSecs=60).examining().examined().slowly(0).acted()
    told.at = told.at.replace(hour=20)
    told.slowly(5).later(0)
    assert told.status.phase is Phase.RUNNING
    assert told.state.left == pytest.approx(55, abs=5)


def test_longer_than_an_agent_holds_is_refused_before_anything_is_done() -> None:
    """An experiment for which an agent's limit is too short never begins, and says how long it may be."""
    told = Told(durationSecs=3590)
    told.policy = {**POLICY, "maxDurationSecs": 3600}
    told.examining().examined(most_secs=3600)
    assert (told.status.phase, told.status.reason) == (Phase.FAILED, "NotCapable")
    assert told.status.targets == ()
    assert "durationSecs 3590" in told.status.message
    assert "at most 3585" in told.status.message
    fits = Told(durationSecs=3585)
    fits.policy = told.policy
    assert fits.examining().examined(most_secs=3600).status.phase is Phase.RUNNING


def steady(told: Told) -> Told:
    """Go up to where it is injected, with a probe that held before."""
    return told.examining().acted(Result.DONE, HOLDS).examined().acted()


def ended(told: Told) -> Told:
    """Let it run for its whole time."""
    while told.status.phase is not Phase.RECOVERING:
        told.acted() if told.request else told.woken()
    return told
