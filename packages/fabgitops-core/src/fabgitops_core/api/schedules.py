"""Cron schedules in time zones: whether one means anything, and when it begins; cronsim is used here and nowhere else.

Schedules are those of Debian's cron, five fields, with its way over the changes of daylight saving: what names hours
begins once a day, after the gap where its own time is left out, at the first of both where it is there twice; what
begins in every hour goes by real time.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_FIELDS = 5
_NEVER = "it never comes"
_SOME_DAY = datetime(2024, 1, 1, tzinfo=UTC)
"""From here all combinations of day, month and weekday come within the fifty years that are looked at."""


@lru_cache(maxsize=256)
def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name.

    Raises:
        ValueError: There is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError("it is no time zone of the IANA database, as Europe/Berlin is") from None


@lru_cache(maxsize=1024)
def check_schedule(expression: str) -> None:
    """See that a schedule means something.

    Raises:
        ValueError: It is no cron schedule of five fields, or one that never comes; the reason says which field.
    """
    if len(expression.split()) != _FIELDS:
        raise ValueError("it must have five fields: minute, hour, day of month, month, day of week")
    try:
        begins = next(CronSim(expression, _SOME_DAY), None)
    except CronSimError as error:
        field = str(error).removeprefix("Bad ")
        raise ValueError(f"its {field} is none that cron has, or that ever comes") from None
    if begins is None:
        raise ValueError(_NEVER)


def begins_after(expression: str, zone: str, moment: datetime) -> Iterator[datetime]:
    """Yield in UTC when a checked schedule begins after a moment, the next first; it ends after decades of nothing."""
    here = zone_of(zone)
    for begin in CronSim(expression, moment.astimezone(here)):
        begun = begin.astimezone(UTC)
        if begun > moment:  # in the hour that is there twice it is told again what began in the first of both
            yield begun
