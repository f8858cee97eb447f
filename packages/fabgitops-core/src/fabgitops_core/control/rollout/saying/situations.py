"""Every situation a rollout can be in, and what its conditions say then: one table, read from left to right.

kstatus reads it as: Stalled → Failed; Reconciling, or Ready not True → InProgress; otherwise Current. What waits for
somebody's word is not at work on anything, so it is Paused, which Argo CD shows as Suspended.
"""

from dataclasses import dataclass

from fabgitops_core.api.conditions import ConditionStatus
from fabgitops_core.api.rollout.status import Phase

_T, _F = ConditionStatus.TRUE, ConditionStatus.FALSE


@dataclass(frozen=True, slots=True)
class Situation:
    """What the conditions say; `reason` is that of Ready."""

    reason: str
    phase: Phase
    ready: ConditionStatus
    reconciling: bool
    stalled: bool
    paused: bool = False


#                                                                                        Ready Recon. Stalled Paused
PENDING = Situation("Pending", Phase.INITIALIZING, _F, True, False)
INITIALIZING = Situation("Initializing", Phase.INITIALIZING, _F, True, False)
PROGRESSING = Situation("Progressing", Phase.PROGRESSING, _F, True, False)
PREVIEW = Situation("Preview", Phase.PREVIEW, _F, True, False)
EXPERIMENTING = Situation("Experimenting", Phase.EXPERIMENTING, _F, True, False)
PAUSED = Situation("Paused", Phase.PAUSED, _F, False, False, paused=True)
CONCLUDED = Situation("Concluded", Phase.CONCLUDED, _F, False, False, paused=True)
COMPLETED = Situation("Completed", Phase.COMPLETED, _T, False, False)
HEALING = Situation("PodsUnavailable", Phase.PROGRESSING, _F, True, False)
CONTENDED = Situation("ContendedRoute", Phase.PROGRESSING, _F, True, False)
ABORTING = Situation("Aborting", Phase.FAILED, _F, True, False)
ABORTED = Situation("RolloutAborted", Phase.FAILED, _F, False, True)
OVERDUE = Situation("ProgressDeadlineExceeded", Phase.FAILED, _F, False, True)
STABLE_LOST = Situation("StableLost", Phase.FAILED, _F, False, True)
CONFLICT = Situation("Conflict", Phase.FAILED, _F, False, True)
NOT_FOUND = Situation("ReferenceNotFound", Phase.FAILED, _F, False, True)
REFUSED = Situation("RequestRefused", Phase.FAILED, _F, False, True)
WAITING = Situation("ApiServerAway", Phase.PROGRESSING, _F, True, False)
INVALID_SPEC = Situation("InvalidSpec", Phase.FAILED, _F, False, True)
INTERNAL_ERROR = Situation("InternalError", Phase.FAILED, _F, False, True)
