"""How it stands with the source: what is in force, since when the source is away, and what is not taken and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from fabgitops_operator.standalone.source.remembering import Taken, now


class Why(StrEnum):
    """What can be the matter."""

    AWAY = "away"
    """The source cannot be read."""
    REFUSED = "refused"
    """A revision has errors."""
    HELD = "held"
    """A revision would let too much vanish."""


@dataclass(frozen=True, slots=True)
class Matter:
    """Something that is the matter, since when, and of which revision."""

    why: Why
    text: str
    since: str
    revision: str = ""

    def __str__(self) -> str:
        """Return it in one line."""
        which = f"revision {self.revision[:12]}" if self.revision else "what stands there"
        said = {
            Why.AWAY: f"source away since {self.since}",
            Why.REFUSED: f"{which} refused since {self.since}",
            Why.HELD: f"{which} held back since {self.since}",
        }[self.why]
        return f"{said}: {self.text}"


def matter(before: Matter | None, why: Why, text: str, revision: str = "") -> Matter:
    """Return what is the matter now: the same trouble with the same revision goes on since it began."""
    goes_on = before is not None and (before.why, before.revision) == (why, revision)
    return Matter(why, text, before.since if before is not None and goes_on else now(), revision)


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands at a moment."""

    where: str
    """The source, for people."""
    taken: Taken = field(default_factory=Taken)
    away: Matter | None = None
    """What keeps the source from being read."""
    rejected: Matter | None = None
    """What keeps the revision that the source names from being taken."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many looks since the start had which end: taken, refused, held, away, same."""

    def counted(self, end: str) -> "Standing":
        """Return it after one more look."""
        return replace(self, counts={**self.counts, end: self.counts.get(end, 0) + 1})

    def __str__(self) -> str:
        """Return it in one line, as /readyz and systemd show it."""
        force = f"revision {self.taken.short} of {self.taken.at} is in force" if self.taken.revision else "nothing yet"
        said = [str(each) for each in (self.away, self.rejected) if each is not None]
        return "; ".join((*said, force)) if said else f"source {self.where}: {force}"
