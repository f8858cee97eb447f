"""The controller of one IndustrialPLC: a state machine without I/O, after the manner of sans-IO protocol libraries.

It is told events and answers with a new state and commands; somebody else carries them out and tells what came of it.
The whole of it is TABLE, below; the rooms beside this one hold its parts: `declaring` what is wanted, `reading` and
`judging` the first half of a pass, `writing` the second, `verdict` and `resting` its end. An event that is not in the
table for the stage it meets came too late and changes nothing. `Declared`, `Referenced`, `Contested` and `Removed` are
heard in every stage: they change what is wanted, never what is under way. So is `Faulted`, which ends that.

    stage        event           next
    IDLE         Due             READING, or IDLE while suspended, invalid, or the circuit is open
    READING      ReadDone        READING while there is more to read; then, with every register judged:
                                 IDLE all in sync, or drifted and not ours to correct
                                 IDENTIFYING when the spec pins an identity and the device was not asked yet
                                 WRITING drifted, and autoCorrect or a forced sync allows it
    READING      ReadFailed      READING in parts, again, or the next; else IDLE without contact, or as ReadDone
    IDENTIFYING  IdentifyDone    as READING when everything is read; a stranger is not written
    IDENTIFYING  IdentifyFailed  the same, or IDLE without contact
    WRITING      WriteDone       PROVING: every write is read back, but for a command
    WRITING      WriteUnknown    PROVING: a write that may have happened is read back before anything else
    WRITING      WriteFailed     WRITING the next, or IDLE
    WRITING      WriteUnrecorded IDLE: no record, no write
    WRITING      WriteWithdrawn  IDLE; a write that is held is told with the reason, and the next pass decides anew
    WRITING      WriteSpared     PROVING: it was right already, which the reading confirms; no correction of ours
    PROVING      ReadDone        WRITING the next, or IDLE
    PROVING      ReadFailed      PROVING again when busy; WRITING the next, or IDLE
    any          Due             as from IDLE: passes are never doubled, so the one before died of a fault of ours

What must outlive the process is the resource's status: an episode of drift is under way while a register has
`driftedSince`, and a write waits for its proof while it has `unverifiedWrite`, which is stored before the write is
sent, with those of all writes of the pass. So after a crash between a write and its reading back, the next reading is
the proof; where the write was but intended (`recording`), a reading that shows something else proves nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCSpec
from fabgitops_core.api.plc.template import INDUSTRIAL_PLC_TEMPLATE
from fabgitops_core.control.commands import Wake
from fabgitops_core.control.events import Contested, Declared, Due, Event, Faulted, Led, Referenced, Removed
from fabgitops_core.control.members import Facts
from fabgitops_core.control.plc.auditing import audited
from fabgitops_core.control.plc.claims import Claim, claims_of
from fabgitops_core.control.plc.declaring import contested, declared, referenced
from fabgitops_core.control.plc.events import (
    IdentifyDone,
    IdentifyFailed,
    ReadDone,
    ReadFailed,
    WriteDone,
    WriteFailed,
    WriteSpared,
    WriteUnknown,
    WriteUnrecorded,
    WriteWithdrawn,
)
from fabgitops_core.control.plc.gate.applying import led
from fabgitops_core.control.plc.gate.facts import facts
from fabgitops_core.control.plc.identifying import identified, not_identified
from fabgitops_core.control.plc.metering import reading, readings, targets, units
from fabgitops_core.control.plc.pacing import paced
from fabgitops_core.control.plc.points import DeviceMap
from fabgitops_core.control.plc.proving import proof_failed, proven, read_back, spared
from fabgitops_core.control.plc.reading import due, read_done, read_failed
from fabgitops_core.control.plc.requests import Endpoint
from fabgitops_core.control.plc.resting import faulted
from fabgitops_core.control.plc.settling import SETTLE_SECS
from fabgitops_core.control.plc.state import NEW, REST, PlcState, Stage, Step
from fabgitops_core.control.plc.writing import still_wanted, unrecorded, why_held, withdrawn, write_failed

TABLE: dict[tuple[Stage, type[Event]], Callable[[PlcState, Any], Step]] = {
    (Stage.IDLE, Due): due,
    (Stage.READING, Due): due,
    (Stage.IDENTIFYING, Due): due,
    (Stage.WRITING, Due): due,
    (Stage.PROVING, Due): due,
    (Stage.READING, ReadDone): read_done,
    (Stage.READING, ReadFailed): read_failed,
    (Stage.IDENTIFYING, IdentifyDone): identified,
    (Stage.IDENTIFYING, IdentifyFailed): not_identified,
    (Stage.WRITING, WriteDone): read_back,
    (Stage.WRITING, WriteUnknown): read_back,
    (Stage.WRITING, WriteFailed): write_failed,
    (Stage.WRITING, WriteUnrecorded): unrecorded,
    (Stage.WRITING, WriteWithdrawn): withdrawn,
    (Stage.WRITING, WriteSpared): spared,
    (Stage.PROVING, ReadDone): proven,
    (Stage.PROVING, ReadFailed): proof_failed,
}

ALWAYS: dict[type[Event], Callable[[PlcState, Any], Step]] = {
    Declared: declared,
    Referenced: referenced,
    Contested: contested,
    Faulted: faulted,
    Led: led,
}


def step(state: PlcState, event: Event) -> Step:
    """Return what the controller knows after an event, and what it wants done."""
    after, commands = _stepped(state, event)
    if after.going.changes or state.going.changes:
        return paced(state, after, commands, event)
    return after, commands


def _stepped(state: PlcState, event: Event) -> Step:
    kind = type(event)
    if handler := TABLE.get((state.stage, kind)):
        return handler(state, event)
    if state.stage is Stage.GONE:
        return state, ()
    if handler := ALWAYS.get(kind):
        return handler(state, event)
    if isinstance(event, Removed):
        return state._replace(stage=Stage.GONE, going=REST), (Wake(None),)
    return state, ()


class PlcController:
    """The functions above as a `Controller`.

    Args:
        settle_secs: How long what a resource wants must have stood, unchanged, before it is written; 0 writes at once.
    """

    kind = INDUSTRIAL_PLC

    def __init__(self, settle_secs: float = SETTLE_SECS) -> None:
        self._settle_secs = settle_secs

    def start(self, key: Key) -> PlcState:
        """Return what is known before the first event."""
        return NEW._replace(namespace=key.namespace, settle_secs=self._settle_secs)

    step = staticmethod(step)

    def device(self, state: PlcState) -> DeviceMap | None:
        """Return what the resource is about, or None while its spec is not valid."""
        return state.map if state.spec else None

    def target(self, state: PlcState) -> Endpoint | None:
        """Return where the resource wants to write, which its template does not say; None while it is suspended."""
        wanted = state.declared
        return None if wanted is None or wanted.suspend else Endpoint(wanted.device_address, wanted.port)

    def reference(self, spec: IndustrialPLCSpec | None) -> tuple[str, str] | None:
        """Return kind and name of the template that a spec refers to, if it does."""
        template = spec.template_ref if spec else None
        return (INDUSTRIAL_PLC_TEMPLATE.name, template.name) if template else None

    def neighbours(self, state: PlcState) -> frozenset[str]:
        """Return whom interlocks name beside the resource itself; nobody while it is suspended."""
        if state.spec is None or state.spec.suspend:
            return frozenset()
        return frozenset(each.plc for each in state.spec.correction.interlocks if each.plc is not None)

    def looked(self, state: PlcState) -> bool:
        """Return whether the pass that has ended last judged every register."""
        return state.going.judged

    def claims(self, state: PlcState) -> frozenset[Claim]:
        """Return the registers that the resource wants for itself; none while it is suspended."""
        if state.spec is None or state.spec.suspend:
            return frozenset()
        return claims_of(state.git)

    def reading(self, state: PlcState, name: str) -> float | None:
        """Return the number last read of a register."""
        return reading(state, name)

    def readings(self, state: PlcState) -> Mapping[str, float]:
        """Return the numbers last read, by the name of the register, for metrics."""
        return readings(state)

    def targets(self, state: PlcState) -> Mapping[str, float]:
        """Return the numbers that registers must hold, by the name of the register, for metrics."""
        return targets(state)

    def units(self, state: PlcState) -> Mapping[str, str]:
        """Return what registers are counted in, by the name of the register, for metrics."""
        return units(state)

    def facts(self, state: PlcState) -> Facts | None:
        """Return how the resource stands, for who leads it."""
        return facts(state)

    still_wanted = staticmethod(still_wanted)
    why_held = staticmethod(why_held)
    audited = staticmethod(audited)
