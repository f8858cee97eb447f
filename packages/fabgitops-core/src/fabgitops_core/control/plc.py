"""The controller of one IndustrialPLC: a state machine without I/O, after the manner of sans-IO protocol libraries.

It is told events and answers with a new state and commands; somebody else carries them out and tells what came of it.
The whole of it is TABLE, below. An event that is not in the table for the stage it meets came too late and changes
nothing. `Declared` and `Removed` are heard in every stage: they change what is wanted, never what is under way.

    stage     event           next
    IDLE      Due             READING, or IDLE while suspended, invalid, or the circuit is open
    READING   ReadDone        IDLE in sync, or drifted and not ours to correct
                              WRITING drifted, and autoCorrect or a forced sync allows it
                              IDLE when a write that this reading should have proven did not hold
    READING   ReadFailed      IDLE
    WRITING   WriteDone       READING: every write is read back
    WRITING   WriteUnknown    READING: a write that may have happened is read back before anything else
    WRITING   WriteFailed     IDLE
    WRITING   WriteWithdrawn  IDLE
    any       Due             as from IDLE: passes are never doubled, so the one before died of a fault of ours

What must outlive the process is the resource's status: an episode of drift is under way while it has `drifted_since`,
and a write waits for its proof while it has `unverified_write`, which is stored before the write is sent. So after a
crash between the write and its reading back, the next reading is the proof.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fabgitops_core.api.industrialplc import INDUSTRIAL_PLC, IndustrialPLCSpec
from fabgitops_core.control import situations as at_hand
from fabgitops_core.control.commands import (
    Commands,
    Notice,
    NoticeReason,
    Publish,
    Read,
    Wake,
    Write,
)
from fabgitops_core.control.events import (
    Declared,
    Due,
    Event,
    Failure,
    FailureKind,
    ReadDone,
    ReadFailed,
    Removed,
    WriteDone,
    WriteFailed,
    WriteUnknown,
    WriteWithdrawn,
)
from fabgitops_core.control.plans import change_of, device_of, endpoint_of, plan_of
from fabgitops_core.control.plc_state import (
    NEW,
    UNKNOWN,
    Declaration,
    PlcState,
    Stage,
    Step,
    finish,
    in_stage,
    next_beat,
    overtaken,
    same_plan,
    say,
    usual_of,
)
from fabgitops_core.control.reporting import contact_was_lost
from fabgitops_core.control.requests import Change, DeviceId
from fabgitops_core.control.situations import Situation, situation_of

MAX_SETBACK_SECS = 60
WANDER_SECS = 30
"""A drift that nobody may correct and whose value changes all the time is told anew at most so often."""


def step(state: PlcState, event: Event) -> Step:
    """Return what the controller knows after an event, and what it wants done."""
    if handler := TABLE.get((state.stage, type(event))):
        return handler(state, event)
    if state.stage is Stage.GONE:
        return state, ()
    if isinstance(event, Declared):
        return _declared(state, event)
    if isinstance(event, Removed):
        return state._replace(stage=Stage.GONE), (Wake(None),)
    return state, ()


def still_wanted(state: PlcState, change: Change) -> bool:
    """Return whether a write that waits for its turn may still be sent: the last word before the wire."""
    spec = state.spec
    return (
        state.stage is Stage.WRITING
        and spec is not None
        and not spec.suspend
        and change == change_of(spec)
        and _may_write(state, spec)
    )


def _may_write(state: PlcState, spec: IndustrialPLCSpec) -> bool:
    return spec.auto_correct or (state.serving is not None and state.serving.force)


# --- what is wanted ---------------------------------------------------------------------------------------------------


def _declared(state: PlcState, event: Declaration) -> Step:
    first = state.generation < 0
    status = (event.status or UNKNOWN) if first else state.status
    request = event.request
    if request is not None and request.token == status.last_handled_reconcile_at:
        request = None
    if state.serving is not None and request is not None and request.token == state.serving.token:
        request = None
    known = state._replace(
        spec=event.spec,
        usual=usual_of(event.spec) if event.spec else state.usual,
        problem=event.problem,
        generation=event.generation,
        status=status,
        request=request,
    )
    changed = first or (event.spec, event.problem, event.generation) != (
        state.spec,
        state.problem,
        state.generation,
    )
    if not changed and request == state.request:
        return known, ()
    known = _moved_on(state, known) if changed else known
    if event.spec is None or event.spec.suspend:
        return _rest(known, event)
    if first:
        return _adopted(known, event, event.spec)
    return _retargeted(state, known, event, event.spec) if changed else (known, (Wake(0.0),))


def _moved_on(before: PlcState, state: PlcState) -> PlcState:
    """Drop what a changed spec no longer covers: a force was meant for what stood then, a memory for its register."""
    if state.serving is not None and state.serving.force:
        state = state._replace(serving=replace(state.serving, force=False))
    if before.usual is not None and state.usual is not None and before.usual.read.plan != state.usual.read.plan:
        forgotten = {"unverified_write": None, "drifted_since": None, "current_value": None}
        state = state._replace(status=state.status.model_copy(update=forgotten))
    return state


def _rest(state: PlcState, event: Declaration | Due) -> Step:
    """Leave the device alone, and say why; a sync that was asked for is answered with that."""
    request = state.request or state.serving
    handled = {} if request is None else {"last_handled_reconcile_at": request.token}
    if state.spec is None:
        situation, message = at_hand.INVALID_SPEC, f"the spec is not valid: {state.problem}"
    else:
        situation, message = at_hand.SUSPENDED, "suspended: the device is neither read nor written"
    rested, commands = say(state._replace(request=None, serving=None), situation, message, event, **handled)
    if situation is at_hand.INVALID_SPEC and situation_of(state.status) is not situation:
        commands = (*commands, Notice(NoticeReason.INVALID_SPEC, message))
    return rested, (*commands, Wake(None))


def _adopted(state: PlcState, event: Declaration, spec: IndustrialPLCSpec) -> Step:
    """Begin with a resource: what an earlier run of ours said of it goes on."""
    spread = 0.0 if state.request else float(spec.poll_interval_secs)
    wake = Wake(0.0, spread)
    status = state.status
    if not status.conditions:
        begun, commands = say(state, at_hand.PENDING, "not looked at yet", event, endpoint=endpoint_of(spec))
        return begun, (*commands, wake)
    if status.observed_generation != state.generation:
        # Edited while nobody looked: we do not know which register an unproven write went to.
        changes = {"endpoint": endpoint_of(spec), "unverified_write": None}
        begun, commands = say(state, at_hand.PENDING, "not looked at yet", event, **changes)
        return begun, (*commands, wake)
    return state, (wake,)


def _retargeted(before: PlcState, state: PlcState, event: Declaration, spec: IndustrialPLCSpec) -> Step:
    """Take a changed spec; what was known of another register is not known of this one.

    Before a spec that was never valid in this process we do not know which register an unproven write went to.
    """
    same = before.usual is None or before.usual.read.plan == plan_of(spec)
    if same and before.spec is not None and not before.spec.suspend:
        return state._replace(setbacks=0), (Wake(0.0),)
    forgotten: dict[str, Any] = {}
    if not same:
        forgotten = {"unverified_write": None, "drifted_since": None, "current_value": None}
    elif before.usual is None:
        forgotten = {"unverified_write": None}
    begun, commands = say(
        state._replace(setbacks=0),
        at_hand.PENDING,
        "not looked at yet",
        event,
        endpoint=endpoint_of(spec),
        **forgotten,
    )
    return begun, (*commands, Wake(0.0))


# --- one pass ---------------------------------------------------------------------------------------------------------


def _due(state: PlcState, event: Due) -> Step:
    spec = state.spec
    if spec is None or spec.suspend:
        return _rest(in_stage(Stage.IDLE, state), event)
    request = state.request or state.serving
    begun = state._replace(request=None, serving=request) if request else state
    if event.gate.wait > 0 and not (request and request.force):
        cause = begun.status.message if contact_was_lost(begun.status) else event.gate.cause
        return _lost(begun, event, cause, event.gate.wait)
    commands: Commands = ()
    if not state.status.in_sync and situation_of(state.status) is at_hand.PENDING:
        begun, commands = say(begun, at_hand.CONNECTING, f"connecting to {endpoint_of(spec)}", event)
    read = Read(plan_of(spec), spec.timeout, urgent=True) if request or not state.usual else state.usual.read
    return in_stage(Stage.READING, begun), (*commands, read)


def _read_done(state: PlcState, event: ReadDone) -> Step:
    spec = state.spec
    usual = state.usual
    if spec is None or usual is None or spec.suspend or not same_plan(event.plan, usual.read.plan):
        return overtaken(state)
    value, status = event.values[0], state.status
    if (
        status.in_sync
        and value == spec.target_value == status.current_value
        and status.observed_generation == state.generation
        and state.serving is None
    ):
        return in_stage(Stage.IDLE, state), usual.beat
    restored = _restored(state, spec)
    proven, proof = _proven(state, event, value)
    if value == spec.target_value:
        after, commands = _in_sync(proven, event, spec)
    elif proven.status.unverified_write is not None:
        after, commands = _did_not_hold(proven, event, spec, value)
    else:
        after, commands = _drifted(proven, event, spec, value)
    return after, (*restored, *proof, *commands)


def _proven(state: PlcState, event: ReadDone, value: int) -> Step:
    """Count a correction whose value was just read back."""
    status, written = state.status, state.status.unverified_write
    if written is None or value != written:
        return state, ()
    counted = status.model_copy(
        update={
            "unverified_write": None,
            "drifted_since": None,
            "corrections_applied": status.corrections_applied + 1,
        }
    )
    message = f"register {event.plan.address} held {status.current_value}; wrote {written} and read it back"
    return state._replace(status=counted, setbacks=0), (Notice(NoticeReason.DRIFT_CORRECTED, message),)


def _in_sync(state: PlcState, event: ReadDone, spec: IndustrialPLCSpec) -> Step:
    message = f"register {spec.target_register} holds {spec.target_value}, as Git wants"
    resolved: Commands = ()
    if state.status.drifted_since is not None:
        text = f"register {spec.target_register} holds {spec.target_value} again; no proven write of ours did it"
        resolved = (Notice(NoticeReason.DRIFT_RESOLVED, text),)
    after, commands = finish(
        state._replace(setbacks=0),
        at_hand.IN_SYNC,
        message,
        event,
        current_value=spec.target_value,
        unverified_write=None,
        drifted_since=None,
    )
    return after, (*resolved, *commands, next_beat(spec))


def _drifted(state: PlcState, event: ReadDone, spec: IndustrialPLCSpec, value: int) -> Step:
    """Count a new episode, and correct it where that is ours to do."""
    status = state.status
    found = f"register {spec.target_register} holds {value}, Git wants {spec.target_value}"
    seen: dict[str, Any] = {"current_value": value, "unverified_write": None}
    notices: Commands = ()
    if status.drifted_since is None:
        seen |= {"drift_events": status.drift_events + 1, "drifted_since": event.at}
        notices = (Notice(NoticeReason.DRIFT_DETECTED, found),)
    if not _may_write(state, spec):
        if _wanders(state, event):
            return in_stage(Stage.IDLE, state), (next_beat(spec),)
        message = f"{found}; autoCorrect is false, so nothing is written (a forced sync corrects it once)"
        after, commands = finish(state, at_hand.DRIFTED, message, event, **seen)
        return after, (*notices, *commands, next_beat(spec))
    seen["unverified_write"] = spec.target_value
    after, commands = say(state, at_hand.CORRECTING, f"{found}; writing it", event, **seen)
    recorded = tuple(replace(each, before_write=True) if isinstance(each, Publish) else each for each in commands)
    return after._replace(stage=Stage.WRITING), (*notices, *recorded, Write(change_of(spec), spec.timeout))


def _wanders(state: PlcState, event: ReadDone) -> bool:
    """Return whether this is a drift already told of, lately, of which only the value differs: metrics show that."""
    status = state.status
    return (
        situation_of(status) is at_hand.DRIFTED
        and status.observed_generation == state.generation
        and state.serving is None
        and status.last_update is not None
        and (event.at - status.last_update).total_seconds() < WANDER_SECS
    )


def _did_not_hold(state: PlcState, event: ReadDone, spec: IndustrialPLCSpec, value: int) -> Step:
    written = state.status.unverified_write
    message = (
        f"register {spec.target_register} holds {value} after writing {written}: "
        "the write was lost, or the device did not keep it"
    )
    return _set_back(state, event, spec, at_hand.VERIFICATION_FAILED, message, current_value=value)


def _read_failed(state: PlcState, event: ReadFailed) -> Step:
    spec = state.spec
    if spec is None or spec.suspend or event.plan != plan_of(spec):
        return overtaken(state)
    failure = event.failure
    if failure.kind is FailureKind.UNREACHABLE:
        return _lost(state, event, failure.message, event.retry_after)
    return _refused(state, event, failure, spec)


def _lost(state: PlcState, event: Due | ReadFailed | WriteFailed, cause: str, retry_after: float) -> Step:
    """Say that there is no contact; what the register holds now is not known."""
    fresh = not contact_was_lost(state.status)
    notices: Commands = (Notice(NoticeReason.CONNECTION_FAILED, cause),) if fresh else ()
    after, commands = finish(state, at_hand.CONNECTION_FAILED, cause, event)
    interval = float(state.spec.poll_interval_secs) if state.spec else 0.0
    return after, (*notices, *commands, Wake(retry_after or interval))


def _refused(state: PlcState, event: ReadFailed, failure: Failure, spec: IndustrialPLCSpec) -> Step:
    for_good = failure.kind is FailureKind.REFUSED_FOR_GOOD
    situation = at_hand.DEVICE_EXCEPTION if for_good else at_hand.DEVICE_BUSY
    fresh = situation_of(state.status) is not situation
    notices: Commands = (Notice(NoticeReason.DEVICE_EXCEPTION, failure.message),) if fresh and for_good else ()
    after, commands = finish(state, situation, failure.message, event)
    return after, (*_restored(state, spec), *notices, *commands, next_beat(spec))


def _restored(state: PlcState, spec: IndustrialPLCSpec) -> Commands:
    if not contact_was_lost(state.status):
        return ()
    return (Notice(NoticeReason.CONNECTION_RESTORED, f"{endpoint_of(spec)} unit {spec.unit_id} answers again"),)


# --- after a write ----------------------------------------------------------------------------------------------------


def _read_back(state: PlcState, event: WriteDone | WriteUnknown) -> Step:
    spec = state.spec
    if spec is None or spec.suspend or not _same_register(spec, event.change):
        return overtaken(state)
    return state._replace(stage=Stage.READING), (Read(plan_of(spec), spec.timeout, urgent=True),)


def _same_register(spec: IndustrialPLCSpec, change: Change) -> bool:
    plan = plan_of(spec)
    return (plan.endpoint, plan.unit_id, plan.address) == (change.endpoint, change.unit_id, change.address)


def _write_failed(state: PlcState, event: WriteFailed) -> Step:
    unsent = state._replace(status=state.status.model_copy(update={"unverified_write": None}))
    spec = state.spec
    if spec is None or spec.suspend or not _same_register(spec, event.change):
        return overtaken(unsent)
    if event.failure.kind is FailureKind.UNREACHABLE:
        return _lost(unsent, event, event.failure.message, event.retry_after)
    return _set_back(unsent, event, spec, at_hand.WRITE_REFUSED, event.failure.message)


def _withdrawn(state: PlcState, _event: WriteWithdrawn) -> Step:
    status = state.status.model_copy(update={"unverified_write": None})
    stopped, commands = overtaken(state._replace(status=status))
    return stopped, (Publish(status), *commands)


def _set_back(
    state: PlcState,
    event: ReadDone | WriteFailed,
    spec: IndustrialPLCSpec,
    situation: Situation,
    message: str,
    **seen: int,
) -> Step:
    """Say that a correction failed, and wait longer before the next: memory that wears out is not hammered."""
    notices: Commands = () if state.setbacks else (Notice(NoticeReason.CORRECTION_FAILED, message),)
    counted = state._replace(setbacks=state.setbacks + 1)
    after, commands = finish(counted, situation, message, event, unverified_write=None, **seen)
    wait = max(spec.poll_interval_secs, min(2**counted.setbacks, MAX_SETBACK_SECS))
    return after, (*notices, *commands, Wake(float(wait)))


TABLE: dict[tuple[Stage, type[Event]], Callable[[PlcState, Any], Step]] = {
    (Stage.IDLE, Due): _due,
    (Stage.READING, Due): _due,
    (Stage.WRITING, Due): _due,
    (Stage.READING, ReadDone): _read_done,
    (Stage.READING, ReadFailed): _read_failed,
    (Stage.WRITING, WriteDone): _read_back,
    (Stage.WRITING, WriteUnknown): _read_back,
    (Stage.WRITING, WriteFailed): _write_failed,
    (Stage.WRITING, WriteWithdrawn): _withdrawn,
}


class PlcController:
    """The functions above as a `Controller`."""

    kind = INDUSTRIAL_PLC

    def start(self) -> PlcState:
        """Return what is known before the first event."""
        return NEW

    step = staticmethod(step)

    def device(self, state: PlcState) -> DeviceId | None:
        """Return the device that the resource is about, or None while its spec is not valid."""
        return device_of(state.spec) if state.spec else None

    still_wanted = staticmethod(still_wanted)
