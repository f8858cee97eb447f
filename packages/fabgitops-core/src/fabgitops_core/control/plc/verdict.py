"""From what was found of the registers to what is said of the resource, and whether it is worth saying."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from fabgitops_core.api.plc.correction import Mode
from fabgitops_core.api.plc.industrialplc import RegisterStatus
from fabgitops_core.codec.texts import first_of
from fabgitops_core.codec.types import parse_hex
from fabgitops_core.control.commands import Wake
from fabgitops_core.control.events import Event
from fabgitops_core.control.holding import Hold
from fabgitops_core.control.plc import repeating
from fabgitops_core.control.plc import situations as at_hand
from fabgitops_core.control.plc.approving import same_but_for_values
from fabgitops_core.control.plc.brevity import LONGEST_ERROR, brief
from fabgitops_core.control.plc.gate.proving import concluded, owes_proof
from fabgitops_core.control.plc.gate.stamping import stamped
from fabgitops_core.control.plc.guards.table import holds_of, soonest
from fabgitops_core.control.plc.guards.telling import begun, told_of
from fabgitops_core.control.plc.judging import Finding, Judgement
from fabgitops_core.control.plc.plausible import ENOUGH, shift_of
from fabgitops_core.control.plc.points import DeviceMap
from fabgitops_core.control.plc.situations import Situation, situation_of
from fabgitops_core.control.plc.state import JUDGED, Memory, PlcState, Stage, Step, finish, say, with_memory

Holds = Sequence[tuple[int, Hold]]
"""What would be written but for a guard, by place in the map, and what holds it."""

DRIFT_WANDERS_SECS = 30
"""A drift that nobody may correct and whose value changes all the time is told anew at most so often."""

OBSERVED_WANDERS_SECS = 60
"""So is a register that is only observed and leaves its tolerance all the time; metrics show each value."""


def conclude(state: PlcState, event: Event) -> Step:
    """End a pass whose every register is judged: say how the resource stands, unless that is what it says already."""
    going, holds = state.going, holds_of(state, event.at)
    situation, message = _picked(state, going.found, holds)
    if situation is at_hand.HELD:
        return held(state, event, holds)
    state, late, failed = repeating.ended(state, event.at)
    state = concluded(state, going.found, situation is at_hand.IN_SYNC, event.at)
    fields = fields_of(state) | told_of(state, holds, event.at) | {"hint": _hint(going.found)}
    wake = next_look(state, holds, event.at)
    message = f"{message}; {late}" if late else message
    if situation is not at_hand.DEVICE_EXCEPTION and fields["last_error"]:
        message = f"{message}; besides, {fields['last_error']}"
    quiet = situation is at_hand.IN_SYNC and not owes_proof(state)
    if _only_wanders(state, situation, message, fields, event.at):
        quiet = quiet and bool(state.map.repeated) and math.isinf(_patience(state))
        seen = with_memory(state, seen=going.read, found=going.found, settled=quiet)
        return seen._replace(stage=Stage.IDLE, going=JUDGED), (*failed, *wake)
    seen = with_memory(state, seen=going.read, found=going.found, settled=quiet)
    after, commands = finish(seen, situation, message, event, **fields)
    return after._replace(going=JUDGED), (*begun(state.status.held, fields["held"]), *failed, *commands, *wake)


def next_look(state: PlcState, holds: Holds, at: datetime) -> tuple[Wake]:
    """Return when to look again: at the next poll, or sooner, where what holds a correction may be over by then.

    So it is where something is to be written again before that.
    """
    again = soonest(holds)
    if state.map.repeated:
        again = min(again, repeating.due_in(state, at))
    return (Wake(again),) if again < state.map.interval else state.usual.beat


def held(state: PlcState, event: Event, holds: Holds) -> Step:
    """End a pass whose writes are held: say why, unless that is what was said already; a sync goes on waiting."""
    state = repeating.hushed(state, event.at)
    going, waiting = state.going, [(at, hold) for at, hold in holds if hold.waiting]
    why = _why(hold for _, hold in waiting)
    message = f"{first_of(going.found[at].message for at, _ in waiting)}; not written: {why}"
    fields = fields_of(state) | told_of(state, holds, event.at) | {"hint": _hint(going.found)}
    known = with_memory(state, seen=going.read, found=going.found, settled=False)
    if state.serving is not None and state.request is None:
        waits = state.map.whole(at for at, _ in holds)
        known = with_memory(known, awaiting=frozenset(going.found[at].point.name for at in waits))
    rested = known._replace(stage=Stage.IDLE, going=JUDGED, request=state.request or state.serving, serving=None)
    soon = next_look(state, holds, event.at)
    if state.status.message.endswith(why) and _only_wanders(state, at_hand.HELD, message, fields, event.at):
        return rested, soon
    after, commands = say(rested, at_hand.HELD, message, event, **fields)
    return after, (*begun(state.status.held, fields["held"]), *commands, *soon)


def _why(holds: Iterable[Hold]) -> str:
    return first_of(dict.fromkeys(hold.message for hold in holds))


def fields_of(state: PlcState) -> dict[str, Any]:
    """Return the fields of the status that tell of the registers as the pass under way found them."""
    found, (drifts, corrections) = state.going.found, state.going.base
    memory = state.memory
    amiss = bool(memory.troubles or memory.braked)
    registers = [_with_what_is_amiss(each, memory) if amiss else each.status for each in found]
    return {
        **registers_fields(stamped(state, registers), state.map),
        "drift_events": drifts + sum(each.drifts for each in found),
        "corrections_applied": corrections + sum(each.corrections for each in found),
        "last_error": _unreadable(found),
    }


def _hint(found: Sequence[Judgement]) -> str | None:
    """Return what speaks against the map as a whole."""
    amiss = [each.finding is Finding.DRIFTED or each.finding is Finding.NOT_HELD for each in found]
    if sum(amiss) < ENOUGH:
        return None
    return shift_of([each.point for each in found], [each.words for each in found], amiss)


def _unreadable(found: Sequence[Judgement]) -> str | None:
    """Return what is said of registers that cannot be read, whatever else is to be said; nothing when all can."""
    refused = [each.message for each in found if each.finding is Finding.REFUSED]
    if not refused:
        return None
    return f"{len(refused)} of {len(found)} registers cannot be read: {first_of(dict.fromkeys(refused))}"


def _with_what_is_amiss(found: Judgement, memory: Memory) -> RegisterStatus:
    if brake := memory.braked.get(found.point.name):
        return found.status.model_copy(
            update={"error": brief(brake.message, LONGEST_ERROR), "braked_since": brake.since}
        )
    trouble = memory.troubles.get(found.point.name)
    return found.status.model_copy(update={"error": brief(trouble.message, LONGEST_ERROR)}) if trouble else found.status


def registers_fields(registers: Sequence[RegisterStatus], of: DeviceMap) -> dict[str, Any]:
    """Return the fields that tell of registers; those for a single one mean the first."""
    first = registers[0]
    place = of.points[0].place
    shown, sent = place.read.codec.size == 1, place.codec.size == 1
    return {
        "registers": tuple(registers),
        "registers_in_sync": _in_sync_text(registers, {each.name for each in of.points if each.command}),
        "current_value": int(first.raw, 16) if first.raw and shown else None,
        "drifted_since": first.drifted_since,
        "unverified_write": int(first.unverified_write, 16) if first.unverified_write and sent else None,
    }


def _in_sync_text(registers: Iterable[RegisterStatus], commands: Collection[str]) -> str:
    wanted = [each for each in registers if each.desired is not None and each.name not in commands]
    return f"{sum(each.in_sync is True for each in wanted)}/{len(wanted)}"


# --- in which situation -----------------------------------------------------------------------------------------------


def _picked(state: PlcState, found: Sequence[Judgement], holds: Holds) -> tuple[Situation, str]:
    """Return the gravest situation and its message: what keeps us from writing first, then what is wrong.

    Of what is held the message is the reason alone.
    """
    by_finding = _by_finding(found)
    if hindered := _elsewhere(state, by_finding[Finding.LOST], holds) or _hindered(state, holds):
        return hindered
    for finding, situation in _BY_GRAVITY:
        if by_finding[finding]:
            said = first_of(dict.fromkeys(each.message for each in by_finding[finding]))
            return _by_mode(state, said) if situation is at_hand.DRIFTED else (situation, said)
    return at_hand.IN_SYNC, _all_well([each for each in found if each.finding is Finding.SYNC], found)


def _elsewhere(state: PlcState, lost: Sequence[Judgement], holds: Holds) -> tuple[Situation, str] | None:
    """Return what others have to put right: a stranger, a rival, a unit that is away, and whom that keeps waiting."""
    if state.memory.stranger:
        return at_hand.IDENTITY_MISMATCH, state.memory.stranger
    if state.rivals:
        return at_hand.CONFLICT, conflict_message(state.rivals)
    if lost:
        away, barred = first_of(dict.fromkeys(each.message for each in lost)), state.going.barred
        if barred is not None and any(hold.guard == "answers" for _, hold in holds):
            away = f"{away}; {'nothing is written: ' if barred[0] is at_hand.HELD else ''}{barred[1]}"
        return at_hand.CONNECTION_FAILED, away
    return None


def _hindered(state: PlcState, holds: Holds) -> tuple[Situation, str] | None:
    """Return what came of corrections, or why none is made."""
    barred, troubles = state.going.barred, state.memory.troubles
    for situation in (at_hand.VERIFICATION_FAILED, at_hand.WRITE_REFUSED):
        if failed := [each.message for each in troubles.values() if each.situation is situation]:
            return situation, first_of(failed)
    if barred is not None and barred[0] is not at_hand.HELD:
        return barred
    if state.memory.braked:
        return at_hand.CONTENDED_WRITER, first_of(each.message for each in state.memory.braked.values())
    waiting = [hold for _, hold in holds if hold.waiting]
    return (at_hand.HELD, _why(waiting)) if waiting else None


_BY_GRAVITY = (
    (Finding.UNPROVEN, at_hand.CORRECTING),
    (Finding.DRIFTED, at_hand.DRIFTED),
    (Finding.REFUSED, at_hand.DEVICE_EXCEPTION),
    (Finding.BUSY, at_hand.DEVICE_BUSY),
    (Finding.ABSENT, at_hand.NO_VALUE),
)


def _by_mode(state: PlcState, drifted: str) -> tuple[Situation, str]:
    """Return what drift comes to that is not corrected."""
    if state.spec is not None and state.spec.mode is Mode.OBSERVE:
        return at_hand.OBSERVED, f"{drifted}; correction.mode is Observe, so nothing is written"
    given = "autoCorrect is false" if state.spec and not state.spec.auto_correct else "correction.mode is Warn"
    return at_hand.DRIFTED, f"{drifted}; {given}, so nothing is written (a forced sync corrects it once)"


def _by_finding(found: Iterable[Judgement]) -> Mapping[Finding, list[Judgement]]:
    """Sort what is not simply in sync; of hundreds of registers, all but a few are."""
    sorted_out: defaultdict[Finding, list[Judgement]] = defaultdict(list)
    for each in found:
        if each.finding is not Finding.SYNC:
            sorted_out[each.finding].append(each)
    return sorted_out


def conflict_message(rivals: Mapping[str, str]) -> str:
    """Return what is said while others want the same registers."""
    told = first_of(f"{name} is also wanted by {other}" for name, other in sorted(rivals.items()))
    return f"{told}; neither writes it until only one of them names it"


def _all_well(in_sync: Sequence[Judgement], found: Sequence[Judgement]) -> str:
    if not in_sync:
        commands = sum(each.point.command for each in found)
        told = f"; {commands} command(s), which are not compared" if commands else ""
        return f"{len(found) - commands} register(s) read; none has a desired value{told}"
    if len(in_sync) == 1:
        (only,) = in_sync
        near = " within its tolerance" if only.point.tolerance else ""
        by = "as Git wants" if only.status.pending is None else "as it was released to"
        return f"{only.point.label} holds {only.point.target}{near}, {by}"
    held = sum(each.status.pending is not None for each in found)
    by = "as Git wants" if not held else f"{held} of them what they were released to, and not yet what Git wants"
    return f"all {len(in_sync)} registers with a desired value hold it, {by}"


# --- whether it is worth saying ---------------------------------------------------------------------------------------


def _only_wanders(state: PlcState, situation: Situation, message: str, fields: Mapping[str, Any], at: datetime) -> bool:
    """Return whether all this was told already, lately, and just values differ of which metrics tell."""
    status = state.status
    told = (
        situation_of(status) is situation
        and status.observed_generation == state.generation
        and (state.serving is None or situation is at_hand.HELD)
        and status.last_update is not None
        and (situation in _WANDERING or status.message == message)
        and status.held == fields["held"]
        and (status.hint is None) == (fields["hint"] is None)
        and status.release == state.release
        and same_but_for_values(status, fields["plan"])
        and status.drift_events == fields["drift_events"]
        and status.corrections_applied == fields["corrections_applied"]
        and len(status.registers) == len(fields["registers"])
        and all(
            before is now or _lasting(before) == _lasting(now)
            for before, now in zip(status.registers, fields["registers"], strict=True)
        )
    )
    if not told or status.last_update is None:
        return False
    return 0 <= (at - status.last_update).total_seconds() < _patience(state)


_WANDERING = {at_hand.DRIFTED, at_hand.OBSERVED, at_hand.HELD}
"""Where the message tells of values."""


def _lasting(register: RegisterStatus) -> tuple[Any, ...]:
    """Return what is told of a register beside its value and its hint: one at its limit has another at each poll."""
    return (
        register.name,
        register.place,
        register.unit,
        register.desired,
        register.in_sync,
        register.error,
        register.no_value,
        register.drifted_since,
        register.unverified_write,
        register.unfinished,
        register.write_intended,
        register.braked_since,
        register.given,
        register.source,
        register.corrected_at,
        register.writes,
        register.repeats,
        register.ramping_to,
        register.fight,
        register.release,
        register.pending,
    )


def _patience(state: PlcState) -> float:
    """Return the seconds for which the values that differ need not be told."""
    waits = [math.inf]
    for before, now in zip(state.status.registers, state.going.found, strict=True):
        if before is now.status or _looks_alike(before, now.status) or now.finding is Finding.SYNC:
            continue
        if now.finding is Finding.DRIFTED:
            waits.append(DRIFT_WANDERS_SECS)
        elif now.finding is not Finding.OBSERVED or not _near(before, now):
            waits.append(OBSERVED_WANDERS_SECS)
    return min(waits)


def _looks_alike(before: RegisterStatus, now: RegisterStatus) -> bool:
    return before.raw == now.raw and (before.hint is None) == (now.hint is None)


def _near(before: RegisterStatus, now: Judgement) -> bool:
    """Return whether a register that is only observed stayed within its tolerance of what was told."""
    if not (now.point.tolerance and before.raw and now.words):
        return False
    try:
        return now.point.same(now.words, parse_hex(before.raw))
    except ValueError:  # one of them is no value, or what was told was cut, or put there by somebody
        return False
