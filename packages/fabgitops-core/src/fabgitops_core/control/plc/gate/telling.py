"""What people are told of a PLC that is led: what it wants, what it holds, and for what it waits."""

from collections.abc import Sequence

from fabgitops_core.api.plc.release import ReleaseStatus
from fabgitops_core.codec.types import Words
from fabgitops_core.control.members import Leading
from fabgitops_core.control.plc.brevity import LONGEST_ERROR, brief
from fabgitops_core.control.plc.points import DeviceMap, Point

RELEASED = "Released"
HELD = "HeldByRollout"
OVERLAP = "Overlap"
GONE = "RolloutGone"
RESTORED = "RolledBack"

TOLD = 3
"""How many registers a message names before it says how many more there are."""


def told_of(
    release: ReleaseStatus, led_by: Sequence[Leading], git: DeviceMap, words: Sequence[Words | None]
) -> ReleaseStatus:
    """Return what is released with reason and message, as the condition Released has them."""
    reason, why = _why(release, led_by)
    if reason == RELEASED:
        message = why
    else:
        differ = [(point, held) for point, held in zip(git.points, words, strict=True) if _waits(point, held)]
        message = f"{_told(differ)}; {why}" if differ else why
    return release.model_copy(update={"reason": reason, "message": brief(message, LONGEST_ERROR)})


def _why(release: ReleaseStatus, led_by: Sequence[Leading]) -> tuple[str, str]:
    if len(led_by) > 1:
        names = " and ".join(sorted(each.name for each in led_by))
        return OVERLAP, f"the SetpointRollouts {names} select it, and neither releases it until only one does"
    if release.released == release.wanted:
        return RELEASED, "it may hold what Git wants"
    if not led_by:
        name = release.rollout or "that led it"
        return GONE, f"the SetpointRollout {name} is gone: `fabctl rollout release` lets it follow Git"
    place = led_by[0].place or "no wave of it is planned yet"
    if release.restored:
        return RESTORED, f"SetpointRollout {led_by[0].name} put it back; {place}"
    return HELD, f"SetpointRollout {led_by[0].name}: {place}"


def _waits(point: Point, held: Words | None) -> bool:
    return point.wanted is not None and held != point.wanted


def _told(differ: Sequence[tuple[Point, Words | None]]) -> str:
    told = [f"wants {point.name} {point.target}, holds {_held(point, held)}" for point, held in differ[:TOLD]]
    more = f"; and {len(differ) - TOLD} more" if len(differ) > TOLD else ""
    return "; ".join(told) + more


def _held(point: Point, held: Words | None) -> str:
    if held is None:
        return "back until it is released" if point.command else "what it holds"
    return point.text(held)
