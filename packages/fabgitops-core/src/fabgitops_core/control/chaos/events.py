"""What comes of requests, and when it is time to look."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fabgitops_core.control.chaos.facts import Facts
from fabgitops_core.control.chaos.ids import TargetUid
from fabgitops_core.control.chaos.outcomes import Answer, Outcome, Place
from fabgitops_core.control.chaos.selecting import Candidate
from fabgitops_core.control.events import Event


@dataclass(frozen=True, slots=True)
class Looked(Event):
    """It is time to look, and this is so.

    `ticks` are seconds of this process's own clock, which does not jump; None where it was not read.
    """

    at: datetime
    facts: Facts
    ticks: float | None = None


@dataclass(frozen=True, slots=True)
class Held(Event):
    """The finalizer is there; or it could not be put there, for this reason."""

    at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class Selected(Event):
    """What a selector matches, under this policy; or that could not be known, for this reason."""

    at: datetime
    facts: Facts
    candidates: tuple[Candidate, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Examined(Event):
    """How each place stands where something is to be done, and what was selected once more.

    None where that was not asked for; `why` says why it could not be known.
    """

    at: datetime
    facts: Facts
    places: Mapping[TargetUid, Place] = field(default_factory=dict)
    candidates: tuple[Candidate, ...] | None = None
    why: str = ""
    ticks: float | None = None


@dataclass(frozen=True, slots=True)
class Acted(Event):
    """What came of each deed, by its target, and of each probe; what is missing has not answered."""

    at: datetime
    outcomes: Mapping[TargetUid, Outcome] = field(default_factory=dict)
    answers: tuple[Answer, ...] = ()
    ticks: float | None = None


@dataclass(frozen=True, slots=True)
class Unrecorded(Event):
    """The status could not be stored, and so nothing was done."""

    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Released(Event):
    """The finalizer is gone; or it could not be taken off, for this reason."""

    at: datetime
    why: str = ""
