"""Maps that templates make, bring late, change and spoil."""

from typing import Any

import pytest
from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec
from fabgitops_core.api.plc.template import IndustrialPLCTemplateSpec
from fabgitops_core.control.commands import Wake
from fabgitops_core.control.events import Declared, Referenced
from fabgitops_core.control.plc.commands import Write

from .conftest import START, Story
from .mapping import HOLDING

BY_TEMPLATE = IndustrialPLCSpec.model_validate(
    {"deviceAddress": "10.0.0.5", "templateRef": {"name": "drive", "parameters": {"limit": 7}}}
)


def template(**register: Any) -> IndustrialPLCTemplateSpec:
    """Return a template of one register, whose value is a parameter."""
    given = {"name": "limit", "address": 20, "value": "${limit}", **register}
    return IndustrialPLCTemplateSpec.model_validate({"parameters": [{"name": "limit"}], "registers": [given]})


def by_template(spec: IndustrialPLCTemplateSpec | None, problem: str = "") -> Story:
    """Return a story that begins with a resource that refers to a template."""
    return Story().tell(Declared(START, 1, BY_TEMPLATE, referenced=Referenced(START, spec, problem)))


def test_a_template_makes_the_map() -> None:
    """A resource takes its registers from its template, with its own parameters, and says where each came from."""
    told = by_template(template()).polled()
    assert told.device.memory[1, HOLDING, 20] == 7
    assert told.register("limit").source == "template; value from parameter limit"


def test_a_template_that_comes_later_is_waited_for() -> None:
    """A resource made before its template says nothing alarming at first, and is looked at once that is there."""
    told = by_template(None)
    assert told.condition("Ready") == ("Unknown", "Pending")
    assert told.wake == Wake(10.0)
    told.tell(Referenced(told.at, template()))
    told.polled()
    assert told.status.in_sync
    assert "TemplateNotFound" not in told.notices


def test_a_template_that_does_not_come_is_missed() -> None:
    """A template that still is not there after a while is named, and found again when it comes."""
    told = by_template(None).due()
    assert told.condition("Ready") == ("False", "TemplateNotFound")
    assert "drive" in told.status.message
    assert told.notices == ["TemplateNotFound"]
    told.tell(Referenced(told.at, template())).polled()
    assert told.status.in_sync


def test_a_restart_without_the_template_at_hand_loses_nothing() -> None:
    """After a restart that hears of the template a moment later, the stored status stands and a write is proven."""
    told = by_template(template()).polled(until=Write).answered()
    revived = Story(generation=1, at=told.at, device=told.device)
    revived.tell(Declared(told.at, 1, BY_TEMPLATE, status=told.status, referenced=Referenced(told.at, None)))
    assert revived.published == []
    revived.tell(Referenced(told.at, template())).polled()
    assert (revived.status.drift_events, revived.status.corrections_applied) == (1, 1)
    assert revived.notices == ["DriftCorrected"]
    assert len(revived.device.writes) == 1


def test_a_changed_template_reaches_its_resources() -> None:
    """A template whose register moved is followed at once; one that was told again unchanged begins nothing."""
    told = by_template(template()).polled()
    told.tell(Referenced(told.at, template()))
    assert told.last == ()
    told.tell(Referenced(told.at, template(address=30)))
    assert told.wake == Wake(0.0)
    told.polled()
    assert told.device.memory[1, HOLDING, 30] == 7


@pytest.mark.parametrize(
    ("spec", "problem", "said"),
    [
        (None, "spec.registers is empty", "drive is not valid: spec.registers is empty"),
        (template(value="${limit}", max=3), "", "above max"),
    ],
)
def test_a_template_that_makes_no_sense_stops_its_resources(
    spec: IndustrialPLCTemplateSpec | None, problem: str, said: str
) -> None:
    """A template that is not valid, or makes no valid map, stalls its resources with the reason, until it is mended."""
    told = by_template(template()).polled()
    told.tell(Referenced(told.at, spec, problem))
    assert told.condition("Stalled") == ("True", "InvalidSpec")
    assert said in told.status.message
    assert told.wake == Wake(None)
    assert told.due().request is None
    told.tell(Referenced(told.at, template())).polled()
    assert told.status.in_sync
    assert told.status.drift_events == 1


def test_a_template_that_is_removed_stops_its_resources() -> None:
    """A template that is deleted is missed, and nothing is read or written without it."""
    told = by_template(template()).polled().tell(Referenced(START, None))
    assert told.condition("Ready") == ("False", "TemplateNotFound")
    assert told.due().request is None
