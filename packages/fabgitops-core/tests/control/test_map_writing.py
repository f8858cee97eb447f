"""How a map is written: recorded, proven or not, refused, edited and suspended in the middle."""

from datetime import timedelta

import pytest
from fabgitops_core.control.plc.commands import Read, Write
from fabgitops_core.control.plc.events import WriteWithdrawn
from fabgitops_core.control.plc.writing import still_wanted

from .mapping import HOLDING, LEVEL, REMOTE, SPEED, TORQUE, requests, spec, story, sync, write_of


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
    told = story(SPEED, TORQUE, maxCorrectionsPerHour=100)
    told.device.stubborn = {(1, HOLDING, 10)}
    for _ in range(40):
        told.device.holding(11, 9)
        told.polled(after=1)
    writes = [change.address for change in told.device.writes]
    assert writes.count(11) == 40
    assert 3 <= writes.count(10) <= 8
    assert told.status.drift_events == 1 + 40
    assert told.notices.count("CorrectionFailed") == 1


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
    assert not still_wanted(told.state, change, told.at)
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
    assert not still_wanted(told.state, change, told.at)
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


def test_a_clock_that_was_set_back_ends_the_wait_for_the_next_attempt() -> None:
    """A refused correction is tried again at once when the clock says that its pause lasts longer than any does."""
    told = story(SPEED)
    told.pace = 0.1
    told.device.read_only = {(1, HOLDING, 10)}
    told.polled()
    attempts = requests(told, Write)
    told.polled()
    assert requests(told, Write) == attempts, "it waits"
    told.at -= timedelta(hours=1)
    told.polled()
    assert requests(told, Write) == attempts + 1


@pytest.mark.parametrize(("function", "hint"), [("auto", "multiple"), ("single", "multiple"), ("multiple", "single")])
def test_a_write_that_nobody_confirmed_and_that_did_not_hold_has_both_reasons(function: str, hint: str) -> None:
    """Where a write was not answered and is not to be read afterwards, both is said, and the other function named."""
    told = story({**SPEED, "write": {"function": function}})
    told.device.stubborn = told.device.deaf = {(1, HOLDING, 10)}
    told.polled()
    message = told.status.message
    assert message.startswith("no reply; speed (holding register 10) holds 0 after writing 5: the write was lost")
    assert message.endswith(f"; if that is always so, try write.function: {hint}")
    assert told.condition("Ready") == ("False", "VerificationFailed")


def test_a_write_that_was_confirmed_and_did_not_hold_has_one_reason() -> None:
    """What an earlier write had to say is not said of a later one that was confirmed."""
    told = story(SPEED, TORQUE)
    told.device.deaf = {(1, HOLDING, 10)}
    told.device.stubborn = {(1, HOLDING, 11)}
    told.polled()
    assert told.status.message.startswith("torque (holding register 11) holds 0 after writing 6")
    assert "write.function" not in told.status.message
