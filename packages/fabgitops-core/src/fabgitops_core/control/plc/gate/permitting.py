"""Acts on a permit: lets go over to what Git wants now, or puts back what that replaced."""

from collections.abc import Sequence

from fabgitops_core.api.plc.industrialplc import RegisterStatus
from fabgitops_core.api.plc.release import ReleaseStatus
from fabgitops_core.api.setpoint.permits import MANUAL, Permit, permit_of
from fabgitops_core.codec.types import hex_of
from fabgitops_core.control.members import Leading
from fabgitops_core.control.plc.gate.stamping import with_leave
from fabgitops_core.control.plc.gate.superseding import was_never_given
from fabgitops_core.control.plc.points import Point

Registers = tuple[RegisterStatus, ...]


def permitted(
    text: str, led_by: Sequence[Leading], release: ReleaseStatus, points: Sequence[Point], known: Registers
) -> tuple[ReleaseStatus, Registers]:
    """Return what a permit makes of what is released; nothing where it is for other words, from another, or done.

    Args:
        text: The annotation.
        led_by: Who leads the PLC: of two nobody permits anything.
        release: What was released, by its present names.
        points: The registers as Git wants them.
        known: What is known of each.
    """
    permit = permit_of(text)
    if permit is None or text == release.spent or not _speaks(permit, led_by):
        return release, known
    if permit.restore:
        if _is_to_go_back(permit, text, release):
            return _restored(permit, release, points, known)
        return release, known
    if permit.hash != release.wanted or (release.permit == text and release.released == release.wanted):
        return release, known
    return _released(permit, release, points, known)


def begun(text: str) -> ReleaseStatus:
    """Return how a PLC begins that was not led before: a permit that it has already was meant for another time."""
    return ReleaseStatus(spent=text if permit_of(text) is not None else "")


def worn(text: str, release: ReleaseStatus) -> ReleaseStatus:
    """Return what is released with its permit noted as spent, where that is for other words than Git wants now.

    Should Git come back to them, be it in a year, they go their way anew, and wait for another permit.
    """
    if text == release.spent:
        return release
    permit = permit_of(text)
    is_over = permit is not None and not permit.restore and permit.hash != release.wanted
    return release.model_copy(update={"spent": text if is_over else ""})


def _speaks(permit: Permit, led_by: Sequence[Leading]) -> bool:
    """Return whether who gave a permit has a word here: the one rollout that leads the PLC, or somebody by hand."""
    if permit.uid == MANUAL:
        return not permit.restore
    return len(led_by) == 1 and led_by[0].uid == permit.uid


def _is_to_go_back(permit: Permit, text: str, release: ReleaseStatus) -> bool:
    return (
        release.permit != text
        and not release.restored
        and release.round == permit.round
        and release.released == permit.hash
    )


def _released(
    permit: Permit, release: ReleaseStatus, points: Sequence[Point], known: Registers
) -> tuple[ReleaseStatus, Registers]:
    """Release all registers, and note of those that change by it what they held.

    That is read before they are written; where it is not what was proven there, what was proven is kept.
    """
    begins = permit.round != release.round or permit.uid != release.uid or release.restored
    unread = set() if begins else set(release.unread)
    proven = release.proven_at is not None
    registers = list[RegisterStatus]()
    for point, each in zip(points, known, strict=True):
        previous = None if begins else each.previous
        words = None if point.wanted is None else hex_of(point.wanted)
        waits = each.released == words and point.name in release.unread  # it was let go, and could not be written
        changes = words is not None and not point.command and (each.released != words or waits)
        if changes and previous is None:
            previous = (each.released or "") if proven else ""
            unread.add(point.name)
        fields = {"released": words, "previous": previous, "pending": None}
        fields["replaced"] = each.released or "" if changes and not waits else each.replaced
        registers.append(with_leave(each, **fields))
    after = release.model_copy(
        update={
            "uid": permit.uid,
            "round": permit.round,
            "permit": str(permit),
            "unread": tuple(point.name for point in points if point.name in unread),
            "proven_at": None,
            "restored": False,
            "corrections": 0,
        }
    )
    return after, tuple(registers)


def _restored(
    permit: Permit, release: ReleaseStatus, points: Sequence[Point], known: Registers
) -> tuple[ReleaseStatus, Registers]:
    """Put back what was read; a register of which that is not known is only looked at from now on.

    A command that was let go, and not given by now, is not given any more; what Git has no value for is not written,
    also not later, when Git has one again.
    """
    registers = tuple(_back(point, each) for point, each in zip(points, known, strict=True))
    fields = {"permit": str(permit), "unread": (), "proven_at": None, "restored": True, "corrections": 0}
    return release.model_copy(update=fields), registers


def _back(point: Point, known: RegisterStatus) -> RegisterStatus:
    released = known.released if known.previous is None else known.previous or None
    if point.wanted is None or (point.command and was_never_given(known)):
        released = None
    return with_leave(known, released=released, replaced=None)
