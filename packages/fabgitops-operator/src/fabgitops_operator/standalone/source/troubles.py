"""What keeps a revision from being taken, and what keeps a source from being read."""

from collections.abc import Sequence
from dataclasses import dataclass

MOST_TOLD = 10
"""Troubles that are told in one text; people mend those first."""


@dataclass(frozen=True, slots=True, order=True)
class Trouble:
    """One thing that is wrong with a revision: where, what, and the way out."""

    file: str
    line: int
    """Counted from 1; 0 where it is about the whole file."""
    text: str

    def __str__(self) -> str:
        """Return it as compilers do: `lines/a/mixer.yaml:14: spec.registers[2].value is …`."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.text}" if where else self.text


class RevisionError(Exception):
    """A revision is not taken: its troubles say why, all at once."""

    def __init__(self, troubles: Sequence[Trouble]) -> None:
        self.troubles = tuple(sorted(troubles))
        super().__init__(told(self.troubles))


class HeldError(Exception):
    """Nothing is wrong with a revision, but too much would vanish with it: its text says what, and the way out."""


class AwayError(Exception):
    """The source cannot be read now: its text says why, and the way out."""


def told(troubles: Sequence[Trouble]) -> str:
    """Return troubles in one text, the first ten of them and how many more there are."""
    more = f"; and {len(troubles) - MOST_TOLD} more" if len(troubles) > MOST_TOLD else ""
    return "; ".join(str(each) for each in troubles[:MOST_TOLD]) + more
