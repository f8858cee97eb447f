"""A whole register map: what a user sees of each register, whatever its neighbours do."""

from datetime import timedelta
from typing import Any

import pytest
from fabgitops_core.api.industrialplc import IndustrialPLCSpec
from fabgitops_core.api.template import IndustrialPLCTemplateSpec
from fabgitops_core.codec.tables import Table
from fabgitops_core.control.commands import Identify, Publish, Read, Wake, Write
from fabgitops_core.control.events import Contested, Declared, Referenced, SyncRequest, WriteDone, WriteWithdrawn
from fabgitops_core.control.plc import PlcController
from fabgitops_core.control.plc.state import Stage
from fabgitops_core.control.plc.writing import still_wanted

from .conftest import START, Story
from .conftest import spec as short_form

HOLDING = Table.HOLDING
SPEED = {"name": "speed", "address": 10, "value": 5}
TORQUE = {"name": "torque", "address": 11, "value": 6}
LEVEL = {"name": "level", "address": 12, "type": "float32", "value": 21.5, "tolerance": 0.5}
REMOTE = {"name": "remote", "address": 5, "unitId": 2, "value": 1}


def spec(*registers: dict[str, Any], **changes: Any) -> IndustrialPLCSpec:
    """Return a spec of these registers."""
    given = {"deviceAddress": "10.0.0.5", "registers": list(registers), **changes}
    return IndustrialPLCSpec.model_validate(given)


def story(*registers: dict[str, Any], **changes: Any) -> Story:
    """Return a story that begins with these registers declared."""
    return Story().declare(spec(*registers, **changes))


def sync(told: Story, *, force: bool = False) -> Story:
    """Ask for a pass."""
    return told.declare(told.spec, request=SyncRequest("t1", force), same=True)


# --- several registers, several units ---------------------------------------------------------------------------------


def test_everything_is_read_corrected_and_proven_in_one_pass() -> None:
    """Registers of two units are read in one request each, and each drift is written, read back and counted."""
    told = story(SPEED, TORQUE, REMOTE)
    told.polled()
    assert [(plan.unit_id, plan.address, plan.count) for plan in told.device.reads[:2]] == [(1, 10, 2), (2, 5, 1)]
    assert [change.values for change in told.device.writes] == [(5,), (6,), (1,)]
    assert told.status.registers_in_sync == "3/3"
    assert (told.status.drift_events, told.status.corrections_applied) == (3, 3)
    assert told.condition("Ready") == ("True", "InSync")
    assert told.status.message == "all 3 registers with a desired value hold it, as Git wants"
    assert told.register("remote").actual == "1"
    assert told.register("remote").raw == "0x0001"


def test_a_unit_that_is_away_keeps_nobody_from_its_neighbours() -> None:
    """While one unit is away the others are read, corrected and told of, and the resource says who is away."""
    told = story(SPEED, REMOTE)
    told.device.away = {2}
    told.polled()
    assert [change.unit_id for change in told.device.writes] == [1]
    assert told.condition("Ready") == ("False", "ConnectionFailed")
    assert told.status.message == "unit 2 did not answer"
    assert (told.register("speed").in_sync, told.register("remote").in_sync) == (True, None)
    assert told.status.registers_in_sync == "1/2"
    told.polled()
    told.device.away = set()
    told.polled()
    assert told.condition("Ready") == ("True", "InSync")
    assert told.notices.count("ConnectionFailed") == told.notices.count("ConnectionRestored") == 1


def test_a_unit_that_goes_away_while_it_is_written_is_told_once() -> None:
    """A unit that is lost between reading and writing is announced, its neighbour is corrected all the same."""
    told = story(REMOTE, SPEED).polled(until=Write)
    told.device.away = {1}
    while told.request:
        told.answered()
    assert told.condition("Ready") == ("False", "ConnectionFailed")
    assert [change.unit_id for change in told.device.writes] == [2]
    told.polled()
    told.device.away = set()
    told.polled()
    assert told.notices.count("ConnectionFailed") == told.notices.count("ConnectionRestored") == 1
    assert told.status.registers_in_sync == "2/2"


def test_a_unit_lost_while_something_graver_is_said_is_told_once() -> None:
    """A unit that is lost during a write is announced once, although the resource says that it is contested."""
    told = story(REMOTE, SPEED, TORQUE)
    told.tell(Contested(told.at, {"torque": "IndustrialPLC default/press"})).polled(until=Write)
    told.device.away = {1}
    while told.request:
        told.answered()
    told.polled().polled()
    assert told.condition("Ready") == ("False", "Conflict")
    assert told.notices.count("ConnectionFailed") == 1


def test_when_all_units_are_away_contact_is_lost() -> None:
    """When no unit answers nothing is known of any register."""
    told = story(SPEED, REMOTE).polled()
    told.device.away = {1, 2}
    told.polled()
    assert told.condition("InSync") == ("Unknown", "ConnectionFailed")
    assert [each.in_sync for each in told.status.registers] == [None, None]
    assert told.status.registers_in_sync is None


