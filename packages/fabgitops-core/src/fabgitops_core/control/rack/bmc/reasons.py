"""Why people are told of a BMC."""

from fabgitops_core.control.commands import NoticeReason


class BmcReason(NoticeReason):
    """Transitions of a BMC worth an Event."""

    UNREACHABLE = "BMCUnreachable"
    REACHABLE = "BMCReachable"
    DENIED = "AccessDenied"
    CONFLICT = "Conflict"
    IDENTITY_MISMATCH = "IdentityMismatch"
    POWER_REQUESTED = "PowerRequested"
    POWER_REACHED = "PowerReached"
    POWER_NOT_REACHED = "PowerNotReached"
    POWER_REFUSED = "PowerRefused"
    INVALID_SPEC = "InvalidSpec"
    INTERNAL_ERROR = "InternalError"

    @property
    def warning(self) -> bool:
        """Return whether somebody should look."""
        return self not in _NORMAL

    @property
    def action(self) -> str:
        """Return what was done when it turned out."""
        return _ACTIONS.get(self, "Discover")


_NORMAL = {BmcReason.REACHABLE, BmcReason.POWER_REQUESTED, BmcReason.POWER_REACHED}

_ACTIONS = {
    BmcReason.POWER_REQUESTED: "SetPower",
    BmcReason.POWER_REACHED: "SetPower",
    BmcReason.POWER_NOT_REACHED: "SetPower",
    BmcReason.POWER_REFUSED: "SetPower",
    BmcReason.INVALID_SPEC: "Parse",
}
