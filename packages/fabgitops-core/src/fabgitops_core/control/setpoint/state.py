"""What the controller of one rollout knows, and the few ways in which that changes.

What it goes on from is the status and what its members say; all else here is known again after a look at both.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from fabgitops_core.api.meta import Key
from fabgitops_core.api.selecting import Selector
from fabgitops_core.api.setpoint.setpointrollout import SETPOINT_ROLLOUT, SetpointRolloutSpec
from fabgitops_core.api.setpoint.status import Phase, SetpointRolloutStatus
from fabgitops_core.control.commands import Commands, Notice, Publish
from fabgitops_core.control.events import Declared, SyncRequest
from fabgitops_core.control.moments import second
from fabgitops_core.control.setpoint.fleet import EMPTY, Fleet

MEMBER = "IndustrialPLC"
"""The kind that is led."""

UNKNOWN = SetpointRolloutStatus()

SETTLE_SECS = 5.0
"""How long what Git wants of a fleet must stand still before a change is begun, unless told otherwise."""

PERMITS_PER_SECOND = 20.0
"""How many PLCs are let go in a second, unless told otherwise."""

UNDER_WAY = frozenset({Phase.RELEASING, Phase.BAKING, Phase.ANALYSING, Phase.PAUSED})
"""Phases in which members are released, or wait for that."""


class Pace(NamedTuple):
    """How fast it goes: seconds for which Git must stand still, and permits in a second."""

    settle_secs: float = SETTLE_SECS
    permits_per_second: float = PERMITS_PER_SECOND


class Words(NamedTuple):
    """What people say by annotations; "" where they say nothing, None where it is not paused."""

    pause: str | None = None
    promote: str = ""
    abort: str = ""
    retry: str = ""
    approve: str = ""
    approved_by: str = ""


class Giving(NamedTuple):
    """A permit that is to be given: to which member, the object of which uid."""

    name: str
    uid: str
    permit: str


class Given(NamedTuple):
    """A permit that was given, and whether the member was seen to act on it; or why it could not be given."""

    permit: str
    at: datetime
    refused: str = ""


_NONE: Mapping[str, Any] = MappingProxyType({})


class SetpointState(NamedTuple):
    """All that the controller knows.

    `status` is how it stands, `said` what was made known of that, at `published`. `fleet` is the order of the members,
    `wants` what Git wanted of each when it was looked at last, None before the first look. `given` are permits of which
    their members have not told yet. `queue` are permits of a pass that is under way, the first is being given; `inputs`
    is what it was begun with. `notices` are Events that are told with the next status. `emitting` is the id of what the
    bus was told of last. `tries` counts permits in a row that could not be given because the API server was away,
    `permit_due` is when the next may be given. `fault` is told while a fault of our own keeps what is declared from
    being in force. `selector` says whom it leads: the last that was valid, whatever else of the spec is not.
    """

    key: Key = Key(SETPOINT_ROLLOUT.name, "", "")
    pace: Pace = Pace()
    uid: str = ""
    generation: int = -1
    spec: SetpointRolloutSpec | None = None
    problem: str = ""
    words: Words = Words()
    leaving: bool = False
    gone: bool = False
    status: SetpointRolloutStatus = UNKNOWN
    said: SetpointRolloutStatus = UNKNOWN
    published: datetime | None = None
    fleet: Fleet = EMPTY
    wants: Mapping[str, str] | None = None
    fingerprint: str = ""
    given: Mapping[str, Given] = _NONE
    queue: tuple[Giving, ...] = ()
    inputs: tuple[Any, ...] = ()
    notices: tuple[Notice, ...] = ()
    emitting: str = ""
    request: SyncRequest | None = None
    tries: int = 0
    permit_due: datetime | None = None
    fault: str = ""
    selector: Selector | None = None

    @property
    def phase(self) -> Phase:
        """Return where it stands."""
        return self.status.phase

    @property
    def asked_to_pause(self) -> str | None:
        """Return why somebody wants it to pause; None where nobody does."""
        if self.words.pause is not None:
            return f"paused by annotation: {self.words.pause}" if self.words.pause else "paused by annotation"
        return "spec.paused is true" if self.spec and self.spec.paused else None

    @property
    def is_full(self) -> bool:
        """Return whether somebody wants all that is left of this revision released at once."""
        return self.status.promoted == f"{self.status.revision}/full"

    @property
    def is_begun(self) -> bool:
        """Return whether a revision was begun, and has not ended."""
        return self.status.wave > 0 and self.phase in {*UNDER_WAY, Phase.RESTORING}

    def own_permit(self) -> str:
        """Return how each permit of this round begins."""
        return f"{self.uid}/{self.status.round}/"

    def with_status(self, **fields: Any) -> "SetpointState":
        """Return the state with fields of its status changed."""
        return self._replace(status=self.status.model_copy(update=fields))


Step = tuple[SetpointState, Commands]
Declaration = Declared[SetpointRolloutSpec, SetpointRolloutStatus]


def with_clock(state: SetpointState, at: datetime) -> SetpointState:
    """Return the state with no wait that counts from after now: a clock that was set back makes none longer."""
    now, status = second(at), state.status
    late = {name: now for name in _WAITS if (since := getattr(status, name)) is not None and since > now}
    return state.with_status(**late) if late else state


_WAITS = ("wanted_since", "wave_started_at", "baking_since", "paused_since")


def published(state: SetpointState, at: datetime) -> Step:
    """Make the status known if it says something else than what was made known last, and what is news in it."""
    notices, state = state.notices, state._replace(notices=())
    same = state.status.model_copy(update={"last_update": state.said.last_update})
    if same == state.said:
        return state._replace(status=state.said), notices
    status = state.status.model_copy(update={"last_update": second(at)})
    return state._replace(status=status, said=status, published=at), (Publish(status), *notices)