def test_writes_never_follow_a_reading_of_another_spec() -> None:
    """A unit that is lost during a write does not let the next go out to a target that was edited meanwhile."""
    told = story(SPEED, REMOTE).polled(until=Write)
    told.device.away = {1}
    told.declare(spec(SPEED, {**REMOTE, "value": 2})).tell(told.device.answer(told.at, write_of(told)))
    assert told.request is None
    assert told.state.stage is Stage.IDLE
    assert told.wake == Wake(0.0)


def requests(told: Story, kind: type) -> int:
    """Return how many requests of a kind were wanted so far."""
    return sum(isinstance(each, kind) for each in told.all)


def write_of(told: Story) -> Write:
    """Return the write that was wanted last."""
    return next(each for each in reversed(told.all) if isinstance(each, Write))


# --- values -----------------------------------------------------------------------------------------------------------


def test_what_stays_within_its_tolerance_is_left_alone() -> None:
    """A value within the tolerance is in sync and never published as it wanders; one outside is corrected."""
    told = story(LEVEL)
    told.device.holding(12, 0x41AC, 0x0000)
    told.polled()
    published = len(told.published)
    for low in range(1, 50):
        told.device.holding(12, 0x41AC + low % 4, low)
        told.polled(after=120)
    assert len(told.published) == published
    assert told.device.writes == []
    assert "within its tolerance" in told.status.message
    told.device.holding(12, 0x4200, 0)
    told.polled()
    assert told.status.corrections_applied == 1


def test_an_edited_tolerance_is_looked_at_with_new_eyes() -> None:
    """A value that stood within its tolerance drifts when the tolerance is narrowed, although nothing else changed."""
    told = story(LEVEL, autoCorrect=False)
    told.device.holding(12, 0x41AE, 0)
    told.polled()
    assert told.status.in_sync
    told.declare(spec({**LEVEL, "tolerance": 0.1}, autoCorrect=False)).polled()
    assert told.status.drift_events == 1
    assert told.register("level").in_sync is False


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"value": 25}, {"value": 25, "scale": 0.1}),
        ({"value": "Run", "enum": {"Run": 25}}, {"value": "Run", "enum": {"Run": 26}}),
        ({"value": 25, "tolerance": 5}, {"value": 25, "tolerance": 1}),
    ],
)
def test_an_edit_while_nobody_looked_is_not_passed_over(before: dict[str, Any], after: dict[str, Any]) -> None:
    """After a restart a stored status is not believed about what a changed scale, enum or tolerance makes of it."""
    first = {"name": "speed", "address": 10}
    told = story({**first, **before})
    told.device.holding(10, 25 + 3 * ("tolerance" in before))
    told.polled()
    assert told.status.in_sync
    edited = Story(generation=told.generation + 1, device=told.device, at=told.at)
    edited.tell(Declared(told.at, edited.generation, spec({**first, **after}), status=told.status)).polled()
    assert edited.status.drift_events == 1
    assert len(edited.device.writes) == 1


def test_what_is_only_observed_is_told_once_a_minute() -> None:
    """An observed register that wanders is published at most once a minute, within its tolerance not at all."""
    told = story({"name": "flow", "address": 3}, {"name": "heat", "address": 4, "tolerance": 5}).polled()
    assert told.status.message == "2 register(s) read; none has a desired value"
    assert told.status.registers_in_sync == "0/0"
    published, began = len(told.published), told.at
    for value in range(1, 100):
        told.device.holding(3, value, value % 5)
        told.polled()
    minutes = (told.at - began).total_seconds() / 60
    assert 0 < len(told.published) - published <= minutes + 1
    assert "DriftDetected" not in told.notices


def test_every_observed_value_is_in_the_metrics() -> None:
    """What is not published is in the numbers for metrics: the last of each register."""
    told = story({"name": "flow", "address": 3}, LEVEL).polled()
    told.device.holding(3, 77)
    told.polled()
    assert PlcController().readings(told.state) == {"flow": 77, "level": 21.5}
    told.device.away = {1}
    assert PlcController().readings(told.polled().state) == {}


@pytest.mark.parametrize(
    "register",
    [
        {"type": "float32", "value": 0.1},
        {"type": "float32", "value": "16777217.0", "byteOrder": "CDAB"},
        {"type": "float64", "value": 0.1, "scale": 0.3, "byteOrder": "DCBA"},
        {"type": "int16", "value": -2.5, "scale": 0.1},
        {"type": "uint16", "value": "Running", "enum": {"Stopped": 0, "Running": 1}},
        {"type": "bcd32", "value": 12345678},
        {"type": "string", "value": "LINE 4", "length": 10},
        {"type": "uint64", "value": "18446744073709551615"},
    ],
)
def test_nothing_drifts_against_itself(register: dict[str, Any]) -> None:
    """Whatever was written once in its own encoding is in sync when it is read back, and stays so."""
    told = story({"name": "it", "address": 100, **register}).polled()
    assert len(told.device.writes) == 1
    assert told.status.in_sync
    told.polled().polled()
    assert len(told.device.writes) == 1
    revived = told.crashed().polled()
    assert len(revived.device.writes) == 1
    assert revived.published == []


