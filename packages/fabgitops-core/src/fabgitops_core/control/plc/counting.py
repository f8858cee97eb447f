"""What guards count with, as it stands in the status of a register, so that a restart forgets nothing of it.

It is there from the record of a write on, before that is sent: a crash between the two may count one write too many,
and never one too few. What turns out not to have been sent is taken back.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from fabgitops_core.api.plc.budget import Writes
from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec, RegisterStatus
from fabgitops_core.control.plc.judging import Judgement
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.state import PlcState

AN_HOUR, A_DAY = 3600.0, 86400.0
_SECOND = timedelta(seconds=1)


def known_of(state: PlcState, point: Point) -> RegisterStatus | None:
    """Return what the pass under way knows of a register, None before it was judged."""
    found = state.going.found
    return found[point.at].status if point.at < len(found) else None


def is_recorded_now(state: PlcState, known: RegisterStatus) -> bool:
    """Return whether a write is recorded that this pass is about to send: one of a pass that crashed holds as any."""
    return bool(known.write_intended) and state.going.published is not None


def left_of(begun: datetime | None, seconds: float, at: datetime) -> tuple[float, datetime | None]:
    """Return how many seconds are left of a wait, never more than it has, and its end; 0 and None when it is over."""
    if begun is None:
        return 0.0, None
    left = min(seconds - (at - begun).total_seconds(), seconds)
    return (left, begun + timedelta(seconds=seconds)) if left > 0 else (0.0, None)


def told_time(at: datetime) -> str:
    """Return a time of day for people, in whole seconds."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def written(known: RegisterStatus, point: Point, at: datetime, spec: IndustrialPLCSpec | None) -> dict[str, Any]:
    """Return the fields that count a write of a register which is recorded now."""
    date: dict[str, Any] = {"corrected_at": _whole(at)} if _is_dated(spec) or point.ramp is not None else {}
    return {**date, "writes": _one_more(known.writes or Writes(), at)} if _is_counted(spec) else date


def _one_more(known: Writes, at: datetime) -> Writes:
    """Count a write; an hour or a day that is over by now is followed by one that begins with it."""
    hour, hour_since = _in_window(known.hour, known.hour_since, AN_HOUR, at)
    day, day_since = _in_window(known.day, known.day_since, A_DAY, at)
    return Writes(total=known.total + 1, hour=hour, hour_since=hour_since, day=day, day_since=day_since)


def _in_window(count: int, since: datetime | None, seconds: float, at: datetime) -> tuple[int, datetime]:
    is_over = since is None or left_of(since, seconds, at)[1] is None
    return (1, _whole(at)) if since is None or is_over else (count + 1, since)


def dated(known: RegisterStatus, at: datetime) -> dict[str, Any]:
    """Return the fields that say when a write that is counted already has ended, unless it was a repetition."""
    return {"corrected_at": _whole(at)} if known.corrected_at is not None and known.unverified_write else {}


def read_at(found: Judgement, at: datetime) -> Judgement:
    """Return the judgement of a reading that should prove a write, which ends with that."""
    if found.status.corrected_at is None:
        return found
    return replace(found, status=found.status.model_copy(update={"corrected_at": _whole(at)}))


def uncounted(known: RegisterStatus, before: RegisterStatus | None) -> dict[str, Any]:
    """Return the fields that take back what the record of a write has counted, if it has."""
    if not known.write_intended or not _counts(known):
        return {}
    return {field: getattr(before, field, None) for field in ("corrected_at", "writes", "ramping_to")}


def within_time(state: PlcState, found: tuple[Judgement, ...], at: datetime) -> tuple[Judgement, ...]:
    """Let what was written after now, by a clock that was set back, be written now: no wait lasts longer than it is."""
    if not (_is_dated(state.spec) or _is_counted(state.spec) or state.map.ramped):
        return found
    return tuple(_not_after(each, at) for each in found)


def _not_after(found: Judgement, at: datetime) -> Judgement:
    status = found.status
    late = {"corrected_at": at} if _is_after(status.corrected_at, at) else {}
    windows = {
        field: at
        for field in ("hour_since", "day_since")
        if status.writes is not None and _is_after(getattr(status.writes, field), at)
    }
    if not late and not windows:
        return found
    fields: dict[str, Any] = {**late, "writes": status.writes and status.writes.model_copy(update=windows)}
    return replace(found, status=status.model_copy(update=fields))


def _is_after(when: datetime | None, at: datetime) -> bool:
    return when is not None and when - at > _SECOND  # by which it is rounded


def counting_what_counts(state: PlcState, edited: bool = True) -> PlcState:
    """Drop from the status what no guard of the spec counts with any more.

    A ramp goes on over an edit, unless somebody has to agree to what is written.
    """
    registers, idle = state.status.registers, dict[str, None]()
    if not (_is_dated(state.spec) or state.map.ramped):
        idle["corrected_at"] = None
    if not _is_counted(state.spec):
        idle["writes"] = None
    if edited and state.spec is not None and state.spec.asks:
        idle["ramping_to"] = None
    if state.spec is None or not idle or not any(map(_counts, registers)):
        return state
    kept = tuple(each.model_copy(update=idle) for each in registers)
    return state._replace(status=state.status.model_copy(update={"registers": kept}))


def _counts(register: RegisterStatus) -> bool:
    return register.corrected_at is not None or register.writes is not None


def _is_counted(spec: IndustrialPLCSpec | None) -> bool:
    return spec is not None and spec.correction.write_budget is not None


def _is_dated(spec: IndustrialPLCSpec | None) -> bool:
    return spec is not None and spec.correction.cooldown_secs > 0


def _whole(at: datetime) -> datetime:
    """Return the next whole second: a status keeps no less, and no wait may be shorter for that."""
    return at if not at.microsecond else at.replace(microsecond=0) + _SECOND
