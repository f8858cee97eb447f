"""Windows of time that come again and again: when something may be done, and when not."""

import re
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Self

from pydantic import Field, model_validator

from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.refusals import Problem, refuse
from fabgitops_core.api.schedules import check_schedule, zone_of
from fabgitops_core.api.schema import Rule, on_field, unstored

MAX_WINDOWS = 32

_LENGTH = re.compile(r"(?:([0-9]{1,4})h)?(?:([0-9]{1,4})m)?(?:([0-9]{1,4})s)?")
_SOME = Rule("self.matches('[1-9]')", "it must be longer than nothing: 2h30m")

Duration = Annotated[
    str,
    Field(
        min_length=2,
        max_length=15,
        pattern=r"^([0-9]{1,4}h)?([0-9]{1,4}m)?([0-9]{1,4}s)?$",
        json_schema_extra=on_field(_SOME),
    ),
]
"""Hours, minutes and seconds as Go writes them: 2h30m."""


def length_of(duration: str) -> timedelta:
    """Return how long a `Duration` is; nothing of a text that is none."""
    parts = _LENGTH.fullmatch(duration)
    hours, minutes, seconds = (int(part or 0) for part in parts.groups()) if parts else (0, 0, 0)
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


class WindowType(StrEnum):
    """What a window is for."""

    ALLOW = "allow"
    """Drift is corrected only while one of these is open."""
    DENY = "deny"
    """While it is open nothing is corrected, whatever else is open."""


@unstored
class Span(ApiModel):
    """A time that comes again and again.

    Raises:
        ValidationError: Its schedule or its time zone means nothing.
    """

    schedule: Annotated[str, Field(max_length=100, pattern=r"^[0-9A-Za-z*/,#-]+( +[0-9A-Za-z*/,#-]+){4}$")]
    """When it opens, as a cron schedule: minute, hour, day of month, month, day of week."""
    duration: Duration
    """How long it stays open, in real time: 2h30m."""
    time_zone: Annotated[
        str,
        Field(max_length=64, pattern=r"^[A-Z][A-Za-z0-9_+-]*(/[A-Z][A-Za-z0-9_+-]*)*$"),
    ] = "UTC"
    """Time zone of the schedule by its IANA name, such as Europe/Berlin; UTC when not given."""

    @cached_property
    def length(self) -> timedelta:
        """Return how long it stays open."""
        return length_of(self.duration)

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        refuse(type(self).__name__, self._problems())
        return self

    def _problems(self) -> list[Problem]:
        found: list[Problem] = []
        if not self.length:
            found.append(Problem(("duration",), self.duration, _SOME.message))
        for field, value, check in (
            ("schedule", self.schedule, check_schedule),
            ("timeZone", self.time_zone, zone_of),
        ):
            try:
                check(value)
            except ValueError as error:
                found.append(Problem((field,), value, str(error)))
        return found


@unstored
class Window(Span):
    """A time that comes again and again, in which drift is corrected, or is not."""

    type: WindowType
    """allow or deny; deny wins, and where there is any allow nothing is corrected outside all of those."""
