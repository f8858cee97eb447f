"""Devices that refuse addresses, long readings, or everything for now."""

from datetime import timedelta
from itertools import pairwise

import pytest
from fabgitops_core.control.events import SyncRequest
from fabgitops_core.control.plc.commands import Read

from .conftest import START
from .mapping import HOLDING, REMOTE, SPEED, spec, story, sync


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


@pytest.mark.parametrize("how", ["a minute", "a sync", "an edit", "a reconnect"])
def test_a_hole_is_asked_for_again(how: str) -> None:
    """A refused address is asked for again after a minute, a sync, an edit, and when contact was lost in between."""
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
    elif how == "a reconnect":
        told.device.away = {1}
        told.polled()
        told.device.away = set()
        told.polled()
    else:
        told.at += timedelta(minutes=1)
    told.polled()
    assert told.register("b").error is None
    assert told.condition("Ready") == ("True", "InSync")


@pytest.mark.parametrize("code", [0x01, 0x02, 0x03, 0x04, 0x07, 0x0F])
def test_a_reading_is_tried_in_parts_whatever_a_device_says(code: int) -> None:
    """A device that has a word of its own for an address it lacks costs the others nothing, and is remembered."""
    told = story({"name": "a", "address": 3, "value": 3}, *({"name": f"r{at}", "address": at} for at in range(4, 10)))
    told.device.refuses = {(1, HOLDING, 4): code}
    told.polled()
    assert told.register("a").in_sync
    assert [each.name for each in told.status.registers if each.error] == ["r4"]
    asked = len(told.device.reads)
    told.polled()
    assert [(plan.address, plan.count) for plan in told.device.reads[asked:]] == [(3, 1), (5, 5)]


def test_what_is_refused_is_asked_for_again_after_a_growing_pause() -> None:
    """A refused register is asked for after 1, 2, 4 … 60 minutes, and after one again when it was well for long."""
    told = story({"name": "a", "address": 0}, {"name": "b", "address": 1})
    told.device.refuses = {(1, HOLDING, 1): 0x02}
    told.pace, times = 0, list[int]()
    for minute in range(500):
        asked = len(told.device.reads)
        told.at = START + timedelta(minutes=minute)
        told.polled()
        if any(plan.address == 1 for plan in told.device.reads[asked:]):
            times.append(minute)
    assert [after - before for before, after in pairwise(times)] == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60, 60]


def test_a_clock_that_was_set_back_ends_a_pause() -> None:
    """A refused register is not left out for a day more because the clock was a day ahead when it was refused."""
    told = story({"name": "a", "address": 0}, {"name": "b", "address": 1})
    told.device.refuses = {(1, HOLDING, 1): 0x02}
    told.polled()
    told.device.refuses = {}
    assert told.polled().register("b").error
    told.at -= timedelta(days=1)
    assert told.polled().register("b").error is None


def test_one_refused_register_is_asked_for_again_at_a_time() -> None:
    """Of many refused registers a poll asks for one; when one is shown again the others follow in the next polls."""
    told = story(*({"name": f"r{at}", "address": at} for at in range(20)))
    told.device.refuses = {(1, HOLDING, at): 0x02 for at in (3, 7, 11)}
    told.polled()
    usual = len(told.polled().device.reads)
    told.polled()
    usual = len(told.device.reads) - usual
    told.device.refuses = {}
    for left in (["r7", "r11"], ["r11"], []):
        asked = len(told.device.reads)
        told.polled(after=60 if len(left) == 2 else 0)  # the first by its pause, the others since it was well
        assert len(told.device.reads) - asked <= usual + 1
        assert [each.name for each in told.status.registers if each.error] == left


@pytest.mark.parametrize("count", [20, 125])
def test_a_device_that_refuses_everything_is_asked_little(count: int) -> None:
    """When every register is refused no pass asks for many of them, and soon a poll costs one request."""
    told = story(*({"name": f"r{at}", "address": at} for at in range(count)))
    told.device.refuses = {(1, HOLDING, at): 0x02 for at in range(count)}
    asked = 0
    for _ in range(30):
        asked = len(told.device.reads)
        told.polled()
        assert len(told.device.reads) - asked <= 32
    assert len(told.device.reads) - asked == 1
    assert all(each.error for each in told.status.registers)
    told.device.refuses = {(1, HOLDING, 0): 0x02}
    for _ in range(count + 20):
        told.polled()
    assert [each.name for each in told.status.registers if each.error] == ["r0"]


def test_a_sync_asks_for_everything_that_was_refused() -> None:
    """A sync asks for all refused registers at once, unless the device goes on refusing them."""
    told = story(*({"name": f"r{at}", "address": 2 * at} for at in range(60)))
    told.device.refuses = {(1, HOLDING, 2 * at): 0x02 for at in range(40)}
    told.polled().polled()
    asked = len(told.device.reads)
    sync(told).polled()
    assert len(told.device.reads) - asked <= 20 + 17
    told.device.refuses = {}
    told.declare(told.spec, request=SyncRequest("t2", force=False), same=True).polled()
    assert [each.name for each in told.status.registers if each.error] == []


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
    told = story(SPEED, REMOTE).polled()
    told.device.refuses = {(2, HOLDING, 5): 0x0B}
    told.device.holding(10, 9)
    told.polled()
    assert (told.register("speed").in_sync, told.register("remote").in_sync) == (True, None)
    assert told.condition("Ready") == ("False", "ConnectionFailed")
