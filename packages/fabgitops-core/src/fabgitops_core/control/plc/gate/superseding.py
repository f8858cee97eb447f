"""Takes back what was released and never written, when Git wants something else by then.

A PLC that was away, or that a guard held, would else be written words that Git has given up, and then those that it
wants now.
"""

from collections.abc import Sequence

from fabgitops_core.api.plc.industrialplc import RegisterStatus
from fabgitops_core.api.plc.release import ReleaseStatus
from fabgitops_core.control.plc.gate.stamping import with_leave
from fabgitops_core.control.plc.gate.words import mean_the_same
from fabgitops_core.control.plc.points import Point


def superseded(
    release: ReleaseStatus, wanted: str, points: Sequence[Point], known: tuple[RegisterStatus, ...]
) -> tuple[RegisterStatus, ...]:
    """Return what is known of the registers, of which each goes on holding what it held that was not written yet.

    Args:
        release: What was released, and for which words.
        wanted: The name of the words that Git wants now.
        points: The registers as Git wants them.
        known: What is known of each.
    """
    if release.proven_at is not None or wanted == release.wanted:
        return known
    back = _never_written(points, known)
    return tuple(
        with_leave(each, released=each.replaced or None, replaced=None) if point.at in back else each
        for point, each in zip(points, known, strict=True)
    )


def _never_written(points: Sequence[Point], known: Sequence[RegisterStatus]) -> set[int]:
    """Return which registers were never written, by place in the map: of a group that goes out as one all or none."""
    never = {point.at for point, each in zip(points, known, strict=True) if _was_never_written(point, each)}
    groups = {points[at].group for at in never} - {""}
    changed = (point for point, each in zip(points, known, strict=True) if each.replaced is not None)
    return never | {point.at for point in changed if point.group in groups}


def _was_never_written(point: Point, known: RegisterStatus) -> bool:
    """Return whether a register was released to words that it does not hold, and that nobody has sent to it."""
    if point.command:
        return was_never_given(known)
    if known.replaced is None or not known.released or known.unverified_write == known.released:
        return False
    return not known.raw or not mean_the_same(point, known.raw, known.released)


def was_never_given(command: RegisterStatus) -> bool:
    """Return whether a command was released that nobody has sent: given up, it is not to be given late."""
    return command.released is not None and command.released not in {command.given, command.unverified_write}
