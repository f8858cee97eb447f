"""What came of the last corrections, kept in the status: told with whatever else it tells, never for its own sake."""

from collections.abc import Iterable
from datetime import datetime

from fabgitops_core.api.plc.history import MOST, CorrectionResult, PastCorrection
from fabgitops_core.api.plc.industrialplc import RegisterStatus
from fabgitops_core.codec.types import Words, hex_of, parse_hex
from fabgitops_core.control.plc.brevity import brief
from fabgitops_core.control.plc.judging import Finding, Judgement
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.state import PlcState

Past = tuple[PastCorrection, ...]


def with_proofs(
    state: PlcState, before: Iterable[RegisterStatus], found: Iterable[Judgement], at: datetime
) -> PlcState:
    """Add what a reading says of the writes that waited for it; `before` is what was said of each register then."""
    entries = [
        _proof(known, each, at)
        for known, each in zip(before, found, strict=True)
        if each.corrections or each.finding is Finding.NOT_HELD
    ]
    return _with(state, entries)


def with_late_proofs(state: PlcState, at: datetime) -> PlcState:
    """Add what the readings of a pass say of the writes that an earlier one left unproven."""
    found = [each for each in state.going.found if each.corrections or each.finding is Finding.NOT_HELD]
    if not found:
        return state
    known = {each.name: each for each in state.status.registers}
    return with_proofs(state, [known.get(each.point.name) or each.status for each in found], found, at)


def with_outcome(state: PlcState, result: CorrectionResult, at: datetime) -> PlcState:
    """Add what came of the write under way, as far as it is known without reading; commands correct nothing."""
    found = [state.going.found[place] for place in state.going.changes[0].points] if state.going.changes else []
    entries = [
        _entry(each.point, each.status, each.point.wanted or (), result, at) for each in found if not each.point.command
    ]
    return _with(state, entries)


def _proof(before: RegisterStatus, found: Judgement, at: datetime) -> PastCorrection:
    result = CorrectionResult.PROVEN if found.corrections else CorrectionResult.NOT_HELD
    sent = parse_hex(before.unverified_write) if before.unverified_write else ()
    entry = _entry(found.point, before, sent, result, at)
    return entry.model_copy(update={"after": None if found.words is None else _text(found.point, found.words)})


def _entry(point: Point, before: RegisterStatus, sent: Words, result: CorrectionResult, at: datetime) -> PastCorrection:
    held = None if before.actual is None else brief(f"{before.actual} {point.unit}".strip())
    return PastCorrection(at=at, register_name=point.name, before=held, wanted=_text(point, sent), result=result)


def _text(point: Point, words: Words) -> str:
    try:
        return brief(point.text(words))
    except ValueError:
        return brief(hex_of(words))


def _with(state: PlcState, entries: Iterable[PastCorrection]) -> PlcState:
    history = state.status.history
    for entry in entries:
        history = _added(history, entry)
    if history is state.status.history:
        return state
    return state._replace(status=state.status.model_copy(update={"history": history}))


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
