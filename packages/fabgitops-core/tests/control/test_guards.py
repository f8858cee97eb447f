"""The guards: in which order they are asked, when, and what people see of the one that holds a correction."""

from datetime import timedelta
from typing import Any

import pytest
from fabgitops_core.control.events import Contested, SyncRequest
from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.plc.commands import Write
from fabgitops_core.control.plc.events import WriteWithdrawn
from fabgitops_core.control.plc.guards import table
from fabgitops_core.control.plc.guards.guard import Snapshot
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.state import Stage
from fabgitops_core.control.plc.writing import still_wanted
from pydantic import ValidationError

from .conftest import START, Story, change_of, spec


def told(**changes: Any) -> Story:
    """Return the story of a resource that was just made."""
    return Story().declare(spec(**changes))


def held(story: Story) -> list[tuple[str, str, int]]:
    """Return guard, reason and number of registers of all that holds corrections."""
    return [(each.guard, each.reason, each.registers) for each in story.status.held]


@pytest.mark.parametrize("changes", [{"auto_correct": False}, {"correction": {"mode": "Warn"}}])
def test_a_mode_that_warns_says_that_it_holds_the_correction(changes: dict[str, Any]) -> None:
    """Drift that is only reported has Correcting=False with the mode as its reason, however that was written down."""
    warned = told(**changes).passes(2311)
    assert warned.condition("Correcting") == ("False", "ModeWarn")
    assert warned.condition("Stalled") == ("True", "DriftDetected")
    assert held(warned) == [("mode", "ModeWarn", 1)]
    assert "forced sync" in warned.status.message


def test_correcting_is_said_only_while_there_is_something_to_correct() -> None:
    """While a register is written Correcting is True; a PLC in sync says nothing of it."""
    story = told().passes(2500)
    assert "Correcting" not in {each.type for each in story.status.conditions}
    story.due().reads(2311)
    assert story.condition("Correcting") == ("True", "Correcting")
    story.writes().reads(2500)
    assert "Correcting" not in {each.type for each in story.status.conditions}


def test_observe_announces_the_correction_that_it_counts() -> None:
    """A write of before whose proof comes only now has held, also where Git wants something else, and only looks."""
    seen = told().due().reads(2311).writes()
    seen.declare(spec(target_value=3000, correction={"mode": "Observe"})).passes(2500)
    assert seen.status.corrections_applied == 1
    assert seen.notices.count("DriftCorrected") == 1


def test_a_device_that_is_only_observed_is_no_alarm() -> None:
    """In the mode Observe drift shows in the registers, and is neither announced, counted nor ever written."""
    seen = told(correction={"mode": "Observe"}).passes(2311)
    assert seen.condition("Ready") == ("True", "Observed")
    assert seen.condition("InSync") == ("False", "Observed")
    assert seen.condition("Correcting") == ("False", "ModeObserve")
    assert (seen.notices, seen.status.drift_events) == ([], 0)
    assert seen.register("target").actual == "2311"
    seen.declare(seen.spec, request=SyncRequest("now", force=True), same=True).passes(2311)
    assert not [each for each in seen.all if isinstance(each, Write)]


def test_what_was_only_observed_is_a_drift_once_it_is_to_be_corrected() -> None:
    """A drift that stood while a device was only observed is counted when the mode begins to enforce."""
    seen = told(correction={"mode": "Observe"}).passes(2311)
    seen.declare(spec()).passes(2311, 2500)
    assert (seen.status.drift_events, seen.status.corrections_applied) == (1, 1)


def test_mode_is_given_in_one_way() -> None:
    """A resource that gives both autoCorrect and correction.mode is refused with the field to drop."""
    with pytest.raises(ValidationError, match=r"correction.mode \(Warn\) says it too: keep one of them"):
        spec(auto_correct=True, correction={"mode": "Warn"})


def test_the_first_guard_in_the_table_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several guards that hold a register people are told of the first."""
    story = told(auto_correct=False)
    story.tell(Contested(story.at, {"target": "default/other"}))
    hold = table.held_by(Snapshot(story.state, START), story.state.map.points[0])
    assert hold is not None
    assert (hold.guard, hold.reason) == ("mode", HoldReason.WARN)


class Sometimes:
    """A guard that holds while it is told to."""

    def __init__(self) -> None:
        self.holds = False

    def __call__(self, _: Snapshot, __: Point) -> Hold | None:
        """Say whether it holds a register now."""
        return Hold(HoldReason.OPERATOR, "the spindle turns", again=3.0) if self.holds else None


@pytest.fixture
def sometimes(monkeypatch: pytest.MonkeyPatch) -> Sometimes:
    """Put a guard behind the others."""
    guard = Sometimes()
    monkeypatch.setattr(table, "GUARDS", (*table.GUARDS, ("sometimes", guard)))
    monkeypatch.setattr("fabgitops_core.control.plc.guards.telling._ORDER", {"sometimes": 9, "operator": 10})
    return guard


def test_a_guard_holds_what_is_decided(sometimes: Sometimes) -> None:
    """A correction that a guard holds is not recorded, not sent, told with its reason, and looked at again in time."""
    sometimes.holds = True
    story = told(poll_interval_secs=60).passes(2311)
    assert story.request is None
    assert story.status.unverified_write is None
    assert story.condition("Ready") == ("False", "Held")
    assert story.condition("Correcting") == ("False", "HeldByOperator")
    assert story.status.message.endswith("not written: the spindle turns")
    assert story.wake is not None
    assert story.wake.after == 3.0
    sometimes.holds = False
    assert isinstance(story.due().reads(2311).request, Write)


def test_a_guard_is_asked_right_before_the_bytes(sometimes: Sometimes) -> None:
    """A write that waits for its turn is not sent any more once a guard speaks against it."""
    story = told().due().reads(2311)
    assert still_wanted(story.state, change_of(spec()), story.at)
    sometimes.holds = bool(story.request)
    assert not still_wanted(story.state, change_of(spec()), story.at)


def test_a_guard_is_asked_before_each_write_of_a_pass(sometimes: Sometimes) -> None:
    """What a guard begins to hold between two writes of a pass is taken back, and told."""
    two = [{"name": "a", "address": 1, "value": 1}, {"name": "b", "address": 2, "value": 2}]
    story = Story().declare(spec(target_register=None, target_value=None, registers=two))
    story.due()
    while story.state.stage is not Stage.WRITING:
        story.answered()
    story.answered()
    sometimes.holds = True
    while story.request is not None:
        story.answered()
    assert len([each for each in story.all if isinstance(each, Write)]) == 1
    assert held(story) == [("sometimes", "HeldByOperator", 1)]
    assert [each.unverified_write for each in story.status.registers] == [None, None]


def test_what_is_held_is_told_once_and_since_when(sometimes: Sometimes) -> None:
    """Polls that find the same hold publish nothing, and the status says since when it stands."""
    sometimes.holds = True
    story = told().passes(2311)
    since, published = story.status.held[0].since, len(story.published)
    story.passes(2311).passes(2311)
    assert len(story.published) == published
    story.at += timedelta(minutes=5)
    story.passes(2312)
    assert story.status.held[0].since == since


def test_what_the_operator_holds_is_told_like_a_guard() -> None:
    """A write that the operator holds back in the last moment has its reason in the condition, too."""
    story = told().due().reads(2311)
    story.tell(WriteWithdrawn(story.at, change_of(spec()), Hold(HoldReason.LEASE, "the Lease is lost")))
    assert story.condition("Correcting") == ("False", "LeaseNotHeld")
    assert held(story) == [("operator", "LeaseNotHeld", 1)]
    assert story.status.unverified_write is None
