"""ChaosSchedule: experiments that come again and again."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StrictBool, model_validator

from fabgitops_core.api.chaos.experiment import ExperimentSpec
from fabgitops_core.api.conditions import Condition
from fabgitops_core.api.kinds import Column, Kind
from fabgitops_core.api.meta import ApiModel, Time
from fabgitops_core.api.refusals import Problem, refuse
from fabgitops_core.api.schedules import check_schedule, zone_of
from fabgitops_core.api.schema import UNSTORED, Rule

MAX_HISTORY = 100
MAX_RUNNING = 10
MAX_NAME = 52
"""Characters of a name: that of a run has a number besides, and it is the value of a label."""


class ConcurrencyPolicy(StrEnum):
    """What becomes of a time that comes while a run is under way."""

    FORBID = "Forbid"
    """It passes."""
    ALLOW = "Allow"
    """Another begins; two never have one target."""


class ExperimentTemplate(ApiModel):
    """What each run is."""

    spec: ExperimentSpec
    """As that of a ChaosExperiment."""


class ChaosScheduleSpec(ApiModel):
    """When what is run.

    Raises:
        ValidationError: Its schedule or its time zone means nothing.
    """

    schedule: Annotated[str, Field(max_length=100, pattern=r"^[0-9A-Za-z*/,#-]+( +[0-9A-Za-z*/,#-]+){4}$")]
    """When a run begins, as a cron schedule: minute, hour, day of month, month, day of week."""
    time_zone: Annotated[
        str,
        Field(
            max_length=64,
            pattern=r"^[A-Z][A-Za-z0-9_+-]*(/[A-Z][A-Za-z0-9_+-]*)*$",
            json_schema_extra=UNSTORED,
        ),
    ] = "UTC"
    """Time zone of the schedule by its IANA name, such as Europe/Berlin; UTC when not given."""
    concurrency_policy: Annotated[ConcurrencyPolicy, Field(json_schema_extra=UNSTORED)] = ConcurrencyPolicy.FORBID
    """What becomes of a time that comes while a run is under way: Forbid when not given, or Allow."""
    starting_deadline_secs: Annotated[int, Field(ge=10, le=86400, strict=True, json_schema_extra=UNSTORED)] = 60
    """Seconds late that a run may still begin; 60 when not given. Of times that were missed one is made up for."""
    history_limit: Annotated[int, Field(ge=1, le=MAX_HISTORY, strict=True, json_schema_extra=UNSTORED)] = 10
    """How many runs that are over are kept; 10 when not given."""
    suspend: StrictBool = False
    """Whether none begins; what runs is not touched."""
    template: ExperimentTemplate
    """What each run is. A change counts for the next."""

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        refuse("ChaosScheduleSpec", self._problems())
        return self

    def _problems(self) -> Iterator[Problem]:
        for field, value, check in (
            ("schedule", self.schedule, check_schedule),
            ("timeZone", self.time_zone, zone_of),
        ):
            try:
                check(value)
            except ValueError as error:
                yield Problem((field,), value, str(error))


class ChaosScheduleStatus(ApiModel):
    """What has begun, and what is next."""

    message: str = ""
    """What is going on, in one sentence."""
    last_schedule_time: Time | None = None
    """The time for which a run was made last."""
    handled_time: Time | None = None
    """The last time that was decided about: a run was made of it, or the message said why not."""
    next_schedule_time: Time | None = None
    """When the next is made."""
    running: Annotated[tuple[str, ...], Field(max_length=MAX_RUNNING)] = ()
    """The runs that are not over, the first ten by name."""
    conditions: tuple[Condition, ...] = ()
    """Ready, Stalled."""
    observed_generation: Annotated[int, Field(ge=0)] = 0
    """The metadata.generation that this was said of."""


CHAOS_SCHEDULE = Kind(
    name="ChaosSchedule",
    plural="chaosschedules",
    singular="chaosschedule",
    short_names=("chaossched",),
    description="Chaos experiments that come again and again; each run is a ChaosExperiment of its own.",
    spec=ChaosScheduleSpec,
    status=ChaosScheduleStatus,
    rules=(
        Rule(
            f"size(self.metadata.name) <= {MAX_NAME}",
            f"its name must have at most {MAX_NAME} characters, for each run is called by it and a number",
        ),
    ),
    columns=(
        Column("Schedule", "string", ".spec.schedule", "When a run begins."),
        Column("Suspended", "boolean", ".spec.suspend", "Whether none begins."),
        Column("Last", "date", ".status.lastScheduleTime", "Time since the last run was to begin."),
        Column("Age", "date", ".metadata.creationTimestamp", "Time since it was made."),
        Column("Message", "string", ".status.message", "What is going on.", priority=1),
    ),
)
