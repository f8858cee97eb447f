"""What guards count with, as it stands in the status of a register, so that a restart forgets nothing of it.

It is there from the record of a write on, before that is sent: a crash between the two may count one write too many,
and never one too few. What turns out not to have been sent is taken back.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec, RegisterStatus
from fabgitops_core.control.plc.judging import Judgement
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.state import PlcState

_SECOND = timedelta(seconds=1)


def known_of(state: PlcState, point: Point) -> RegisterStatus | None:
    """Return what the pass under way knows of a register, None before it was judged."""
    found = state.going.found
    return found[point.at].status if point.at < len(found) else None


def left_of(begun: datetime | None, seconds: float, at: datetime) -> tuple[float, datetime | None]:
    """Return how many seconds are left of a wait, never more than it has, and its end; 0 and None when it is over."""
    if begun is None:
        return 0.0, None
    left = min(seconds - (at - begun).total_seconds(), seconds)
    return (left, begun + timedelta(seconds=seconds)) if left > 0 else (0.0, None)


def told_time(at: datetime) -> str:
    """Return a time of day for people, in whole seconds."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def written(known: RegisterStatus, at: datetime, spec: IndustrialPLCSpec | None) -> dict[str, Any]:
    """Return the fields that count a write which is recorded now."""
    return {"corrected_at": _whole(at)} if _is_dated(spec) else {}


def dated(known: RegisterStatus, at: datetime) -> dict[str, Any]:
    """Return the fields that say when a write that is counted already has ended."""
    return {"corrected_at": _whole(at)} if known.corrected_at is not None else {}


def read_at(found: Judgement, at: datetime) -> Judgement:
    """Return the judgement of a reading that should prove a write, which ends with that."""
    fields = dated(found.status, at)
    return replace(found, status=found.status.model_copy(update=fields)) if fields else found


def uncounted(known: RegisterStatus, before: RegisterStatus | None) -> dict[str, Any]:
    """Return the fields that take back what the record of a write has counted, if it has."""
    if not known.write_intended or known.corrected_at is None:
        return {}
    return {"corrected_at": before.corrected_at if before else None}


def within_time(state: PlcState, found: tuple[Judgement, ...], at: datetime) -> tuple[Judgement, ...]:
    """Let what was written after now, by a clock that was set back, be written now: no wait lasts longer than it is."""
    if not _is_dated(state.spec):
        return found
    return tuple(_not_after(each, at) for each in found)


def _not_after(found: Judgement, at: datetime) -> Judgement:
    when = found.status.corrected_at
    if when is None or when - at <= _SECOND:  # by which it is rounded
        return found
    return replace(found, status=found.status.model_copy(update={"corrected_at": at}))


def counting_what_counts(state: PlcState) -> PlcState:
    """Drop from the status what no guard of the spec counts with any more."""
    registers = state.status.registers
    if state.spec is None or _is_dated(state.spec) or not any(map(_counts, registers)):
        return state
    kept = tuple(each.model_copy(update={"corrected_at": None}) for each in registers)
    return state._replace(status=state.status.model_copy(update={"registers": kept}))


def _counts(register: RegisterStatus) -> bool:
    return register.corrected_at is not None


def _is_dated(spec: IndustrialPLCSpec | None) -> bool:
    return spec is not None and spec.correction.cooldown_secs > 0


def _whole(at: datetime) -> datetime:
    """Return the next whole second: a status keeps no less, and no wait may be shorter for that."""
    return at if not at.microsecond else at.replace(microsecond=0) + _SECOND
