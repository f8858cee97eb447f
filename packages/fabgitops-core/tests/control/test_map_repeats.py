"""Settings that lapse unless they are written again: when that is done, what it leaves behind, and what holds it."""

from datetime import timedelta
from typing import Any

import pytest
from fabgitops_core.control.events import Failure, FailureKind
from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.neighbours import ALONE
from fabgitops_core.control.plc.auditing import audited
from fabgitops_core.control.plc.commands import Identify, Read, Write
from fabgitops_core.control.plc.events import WriteDone, WriteUnrecorded, WriteWithdrawn
from fabgitops_core.control.plc.fleet import Fleet, Terms
from fabgitops_core.control.plc.writing import still_wanted

from .conftest import Story
from .mapping import HOLDING, SPEED, TORQUE, requests, spec, story, sync, write_of

LIMIT: dict[str, Any] = {"name": "limit", "address": 0, "value": 30, "unit": "%", "write": {"repeatSecs": 60}}
CHARGE: dict[str, Any] = {"name": "charge", "address": 40, "type": "int32", "value": -1500, "write": {"repeatSecs": 20}}
REMOTE: dict[str, Any] = {
    "name": "remote",
    "address": 5,
    "type": "bit",
    "bit": 3,
    "value": True,
    "write": {"repeatSecs": 10},
}
MINUTE = {"pollIntervalSecs": 10}


def holding(*registers: dict[str, Any], **changes: Any) -> Story:
    """Return the story of a device that holds what is wanted, and was looked at once, as its first repetition went."""
    told = story(*(registers or (LIMIT,)), **{**MINUTE, **changes})
    told.pace = 0
    told.device.holding(0, 30).holding(40, 0xFFFF, 0xFA24).holding(5, 8).holding(10, 5).holding(11, 6)
    return told.polled()


def test_a_setting_is_written_again_when_its_time_has_come() -> None:
    """It is written at the first look and then every so many seconds, and read back, though it holds nothing else."""
    told = holding()
    for _ in range(12):
        told.polled(after=10)
    assert [(change.address, change.values) for change in told.device.writes] == [(0, (30,))] * 3
    assert told.register("limit").actual == "30"
    assert told.device.reads[-1].address == 0


def test_it_is_no_drift_and_no_correction_and_tells_nothing() -> None:
    """No Event, no history, no count of corrections, and not one status for its sake; its own count waits in memory."""
    told = holding()
    said = len(told.published)
    for _ in range(60):
        told.polled(after=10)
    assert len(told.device.writes) == 11
    assert told.notices == []
    assert (told.status.drift_events, told.status.corrections_applied, told.status.history) == (0, 0, ())
    assert len(told.published) == said
    assert (told.status.repeats, told.register("limit").repeats) == (11, 11)
    told.device.holding(0, 99)
    told.polled()
    assert (told.published[-1].repeats, told.published[-1].registers[0].repeats) == (11, 11)


def test_the_count_is_told_within_the_hour() -> None:
    """Where there is nothing else to tell, the count is stored once an hour."""
    told = holding()
    said = len(told.published)
    for _ in range(130):
        told.polled(after=60)
    assert len(told.published) - said == 2
    told_last = told.published[-1]
    assert told_last.repeats is not None
    assert told_last.repeats == told_last.registers[0].repeats
    assert told_last.repeats > 100


def test_it_comes_at_its_time_and_not_with_a_later_poll() -> None:
    """A pass is made when it is due, however far apart polls are; a correction begins its time anew."""
    told = holding({**LIMIT, "write": {"repeatSecs": 15}})
    assert told.wake is not None
    assert told.wake.after == 10
    told.polled(after=10)
    assert told.wake.after == pytest.approx(5, abs=0.1)
    told.polled(after=5)
    assert len(told.device.writes) == 2
    told.device.holding(0, 100)
    told.polled(after=10)
    assert (len(told.device.writes), told.status.corrections_applied) == (3, 1)
    told.polled(after=10)
    assert len(told.device.writes) == 3
    told.polled(after=5)
    assert len(told.device.writes) == 4


