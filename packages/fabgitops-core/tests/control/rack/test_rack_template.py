"""What a RackTemplate says of itself, and what Racks that refer to it get."""

from datetime import UTC, datetime

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rack.racktemplate import RackTemplateOffer, RackTemplateStatus
from fabgitops_core.control.breaker import PASS
from fabgitops_core.control.commands import Notice, Publish
from fabgitops_core.control.events import Declared, Due, Used
from fabgitops_core.control.rack.template import RackTemplateController

from .world import template

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_it_counts_the_racks_that_use_it() -> None:
    """A template says that it is valid and how many Racks use it, in one status."""
    controller = RackTemplateController()
    state = controller.start(Key("RackTemplate", "floor", "build"))
    state, _ = controller.step(state, Declared(START, 1, template(), uid="t"))
    state, _ = controller.step(state, Used(START, 3))
    state, _ = controller.step(state, Due(START, PASS))
    state, commands = controller.step(state, Due(START, PASS))
    (said,) = [each.status for each in commands if isinstance(each, Publish)]
    assert isinstance(said, RackTemplateStatus)
    assert said.usage_count == 3
    assert [f"{each.type} {each.status}" for each in said.conditions] == ["Ready True", "Stalled False"]
    offer, problem = controller.offer(state)
    assert isinstance(offer, RackTemplateOffer)
    assert (offer.name, offer.uid, offer.generation, problem) == ("build", "t", 1, "")


def test_one_that_is_not_valid() -> None:
    """A template that is not valid says why, tells it once, and is offered to nobody."""
    controller = RackTemplateController()
    state = controller.start(Key("RackTemplate", "floor", "build"))
    state, _ = controller.step(state, Declared(START, 1, None, "spec.chassisCount is 43: it must be at most 42"))
    state, commands = controller.step(state, Due(START, PASS))
    assert [each.reason for each in commands if isinstance(each, Notice)] == ["InvalidSpec"]
    assert controller.offer(state) == (None, "spec.chassisCount is 43: it must be at most 42")
