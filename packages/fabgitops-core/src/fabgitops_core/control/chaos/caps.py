"""How many targets experiments may have at once of what a selector matches: each with those that others have of it."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from fabgitops_core.control.chaos.ids import TargetUid

Uids = frozenset[TargetUid]
NONE: Uids = frozenset()


@dataclass(frozen=True, slots=True)
class Caps:
    """What an experiment wants of what its selector matches, what others have of that, and how much there may be.

    What others have is `taken`, also where it is not ready any more, as what was partitioned. `most` are targets,
    `percent` of a hundred that could be chosen or are taken, `ready_left` those of them that are `working` and are no
    target.
    """

    matching: Uids = NONE
    eligible: Uids = NONE
    working: Uids = NONE
    wanted: Uids = NONE
    taken: Uids = NONE
    most: int = 0
    percent: int = 0
    ready_left: int = 0

    def refusal(self, claimed: AbstractSet[str] = frozenset()) -> str:
        """Return why so many must not be, or nothing: what is wanted is never made less in silence.

        Args:
            claimed: Uids that others have meanwhile, of whatever there is.
        """
        taken = (self.taken | (self.matching & claimed)) - self.wanted
        wanted, there, left = len(self.wanted), len(self.eligible | taken), len(self.working - self.wanted - taken)
        beside = f" while others have {len(taken)} of the same" if taken else ""
        if not wanted:
            return ""
        if wanted + len(taken) > self.most:
            return f"it wants {wanted} targets{beside}, and the ChaosPolicy allows maxTargets {self.most}"
        if wanted + len(taken) > max(1, there * self.percent // 100):
            return f"it wants {wanted} of {there}{beside}, and the ChaosPolicy allows maxPercent {self.percent}"
        if left < self.ready_left:
            return f"it would leave {left} ready{beside}, and the ChaosPolicy wants minReadyLeft {self.ready_left}"
        return ""


UNBOUND = Caps()
"""Of what wants nothing."""