@pytest.mark.parametrize("register", [LIMIT, CHARGE, REMOTE], ids=lambda each: each["name"])
def test_whatever_it_is_goes_out_as_it_would_be_corrected(register: dict[str, Any]) -> None:
    """A word, two words at once, and a bit whose word is read before it goes out although its bits are right."""
    told = holding(register)
    told.polled(after=100)
    wanted = told.state.map.points[0].change()
    assert [(each.address, each.values, each.mask) for each in told.device.writes] == [
        (wanted.address, wanted.values, wanted.mask)
    ] * 2
    assert told.register(register["name"]).repeats == 2


def test_after_a_restart_it_is_repeated_at_once_and_counted_on() -> None:
    """A device may have lapsed while nobody looked, and nobody knows when it was written last."""
    told = holding()
    told.device.holding(0, 99)
    told.polled(after=60)
    told.device.holding(0, 30)
    revived = told.crashed().polled()
    assert len(told.device.writes) == 3
    assert revived.status.repeats == 2


def test_a_lapse_is_a_drift_and_is_corrected() -> None:
    """Where the device lapsed all the same, that is told and corrected as any drift."""
    told = holding()
    told.device.holding(0, 100)
    told.polled(after=10)
    assert told.notices == ["DriftDetected", "DriftCorrected"]
    assert [each.result for each in told.status.history] == ["Proven"]


def test_what_fails_is_tried_again_by_the_next_poll_and_told_once() -> None:
    """A refusal is no drift: the PLC stays ready, says why it was not repeated, and no pause grows."""
    told = holding()
    told.device.read_only.add((1, HOLDING, 0))
    tries = requests(told, Write)
    for _ in range(12):
        told.polled(after=10)
    assert requests(told, Write) - tries == 7
    assert told.condition("Ready") == ("True", "InSync")
    assert told.status.message.startswith("limit (holding register 0) holds 30 %, as Git wants; not repeated: limit: ")
    assert "exception 04" in told.status.message
    assert told.notices == ["RepeatFailed"]
    told.device.read_only.clear()
    told.polled(after=10)
    assert told.status.message == "limit (holding register 0) holds 30 %, as Git wants"
    assert told.status.repeats == 2


def test_one_that_fails_once_tells_nothing() -> None:
    """Within a poll it is tried again: there is nothing that anybody would have to know."""
    told = holding()
    said = len(told.published)
    told.device.read_only.add((1, HOLDING, 0))
    told.polled(after=60)
    told.device.read_only.clear()
    told.polled(after=10)
    assert len(told.published) == said
    assert told.notices == []


def test_one_without_an_answer_is_proven_to_have_broken_nothing_and_tried_again() -> None:
    """It may have got lost, so it is not counted and goes out once more with the next poll."""
    told = holding()
    told.device.deaf.add((1, HOLDING, 0))
    told.polled(after=60)
    told.device.deaf.clear()
    told.polled(after=10)
    assert len(told.device.writes) == 3
    assert told.status.repeats == 2
    assert told.notices == []


@pytest.mark.parametrize(
    ("held", "why"),
    [
        ({"autoCorrect": False}, "the mode is Warn"),
        ({"correction": {"mode": "Observe"}}, "only looked at"),
        ({"adoption": "Observe"}, "nobody has approved this device yet"),
        ({"correction": {"approval": "Manual"}}, "nobody is asked about a repetition"),
        ({"correction": {"interlocks": [{"register": "speed", "operator": "==", "value": 0}]}}, "speed"),
        ({"correction": {"windows": [{"type": "deny", "schedule": "* * * * *", "duration": "1h"}]}}, "deny window"),
        ({"identity": {"vendor": "Somebody Else"}}, "Somebody Else"),
    ],
    ids=lambda each: next(iter(each)) if isinstance(each, dict) else "",
)
def test_whatever_holds_a_correction_holds_it(held: dict[str, Any], why: str) -> None:
    """No repetition goes out where no correction may, and the status says why."""
    told = story(LIMIT, SPEED, **{**MINUTE, **held})
    told.device.holding(0, 30).holding(10, 5)
    told.device.identity = {0: "ACME"}
    for _ in range(4):
        told.polled(after=60)
    assert told.device.writes == []
    assert why in told.status.message
    assert told.notices.count("RepeatFailed") == 0


