"""What a kind's decisions look like from outside: the seam at which further kinds come in.

A kind says only what it has: every one is a `Controller`; what talks to a device is a `DeviceController` besides, what
refers to another resource a `Referrer`, what others refer to a `Referent`, what owns objects an `Owner`, what looks at
those of others a `Regarder`; what is led with others a `Member`, what leads them a `Leader`; what goes by what several
others offer a `Consultant`.
"""

from collections.abc import Iterable
from typing import Any, Protocol, TypeVar, runtime_checkable

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.control.commands import Commands, Request
from fabgitops_core.control.events import Event
from fabgitops_core.control.members import Facts, Selects
from fabgitops_core.control.objects import Viewed, Watched

State = TypeVar("State")
State_contra = TypeVar("State_contra", contravariant=True)


class Controller(Protocol[State]):
    """The decisions of one kind, as pure functions over a state that only they look into."""

    @property
    def kind(self) -> Kind:
        """Return the kind that it decides for."""
        ...

    def start(self, key: Key) -> State:
        """Return what is known of a resource before the first event."""
        ...

    def step(self, state: State, event: Event) -> tuple[State, Commands]:
        """Return what is known after an event, and what is to be done."""
        ...


@runtime_checkable
class Identified(Protocol[State_contra]):
    """What is asked of a kind whose resources stand for things that are there once, as turns out at a look."""

    def identities(self, state: State_contra) -> frozenset[str]:
        """Return what the resource stands for alone, by names that people are told; it is asked after each pass too."""
        ...


@runtime_checkable
class Modest(Protocol[State_contra]):
    """What is asked of a kind of such whose resources leave to another what that has already."""

    def wishes(self, state: State_contra) -> frozenset[str]:
        """Return what the resource would stand for alone, and does not yet: it is told of whoever does."""
        ...


@runtime_checkable
class Doubter(Protocol[State_contra]):
    """What is asked of a kind whose requests may not be wanted any more when their turn comes."""

    def wants(self, state: State_contra, request: Request) -> bool:
        """Return whether a request that is about to change something may still be sent."""
        ...


@runtime_checkable
class Referrer(Protocol):
    """What is asked of a kind that may refer to another resource."""

    def reference(self, spec: Any) -> tuple[str, str] | None:
        """Return kind and name of the resource in its namespace that a spec (None: no valid one) refers to."""
        ...


@runtime_checkable
class Referent(Protocol[State_contra]):
    """What is asked of a kind that others refer to."""

    def offer(self, state: State_contra) -> tuple[ApiModel | None, str]:
        """Return what those who refer to the resource get: its spec, or None and why there is no valid one."""
        ...


@runtime_checkable
class Owner(Protocol):
    """What is asked of a kind whose reality is other objects, which it makes, heals and deletes."""

    def owns(self) -> tuple[Watched, ...]:
        """Return which objects are its own, the same at any time."""
        ...


@runtime_checkable
class Regarder(Protocol[State_contra]):
    """What is asked of a kind that goes by objects that it does not own, and may patch them."""

    def views(self) -> tuple[Viewed, ...]:
        """Return of which kinds they are, the same at any time."""
        ...

    def regards(self, state: State_contra) -> frozenset[Key]:
        """Return which of them a resource looks at; it is asked when a pass begins, too."""
        ...


@runtime_checkable
class Member(Protocol[State_contra]):
    """What is asked of a kind whose resources may be led by others, by their labels."""

    def facts(self, state: State_contra) -> Facts | None:
        """Return how a resource stands, without its labels; None while nothing is known of it."""
        ...


@runtime_checkable
class Leader(Protocol[State_contra]):
    """What is asked of a kind that leads resources of another, in its namespace, by their labels."""

    def leads(self) -> str:
        """Return the name of the kind that is led, the same at any time."""
        ...

    def selects(self, state: State_contra) -> Selects | None:
        """Return which; None while it leads nobody: it is not valid, or gone."""
        ...

    def place(self, state: State_contra, name: str) -> str:
        """Return where a member stands in the plan, as "wave 3 of 5"; "" while there is none."""
        ...

    def places(self, state: State_contra) -> object:
        """Return what tells one plan from another: while it is equal, so is each member's place."""
        ...


@runtime_checkable
class Consultant(Protocol[State_contra]):
    """What is asked of a kind whose passes go by what others offer: those of an `Owner`, a `Regarder` or a `Leader`."""

    def consults(self, state: State_contra) -> frozenset[tuple[str, str]]:
        """Return kind and name of each resource whose offer it wants to know: of the namespace, or of the cluster."""
        ...


def led_kinds(controllers: Iterable[Controller[Any]]) -> dict[str, str]:
    """Return by the name of a kind that leads the name of that which it leads: the labels of such are to be told."""
    return {each.kind.name: each.leads() for each in controllers if isinstance(each, Leader)}
