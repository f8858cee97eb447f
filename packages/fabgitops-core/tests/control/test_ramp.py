"""Registers that go to their value in steps."""

import struct
from datetime import timedelta
from typing import Any

import pytest
from fabgitops_core.codec.types import words_of
from fabgitops_core.control.commands import Publish
from fabgitops_core.control.plc.auditing import audited
from fabgitops_core.control.plc.commands import Write
from fabgitops_core.control.plc.writing import still_wanted, why_held
from pydantic import ValidationError

from .conftest import Story
from .mapping import HOLDING, TORQUE, spec, story, sync
from .test_approval import digest, tells

RAMP = {"maxStep": 5, "stepIntervalSecs": 10}
OVEN = {"name": "oven", "address": 10, "scale": 0.1, "unit": "°C", "value": 60, "write": {"ramp": RAMP}}


def heated(*registers: dict[str, Any], at: int = 400, **changes: Any) -> Story:
    """Return the story of an oven that stands at 40 °C."""
    told = story(*(registers or (OVEN,)), **changes)
    told.device.holding(10, at)
    return told


def oven(**changes: Any) -> dict[str, Any]:
    """Return the oven with some of it changed."""
    return {**OVEN, **changes}


def steps(told: Story, address: int = 10) -> list[int]:
    """Return what was written, one after the other."""
    return [each.values[0] for each in told.device.writes if each.address == address]


def ramped(told: Story, polls: int = 12, every: float = 10.0) -> Story:
    """Let so many polls pass."""
    for _ in range(polls):
        told.polled(after=every)
    return told


def test_a_register_goes_to_its_value_in_steps() -> None:
    """Each step is read back before the next; all are one episode and one correction, with one Event for each."""
    told = ramped(heated())
    assert steps(told) == [450, 500, 550, 600]
    assert told.status.in_sync
    assert (told.status.drift_events, told.status.corrections_applied) == (1, 1)
    assert told.notices == ["DriftDetected", "DriftCorrected"]
    assert told.register("oven").ramping_to is None


def test_the_status_says_where_a_ramp_stands() -> None:
    """Between two steps condition, values and message say so, and nothing is published before the next."""
    told = heated(pollIntervalSecs=3).polled()
    assert told.condition("Correcting") == ("False", "Ramping")
    where = "oven (holding register 10) holds 45 °C, Git wants 60 °C"
    assert told.status.message == f"{where}; not written: oven is ramped by at most 5 °C every 10 s"
    assert told.register("oven").ramping_to == "0x0258"
    assert told.wake is not None
    assert told.wake.after == 3
    published = len(told.published)
    told.polled(after=1).polled(after=1).polled()
    assert len(told.published) == published
    assert told.wake.after is not None
    assert told.wake.after < 3
    told.polled(after=told.wake.after)
    assert steps(told) == [450, 500]


def test_steps_are_an_interval_apart_also_over_a_restart() -> None:
    """A restart in the middle goes on from what is read, after the interval, and counts the same episode."""
    told = heated().polled()
    told = told.crashed().polled(after=2)
    assert steps(told) == [450]
    ramped(told, 3, every=11)
    assert steps(told) == [450, 500, 550, 600]
    assert (told.status.drift_events, told.status.corrections_applied) == (1, 1)


def test_a_crash_with_a_step_on_its_way_makes_no_jump() -> None:
    """Whether the step was carried out or not, the next one begins at what is read, after the interval."""
    for carried_out in (True, False):
        told = heated().polled(until=Write)
        if carried_out:
            assert isinstance(told.request, Write)
            told.device.answer(told.at, told.request)
        told = told.crashed().polled()
        assert steps(told) == ([450] if carried_out else [])
        ramped(told)
        assert steps(told) == [450, 500, 550, 600]


def test_who_moves_the_register_has_the_ramp_begin_anew() -> None:
    """A step begins at what was read, up or down, however far somebody has moved the register; it stays one episode."""
    told = ramped(heated(), 2)
    told.device.holding(10, 700)
    ramped(told, 1)
    told.device.holding(10, 420)
    ramped(told)
    assert steps(told) == [450, 500, 650, 470, 520, 570, 600]
    assert (told.status.drift_events, told.status.corrections_applied) == (1, 1)


