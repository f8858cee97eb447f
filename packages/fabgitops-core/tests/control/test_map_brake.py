"""The brake on corrections that succeed and are undone by somebody else."""

from datetime import timedelta

import pytest

from .conftest import Story
from .mapping import HOLDING, SPEED, TORQUE, spec, story, sync


def fought(told: Story, times: int, every: float = 30.0) -> Story:
    """Let somebody else write a register before each poll."""
    for _ in range(times):
        told.device.holding(10, 9)
        told.polled(after=every)
    return told


def test_a_register_that_somebody_else_writes_is_left_after_twenty_corrections() -> None:
    """After 20 corrections within an hour a register is not written any more; the others are, and it is told once."""
    told = fought(story(SPEED, TORQUE), 40)
    told.device.holding(11, 1)
    told.polled()
    assert [change.address for change in told.device.writes].count(10) == 20
    assert told.device.memory[1, HOLDING, 11] == 6
    assert told.condition("Stalled") == ("True", "ContendedWriter")
    assert told.notices.count("ContendedWriter") == 1
    assert "somebody else writes speed (holding register 10): 20 corrections within an hour" in told.status.message
    assert told.register("speed").braked_since
    told.device.holding(10, 5)
    told.polled()
    assert told.condition("Ready") == ("False", "ContendedWriter"), "what nobody looks after is not ready"


def test_honest_drift_never_brakes() -> None:
    """A register that drifts every four minutes is corrected each time."""
    told = fought(story(SPEED), 60, every=240)
    assert len(told.device.writes) == 60


def test_the_limit_is_the_resources_own() -> None:
    """MaxCorrectionsPerHour says how many corrections of one register are too many."""
    assert len(fought(story(SPEED, maxCorrectionsPerHour=3), 10).device.writes) == 3
    assert len(fought(story(SPEED, maxCorrectionsPerHour=100), 50).device.writes) == 50


def test_a_clock_that_was_set_back_brakes_nothing() -> None:
    """Corrections that a clock which was set back makes later than now are not counted with those of now."""
    told = fought(story(SPEED), 15)
    told.at -= timedelta(days=1)
    fought(told, 15)
    assert len(told.device.writes) == 30


@pytest.mark.parametrize("how", ["a sync", "an edit", "a suspension"])
def test_somebody_who_asks_loosens_the_brake(how: str) -> None:
    """A sync, an edit, and a suspension that ends have a braked register written again."""
    told = fought(story(SPEED), 30)
    if how == "a sync":
        sync(told)
    elif how == "an edit":
        told.declare(spec(SPEED, tags=["x"]))
    else:
        told.declare(spec(SPEED, suspend=True)).declare(spec(SPEED))
    told.polled()
    assert len(told.device.writes) == 21
    assert told.status.in_sync
    assert told.register("speed").braked_since is None


def test_a_restart_does_not_loosen_the_brake() -> None:
    """A register that is braked stays so over a restart, and over an edit while nobody looked it does not."""
    told = fought(story(SPEED), 30)
    revived = told.crashed().polled()
    assert len(revived.device.writes) == 20
    assert revived.condition("Stalled") == ("True", "ContendedWriter")
    assert revived.status.message == told.status.message
    assert "ContendedWriter" not in revived.notices
    told.generation += 1
    edited = told.crashed(spec(SPEED, tags=["x"])).polled()
    assert len(edited.device.writes) == 21
