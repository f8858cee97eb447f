"""Devices that refuse addresses, long readings, or everything for now."""

from datetime import timedelta

import pytest
from fabgitops_core.control.commands import Read

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
    told = story(SPEED, REMOTE).polled()
    told.device.refuses = {(2, HOLDING, 5): 0x0B}
    told.device.holding(10, 9)
    told.polled()
    assert (told.register("speed").in_sync, told.register("remote").in_sync) == (True, None)
    assert told.condition("Ready") == ("False", "ConnectionFailed")