def test_an_edit_goes_on_from_where_the_register_is() -> None:
    """A target that changes in the middle turns the ramp there, after the interval, and nothing jumps."""
    told = ramped(heated(), 2)
    told.declare(spec(oven(value=42)))
    told.polled()
    assert steps(told) == [450, 500]
    ramped(told)
    assert steps(told) == [450, 500, 450, 420]
    assert (told.status.drift_events, told.status.corrections_applied) == (1, 1)


def test_an_edit_while_a_step_waits_withdraws_it() -> None:
    """A step towards a target that is none any more is not sent; one that is the same for both targets is."""
    told = heated().polled(until=Write)
    write = told.request
    assert isinstance(write, Write)
    assert still_wanted(told.state, write.change, told.at)
    told.declare(spec(oven(value=30)))
    assert not still_wanted(told.state, write.change, told.at)


def test_a_small_change_goes_at_once_and_others_do_not_wait() -> None:
    """What is no further than a step is one write; another register of the map is written meanwhile."""
    told = heated(OVEN, TORQUE, at=580).polled()
    assert steps(told) == [600]
    slow = heated(OVEN, TORQUE).polled()
    slow.device.holding(11, 1)
    slow.polled(after=1)
    assert steps(slow, 11) == [6, 6]
    assert steps(slow) == [450]


