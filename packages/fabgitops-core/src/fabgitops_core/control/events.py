"""What a controller is told: each event is one fact, with the time at which it became known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Generic, TypeVar

from fabgitops_core.api.meta import NOTHING, ApiModel, Key
from fabgitops_core.control.analysis.answers import Answer
from fabgitops_core.control.breaker import Gate
from fabgitops_core.control.commands import Measure
from fabgitops_core.control.members import Leading, Members
from fabgitops_core.control.neighbours import NOBODY, Neighbours
from fabgitops_core.control.objects import Child, Children, ObjectFailure

Spec = TypeVar("Spec", bound=ApiModel)
Status = TypeVar("Status", bound=ApiModel)


class Event:
    """One fact, and the time `at` which it became known; a kind's requests may come back as events of its own."""

    __slots__ = ()

    at: datetime


class News(Event):
    """What may be told at any time; every other event belongs to a pass."""

    __slots__ = ()


class FailureKind(Enum):
    """What is known after a request that did not succeed."""

    UNREACHABLE = auto()
    """There is no working connection: nothing was sent, or nothing valid came back."""
    REFUSED_FOR_GOOD = auto()
    """The device answered that it cannot do this: it will not do it unless something is changed."""
    REFUSED_FOR_NOW = auto()
    """The device answered that it cannot do this now."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a request did not succeed: one sentence that stays the same while the cause does.

    `code` is the Modbus exception code where the device, or a gateway for it, answered with one. What is
    `out_of_bounds` was not tried: we may not connect to where the device is.
    """

    kind: FailureKind
    message: str
    code: int | None = None
    out_of_bounds: bool = False


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """A wish for one pass now; `force` corrects once and tries an open circuit as well."""

    token: str
    force: bool


