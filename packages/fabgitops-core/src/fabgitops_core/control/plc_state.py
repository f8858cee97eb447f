"""What the controller of one IndustrialPLC knows, and the few ways in which that changes."""

from dataclasses import dataclass
from enum import IntEnum, auto
from typing import Any, NamedTuple

from fabgitops_core.api.industrialplc import IndustrialPLCSpec, IndustrialPLCStatus
from fabgitops_core.control.commands import Command, Commands, Publish, Read, Wake
from fabgitops_core.control.events import Declared, Event, SyncRequest
from fabgitops_core.control.plans import plan_of
from fabgitops_core.control.reporting import told
from fabgitops_core.control.requests import ReadPlan
from fabgitops_core.control.situations import Situation

UNKNOWN = IndustrialPLCStatus()


class Stage(IntEnum):
    """What is under way."""

    IDLE = auto()
    READING = auto()
    WRITING = auto()
    GONE = auto()


class PlcState(NamedTuple):
    """All that the controller knows; a tuple, since each poll makes two and a tuple costs a third of a dataclass.

    `request` is a sync that nobody has begun, `serving` the one that the pass under way answers; `setbacks` counts
    corrections in a row that were refused or did not hold. `usual` follows from the last valid spec, made once for
    every poll.
    """

    stage: Stage = Stage.IDLE
    spec: IndustrialPLCSpec | None = None
    usual: "Usual | None" = None
    problem: str = ""
    generation: int = -1
    status: IndustrialPLCStatus = UNKNOWN
    request: SyncRequest | None = None
    serving: SyncRequest | None = None
    setbacks: int = 0


@dataclass(frozen=True, slots=True)
class Usual:
    """What every poll of a spec needs: to read, and to be woken for the next."""

    read: Read
    beat: tuple[Wake]


def usual_of(spec: IndustrialPLCSpec) -> Usual:
    """Return what every poll of a spec needs."""
    return Usual(Read(plan_of(spec), spec.timeout), (next_beat(spec),))


Step = tuple[PlcState, Commands]
Declaration = Declared[IndustrialPLCSpec, IndustrialPLCStatus]
NEW = PlcState()


def same_plan(plan: ReadPlan, other: ReadPlan) -> bool:
    """Return whether two plans are equal; nearly always they are one, at which a dataclass does not look."""
    return plan is other or plan == other


def in_stage(stage: Stage, state: PlcState) -> PlcState:
    """Return the state in another stage: as `_replace`, at a fifth of the cost, since every poll does it twice."""
    return PlcState(stage, *state[1:])


def next_beat(spec: IndustrialPLCSpec) -> Wake:
    """Return the wish to be woken at the next poll."""
    return Wake(float(spec.poll_interval_secs), steady=True)


def overtaken(state: PlcState) -> Step:
    """End a pass that a change of the spec made pointless; what it was to answer is taken up again."""
    resting = state.spec is None or state.spec.suspend
    request = None if resting else state.request or state.serving
    return (
        state._replace(stage=Stage.IDLE, request=request, serving=None),
        (Wake(None if resting else 0.0),),
    )


def finish(
    state: PlcState,
    situation: Situation,
    message: str,
    event: Event,
    **changes: Any,
) -> Step:
    """End the pass: say how it stands as `say` does, and that the sync it answered is handled."""
    if state.serving is not None:
        changes["last_handled_reconcile_at"] = state.serving.token
    return say(state._replace(stage=Stage.IDLE, serving=None), situation, message, event, **changes)


def say(
    state: PlcState,
    situation: Situation,
    message: str,
    event: Event,
    **changes: Any,
) -> Step:
    """Say how it stands, with further fields of the status by name; what was said already is not published again."""
    status = told(state.status, situation, message, event.at, state.generation, **changes)
    commands: tuple[Command, ...] = () if status is state.status else (Publish(status),)
    return state._replace(status=status), commands