def test_bits_of_one_word_are_written_without_disturbing_each_other() -> None:
    """Two bits of a word are read at once and each written by itself; whatever the others hold stays."""
    bits = [{"name": f"b{bit}", "address": 7, "type": "bit", "bit": bit, "value": bit == 0} for bit in (0, 15)]
    told = story(*bits)
    told.device.holding(7, 0b1000_0000_1111_0000)
    told.polled()
    assert told.device.memory[1, HOLDING, 7] == 0b0000_0000_1111_0001
    assert [change.mask for change in told.device.writes] == [1, 1 << 15]
    assert len(told.device.reads) == 1 + 2
    assert told.status.registers_in_sync == "2/2"
    told.device.memory[1, HOLDING, 7] ^= 0b0100_0000
    published = len(told.published)
    told.polled()
    assert len(told.published) == published, "bits that nobody named changed, and no more"


@pytest.mark.parametrize("verify", [True, False])
def test_a_bit_that_is_right_by_the_time_of_its_write_is_no_correction(verify: bool) -> None:
    """A bit that somebody else put right before we wrote it is resolved, not corrected: nothing of ours was sent."""
    flag = {"name": "flag", "address": 3, "type": "bit", "bit": 0, "value": True, "write": {"verify": verify}}
    told = story(flag).polled(until=Write)
    told.device.holding(3, 1)
    while told.request:
        told.answered()
    assert told.device.writes == []
    assert (told.status.drift_events, told.status.corrections_applied, told.status.in_sync) == (1, 0, True)
    assert told.notices == ["DriftDetected", "DriftResolved"]
    assert (told.register("flag").unverified_write, told.register("flag").drifted_since) == (None, None)


def test_a_bit_that_is_right_only_while_it_is_about_to_be_written() -> None:
    """A bit that flips on its own is said to be looked at again, its episode goes on, and the next poll corrects it."""
    told = story({"name": "flag", "address": 3, "type": "bit", "bit": 0, "value": True}).polled(until=Write)
    told.device.holding(3, 1)
    told.answered()
    told.device.holding(3, 0)
    told.answered()
    assert told.condition("Ready") == ("False", "Correcting")
    assert "the next poll looks again" in told.status.message
    assert (told.status.drift_events, told.status.corrections_applied) == (1, 0)
    told.polled()
    assert told.notices == ["DriftDetected", "DriftCorrected"]
    assert (told.status.drift_events, told.status.corrections_applied, told.status.in_sync) == (1, 1, True)


@pytest.mark.parametrize("right", [False, True], ids=["refused", "spared"])
def test_a_write_that_was_not_made_leaves_no_record_behind_a_suspension(right: bool) -> None:
    """A resource suspended while a write waits, which then is not made, is not stored as if it perhaps had been."""
    flag = {"name": "flag", "address": 3, "type": "bit", "bit": 0, "value": True}
    told = story(flag).polled(until=Write)
    told.device.holding(3, int(right))
    told.device.read_only = set() if right else {(1, Table.HOLDING, 3)}
    change = write_of(told)
    told.declare(spec(flag, suspend=True))
    told.tell(told.device.answer(told.at, change))
    assert told.published[-1].registers[0].unverified_write is None
    assert told.condition("Ready") == ("Unknown", "Suspended")


def test_a_coil_and_a_discrete_input() -> None:
    """A coil is corrected, a discrete input and an input register are observed, each in its own table."""
    told = story(
        {"name": "pump", "table": "coil", "address": 0, "value": True},
        {"name": "door", "reference": 10001},
        {"name": "heat", "reference": 30001},
    )
    told.device.memory[1, Table.DISCRETE, 0] = 1
    told.device.memory[1, Table.INPUT, 0] = 200
    told.polled()
    assert told.device.memory[1, Table.COIL, 0] == 1
    assert [told.register(name).actual for name in ("pump", "door", "heat")] == ["true", "true", "200"]


def test_words_that_mean_nothing_are_told_and_not_written() -> None:
    """A register whose words are no number of its type says so, is not written, and is announced once."""
    told = story({"name": "count", "address": 10, "type": "bcd16", "value": 5})
    for word in (0xFFFF, 0xFFFE, 0xAAAA):
        told.device.holding(10, word)
        told.polled()
    assert told.device.writes == []
    assert told.register("count").error == "count (holding register 10) holds words that are no bcd16"
    assert told.register("count").raw == "0xFFFF"
    assert told.condition("Ready") == ("False", "DeviceException")
    assert told.notices == ["DeviceException"]


# --- writing ----------------------------------------------------------------------------------------------------------


