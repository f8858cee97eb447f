"""Why people are told of a rollout of a workload."""

from fabgitops_core.control.commands import NoticeReason


class RolloutReason(NoticeReason):
    """Transitions of a rollout worth an Event."""

    STARTED = "RolloutStarted"
    STEP_DONE = "RolloutStepCompleted"
    PAUSED = "RolloutPaused"
    RESUMED = "RolloutResumed"
    PROMOTED = "RolloutPromoted"
    COMPLETED = "RolloutCompleted"
    ABORTED = "RolloutAborted"
    RETRIED = "RolloutRetried"
    SCALED = "ScalingReplicaSet"
    NEW_REPLICA_SET = "NewReplicaSetCreated"
    ADOPTED = "RolloutAdopted"
    SWITCHED = "SwitchService"
    WEIGHED = "TrafficWeightUpdated"
    CONTENDED = "ContendedRoute"
    CONFLICT = "Conflict"
    NOT_FOUND = "ReferenceNotFound"
    STABLE_LOST = "StableLost"
    DEADLINE = "ProgressDeadlineExceeded"
    RUN = "AnalysisRunRunning"
    RUN_SUCCESSFUL = "AnalysisRunSuccessful"
    RUN_INCONCLUSIVE = "AnalysisRunInconclusive"
    RUN_FAILED = "AnalysisRunFailed"
    RUN_ERROR = "AnalysisRunError"
    REFUSED = "RequestRefused"
    STALE_WORD = "StaleWord"
    EVENT_LOST = "EventLost"
    FOREIGN = "ForeignController"
    INVALID_SPEC = "InvalidSpec"
    INTERNAL_ERROR = "InternalError"

    @property
    def warning(self) -> bool:
        """Return whether somebody should look."""
        return self in _WARNINGS

    @property
    def action(self) -> str:
        """Return what was done when it turned out."""
        return "Parse" if self is RolloutReason.INVALID_SPEC else "Roll"


_WARNINGS = {
    RolloutReason.ABORTED,
    RolloutReason.CONTENDED,
    RolloutReason.CONFLICT,
    RolloutReason.NOT_FOUND,
    RolloutReason.STABLE_LOST,
    RolloutReason.DEADLINE,
    RolloutReason.RUN_INCONCLUSIVE,
    RolloutReason.RUN_FAILED,
    RolloutReason.RUN_ERROR,
    RolloutReason.REFUSED,
    RolloutReason.STALE_WORD,
    RolloutReason.EVENT_LOST,
    RolloutReason.FOREIGN,
    RolloutReason.INVALID_SPEC,
    RolloutReason.INTERNAL_ERROR,
}
