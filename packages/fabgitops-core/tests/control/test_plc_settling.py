"""What Git has changed is not written before it has stood for a while: it may be half of a commit."""

from datetime import timedelta
from typing import Any

import pytest
from fabgitops_core.api.plc.template import IndustrialPLCTemplateSpec
from fabgitops_core.control.commands import Wake
from fabgitops_core.control.events import Contested, Declared, Referenced, SyncRequest
from fabgitops_core.control.plc.commands import Read, Write
from fabgitops_core.control.plc.settling import looked_at_the_clock, seconds_left
from fabgitops_core.control.plc.state import NEW
from fabgitops_core.control.plc.writing import still_wanted

from .conftest import START, Story
from .mapping import HOLDING, SPEED, TORQUE, requests, spec, sync, write_of

SECS = 5.0


def settling(*registers: dict[str, Any], **changes: Any) -> Story:
    """Return a story of a controller that waits five seconds, with these registers declared just now."""
    return Story(state=NEW._replace(settle_secs=SECS)).declare(spec(*registers, **changes))


def template(**changes: Any) -> IndustrialPLCTemplateSpec:
    """Return a template whose one register must hold a parameter."""
    parameters = [{"name": "speed", **changes.pop("parameter", {})}]
    register = {"name": "speed", "address": 10, "value": "${speed}", **changes}
    return IndustrialPLCTemplateSpec.model_validate({"parameters": parameters, "registers": [register]})


def user(speed: int = 500) -> Any:
    """Return a spec that takes its map from the template."""
    reference = {"name": "drive", "parameters": {"speed": speed}}
    return type(spec(SPEED)).model_validate({"deviceAddress": "10.0.0.5", "templateRef": reference})


def of_a_template() -> Story:
    """Return a story of a resource whose template is there, and which is settled and in sync."""
    told = Story(state=NEW._replace(settle_secs=SECS))
    told.tell(Declared(told.at, 1, user(), referenced=Referenced(told.at, template())))
    told.device.holding(10, 500)
    return told.polled(after=10)


def words(told: Story) -> list[int]:
    """Return the words that were written, in order."""
    return [change.values[0] for change in told.device.writes]


def test_the_wait_is_over_when_it_has_been_that_long() -> None:
    """A pass that begins just when the wait ends writes: it is then that the controller wakes itself."""
    began = NEW._replace(settle_secs=SECS, changed_at=START)
    end = START + timedelta(seconds=seconds_left(began, START))
    assert looked_at_the_clock(began, end - timedelta(seconds=0.001)).changed_at == START
    assert looked_at_the_clock(began, end).changed_at is None


def test_what_is_new_waits_and_says_so() -> None:
    """Drift of a new resource is shown with the reason why it waits, and is corrected once that time is over."""
    told = settling(SPEED).polled()
    assert words(told) == []
    assert told.condition("Ready") == ("False", "Held")
    assert told.condition("Stalled")[0] == "False"
    assert told.status.message == (
        "speed (holding register 10) holds 0, Git wants 5; "
        "not written: what Git wants has not stood unchanged for 5 s yet"
    )
    told.polled(after=SECS)
    assert words(told) == [5]
    assert told.condition("Ready") == ("True", "InSync")


def test_it_wakes_when_the_time_is_over() -> None:
    """However rarely a PLC is polled, it is looked at again when the wait is over, and no sooner than that."""
    told = settling(SPEED, pollIntervalSecs=3600)
    told.at += timedelta(seconds=1)
    told.polled()
    assert told.wake is not None
    assert not told.wake.steady
    assert told.wake.after == pytest.approx(SECS - 3, abs=1.0)
    assert settling(SPEED, pollIntervalSecs=1).polled().wake == Wake(1.0, steady=True)


def test_a_pass_that_ends_after_the_wait_is_followed_by_another() -> None:
    """What a pass found that began a moment too early to write it is written by the next, which begins at once."""
    told = settling(SPEED, pollIntervalSecs=3600)
    told.at += timedelta(seconds=3)
    told.polled(until=Read)
    told.at += timedelta(seconds=5)
    assert told.answered().wake == Wake(0.0)


def test_what_holds_already_wakes_nobody() -> None:
    """A resource that waits and has nothing to write is looked at again at its next poll."""
    told = settling(SPEED, pollIntervalSecs=3600)
    told.device.holding(10, 5)
    assert told.polled().wake == Wake(3600.0, steady=True)


def test_a_wait_is_told_once() -> None:
    """What is said of a resource that waits does not count the seconds, so it is not stored anew at each poll."""
    told = settling(SPEED, pollIntervalSecs=1).polled()
    before = len(told.published)
    told.at -= timedelta(seconds=1)
    told.polled()
    assert len(told.published) == before


def test_drift_of_what_has_stood_is_corrected_at_once() -> None:
    """Somebody who turns a knob long after the last edit is corrected by the very next poll."""
    told = settling(SPEED).polled(after=10)
    told.device.holding(10, 99)
    assert words(told.polled()) == [5, 5]


def test_each_further_edit_begins_the_wait_anew() -> None:
    """Four seconds after an edit comes another: the first is never written, the second five seconds later."""
    told = settling(SPEED).polled(after=10)
    told.declare(spec({**SPEED, "value": 50})).polled(after=3)
    told.declare(spec({**SPEED, "value": 500})).polled(after=3)
    assert words(told) == [5]
    assert words(told.polled(after=SECS)) == [5, 500]


def test_an_edit_in_the_middle_of_a_pass_stops_its_further_writes() -> None:
    """A write that waits for its turn is not sent any more, and neither are those after it."""
    told = settling(SPEED, TORQUE)
    told.polled(after=10, until=Write)
    change = write_of(told).change
    assert still_wanted(told.state, change, told.at)
    told.declare(spec(SPEED, {**TORQUE, "value": 7}))
    assert not still_wanted(told.state, change, told.at)