def test_a_register_that_is_not_verified_is_proven_by_the_next_pass() -> None:
    """With verify false a write is not read back at once; the next reading proves it, and counts it."""
    told = story({**SPEED, "write": {"verify": False}}).polled()
    assert (len(told.device.reads), len(told.device.writes)) == (1, 1)
    assert told.status.corrections_applied == 0
    assert told.register("speed").unverified_write == "0x0005"
    assert told.condition("Reconciling") == ("True", "Correcting")
    told.polled()
    assert told.status.corrections_applied == 1
    assert len(told.device.writes) == 1


def test_a_register_that_is_not_verified_and_does_not_hold() -> None:
    """A write that the next pass finds lost is told as a failed correction, and not repeated at once."""
    told = story({**SPEED, "write": {"verify": False}})
    told.device.stubborn = {(1, HOLDING, 10)}
    told.polled().polled()
    assert told.condition("Ready") == ("False", "VerificationFailed")
    assert len(told.device.writes) == 1
    assert told.notices == ["DriftDetected", "CorrectionFailed"]


def test_a_write_without_an_answer_is_read_back_although_it_is_not_verified() -> None:
    """A write of unknown outcome is read back before anything else, even with verify false."""
    told = story({**SPEED, "write": {"verify": False}})
    told.device.deaf = {(1, HOLDING, 10)}
    told.polled()
    assert told.status.corrections_applied == 1
    assert len(told.device.reads) == 2


def test_a_slow_register_is_read_back_after_its_delay() -> None:
    """With verifyDelayMs the reading back waits so long, and others have the connection meanwhile."""
    told = story({**SPEED, "write": {"verifyDelayMs": 1500}}).polled(until=Write).answered()
    assert isinstance(told.request, Read)
    assert told.request.after == 1.5


def test_a_refused_write_keeps_nobody_from_being_corrected() -> None:
    """A register whose write is refused says why and backs off, the others are corrected in the same pass."""
    told = story(SPEED, TORQUE)
    told.device.read_only = {(1, HOLDING, 10)}
    told.polled()
    assert told.condition("Ready") == ("False", "WriteRefused")
    assert (told.register("speed").error, told.register("torque").error) == ("exception 04", None)
    assert told.register("speed").unverified_write is None
    assert told.register("torque").in_sync is True
    assert told.status.corrections_applied == 1
    for _ in range(10):
        before = (len(told.published), requests(told, Write))
        told.polled()
        assert told.register("speed").error == "exception 04"
        if requests(told, Write) == before[1]:
            assert len(told.published) == before[0], "nothing is published while it waits for the next attempt"
    told.device.read_only = set()
    told.polled(after=60)
    assert told.condition("Ready") == ("True", "InSync")
    assert told.register("speed").error is None


def test_each_register_backs_off_by_itself() -> None:
    """A register that does not hold what is written waits longer each time, and its neighbour does not."""
    told = story(SPEED, TORQUE)
    told.device.stubborn = {(1, HOLDING, 10)}
    for _ in range(40):
        told.device.holding(11, 9)
        told.polled(after=1)
    writes = [change.address for change in told.device.writes]
    assert writes.count(11) == 40
    assert 3 <= writes.count(10) <= 8
    assert told.status.drift_events == 1 + 40
    assert told.notices.count("CorrectionFailed") == 1


def test_every_write_has_its_record_first() -> None:
    """Right before each write a status is stored that holds the record of exactly that one."""
    told = story(SPEED, TORQUE, REMOTE).due()
    while told.request:
        told.answered()
        if isinstance(told.request, Write):
            record = told.last[-2]
            assert isinstance(record, Publish)
            assert record.before_write
            (open_write,) = [each for each in told.status.registers if each.unverified_write]
            assert open_write.unverified_write == f"0x{told.request.change.values[0]:04X}"
    assert len(told.device.writes) == 3


@pytest.mark.parametrize("events", range(12))
def test_a_crash_between_any_two_events_loses_nothing(events: int) -> None:
    """Wherever a process dies in a pass, the next one ends right: each drift counted once, each correction once."""
    told = story(SPEED, LEVEL, REMOTE).due()
    for _ in range(events):
        if told.request:
            told.answered()
    drifts, corrections = told.notices.count("DriftDetected"), told.notices.count("DriftCorrected")
    revived = told.crashed().polled().polled()
    assert revived.status.in_sync
    assert len(revived.device.writes) <= 4, "a write that was not told of may be repeated, and no other"
    assert revived.status.drift_events == drifts + revived.notices.count("DriftDetected") == 3
    assert revived.status.corrections_applied == corrections + revived.notices.count("DriftCorrected") == 3


def test_an_edit_with_writes_pending_begins_anew() -> None:
    """After an edit in the middle of a pass the write in hand is proven, and everything is read before the next."""
    told = story(SPEED, TORQUE, REMOTE).polled(until=Write)
    told.declare(spec(SPEED, {**TORQUE, "value": 7}, REMOTE)).tell(told.device.answer(told.at, write_of(told)))
    told.answered()
    assert told.request is None
    assert told.status.corrections_applied == 1
    told.polled()
    assert [change.values for change in told.device.writes] == [(5,), (7,), (1,)]
    assert told.status.in_sync
    assert told.status.drift_events == 3


