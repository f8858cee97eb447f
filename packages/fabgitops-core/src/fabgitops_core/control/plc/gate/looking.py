"""What a look at the device tells of what is released: what it held before, and what it holds already."""

from collections.abc import Mapping, Sequence

from fabgitops_core.api.plc.industrialplc import RegisterStatus
from fabgitops_core.api.plc.release import ReleaseStatus
from fabgitops_core.codec.types import Words, hex_of, parse_hex
from fabgitops_core.control.plc.gate.applying import applied
from fabgitops_core.control.plc.gate.stamping import leave_of, with_leave
from fabgitops_core.control.plc.planner import words_of
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.state import PlcState


def looked(state: PlcState) -> PlcState:
    """Take what was read, before it is judged: what changes by this round was read before it is written.

    A register that was never released and holds just what Git wants is released: nothing is written for it.
    """
    release = state.release
    if release is None or not (release.unread or state.unreleased):
        return state
    git, words = state.git.points, _read(state)
    registers = list(state.status.registers)
    if len(registers) != len(git):
        return state
    for at, point in enumerate(git):
        registers[at] = _with_previous(registers[at], point, release, words.get(at))
        registers[at] = _with_found(registers[at], point, words.get(at))
    unread = tuple(name for name in release.unread if name not in _names(git, words))
    after = state._replace(
        release=release.model_copy(update={"unread": unread}),
        leave=tuple(map(leave_of, registers)),
        status=state.status.model_copy(update={"registers": tuple(registers)}),
    )
    return _with_map(after) if _are_released(state.status.registers, registers) else after


def _with_map(state: PlcState) -> PlcState:
    """Return the state with the map that follows, for the pass under way as well: its places are the same."""
    after = applied(state)
    return after._replace(going_map=after.map)


def _read(state: PlcState) -> Mapping[int, Words]:
    points = state.map.points
    return {at: words_of(batch, values, at, points) for batch, values in state.going.read for at in batch.points}


def _names(points: Sequence[Point], at: Mapping[int, Words]) -> set[str]:
    return {points[each].name for each in at}


def _with_previous(known: RegisterStatus, point: Point, release: ReleaseStatus, words: Words | None) -> RegisterStatus:
    """Note what a register held; a knob that was turned since it was proven is not what it is put back to."""
    if words is None or known.name not in release.unread:
        return known
    if known.previous and not _same(point, words, parse_hex(known.previous)):
        return known
    return with_leave(known, previous=hex_of(words))


def _with_found(known: RegisterStatus, point: Point, words: Words | None) -> RegisterStatus:
    """Release a register that is as Git wants it already; one that may hold something else goes on holding that."""
    if point.wanted is None or known.released:
        return known
    wanted = hex_of(point.wanted)
    holds = known.given == wanted if point.command else words is not None and _same(point, words, point.wanted)
    return with_leave(known, released=wanted) if holds else known


def _same(point: Point, words: Words, other: Words) -> bool:
    try:
        return point.same(words, other)
    except ValueError:
        return False


def _are_released(before: Sequence[RegisterStatus], now: Sequence[RegisterStatus]) -> bool:
    return any(old.released != new.released for old, new in zip(before, now, strict=True))