def test_a_step_is_proven_within_the_tolerance() -> None:
    """A device that rounds what it is given goes on; one that keeps nothing is told, and tried again with pauses."""
    told = heated(oven(tolerance=1))
    for _ in range(12):
        told.polled(after=10)
        told.device.holding(10, told.device.memory[1, HOLDING, 10] // 10 * 10)
    assert told.status.in_sync
    stuck = heated()
    stuck.device.stubborn.add((1, HOLDING, 10))
    ramped(stuck, 2)
    assert stuck.condition("Ready") == ("False", "VerificationFailed")
    assert set(steps(stuck)) == {450}
    assert "holds 40 °C after writing 45 °C" in stuck.status.message


@pytest.mark.parametrize(
    ("kind", "order", "begin", "end"),
    [
        ("float32", "ABCD", 20.0, 21.5),
        ("float32", "CDAB", -1.0, 1.0),
        ("int32", "DCBA", 70000, -3),
        ("bcd32", "ABCD", 9998, 10003),
    ],
)
def test_values_of_several_words(kind: str, order: str, begin: float, end: float) -> None:
    """A number of 32 bits goes as a whole, also over zero and over the border of its words."""
    most = abs(end - begin) / 3
    wanted = {"name": "v", "address": 10, "type": kind, "byteOrder": order, "value": end}
    told = heated({**wanted, "value": begin})
    told.polled()
    told.declare(spec({**wanted, "write": {"ramp": {"maxStep": most, "stepIntervalSecs": 1}}}))
    ramped(told, 8)
    assert 4 <= len(told.device.writes) <= 6
    assert all(len(each.values) == 2 for each in told.device.writes)
    assert told.status.in_sync


def test_no_step_leaves_the_limits() -> None:
    """From further outside than a step nothing is written, with the reason; from just outside it goes back in."""
    told = heated(oven(max=65, min=0), at=900)
    ramped(told, 2)
    assert steps(told) == []
    assert told.condition("Correcting") == ("False", "RampImpossible")
    assert told.status.message.endswith("oven holds 90 °C, and a step to 85 °C would be above max (65)")
    told.device.holding(10, 690)
    ramped(told, 4)
    assert steps(told) == [640, 600]
    low = heated(oven(min=55), at=100).polled()
    assert low.status.message.endswith("oven holds 10 °C, and a step to 15 °C would be below min (55)")


def test_from_what_is_no_number_no_step_leads_on() -> None:
    """A float that holds NaN is not written, and told; the ramp begins once it holds a number."""
    level = {"name": "level", "address": 10, "type": "float32", "value": 3.0, "write": {"ramp": {**RAMP, "maxStep": 1}}}
    told = story(level)
    told.device.holding(10, 0x7FC0, 0)
    told.polled()
    assert told.device.writes == []
    assert told.status.message.endswith("level holds NaN, and there is no value within 1 of it on the way to 3")
    told.device.holding(10, *words_of(struct.pack(">f", 2.0)))
    told.polled()
    assert told.status.in_sync


def test_a_ramp_that_is_undone_again_and_again_is_a_fight() -> None:
    """Somebody who sets the register back after each step is found as any other, though nothing is ever corrected."""
    told = heated(maxCorrectionsPerHour=4)
    for _ in range(20):
        told.polled(after=10)
        told.device.holding(10, 400)
    assert told.status.corrections_applied == 0
    assert told.condition("Stalled") == ("True", "ContendedWriter")
    assert len(steps(told)) < 8


def test_a_cooldown_is_between_corrections_and_not_between_steps() -> None:
    """The steps of a ramp do not wait for the cooldown, and the next episode does, also over a restart."""
    told = heated(correction={"cooldownSecs": 600})
    ramped(told)
    assert steps(told) == [450, 500, 550, 600]
    told.device.holding(10, 400)
    told = ramped(told.crashed(), 5)
    assert len(steps(told)) == 4
    assert told.condition("Correcting") == ("False", "Cooldown")
    ramped(told, 70)
    assert len(steps(told)) == 8
    assert told.status.in_sync


def test_a_budget_counts_each_step() -> None:
    """A ramp stops where the budget of the register is spent, and goes on with the next hour."""
    told = ramped(heated(correction={"writeBudget": {"perHour": 2}}))
    assert steps(told) == [450, 500]
    assert told.condition("Correcting") == ("False", "WriteBudget")
    ramped(told, 3, every=1800)
    assert steps(told) == [450, 500, 550, 600]


def test_a_drift_is_confirmed_once_for_all_steps() -> None:
    """What was seen often enough when the ramp began is not confirmed anew for each step."""
    told = ramped(heated(correction={"confirmReads": 3}), 6)
    assert steps(told) == [450, 500, 550, 600]


def test_a_forced_sync_goes_all_the_way() -> None:
    """In the mode Warn a forced sync is answered when the target is reached; a drift after that is only reported."""
    told = heated(correction={"mode": "Warn"}).polled()
    assert steps(told) == []
    sync(told, force=True)
    ramped(told, 2)
    assert told.status.last_handled_reconcile_at is None
    ramped(told, 2)
    assert steps(told) == [450, 500, 550, 600]
    assert answered(told) == "t1"
    told.device.holding(10, 400)
    assert len(steps(ramped(told))) == 4


def answered(told: Story) -> str | None:
    """Return which sync was answered last."""
    return told.status.last_handled_reconcile_at


def test_one_yes_is_for_the_whole_ramp() -> None:
    """A plan says the target, and its digest stays while the ramp goes on; the next episode asks anew."""
    wanted = spec(OVEN, correction={"approval": "Manual"})
    told = tells(Story(), wanted)
    told.device.holding(10, 400)
    told.polled()
    assert steps(told) == []
    assert told.status.plan is not None
    assert [(each.before, each.after) for each in told.status.plan.changes] == [("0x0190", "0x0258")]
    tells(told, wanted, digest(told))
    ramped(told)
    assert steps(told) == [450, 500, 550, 600]
    assert told.status.in_sync
    told.device.holding(10, 400)
    ramped(told, 3)
    assert len(steps(told)) == 4
    assert told.condition("Correcting") == ("False", "AwaitingApproval")


def test_a_yes_is_not_left_half_way() -> None:
    """While a ramp goes on that was agreed to another register is corrected by a yes of its own, and asks alone."""
    wanted = spec(OVEN, TORQUE, correction={"approval": "Manual"})
    told = tells(Story(), wanted)
    told.device.holding(10, 400)
    told.polled()
    tells(told, wanted, digest(told)).polled()
    assert (steps(told), steps(told, 11)) == ([450], [6])
    told.device.holding(11, 1)
    ramped(told.crashed(), 1)
    ramped(told, 2)
    assert told.status.plan is not None
    assert [each.register_name for each in told.status.plan.changes] == ["torque"]
    ramped(told, 3)
    assert steps(told)[-1] == 600
    assert steps(told, 11) == [6]


def test_an_edit_of_a_ramp_that_was_agreed_to_asks_anew() -> None:
    """What was agreed to is this target: another one, or none but a new tag, waits for a yes."""
    for change in ({"value": 70}, {}):
        told = tells(Story(), spec(OVEN, correction={"approval": "Manual"}))
        told.device.holding(10, 400)
        told.polled()
        tells(told, told.spec, digest(told)).polled()
        told.generation += 1
        tells(told, spec(oven(**change), tags=["x"], correction={"approval": "Manual"}), "0123456789abcdef")
        ramped(told, 3)
        assert steps(told) == [450]
        assert told.condition("Correcting") == ("False", "AwaitingApproval")


def test_each_step_of_a_ramp_that_was_agreed_to_may_be_sent() -> None:
    """What decides a step and what is asked right before its bytes say the same: no ramp hangs after its first step."""
    told = tells(Story(), spec(OVEN, correction={"approval": "Manual"}))
    told.device.holding(10, 400)
    told.polled()
    tells(told, told.spec, digest(told))
    for value in (450, 500, 550, 600):
        told.polled(after=20, until=Write)
        assert isinstance(told.request, Write)
        assert told.request.change.values == (value,)
        assert still_wanted(told.state, told.request.change, told.at)
        assert why_held(told.state, told.request.change, told.at) is None
        while told.request is not None:
            told.answered()
    assert told.status.in_sync


def test_a_yes_that_is_taken_back_stops_the_ramp() -> None:
    """Without the annotation no further step is written, and a yes to something else does not let it go on."""
    told = tells(Story(), spec(OVEN, correction={"approval": "Manual"}))
    told.device.holding(10, 400)
    told.polled()
    tells(told, told.spec, digest(told)).polled()
    ramped(tells(told, told.spec), 2)
    ramped(tells(told, told.spec, "0123456789abcdef"), 2)
    assert steps(told) == [450]
    assert told.condition("Correcting") == ("False", "AwaitingApproval")


@pytest.mark.parametrize("restart", [False, True])
def test_a_ramp_that_was_agreed_to_asks_anew_when_somebody_has_moved_the_register(restart: bool) -> None:
    """Who agreed to the way up from 40 did not agree to a way down from 90, seen at once or after an outage."""
    told = tells(Story(), spec(OVEN, correction={"approval": "Manual"}))
    told.device.holding(10, 400)
    told.polled()
    yes = digest(told)
    tells(told, told.spec, yes).polled()
    told.device.holding(10, 900).away.add(1)
    told.polled(after=20)
    told.device.away.clear()
    if restart:
        told = tells(Story(device=told.device, at=told.at), told.spec, yes, status=told.published[-1])
    ramped(told, 3)
    assert steps(told) == [450]
    assert told.condition("Correcting") == ("False", "AwaitingApproval")


def test_there_is_one_step_in_a_pass_however_long_that_takes() -> None:
    """Where other registers of the pass take longer than the interval the next step is due at once, in the next."""
    told = heated(OVEN, TORQUE)
    told.pace = 15
    told.polled()
    assert (steps(told), steps(told, 11)) == ([450], [6])
    assert told.condition("Correcting") == ("False", "Ramping")
    assert told.wake is not None
    assert told.wake.after == 0


def test_the_history_tells_of_a_ramp_as_one_correction() -> None:
    """It says from where to where it went, and what came of the last step; the next episode is another entry."""
    told = ramped(heated(), 2)
    assert past(told) == [("40 °C", "50 °C", "Proven")]
    told = ramped(told.crashed())
    assert past(told) == [("40 °C", "60 °C", "Proven")]
    told.device.holding(10, 650)
    ramped(told)
    assert past(told) == [("40 °C", "60 °C", "Proven"), ("65 °C", "60 °C", "Proven")]
    told.device.read_only.add((1, HOLDING, 10))
    told.declare(spec(oven(value=70)))
    told.polled(after=60)
    assert past(told)[2:] == [("60 °C", "65 °C", "Refused")]


def test_a_step_of_which_nobody_knew_is_told_when_it_is_seen() -> None:
    """A step that was not confirmed, and whose reading failed, is Unknown until a later pass sees it."""
    told = heated(TORQUE, OVEN).polled(until=Write)
    while told.request is not None:
        told.answered()
        if steps(told):
            told.device.away.add(1)
    assert past(told)[1:] == [("40 °C", "45 °C", "Unknown")]
    told.device.away.clear()
    told.polled()
    assert past(told)[1:] == [("40 °C", "45 °C", "Proven")]


def past(told: Story) -> list[tuple[str | None, str, str]]:
    """Return what the history tells: from where, to where, and what came of it."""
    return [(each.before, each.wanted, str(each.result)) for each in told.status.history]


def test_the_audit_hears_of_the_step_and_not_of_the_target() -> None:
    """What is recorded of a write, and compared with the reading after it, is the step."""
    told = heated().polled(until=Write)
    write = told.request
    assert isinstance(write, Write)
    (touched,) = audited(told.state, write.change, told.at).touched
    assert (touched.before, touched.point.wanted) == ((400,), (450,))
    record = next(each.status for each in told.last if isinstance(each, Publish))
    assert record.registers[0].unverified_write == "0x01C2"  # type: ignore[attr-defined]


def test_a_clock_that_is_set_back_makes_no_interval_longer() -> None:
    """A ramp goes on ten seconds after the clock was set back, and at once after it was set forward."""
    told = heated().polled()
    told.at -= timedelta(days=100)
    told.polled()
    assert steps(told) == [450]
    told.polled(after=10)
    assert steps(told) == [450, 500]
    told.at += timedelta(days=200)
    told.polled()
    assert steps(told) == [450, 500, 550]


def test_a_ramp_that_is_given_up_jumps_as_git_says() -> None:
    """Without a ramp the register is written at once, and its status tells of none any more."""
    told = heated().polled()
    told.declare(spec(oven(write={}))).polled()
    assert steps(told) == [450, 600]
    assert (told.register("oven").ramping_to, told.register("oven").corrected_at) == (None, None)


@pytest.mark.parametrize(
    ("register", "why"),
    [
        ({"type": "bit", "bit": 3, "value": True, "scale": 1}, "a ramp is for numbers, and the type is bit: drop it"),
        ({"type": "string", "length": 4, "value": "ab"}, "a ramp is for numbers, and the type is string: drop it"),
        ({"enum": {"Off": 0, "On": 5}, "value": "On"}, "no way from one to the next: drop ramp, or enum"),
        ({"write": {"ramp": RAMP, "verify": False}}, "is never read, so no step begins anywhere"),
        ({"scale": 10, "value": 60}, "less than one count of the register .10.: raise it"),
        ({"tolerance": 5}, "the tolerance .5. hides a step of 5: raise maxStep above it, or lower tolerance"),
        ({"scale": 3, "tolerance": 4}, "the tolerance .4. hides a step of 3"),
        ({"write": {"ramp": {**RAMP, "maxStep": 0}}}, "maxStep must be above 0"),
        ({"write": {"ramp": {"maxStep": 1}}}, "stepIntervalSecs"),
    ],
)
def test_what_cannot_be_ramped(register: dict[str, Any], why: str) -> None:
    """A ramp that leads nowhere is refused, with the way out."""
    given = {"name": "oven", "address": 10, "value": 60, "write": {"ramp": RAMP}, **register}
    with pytest.raises(ValidationError, match=why):
        spec(given)
