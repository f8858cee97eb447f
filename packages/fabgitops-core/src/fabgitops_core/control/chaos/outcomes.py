"""What came of what was asked for."""

from dataclasses import dataclass
from enum import Enum, auto

from fabgitops_core.control.chaos.deeds import Clock


class Result(Enum):
    """What is known after a deed."""

    DONE = auto()
    GONE = auto()
    """The target is not there any more: whatever has its name is another."""
    LOST = auto()
    """What was to be renewed or ended is not there, and does not come back."""
    LATE = auto()
    """It was too late by the other's clock: nothing was done."""
    REFUSED = auto()
    """It cannot be done, or must not."""
    UNKNOWN = auto()
    """No answer: it may have been done, or may yet be."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a deed, with the clock that the answer told, and whether the injection has had any effect."""

    result: Result
    message: str = ""
    clock: Clock | None = None
    effective: bool | None = None


UNANSWERED = Outcome(Result.UNKNOWN, "no answer")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a probe came to: whether it holds, None where it could not be asked, and what was said."""

    name: str
    holds: bool | None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a target is injected, as it stands: what can be done there, by which clock; `why` says why it is away."""

    can: frozenset[str] = frozenset()
    clock: Clock | None = None
    before: str = ""
    why: str = ""
