"""Groups of a PLC that a rollout leads: let go, given up and put back whole."""

import pytest
from fabgitops_core.codec.tables import Table

from .mapping import spec
from .test_gate import SHUT, Fleet, fleet
from .test_map_groups import ENABLE, END, SCHEDULE, START, WANTED

LATER = {**START, "value": 500}, {**END, "value": 1100}, ENABLE


def words(plc: Fleet) -> tuple[int, ...]:
    """Return what the device holds."""
    return tuple(plc.holds(address) for address in (100, 101, 102))


def sent(plc: Fleet) -> list[tuple[int, ...]]:
    """Return what was written."""
    return [change.values for change in plc.story.device.writes]


def test_a_group_is_let_go_and_put_back_whole() -> None:
    """Before the permit a drift is put back to what was released; the permit, and the restore, are one write each."""
    plc = fleet(*SCHEDULE).declare(spec(*LATER)).polled(2)
    plc.story.device.holding(102, 0)
    plc.polled(2)
    plc.permits().polled(2)
    plc.permits(restore=True).polled(2)
    assert sent(plc) == [WANTED, (500, 1100, 1), WANTED]


def test_one_that_holds_by_chance_what_git_wants_lets_no_other_go() -> None:
    """A group that was never released, and holds what Git wants in part, waits for the permit as a whole."""
    plc = Fleet()
    plc.story.device.holding(100, 480, 7, 1)
    plc.declare(spec(*SCHEDULE)).polled(2)
    assert [plc.story.register(each["name"]).released for each in SCHEDULE] == [None] * 3
    plc.story.device.holding(102, 0)
    plc.polled(2)
    assert sent(plc) == []
    plc.permits().polled(2)
    assert sent(plc) == [WANTED]
    assert plc.released[:2] == ("True", "Released")


def test_one_that_was_never_released_holds_the_others() -> None:
    """A register that an edit puts into a group waits for its permit; until then nothing of the group is written."""
    plc = fleet(START, END).declare(spec(*SCHEDULE)).polled(2)
    plc.story.device.holding(100, 9)
    plc.polled(2)
    assert sent(plc) == []
    assert plc.story.condition("Correcting") == ("False", "GroupIncomplete")
    assert "enable was not let go yet by the rollout" in plc.story.status.message
    plc.permits().polled(2)
    assert sent(plc) == [WANTED]


@pytest.mark.parametrize("crash", [False, True])
def test_what_was_let_go_and_never_written_is_given_up_whole(crash: bool) -> None:
    """Given up before it went out, a group goes back to what it held, also where the device shows some of the new."""
    plc = fleet(*SCHEDULE).declare(spec(*LATER, **SHUT)).polled().permits().polled(2)
    plc.story.device.memory[1, Table.HOLDING, 101] = 1100
    plc.polled(2)
    plc = plc.restarted() if crash else plc
    plc.declare(spec({**START, "value": 600}, {**END, "value": 1200}, ENABLE)).polled(3)
    assert words(plc) == WANTED
    assert sent(plc) == [WANTED]