def test_a_target_edited_while_its_write_waits() -> None:
    """A write that waits for its turn is not sent once the target is another, and the new one is written instead."""
    told = story(SPEED).polled(until=Write)
    change = write_of(told).change
    told.declare(spec({**SPEED, "value": 8}))
    assert not still_wanted(told.state, change)
    told.tell(WriteWithdrawn(told.at, change)).polled()
    assert [each.values for each in told.device.writes] == [(8,)]


def test_a_drift_that_goes_before_its_write_is_sent_is_told() -> None:
    """A value that is back to what it was before a drift, whose write was withdrawn, ends that episode."""
    told = story(SPEED).polled().polled().polled()
    told.device.holding(10, 9)
    told.polled(until=Write)
    told.tell(WriteWithdrawn(told.at, write_of(told).change))
    told.device.holding(10, 5)
    told.polled()
    assert told.notices[-2:] == ["DriftDetected", "DriftResolved"]
    assert told.register("speed").drifted_since is None
    assert told.status.in_sync


def test_a_register_dropped_while_others_are_pending() -> None:
    """A register that an edit drops while its write waits is not written, nor counted, and the others are."""
    told = story(SPEED, TORQUE).polled(until=Write)
    change = write_of(told).change
    told.declare(spec(TORQUE))
    assert not still_wanted(told.state, change)
    told.tell(WriteWithdrawn(told.at, change)).polled()
    assert [each.name for each in told.status.registers] == ["torque"]
    assert [each.address for each in told.device.writes] == [11]


def test_suspending_in_the_middle_stops_the_rest() -> None:
    """A resource suspended while one of its writes is in hand sends no other, and proves that one when it goes on."""
    told = story(SPEED, TORQUE).polled(until=Write)
    in_hand = told.device.answer(told.at, write_of(told))
    told.declare(spec(SPEED, TORQUE, suspend=True)).tell(in_hand)
    assert told.request is None
    assert told.condition("Ready") == ("Unknown", "Suspended")
    assert [each.in_sync for each in told.status.registers] == [None, None]
    told.declare(spec(SPEED, TORQUE)).polled()
    assert (told.status.drift_events, told.status.corrections_applied) == (2, 2)
    assert len(told.device.writes) == 2


def test_a_forced_sync_corrects_the_whole_map_once() -> None:
    """A forced sync corrects every register although autoCorrect is false, and only in that pass."""
    told = story(SPEED, TORQUE, REMOTE, autoCorrect=False).polled()
    assert told.condition("Stalled") == ("True", "DriftDetected")
    sync(told, force=True).polled()
    assert (told.status.corrections_applied, told.status.last_handled_reconcile_at) == (3, "t1")
    told.device.holding(10, 9, 9)
    told.polled()
    assert len(told.device.writes) == 3


# --- who is it, and who else wants it? --------------------------------------------------------------------------------

PINNED = {"identity": {"vendor": "ACME", "productCode": "X1"}}


def test_a_device_that_is_another_is_not_written() -> None:
    """A device that differs from the pinned identity is read, not written, and the condition says what differs."""
    told = story(SPEED, **PINNED)
    told.device.identity = {0: "ACME", 1: "X2", 2: "1.0"}
    told.polled()
    assert told.condition("Ready") == ("False", "IdentityMismatch")
    assert "its product code is 'X2', not 'X1'" in told.status.message
    assert "vendor" not in told.status.message
    assert told.register("speed").actual == "0"
    told.polled()
    assert told.notices.count("IdentityMismatch") == 1
    sync(told, force=True).polled()
    assert told.device.writes == []


def test_the_right_device_is_known_again() -> None:
    """Once the right device is in its place it is corrected at the next poll, without an edit or a lost contact."""
    told = story(SPEED, **PINNED)
    told.device.identity = {0: "Other"}
    told.polled()
    told.device.identity = {0: "ACME", 1: "X1"}
    told.polled()
    assert told.status.in_sync
    assert len(told.device.writes) == 1


def test_a_device_swapped_later_is_not_written() -> None:
    """Who it is is asked again before each pass that writes: a device swapped meanwhile is left alone."""
    told = story(SPEED, **PINNED)
    told.device.identity = {0: "ACME", 1: "X1"}
    told.polled()
    assert len(told.device.writes) == 1
    assert requests(told.polled(), Identify) == 1, "a device that holds everything is not asked again"
    told.device.identity = {0: "ACME", 1: "X9"}
    told.device.holding(10, 1)
    told.polled()
    assert len(told.device.writes) == 1
    assert told.condition("Ready") == ("False", "IdentityMismatch")


