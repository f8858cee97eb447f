"""How often a register may be written within an hour and a day, and how often it was at all."""

from datetime import timedelta
from typing import Any

import pytest
from fabgitops_core.api.plc.budget import Writes
from fabgitops_core.control.plc.commands import Write
from fabgitops_core.control.plc.events import WriteWithdrawn
from pydantic import ValidationError

from .conftest import Story
from .mapping import HOLDING, SPEED, TORQUE, spec, story, sync

THREE = {"correction": {"writeBudget": {"perHour": 3}}}


def undone(told: Story, times: int, every: float = 60.0, address: int = 10) -> Story:
    """Let a register drift before each of so many polls."""
    for _ in range(times):
        told.device.holding(address, 9)
        told.polled(after=every)
    return told


def writes(told: Story, name: str = "speed") -> Writes:
    """Return what the status says of writes of a register."""
    found = told.register(name).writes
    assert found is not None
    return found


def test_a_register_is_not_written_more_often_than_its_budget_says() -> None:
    """The fourth drift within an hour waits for the next hour, with the reason and the time; other registers do not."""
    told = undone(story(SPEED, TORQUE, pollIntervalSecs=60, **THREE), 10)
    assert [each.address for each in told.device.writes].count(10) == 3
    assert told.condition("Correcting") == ("False", "WriteBudget")
    since = writes(told).hour_since
    assert since is not None
    end = f"{since + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    assert told.status.message.endswith(f"not written: speed had its 3 writes an hour, and gets no other before {end}")
    told.device.holding(11, 1)
    told.polled()
    assert [each.address for each in told.device.writes].count(11) == 2
    told.polled(after=3600)
    assert told.status.in_sync
    assert (writes(told).total, writes(told).hour, writes(told).day) == (4, 1, 4)


def test_the_day_bounds_what_the_hours_let_through() -> None:
    """A budget of a day holds until the day is over that began with the first write in it, not until midnight."""
    told = story(SPEED, correction={"writeBudget": {"perHour": 2, "perDay": 5}})
    undone(told, 90, every=900)
    assert len(told.device.writes) == 5
    undone(told, 10, every=900)
    assert len(told.device.writes) == 7
    assert (writes(told).total, writes(told).day) == (7, 2)


def test_the_longer_wait_is_told() -> None:
    """Of an hour and a day that are both spent people are told of the day."""
    told = undone(story(SPEED, correction={"writeBudget": {"perHour": 2, "perDay": 2}}), 3)
    assert "speed had its 2 writes a day" in told.status.message


@pytest.mark.parametrize("how", ["a restart", "an edit", "another name"])
def test_writes_are_counted_over(how: str) -> None:
    """Neither a restart, an edit nor another name gives a register a new budget, or begins its total anew."""
    told = undone(story(SPEED, **THREE), 2)
    if how == "a restart":
        told = told.crashed()
    elif how == "an edit":
        told.declare(spec(SPEED, tags=["x"], **THREE))
    else:
        told.declare(spec({**SPEED, "name": "rpm"}, **THREE))
    undone(told, 5)
    assert len(told.device.writes) == 3
    assert writes(told, "rpm" if how == "another name" else "speed").total == 3


def test_a_write_is_counted_before_it_is_sent() -> None:
    """However often a process dies with a write on its way, no more are sent than the budget says."""
    told = story(SPEED, **THREE)
    for _ in range(10):
        told.polled(until=Write)
        if told.request is not None:
            told.tell(told.device.answer(told.at, told.request))
            told.device.holding(10, 9)
        told = told.crashed() if told.published else told
    assert len(told.device.writes) == 3


def test_a_crash_before_a_write_counts_one_too_many() -> None:
    """A process that dies between the record of a write and the write has counted what was never sent."""
    told = story(SPEED, **THREE).polled(until=Write)
    revived = told.crashed().polled()
    assert len(revived.device.writes) == 1
    assert writes(revived).total == 2


@pytest.mark.parametrize("how", ["withdrawn", "out of reach", "spared"])
def test_what_was_not_sent_is_not_counted(how: str) -> None:
    """A write that is withdrawn, whose device is away, or that was not needed any more is taken out of the count."""
    bit = {"name": "speed", "address": 10, "type": "bit", "bit": 3, "value": True}
    told = story(bit if how == "spared" else SPEED, **THREE).polled(until=Write)
    assert writes(told).total == 1
    write = told.request
    assert isinstance(write, Write)
    if how == "withdrawn":
        told.tell(WriteWithdrawn(told.at, write.change))
    elif how == "out of reach":
        told.device.away.add(1)
        told.answered()
    else:
        told.device.holding(10, 8)
        told.answered()
        while told.request:
            told.answered()
    assert told.register("speed").writes is None


def test_attempts_that_fail_are_counted() -> None:
    """What the device refuses, does not confirm or does not keep is written all the same, and again after a pause."""
    told = story(SPEED, **THREE)
    told.device.stubborn.add((1, HOLDING, 10))
    for _ in range(10):
        told.polled(after=120)
    assert len(told.device.writes) == 3
    refused = story(SPEED, **THREE)
    refused.device.read_only.add((1, HOLDING, 10))
    for _ in range(10):
        refused.polled(after=120)
    assert writes(refused).total == 3


@pytest.mark.parametrize("step", [timedelta(days=-400), timedelta(hours=-2), timedelta(days=400)])
def test_a_clock_that_steps_makes_no_hour_longer(step: timedelta) -> None:
    """Set back, the hour begins anew and lasts an hour, also over a restart; set forward, it is over."""
    told = undone(story(SPEED, **THREE), 4)
    told.at += step
    told.polled()
    assert len(told.device.writes) == (4 if step > timedelta(0) else 3)
    told = told.crashed().polled(after=3000)
    assert len(told.device.writes) == (4 if step > timedelta(0) else 3)
    assert told.polled(after=700).status.in_sync


def test_a_forced_sync_does_not_overdraw() -> None:
    """Whoever forces a correction gets it when the budget allows."""
    told = undone(story(SPEED, **THREE), 4)
    sync(told, force=True).polled()
    assert len(told.device.writes) == 3


def test_who_has_no_budget_is_not_counted() -> None:
    """A resource without one has nothing of it in its status, and one that gives it up forgets the total."""
    assert undone(story(SPEED), 1).register("speed").writes is None
    told = undone(story(SPEED, **THREE), 4)
    told.declare(spec(SPEED)).polled()
    assert told.status.in_sync
    assert told.register("speed").writes is None


@pytest.mark.parametrize("given", [{}, {"perHour": 0}, {"perDay": 86401}])
def test_a_budget_bounds_something(given: dict[str, Any]) -> None:
    """A budget without a number, or with one that is none, is refused."""
    with pytest.raises(ValidationError, match=r"perHour|greater|less"):
        spec(SPEED, correction={"writeBudget": given})


def test_what_is_in_its_budget_waits_for_a_yes_and_what_is_not_does_not() -> None:
    """A plan holds no register that would not be written if it were approved."""
    budget = {"writeBudget": {"perHour": 1}}
    told = story(SPEED, TORQUE, correction=budget)
    told.device.holding(11, 6)
    told.polled()
    told.device.holding(10, 9)
    told.declare(spec(SPEED, {**TORQUE, "value": 7}, correction={**budget, "approval": "Manual"}))
    assert planned(told.polled()) == ["torque"]
    assert planned(told.polled(after=3700)) == ["speed", "torque"]


def planned(told: Story) -> list[str]:
    """Return what waits for a yes."""
    return [each.register_name for each in told.status.plan.changes] if told.status.plan else []
