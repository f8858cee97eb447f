"""Why people are told of a rollout of set-points."""

from fabgitops_core.control.commands import NoticeReason


class SetpointReason(NoticeReason):
    """Transitions of a rollout worth an Event."""

    PLANNED = "RolloutPlanned"
    STARTED = "RolloutStarted"
    SUPERSEDED = "RolloutSuperseded"
    WAVE_PROVEN = "WaveProven"
    WAVE_DONE = "WaveDone"
    PAUSED = "RolloutPaused"
    RESUMED = "RolloutResumed"
    PROMOTED = "RolloutPromoted"
    FAILED = "RolloutFailed"
    RESTORING = "RollingBack"
    ABORTED = "RolloutAborted"
    RETRIED = "RolloutRetried"
    DONE = "RolloutDone"
    CAUGHT_UP = "CaughtUp"
    ADOPTED = "PLCAdopted"
    WITHDRAWN = "RolloutWithdrawn"
    STALE_WORD = "StaleWord"
    OVERLAP = "Overlap"
    EVENT_LOST = "EventLost"
    INVALID_SPEC = "InvalidSpec"
    INTERNAL_ERROR = "InternalError"

    @property
    def warning(self) -> bool:
        """Return whether somebody should look."""
        return self in _WARNINGS

    @property
    def action(self) -> str:
        """Return what was done when it turned out."""
        return _ACTIONS.get(self, "Release")


_WARNINGS = {
    SetpointReason.FAILED,
    SetpointReason.RESTORING,
    SetpointReason.ABORTED,
    SetpointReason.STALE_WORD,
    SetpointReason.OVERLAP,
    SetpointReason.EVENT_LOST,
    SetpointReason.INVALID_SPEC,
    SetpointReason.INTERNAL_ERROR,
}

_ACTIONS = {
    SetpointReason.PLANNED: "Plan",
    SetpointReason.RESTORING: "Restore",
    SetpointReason.ABORTED: "Restore",
    SetpointReason.INVALID_SPEC: "Parse",
}
