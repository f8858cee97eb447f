"""What those who lead a fleet know of its members, and what members know of who leads them.

A member tells facts when they have changed, never at a poll: of ten thousand each is a tuple of a few numbers.
"""

from collections.abc import Callable, Mapping
from enum import IntFlag, auto
from typing import NamedTuple

from fabgitops_core.api.meta import NOTHING


class Standing(IntFlag):
    """How a member stands; each holds or does not."""

    GATED = auto()
    """It knows that it is led, and holds what it was released to."""
    VALID = auto()
    """What Git wants of it is known: its spec and its template are valid."""
    REACHABLE = auto()
    """The device answers."""
    IN_SYNC = auto()
    """It holds all that it must now, by a reading since that has changed last."""
    PROVEN = auto()
    """It was read back to hold what it was released to, or put back to, by a pass that was begun after that."""
    HELD = auto()
    """A guard keeps it from being written what it must hold."""
    FAILED = auto()
    """Writes are refused or do not hold, or somebody else writes it."""
    SUSPENDED = auto()
    """It is left alone, or only looked at: nothing is written there, so no change can wait for it."""
    RESTORED = auto()
    """What was put back is what it must hold now."""


class Facts(NamedTuple):
    """What is known of a member.

    `wanted` is the hash of what Git wants of it now (16 hexadecimal digits, "" while that is not known), `released` of
    what it may hold, `round` the round of the permit that it acted on last. `corrections` counts those that were made
    since it was proven. `why` says in a few words what is wrong with it, "" for nothing. `labels` are shared with all
    that carry the same. `permit` is what it acted on last, `spent` one that it will not act on.
    """

    uid: str
    wanted: str
    released: str
    round: int
    standing: Standing
    corrections: int = 0
    why: str = ""
    permit: str = ""
    labels: Mapping[str, str] = NOTHING
    spent: str = ""


Members = Mapping[str, Facts]
"""By name; members are in the namespace of who leads them."""


class Leading(NamedTuple):
    """One who leads a member: its name, its uid, and where the member stands in its plan, as "wave 3 of 5"."""

    name: str
    uid: str
    place: str = ""


NOBODY_LEADS: tuple[Leading, ...] = ()
"""Kept once for all whom nobody leads."""

Selects = Callable[[Mapping[str, str]], bool]
"""Whether an object with such labels is a member."""
