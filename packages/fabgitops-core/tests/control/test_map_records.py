"""The records of the writes of a pass: all together before the first, and worth as much as is known of them."""

from typing import Any

import pytest
from fabgitops_core.control.commands import Publish
from fabgitops_core.control.events import Failure, FailureKind
from fabgitops_core.control.plc.commands import Write
from fabgitops_core.control.plc.events import WriteUnrecorded, WriteWithdrawn
from fabgitops_core.control.plc.writing import still_wanted

from .conftest import Story
from .mapping import HOLDING, LEVEL, REMOTE, SPEED, TORQUE, spec, story, write_of

BLINK = 0.005
"""Seconds between two events of a quick device."""


def quick(*registers: dict[str, Any], **changes: Any) -> Story:
    """Return a story in which everything happens within a moment."""
    told = story(*registers, **changes)
    told.pace = BLINK
    return told


def test_a_suspension_in_the_middle_of_a_quick_pass_is_told_at_once() -> None:
    """However lately a pass told of itself, what an edit comes to does not wait for the device's next answer."""
    told = quick(SPEED, TORQUE).polled(until=Write).answered()
    told.declare(spec(SPEED, TORQUE, suspend=True))
    assert told.published[-1].conditions[0].reason == "Suspended"
    assert told.published[-1].observed_generation == told.generation


def records(told: Story) -> dict[str, tuple[str, bool | None]]:
    """Return the records of the status that was published last: the words, and whether they are only intended."""
    found = {each.name: (each.unverified_write, each.write_intended) for each in told.published[-1].registers}
    return {name: (words, marked) for name, (words, marked) in found.items() if words}


def test_every_write_has_its_record_first() -> None:
    """Right before the first write a status is stored that holds the record of each; no other write waits for one."""
    told = quick(SPEED, TORQUE, REMOTE).polled(until=Write)
    (record,) = (each for each in told.last if isinstance(each, Publish))
    assert record.before_write
    assert write_of(told).first
    assert records(told) == {"speed": ("0x0005", True), "torque": ("0x0006", True), "remote": ("0x0001", True)}
    told.answered().answered()
    assert not write_of(told).first
    while told.request:
        told.answered()
    assert sum(isinstance(each, Publish) and each.before_write for each in told.all) == 1
    assert records(told) == {}
    assert len(told.device.writes) == 3


def test_a_map_that_drifts_as_a_whole_takes_a_handful_of_statuses() -> None:
    """500 registers that are put right within two seconds take a status for the record, the end and each second."""
    told = quick(*({"name": f"r{at}", "address": at, "value": 5} for at in range(500)))
    before = len(told.published)
    told.pace = 0.002
    told.polled()
    assert told.status.corrections_applied == 500
    assert len(told.published) - before <= 6


def test_a_long_pass_tells_of_itself_once_a_second() -> None:
    """While a slow device is put right each status tells what was proven since the last, and announces it."""
    told = story(*({"name": f"r{at}", "address": at, "value": 5} for at in range(20)))
    told.pace = 0.3
    told.due()
    while told.request:
        told.answered()
        assert told.published[-1].corrections_applied == told.notices.count("DriftCorrected")
        assert told.published[-1].drift_events == told.notices.count("DriftDetected")
    assert told.status.corrections_applied == 20
    assert 8 <= len(told.published) <= 16


@pytest.mark.parametrize("events", range(12))
@pytest.mark.parametrize("pace", [BLINK, 0.6])
def test_a_crash_within_a_moment_loses_and_doubles_nothing(events: int, pace: float) -> None:
    """Wherever a process dies in a pass of which little was stored yet, each drift and correction counts once."""
    told = quick(SPEED, LEVEL, REMOTE).due()
    told.pace = pace
    for _ in range(events):
        if told.request:
            told.answered()
    drifts, corrections = told.notices.count("DriftDetected"), told.notices.count("DriftCorrected")
    revived = told.crashed().polled().polled()
    assert revived.status.in_sync
    assert len(revived.device.writes) == 3, "a recorded write that happened is proven, not repeated"
    assert revived.status.drift_events == drifts + revived.notices.count("DriftDetected") == 3
    assert revived.status.corrections_applied == corrections + revived.notices.count("DriftCorrected") == 3
    assert "CorrectionFailed" not in revived.notices


