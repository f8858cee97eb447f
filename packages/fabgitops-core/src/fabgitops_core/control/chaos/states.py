"""What is known of one experiment: a class for each state, so that what belongs to one is asked of no other.

    Undeclared ─ Pending ─ Holding ─ Selecting ─ Steadying ─ Examining ─ Injecting ─ Running ⇄ Renewing, Resuming
                    └──────────┴─────────┴───────────┴───────────┴────────────┴─────────┴── Recovering ⇄ Undoing
                                                                                  Closing ⇄ Judging ─┘
                                                                         Completed, Failed, Aborted ─┘ ─ Departed

Nothing is touched before Injecting. Whatever ends in -ing waits for a request, but Running, Recovering and Closing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from fabgitops_core.api.chaos.status import ChaosExperimentStatus
from fabgitops_core.api.meta import Key
from fabgitops_core.control.chaos.deeds import Clock
from fabgitops_core.control.chaos.ids import ExperimentUid, TargetUid
from fabgitops_core.control.chaos.plan import Plan
from fabgitops_core.control.chaos.reasons import Reason
from fabgitops_core.control.chaos.registry import Registry
from fabgitops_core.control.chaos.selecting import Choice
from fabgitops_core.control.commands import Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class Undeclared:
    """Nothing is known yet."""

    key: Key
    known: Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known in every state: `status` as it was made known last, `created` in the metadata."""

    key: Key
    uid: ExperimentUid
    generation: int
    created: datetime
    status: ChaosExperimentStatus
    leaving: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted(Known):
    """There is a valid spec."""

    plan: Plan

    @property
    def unwanted(self) -> bool:
        """Return whether somebody has ended or deleted it."""
        return self.leaving or self.plan.spec.abort


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending(Wanted):
    """It waits for what speaks against it to be over; `tries` counts how often it has looked."""

    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding(Wanted):
    """The finalizer is being put on."""

    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Selecting(Wanted):
    """What the selector matches is being looked at."""

    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Steadying(Wanted):
    """Probes are asked whether all is as it should be."""

    choice: Choice
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Examining(Wanted):
    """The places are looked at where something is to be done: whether it can be, and by which clock."""

    choice: Choice
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed(Wanted):
    """Something may be injected.

    `left` are the seconds until it ends, as of `last`; since then no more than `most` can have gone by, where `ticks`,
    this process's own clock as of `last`, do not tell how many have. `clocks` are as
    last told; `silence` are the seconds since the last request to a target was sent that was answered, `rests` those
    until a probe is asked again.
    """

    left: float
    last: datetime
    most: float
    ticks: float | None = None
    clocks: Mapping[TargetUid, Clock] = field(default_factory=dict)
    silence: Mapping[TargetUid, float] = field(default_factory=dict)
    rests: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Injecting(Timed):
    """The record is being stored; then the injections are asked for, once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running(Timed):
    """All that was asked for is injected; leases are renewed again in a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resuming(Timed):
    """After a restart clocks are asked for, without which nothing is renewed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewing(Timed):
    """Leases are being renewed, and probes asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending(Known):
    """It is over, for a `cause`; without a plan the operator does not understand its spec any more.

    `waited` are the seconds since the last request that could have begun or renewed anything, as of `last`; since then
    no more than `most` can have gone by. `switched_off` says why there is no chaos at all any more, as it was looked at
    last.
    """

    plan: Plan | None
    cause: Reason
    why: str
    last: datetime
    most: float = 0.0
    waited: float = 0.0
    switched_off: str = ""

    @property
    def unwanted(self) -> bool:
        """Return whether somebody has ended or deleted it, or all chaos: then nobody waits for probes to hold."""
        return self.leaving or bool(self.switched_off) or (self.plan is not None and self.plan.spec.abort)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovering(Ending):
    """What was injected is being ended; it is asked for again in a moment."""

    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing(Ending):
    """It is being asked for."""

    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing(Ending):
    """Nothing is injected; probes that do not hold are asked again in a moment. `waited` counts from here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging(Ending):
    """Probes are asked whether all is as it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Final(Known):
    """Nothing of it is left; the finalizer goes.

    While that is `asked` for nothing else is; when it fails it is asked for again, after `tries` times so far.
    """

    asked: bool = False
    released: bool = False
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed(Final):
    """It ran for its whole time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed(Final):
    """It did not begin, or could not go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aborted(Final):
    """Somebody, or a probe, ended it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departed:
    """The object is not there any more."""

    key: Key


State: TypeAlias = (
    Undeclared
    | Pending
    | Holding
    | Selecting
    | Steadying
    | Examining
    | Injecting
    | Running
    | Resuming
    | Renewing
    | Recovering
    | Undoing
    | Closing
    | Judging
    | Completed
    | Failed
    | Aborted
    | Departed
)
Step: TypeAlias = tuple[State, Commands]


_CARRIED = ("key", "uid", "generation", "created", "status", "leaving")
_TIMED = ("plan", "left", "last", "most", "ticks", "clocks", "silence", "rests")
_ENDING = ("plan", "cause", "why", "last", "most", "waited", "switched_off")


def carried(state: Known) -> dict[str, Any]:
    """Return what goes with an experiment from one state to the next."""
    return {name: getattr(state, name) for name in _CARRIED}


def carried_on(state: Timed) -> dict[str, Any]:
    """Return the same while something may be injected."""
    return {**carried(state), **{name: getattr(state, name) for name in _TIMED}}


def carried_over(state: Ending) -> dict[str, Any]:
    """Return the same when it is over."""
    return {**carried(state), **{name: getattr(state, name) for name in _ENDING}}
