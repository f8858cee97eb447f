"""What the controller of one Rack knows, and the few ways in which that changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, auto
from types import MappingProxyType
from typing import Any, NamedTuple

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rack import RACK
from fabgitops_core.api.rack.rack import RackSpec
from fabgitops_core.api.rack.rackstatus import Pending, PendingDelete, RackStatus
from fabgitops_core.api.rack.racktemplate import RackTemplateOffer
from fabgitops_core.control.commands import Commands, Publish
from fabgitops_core.control.events import Declared, SyncRequest
from fabgitops_core.control.happenings import Happening
from fabgitops_core.control.objects import Child
from fabgitops_core.control.rack.plan import Plan
from fabgitops_core.control.rack.reasons import RackReason
from fabgitops_core.control.rack.totals import NONE, Totals

UNKNOWN = RackStatus()


class Stage(IntEnum):
    """What is under way."""

    IDLE = auto()
    APPLYING = auto()
    PRUNING = auto()
    GONE = auto()


class Why(IntEnum):
    """Why an object is applied: what people are told of it."""

    MISSING = auto()
    ADOPTED = auto()
    GIVEN = auto()
    DIFFERS = auto()
    CORRECTED = auto()


class Work(NamedTuple):
    """An object to be applied: onto the one of `uid`, or where nothing has its name.

    A `fresh` one was not counted before. `by` is the manager who gave it another value, where one did.
    """

    key: Key
    why: Why
    uid: str = ""
    force: bool = False
    fresh: bool = False
    by: str = ""


class Trouble(NamedTuple):
    """What kept an object from being as it should: the reason of a situation, and a sentence."""

    reason: RackReason
    message: str


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass over a Rack: what it is to be, what is still to be done, and what came of what was done.

    Of `queue` the one at `at` is under way while APPLYING, of `going` the first while PRUNING. `healing` says that what
    is missing was there before. `inputs` are what the plan was made of: when they have changed the pass is over.
    `done` are the names of what was applied, by why, at most a few; `counts` how many. `awaited` are parts that have to
    be gone before they can be made again, `again` the seconds until the next pass. `refused` counts refusals in a row,
    `deletes` what was asked to go in this pass, `removed` what went.
    """

    inputs: tuple[Any, ...] = ()
    plan: Plan | None = None
    queue: tuple[Work, ...] = ()
    at: int = 0
    going: tuple[Child, ...] = ()
    healing: bool = False
    accepted: bool = False
    pending: Pending | None = None
    kept: tuple[str, ...] = ()
    awaited: tuple[str, ...] = ()
    totals: Totals = NONE
    wanted: int = 0
    troubles: tuple[Trouble, ...] = ()
    refused: int = 0
    again: float | None = None
    done: Mapping[Why, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    counts: Mapping[Why, int] = field(default_factory=lambda: MappingProxyType({}))
    deletes: int = 0
    removed: tuple[str, ...] = ()


REST = Pass()


class Waiting(NamedTuple):
    """A happening that the bus does not have for good yet: of a part, of an end, or of the Rack itself (own)."""

    what: str
    moment: str
    uid: str = ""


class Late(NamedTuple):
    """What is to be told when its turn comes: that a part was made or changed, that one is gone, or a happening."""

    waiting: Waiting
    at: datetime
    of: Child | PendingDelete | Happening


@dataclass(frozen=True, slots=True)
class Telling:
    """How far what happened was handed to the bus.

    `told` are the uids of parts that were told of in this process, or are to be, as far as the watermark does not say
    so. `later` is what waits for the bus to take others, in order; `missed` says that something of the Rack itself had
    no room there. `parts` is the latest creationTimestamp of those that the bus took, `own` the latest moment of what
    it took of the Rack itself.
    """

    outstanding: Mapping[str, Waiting] = field(default_factory=lambda: MappingProxyType({}))
    told: frozenset[str] = frozenset()
    later: tuple[Late, ...] = ()
    missed: bool = False
    parts: str = ""
    own: str = ""


class RackState(NamedTuple):
    """All that the controller knows.

    `status` is how the Rack stands, `said` what was made known of that, at `published`. `tries` counts passes in a row
    that ended because the API server was away. `missing_since` is since when the template is not there. `request` is a
    sync that nobody has carried out. `fault` is told while a fault of our own keeps what is declared from being in
    force.
    """

    key: Key = Key(RACK.name, "", "")
    stage: Stage = Stage.IDLE
    uid: str = ""
    created: str = ""
    generation: int = -1
    spec: RackSpec | None = None
    problem: str = ""
    approved: str = ""
    leaving: bool = False
    offer: RackTemplateOffer | None = None
    template_problem: str = ""
    missing_since: datetime | None = None
    status: RackStatus = UNKNOWN
    said: RackStatus = UNKNOWN
    going: Pass = REST
    telling: Telling = Telling()
    tries: int = 0
    published: datetime | None = None
    request: SyncRequest | None = None
    fault: str = ""

    @property
    def inputs(self) -> tuple[Any, ...]:
        """Return what a plan is made of, and what decides about it."""
        return self.uid, self.generation, self.spec, self.approved, self.offer, self.leaving


Step = tuple[RackState, Commands]
Declaration = Declared[RackSpec, RackStatus]


def published(state: RackState, at: datetime) -> Step:
    """Make the status known if it says something else than what was made known last."""
    same = state.status.model_copy(update={"last_update": state.said.last_update})
    if same == state.said:
        return state._replace(status=state.said), ()
    status = state.status.model_copy(update={"last_update": at})
    return state._replace(status=status, said=status, published=at), (Publish(status),)
