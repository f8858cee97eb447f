"""Every situation a rollout can be in, and what its conditions say then: one table, read from left to right.

kstatus reads it as: Stalled → Failed; Reconciling, or Ready not True → InProgress; otherwise Current. What waits for
somebody's word is not at work on anything, so it is Paused, which Argo CD shows as Suspended.
"""

from dataclasses import dataclass

from fabgitops_core.api.conditions import ConditionStatus
from fabgitops_core.api.setpoint.status import Phase

_T, _F = ConditionStatus.TRUE, ConditionStatus.FALSE


@dataclass(frozen=True, slots=True)
class Situation:
    """What the conditions say; `reason` is that of Ready."""

    reason: str
    ready: ConditionStatus
    reconciling: bool
    stalled: bool
    paused: bool = False


#                                              Ready Reconciling Stalled Paused
PENDING = Situation("Pending", _F, True, False)
WATCHING = Situation("Watching", _T, False, False)
PLANNING = Situation("Planning", _F, True, False)
RELEASING = Situation("Releasing", _F, True, False)
NOT_JUDGED = Situation("AnalysisInvalid", _F, False, True)
FROZEN = Situation("Frozen", _F, True, False)
BAKING = Situation("Baking", _F, True, False)
ANALYSING = Situation("Analysing", _F, True, False)
PAUSED = Situation("Paused", _F, False, False, paused=True)
AWAITING_APPROVAL = Situation("AwaitingApproval", _F, False, False, paused=True)
RESTORING = Situation("Restoring", _F, True, False)
ABORTED = Situation("Aborted", _F, False, True)
DONE = Situation("Done", _T, False, False)
OVERLAP = Situation("Overlap", _F, False, True)
INVALID_SPEC = Situation("InvalidSpec", _F, False, True)
INTERNAL_ERROR = Situation("InternalError", _F, False, True)

OF_PHASE = {
    Phase.WATCHING: WATCHING,
    Phase.PLANNING: PLANNING,
    Phase.RELEASING: RELEASING,
    Phase.BAKING: BAKING,
    Phase.ANALYSING: ANALYSING,
    Phase.PAUSED: PAUSED,
    Phase.RESTORING: RESTORING,
    Phase.ABORTED: ABORTED,
    Phase.DONE: DONE,
}
"""What is said while a phase lasts, unless something keeps it."""
