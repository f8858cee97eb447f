"""What a controller wants done. A step returns any number of these and at most one request, last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from fabgitops_core.api.analysis.metrics import Metric
from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.codec.texts import printable
from fabgitops_core.control.happenings import Happening


class Command:
    """What is carried out."""

    __slots__ = ()


class Request(Command):
    """What is carried out by a performer, takes its time, and comes back as an event: a kind may bring its own."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Apply(Request):
    """Let an object be as it is said here, by server-side apply, and tell what came of it.

    What it does not say is left to others. With `force` the fields that it says are taken from whoever gave them
    another value. With `uid` it goes onto the object that has it, or onto none; without, only where no object has the
    name: one that is there is looked at (`ObjectFailure.stands`) before anything of it is taken over. When `recorded`,
    it is not done before the status is stored that was published last.
    """

    object: Mapping[str, Any]
    force: bool = False
    uid: str = ""
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class Draft(Request):
    """Ask what would be stored of an object of the resource's own, with all defaults; nothing is made."""

    object: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Delete(Request):
    """Delete an object if it still is the one of this uid, and tell what came of it.

    When `recorded`, that is not done before the status is stored that was published last: it says what is deleted. With
    `version` it must not have changed since it had that resourceVersion.
    """

    key: Key
    uid: str
    recorded: bool = True
    version: int = 0


_SAYS: Mapping[str, tuple[str, ...]] = {
    "test": ("value",),
    "add": ("value",),
    "replace": ("value",),
    "remove": (),
    "move": ("from",),
    "copy": ("from",),
}
"""What a step says beside its path, by what it does (RFC 6902, section 4)."""


SCALE = "scale"
"""The subresource by which how many pods a workload has is changed, and nothing else."""


@dataclass(frozen=True, slots=True)
class Patch(Request):
    """Change an object of this uid that the resource owns or regards, by a JSON patch, and tell what came of it.

    `steps` are carried out all or none, as RFC 6902 says: a `test` among them that does not hold keeps the others from
    it. With `version` the object must not have changed since it had that resourceVersion. When `recorded`, it is not
    done before the status is stored that was published last. `part` is the subresource that it goes to, "" for none:
    that has the uid and the version of the object, and fields of its own.
    """

    key: Key
    uid: str
    steps: tuple[Mapping[str, Any], ...]
    version: int = 0
    recorded: bool = True
    part: str = ""

    def __post_init__(self) -> None:
        """Let no step pass that is none: an API server says of it what it says of one that does not fit.

        Raises:
            ValueError: One is none.
        """
        for step in self.steps:
            if not {"path", *_SAYS.get(step.get("op", ""), ("an op",))} <= step.keys():
                raise ValueError(f"{dict(step)} is no step of a JSON patch")


@dataclass(frozen=True, slots=True)
class Annotate(Request):
    """Give annotations of our own to the object of this uid, and tell what came of it; None takes one away.

    When `recorded`, that is not done before the status is stored that was published last. `after` are the seconds that
    it waits before it is sent.
    """

    key: Key
    uid: str
    annotations: Mapping[str, str | None]
    recorded: bool = True
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Measure(Request):
    """Measure a metric once, its arguments filled in, and tell what came of it.

    It is the one called `name` (TEMPLATE/METRIC) of the analysis of a `wave` that was begun at `since`. Without a
    `metric` it cannot be asked any more, for a `problem`: that comes back as a failure. While the answer is on its way
    whoever asks for the same again waits for that.
    """

    wave: int
    name: str
    metric: Metric | None
    problem: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Emit(Command):
    """Tell the bus, and go on; `Emitted` says, some time later, that it has it for good, or gives it up."""

    happening: Happening


@dataclass(frozen=True, slots=True)
class Publish(Command):
    """Make a status known; with `before_write` it is the record of writes, and is for nothing if none may be sent."""

    status: ApiModel
    before_write: bool = False


@dataclass(frozen=True, slots=True)
class Tell(Command):
    """Make known how another object stands, the one of this uid, that nobody else speaks for."""

    key: Key
    uid: str
    status: ApiModel


class NoticeReason(StrEnum):
    """Transitions worth an Event, of which each family has an enumeration of its own."""

    @property
    def warning(self) -> bool:
        """Return whether somebody should look."""
        return True

    @property
    def action(self) -> str:
        """Return what was done when it turned out, for the `action` of an Event."""
        return "Reconcile"


@dataclass(frozen=True, slots=True)
class Notice(Command):
    """Tell people of a transition; control characters in the message are shown, not obeyed."""

    reason: NoticeReason
    message: str

    def __post_init__(self) -> None:
        """Make the message fit for a terminal, whatever of a manifest it quotes."""
        if not self.message.isprintable():
            object.__setattr__(self, "message", printable(self.message))

    @property
    def warning(self) -> bool:
        """Return whether somebody should look."""
        return self.reason.warning


@dataclass(frozen=True, slots=True)
class Wake(Command):
    """Say `Due` after so many seconds; None leaves it asleep.

    `spread` allows a delay of up to so many seconds more, where many begin at once. A `steady` one counts from when
    the last was due, so that passes keep their beat however long each takes.
    """

    after: float | None
    spread: float = 0.0
    steady: bool = False


Commands = tuple[Command, ...]
