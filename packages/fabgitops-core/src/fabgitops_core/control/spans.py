"""Times that come again and again: whether one is open, until when, and how people are told of it."""

from collections.abc import Iterable
from datetime import datetime
from itertools import islice

from fabgitops_core.api.schedules import begins_after, zone_of
from fabgitops_core.api.windows import Span

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MOST_JOINED = 200
"""Spans that follow on one another are told as one, up to so many; one that never closes has no end to be told."""


def open_until(span: Span, at: datetime) -> datetime | None:
    """Return until when a span is open that is open at a moment; None for one that is not."""
    begins = begins_after(span.schedule, span.time_zone, at - span.length)
    until: datetime | None = None
    for begin in islice(begins, _MOST_JOINED):
        if begin > (until or at):
            break
        until = begin + span.length
    return until


def first_open(spans: Iterable[Span], at: datetime) -> tuple[Span, datetime] | None:
    """Return the first of those that are open at a moment, and until when; None while none is."""
    return next(((each, until) for each in spans if (until := open_until(each, at))), None)


def opens(span: Span, at: datetime) -> datetime:
    """Return when a span opens next; a schedule that was checked always comes again."""
    return next(begins_after(span.schedule, span.time_zone, at))


def named(span: Span) -> str:
    """Return a span for people."""
    return f"{span.schedule} ({span.duration}, {span.time_zone})"


def told(moment: datetime, span: Span) -> str:
    """Return a moment by the clock on the wall there."""
    local = moment.astimezone(zone_of(span.time_zone))
    return f"{_DAYS[local.weekday()]} {local:%Y-%m-%d %H:%M} {local.tzname()}"
