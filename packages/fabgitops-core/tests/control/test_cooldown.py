"""How long a register is left alone after it was written."""

from datetime import timedelta
from typing import Any

import pytest
from fabgitops_core.control.commands import Publish
from fabgitops_core.control.plc.commands import Write
from fabgitops_core.control.plc.events import WriteWithdrawn

from .conftest import Story
from .mapping import HOLDING, SPEED, TORQUE, spec, story, sync

MINUTE = {"correction": {"cooldownSecs": 60}}


def corrected(*registers: dict[str, Any], **changes: Any) -> Story:
    """Return the story of a register that was corrected a moment ago, and has drifted again."""
    told = story(*(registers or (SPEED,)), **(changes or MINUTE)).polled()
    told.device.holding(10, 9)
    return told


def written(told: Story, address: int = 10) -> int:
    """Return how often a register was written."""
    return [each.address for each in told.device.writes].count(address)


def handled(told: Story) -> str | None:
    """Return which sync was answered last."""
    return told.status.last_handled_reconcile_at


def test_a_register_is_not_corrected_again_before_its_cooldown_is_over() -> None:
    """Its drift is told at once and waits; another register that was not written lately does not."""
    told = story(SPEED, TORQUE, **MINUTE)
    told.device.holding(11, 6)
    told.polled()
    told.device.holding(10, 9, 1)
    told.polled(after=50)
    assert (written(told), written(told, 11)) == (1, 1)
    assert told.notices.count("DriftDetected") == 3
    assert told.condition("Correcting") == ("False", "Cooldown")
    told.polled(after=20)
    assert (written(told), written(told, 11)) == (2, 1)
    assert told.status.in_sync


def test_what_is_said_of_a_cooldown() -> None:
    """Condition and message name the guard and when it ends; polls meanwhile say nothing, and the end wakes us."""
    told = corrected(SPEED, correction={"cooldownSecs": 60}, pollIntervalSecs=45)
    told.polled(after=10)
    at = told.register("speed").corrected_at
    assert at is not None
    why = f"speed was written, and is not again before {at + timedelta(seconds=60):%Y-%m-%dT%H:%M:%SZ}"
    assert told.status.message == f"speed (holding register 10) holds 9, Git wants 5; not written: {why}"
    assert told.condition("Correcting") == ("False", "Cooldown")
    assert told.wake is not None
    assert told.wake.after == 45
    told.polled(after=20)
    assert not [each for each in told.last if isinstance(each, Publish)]
    assert told.wake.after is not None
    assert 0 < told.wake.after < 45
    told.polled(after=told.wake.after)
    assert written(told) == 2
    assert told.status.in_sync


@pytest.mark.parametrize("how", ["a restart", "an edit", "another name"])
def test_a_cooldown_outlives(how: str) -> None:
    """A restart, an edit and another name do not shorten the wait."""
    told = corrected()
    if how == "a restart":
        told = told.crashed()
    elif how == "an edit":
        told.declare(spec(SPEED, tags=["x"], **MINUTE))
    else:
        told.declare(spec({**SPEED, "name": "rpm"}, **MINUTE))
    told.polled(after=30)
    assert written(told) == 1
    assert told.polled(after=40).status.in_sync


def test_a_cooldown_counts_from_the_record_of_a_write() -> None:
    """A process that dies with a write on its way may have sent it, so the next waits."""
    told = story(SPEED, **MINUTE).polled(until=Write)
    revived = told.crashed().polled()
    assert revived.device.writes == []
    assert revived.condition("Correcting") == ("False", "Cooldown")
    assert revived.polled(after=70).status.in_sync


def test_a_write_that_was_not_sent_does_not_count() -> None:
    """A write that is withdrawn before its turn is no reason to wait, and the status does not tell of it."""
    told = story(SPEED, **MINUTE).polled(until=Write)
    assert told.register("speed").corrected_at is not None
    write = told.request
    assert isinstance(write, Write)
    told.tell(WriteWithdrawn(told.at, write.change))
    assert told.register("speed").corrected_at is None
    told.polled()
    assert written(told) == 1


