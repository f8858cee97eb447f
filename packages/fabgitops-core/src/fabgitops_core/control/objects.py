"""What is known of objects that a kind owns or looks at: small records, and why a request for one did not succeed.

An object is kept whole nowhere: of a plant there are tens of thousands, and a decision looks at a few fields of each.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import NOTHING, Key


@dataclass(frozen=True, slots=True)
class Child:
    """One object that a kind owns or looks at, as it was seen last.

    `version` is its resourceVersion, `created` its creationTimestamp as it is written there (RFC 3339), `owner` the uid
    of its controller owner reference, "" where it has none. `digest` is of what a plan says of it: it equals that of
    the planned object exactly when nothing of ours differs. `facts` are the few further fields that decisions need.
    One that is `leaving` has a deletionTimestamp. `mark` is a number of further texts, of which no two objects have the
    same: another where they are others, 0 where there are none.
    """

    key: Key
    uid: str
    version: int
    created: str = ""
    owner: str = ""
    digest: bytes = b""
    facts: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    leaving: bool = False
    mark: int = 0


Children = Mapping[Key, Child]


@dataclass(frozen=True, slots=True)
class Watched:
    """Which objects a kind owns, and how a record is made of one.

    Objects of `kind` that carry `label` are watched; its value is the name of their owner, which is of `owner_kind` and
    in the same namespace. Where the label does not say it, `owner` does: it returns the name, "" for an object that is
    none of theirs. Both are pure, and raise nothing for what a user wrote.
    """

    kind: Kind
    label: str
    owner_kind: str
    seen: Callable[[Mapping[str, Any]], Child]
    owner: Callable[[Mapping[str, Any]], str] | None = None


@dataclass(frozen=True, slots=True)
class Viewed:
    """Which objects a kind looks at and does not own, and how a record is made of one.

    All of `kind` are watched, whatever they carry; a record is kept of those that a resource regards. `seen` is pure,
    and raises nothing for what a user wrote. Of one object there is one record, so it is the same for all who look at
    its kind.
    """

    kind: Kind
    seen: Callable[[Mapping[str, Any]], Child]

    @property
    def label(self) -> str:
        """Return the label by which they are watched: none."""
        return ""


class ObjectFailureKind(Enum):
    """What is known after a request for an object that did not succeed; nothing was changed by it unless it is AWAY."""

    CONFLICT = auto()
    """A field of ours has a value that another manager gave it."""
    TAKEN = auto()
    """The name is another object's, or the object is another owner's."""
    CHANGED = auto()
    """It has changed since it was looked at."""
    GONE = auto()
    """There is no object of that uid."""
    REFUSED = auto()
    """It is invalid, forbidden, or refused by a policy: it will be again until something is changed."""
    HELD = auto()
    """Nothing may be sent now, and nothing was: who is held begins another pass when that is over, or to find out."""
    AWAY = auto()
    """There was no answer, or one that asks for patience: it may have been done, and may be asked for again."""


@dataclass(frozen=True, slots=True)
class ObjectFailure:
    """Why a request did not succeed: one sentence that stays the same while the cause does.

    `manager` and `fields` say of a conflict whose value stands in which fields. `retry_after` are the seconds for which
    the API server asks for patience, 0 where it does not say. `stands` is the object that has the name, where that is
    why it is TAKEN.
    """

    kind: ObjectFailureKind
    message: str
    manager: str = ""
    fields: tuple[str, ...] = ()
    retry_after: float = 0.0
    stands: Child | None = None
