"""What the controller of one IndustrialPLC knows, and the few ways in which that changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum, auto
from types import MappingProxyType
from typing import Any, NamedTuple

from fabgitops_core.api.plc.approval import PlannedChange
from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec, IndustrialPLCStatus
from fabgitops_core.api.plc.release import ReleaseStatus
from fabgitops_core.api.plc.template import IndustrialPLCTemplateSpec
from fabgitops_core.codec.types import Words
from fabgitops_core.control.commands import Command, Commands, Publish, Wake
from fabgitops_core.control.events import Declared, Event, Failure, SyncRequest
from fabgitops_core.control.members import Leading
from fabgitops_core.control.neighbours import NOBODY, Neighbours
from fabgitops_core.control.plc.changes import Planned
from fabgitops_core.control.plc.commands import Read
from fabgitops_core.control.plc.judging import Judgement
from fabgitops_core.control.plc.planner import NO_HOLES, Batch, Holes, planned
from fabgitops_core.control.plc.points import NOWHERE, DeviceMap, Point
from fabgitops_core.control.plc.reporting import told
from fabgitops_core.control.plc.requests import ConnectionId, ReadPlan
from fabgitops_core.control.plc.situations import Situation

UNKNOWN = IndustrialPLCStatus()

MAX_SETBACK_SECS = 60
"""The longest wait between two corrections of a register that are refused or do not hold."""

BUSY_TRIES = 3
BUSY_PAUSE_SECS = 0.1
"""A reading that is answered with "busy" is tried again within the pass after 0.1, 0.2 and 0.4 s."""


class Stage(IntEnum):
    """What is under way."""

    IDLE = auto()
    READING = auto()
    IDENTIFYING = auto()
    WRITING = auto()
    PROVING = auto()
    GONE = auto()


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass over a device: what is still to be asked, what came of what was asked, what is still to be written.

    The first of `queue` is under way while READING and PROVING; the first of `changes` while WRITING and PROVING.
    `tries` counts how often the reading under way was answered with "busy"; `met` says that the device was asked in
    this pass who it is, `over` which connection it answered that: no write of the pass goes over another. `halved` are
    readings without a gap that were refused, and tried in parts, `fruitless` how many were refused in a row. Once
    everything is read, `found` holds a judgement of each register, and `base` the counters of the status as they stood
    before; `doubt` is what kept the write under way from being confirmed; `barred` says why nothing may be written in
    this pass, and in which situation that is; `written` names the registers that it has written, or may have.

    `neighbours` are those whom interlocks name, as they stood when the pass began; `judged` says of one that is over
    that it ended with a judgement of every register.

    `published` is when a status was last published since the first write was decided, None before its record was;
    `unsaid` is what waits to be published and announced, `said` the status as it stood before the record.

    Where somebody has to agree, `planned` is what would be written, `digest` what is agreed to, and `approved` are the
    registers to whose writes somebody has agreed; `ramping` are those that were on their way as the pass was decided.

    `repeats` are the places of those that hold what they must, and whose time has come to be written again.
    """

    queue: tuple[Batch, ...] = ()
    read: tuple[tuple[Batch, Words], ...] = ()
    failed: tuple[tuple[Batch, Failure], ...] = ()
    tries: int = 0
    met: bool = False
    over: ConnectionId | None = None
    halved: tuple[Batch, ...] = ()
    fruitless: int = 0
    found: tuple[Judgement, ...] = ()
    base: tuple[int, int] = (0, 0)
    barred: tuple[Situation, str] | None = None
    changes: tuple[Planned, ...] = ()
    doubt: str = ""
    written: frozenset[str] = frozenset()
    published: datetime | None = None
    unsaid: Commands = ()
    said: IndustrialPLCStatus = UNKNOWN
    digest: str = ""
    planned: tuple[PlannedChange, ...] = ()
    approved: frozenset[str] = frozenset()
    ramping: frozenset[str] = frozenset()
    neighbours: Neighbours = field(default_factory=lambda: NOBODY)
    judged: bool = False
    repeats: frozenset[int] = frozenset()


REST = Pass()
JUDGED = Pass(judged=True)
"""What is left of a pass in which every register was judged, so that `Memory.found` is as fresh as that pass."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What every poll of a map needs, made once: what to read, the pass that begins, and when to wake for the next."""

    batches: tuple[Batch, ...]
    start: Pass
    read: Read
    beat: tuple[Wake]


NOTHING = Usual((), REST, Read(ReadPlan(NOWHERE.endpoint, 0, 0), 0.0), (Wake(None),))