def test_a_device_that_does_not_say_who_it_is() -> None:
    """A device without identification, or one that is busy when asked, is not written as long as that lasts."""
    told = story(SPEED, **PINNED).polled()
    assert told.condition("Ready") == ("False", "IdentityMismatch")
    assert "cannot be checked: exception 01" in told.status.message
    told.device.identity = {0: "ACME", 1: "X1"}
    told.polled(until=Identify)
    told.device.busy = 1
    told.answered()
    assert told.device.writes == []
    told.polled()
    assert told.status.in_sync


def test_another_identity_pinned_while_a_write_waits() -> None:
    """A write that waits for its turn is not sent once the spec pins another device, before that was asked."""
    told = story(SPEED, **PINNED)
    told.device.identity = {0: "ACME", 1: "X1"}
    change = write_of(told.polled(until=Write)).change
    told.declare(spec(SPEED, identity={"vendor": "Other"}))
    assert not still_wanted(told.state, change)


def test_a_contested_register_is_left_alone() -> None:
    """A register that somebody else wants as well is read and not written, the others go on, and it says who it is."""
    told = story(SPEED, TORQUE)
    told.tell(Contested(told.at, {"speed": "IndustrialPLC default/press"})).polled()
    assert [change.address for change in told.device.writes] == [11]
    assert told.condition("Stalled") == ("True", "Conflict")
    assert "speed is also wanted by IndustrialPLC default/press" in told.status.message
    assert told.notices.count("Conflict") == 1
    told.tell(Contested(told.at, {}))
    assert told.wake == Wake(0.0)
    told.polled()
    assert told.status.in_sync
    assert [change.address for change in told.device.writes] == [11, 10]


def test_a_register_contested_while_its_write_waits() -> None:
    """A write that waits for its turn is not sent once somebody else wants the register."""
    told = story(SPEED).polled(until=Write)
    change = write_of(told).change
    told.tell(Contested(told.at, {"speed": "IndustrialPLC default/press"}))
    assert not still_wanted(told.state, change)


def test_a_conflict_before_a_restart_is_not_forgotten_at_once() -> None:
    """A resource that was contested waits after a restart until its rival had the time to be heard of."""
    told = story(SPEED)
    told.tell(Contested(told.at, {"speed": "IndustrialPLC default/press"})).polled()
    revived = told.crashed()
    assert revived.wake == Wake(10.0)
    revived.polled()
    assert len(revived.device.writes) == 1


# --- templates --------------------------------------------------------------------------------------------------------

BY_TEMPLATE = IndustrialPLCSpec.model_validate(
    {"deviceAddress": "10.0.0.5", "templateRef": {"name": "drive", "parameters": {"limit": 7}}}
)


def template(**register: Any) -> IndustrialPLCTemplateSpec:
    """Return a template of one register, whose value is a parameter."""
    given = {"name": "limit", "address": 20, "value": "${limit}", **register}
    return IndustrialPLCTemplateSpec.model_validate({"parameters": [{"name": "limit"}], "registers": [given]})


def by_template(spec: IndustrialPLCTemplateSpec | None, problem: str = "") -> Story:
    """Return a story that begins with a resource that refers to a template."""
    return Story().tell(Declared(START, 1, BY_TEMPLATE, referenced=Referenced(START, spec, problem)))


def test_a_template_makes_the_map() -> None:
    """A resource takes its registers from its template, with its own parameters, and says where each came from."""
    told = by_template(template()).polled()
    assert told.device.memory[1, HOLDING, 20] == 7
    assert told.register("limit").source == "template; value from parameter limit"


def test_a_template_that_comes_later_is_waited_for() -> None:
    """A resource made before its template says nothing alarming at first, and is looked at once that is there."""
    told = by_template(None)
    assert told.condition("Ready") == ("Unknown", "Pending")
    assert told.wake == Wake(10.0)
    told.tell(Referenced(told.at, template()))
    told.polled()
    assert told.status.in_sync
    assert "TemplateNotFound" not in told.notices


def test_a_template_that_does_not_come_is_missed() -> None:
    """A template that still is not there after a while is named, and found again when it comes."""
    told = by_template(None).due()
    assert told.condition("Ready") == ("False", "TemplateNotFound")
    assert "drive" in told.status.message
    assert told.notices == ["TemplateNotFound"]
    told.tell(Referenced(told.at, template())).polled()
    assert told.status.in_sync


def test_a_restart_without_the_template_at_hand_loses_nothing() -> None:
    """After a restart that hears of the template a moment later, the stored status stands and a write is proven."""
    told = by_template(template()).polled(until=Write).answered()
    revived = Story(generation=1, at=told.at, device=told.device)
    revived.tell(Declared(told.at, 1, BY_TEMPLATE, status=told.status, referenced=Referenced(told.at, None)))
    assert revived.published == []
    revived.tell(Referenced(told.at, template())).polled()
    assert (revived.status.drift_events, revived.status.corrections_applied) == (1, 1)
    assert revived.notices == ["DriftCorrected"]
    assert len(revived.device.writes) == 1


