"""Is it the time for corrections? Some are to be made at night, none during the shift that nobody may disturb."""

from datetime import datetime
from functools import lru_cache
from itertools import islice

from fabgitops_core.api.schedules import begins_after, zone_of
from fabgitops_core.api.windows import Window, WindowType
from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.plc.guards.guard import Snapshot
from fabgitops_core.control.plc.points import Point

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MOST_JOINED = 200
"""Windows that follow on one another are told as one, up to so many; one that never closes has no end to be told."""


def by_windows(seen: Snapshot, _: Point) -> Hold | None:
    """Hold everything while a window denies it, or none of those is open that allow it."""
    windows = seen.state.spec.correction.windows if seen.state.spec else ()
    return _closed(windows, seen.at) if windows else None


@lru_cache(maxsize=64)
def _closed(windows: tuple[Window, ...], at: datetime) -> Hold | None:
    """Return what speaks against writing at a time of day; it is the same for all registers of a resource."""
    for each in windows:
        if each.type is WindowType.DENY and (until := _open_until(each, at)):
            why = f"inside the deny window {_named(each)}, which ends {_told(until, each)}"
            return Hold(HoldReason.DENIED, why, (until - at).total_seconds())
    allowing = [each for each in windows if each.type is WindowType.ALLOW]
    if not allowing or any(_open_until(each, at) for each in allowing):
        return None
    opens, first = min(((_opens(each, at), each) for each in allowing), key=lambda pair: pair[0])
    several = f"all {len(allowing)} allow windows; the next is" if len(allowing) > 1 else "the window"
    why = f"outside {several} {_named(first)}, which opens {_told(opens, first)}"
    return Hold(HoldReason.OUTSIDE, why, (opens - at).total_seconds())


def _open_until(window: Window, at: datetime) -> datetime | None:
    """Return until when a window is open that is open at a moment; None for one that is not."""
    begins = begins_after(window.schedule, window.time_zone, at - window.length)
    until: datetime | None = None
    for begin in islice(begins, _MOST_JOINED):
        if begin > (until or at):
            break
        until = begin + window.length
    return until


def _opens(window: Window, at: datetime) -> datetime:
    """Return when a window opens next; a schedule that was checked always comes again."""
    return next(begins_after(window.schedule, window.time_zone, at))


def _named(window: Window) -> str:
    return f"{window.schedule} ({window.duration}, {window.time_zone})"


def _told(moment: datetime, window: Window) -> str:
    """Return a moment by the clock on the wall there."""
    local = moment.astimezone(zone_of(window.time_zone))
    return f"{_DAYS[local.weekday()]} {local:%Y-%m-%d %H:%M} {local.tzname()}"
