"""What came of the last corrections, kept in the status: told with whatever else it tells, never for its own sake."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from fabgitops_core.api.plc.history import MOST, CorrectionResult, PastCorrection
from fabgitops_core.api.plc.industrialplc import RegisterStatus
from fabgitops_core.codec.types import Words, hex_of, parse_hex
from fabgitops_core.control.plc.brevity import brief
from fabgitops_core.control.plc.judging import Finding, Judgement
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.ramping import aim
from fabgitops_core.control.plc.state import PlcState

Past = tuple[PastCorrection, ...]


def with_proofs(
    state: PlcState, before: Sequence[RegisterStatus], found: Iterable[Judgement], at: datetime
) -> PlcState:
    """Add what a reading says of the writes that waited for it; `before` is what was said of each register then."""
    entries = [
        _proof(known, each, at)
        for known, each in zip(before, found, strict=True)
        if each.corrections or each.finding is Finding.NOT_HELD or _is_step(known, each)
    ]
    return _with(state, entries, _ramps(before))


def with_late_proofs(state: PlcState, at: datetime) -> PlcState:
    """Add what the readings of a pass say of the writes that an earlier one left unproven."""
    known = {each.name: each for each in state.status.registers}
    found = [
        each
        for each in state.going.found
        if each.corrections or each.finding is Finding.NOT_HELD or known.get(each.point.name, each.status).ramping_to
    ]
    if not found:
        return state
    return with_proofs(state, [known.get(each.point.name) or each.status for each in found], found, at)


def with_outcome(state: PlcState, result: CorrectionResult, at: datetime) -> PlcState:
    """Add what came of the write under way, as far as it is known without reading.

    Commands and repetitions correct nothing.
    """
    written = state.going.changes[0].points if state.going.changes else ()
    found = [state.going.found[place] for place in written if place not in state.going.repeats]
    entries = [
        _entry(each.point, each.status, aim(each.point, each.words).wanted or (), result, at)
        for each in found
        if not each.point.command and each.finding is not Finding.SYNC  # it went out for others of its group
    ]
    return _with(state, entries, _ramps(each.status for each in found))


def _ramps(known: Iterable[RegisterStatus]) -> Mapping[str, datetime]:
    """Return since when registers are not what they must be that are on their way there in steps."""
    return {each.name: each.drifted_since for each in known if each.ramping_to and each.drifted_since is not None}


def _is_step(before: RegisterStatus, found: Judgement) -> bool:
    """Return whether a reading shows a step of a ramp that was written."""
    if not before.ramping_to or not before.unverified_write or found.words is None:
        return False
    return found.finding is Finding.DRIFTED and found.point.shows(found.words, parse_hex(before.unverified_write))


def _proof(before: RegisterStatus, found: Judgement, at: datetime) -> PastCorrection:
    result = CorrectionResult.NOT_HELD if found.finding is Finding.NOT_HELD else CorrectionResult.PROVEN
    sent = parse_hex(before.unverified_write) if before.unverified_write else ()
    entry = _entry(found.point, before, sent, result, at)
    return entry.model_copy(update={"after": None if found.words is None else _text(found.point.shown, found.words)})


def _entry(point: Point, before: RegisterStatus, sent: Words, result: CorrectionResult, at: datetime) -> PastCorrection:
    held = None if before.actual is None else brief(f"{before.actual} {point.unit}".strip())
    return PastCorrection(at=at, register_name=point.name, before=held, wanted=_text(point.text, sent), result=result)


def _text(of: Callable[[Words], str], words: Words) -> str:
    try:
        return brief(of(words))
    except ValueError:
        return brief(hex_of(words))


def _with(state: PlcState, entries: Iterable[PastCorrection], ramps: Mapping[str, datetime]) -> PlcState:
    history = state.status.history
    for entry in entries:
        history = _added(*_as_one(history, entry, ramps.get(entry.register_name)))
    if history is state.status.history:
        return state
    return state._replace(status=state.status.model_copy(update={"history": history}))


def _as_one(history: Past, entry: PastCorrection, since: datetime | None) -> tuple[Past, PastCorrection]:
    """Put a step of a ramp, which goes on `since` then, in the place of the one before it: all are one correction."""
    last = _last(history, entry)
    if since is None or last is None or last.result is not CorrectionResult.PROVEN or last.at < since:
        return history, entry
    return tuple(each for each in history if each is not last), entry.model_copy(update={"before": last.before})


def _added(history: Past, entry: PastCorrection) -> Past:
    """Add an entry: one whose outcome was not known is known now; what fails as it did before is there already."""
    last = _last(history, entry)
    if last is not None and last.result is CorrectionResult.UNKNOWN and last.wanted == entry.wanted:
        history = tuple(each for each in history if each is not last)
        entry = entry.model_copy(update={"before": last.before})
        last = _last(history, entry)
    again = last is not None and last.model_copy(update={"at": entry.at}) == entry
    return history if again and entry.result is not CorrectionResult.PROVEN else (*history, entry)[-MOST:]


def _last(history: Past, entry: PastCorrection) -> PastCorrection | None:
    return next((each for each in reversed(history) if each.register_name == entry.register_name), None)
