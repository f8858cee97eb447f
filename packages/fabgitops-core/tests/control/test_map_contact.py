"""The first contact with a device: what must be known of a map before a word of it is written."""

import pytest
from fabgitops_core.control.events import Contested

from .mapping import HOLDING, REMOTE, SPEED, TORQUE, spec, story, sync

ADDRESSES = range(1, 43, 3)
SPARSE = [{"name": f"r{at}", "address": at, "value": 7} for at in ADDRESSES]
"""Fourteen registers; a device whose map is meant has them one address before."""


@pytest.mark.parametrize("forced", [False, True])
def test_a_map_that_is_off_by_one_writes_not_a_single_word(forced: bool) -> None:
    """Where most of a map is refused the neighbours that answer are left alone, also by a forced sync."""
    told = story(*SPARSE)
    told.device.refuses = {(1, HOLDING, at): 0x02 for at in ADDRESSES[3:]}
    told.polled()
    if forced:
        sync(told, force=True)
    told.polled()
    assert told.device.writes == []
    assert told.condition("Stalled") == ("True", "DeviceException")
    assert told.status.message.startswith(
        "11 of 14 registers are refused, so nothing is written: are your numbers counted from 1? "
        "address counts from 0 as on the wire, reference from 1 (reference 40001 is address 0)"
    )
    assert told.status.last_error == told.status.message


def test_what_a_device_lacks_is_no_matter_where_the_manifest_says_so() -> None:
    """With a higher limit a map is corrected of which the device has little."""
    told = story(*SPARSE, connection={"maxRefusedPercent": 80})
    told.device.refuses = {(1, HOLDING, at): 0x02 for at in ADDRESSES[3:]}
    told.polled()
    assert len(told.device.writes) == 3


def test_a_register_refused_of_four_keeps_nobody_from_the_others() -> None:
    """A quarter of a map may be refused."""
    told = story(*SPARSE[:4])
    told.device.refuses = {(1, HOLDING, 1): 0x02}
    told.polled()
    assert len(told.device.writes) == 3


def test_nothing_is_written_before_every_register_was_answered_once() -> None:
    """A unit that never answered keeps its neighbours from being written; once it did, it no longer does."""
    told = story(SPEED, REMOTE)
    told.device.away = {2}
    told.polled().polled()
    assert told.device.writes == []
    assert told.condition("Ready") == ("False", "ConnectionFailed")
    why = "the device has not answered yet for remote (holding register 5 unit 2), and the map may be wrong"
    assert told.status.message.endswith(f"; nothing is written: {why}")
    told.device.away = set()
    told.polled()
    assert len(told.device.writes) == 2
    told.device.away = {2}
    told.device.holding(10, 9)
    told.polled()
    assert [change.address for change in told.device.writes] == [10, 5, 10]
    assert told.condition("Ready") == ("False", "ConnectionFailed")
    assert "nothing is written" not in told.status.message


def test_a_register_that_is_busy_is_waited_for() -> None:
    """Drift is held while another register of the map only ever said that it is busy, and the status says so."""
    told = story({**SPEED, "address": 20}, TORQUE)
    told.device.refuses = {(1, HOLDING, 20): 0x06}
    told.polled()
    assert told.device.writes == []
    assert told.condition("Reconciling") == ("True", "Held")
    assert "the device has not answered yet for speed (holding register 20)" in told.status.message
    told.device.refuses = {}
    told.polled()
    assert told.status.in_sync


def test_a_register_that_an_edit_adds_is_a_first_contact() -> None:
    """After an edit only what is new, or elsewhere now, must be answered before anything is written."""
    told = story(SPEED, TORQUE).polled()
    told.device.away = {2}
    told.device.holding(10, 9)
    told.declare(spec(SPEED, TORQUE, tags=["x"])).polled()
    assert told.status.in_sync
    told.device.holding(10, 9)
    told.declare(spec(SPEED, TORQUE, REMOTE)).polled()
    assert told.device.memory[1, HOLDING, 10] == 9
    told.device.away = set()
    told.polled()
    assert told.device.memory[1, HOLDING, 10] == 5


def test_what_was_answered_before_a_restart_was_answered() -> None:
    """A unit that is away when the operator starts anew, and whose registers are known, keeps nobody back."""
    told = story(SPEED, REMOTE).polled()
    told.device.away = {2}
    told.device.holding(10, 9)
    told.crashed().polled()
    assert told.device.memory[1, HOLDING, 10] == 5


@pytest.mark.parametrize("graver", ["drift", "conflict"])
def test_what_cannot_be_read_is_told_beside_what_is_graver(graver: str) -> None:
    """A resource in drift or conflict says in message and lastError which registers the device refuses, too."""
    told = story(*SPARSE[:5], autoCorrect=graver != "drift")
    told.device.refuses = {(1, HOLDING, 4): 0x02}
    if graver == "conflict":
        told.tell(Contested(told.at, {"r1": "IndustrialPLC default/press"}))
    told.polled()
    assert told.condition("Ready")[1] == ("DriftDetected" if graver == "drift" else "Conflict")
    for said in (told.status.message, told.status.last_error):
        assert said
        assert "1 of 5 registers cannot be read: exception 02" in said
