"""Is it the time for corrections? Some are to be made at night, none during the shift that nobody may disturb."""

from datetime import datetime
from functools import lru_cache

from fabgitops_core.api.windows import Window, WindowType
from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.plc.guards.guard import Snapshot
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.spans import first_open, named, open_until, opens, told


def by_windows(seen: Snapshot, _: Point) -> Hold | None:
    """Hold everything while a window denies it, or none of those is open that allow it."""
    windows = seen.state.spec.correction.windows if seen.state.spec else ()
    return _closed(windows, seen.at) if windows else None


@lru_cache(maxsize=64)
def _closed(windows: tuple[Window, ...], at: datetime) -> Hold | None:
    """Return what speaks against writing at a time of day; it is the same for all registers of a resource."""
    if denied := first_open((each for each in windows if each.type is WindowType.DENY), at):
        window, until = denied
        why = f"inside the deny window {named(window)}, which ends {told(until, window)}"
        return Hold(HoldReason.DENIED, why, (until - at).total_seconds())
    allowing = [each for each in windows if each.type is WindowType.ALLOW]
    if not allowing or any(open_until(each, at) for each in allowing):
        return None
    begins, first = min(((opens(each, at), each) for each in allowing), key=lambda pair: pair[0])
    several = f"all {len(allowing)} allow windows; the next is" if len(allowing) > 1 else "the window"
    why = f"outside {several} {named(first)}, which opens {told(begins, first)}"
    return Hold(HoldReason.OUTSIDE, why, (begins - at).total_seconds())