def test_a_changed_template_reaches_its_resources() -> None:
    """A template whose register moved is followed at once; one that was told again unchanged begins nothing."""
    told = by_template(template()).polled()
    told.tell(Referenced(told.at, template()))
    assert told.last == ()
    told.tell(Referenced(told.at, template(address=30)))
    assert told.wake == Wake(0.0)
    told.polled()
    assert told.device.memory[1, HOLDING, 30] == 7


@pytest.mark.parametrize(
    ("spec", "problem", "said"),
    [
        (None, "spec.registers is empty", "drive is not valid: spec.registers is empty"),
        (template(value="${limit}", max=3), "", "above max"),
    ],
)
def test_a_template_that_makes_no_sense_stops_its_resources(
    spec: IndustrialPLCTemplateSpec | None, problem: str, said: str
) -> None:
    """A template that is not valid, or makes no valid map, stalls its resources with the reason, until it is mended."""
    told = by_template(template()).polled()
    told.tell(Referenced(told.at, spec, problem))
    assert told.condition("Stalled") == ("True", "InvalidSpec")
    assert said in told.status.message
    assert told.wake == Wake(None)
    assert told.due().request is None
    told.tell(Referenced(told.at, template())).polled()
    assert told.status.in_sync
    assert told.status.drift_events == 1


def test_a_template_that_is_removed_stops_its_resources() -> None:
    """A template that is deleted is missed, and nothing is read or written without it."""
    told = by_template(template()).polled().tell(Referenced(START, None))
    assert told.condition("Ready") == ("False", "TemplateNotFound")
    assert told.due().request is None


# --- devices that refuse ----------------------------------------------------------------------------------------------


def test_one_refused_address_is_one_register_in_error() -> None:
    """A register that the device does not have is in error alone; later passes leave it out without running into it."""
    many = [{"name": f"r{at}", "address": at} for at in range(32)]
    told = story(*many)
    told.device.refuses = {(1, HOLDING, 17): 0x02}
    told.polled()
    assert [each.name for each in told.status.registers if each.error] == ["r17"]
    assert told.condition("Ready") == ("False", "DeviceException")
    assert told.notices == ["DeviceException"]
    asked = len(told.device.reads)
    published = len(told.published)
    told.polled()
    assert [(plan.address, plan.count) for plan in told.device.reads[asked:]] == [(0, 17), (18, 14)]
    assert len(told.published) == published


def test_a_device_that_shows_little_at_once_is_asked_for_no_more() -> None:
    """A device that refuses long readings, and has all registers, is asked in readings that it takes from then on."""
    told = story(*({"name": f"r{at}", "address": at} for at in range(100)))
    told.device.most = 30
    told.polled()
    assert told.condition("Ready") == ("True", "InSync")
    asked = len(told.device.reads)
    told.polled()
    assert [plan.count for plan in told.device.reads[asked:]] == [25, 25, 25, 25]
    told.device.most = 2000
    sync(told)
    asked = len(told.device.reads)
    told.polled()
    assert [plan.count for plan in told.device.reads[asked:]] == [100]


@pytest.mark.parametrize("how", ["a day", "a sync", "an edit"])
def test_a_hole_is_asked_for_again(how: str) -> None:
    """A refused address is asked for again after a day, when a sync is asked for, and when the spec changes."""
    told = story({"name": "a", "address": 0}, {"name": "b", "address": 1})
    told.device.refuses = {(1, HOLDING, 1): 0x02}
    told.polled()
    told.device.refuses = {}
    told.polled()
    assert told.register("b").error
    if how == "a sync":
        sync(told)
    elif how == "an edit":
        told.declare(spec({"name": "a", "address": 0}, {"name": "b", "address": 1}, tags=["x"]))
    else:
        told.at += timedelta(days=1)
    told.polled()
    assert told.register("b").error is None
    assert told.condition("Ready") == ("True", "InSync")


def test_a_device_that_has_nothing_is_asked_little_and_noticed_when_it_is_well() -> None:
    """When every register is refused a poll costs one request, and once one is answered all are read again."""
    told = story(*({"name": f"r{at}", "address": at} for at in range(20)))
    told.device.refuses = {(1, HOLDING, at): 0x02 for at in range(20)}
    told.polled()
    asked = len(told.device.reads)
    told.polled()
    assert len(told.device.reads) == asked + 1
    told.device.refuses = {(1, HOLDING, 0): 0x02}
    told.polled().polled()
    assert [each.name for each in told.status.registers if each.error] == ["r0"]


def test_a_gap_that_the_device_refuses_is_not_spanned_again() -> None:
    """A read that spans words the device does not have is parted at the gap, for good."""
    told = story(SPEED, {"name": "far", "address": 14}, connection={"maxGapWords": 10})
    told.device.holding(10, 5)
    told.device.refuses = {(1, HOLDING, 12): 0x02}
    told.polled().polled()
    assert [(plan.address, plan.count) for plan in told.device.reads] == [(10, 5), (10, 1), (14, 1), (10, 1), (14, 1)]
    assert told.status.in_sync


