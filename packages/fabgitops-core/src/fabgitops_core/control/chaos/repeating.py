"""The controller of one schedule: it makes runs, each an experiment of its own, and deletes those beyond its limit.

A pass begins with `Surveyed`, makes one request at most, and another follows on what came of it:

    it is time                    Apply: a run that is called by its time, so that whoever asks again finds it there
    more are over than are kept   Delete: the one that was over first
    nothing                       it is told how it stands, if that is news, and looked at again when it is time

A time needs no more looking at when a run of it is there, or when it is told why none is (`handledTime`).
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from fabgitops_core.api.chaos.schedule import CHAOS_SCHEDULE, MAX_RUNNING, ChaosScheduleSpec, ChaosScheduleStatus
from fabgitops_core.api.conditions import ConditionStatus, conditions_of, renewed
from fabgitops_core.api.meta import Key
from fabgitops_core.codec.texts import brief
from fabgitops_core.control.chaos.reasons import ScheduleNotice, ScheduleReason
from fabgitops_core.control.chaos.runs import WATCHED, finished, is_over, run, runs_of, stands
from fabgitops_core.control.chaos.scheduling import AHEAD, Tick, run_name, superfluous, tick
from fabgitops_core.control.commands import Apply, Commands, Delete, Notice, Publish, Wake
from fabgitops_core.control.events import (
    Applied,
    ApplyFailed,
    Declared,
    Deleted,
    DeleteFailed,
    Event,
    Faulted,
    Removed,
    Surveyed,
    fault_message,
)
from fabgitops_core.control.moments import pause_after
from fabgitops_core.control.objects import Child, ObjectFailure, ObjectFailureKind, Watched

LONGEST_REST_SECS = 30.0
"""A schedule is looked at so often though nothing is due: the clock may have been set. It asks nobody anything."""
_LONGEST_MESSAGE = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleState:
    """What is known of a schedule; `status` as it was made known last.

    `handled` is the last time that needs no more looking at, `due` the one of which a run is being made; `tries` counts
    the requests in a row that did not succeed.
    """

    key: Key
    uid: str = ""
    generation: int = 0
    created: datetime | None = None
    spec: ChaosScheduleSpec | None = None
    problem: str = ""
    leaving: bool = False
    status: ChaosScheduleStatus = field(default_factory=ChaosScheduleStatus)
    handled: datetime | None = None
    due: datetime | None = None
    tries: int = 0


Step: TypeAlias = tuple[ScheduleState, Commands]


class ScheduleController:
    """The functions below as a `Controller` that owns experiments."""

    kind = CHAOS_SCHEDULE

    def owns(self) -> tuple[Watched, ...]:
        """Return that it owns experiments."""
        return (WATCHED,)

    def start(self, key: Key) -> ScheduleState:
        """Return that nothing is known yet."""
        return ScheduleState(key=key)

    def step(self, state: ScheduleState, event: Event) -> Step:
        """Return what is known after an event, and what is wanted."""
        match event:
            case Declared():
                return _declared(state, event)
            case Surveyed():
                return _surveyed(state, event)
            case Applied():
                return _made(state, event.child.key.name, event.at)
            case ApplyFailed():
                return _not_made(state, event)
            case Deleted():
                return replace(state, tries=0), (Wake(0.0),)
            case DeleteFailed():
                return _again(state, event.failure)
            case Faulted():
                return _faulted(state, event)
            case Removed():
                return replace(state, leaving=True), (Wake(None),)
        return state, ()


def _declared(state: ScheduleState, event: Declared[ChaosScheduleSpec, ChaosScheduleStatus]) -> Step:
    first = state.created is None
    status = (event.status or state.status) if first else state.status
    state = replace(
        state,
        uid=event.uid,
        generation=event.generation,
        created=datetime.fromisoformat(event.created) if event.created else state.created or event.at,
        spec=event.spec,
        problem=event.problem,
        leaving=event.leaving,
        status=status,
        handled=status.handled_time if first else state.handled,
    )
    return state, (Wake(None if state.leaving else 0.0),)


def _surveyed(state: ScheduleState, event: Surveyed) -> Step:
    if state.leaving or not state.uid or state.created is None:
        return state, (Wake(None),)
    if state.spec is None:
        return _says(state, ScheduleReason.INVALID_SPEC, state.problem, event.at, next_schedule_time=None)
    if why := event.unseen.get(WATCHED.kind.name):
        unknown, commands = _says(state, ScheduleReason.API_UNAVAILABLE, why, event.at)
        return unknown, (*commands, Wake(LONGEST_REST_SECS))
    return _next(state, state.spec, state.created, event)


def _next(state: ScheduleState, spec: ChaosScheduleSpec, created: datetime, event: Surveyed) -> Step:
    """Return the first thing that is to be done."""
    runs = runs_of(event.children, state.uid)
    running = tuple(sorted(name for name, each in runs.items() if not is_over(each)))
    now = tick(spec, created, state.handled, event.at, running)
    if now.handled and now.handled != state.handled and (name := run_name(state.key.name, now.handled)) in runs:
        return _found(state, now.handled, runs[name], event.at)
    if now.begins is not None:
        name = run_name(state.key.name, now.begins)
        return replace(state, due=now.begins), (Apply(run(state.key, state.uid, spec, name)),)
    if beyond := superfluous(finished(runs.values()), spec.history_limit):
        oldest = runs[beyond[-1]]
        return state, (Delete(oldest.key, oldest.uid),)
    return _rests(state, spec, now, running, event.at)


def _found(state: ScheduleState, due: datetime, run: Child, at: datetime) -> Step:
    """Tell of the run of a time, which is there: that it was made, or that it was there before its time."""
    name = run.key.name
    if state.due == due or not _was_before(state, due, run):
        return _made(replace(state, due=due), name, at)
    why = f"{due:%Y-%m-%d %H:%M} UTC passed: {name} is there already ({stands(run)}), and no other is made"
    state = replace(state, handled=due, tries=0)
    state, commands = _says(state, ScheduleReason.SCHEDULED, why, at, handled_time=due)
    return state, (*commands, Notice(ScheduleNotice.RUN_PASSED, why), Wake(0.0))


def _was_before(state: ScheduleState, due: datetime, run: Child) -> bool:
    """Return whether a clock that was ahead has made a run, and not somebody who died before he said so.

    What was seen to run before, or is over, is none whose making nobody has heard of; and an API server's own clock may
    have been right.
    """
    early = run.created and due - datetime.fromisoformat(run.created) > AHEAD / 2
    return bool(early) or is_over(run) or run.key.name in state.status.running


def _rests(state: ScheduleState, spec: ChaosScheduleSpec, now: Tick, running: tuple[str, ...], at: datetime) -> Step:
    """Tell how it stands, if that is news, and look again when it is time."""
    state = replace(state, handled=now.handled)
    coming = None if spec.suspend else now.next
    facts: dict[str, Any] = {"running": running[:MAX_RUNNING], "next_schedule_time": coming}
    notices: Commands = ()
    if spec.suspend:
        reason, message = ScheduleReason.SUSPENDED, "spec.suspend is true: no run begins"
    elif coming is None:
        reason, message = ScheduleReason.NEVER, "its schedule never comes again"
    else:
        reason, message = _last_said(state)
        facts["handled_time"] = now.handled
        if now.why:
            reason, message, notices = ScheduleReason.SCHEDULED, now.why, (Notice(ScheduleNotice.RUN_PASSED, now.why),)
    state, commands = _says(state, reason, message, at, **facts)
    return state, (*commands, *notices, Wake(_rest_secs(now.next, at)))


def _last_said(state: ScheduleState) -> tuple[ScheduleReason, str]:
    """Return what was said of the last time, of this spec; of any trouble that is over nothing more is said."""
    for each in state.status.conditions:
        if each.type == "Ready" and each.observed_generation == state.generation and each.reason in _OF_A_TIME:
            return ScheduleReason(each.reason), state.status.message
    return ScheduleReason.SCHEDULED, "it comes again"


def _rest_secs(coming: datetime | None, at: datetime) -> float:
    if coming is None:
        return LONGEST_REST_SECS
    return min(max((coming - at) / timedelta(seconds=1), 0.0), LONGEST_REST_SECS)


def _made(state: ScheduleState, name: str, at: datetime) -> Step:
    """Tell that a run is there, and look what else is to be done."""
    due, before = state.due, state.status.last_schedule_time
    state, commands = _says(
        replace(state, handled=due, due=None, tries=0),
        ScheduleReason.SCHEDULED,
        f"{name} was made",
        at,
        handled_time=due,
        last_schedule_time=due or before,
    )
    return state, (*commands, Notice(ScheduleNotice.RUN_MADE, f"{name} was made"), Wake(0.0))


def _not_made(state: ScheduleState, event: ApplyFailed) -> Step:
    """Go on where the run is there already, or never will be; else try again while it may still begin."""
    failure, stands = event.failure, event.failure.stands
    if failure.kind is ObjectFailureKind.TAKEN and stands is not None and stands.owner == state.uid:
        return _made(state, event.key.name, event.at)
    if failure.kind in {ObjectFailureKind.TAKEN, ObjectFailureKind.REFUSED}:
        why = brief(f"{event.key.name} was not made: {failure.message}", _LONGEST_MESSAGE)
        due = state.due
        state, commands = _says(
            replace(state, handled=due, due=None), ScheduleReason.RUN_REFUSED, why, event.at, handled_time=due
        )
        return state, (*commands, Notice(ScheduleNotice.RUN_REFUSED, why), Wake(0.0))
    return _again(state, failure)


def _again(state: ScheduleState, failure: ObjectFailure) -> Step:
    """Look again in a moment; who is held is woken when that is over."""
    if failure.kind is ObjectFailureKind.HELD:
        return state, ()
    tries = state.tries + 1
    return replace(state, tries=tries), (Wake(max(pause_after(tries), failure.retry_after)),)


def _faulted(state: ScheduleState, event: Faulted) -> Step:
    if event.lasting:
        state = replace(state, spec=None, problem=fault_message(event.cause), generation=event.generation)
    if state.created is None and isinstance(event.said, ChaosScheduleStatus):
        state = replace(state, status=event.said)
    return _says(state, ScheduleReason.INTERNAL_ERROR, fault_message(event.cause), event.at)


def _says(state: ScheduleState, reason: ScheduleReason, message: str, at: datetime, **facts: Any) -> Step:
    """Return the state with its status changed, and what makes that known if it is news."""
    message = brief(message, _LONGEST_MESSAGE)
    held = {
        "Ready": ConditionStatus.of(reason in _GOOD),
        "Stalled": ConditionStatus.of(reason in _STALLED),
    }
    conditions = renewed(state.status.conditions, conditions_of(held, reason.value, message, at, state.generation))
    changed = {**facts, "message": message, "conditions": conditions, "observed_generation": state.generation}
    status = state.status.model_copy(update=changed)
    if status == state.status:
        return state, ()
    return replace(state, status=status), (Publish(status),)


_OF_A_TIME = frozenset({ScheduleReason.SCHEDULED, ScheduleReason.RUN_REFUSED})
_GOOD = frozenset({ScheduleReason.SCHEDULED, ScheduleReason.SUSPENDED})
_STALLED = frozenset({ScheduleReason.INVALID_SPEC, ScheduleReason.INTERNAL_ERROR, ScheduleReason.NEVER})
