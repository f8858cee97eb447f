"""The sides of a rollout: what is there of a revision, and how many pods the two are to have."""

from typing import NamedTuple


class Side(NamedTuple):
    """What is known of a ReplicaSet: the pods it is told to have, those available, those that are there, those ready.

    An available pod has been ready for `minReadySeconds`. All are counts, 0 or more.
    """

    spec: int = 0
    available: int = 0
    present: int = 0
    ready: int = 0

    @property
    def sure(self) -> int:
        """Return how many available pods stay: what is more than it is told to have is about to go."""
        return min(self.spec, self.available)

    @property
    def up(self) -> int:
        """Return how many are ready: who is available is, too."""
        return max(self.ready, self.available)


class Sides(NamedTuple):
    """How many pods the canary, which is the newest revision, and the stable revision are to have."""

    canary: int
    stable: int


NOBODY = Side()
"""A revision without a pod."""


def together(*sides: Side) -> Side:
    """Return several revisions as one; of their available pods those count that stay."""
    spec, sure = sum(each.spec for each in sides), sum(each.sure for each in sides)
    return Side(spec, sure, sum(each.present for each in sides), sum(each.ready for each in sides))