def test_a_busy_device_is_asked_again_within_the_poll() -> None:
    """A reading that is answered with busy is tried again a little later, in the same pass."""
    told = story(SPEED, REMOTE)
    told.device.busy = 2
    again = told.due().answered().request
    assert isinstance(again, Read)
    assert again.after == 0.1
    while told.request is not None:
        told.answered()
    assert told.status.in_sync
    assert "DeviceException" not in told.notices


def test_a_gateway_that_does_not_reach_a_unit() -> None:
    """The gateway's exceptions 0A and 0B count against the unit alone."""
    told = story(SPEED, REMOTE)
    told.device.refuses = {(2, HOLDING, 5): 0x0B}
    told.polled()
    assert (told.register("speed").in_sync, told.register("remote").in_sync) == (True, None)
    assert told.condition("Ready") == ("False", "ConnectionFailed")


# --- what is stored ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", [None, 2500])
def test_a_status_from_before_there_were_maps_goes_on(sent: int | None) -> None:
    """A status with only the single fields, as the version before stored it, goes on: episode, record, counters."""
    told = Story().declare(short_form()).due().reads(2311)
    old = told.status.model_copy(update={"registers": (), "registers_in_sync": None, "unverified_write": sent})
    revived = Story().declare(short_form(), status=old).passes(2500)
    assert revived.status.drift_events == 1
    assert revived.status.corrections_applied == (1 if sent else 0)
    assert revived.notices == (["DriftCorrected"] if sent else ["DriftResolved"])
    assert revived.status.current_value == 2500


@pytest.mark.parametrize("spoilt", ["", "0x", "0x12", "0x00010002", "banana", "0x1_00"])
def test_stored_words_that_do_not_fit_count_for_nothing(spoilt: str) -> None:
    """Words that somebody put into the status, or that another length left there, stall nothing."""
    told = story(SPEED).polled()
    (stored,) = told.status.registers
    wrong = stored.model_copy(update={"raw": spoilt, "unverified_write": spoilt})
    revived = Story().declare(spec(SPEED), status=told.status.model_copy(update={"registers": (wrong,)}))
    revived.device = told.device
    revived.polled()
    assert revived.status.in_sync
    assert revived.status.corrections_applied == 1


def test_nothing_is_believed_of_another_device() -> None:
    """What was stored of a register at one address is not said of the register of that name at another device."""
    told = story(SPEED, autoCorrect=False).polled()
    moved = Story(generation=2).tell(
        Declared(START, 2, spec(SPEED, deviceAddress="10.0.0.6", autoCorrect=False), status=told.status)
    )
    moved.polled()
    assert moved.status.drift_events == 2
    assert moved.notices == ["DriftDetected"]


def test_a_contested_resource_that_moved_while_nobody_looked_says_where_it_is() -> None:
    """A resource that was contested, and whose device changed meanwhile, tells of the new one at once."""
    told = story(SPEED).tell(Contested(START, {"speed": "IndustrialPLC default/press"})).polled()
    there = spec(SPEED, deviceAddress="10.0.0.6")
    moved = Story(generation=2).tell(Declared(START, 2, there, status=told.status)).polled(until=Write).answered()
    assert moved.status.endpoint == "10.0.0.6:502"
    revived = moved.crashed().polled()
    assert revived.status.corrections_applied == 1


def test_what_was_moved_while_suspended_and_away_is_begun_anew() -> None:
    """A write recorded before a restart is not proven by another register, named while suspended and nobody looked."""
    told = story(SPEED).polled(until=Write)
    moved = {**SPEED, "address": 40}
    revived = Story(generation=2, at=told.at).tell(Declared(told.at, 2, spec(moved, suspend=True), status=told.status))
    revived.device.holding(40, 5)
    revived.declare(spec(moved)).polled()
    assert revived.status.corrections_applied == 0
    assert revived.status.in_sync


def test_a_map_of_five_hundred_registers_stays_small() -> None:
    """500 registers in drift, each with what Kubernetes stores of it, take less than 200 KB."""
    kinds = ("uint16", "float32", "int32", "float64")
    many = [
        {"name": f"line-4.register-{at:03}", "address": 4 * at, "type": kinds[at % 4], "value": 12.5 if at % 2 else 3}
        for at in range(500)
    ]
    told = story(*many, autoCorrect=False)
    told.polled()
    assert told.status.registers_in_sync == "0/500"
    body = told.status.model_dump_json(by_alias=True, exclude_none=True).encode()
    spec_body = told.spec.model_dump_json(by_alias=True, exclude_unset=True).encode()
    assert len(body) + len(spec_body) < 200_000
    published = len(told.published)
    for _ in range(5):
        told.polled(after=100)
    assert len(told.published) == published


def test_a_late_confirmation_leads_to_nothing() -> None:
    """A confirmation of a write that comes when nothing is under way changes nothing."""
    told = story(SPEED).polled()
    late = WriteDone(told.at, told.device.writes[0])
    assert told.tell(late).last == ()
