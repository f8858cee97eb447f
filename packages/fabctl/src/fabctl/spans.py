"""Times and durations as they are typed: `-7d`, `now`, `2026-11-29T08:00:00Z`; `5m`, `1h30m`. Pure."""

import re
from datetime import UTC, datetime, timedelta

from fabctl.errors import UsageError
from fabctl.fields import moment

_LONG = re.compile(r"(?:(\d{1,7})w)?(?:(\d{1,7})d)?(?:(\d{1,8})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?")
_UNITS = (timedelta(weeks=1), timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1))


def duration(typed: str, option: str) -> timedelta:
    """Return a duration that is longer than nothing.

    Raises:
        UsageError: It is none.
    """
    found = _LONG.fullmatch(typed)
    whole = (
        sum((int(part) * unit for part, unit in zip(found.groups(), _UNITS, strict=True) if part), timedelta())
        if found
        else timedelta()
    )
    if not whole:
        raise UsageError(f'{option} is "{typed}": give weeks, days, hours, minutes and seconds, as in 7d, 1h30m or 5m')
    return whole


def time(typed: str, now: datetime, option: str) -> datetime:
    """Return a time: so long ago, now, or one of a calendar.

    Raises:
        UsageError: It is none.
    """
    if typed == "now":
        return now
    try:
        if typed.startswith("-"):
            return now - duration(typed[1:], option)
    except OverflowError:
        raise UsageError(f"{option} is {typed}: nothing is known of that time") from None
    found = moment(typed)
    if found is None:
        raise UsageError(f'{option} is "{typed}": give -7d, now, or a time as in 2026-11-29T08:00:00Z')
    return found.astimezone(UTC)
