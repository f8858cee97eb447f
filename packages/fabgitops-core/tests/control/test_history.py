"""The last corrections in the status: what was there, what was written, what came of it, and never more than twenty."""

from collections.abc import Mapping
from typing import Any

from fabgitops_core.control.plc.commands import Write

from .conftest import Story
from .mapping import HOLDING, SPEED, TORQUE, story

STEP = {"name": "step", "address": 20, "value": 1, "write": {"verify": False}}
SPOT = (1, HOLDING, 10)


def past(told: Story) -> list[tuple[str, str | None, str, str | None, str]]:
    """Return what the status says of the last corrections."""
    return [(each.register_name, each.before, each.wanted, each.after, each.result) for each in told.status.history]


def test_a_correction_is_kept_with_what_was_before_and_after_it() -> None:
    """Each proven correction has its own entry, the newest last, with values and unit as people write them."""
    told = story({**SPEED, "unit": "rpm"}, TORQUE).polled()
    assert past(told) == [("speed", "0 rpm", "5 rpm", "5 rpm", "Proven"), ("torque", "0", "6", "6", "Proven")]
    told.device.holding(10, 9)
    told.polled(after=60)
    assert past(told)[2:] == [("speed", "9 rpm", "5 rpm", "5 rpm", "Proven")]
    assert told.status.history[2].at > told.status.history[1].at
    assert told.published[-1] == told.status


def test_what_does_not_hold_is_kept_once() -> None:
    """A device that keeps something else has one entry for that, however often it is tried."""
    told = story(SPEED)
    told.device.stubborn = {SPOT}
    told.polled()
    assert past(told) == [("speed", "0", "5", "0", "NotHeld")]
    since = told.status.history[0].at
    for _ in range(5):
        told.polled(after=120)
    assert len(told.device.writes) > 3
    assert (past(told), told.status.history[0].at) == ([("speed", "0", "5", "0", "NotHeld")], since)
    told.device.stubborn = set()
    told.polled(after=120)
    assert [each[4] for each in past(told)] == ["NotHeld", "Proven"]


def test_a_refusal_is_kept() -> None:
    """A device that refuses a write has an entry which says so, once while it goes on."""
    told = story(SPEED)
    told.device.read_only = {SPOT}
    for _ in range(3):
        told.polled(after=120)
    assert past(told) == [("speed", "0", "5", None, "Refused")]


def test_what_became_of_a_write_is_known_later() -> None:
    """A write after which the device is away is Unknown, also over a crash, until a reading says what came of it."""
    told = story(SPEED).polled(until=Write)
    told.device.deaf = {SPOT}
    told.answered()
    told.device.away = {1}
    told.answered()
    assert past(told) == [("speed", "0", "5", None, "Unknown")]
    told = told.crashed()
    assert past(told) == [("speed", "0", "5", None, "Unknown")]
    told.device.away = set()
    told.polled(after=120)
    assert past(told) == [("speed", "0", "5", "5", "Proven")]
    assert told.status.corrections_applied == 1


def test_a_command_is_no_correction() -> None:
    """What is given without being compared stands in no history."""
    told = story(SPEED, STEP).polled()
    assert [each.address for each in told.device.writes] == [10, 20]
    assert [each[0] for each in past(told)] == ["speed"]


def test_polls_that_find_nothing_tell_nothing() -> None:
    """A history is stored with what else there is to tell, and costs no status of its own."""
    told = story(SPEED).polled()
    published = len(told.published)
    for _ in range(5):
        told.polled(after=60)
    assert len(told.published) == published


def test_five_hundred_corrections_keep_twenty() -> None:
    """However many registers are corrected at once, the last twenty are kept, and they are a few kilobytes."""
    long: Mapping[str, Any] = {"type": "string", "length": 100, "value": "x" * 100}
    registers = [{"name": f"r{at:03d}" + "y" * 50, "address": at * 100, **long} for at in range(500)]
    told = story(*registers).polled()
    assert len(told.device.writes) == 500
    assert [each[0][:4] for each in past(told)] == [f"r{at:03d}" for at in range(480, 500)]
    kept = told.status.model_dump_json(by_alias=True, include={"history"}, exclude_none=True)
    assert len(kept) < 8192
