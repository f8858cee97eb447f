"""The brake on corrections that succeed and are undone by somebody else."""

from datetime import UTC, datetime, timedelta

import pytest
from fabgitops_core.api.plc.fight import Fought
from pydantic import ValidationError

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


FIGHT = {"correction": {"fight": {"corrections": 4, "withinSecs": 120}}}


def restarted(told: Story) -> Story:
    """Let the process be another one, if it has told anything by which that could begin."""
    return told.crashed() if told.published else told


def test_how_many_corrections_are_too_many_within_what_time() -> None:
    """With correction.fight a register is left after so many corrections within its time, and not after slower ones."""
    told = fought(story(SPEED, **FIGHT), 10, every=20)
    assert len(told.device.writes) == 4
    assert "4 corrections within 120 s" in told.status.message
    assert len(fought(story(SPEED, **FIGHT), 10, every=60).device.writes) == 10


def test_a_restart_goes_on_counting_a_fight_that_the_spec_speaks_of() -> None:
    """An operator that restarts after each correction still finds the fight, and honest drift still is none."""
    told = story(SPEED, **FIGHT)
    for _ in range(10):
        told = restarted(fought(told, 1, every=20))
    assert len(told.device.writes) == 4
    assert told.polled().condition("Stalled") == ("True", "ContendedWriter")
    slow = story(SPEED, **FIGHT)
    for _ in range(10):
        slow = restarted(fought(slow, 1, every=60))
    assert len(slow.device.writes) == 10


def test_who_asks_begins_the_count_anew_also_in_the_status() -> None:
    """After a sync three more corrections are let through, over restarts too."""
    told = fought(story(SPEED, **FIGHT), 10, every=20)
    told = sync(told).polled().crashed()
    told = fought(told, 1, every=20).crashed()
    assert told.register("speed").braked_since is None
    assert len(fought(told, 10, every=20).device.writes) == 8


def test_what_a_status_keeps_of_a_fight() -> None:
    """It says how many corrections there were, and when the first and the last; nothing without correction.fight."""
    told = fought(story(SPEED, TORQUE, **FIGHT), 2, every=20)
    fight = told.register("speed").fight
    assert fight is not None
    assert fight.corrections == 2
    assert 20 <= (fight.last - fight.since).total_seconds() <= 30
    assert told.register("torque").fight is not None
    assert fought(story(SPEED), 3).register("speed").fight is None


def test_a_fight_is_given_in_one_way() -> None:
    """A resource that gives both the long and the short form is refused with the field to drop."""
    with pytest.raises(ValidationError, match=r"correction.fight \(4 corrections\) says it too: keep one of them"):
        spec(SPEED, maxCorrectionsPerHour=20, **FIGHT)


def test_a_forged_count_of_a_fight_holds_nobody_up() -> None:
    """A status that somebody has written, with a million corrections in the future, is counted like any other."""
    told = fought(story(SPEED, **FIGHT), 1, every=20)
    far = Fought(corrections=10**9, since=datetime(9999, 1, 1, tzinfo=UTC), last=datetime(1, 1, 1, tzinfo=UTC))
    registers = tuple(each.model_copy(update={"fight": far}) for each in told.status.registers)
    told.published[-1].__dict__["registers"] = registers
    revived = fought(told.crashed(), 1, every=20)
    assert len(revived.device.writes) == 2
