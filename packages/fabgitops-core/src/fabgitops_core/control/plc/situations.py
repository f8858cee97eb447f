"""Every situation a PLC can be in, and what its status says then: one table, read from left to right.

kstatus reads it as: Stalled → Failed; Reconciling, or Ready not True → InProgress; otherwise Current.
"""

from dataclasses import dataclass

from fabgitops_core.api.conditions import ConditionStatus
from fabgitops_core.api.plc.industrialplc import IndustrialPLCStatus, Phase

_T, _F, _U = ConditionStatus.TRUE, ConditionStatus.FALSE, ConditionStatus.UNKNOWN


@dataclass(frozen=True, slots=True)
class Situation:
    """What the conditions say; `reason` is that of Ready and InSync."""

    reason: str
    phase: Phase
    ready: ConditionStatus
    in_sync: ConditionStatus
    reconciling: bool
    stalled: bool


#                                                                            Ready InSync Reconciling Stalled
PENDING = Situation("Pending", Phase.PENDING, _U, _U, True, False)
CONNECTING = Situation("Connecting", Phase.CONNECTING, _U, _U, True, False)
IN_SYNC = Situation("InSync", Phase.CONNECTED, _T, _T, False, False)
CORRECTING = Situation("Correcting", Phase.CORRECTING, _F, _F, True, False)
HELD = Situation("Held", Phase.DRIFT_DETECTED, _F, _F, True, False)
DRIFTED = Situation("DriftDetected", Phase.DRIFT_DETECTED, _F, _F, False, True)
OBSERVED = Situation("Observed", Phase.DRIFT_DETECTED, _T, _F, False, False)
NO_VALUE = Situation("NoValue", Phase.CONNECTED, _U, _U, False, False)
CONNECTION_FAILED = Situation("ConnectionFailed", Phase.FAILED, _F, _U, True, False)
DEVICE_EXCEPTION = Situation("DeviceException", Phase.FAILED, _F, _U, False, True)
DEVICE_BUSY = Situation("DeviceBusy", Phase.FAILED, _F, _U, True, False)
WRITE_REFUSED = Situation("WriteRefused", Phase.FAILED, _F, _F, True, False)
VERIFICATION_FAILED = Situation("VerificationFailed", Phase.FAILED, _F, _F, True, False)
SUSPENDED = Situation("Suspended", Phase.PENDING, _U, _U, False, False)
INVALID_SPEC = Situation("InvalidSpec", Phase.FAILED, _F, _U, False, True)
TEMPLATE_NOT_FOUND = Situation("TemplateNotFound", Phase.FAILED, _F, _U, True, False)
IDENTITY_MISMATCH = Situation("IdentityMismatch", Phase.FAILED, _F, _U, False, True)
ADDRESS_NOT_ALLOWED = Situation("AddressNotAllowed", Phase.FAILED, _F, _U, False, True)
CONFLICT = Situation("Conflict", Phase.FAILED, _F, _U, False, True)
CONTENDED_WRITER = Situation("ContendedWriter", Phase.FAILED, _F, _F, False, True)
NOT_LOOKED_AFTER = Situation("NotLookedAfter", Phase.FAILED, _F, _U, False, True)
INTERNAL_ERROR = Situation("InternalError", Phase.FAILED, _F, _U, False, True)

ALL = (
    PENDING,
    CONNECTING,
    IN_SYNC,
    CORRECTING,
    HELD,
    DRIFTED,
    OBSERVED,
    NO_VALUE,
    CONNECTION_FAILED,
    DEVICE_EXCEPTION,
    DEVICE_BUSY,
    WRITE_REFUSED,
    VERIFICATION_FAILED,
    SUSPENDED,
    INVALID_SPEC,
    TEMPLATE_NOT_FOUND,
    IDENTITY_MISMATCH,
    ADDRESS_NOT_ALLOWED,
    CONFLICT,
    CONTENDED_WRITER,
    NOT_LOOKED_AFTER,
    INTERNAL_ERROR,
)
_BY_REASON = {situation.reason: situation for situation in ALL}


def situation_of(status: IndustrialPLCStatus) -> Situation:
    """Return the situation that a status tells of; one that says nothing known is PENDING."""
    for condition in status.conditions:
        if condition.type == "Ready":
            return _BY_REASON.get(condition.reason, PENDING)
    return PENDING
