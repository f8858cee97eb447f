"""The records of writes: what is to be sent is in the status before it is, all writes of a pass together.

A record begins as intended: while the pass lives it knows which of its writes were sent, and says so as soon as it
tells anything; after a crash nobody does. So a reading that shows the words of an intended write proves it, and one
that shows others says no more than that the register still is adrift.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from fabgitops_core.api.plc.industrialplc import RegisterStatus
from fabgitops_core.codec.types import hex_of
from fabgitops_core.control.plc.changes import Planned
from fabgitops_core.control.plc.counting import dated, uncounted, written
from fabgitops_core.control.plc.judging import Finding, Judgement
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.ramping import aims
from fabgitops_core.control.plc.state import PlcState

_Fields = Callable[[RegisterStatus], dict[str, Any]]

_NONE: dict[str, Any] = {"unverified_write": None, "write_intended": None}
_SENT: dict[str, Any] = {"write_intended": None}


def intended(state: PlcState, now: datetime) -> PlcState:
    """Record every write of the pass as one that may be sent from now on."""
    found, points = list(state.going.found), state.map.points
    aimed = aims(state, (at for each in state.going.changes for at in each.points))
    for at in aimed:
        if at in state.going.repeats:
            found[at] = _with_status(found[at], _of_repeat(found[at].status, points[at], now, state))
            continue
        words = hex_of(aimed[at].wanted or ())
        given = {"given": words} if found[at].finding is Finding.GIVEN else {}  # in case its repetition is not sent
        counts = written(found[at].status, points[at], now, state.spec)
        if points[at].finishes and not points[at].command:
            counts["unfinished"] = True
        if points[at].ramp is not None and aimed[at].wanted != points[at].wanted:
            counts["ramping_to"] = hex_of(points[at].wanted or ())
        found[at] = _with_status(found[at], {"unverified_write": words, "write_intended": True, **given, **counts})
    return state._replace(going=replace(state.going, found=tuple(found)))


def _of_repeat(known: RegisterStatus, point: Point, now: datetime, state: PlcState) -> dict[str, Any]:
    """Return the fields that record a repetition: only what a budget counts, for it holds already what it must."""
    counts = written(known, point, now, state.spec)
    return {"writes": counts["writes"], "write_intended": True} if "writes" in counts else {}


def is_recorded(state: PlcState, points: Sequence[Point]) -> bool:
    """Return whether the status tells of a write to each of these: an edit, also one that was undone, drops that.

    What is repeated it tells of as long as nothing has changed: that it holds what it must.
    """
    records = {each.name: each.unverified_write for each in state.status.registers}
    repeats = state.going.repeats if state.going_map is state.map else ()
    left = [each for each in points if each.at not in repeats]
    aimed = aims(state, (each.at for each in left))
    return all(records.get(each.name) == hex_of(aimed[each.at].wanted or ()) for each in left)


def is_given(state: PlcState, points: Iterable[Point]) -> bool:
    """Return whether one of these is a command that was given already: its repetition was forced, and is no more."""
    given = {each.name: each.given for each in state.status.registers}
    return any(each.command and given.get(each.name) == hex_of(each.wanted or ()) for each in points)


def sent(state: PlcState, confirmed: bool, now: datetime) -> PlcState:
    """Note that the write under way was sent, or may have been: if a reading does not show it, it did not hold.

    A command that the device confirmed needs no proof. What is confirmed was written after it, too.
    """
    over: dict[str, Any] = {"unfinished": None} if confirmed else {}
    return _recorded(
        _with_written(state),
        state.going.changes[:1],
        lambda each: {**(_given(each) if confirmed else _SENT), **dated(each, now)},
        lambda each: {**_SENT, **over, **dated(each, now)},
    )


def spared_record(state: PlcState) -> PlcState:
    """Note that the write under way was not needed: a command is as good as given."""
    back = _uncounting(state)
    return _recorded(
        _with_written(state),
        state.going.changes[:1],
        lambda each: {**_given(each), **back(each)},
        lambda each: {**_NONE, **back(each)},
    )


def _with_written(state: PlcState) -> PlcState:
    going = state.going
    names = {going.found[at].point.name for each in going.changes[:1] for at in each.points}
    return state._replace(going=replace(going, written=going.written | names))


def _given(command: RegisterStatus) -> dict[str, Any]:
    return {**_NONE, "given": command.unverified_write, "error": None}


def unsent(state: PlcState, changes: Iterable[Planned]) -> PlcState:
    """Take the records of writes back that were certainly not sent."""
    back = _uncounting(state)

    def nothing(known: RegisterStatus) -> dict[str, Any]:
        return {**_NONE, **back(known)}

    return _recorded(state, changes, nothing, nothing)


def refused(state: PlcState, now: datetime) -> PlcState:
    """Take the record of the write under way back, which the device was sent and refused: guards count it."""
    said = _said_before(state)

    def refusal(known: RegisterStatus) -> dict[str, Any]:
        return {**_NONE, **_unfinished(known, said), **dated(known, now)}

    return _recorded(state, state.going.changes[:1], refusal, refusal)


def _uncounting(state: PlcState) -> _Fields:
    """Return what takes back the counts of records, to what they were before."""
    before = _said_before(state)
    return lambda known: {**uncounted(known, before.get(known.name)), **_unfinished(known, before)}


def _said_before(state: PlcState) -> dict[str, RegisterStatus]:
    return {each.name: each for each in state.going.said.registers}


def _unfinished(known: RegisterStatus, before: dict[str, RegisterStatus]) -> dict[str, Any]:
    """Return the field that takes back what only the record of a write has said: that it is not over."""
    said = before.get(known.name)
    return {"unfinished": said.unfinished if said else None} if known.unfinished else {}


def taken_back(state: PlcState) -> PlcState:
    """Take back whatever the pass still intended."""
    found = state.going.found
    left = [each for each in state.going.changes if any(found[at].status.write_intended for at in each.points)]
    return unsent(state, left)


def _recorded(state: PlcState, changes: Iterable[Planned], of_command: _Fields, of_others: _Fields) -> PlcState:
    """Change records in what was found, and in the status, which may be about another map by now."""
    ats = [at for each in changes for at in each.points]
    if not ats or not state.going.found:
        return state
    found, fields = list(state.going.found), dict[tuple[str, str | None], dict[str, Any]]()
    for at in ats:
        point, before = found[at].point, found[at].status
        changed = fields[point.name, point.where] = (of_command if point.command else of_others)(before)
        found[at] = _with_status(found[at], changed)
    registers = tuple(
        each.model_copy(update=fields[each.name, each.place])
        if (each.unverified_write or each.write_intended) and (each.name, each.place) in fields
        else each
        for each in state.status.registers
    )
    update: dict[str, Any] = {"registers": registers}
    if registers and registers[0].unverified_write is None:
        update["unverified_write"] = None
    status = state.status.model_copy(update=update)
    return state._replace(going=replace(state.going, found=tuple(found)), status=status)


def _with_status(judgement: Judgement, fields: dict[str, Any]) -> Judgement:
    return replace(judgement, status=judgement.status.model_copy(update=fields))
