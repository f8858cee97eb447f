"""SetpointRollout: how a change of set-points goes over a fleet of PLCs."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StrictBool

from fabgitops_core.api.analysis.refs import Analyses
from fabgitops_core.api.kinds import Column, Kind
from fabgitops_core.api.meta import APPROVE, APPROVED_BY, ApiModel, ObjectName
from fabgitops_core.api.schema import UNSTORED, unstored
from fabgitops_core.api.selecting import LabelKey, Selector
from fabgitops_core.api.setpoint.marks import ABORT, PAUSE, PROMOTE, RETRY
from fabgitops_core.api.setpoint.status import SetpointRolloutStatus
from fabgitops_core.api.setpoint.waves import DEFAULT_WAVES, MAX_WAVES, Wave
from fabgitops_core.api.windows import MAX_WINDOWS, Span

MAX_ORDER = 1000


class FailurePolicy(StrEnum):
    """What becomes of a change that has failed."""

    ROLLBACK = "Rollback"
    """What was released in this round is put back, last first."""
    PAUSE = "Pause"
    """Nothing more is released until somebody promotes, aborts or retries."""
    CONTINUE = "Continue"
    """It is said, and the change goes on."""


class OnUnreachable(StrEnum):
    """What becomes of a PLC of the wave that is away."""

    WAIT = "Wait"
    """The wave waits for it."""
    SKIP = "Skip"
    """It is counted, marked, and caught up alone when it is back."""
    FAIL = "Fail"
    """It has failed."""


class Adoption(StrEnum):
    """What becomes of a PLC that is selected for the first time and does not hold what Git wants."""

    HOLD = "Hold"
    """It waits for a wave."""
    ENFORCE = "Enforce"
    """It is written as it would be without a rollout."""


class Approval(StrEnum):
    """Whether somebody has to agree before the first wave."""

    NONE = "None"
    MANUAL = "Manual"
    """Somebody agrees to the plan in status.plan, by the annotation fabgitops.io/approve."""


Percent = Annotated[int, Field(ge=0, le=100, strict=True)]


@unstored
class Success(ApiModel):
    """How many may fail before a wave has failed."""

    min_members: Annotated[int, Field(ge=1, le=100_000, strict=True)] = 1
    """Below so many PLCs that were released in this round no share counts: 1 when not given."""
    max_failed_percent: Percent = 0
    """How many of a hundred PLCs that were released may fail; 0 when not given."""
    max_unreachable_percent: Percent = 0
    """How many of a hundred may be away, where onUnreachable is Skip; 0 when not given."""


class SetpointRolloutSpec(ApiModel):
    """Which PLCs, in which waves, judged by what, and what becomes of a failure."""

    selector: Selector
    """Which IndustrialPLCs of the namespace are held at what they were released to."""
    order: Annotated[tuple[ObjectName, ...], Field(max_length=MAX_ORDER)] = ()
    """The PLCs that come first, by name, in this order."""
    order_by: LabelKey | None = None
    """The label by whose values the others come; those without it, and with the same, by a hash of their names."""
    waves: Annotated[tuple[Wave, ...], Field(min_length=1, max_length=MAX_WAVES, json_schema_extra=UNSTORED)] = (
        DEFAULT_WAVES
    )
    """How far the change goes at once; 1 PLC, 10 %, 50 %, 100 % when not given. What no wave reaches comes last.

    An edit counts at once, for a change that is on its way as well.
    """
    max_parallel: Annotated[int, Field(ge=1, le=1000, strict=True, json_schema_extra=UNSTORED)] = 5
    """How many PLCs of a wave are under way at once; 5 when not given."""
    success: Success = Success()
    """How many may fail."""
    failure_policy: Annotated[FailurePolicy, Field(json_schema_extra=UNSTORED)] = FailurePolicy.ROLLBACK
    """Rollback when not given, Pause or Continue."""
    on_unreachable: Annotated[OnUnreachable, Field(json_schema_extra=UNSTORED)] = OnUnreachable.WAIT
    """Wait when not given, Skip or Fail."""
    deadline_seconds: Annotated[int, Field(ge=1, le=30 * 86400, strict=True, json_schema_extra=UNSTORED)] = 3600
    """A wave that is not written and read back after so many seconds has failed; 3600 when not given.

    Seconds in which nothing may be written count, but not those of a pause or a freeze window.
    """
    analysis: Analyses | None = None
    """What judges the change from its first wave to its last."""
    freeze: Annotated[tuple[Span, ...], Field(max_length=MAX_WINDOWS)] = ()
    """Times in which no PLC is released; what is to be put back is put back."""
    paused: StrictBool = False
    """Whether no wave begins and none goes on."""
    approval: Annotated[Approval, Field(json_schema_extra=UNSTORED)] = Approval.NONE
    """Manual waits for somebody who agrees to the plan; None when not given."""
    adoption: Annotated[Adoption, Field(json_schema_extra=UNSTORED)] = Adoption.HOLD
    """What becomes of a PLC that is selected for the first time and does not hold what Git wants: Hold or Enforce."""


SETPOINT_ROLLOUT = Kind(
    name="SetpointRollout",
    plural="setpointrollouts",
    singular="setpointrollout",
    short_names=("spr",),
    description="How a change of set-points goes over a fleet of PLCs: in waves, proven, judged, and taken back.",
    spec=SetpointRolloutSpec,
    status=SetpointRolloutStatus,
    annotations=(PAUSE, PROMOTE, ABORT, RETRY, APPROVE, APPROVED_BY),
    lasting=("selector", Selector),
    columns=(
        Column("Phase", "string", ".status.phase", "Where it stands."),
        Column("Wave", "string", ".status.progress", "Which wave of how many."),
        Column("Released", "string", ".status.releasedText", "How many PLCs hold what Git wants of how many."),
        Column("Revision", "string", ".status.revision", "Names what Git wants of all PLCs together.", priority=1),
        Column("Age", "date", ".metadata.creationTimestamp", "Time since it was made."),
        Column("Message", "string", ".status.message", "What is going on.", priority=1),
    ),
)