def test_a_rival_a_suspension_and_an_edit_hold_it() -> None:
    """Neither contested nor suspended is anything repeated, and what waits for its turn dies with an edit."""
    told = holding()
    told.at += timedelta(seconds=60)
    told.polled(until=Write)
    change = write_of(told).change
    assert change.repeat
    assert still_wanted(told.state, change, told.at, ALONE)
    told.declare(spec(LIMIT, **MINUTE, suspend=True))
    assert not still_wanted(told.state, change, told.at, ALONE)
    told.declare(spec(LIMIT, **MINUTE))
    assert not still_wanted(told.state, change, told.at, ALONE)


def test_what_a_machine_was_told_anew_starts_no_cooldown() -> None:
    """A drift right after a repetition is corrected at once, and after a correction the repetition waits as long."""
    told = holding(correction={"cooldownSecs": 60})
    told.device.holding(0, 100)
    told.polled(after=10)
    assert told.status.corrections_applied == 1
    told.polled(after=50)
    assert len(told.device.writes) == 2
    told.polled(after=20)
    assert len(told.device.writes) == 3


def test_confirming_a_drift_does_not_keep_it_waiting() -> None:
    """Nothing is wrong there that would have to be seen several times."""
    assert len(holding(correction={"confirmReads": 3}).device.writes) == 1


def test_the_device_is_asked_who_it_is_before_it() -> None:
    """As before any write of a resource that pins an identity."""
    told = story(LIMIT, **MINUTE, identity={"vendor": "ACME"})
    told.device.holding(0, 30)
    told.device.identity = {0: "ACME"}
    told.polled().polled(after=60)
    assert requests(told, Identify) == 2
    assert len(told.device.writes) == 2


def test_a_write_budget_counts_it_and_is_stored_before() -> None:
    """There each repetition is recorded, for memory that wears out, and what was not sent is taken back."""
    told = holding(correction={"writeBudget": {"perHour": 100}})
    told.polled(after=60)
    writes = told.register("limit").writes
    assert writes is not None
    assert (writes.total, told.published[-1].registers[0].repeats) == (2, 2)
    assert told.status.corrections_applied == 0
    told.polled(after=60, until=Write)
    assert told.published[-1].registers[0].write_intended
    hold = Hold(HoldReason.LEASE, "another operator holds the Lease")
    told.tell(WriteWithdrawn(told.at, write_of(told).change, hold))
    writes = told.register("limit").writes
    assert writes is not None
    assert writes.total == 2
    assert told.register("limit").write_intended is None


def test_where_its_record_is_not_stored_nothing_is_repeated() -> None:
    """It goes by what is stored already; where the control plane refuses that, it is tried again by the next poll."""
    told = holding()
    told.polled(after=60, until=Write)
    assert write_of(told).first
    refusal = Failure(FailureKind.REFUSED_FOR_NOW, "the record was refused")
    told.tell(WriteUnrecorded(told.at, write_of(told).change, refusal))
    assert told.condition("Ready") == ("True", "InSync")
    told.polled(after=10)
    assert len(told.device.writes) == 2


def test_a_hold_of_the_operator_is_told_when_it_lasts() -> None:
    """A Lease that is lost for longer than a poll is said, and the PLC is in sync meanwhile."""
    told = holding()
    for _ in range(3):
        told.polled(after=30, until=Write)
        if isinstance(told.request, Write):
            hold = Hold(HoldReason.LEASE, "another operator holds the Lease")
            told.tell(WriteWithdrawn(told.at, told.request.change, hold, recorded=False))
    assert told.condition("InSync") == ("True", "InSync")
    assert told.status.message.endswith("not repeated: limit: another operator holds the Lease")
    assert told.notices == []


def test_an_edit_while_it_is_held_is_not_said_to_be_in_sync() -> None:
    """What was judged by the old values says nothing of the new ones, though the repetition is of neither."""
    told = holding(LIMIT, SPEED)
    told.polled(after=60, until=Write)
    change = write_of(told).change
    told.declare(spec(LIMIT, {**SPEED, "value": 9}, **MINUTE))
    told.tell(WriteWithdrawn(told.at, change, Hold(HoldReason.LEASE, "another operator holds the Lease")))
    assert told.status.observed_generation != told.state.generation or not told.status.in_sync
    told.polled(after=10)
    assert told.register("speed").actual == "9"


