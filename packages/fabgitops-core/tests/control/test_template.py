"""What a template says of itself: whether it is valid, and how many use it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.template import IndustrialPLCTemplateSpec, IndustrialPLCTemplateStatus
from fabgitops_core.control.breaker import PASS
from fabgitops_core.control.commands import Command, Notice, Publish, Wake
from fabgitops_core.control.events import Declared, Due, Event, Faulted, Used
from fabgitops_core.control.plc.template import TemplateController
from fabgitops_core.control.templates import MAX_LOOKS, QUIET_SECS

START = datetime(2026, 1, 1, tzinfo=UTC)
SPEC = IndustrialPLCTemplateSpec.model_validate({"registers": [{"name": "speed", "address": 1, "value": 5}]})


class Story:
    """A template that is told one thing after the other."""

    def __init__(self) -> None:
        self.controller = TemplateController()
        self.state = self.controller.start(Key("IndustrialPLCTemplate", "default", "drive"))
        self.at = START
        self.commands: tuple[Command, ...] = ()
        self.said: list[IndustrialPLCTemplateStatus] = []
        self.told: list[str] = []

    def tell(self, event: Event) -> None:
        """Tell it something."""
        self.state, self.commands = self.controller.step(self.state, event)
        for command in self.commands:
            if isinstance(command, Publish):
                assert isinstance(command.status, IndustrialPLCTemplateStatus)
                self.said.append(command.status)
            elif isinstance(command, Notice):
                self.told.append(f"{command.reason}: {command.message}")

    def declare(self, problem: str = "", generation: int = 1, status: Any = None) -> None:
        """Declare it, valid or not."""
        self.tell(Declared(self.at, generation, None if problem else SPEC, problem, status=status))

    def used(self, count: int) -> None:
        """Let so many refer to it."""
        self.tell(Used(self.at, count))

    def due(self) -> None:
        """Let time pass until it wakes."""
        self.at += timedelta(seconds=QUIET_SECS)
        self.tell(Due(self.at, PASS))

    @property
    def ready(self) -> str:
        """Return what its Ready says."""
        return next(f"{each.status} {each.reason}" for each in self.said[-1].conditions if each.type == "Ready")


def test_a_valid_template_says_so_and_how_many_use_it() -> None:
    """A template says that it is valid, of which generation, and who refers to it, in one status."""
    story = Story()
    story.declare()
    story.used(1)
    story.used(2)
    assert story.said == []
    story.due()  # others came a moment ago
    story.due()
    (status,) = story.said
    assert (status.users, status.observed_generation, story.ready) == (2, 1, "True Valid")
    assert story.told == []


def test_an_invalid_template_says_why() -> None:
    """A template that is not valid is Stalled for kstatus, says why, and tells it once."""
    story = Story()
    story.declare("registers: Field required")
    story.due()
    assert story.ready == "False InvalidSpec"
    assert {each.type: each.status.value for each in story.said[-1].conditions} == {"Ready": "False", "Stalled": "True"}
    assert story.said[-1].conditions[0].message == "registers: Field required"
    story.declare("registers: Field required", generation=2)
    assert story.told == ["InvalidSpec: registers: Field required"]
    assert story.said[-1].observed_generation == 2


def test_a_change_of_what_is_known_is_said_at_once() -> None:
    """Whoever applies a mended template need not wait to see it; nothing is said twice."""
    story = Story()
    story.declare("bad")
    story.due()
    story.declare(generation=2)
    assert story.ready == "True Valid"
    said = len(story.said)
    story.declare(generation=2)
    story.used(0)
    story.due()
    assert len(story.said) == said


def test_users_who_come_one_by_one_are_told_together() -> None:
    """A plant that is applied costs its template one status when all PLCs have come, and a few before at most."""
    story = Story()
    story.declare()
    for users in range(1, 5001):
        story.used(users)
        if not users % 100:
            story.due()
    story.due()
    story.due()
    assert story.said[-1].users == 5000
    assert len(story.said) <= 5000 // 100 // MAX_LOOKS + 1


def test_a_restart_says_nothing_new() -> None:
    """What is stored and still true is not written again after a restart, before and after its users are heard of."""
    story = Story()
    story.declare()
    story.used(3)
    story.due()
    story.due()
    again = Story()
    again.at = START + timedelta(days=1)
    again.declare(status=story.said[-1])
    again.used(3)
    again.due()
    again.due()
    assert again.said == []


def test_it_is_asleep_while_nothing_changes() -> None:
    """A template whose users are told wakes no more, until something changes."""
    story = Story()
    story.declare()
    assert story.commands == (Wake(QUIET_SECS),)
    story.due()
    assert not any(isinstance(each, Wake) for each in story.commands)
    story.used(1)
    assert story.commands == (Wake(QUIET_SECS),)


def test_a_fault_of_our_own_is_said() -> None:
    """A template that could not be taken in offers nothing and says so; the next that can is valid again."""
    story = Story()
    story.declare()
    story.tell(Faulted(START, 2, "KeyError: x", lasting=True))
    assert story.ready == "False InternalError"
    spec, problem = story.controller.offer(story.state)
    assert spec is None
    assert "KeyError: x" in problem
    story.declare(generation=3)
    assert story.ready == "True Valid"