@pytest.mark.parametrize("how", ["refused", "not confirmed", "not kept"])
def test_an_attempt_that_failed_counts(how: str) -> None:
    """A write that the device refused, did not confirm or did not keep has been sent, and the next waits."""
    told = story(SPEED, **MINUTE)
    spot = (1, HOLDING, 10)
    how_so = {"refused": told.device.read_only, "not confirmed": told.device.deaf, "not kept": told.device.stubborn}
    how_so[how].add(spot)
    told.polled()
    how_so[how].clear()
    told.device.holding(10, 9)
    before = len(told.device.writes)
    told.polled(after=30)
    assert len(told.device.writes) == before
    told.polled(after=40)
    assert len(told.device.writes) == before + 1


def test_a_device_that_was_not_reached_was_not_written() -> None:
    """A write that never left us is no reason to wait once the device is back."""
    told = story(SPEED, **MINUTE).polled(until=Write)
    told.device.away.add(1)
    told.answered()
    told.device.away.clear()
    assert told.polled().status.in_sync


@pytest.mark.parametrize("step", [timedelta(days=-400), timedelta(hours=-1), timedelta(days=400)])
def test_a_clock_that_steps_makes_no_wait_longer(step: timedelta) -> None:
    """Set back, the wait begins anew, also over a restart; set forward, it is over."""
    told = corrected()
    told.at += step
    told.polled()
    if step > timedelta(0):
        assert told.status.in_sync
        return
    told = told.crashed().polled(after=30)
    assert written(told) == 1
    assert told.polled(after=40).status.in_sync


def test_who_has_no_cooldown_any_more_is_not_told_of_one() -> None:
    """A resource without it has nothing of it in its status, and one that gives it up neither."""
    plain = story(SPEED).polled()
    assert plain.register("speed").corrected_at is None
    told = corrected()
    told.declare(spec(SPEED)).polled()
    assert told.status.in_sync
    assert told.register("speed").corrected_at is None


def test_a_forced_sync_waits_for_the_cooldown_and_gives_a_command_once() -> None:
    """A force goes past no cooldown; a command is given once for it, and is none the second time when that is over."""
    command = {"name": "start", "address": 20, "value": 1, "write": {"verify": False}}
    told = corrected(SPEED, command, correction={"cooldownSecs": 60, "mode": "Enforce"})
    assert written(told, 20) == 1
    sync(told, force=True).polled(after=10)
    assert (written(told), written(told, 20)) == (1, 1)
    assert handled(told) is None
    told.polled(after=60)
    assert (written(told), written(told, 20)) == (2, 2)
    assert handled(told) == "t1"
    for _ in range(5):
        told.polled(after=61)
    assert written(told, 20) == 2


@pytest.mark.parametrize("guard", [{"cooldownSecs": 60}, {"writeBudget": {"perHour": 1}}])
def test_a_command_whose_process_died_is_not_given_again_before_its_time(guard: dict[str, Any]) -> None:
    """The record of the pass that died counts as a write: a forced sync after the restart waits like any other."""
    told = story({"name": "start", "address": 10, "value": 1, "write": {"verify": False}}, correction=guard)
    told.polled(until=Write).answered()
    revived = sync(told.crashed().polled(), force=True).polled()
    assert written(revived) == 1
    assert revived.condition("Ready") == ("False", "Held")
    assert written(revived.polled(after=3601)) == 2


def test_times_are_whole_seconds_and_never_too_early() -> None:
    """What a status keeps of a time is rounded up, so that no restart shortens a wait."""
    told = story(SPEED, **MINUTE)
    told.at = told.at.replace(microsecond=250_000)
    told.polled()
    assert told.register("speed").corrected_at == told.at.replace(microsecond=0)
