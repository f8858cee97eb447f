"""What a stored status tells of the registers of a map: what an earlier run of ours left open, and no more."""

from collections.abc import Sequence

from fabgitops_core.api.plc.industrialplc import IndustrialPLCStatus, RegisterStatus
from fabgitops_core.codec.types import hex_of, parse_hex
from fabgitops_core.control.plc.braking import counted_before, message_of
from fabgitops_core.control.plc.brevity import LONGEST_TEXT, was_cut
from fabgitops_core.control.plc.judging import blank
from fabgitops_core.control.plc.points import NOWHERE, DeviceMap, Point
from fabgitops_core.control.plc.state import UNKNOWN, Braked, PlcState, with_memory
from fabgitops_core.control.plc.verdict import registers_fields


def with_what_was_stored(state: PlcState) -> PlcState:
    """Take over what an earlier run of ours said of the registers of the first map.

    A status that somebody has cut down, be it to a few registers, is looked at like any other.
    """
    if state.map is NOWHERE or state.status == UNKNOWN:
        return state
    edited = state.status.observed_generation != state.generation
    known = _remembered(state.status, state.map, edited)
    fields = {"endpoint": str(state.map.endpoint), **registers_fields(known, state.map)}
    answered = frozenset(each.name for each in known if each.raw)
    known_of = state._replace(status=state.status.model_copy(update=fields))
    if edited:
        return with_memory(known_of, answered=answered)
    corrected = {each.name: counted_before(each.fight) for each in known if each.fight is not None}
    return with_memory(known_of, answered=answered, braked=_braked(known, state), corrected=corrected)


def _braked(known: list[RegisterStatus], state: PlcState) -> dict[str, Braked]:
    """Return what an earlier run of ours wrote no more, and that nobody has asked for since."""
    if state.spec is None:
        return {}
    fight = state.spec.fight
    return {
        each.name: Braked(each.braked_since, message_of(point.label, fight))
        for point, each in zip(state.map.points, known, strict=True)
        if each.braked_since is not None
    }


def _remembered(status: IndustrialPLCStatus, wanted: DeviceMap, edited: bool) -> list[RegisterStatus]:
    """Return what a stored status tells of the registers of a map, as far as they are the same ones."""
    if status.endpoint not in {None, str(wanted.endpoint)}:
        return [blank(point) for point in wanted.points]
    if not status.registers and len(wanted.points) == 1:
        return [_believed(wanted.points[0], _from_single_fields(status, wanted.points[0], edited))]
    return known_at(wanted.points, status.registers)


def known_at(points: Sequence[Point], registers: Sequence[RegisterStatus]) -> list[RegisterStatus]:
    """Return what a status tells of registers of one device: of those that are where they were, by whatever name.

    One that has another name by now is still in the same drift, and a command that was given there is not given again.
    """
    named = {(each.name, each.place): each for each in registers}
    now = {(point.name, point.where) for point in points}
    renamed = {each.place: each for each in registers if (each.name, each.place) not in now}
    return [_believed(each, named.get((each.name, each.where)) or renamed.get(each.where)) for each in points]


def _from_single_fields(status: IndustrialPLCStatus, point: Point, edited: bool) -> RegisterStatus:
    """Return what a status tells that was stored before there were maps.

    It does not say of which register: after an edit while nobody looked an unproven write may have gone to another.
    """
    held, sent = status.current_value, None if edited else status.unverified_write
    return blank(point).model_copy(
        update={
            "actual": None if held is None else str(held),
            "raw": None if held is None else hex_of((held,)),
            "drifted_since": status.drifted_since,
            "unverified_write": None if sent is None else hex_of((sent,)),
        }
    )


def _believed(point: Point, known: RegisterStatus | None) -> RegisterStatus:
    """Return what was stored of a register; words that it cannot hold, as somebody may have put there, do not count."""
    if known is None:
        return blank(point)
    if known.name != point.name:
        known = known.model_copy(update={"name": point.name})
    spoilt = [] if _fits(point, known.raw) else ["raw"]
    spoilt += [field for field in ("unverified_write", "given") if not _fits(point, getattr(known, field), sent=True)]
    return known.model_copy(update=dict.fromkeys(spoilt)) if spoilt else known


def _fits(point: Point, stored: str | None, *, sent: bool = False) -> bool:
    """Return whether a register can hold words; what was sent to it means something, what it shows need not."""
    codec = point.place.codec if sent else point.place.read.codec
    if stored is None or (was_cut(stored) and len(hex_of((0,) * codec.size)) > LONGEST_TEXT):
        return True
    try:
        words = parse_hex(stored)
        if sent:
            codec.text(words)
    except ValueError:
        return False
    return len(words) == codec.size and hex_of(words) == stored
