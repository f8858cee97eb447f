"""What came of what was asked for."""

from dataclasses import dataclass
from enum import Enum, auto

from fabgitops_core.codec.texts import cut, printable
from fabgitops_core.control.chaos.deeds import Clock

LONGEST_SAID = 200
"""Of what others say so many characters go into a status, which has room for little."""


def _short(text: str) -> str:
    return printable(cut(text, LONGEST_SAID))


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

    def __post_init__(self) -> None:
        """Make what was said fit for a status, and a terminal."""
        object.__setattr__(self, "message", _short(self.message))


UNANSWERED = Outcome(Result.UNKNOWN, "no answer")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a probe came to: whether it holds, None where it could not be asked, and what was said."""

    name: str
    holds: bool | None
    said: str = ""

    def __post_init__(self) -> None:
        """Make what was said fit for a status, and a terminal."""
        object.__setattr__(self, "said", _short(self.said))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a target is injected, as it stands: what can be done there, by which clock; `why` says why it is away.

    A PLC is `real` where nothing proves it a mock. It is `unfit` where what is asked for can never be done. For no
    longer than `most_secs` is anything held there, None where that is not told.
    """

    can: frozenset[str] = frozenset()
    clock: Clock | None = None
    before: str = ""
    why: str = ""
    real: bool = False
    unfit: bool = False
    most_secs: float | None = None

    def __post_init__(self) -> None:
        """Make what was said fit for a status, and a terminal."""
        object.__setattr__(self, "why", _short(self.why))
