"""The floor with real gates: each PLC is the controller of a PLC, before a device."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fabgitops_core.api.setpoint.marks import PERMIT
from fabgitops_core.control.events import Declared
from fabgitops_core.control.members import Facts, Leading
from fabgitops_core.control.plc.commands import Write
from fabgitops_core.control.plc.gate.facts import facts

from .conftest import Story, spec
from .setpoint.floor import KEY, OLD, UID, Floor

ADDRESS = 4001
LED = (Leading(KEY.name, UID),)


@dataclass
class Gated:
    """A PLC with its controller and its device, which holds what Git wanted at first."""

    name: str
    clock: Callable[[], datetime]
    words: str = OLD
    permit: str = ""
    away: bool = False
    address: str = "10.0.0.5"
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin with a device that holds what Git wants, and a look at it."""
        self.story = Story(pace=0.0, at=self.clock())
        self.holds = OLD
        self.declared()
        self.polled()

    @property
    def uid(self) -> str:
        """Return its uid."""
        return f"uid-{self.name}"

    @property
    def git(self) -> str:
        """Return what Git wants."""
        return self.words

    @git.setter
    def git(self, words: str) -> None:
        """Let Git want something."""
        if words != self.words:
            self.words = words
            self.declared()

    @property
    def holds(self) -> str:
        """Return what the device holds."""
        return str(next(iter(self.story.device.memory.values())))

    @holds.setter
    def holds(self, words: str) -> None:
        """Let the device hold something."""
        self.story.device.holding(ADDRESS, int(words))

    def declared(self, **more: Any) -> None:
        """Declare it as it stands."""
        story = self.story
        story.at = self.clock()
        story.generation += story.state.generation >= 0
        annotations = {PERMIT: self.permit} if self.permit else {}
        wanted = spec(target_value=int(self.words), device_address=self.address)
        event: Declared[Any, Any] = Declared(
            story.at, story.generation, wanted, annotations=annotations, led_by=LED, uid=self.uid, **more
        )
        story.tell(event)

    def annotated(self, text: str) -> None:
        """Take a permit."""
        self.permit = text
        self.declared()

    def polled(self) -> None:
        """Look at the device; before a write of what Git wants now there is a permit for just that."""
        self.story.at = self.clock()
        self.story.device.away = {1} if self.away else set()
        self.story.due()
        while self.story.request is not None:
            if isinstance(self.story.request, Write):
                self._may_write(str(self.story.request.change.values[0]))
            self.story.answered()

    def _may_write(self, words: str) -> None:
        if words == self.words and self.words != OLD:
            assert facts_of(self).wanted in self.permit, "nothing is written that no permit names"

    def crashed(self) -> None:
        """Let another process go on with what was published last."""
        status = type(self.story.status).model_validate_json(self.story.status.model_dump_json(by_alias=True))
        self.story = Story(generation=self.story.generation, pace=0.0, at=self.clock(), device=self.story.device)
        self.declared(status=status)

    def facts(self) -> Facts:
        """Return what it tells."""
        return facts_of(self)


def facts_of(plc: Gated) -> Facts:
    """Return how a PLC stands."""
    found = facts(plc.story.state)
    assert found is not None
    return found._replace(labels=plc.labels)


def gated(count: int, **changes: Any) -> Floor:
    """Return a floor whose PLCs are real."""
    floor = Floor(count, **changes)
    floor.plcs = {name: Gated(name, lambda: floor.at) for name in floor.plcs}  # type: ignore[misc]
    return floor.muster()