@pytest.mark.parametrize("deaf", [False, True])
def test_an_edit_while_it_is_under_way_is_taken(deaf: bool) -> None:
    """What comes of it is nothing to a map that is shorter by now, and what is repeated there goes out at once."""
    told = holding(SPEED, TORQUE, LIMIT)
    told.polled(after=60, until=Write)
    if deaf:
        told.device.deaf.add((1, HOLDING, 0))
    event = told.device.answer(told.at, write_of(told))
    told.device.deaf.clear()
    told.declare(spec({**LIMIT, "name": "speed"}, **MINUTE))
    told.tell(event)
    told.polled(after=10)
    assert told.status.in_sync
    assert [each.address for each in told.device.writes] == [0, 0, 0]


def test_it_goes_with_corrections_of_the_same_pass() -> None:
    """What drifted is recorded and corrected, what is due is repeated beside it, and each is counted as what it is."""
    told = holding(LIMIT, SPEED, TORQUE)
    told.device.holding(11, 99)
    told.polled(after=60)
    assert [change.address for change in told.device.writes] == [0, 0, 11]
    assert [change.repeat for change in told.device.writes] == [True, True, False]
    assert (told.status.corrections_applied, told.status.repeats) == (1, 2)
    assert [each.register_name for each in told.status.history] == ["torque"]


def test_bits_of_one_word_go_out_together_and_a_drift_makes_it_a_correction() -> None:
    """A bit that is due goes out in the write that corrects another of its word."""
    fan = {"name": "fan", "address": 5, "type": "bit", "bit": 0, "value": False}
    told = holding(REMOTE, fan)
    told.device.holding(5, 9)
    told.polled(after=10)
    assert [(each.values, each.mask, each.repeat) for each in told.device.writes] == [((8,), 8, True), ((8,), 9, False)]
    assert (told.status.corrections_applied, told.register("remote").repeats, told.status.repeats) == (1, 2, 1)


def test_a_group_is_repeated_whole() -> None:
    """One that is due takes its group along; where another of it drifted that corrects it, and begins its time anew."""
    group = ({**LIMIT, "group": "g"}, {"name": "mode", "address": 1, "value": 2, "group": "g"})
    told = holding(*group)
    assert [(each.values, each.repeat) for each in told.device.writes] == [((30, 2), False)]
    assert (told.status.corrections_applied, told.status.repeats) == (1, None)
    told.polled(after=30)
    assert len(told.device.writes) == 1
    told.polled(after=30)
    assert [(each.values, each.repeat) for each in told.device.writes[1:]] == [((30, 2), True)]
    assert (told.register("limit").repeats, told.register("mode").repeats, told.status.repeats) == (1, None, 1)
    told.device.write_only.add((1, HOLDING, 1))
    told.polled(after=60)
    assert len(told.device.writes) == 2


def test_a_silent_device_ends_it() -> None:
    """Contact that is lost over a repetition is told as ever, and what was due goes out when it is back."""
    told = holding()
    told.polled(after=60, until=Write)
    told.device.away.add(1)
    told.answered()
    assert told.condition("Ready") == ("False", "ConnectionFailed")
    told.device.away.clear()
    told.polled(after=10)
    assert len(told.device.writes) == 2
    assert told.condition("Ready") == ("True", "InSync")


def test_a_clock_that_is_set_back_ends_the_wait() -> None:
    """No setting lapses because somebody has set a clock."""
    told = holding()
    told.polled(after=-86_400)
    assert len(told.device.writes) == 2


def test_a_forced_sync_repeats_nothing_by_itself() -> None:
    """What is forced is what differs; a register that holds its value is repeated when it is due."""
    told = sync(holding(), force=True)
    told.polled()
    assert len(told.device.writes) == 1


def test_the_brake_of_the_fleet_counts_it_as_no_correction() -> None:
    """However many settings a line repeats, that is nobody at work."""
    told, fleet = holding(), Fleet(Terms(percent=0, corrections=1))
    change = told.device.writes[0]
    for _ in range(5):
        fleet.happened(("plc",), WriteDone(told.at, change), (), 0.0)  # type: ignore[arg-type]
    assert fleet.why(0.0) == ""


def test_its_record_says_what_it_is() -> None:
    """An audit of a repetition names the register, what it held, and that nothing was corrected."""
    told = holding()
    told.polled(after=60, until=Write)
    facts = audited(told.state, write_of(told).change, told.at)
    assert [(each.point.name, each.before) for each in facts.touched] == [("limit", (30,))]
    assert set(facts.guards.values()) == {"allows"}