@dataclass(frozen=True, slots=True)
class Trouble:
    """Corrections of a register that were refused or did not hold: how many in a row, and when the next may be tried.

    Not stored: after a restart the first attempt is made at once.
    """

    situation: Situation
    message: str
    count: int
    until: datetime

    def wait(self, at: datetime) -> float:
        """Return the seconds until the next attempt, 0 for now; a clock that was set back ends the wait."""
        seconds = (self.until - at).total_seconds()
        return seconds if 0 < seconds <= MAX_SETBACK_SECS else 0.0


@dataclass(frozen=True, slots=True)
class Pause:
    """How often in a row a register was refused, and when it is asked for again."""

    count: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Braked:
    """Since when a register is not written any more, for somebody else writes it, and what is said of that."""

    since: datetime
    message: str


class Repeat(NamedTuple):
    """When a register that lapses was written last, and since when it is late to be written again.

    `why` is what came of the last try, where that did not go out: it has `failed`, or was held. `told` says that
    people were told of a failure.
    """

    at: datetime | None = None
    since: datetime | None = None
    why: str = ""
    failed: bool = False
    told: bool = False


ON_TIME = Repeat()


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known beyond the status, and lost with the process.

    `seen` holds the readings of the last pass, `found` what they came to, by place in the map. `settled` says that
    everything was in sync and nothing was left to say then, so that a poll that finds the same is over at once.
    `stranger` is None until the device was asked who it is, then how it differs from the identity that the spec pins,
    or nothing. `lost` says that a unit is out of reach and that this was announced. `answered` are the registers
    for which the device has answered since they are named. `awaiting` are those that the sync which waits is still
    for, None before a pass has answered it for the others. `confirming` says of registers that are not as Git wants
    them in how many passes running that was seen. `repeats` says of those that lapse when they were written last.
    `sealed` are those whose Secret could not be had a moment ago.
    """

    seen: tuple[tuple[Batch, Words], ...] = ()
    found: tuple[Judgement, ...] = ()
    settled: bool = False
    troubles: Mapping[str, Trouble] = field(default_factory=lambda: MappingProxyType({}))
    holes: Holes = NO_HOLES
    holes_since: datetime | None = None
    pauses: Mapping[str, Pause] = field(default_factory=lambda: MappingProxyType({}))
    corrected: Mapping[str, tuple[datetime, ...]] = field(default_factory=lambda: MappingProxyType({}))
    braked: Mapping[str, Braked] = field(default_factory=lambda: MappingProxyType({}))
    stranger: str | None = None
    lost: bool = False
    answered: frozenset[str] = frozenset()
    awaiting: frozenset[str] | None = None
    confirming: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    repeats: Mapping[str, Repeat] = field(default_factory=lambda: MappingProxyType({}))
    sealed: Mapping[str, Trouble] = field(default_factory=lambda: MappingProxyType({}))


BLANK = Memory()


class Leave(NamedTuple):
    """What a rollout leaves to a register: the words that it may hold, those that it held before, and what Git wants.

    All but the last are hexadecimal digits; that is for people, and there only where it is something else. `replaced`
    is what it might hold before the last permit, until that is proven.
    """

    released: str | None = None
    previous: str | None = None
    pending: str | None = None
    replaced: str | None = None


UNLED = Leave()


class PlcState(NamedTuple):
    """All that the controller knows; a tuple, since each poll makes two and a tuple costs a third of a dataclass.

    `declared` is the spec as it stands in the resource, `template` what it refers to, `spec` what both come to, or None
    with the reason in `problem`; `missing` says that the reason is a template that is not there. `map` and `usual`
    follow from the last valid spec. `request` is a sync that nobody has begun, `serving` the one that the pass under
    way answers. `going_map` is the map that the pass under way began with. `changed_at` says when what is wanted
    changed, while it has not stood for `settle_secs` yet and is not to be written. `fault` is
    told while a fault of our own keeps what is declared from being in force. `suspended_for` is what the annotation
    says that suspends the resource, None without it; `declared` and `spec` are then suspended as well.

    `git` is the map of what Git wants; `map` is that, too, but where rollouts lead the resource it wants what it was
    released to. `led_by` says who they are, `permit` what was permitted last, `release` what follows: None while nobody
    leads it and nothing is held. `leave` says the same of each register, by place in the map.
    """

    stage: Stage = Stage.IDLE
    spec: IndustrialPLCSpec | None = None
    map: DeviceMap = NOWHERE
    usual: Usual = NOTHING
    going: Pass = REST
    going_map: DeviceMap = NOWHERE
    memory: Memory = BLANK
    status: IndustrialPLCStatus = UNKNOWN
    request: SyncRequest | None = None
    serving: SyncRequest | None = None
    generation: int = -1
    problem: str = ""
    namespace: str = ""
    declared: IndustrialPLCSpec | None = None
    own_problem: str = ""
    template: IndustrialPLCTemplateSpec | None = None
    template_problem: str = ""
    missing: bool = False
    rivals: Mapping[str, str] = MappingProxyType({})
    settle_secs: float = 0.0
    changed_at: datetime | None = None
    fault: str = ""
    uid: str = ""
    approved: str = ""
    approved_by: str = ""
    suspended_for: str | None = None
    git: DeviceMap = NOWHERE
    led_by: tuple[Leading, ...] = ()
    permit: str = ""
    release: ReleaseStatus | None = None
    leave: tuple[Leave, ...] = ()


Step = tuple[PlcState, Commands]
Declaration = Declared[IndustrialPLCSpec, IndustrialPLCStatus]
NEW = PlcState()


def usual_of(wanted: DeviceMap, holes: Holes = NO_HOLES) -> Usual:
    """Return what every poll of a map needs."""
    batches = planned(wanted.points, wanted.limits, holes)
    return Usual(
        batches,
        Pass(batches),
        Read(batches[0].plan, wanted.timeout),
        (Wake(wanted.interval, steady=True),),
    )


def with_memory(state: PlcState, **changes: Any) -> PlcState:
    """Return the state with some of its memory changed."""
    return state._replace(memory=replace(state.memory, **changes))


def in_stage(stage: Stage, state: PlcState, going: Pass) -> PlcState:
    """Return the state in another stage of a pass: as `_replace`, at a fifth of the cost; every poll does it twice."""
    return tuple.__new__(PlcState, (stage, *state[1:4], going, *state[5:]))


def begin(state: PlcState) -> PlcState:
    """Return the state at the beginning of a pass over the map as it is now."""
    return tuple.__new__(PlcState, (Stage.READING, *state[1:4], state.usual.start, state.map, *state[6:]))


def forced(state: PlcState) -> bool:
    """Return whether the pass under way answers a forced sync."""
    return state.serving is not None and state.serving.force


def forced_for(state: PlcState, point: Point) -> bool:
    """Return whether it does so for a register: what an earlier pass has done for the same sync is not done again."""
    awaiting = state.memory.awaiting
    return forced(state) and (awaiting is None or point.name in awaiting)


def awaited(state: PlcState) -> frozenset[str]:
    """Return which registers the sync that a pass answers is still to look at: what the pass has written is done."""
    known, going = state.memory.awaiting, state.going
    if known is None:
        known = frozenset(each.point.name for each in going.found)
    return known - going.written


def under_way(state: PlcState) -> tuple[Point, ...]:
    """Return the registers that are being written or proven; none where the spec means something else by now."""
    if not state.going.changes or not same_places(state.going_map, state.map):
        return ()
    return state.going.changes[0].of(state.map.points)


def same_places(before: DeviceMap, now: DeviceMap) -> bool:
    """Return whether two maps name the same registers in the same order; nearly always they are one."""
    return before is now or (
        before.endpoint == now.endpoint
        and [(each.name, each.place) for each in before.points] == [(each.name, each.place) for each in now.points]
    )


def overtaken(state: PlcState) -> Step:
    """End a pass that a change of the spec made pointless; what it was to answer is taken up again.

    It may have told of a drift: so the next reading is judged, also one that is like the last that was.
    """
    resting = state.spec is None or state.spec.suspend
    request = None if resting else state.request or state.serving
    if state.serving is not None and state.request is None and state.going.written:
        state = with_memory(state, awaiting=awaited(state))
    return (
        with_memory(state, settled=False)._replace(stage=Stage.IDLE, going=REST, request=request, serving=None),
        (Wake(None if resting else 0.0),),
    )


def finish(state: PlcState, situation: Situation, message: str, event: Event, **changes: Any) -> Step:
    """End the pass: say how it stands as `say` does, and that the sync it answered is handled."""
    if state.serving is not None:
        changes["last_handled_reconcile_at"] = state.serving.token
        state = with_memory(state, awaiting=None)
    return say(state._replace(stage=Stage.IDLE, going=REST, serving=None), situation, message, event, **changes)


def say(state: PlcState, situation: Situation, message: str, event: Event, **changes: Any) -> Step:
    """Say how it stands, with further fields of the status by name; what was said already is not published again."""
    status = told(state.status, situation, message, event.at, state.generation, release=state.release, **changes)
    commands: tuple[Command, ...] = () if status is state.status else (Publish(status),)
    return state._replace(status=status), commands