def test_a_change_that_only_lets_correct_waits_as_well() -> None:
    """An edit that turns autoCorrect on, or suspend off, may be half of a commit like any other."""
    for off in ({"autoCorrect": False}, {"suspend": True}):
        told = settling(SPEED, **off).polled(after=10)
        told.declare(spec(SPEED)).polled()
        assert words(told) == []
        assert words(told.polled(after=SECS)) == [5]


def test_what_is_left_for_a_person_says_so() -> None:
    """With autoCorrect off nothing waits to be written, and nothing says that it does."""
    told = settling(SPEED, autoCorrect=False).polled()
    assert told.condition("Ready") == ("False", "DriftDetected")
    assert told.wake == Wake(5.0, steady=True)


def test_a_sync_ends_the_wait() -> None:
    """Who asks for a sync with an edit, or after it, means it: it is written by that very pass."""
    told = sync(settling(SPEED).polled()).polled()
    assert words(told) == [5]
    told.declare(spec({**SPEED, "value": 50}), request=SyncRequest("t2", force=False)).polled()
    assert words(told) == [5, 50]


def test_a_sync_says_nothing_of_a_later_edit() -> None:
    """An edit that comes while a sync is under way, or was asked for, waits all the same."""
    told = sync(settling(SPEED))
    told.declare(spec({**SPEED, "value": 50})).polled()
    assert words(told) == []
    told = sync(settling(SPEED)).polled(until=Read)
    told.declare(spec({**SPEED, "value": 50}), request=SyncRequest("t1", force=False))
    while told.request is not None:
        told.answered()
    assert words(told.polled()) == []
    assert words(told.polled(after=SECS)) == [50]


def test_a_changed_template_waits() -> None:
    """A template that changes what a PLC must hold makes it wait; the PLC's own edit makes it wait anew."""
    told = of_a_template()
    told.tell(Referenced(told.at, template(scale=0.1))).polled(after=3)
    told.tell(Declared(told.at, 2, user(50), referenced=Referenced(told.at, template(scale=0.1)))).polled(after=3)
    told.polled(after=10)
    assert words(told) == []
    assert told.condition("Ready") == ("True", "InSync")


def test_a_template_that_appears_waits() -> None:
    """A PLC whose template comes later has a spec from then on, and waits from then on."""
    told = Story(state=NEW._replace(settle_secs=SECS)).declare(user())
    told.at += timedelta(seconds=60)
    told.tell(Referenced(told.at, template())).polled()
    assert words(told) == []
    assert words(told.polled(after=SECS)) == [500]


@pytest.mark.parametrize("declared", [True, False], ids=["with the resource", "by itself"])
def test_a_template_that_says_the_same_makes_nobody_wait(declared: bool) -> None:
    """A template that is edited in a way that leaves a PLC's map as it was does not keep its drift from correction."""
    told = of_a_template()
    told.device.holding(10, 99)
    news = Referenced(told.at, template(parameter={"description": "revolutions per minute"}))
    told.tell(Declared(told.at, 1, user(), referenced=news) if declared else news)
    assert words(told.polled()) == [500]


def test_a_rival_that_is_gone_makes_it_wait() -> None:
    """The commit that takes a register from another resource may change what this one wants of it a moment later."""
    told = settling(SPEED)
    told.tell(Contested(told.at, {"speed": "IndustrialPLC plant/other"})).polled(after=60)
    told.tell(Contested(told.at, {})).polled()
    assert words(told) == []
    assert words(told.polled(after=SECS)) == [5]


def test_a_restart_waits_once() -> None:
    """After a start everything is new: the old operator may have ended in the middle of a commit."""
    told = settling(SPEED).polled(after=10)
    revived = Story(state=NEW._replace(settle_secs=SECS), at=told.at, device=told.device)
    revived.tell(Declared(told.at, 1, told.spec, status=told.status))
    told.device.holding(10, 99)
    revived.polled()
    assert words(revived) == [5]
    assert words(revived.polled(after=SECS)) == [5, 5]


@pytest.mark.parametrize("step", [-86400, 86400], ids=["back", "forward"])
def test_a_clock_that_is_set_holds_nothing_for_hours(step: int) -> None:
    """A clock that is set by a day during the wait makes it begin anew at most."""
    told = settling(SPEED).polled()
    told.at += timedelta(seconds=step)
    assert words(told.polled().polled(after=SECS)) == [5]


def test_none_is_none() -> None:
    """With no time to settle an edit is written by the next pass, as drift is."""
    told = Story().declare(spec(SPEED)).polled()
    assert words(told) == [5]
    assert told.device.memory[1, HOLDING, 10] == 5
    assert requests(told, Write) == 1


@pytest.mark.parametrize("begun", [True, False], ids=["under way", "asked for"])
def test_a_force_is_meant_for_what_stood_then(begun: bool) -> None:
    """An edit after a forced sync is not written by it, however often the API server tells of that sync again."""
    request = SyncRequest("t1", force=True)
    told = settling(SPEED, autoCorrect=False).polled(after=10)
    told.declare(told.spec, request=request, same=True)
    reading = told.polled(until=Read).request if begun else None
    edited = spec({**SPEED, "address": 20, "value": 50}, autoCorrect=False)
    told.declare(edited, request=request)
    if reading is not None:
        told.tell(told.device.answer(told.at, reading))
    for _ in range(3):
        told.declare(edited, request=request, same=True).polled(after=SECS)
    assert words(told) == []
    assert told.status.last_handled_reconcile_at == "t1"
