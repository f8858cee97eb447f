"""How often a drift must be seen before it is corrected."""

import pytest
from fabgitops_core.control.plc.commands import Write

from .conftest import Story
from .mapping import REMOTE, SPEED, TORQUE, requests, spec, story, sync

THRICE = {"correction": {"confirmReads": 3}}


def drifted(*registers: dict[str, object], **changes: object) -> Story:
    """Return the story of a device that holds nothing of what is wanted."""
    return story(*(registers or (SPEED,)), **(changes or THRICE))


def test_a_drift_is_corrected_once_it_was_seen_so_often_running() -> None:
    """It is told at once, how often it was seen stands in the status, and the third pass writes."""
    told = drifted().polled()
    assert told.notices == ["DriftDetected"]
    assert told.condition("Correcting") == ("False", "ConfirmingDrift")
    assert told.status.message == "speed (holding register 10) holds 0, Git wants 5; not written: seen 1 of 3 times"
    assert [(each.guard, each.registers) for each in told.status.held] == [("confirming", 1)]
    told.device.holding(10, 9)
    told.polled()
    assert told.status.message.endswith("holds 9, Git wants 5; not written: seen 2 of 3 times")
    assert told.device.writes == []
    told.polled()
    assert told.status.in_sync
    assert (told.status.drift_events, told.status.corrections_applied) == (1, 1)


def test_a_drift_that_goes_by_itself_is_never_written() -> None:
    """What shows in two readings out of three begins anew when it shows again."""
    told = drifted()
    for value in (9, 9, 5, 9, 9, 5):
        told.device.holding(10, value)
        told.polled()
    assert told.device.writes == []
    assert told.notices.count("DriftResolved") == 2


def test_each_drift_is_confirmed_for_itself() -> None:
    """A register that drifts again right after its correction is confirmed anew."""
    told = drifted().polled().polled().polled()
    told.device.holding(10, 9)
    told.polled().polled()
    assert len(told.device.writes) == 1
    told.polled()
    assert len(told.device.writes) == 2


@pytest.mark.parametrize("how", ["away", "refused", "a unit away", "a restart", "an edit"])
def test_what_was_out_of_sight_is_confirmed_anew(how: str) -> None:
    """Readings with a time between them in which nobody saw the register do not count together."""
    registers = (SPEED, TORQUE, {**REMOTE, "value": 0}) if how == "a unit away" else (SPEED,)
    told = drifted(*registers, correction={"confirmReads": 3}).polled().polled()
    spot = next(spot for spot in told.device.memory if spot[2] == 10)
    if how in {"away", "a unit away"}:
        told.device.away.add(1)
        told.polled()
        told.device.away.clear()
    elif how == "refused":
        told.device.refuses[spot] = 2
        told.polled()
        told.device.refuses.clear()
        sync(told)
    elif how == "a restart":
        told = told.crashed()
    else:
        told.declare(spec(SPEED, tags=["x"], **THRICE))
    told.polled(after=60).polled()
    assert told.device.writes == []
    told.polled()
    assert len(told.device.writes) == len(registers[:2])


def test_a_unit_that_goes_away_while_another_is_written_is_confirmed_anew() -> None:
    """What was seen before contact was lost in the middle of a pass does not count after it."""
    told = drifted(SPEED, REMOTE, correction={"confirmReads": 2}).polled()
    told.polled(until=Write)
    told.device.away.add(1)
    while told.request:
        told.answered()
    told.device.away.clear()
    told.polled()
    assert [each.unit_id for each in told.device.writes] == [2]
    assert told.status.message.endswith("seen 1 of 2 times")
    told.polled()
    assert [each.unit_id for each in told.device.writes] == [2, 1]


def test_a_forced_sync_waits_for_the_confirmation() -> None:
    """Whoever forces a correction in the mode Warn gets it once the drift was seen often enough, and once."""
    told = drifted(correction={"mode": "Warn", "confirmReads": 3}).polled()
    assert told.condition("Correcting") == ("False", "ModeWarn")
    sync(told, force=True).polled()
    assert told.condition("Correcting") == ("False", "ConfirmingDrift")
    assert told.status.last_handled_reconcile_at is None
    told.polled()
    assert len(told.device.writes) == 1
    assert told.status.last_handled_reconcile_at == "t1"


def test_a_command_is_given_at_once() -> None:
    """A register that is never read has nothing that could be seen more than once."""
    told = drifted({**SPEED, "write": {"verify": False}}).polled()
    assert len(told.device.writes) == 1


def test_what_a_sync_has_done_is_not_done_again_while_it_waits() -> None:
    """A forced sync that waits for one register gives no command twice, and corrects no other register again."""
    command = {"name": "start", "address": 20, "value": 1, "write": {"verify": False}}
    told = drifted(SPEED, command, TORQUE, correction={"confirmReads": 4, "mode": "Warn"})
    told.device.holding(11, 6)
    sync(told, force=True).polled()
    assert [each.address for each in told.device.writes] == [20]
    told.polled().polled()
    told.device.holding(11, 1)
    told.polled()
    assert [each.address for each in told.device.writes] == [20, 10]
    assert told.status.last_handled_reconcile_at == "t1"
    told.polled().polled().polled().polled()
    assert requests(told, Write) == 2


def test_a_brake_is_loosened_once_by_a_sync_that_waits() -> None:
    """A sync that waits for one register does not let another be fought over without end."""
    told = drifted(SPEED, TORQUE, correction={"confirmReads": 2}, maxCorrectionsPerHour=2)
    told.device.holding(10, 5)
    sync(told)
    for at in range(20):
        told.device.holding(10, 9 if at % 2 else 5)
        told.device.holding(11, 1)
        told.polled()
    assert [each.address for each in told.device.writes] == [11, 11]
