"""What a revision would change, and whether it may: a pure function of before, after and limits.

Objects are told apart by kind, namespace and name, never by their file: a file that is renamed changes nothing. What
vanishes is let go of, never written to, but nobody looks at it any more; so where much vanishes at once, or all, the
whole revision is held back until somebody says that it is meant.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from fabgitops_operator.standalone.source.allowing import ALLOWANCE, Allowance
from fabgitops_operator.standalone.source.manifests import Name

NAMED = 5
"""How many of those that would vanish are named."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may vanish at once: so many, or such a share of all, whichever is more; never all."""

    count: int = 5
    share: float = 0.1

    def most(self, of: int) -> int:
        """Return how many of `of` objects may vanish."""
        return max(min(max(self.count, int(of * self.share)), of - 1), 0)


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of each object; `held` says why the whole is held back, if it is."""

    let_in: tuple[Name, ...] = ()
    change: tuple[Name, ...] = ()
    moved: tuple[Name, ...] = ()
    """The same as before, and in another place of the source."""
    let_go: tuple[Name, ...] = ()
    unchanged: int = 0
    held: str = ""

    @property
    def empty(self) -> bool:
        """Return whether nothing is to be done."""
        return not (self.let_in or self.change or self.moved or self.let_go)

    def __str__(self) -> str:
        """Return it for people: `2 new, 1 changed, 3 no longer looked at, 40 unchanged`."""
        counts = (
            (len(self.let_in), "new"),
            (len(self.change), "changed"),
            (len(self.let_go), "no longer looked at"),
            (self.unchanged + len(self.moved), "unchanged"),
        )
        return ", ".join(f"{count} {what}" for count, what in counts if count) or "nothing"


@dataclass(frozen=True, slots=True)
class Mark:
    """What tells whether an object changed: a digest of what is declared, and where it stands."""

    digest: str
    origin: str


def plan(
    before: Mapping[Name, Mark], after: Mapping[Name, Mark], limits: Limits, allowance: Allowance | None = None
) -> Plan:
    """Return what a revision would do.

    Args:
        before: The objects that came from the source.
        after: Those that the revision names.
        limits: How much may vanish at once.
        allowance: What somebody said may vanish, if this revision comes with that.
    """
    gone = tuple(sorted(before.keys() - after.keys()))
    stays = sorted(before.keys() & after.keys())
    change = tuple(name for name in stays if before[name].digest != after[name].digest)
    as_before = (name for name in stays if before[name].digest == after[name].digest)
    moved = tuple(name for name in as_before if before[name].origin != after[name].origin)
    too_many = len(gone) > limits.most(len(before)) and not (allowance and allowance.covers(len(gone)))
    return Plan(
        let_in=tuple(sorted(after.keys() - before.keys())),
        change=change,
        moved=moved,
        let_go=gone,
        unchanged=len(stays) - len(change) - len(moved),
        held=_held(gone, len(before), limits) if too_many else "",
    )


def _held(gone: tuple[Name, ...], of: int, limits: Limits) -> str:
    named = ", ".join(map(str, gone[:NAMED])) + (f" and {len(gone) - NAMED} more" if len(gone) > NAMED else "")
    limit = "all" if len(gone) == of else f"{len(gone)} of {of}"
    return (
        f"{limit} would vanish ({named}), and more than {limits.most(of)} at once takes a word of yours: write"
        f" {len(gone)} into the file {ALLOWANCE} of the source, in the commit that takes them away or a later one"
    )