def test_what_was_only_intended_before_a_crash_is_drift_still() -> None:
    """A register whose recorded write was never sent goes on with its episode, and no failed correction is told."""
    told = quick(SPEED, TORQUE).polled(until=Write).crashed()
    told.due().answered()
    assert told.notices == []
    assert isinstance(told.request, Write)
    assert [each.drifted_since is not None for each in told.status.registers] == [True, True]
    assert told.status.drift_events == 2


def test_a_write_that_was_sent_and_did_not_hold_is_told_after_a_crash() -> None:
    """A write that is known to be sent when the process ends is no longer intended: a reading without it tells so."""
    told = quick(SPEED, TORQUE).polled(until=Write).answered()
    told.device.away = {1}
    told.answered()
    assert records(told) == {"speed": ("0x0005", None)}
    told.device.away = set()
    told.device.holding(10, 9)
    revived = told.crashed().polled()
    assert "CorrectionFailed" in revived.notices


@pytest.mark.parametrize("how", ["suspended", "edited", "withdrawn"])
def test_what_was_intended_is_taken_back_when_a_pass_is_stopped(how: str) -> None:
    """A pass that is stopped between two writes leaves no record of a write that it did not send."""
    told = quick(SPEED, TORQUE, REMOTE).polled(until=Write)
    if how == "withdrawn":
        told.tell(WriteWithdrawn(told.at, write_of(told).change))
        assert records(told) == {}
        return
    given = {"suspend": True} if how == "suspended" else {"tags": ["x"]}
    in_hand = told.device.answer(told.at, write_of(told))
    told.declare(spec(SPEED, TORQUE, REMOTE, **given)).tell(in_hand)
    while told.request:
        told.answered()
    assert records(told) == ({"speed": ("0x0005", None)} if how == "suspended" else {})
    assert [change.address for change in told.device.writes] == [10]


def test_a_refused_write_takes_its_record_back() -> None:
    """Of writes that the device refuses no record stays, and none of those after a unit that is lost."""
    told = quick(SPEED, TORQUE, REMOTE)
    told.device.read_only = {(1, HOLDING, 10)}
    told.polled(until=Write).answered()
    told.device.away = {1}
    while told.request:
        told.answered()
    assert records(told) == {}
    assert [change.unit_id for change in told.device.writes] == [2]


def test_a_pass_whose_record_is_refused_writes_nothing() -> None:
    """A refused record keeps back every write of the pass, is told once, and is not asked for again for a while."""
    told = quick(SPEED, TORQUE, REMOTE).polled(until=Write)
    refused = Failure(FailureKind.REFUSED_FOR_NOW, "the record was refused")
    told.tell(WriteUnrecorded(told.at, write_of(told).change, refused))
    assert told.request is None
    assert told.notices.count("CorrectionFailed") == 1
    assert [each.error for each in told.status.registers] == ["the record was refused"] * 3
    assert records(told) == {}
    writes = len(told.device.writes)
    told.polled()
    assert len(told.device.writes) == writes
    told.polled(after=60)
    assert told.status.in_sync


def test_a_write_proven_after_an_edit_did_hold() -> None:
    """A write that is read back once another value is wanted is proven; that the new one is not there yet is drift."""
    told = story(SPEED).polled(until=Write).answered()
    assert told.request is not None
    shown = told.device.answer(told.at, told.request)
    told.declare(spec({**SPEED, "value": 8})).tell(shown)
    assert (told.status.corrections_applied, "CorrectionFailed" in told.notices) == (1, False)
    told.polled()
    assert [change.values for change in told.device.writes] == [(5,), (8,)]
    assert told.notices.count("DriftDetected") == 2


def test_an_edit_that_is_undone_while_a_write_waits_leaves_no_write_without_a_record() -> None:
    """A register that leaves the map and comes back before its write's turn is not written without a record."""
    told = story(SPEED, TORQUE).polled(until=Write)
    change = write_of(told).change
    told.declare(spec(TORQUE)).declare(spec(SPEED, TORQUE))
    assert not still_wanted(told.state, change, told.at)
