"""What the controller of one Rollout knows, and the few ways in which that changes.

What it goes on from is the status and the objects themselves; all else here is known again after a look at both.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum, auto
from typing import Any, NamedTuple

from fabgitops_core.api.argo.rollout import RunLimits
from fabgitops_core.api.meta import NOTHING, Key
from fabgitops_core.api.rollout.rollout import ROLLOUT, RolloutSpec
from fabgitops_core.api.rollout.status import RolloutStatus
from fabgitops_core.control.commands import Commands, Notice, Publish
from fabgitops_core.control.events import Declared, SyncRequest
from fabgitops_core.control.moments import second
from fabgitops_core.control.rollout.words import Words

UNKNOWN = RolloutStatus()


class Stage(IntEnum):
    """What is under way."""

    IDLE = auto()
    ACTING = auto()
    """A request for an object is under way."""
    MEASURING = auto()
    """A metric is being measured."""
    GONE = auto()


class Untold(NamedTuple):
    """Why something could not be told, how often in a row that was tried in vain, and until when it is not tried."""

    tries: int = 0
    why: str = ""
    until: datetime | None = None


TOLD = Untold()


class RolloutState(NamedTuple):
    """All that the controller knows.

    `status` is how it stands, `said` what was made known of that. `inputs` are what the request under way follows from:
    when they have changed it is not wanted any more; `telling` is what people are told when it is done. `notices` are
    Events that are told with the next status. `emitting` is the id of what the bus was told of last. `tries` counts
    passes in a row that could not go on, for `trouble`, a sentence; `refused` says that they were refused for good.
    `held` are routes and Services that are known to have been as they are to be, each with the generation for which;
    `rivals` are those who name, or have, what this Rollout does, by what that is; `begun_at` is when it looked first.
    `steady` are Services without routes that select the revision that they are to select, each with that;
    `resisting` says that what is put right next was changed by somebody else.
    `symbolic` is the spec as it names what it speaks of, None where it speaks of nothing: by that steps are the same.
    `run_limits` say how many AnalysisRuns are kept, `taken_names` which names of such are another's; `untold` is why
    one could not be written, and until when that is not tried again.
    `drafted` is a template that was declared, by its hash, and what an API server makes of it, by its content.
    `fault` is told while a fault of our own keeps what is declared from being in force.
    """

    key: Key = Key(ROLLOUT.name, "", "")
    stage: Stage = Stage.IDLE
    uid: str = ""
    generation: int = -1
    spec: RolloutSpec | None = None
    problem: str = ""
    words: Words = Words()
    leaving: bool = False
    status: RolloutStatus = UNKNOWN
    said: RolloutStatus = UNKNOWN
    inputs: tuple[Any, ...] = ()
    telling: Notice | None = None
    notices: tuple[Notice, ...] = ()
    emitting: str = ""
    request: SyncRequest | None = None
    tries: int = 0
    trouble: str = ""
    refused: bool = False
    fault: str = ""
    held: frozenset[tuple[int, Key]] = frozenset()
    rivals: Mapping[str, str] = NOTHING
    begun_at: datetime | None = None
    steady: frozenset[tuple[Key, str]] = frozenset()
    resisting: bool = False
    drafted: tuple[str, str] = ("", "")
    symbolic: RolloutSpec | None = None
    run_limits: RunLimits = RunLimits()
    taken_names: frozenset[str] = frozenset()
    untold: Untold = TOLD

    @property
    def declared(self) -> tuple[Any, ...]:
        """Return what people want: a request that follows from something else is not sent any more."""
        return self.uid, self.generation, self.words, self.leaving, tuple(sorted(self.rivals.items()))

    @property
    def asked_to_pause(self) -> str | None:
        """Return why somebody wants it to pause; None where nobody does."""
        if self.words.pause is not None:
            return f"paused by annotation: {self.words.pause}" if self.words.pause else "paused by annotation"
        return "spec.paused is true" if self.spec and self.spec.paused else None

    def with_status(self, **fields: Any) -> "RolloutState":
        """Return the state with fields of its status changed."""
        return self._replace(status=self.status.model_copy(update=fields))


Step = tuple[RolloutState, Commands]
Declaration = Declared[RolloutSpec, RolloutStatus]


def published(state: RolloutState, at: datetime) -> Step:
    """Make the status known if it says something else than what was made known last, and what is news in it."""
    notices, state = state.notices, state._replace(notices=())
    same = state.status.model_copy(update={"last_update": state.said.last_update})
    if same == state.said:
        return state._replace(status=state.said), notices
    status = state.status.model_copy(update={"last_update": second(at)})
    return state._replace(status=status, said=status), (Publish(status), *notices)
