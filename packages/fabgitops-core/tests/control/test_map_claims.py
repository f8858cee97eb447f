"""Who the device is, and who else wants its registers."""

import pytest
from fabgitops_core.control.commands import Wake
from fabgitops_core.control.events import Contested
from fabgitops_core.control.plc.commands import Identify, Write
from fabgitops_core.control.plc.writing import still_wanted

from .mapping import SPEED, TORQUE, requests, spec, story, sync, write_of

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


@pytest.mark.parametrize(
    ("said", "wanted", "told_of"),
    [
        ({0: "not told"}, "ACME", "its vendor is 'not told', not 'ACME'"),
        ({1: "X1"}, "not told", "its vendor is not told; it should be 'not told'"),
        ({0: "ACM\N{CYRILLIC CAPITAL LETTER IE}"}, "ACME", "its vendor is 'ACM\\u0415', not 'ACME'"),
        ({0: "ACME "}, "ACME", "its vendor is 'ACME ', not 'ACME'"),
    ],
)
def test_in_what_a_stranger_differs_can_be_seen(said: dict[int, str], wanted: str, told_of: str) -> None:
    """What a device says of itself, or does not say, is never shown as what it should say."""
    told = story(SPEED, identity={"vendor": wanted})
    told.device.identity = said
    told.polled()
    assert told_of in told.status.message


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


@pytest.mark.parametrize("identity", [{0: "ACME", 1: "X1"}, None], ids=["said", "not said"])
def test_an_edit_while_a_device_says_who_it_is(identity: dict[int, str] | None) -> None:
    """What was read for the map before is not taken for what a register of the next one holds."""
    told = story(SPEED, **PINNED)
    told.device.identity = identity
    told.device.holding(40, 5)
    asked = told.polled(until=Identify).request
    assert isinstance(asked, Identify)
    told.declare(spec({**SPEED, "name": "pace", "address": 40}, **PINNED))
    told.tell(told.device.answer(told.at, asked))
    assert (told.request, told.register("pace").raw, told.notices) == (None, None, [])
    told.device.identity = {0: "ACME", 1: "X1"}
    told.polled()
    assert (told.status.in_sync, told.device.writes) == (True, [])


def test_another_identity_pinned_while_a_write_waits() -> None:
    """A write that waits for its turn is not sent once the spec pins another device, before that was asked."""
    told = story(SPEED, **PINNED)
    told.device.identity = {0: "ACME", 1: "X1"}
    change = write_of(told.polled(until=Write)).change
    told.declare(spec(SPEED, identity={"vendor": "Other"}))
    assert not still_wanted(told.state, change, told.at)


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
    assert not still_wanted(told.state, change, told.at)


def test_a_conflict_before_a_restart_is_not_forgotten_at_once() -> None:
    """A resource that was contested waits after a restart until its rival had the time to be heard of."""
    told = story(SPEED)
    told.tell(Contested(told.at, {"speed": "IndustrialPLC default/press"})).polled()
    revived = told.crashed()
    assert revived.wake == Wake(10.0)
    revived.polled()
    assert len(revived.device.writes) == 1
