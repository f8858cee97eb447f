"""Every situation a Rack can be in, and what its status says then: one table, read from left to right.

kstatus reads it as: Stalled → Failed; Reconciling, or Ready not True → InProgress; otherwise Current.
"""

from dataclasses import dataclass

from fabgitops_core.api.conditions import ConditionStatus
from fabgitops_core.api.rack.rackstatus import Phase

_T, _F, _U = ConditionStatus.TRUE, ConditionStatus.FALSE, ConditionStatus.UNKNOWN


@dataclass(frozen=True, slots=True)
class Situation:
    """What the conditions say; `reason` is that of Ready."""

    reason: str
    phase: Phase
    ready: ConditionStatus
    reconciling: bool
    stalled: bool


#                                                                               Ready Reconciling Stalled
PENDING = Situation("Pending", Phase.PENDING, _F, True, False)
PROVISIONING = Situation("Provisioning", Phase.PROVISIONING, _F, True, False)
PRUNING = Situation("Pruning", Phase.READY, _T, True, False)
WAITING = Situation("ApiServerAway", Phase.PROVISIONING, _F, True, False)
READY = Situation("ReconcileSuccess", Phase.READY, _T, False, False)
TEMPLATE_NOT_FOUND = Situation("TemplateNotFound", Phase.ERROR, _F, False, True)
INVALID_TEMPLATE = Situation("InvalidTemplate", Phase.ERROR, _F, False, True)
INVALID_SPEC = Situation("InvalidSpec", Phase.ERROR, _F, False, True)
NAME_TAKEN = Situation("NameTaken", Phase.ERROR, _F, False, True)
CHILD_DIFFERS = Situation("ChildDiffers", Phase.ERROR, _F, False, True)
RECONCILE_ERROR = Situation("ReconcileError", Phase.ERROR, _F, False, True)
INTERNAL_ERROR = Situation("InternalError", Phase.ERROR, _F, False, True)

ALL = (
    PENDING,
    PROVISIONING,
    PRUNING,
    WAITING,
    READY,
    TEMPLATE_NOT_FOUND,
    INVALID_TEMPLATE,
    INVALID_SPEC,
    NAME_TAKEN,
    CHILD_DIFFERS,
    RECONCILE_ERROR,
    INTERNAL_ERROR,
)