@dataclass(frozen=True, slots=True)
class Declared(News, Generic[Spec, Status]):
    """The resource as it stands: a spec, or the reason why there is none (`problem`), and the status stored with it.

    `referenced` tells of what the spec refers to. `created` is the creationTimestamp as it is written (RFC 3339),
    `annotations` are those of our own group. A changed one is news only where the kind names it.
    One that is `leaving` has a deletionTimestamp. `labels` are those of a kind that others lead by them, `led_by` are
    who leads it. Of a kind that is described there are all labels and all annotations. `lasting` is what counts of a
    spec that is not valid as a whole, None where nothing does. `rival` is who else looks after it: then it is left to
    them, and nothing is written, its status neither. `finalizers` are all that it has.
    """

    at: datetime
    generation: int
    spec: Spec | None
    problem: str = ""
    request: SyncRequest | None = None
    status: Status | None = None
    referenced: "Referenced | None" = None
    uid: str = ""
    created: str = ""
    annotations: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    leaving: bool = False
    labels: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    led_by: tuple[Leading, ...] = ()
    lasting: ApiModel | None = None
    rival: str = ""
    finalizers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Removed(News):
    """The resource is gone."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Referenced(News):
    """What the resource refers to, as it stands now; None while it is not there or not valid (`problem` says why)."""

    at: datetime
    spec: ApiModel | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Used(News):
    """So many resources refer to this one."""

    at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Faulted(News):
    """A fault of our own has struck the resource: `cause` says which.

    A `lasting` one struck when it was declared, or when something else was told of it, in `failed` if it could be read
    at all: nothing is in force until it is declared anew. Any other has ended a pass, which is done again later.
    `said` is the status that was made known last, for who knows of none.
    """

    at: datetime
    generation: int
    cause: str
    lasting: bool = False
    failed: "Event | None" = None
    said: ApiModel | None = None


@dataclass(frozen=True, slots=True)
class Contested(News):
    """Who else wants the same: by what people call it, as a register, the full name of a rival; empty for nobody."""

    at: datetime
    rivals: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Led(News):
    """Who leads the resource now, and where it stands in their plans; nobody where that is empty."""

    at: datetime
    by: tuple[Leading, ...]


@dataclass(frozen=True, slots=True)
class Mustered(Event):
    """It is time to look, at these: the members that the resource leads.

    It begins each pass of a `Leader`, as `Due` begins that of others. `rivals` names, by member, who else leads it.
    `offers` are what the resource consults, by kind and name: what each offers, or None with the reason why not.
    """

    at: datetime
    members: Members
    rivals: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    offers: Mapping[tuple[str, str], tuple[ApiModel | None, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Annotated(Event):
    """An object carries annotations as was asked for: it will be declared with them."""

    at: datetime
    key: Key


@dataclass(frozen=True, slots=True)
class AnnotateFailed(Event):
    """An object was not annotated."""

    at: datetime
    key: Key
    failure: ObjectFailure


@dataclass(frozen=True, slots=True)
class Measured(Event):
    """A metric was measured."""

    at: datetime
    request: Measure
    answer: Answer


@dataclass(frozen=True, slots=True)
class MeasureFailed(Event):
    """A metric could not be measured: `why` in one sentence, the same while the cause is."""

    at: datetime
    request: Measure
    why: str


@dataclass(frozen=True, slots=True)
class Due(Event):
    """It is time to look; `gate` says whether the device's circuit lets a request through.

    `neighbours` are those whom the resource wants to know about.
    """

    at: datetime
    gate: Gate
    neighbours: Neighbours = field(default_factory=lambda: NOBODY)


@dataclass(frozen=True, slots=True)
class Surveyed(Event):
    """It is time to look, at these: all that carries the label by which the resource's kind watches what it owns.

    Beside them are those that it regards, as far as they are there. It begins each pass of an `Owner` and of a
    `Regarder`, as `Due` begins that of others, and is never told before all was listed once. `unseen` are the kinds of
    which not all is known, and why: the API server refuses to list them, or has no such kind, or an object of them
    could not be looked at. `offers` are what the resource consults, by kind and name, as in `Mustered`.
    """

    at: datetime
    children: Children
    unseen: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    offers: Mapping[tuple[str, str], tuple[ApiModel | None, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Applied(Event):
    """An object is as it should be; `created` says whether it was not there before."""

    at: datetime
    child: Child
    created: bool


@dataclass(frozen=True, slots=True)
class ApplyFailed(Event):
    """An object was not applied."""

    at: datetime
    key: Key
    failure: ObjectFailure


@dataclass(frozen=True, slots=True)
class Drafted(Event):
    """An object would be stored so; there is none, and the name and the version of the record are nobody's."""

    at: datetime
    child: Child


@dataclass(frozen=True, slots=True)
class DraftFailed(Event):
    """It is not known how an object would be stored."""

    at: datetime
    key: Key
    failure: ObjectFailure


@dataclass(frozen=True, slots=True)
class Deleted(Event):
    """An object is gone, or will be as soon as those let it whose finalizers it has."""

    at: datetime
    key: Key
    uid: str


@dataclass(frozen=True, slots=True)
class DeleteFailed(Event):
    """An object was not deleted."""

    at: datetime
    key: Key
    failure: ObjectFailure


@dataclass(frozen=True, slots=True)
class Patched(Event):
    """An object is as a patch wanted it, and now stands so."""

    at: datetime
    child: Child


@dataclass(frozen=True, slots=True)
class PatchFailed(Event):
    """An object was not patched; it has CHANGED also where a step did not fit what there is."""

    at: datetime
    key: Key
    failure: ObjectFailure


@dataclass(frozen=True, slots=True)
class Emitted(News):
    """The bus has a happening for good, or never will: then `refused` says why it is given up."""

    at: datetime
    id: str
    refused: str = ""


def fault_message(cause: str) -> str:
    """Return what people are told of a fault of our own."""
    return f"a fault of the operator's own, so nothing is written: {cause}; its log has the whole"
