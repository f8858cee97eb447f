"""What holds a change back that is otherwise wanted: why, as a word for programs and a sentence for people."""

from dataclasses import dataclass, field
from enum import StrEnum

HELD_SECS = 10.0
"""What is held is decided anew after so many seconds at the latest; mostly the end of a hold is told."""


class HoldReason(StrEnum):
    """Why a change is held: what the condition `Correcting`, and metrics, call it."""

    WARN = "ModeWarn"
    OBSERVE = "ModeObserve"
    ADOPTION = "AwaitingAdoption"
    SETTLING = "Settling"
    CONFLICT = "Conflict"
    IDENTITY = "IdentityMismatch"
    ANSWERS = "IncompleteAnswers"
    CONFIRMING = "ConfirmingDrift"
    COOLDOWN = "Cooldown"
    INTERLOCK = "InterlockNotSatisfied"
    OUTSIDE = "OutsideWindow"
    DENIED = "DenyWindow"
    BUDGET = "WriteBudget"
    FIGHT = "ContendedWriter"
    APPROVAL = "AwaitingApproval"
    ROLLOUT = "HeldByRollout"
    NO_RETURN = "NotReversible"
    RAMP = "Ramping"
    NO_RAMP = "RampImpossible"
    NO_SCALE = "ScaleImpossible"
    GROUP = "GroupIncomplete"
    SECRET = "SecretUnavailable"  # noqa: S105 - a reason, no secret
    READ_ONLY = "ReadOnly"
    FLEET_BRAKE = "FleetBrake"
    BRAKE_UNKNOWN = "FleetBrakeUnknown"
    RATE = "RateLimited"
    STOPPING = "OperatorStopping"
    LEASE = "LeaseNotHeld"
    LISTING = "NotListed"
    WATCH = "ControlPlaneLost"
    TEMPLATES = "TemplateChanging"
    ROLLOUTS = "RolloutChanging"
    AUDIT = "AuditUnavailable"
    FAULT = "InternalError"
    OPERATOR = "HeldByOperator"

    @property
    def announced(self) -> bool:
        """Return whether people are told when it begins: not of what passes soon, or has an Event of its own."""
        return self not in _QUIET


_QUIET = {
    HoldReason.WARN,
    HoldReason.OBSERVE,
    HoldReason.SETTLING,
    HoldReason.CONFLICT,
    HoldReason.IDENTITY,
    HoldReason.ANSWERS,
    HoldReason.CONFIRMING,
    HoldReason.FIGHT,
    HoldReason.ROLLOUT,
    HoldReason.RAMP,
    HoldReason.STOPPING,
    HoldReason.LEASE,
    HoldReason.BRAKE_UNKNOWN,
    HoldReason.LISTING,
    HoldReason.WATCH,
    HoldReason.TEMPLATES,
    HoldReason.ROLLOUTS,
    HoldReason.FAULT,
    HoldReason.OPERATOR,
}

OPERATOR = "operator"
"""The guard that stands for all that is not of one resource alone."""


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold.

    `message` follows "not written: " and stays the same while the cause does; `again` is when to decide anew at the
    latest, in seconds, infinite where only the next poll or somebody's word can change it. `waiting` says that the
    change goes out when that is over, and that nothing else in the status speaks of it.
    """

    reason: HoldReason
    message: str
    again: float = field(default_factory=lambda: HELD_SECS)
    waiting: bool = True
    guard: str = OPERATOR

    def by(self, guard: str) -> "Hold":
        """Return it with the name of the guard that says it."""
        return Hold(self.reason, self.message, self.again, self.waiting, guard)  # at a third of the cost of `replace`
