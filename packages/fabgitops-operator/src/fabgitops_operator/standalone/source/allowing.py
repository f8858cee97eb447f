"""How somebody says that much may vanish at once: from Git alone, or on the machine.

The file `.fabgitops/allow-vanishing`, in the folder that holds the manifests, has a number, or the commit from which
on more may vanish than the limits say. It counts once: as it stands in the revision that was taken last it is used up,
so a number that was left there allows nothing later on. On the machine `accepting` names the revision itself.
"""

import re
from dataclasses import dataclass

ALLOWANCE = ".fabgitops/allow-vanishing"
"""The file in the source, below the folder that holds the manifests."""

ANY = 2**63
"""More objects than there are."""

COMMIT = re.compile(r"[0-9a-f]{7,64}")
"""At least the first seven digits of a revision."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many objects may vanish."""

    count: int

    def covers(self, count: int) -> bool:
        """Return whether so many may vanish."""
        return count <= self.count


class AllowanceError(ValueError):
    """The file holds neither a number nor a commit: its text says what belongs there."""


def allowance_of(text: str, used: str, commits: tuple[str, ...]) -> Allowance | None:
    """Return what a revision's file allows, or nothing.

    Args:
        text: What stands in the file; lines that begin with # say nothing.
        used: What stood in it in the revision that was taken last.
        commits: The revision that was taken last, and the parents of this one.

    Raises:
        AllowanceError: It holds something else.
    """
    said = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    if not said:
        return None
    if len(said) > 1 or not re.fullmatch(r"[0-9a-f]+", said[0]):
        raise AllowanceError("one line belongs here: how many objects may vanish, or the commit before")
    if COMMIT.fullmatch(said[0]) and any(each.startswith(said[0]) for each in commits):
        return Allowance(ANY)
    if text == used or not said[0].isdecimal():
        return None
    return Allowance(int(said[0]))
