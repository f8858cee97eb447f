"""What a kind's decisions look like from outside: the seam at which further kinds come in."""

from typing import Protocol, TypeVar

from fabgitops_core.api.kinds import Kind
from fabgitops_core.control.commands import Commands
from fabgitops_core.control.events import Event
from fabgitops_core.control.requests import Change, DeviceId

State = TypeVar("State")


class Controller(Protocol[State]):
    """The decisions of one kind, as pure functions over a state that only they look into."""

    @property
    def kind(self) -> Kind:
        """Return the kind that it decides for."""
        ...

    def start(self) -> State:
        """Return what is known before the first event."""
        ...

    def step(self, state: State, event: Event) -> tuple[State, Commands]:
        """Return what is known after an event, and what is to be done."""
        ...

    def device(self, state: State) -> DeviceId | None:
        """Return the device that the resource is about, or None while it names none."""
        ...

    def still_wanted(self, state: State, change: Change) -> bool:
        """Return whether a write that waits for its turn may still be sent."""
        ...
