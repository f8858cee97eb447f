"""A resource that is suspended by an annotation, of which Git knows nothing."""

from collections.abc import Mapping
from typing import Any

import pytest
from fabgitops_core.api.meta import NOTHING
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCSpec
from fabgitops_core.control import intake
from fabgitops_core.control.commands import Wake
from fabgitops_core.control.events import Declared, Faulted, SyncRequest
from fabgitops_core.control.plc.events import WriteWithdrawn
from fabgitops_core.control.plc.state import Stage
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.control.plc.writing import still_wanted

from .conftest import START, Story, change_of, spec

SUSPENDED = {"fabgitops.io/suspend": "belt is changed until Friday"}


def told(story: Story, wanted: IndustrialPLCSpec, annotations: Mapping[str, str] = NOTHING, **more: Any) -> Story:
    """Declare a spec of the same generation with annotations."""
    return story.tell(Declared(story.at, story.generation, wanted, annotations=annotations, **more))


def test_an_annotation_suspends_and_says_why() -> None:
    """The device is neither read nor written, nobody is woken, nothing is claimed, and the message gives the reason."""
    resting = told(Story().declare(spec()).passes(2500), spec(), SUSPENDED)
    assert resting.condition("Ready") == ("Unknown", "Suspended")
    assert resting.status.message == "suspended: belt is changed until Friday"
    assert resting.wake == Wake(None)
    assert resting.due().request is None
    assert not PlcController().claims(resting.state)
    assert PlcController().target(resting.state) is None


def test_it_stops_a_correction_that_has_not_been_sent() -> None:
    """A write that waits for its turn is no longer wanted once the annotation is there."""
    waiting = Story().declare(spec()).due().reads(2311)
    change = change_of(spec())
    assert still_wanted(waiting.state, change, waiting.at)
    told(waiting, spec(), SUSPENDED)
    assert not still_wanted(waiting.state, change, waiting.at)
    waiting.tell(WriteWithdrawn(waiting.at, change))
    assert (waiting.state.stage, waiting.status.unverified_write) == (Stage.IDLE, None)


def test_without_it_the_resource_is_looked_at_again() -> None:
    """The drift that came meanwhile is corrected, though the generation is the same."""
    gone_on = told(told(Story().declare(spec()).passes(2500), spec(), SUSPENDED), spec())
    assert gone_on.wake == Wake(0.0)
    gone_on.passes(2311, 2500)
    assert gone_on.status.corrections_applied == 1


def test_a_spec_that_suspends_as_well_goes_on_doing_so() -> None:
    """Where Git suspends, taking the annotation away resumes nothing, and the message says what is left."""
    both = told(Story(), spec(suspend=True), SUSPENDED)
    assert both.status.message == "suspended: belt is changed until Friday"
    told(both, spec(suspend=True))
    assert both.condition("Ready") == ("Unknown", "Suspended")
    assert both.status.message == "suspended: the device is neither read nor written"
    assert both.wake == Wake(None)


def test_another_reason_is_told() -> None:
    """Who changes the annotation changes the message, and nothing else."""
    resting = told(Story(), spec(), SUSPENDED)
    told(resting, spec(), {"fabgitops.io/suspend": "belt is late"})
    assert resting.status.message == "suspended: belt is late"
    before = len(resting.published)
    assert len(told(resting, spec(), {"fabgitops.io/suspend": "belt is late"}).published) == before


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("", "the device is neither read nor written"),
        (" \n", "the device is neither read nor written"),
        ("false", "false"),
        ("a\tb\x1b[2J\n", "a b\\x1b[2J"),
        ("x" * 300_000, "x" * 255 + "…"),
    ],
)
def test_whatever_it_says_suspends(reason: str, said: str) -> None:
    """Nothing, "false" and a whole book as well; what would command a terminal is shown, and a book is cut."""
    resting = told(Story(), spec(), {"fabgitops.io/suspend": reason})
    assert resting.condition("Ready") == ("Unknown", "Suspended")
    assert resting.status.message == f"suspended: {said}"


def test_a_sync_of_it_is_answered() -> None:
    """Forced or not, it is answered with that it is suspended, and nothing is asked of the device."""
    resting = told(Story(), spec(), SUSPENDED, request=SyncRequest("now", force=True))
    assert resting.status.last_handled_reconcile_at == "now"
    assert resting.request is None


def test_a_fault_of_ours_does_not_forget_it() -> None:
    """Where declaring failed, nothing is to be written to the device of one that is suspended."""
    failed: Declared[Any, Any] = Declared(START, 1, spec(), annotations=SUSPENDED)
    story = Story().tell(Faulted(START, 1, "KeyError: 'x'", lasting=True, failed=failed))
    assert PlcController().target(story.state) is None


def test_its_change_is_news() -> None:
    """To whoever compares what is looked at of an object before telling of it."""
    body: dict[str, Any] = {"metadata": {"generation": 1, "annotations": {}}, "spec": {}}
    noted: dict[str, Any] = {"metadata": {"generation": 1, "annotations": SUSPENDED}, "spec": {}}
    assert intake.looked_at(INDUSTRIAL_PLC, body) != intake.looked_at(INDUSTRIAL_PLC, noted)