def test_a_reading_back_that_shows_something_else_is_a_drift() -> None:
    """A device that takes the same value for another one is told of, and the next poll corrects it."""
    told = holding()
    told.polled(after=60, until=Write)
    told.answered()
    told.device.holding(0, 7)
    told.answered()
    assert told.notices == ["DriftDetected"]
    assert "the next poll looks again" in told.status.message
    told.polled(after=10)
    assert told.status.corrections_applied == 1


def test_a_poll_that_finds_the_same_costs_no_judgement() -> None:
    """Between two repetitions a poll is over with its reading."""
    told = holding().polled(after=10)
    found = told.state.memory.found
    told.polled(after=10)
    assert told.state.memory.found is found
    assert isinstance(next(each for each in reversed(told.all) if isinstance(each, Read)), Read)


@pytest.mark.parametrize(
    ("register", "changes", "said"),
    [
        ({**LIMIT, "value": None}, {}, "no value to be repeated"),
        ({**LIMIT, "write": {"repeatSecs": 60, "verify": False}}, {}, "given once for each value"),
        (
            {**LIMIT, "write": {"repeatSecs": 60, "ramp": {"maxStep": 1, "stepIntervalSecs": 1}}},
            {},
            "times of its own",
        ),
        ({**LIMIT, "write": {"repeatSecs": 0}}, {}, "repeatSecs"),
        (LIMIT, {"pollIntervalSecs": 61}, r"not be shorter than pollIntervalSecs \(61\)"),
        (LIMIT, {"correction": {"cooldownSecs": 61}}, "keep it waiting"),
        (LIMIT, {"correction": {"writeBudget": {"perHour": 60}}}, r"60 write\(s\) an hour, and .*perHour \(60\)"),
        (LIMIT, {"correction": {"writeBudget": {"perDay": 1440}}}, r"1440 write\(s\) a day, and .*perDay \(1440\)"),
    ],
)
def test_what_makes_no_sense_is_refused(register: dict[str, Any], changes: dict[str, Any], said: str) -> None:
    """A repetition without a value or a pass to go with, or one that leaves nothing of a budget, is refused."""
    with pytest.raises(ValueError, match=said):
        spec(register, **changes)


def test_a_budget_that_leaves_some_is_taken() -> None:
    """One write more than what is repeated is enough, and so is a poll as long as the time."""
    spec(LIMIT, pollIntervalSecs=60, correction={"writeBudget": {"perHour": 61, "perDay": 1441}, "cooldownSecs": 60})


@pytest.mark.parametrize("after", ["crash", "edit"])
def test_what_a_pass_that_only_repeats_has_found_is_told_once(after: str) -> None:
    """A drift that is held is announced with a status that counts it; who comes after it, or an edit, tells no more."""
    wanted = {**MINUTE, "correction": {"confirmReads": 2}}
    told = holding(LIMIT, TORQUE, **wanted)
    told.device.holding(11, 9)
    told.polled(after=60, until=Write)
    assert write_of(told).change.repeat
    assert told.notices == ["DriftDetected"]
    assert told.published[-1].drift_events == 1
    if after == "crash":
        told = told.crashed().polled(after=60)
        assert told.notices == []
    else:
        told.declare(spec(LIMIT, TORQUE, **wanted, timeout=2.0))
        told.tell(WriteWithdrawn(told.at, write_of(told).change)).polled(after=60)
        assert told.notices.count("DriftDetected") == 1
    assert told.status.drift_events == 1


@pytest.mark.parametrize("edited", [False, True])
def test_what_no_status_tells_yet_is_told_before_it_is_repeated(edited: bool) -> None:
    """A repetition has no record, since the status says what it holds: so it says so before the first."""
    told = holding() if edited else story(LIMIT, **MINUTE)
    told.device.holding(0, 40 if edited else 30)
    if edited:
        told.declare(spec({**LIMIT, "value": 40}, **MINUTE))
    told.polled(after=60, until=Write)
    assert write_of(told).change.repeat
    (known,) = told.published[-1].registers
    assert (known.desired, known.in_sync) == ("40" if edited else "30", True)
