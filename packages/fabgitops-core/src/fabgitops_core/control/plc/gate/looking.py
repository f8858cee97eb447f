"""What a look at the device tells of what is released: what it held before, and what it holds already."""

from collections.abc import Mapping, Sequence

from fabgitops_core.api.plc.industrialplc import RegisterStatus
from fabgitops_core.api.setpoint.permits import MANUAL
from fabgitops_core.codec.types import Words, hex_of
from fabgitops_core.control.plc.gate.applying import applied
from fabgitops_core.control.plc.gate.stamping import leave_of, with_leave
from fabgitops_core.control.plc.gate.words import mean_the_same
from fabgitops_core.control.plc.planner import words_of
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.state import PlcState


def looked(state: PlcState) -> PlcState:
    """Take what was read, before it is judged: what changes by this round was read before it is written.

    A register that was never released and holds just what Git wants is released: nothing is written for it.
    """
    release = state.release
    if release is None or not (release.unread or release.released != release.wanted):
        return state
    git, words, unread = state.git.points, _read(state), set(release.unread)
    registers = list(state.status.registers)
    if len(registers) != len(git):
        return state
    for at, point in enumerate(git):
        if (held := words.get(at)) is not None and point.name in unread:
            registers[at] = _with_previous(registers[at], point, held)
            if registers[at].previous or point.place.shown is None or release.uid == MANUAL:
                unread.remove(point.name)  # else it is not written: nobody could put it back
    registers = _all_found(state, registers, words)
    after = state._replace(
        release=release.model_copy(update={"unread": tuple(name for name in release.unread if name in unread)}),
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


def _with_previous(known: RegisterStatus, point: Point, words: Words) -> RegisterStatus:
    """Note what a register held; a knob that was turned since it was proven is not what it is put back to.

    Of one that is read elsewhere these are the words that, written, bring that back: what was proven, and else what the
    reading tells, which may be nothing.
    """
    if known.previous and (point.place.shown is not None or not mean_the_same(point, hex_of(words), known.previous)):
        return known
    back = point.put_back(words)
    if back is None and point.wanted is not None and mean_the_same(point, hex_of(words), hex_of(point.wanted)):
        back = point.wanted
    return with_leave(known, previous="" if back is None else hex_of(back))


def _all_found(
    state: PlcState, registers: Sequence[RegisterStatus], words: Mapping[int, Words]
) -> list[RegisterStatus]:
    """Release what is as Git wants it already; of a group all or none."""
    points = state.git.points
    found = [_with_found(each, points[at], words.get(at)) for at, each in enumerate(registers)]
    for members in set(state.git.groups.values()):
        if not all(found[at].released for at in members):
            for at in members:
                found[at] = registers[at]
    return found


def _with_found(known: RegisterStatus, point: Point, words: Words | None) -> RegisterStatus:
    """Release a register that is as Git wants it already; one that may hold something else goes on holding that."""
    if point.wanted is None or known.released:
        return known
    wanted = hex_of(point.wanted)
    holds = (
        known.given == wanted if point.command else words is not None and mean_the_same(point, hex_of(words), wanted)
    )
    return with_leave(known, released=wanted) if holds else known


def _are_released(before: Sequence[RegisterStatus], now: Sequence[RegisterStatus]) -> bool:
    return any(old.released != new.released for old, new in zip(before, now, strict=True))
