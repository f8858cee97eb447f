"""Why an experiment stands where it does, in one word for programs; and what people are told of."""

from enum import StrEnum

from fabgitops_core.control.commands import NoticeReason


class Reason(StrEnum):
    """Why it waits, how it ended."""

    DECLARED = "Declared"
    DENIED = "Denied"
    """Something that may change does not allow it now."""
    TARGET_BUSY = "TargetBusy"
    """A target is another experiment's, or is being changed by a rollout."""
    AGENT_UNAVAILABLE = "AgentUnavailable"
    """Who would inject is away."""
    API_UNAVAILABLE = "ApiUnavailable"
    """The API server did not take, or tell, what has to be known before."""
    INVALID = "Invalid"
    NO_TARGETS = "NoTargets"
    NOT_STEADY = "NotSteady"
    NOT_CAPABLE = "NotCapable"
    NOT_A_MOCK = "NotAMock"
    """Nothing proves that a PLC is a mock; to a real one this is never done."""
    RUNNING = "Running"
    INJECT_FAILED = "InjectFailed"
    LOST = "Lost"
    """An injection ended that should not have, or nobody can say whether it goes on."""
    INTERRUPTED = "Interrupted"
    """The operator ended while it was not known whether something was injected."""
    ELAPSED = "Elapsed"
    ABORTED = "Aborted"
    NOT_ALLOWED = "NotAllowed"
    """It was allowed when it began, and is not any more."""
    PROBE_FAILED = "ProbeFailed"


class ScheduleReason(StrEnum):
    """How a schedule stands."""

    SCHEDULED = "Scheduled"
    SUSPENDED = "Suspended"
    RUN_REFUSED = "RunRefused"
    """The API server did not let the last run be made, or another experiment has its name."""
    API_UNAVAILABLE = "ApiUnavailable"
    """It is not known which runs there are."""
    NEVER = "Never"
    """Its schedule does not come again."""
    INVALID_SPEC = "InvalidSpec"
    INTERNAL_ERROR = "InternalError"


class ScheduleNotice(NoticeReason):
    """Transitions of a schedule worth an Event."""

    RUN_MADE = "RunMade"
    RUN_PASSED = "RunPassed"
    RUN_REFUSED = "RunRefused"

    @property
    def warning(self) -> bool:
        """Return whether somebody should look."""
        return self is not ScheduleNotice.RUN_MADE

    @property
    def action(self) -> str:
        """Return what was done when it turned out."""
        return "Schedule"


class ChaosNotice(NoticeReason):
    """Transitions worth an Event."""

    EXPERIMENT_STARTED = "ExperimentStarted"
    TARGETS_INJECTED = "TargetsInjected"
    PROBE_FAILED = "ProbeFailed"
    RECOVERED = "Recovered"
    RECOVERY_UNCONFIRMED = "RecoveryUnconfirmed"
    EXPERIMENT_COMPLETED = "ExperimentCompleted"
    EXPERIMENT_FAILED = "ExperimentFailed"
    EXPERIMENT_ABORTED = "ExperimentAborted"
    SCENARIO_DENIED = "ScenarioDenied"

    @property
    def warning(self) -> bool:
        """Return whether somebody should look."""
        return self not in {
            ChaosNotice.EXPERIMENT_STARTED,
            ChaosNotice.TARGETS_INJECTED,
            ChaosNotice.RECOVERED,
            ChaosNotice.EXPERIMENT_COMPLETED,
        }

    @property
    def action(self) -> str:
        """Return what was done when it turned out."""
        return "Experiment"
