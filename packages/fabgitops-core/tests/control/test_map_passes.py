"""A whole register map in one pass: what a user sees of each register, whatever its neighbours do."""

from fabgitops_core.control.commands import Wake
from fabgitops_core.control.events import Contested
from fabgitops_core.control.plc.commands import Write
from fabgitops_core.control.plc.state import Stage

from .mapping import REMOTE, SPEED, TORQUE, spec, story, write_of


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
    told = story(SPEED, REMOTE).polled()
    told.device.away = {2}
    told.device.holding(10, 9)
    told.polled()
    assert [change.unit_id for change in told.device.writes] == [1, 2, 1]
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
