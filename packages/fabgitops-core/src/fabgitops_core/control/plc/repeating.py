"""Settings that lapse in the device unless they are written again: when that is due, what came of it, and its count.

A repetition makes nothing right, so it is no correction: it has no Event, no history, and starts no cooldown. What its
record would say is in the status already, that the register holds what it must; so it is sent without a status of its
own once that is stored, and its count waits in memory until there is something else to tell, an hour at the longest.
Only a write budget is counted in the status before each, since a restart must not forget what memory behind a register
has to bear.

When it was written last, only the process knows: a device may have lapsed while nobody looked, so the first pass
repeats at once. What fails, or is held, is tried again by the next pass, and told once it is late by a whole poll.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from fabgitops_core.api.plc.industrialplc import RegisterStatus
from fabgitops_core.codec.texts import first_of
from fabgitops_core.control.commands import Commands, Notice
from fabgitops_core.control.plc.events import WriteDone, WriteUnknown
from fabgitops_core.control.plc.guards.guard import snapshot
from fabgitops_core.control.plc.guards.table import held_by
from fabgitops_core.control.plc.judging import AMISS, Finding, Judgement
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.reasons import PlcReason
from fabgitops_core.control.plc.state import ON_TIME, PlcState, Repeat, with_memory

EARLY_SECS = 0.05
"""What a repetition may come too early: two clocks measure when it is due."""

TOLD_SECS = 3600.0
"""How long the counts of repetitions may wait for something else to be told."""


def is_due(state: PlcState, at: datetime) -> bool:
    """Return whether any register is to be written again now, if it holds what it must."""
    points = state.map.points
    return any(_left(state, points[place], at) <= EARLY_SECS for place in state.map.repeated)


def due_in(state: PlcState, at: datetime) -> float:
    """Return in how many seconds the next repetition is due; what is late already waits for the next poll."""
    points = state.map.points
    left = (_left(state, points[place], at) for place in state.map.repeated)
    return min((each for each in left if each > 0), default=float("inf"))


def due_of(state: PlcState, found: Sequence[Judgement], at: datetime) -> tuple[int, ...]:
    """Return the places of what holds what it must, with nothing open, and is to be written again now."""
    return tuple(
        place
        for place in state.map.repeated
        if found[place].finding is Finding.SYNC
        and found[place].status.unverified_write is None
        and _left(state, found[place].point, at) <= EARLY_SECS
    )


def repeats_of(state: PlcState, found: Sequence[Judgement], at: datetime) -> frozenset[int]:
    """Return the places of what is to be written again now: of a group all, unless a drift of one corrects it."""
    due, groups = due_of(state, found, at), state.map.groups
    if not groups:
        return frozenset(due)
    return frozenset(each for place in due for each in _together(groups.get(place, (place,)), place, found))


def _together(members: tuple[int, ...], place: int, found: Sequence[Judgement]) -> tuple[int, ...]:
    if any(found[each].finding in AMISS for each in members):
        return ()
    whole = all(found[each].finding is Finding.SYNC and not found[each].status.unverified_write for each in members)
    return members if whole else (place,)


def _left(state: PlcState, point: Point, at: datetime) -> float:
    """Return the seconds until a register is to be written again; a clock that was set back ends the wait."""
    last = state.memory.repeats.get(point.name, ON_TIME).at
    if last is None or point.repeat is None:
        return 0.0
    gone = (at - last).total_seconds()
    return max(point.repeat - gone, 0.0) if gone >= 0 else 0.0


def is_repeat(state: PlcState, places: Iterable[int]) -> bool:
    """Return whether the pass under way writes nothing but repetitions there."""
    return all(place in state.going.repeats for place in places)


def is_quiet(state: PlcState) -> bool:
    """Return whether nothing that the pass still writes needs a status before it.

    One that has found out anything says so before: what is announced is stored with what counts it.
    """
    counted = state.spec is not None and state.spec.correction.write_budget is not None
    return (
        not counted
        and all(is_repeat(state, each.points) for each in state.going.changes)
        and not any(each.drifts or each.corrections or each.notices for each in state.going.found)
        and _are_told(state, (at for each in state.going.changes for at in each.points))
    )


def _are_told(state: PlcState, places: Iterable[int]) -> bool:
    """Return whether the status says of registers that they hold what they must, so that it is as good as a record."""
    told = {each.name: each for each in state.status.registers if each.in_sync}
    now = (state.going.found[place].status for place in places)
    return all((known := told.get(each.name)) is not None and _aim(known) == _aim(each) for each in now)


def _aim(register: RegisterStatus) -> tuple[str | None, str | None]:
    return register.place, register.desired


# --- what came of it --------------------------------------------------------------------------------------------------


def sent(state: PlcState, event: WriteDone | WriteUnknown) -> PlcState:
    """Note what the write under way has given anew: what nobody has confirmed may have got lost, and is still due.

    After an edit it may be about another register, and nothing is noted: the next pass repeats.
    """
    going = state.going
    same = bool(state.map.repeated) and state.going_map is state.map
    written = going.changes[0].points if same and going.changes and going.found else ()
    names = [going.found[at].point.name for at in written if going.found[at].point.repeat is not None]
    if not names:
        return state
    if isinstance(event, WriteUnknown):
        return missed(state, written, event.failure.message, failed=True)
    state = with_memory(state, repeats={**state.memory.repeats, **dict.fromkeys(names, Repeat(event.at))})
    found = list(going.found)
    for at in (at for at in written if at in going.repeats and found[at].point.repeat is not None):
        found[at] = _counted(found[at])
    total = (state.status.repeats or 0) + going.changes[0].change.repeat
    status = state.status.model_copy(update={"repeats": total or None})
    return state._replace(status=status, going=replace(going, found=tuple(found)))


def _counted(found: Judgement) -> Judgement:
    status = found.status.model_copy(update={"repeats": (found.status.repeats or 0) + 1})
    return replace(found, status=status)


def missed(state: PlcState, places: Iterable[int], why: str, *, failed: bool) -> PlcState:
    """Note why what was due there did not go out, or may not have."""
    points, known = state.map.points, state.memory.repeats
    names = [points[place].name for place in places if place in state.going.repeats]
    late = {name: known.get(name, ON_TIME)._replace(why=why, failed=failed) for name in names}
    return with_memory(state, repeats={**known, **late}) if late else state


# --- what is told -----------------------------------------------------------------------------------------------------


def ended(state: PlcState, at: datetime) -> tuple[PlcState, str, Commands]:
    """Return what is to be said of repetitions at the end of a pass: which are late, and why; nearly always nothing."""
    if not state.map.repeated or not state.going.found:
        return state, "", ()
    late, said, failed = dict(state.memory.repeats), list[str](), list[str]()
    seen = snapshot(state, at)
    due = (place for place in due_of(state, state.going.found, at) if place in state.going.repeats)
    for each in (state.going.found[place] for place in due):
        name, known = each.point.name, late.get(each.point.name, ON_TIME)
        hold = held_by(seen, each.point)
        since = known.since if known.since is not None and known.since <= at else at
        is_told = (at - since).total_seconds() >= state.map.interval
        why = f"{name}: {hold.message if hold else known.why}"
        if is_told and (hold or known.why):
            said.append(why)
            failed += [why] if hold is None and known.failed and not known.told else []
        late[name] = known._replace(since=since, told=known.told or why in failed)
    notices = (Notice(PlcReason.REPEAT_FAILED, f"not repeated: {'; '.join(failed)}"),) if failed else ()
    return with_memory(hushed(state, at), repeats=late), f"not repeated: {first_of(said)}" if said else "", notices


def hushed(state: PlcState, at: datetime) -> PlcState:
    """Put the counts of repetitions into what was told, so that they alone are told once in an hour at most."""
    told, found = state.status.registers, state.going.found
    last = state.status.last_update
    if last is None or not 0 <= (at - last).total_seconds() < TOLD_SECS or len(told) != len(found):
        return state
    kept = tuple(_with_count(before, now.status) for before, now in zip(told, found, strict=True))
    if all(before is now for before, now in zip(told, kept, strict=True)):
        return state
    return state._replace(status=state.status.model_copy(update={"registers": kept}))


def _with_count(before: RegisterStatus, now: RegisterStatus) -> RegisterStatus:
    if before.repeats == now.repeats or before.name != now.name:
        return before
    return before.model_copy(update={"repeats": now.repeats})
