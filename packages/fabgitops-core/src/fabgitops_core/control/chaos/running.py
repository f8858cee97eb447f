"""While something is injected: leases are renewed, probes asked, and each look asks whether it may go on."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from fabgitops_core.api.chaos.probes import Probe, When
from fabgitops_core.api.chaos.status import TargetRecord, TargetState
from fabgitops_core.control.chaos import timing
from fabgitops_core.control.chaos.deeds import Deed, Leased
from fabgitops_core.control.chaos.events import Acted, Examined, Looked
from fabgitops_core.control.chaos.facts import Facts
from fabgitops_core.control.chaos.guards import THROUGHOUT, against
from fabgitops_core.control.chaos.ids import TargetUid
from fabgitops_core.control.chaos.injecting import lease
from fabgitops_core.control.chaos.outcomes import UNANSWERED, Outcome, Result
from fabgitops_core.control.chaos.probing import aborting, due, noted, rested
from fabgitops_core.control.chaos.reasons import ChaosNotice, Reason
from fabgitops_core.control.chaos.recovering import recover
from fabgitops_core.control.chaos.requests import Act, Examine
from fabgitops_core.control.chaos.saying import said
from fabgitops_core.control.chaos.states import (
    Renewing,
    Resuming,
    Running,
    Step,
    Timed,
    carried_on,
)
from fabgitops_core.control.commands import Commands, Notice, Wake
from fabgitops_core.control.events import Faulted, fault_message
from fabgitops_core.control.moments import second

AnyTimed = TypeVar("AnyTimed", bound=Timed)


def looked(state: Running, event: Looked) -> Step:
    """End it, or renew what is injected and ask the probes that are due."""
    state = _later(state, event)
    if cause := _ending(state, event.facts, event.at):
        return recover(state, state.plan, *cause, event.at)
    held = _held(state)
    if any(TargetUid(each.uid) not in state.clocks for each in held):
        deeds = tuple(map(state.plan.deed, held))
        return Resuming(**_asking(state)), (Wake(None), Examine(deeds))
    probes = due(state.plan.probes(When.DURING), state.rests)
    if not held and not probes:
        return _resting(state, ())
    renewals = tuple(_renewal(state, each) for each in held)
    return Renewing(**_asking(state)), (Wake(None), Act(renewals, probes, namespace=state.plan.namespace))


def _ending(state: Running, facts: Facts, at: datetime) -> tuple[Reason, str] | None:
    """Return why it is over; None while it is not."""
    if state.unwanted:
        return Reason.ABORTED, "it was deleted" if state.leaving else "it was ended by spec.abort"
    if why := against(state.plan, facts, at, THROUGHOUT):
        return Reason.NOT_ALLOWED, f"it may not go on: {why}"
    if state.left <= 0.0:
        return Reason.ELAPSED, f"its {state.plan.spec.duration_secs} s are over"
    return None


def _renewal(state: Running, record: TargetRecord) -> Deed:
    deed = state.plan.deed(record)
    if not isinstance(deed, Leased):
        raise TypeError(f"{type(deed).__name__} of {state.plan.scenario.name} has no lease, and is not one_shot")
    return deed.renewed(lease(state.clocks[TargetUid(record.uid)], max(state.left, 0.0)))


def renewed(state: Renewing, event: Acted) -> Step:
    """Note what was answered; what is not there any more, or silent for longer than its lease, ends the experiment."""
    asked = due(state.plan.probes(When.DURING), state.rests)
    by = _gone_by(state, event)
    running = Running(**carried_on(_noted(_later(state, event), event.outcomes, by)))
    running = replace(running, rests=rested(running.rests, asked))
    running, commands = said(running, event.at, **_told(running, event, asked))
    if cause := _broken(running, event):
        failed = (Notice(ChaosNotice.PROBE_FAILED, cause[1]),) if cause[0] is Reason.PROBE_FAILED else ()
        step, more = recover(running, state.plan, *cause, event.at)
        return step, (*commands, *failed, *more)
    return _resting(running, commands, soon=_late(event.outcomes) or running.unwanted)


def _noted(state: Renewing, outcomes: Mapping[TargetUid, Outcome], by: float) -> Renewing:
    """Take over the clocks that were told; only what was renewed is not silent."""
    told = {uid: each.clock for uid, each in outcomes.items() if each.clock}
    silence = dict(state.silence)
    for uid, outcome in outcomes.items():
        if outcome.result is Result.DONE:
            silence[uid] = by
    return replace(state, clocks={**state.clocks, **told}, silence=silence)


def _told(state: Running, event: Acted, asked: tuple[Probe, ...]) -> dict[str, object]:
    records = tuple(
        _recorded(each, event.outcomes.get(TargetUid(each.uid), UNANSWERED), event.at) for each in state.status.targets
    )
    return {"targets": records, "probes": noted(state.status.probes, asked, event.answers, When.DURING)}


def _recorded(record: TargetRecord, outcome: Outcome, at: datetime) -> TargetRecord:
    if record.state is not TargetState.INJECTED:
        return record
    if outcome.result is Result.GONE:
        gone = {"state": TargetState.GONE, "recovered_at": second(at), "confirmed": True}
        return record.model_copy(update={**gone, "message": outcome.message})
    return record if outcome.effective is None else record.model_copy(update={"effective": outcome.effective})


def _broken(state: Running, event: Acted) -> tuple[Reason, str] | None:
    """Return what has gone wrong; None for nothing."""
    names = {TargetUid(each.uid): each.name for each in _held(state)}
    for uid, name in names.items():
        outcome = event.outcomes.get(uid, UNANSWERED)
        if outcome.result is Result.LOST:
            return Reason.LOST, f"the injection in {name} has ended by itself: {outcome.message}"
        if state.silence.get(uid, 0.0) > timing.LEASE_SECS:
            return Reason.LOST, f"nobody answers for {name}: {outcome.message}"
    failed = aborting(state.status.probes, state.plan.spec.probes)
    return (Reason.PROBE_FAILED, failed) if failed else None


def _late(outcomes: Mapping[TargetUid, Outcome]) -> bool:
    return any(each.result is Result.LATE for each in outcomes.values())


def resumed(state: Resuming, event: Examined) -> Step:
    """Renew at once by the clocks that were told; a place that is away is asked again, for as long as a lease is."""
    told = {uid: place.clock for uid, place in event.places.items() if place.clock}
    running = Running(**carried_on(_later(state, event)))
    running = replace(running, clocks={**running.clocks, **told})
    for each in _held(running):
        if running.silence.get(TargetUid(each.uid), 0.0) > timing.LEASE_SECS:
            why = f"nobody answers for {each.name} since the operator has begun again"
            return recover(running, state.plan, Reason.LOST, why, event.at)
    return _resting(running, (), soon=bool(told))


def faulted(state: Renewing | Resuming, event: Faulted) -> Step:
    """Go on after a fault of our own as if nobody had answered."""
    if isinstance(state, Renewing):
        return renewed(state, Acted(event.at))
    return resumed(state, Examined(event.at, Facts(None, opted_in=False)))


def faulted_at_rest(state: Running, event: Faulted) -> Step:
    """End it after a fault of our own that may strike again: by its record alone, without asking its scenario."""
    return recover(state, None, Reason.INTERRUPTED, fault_message(event.cause), event.at)


def _held(state: Timed) -> tuple[TargetRecord, ...]:
    """Return what has a lease that is to be renewed."""
    if not state.plan.leased:
        return ()
    return tuple(each for each in state.status.targets if each.state is TargetState.INJECTED)


def _gone_by(state: Timed, event: Looked | Acted | Examined) -> float:
    """Return the seconds since the last event: by a clock that does not jump, or else no more than were asked for."""
    told = timing.told(state.ticks, event.ticks)
    return timing.elapsed(state.last, event.at, state.most) if told is None else told


def _later(state: AnyTimed, event: Looked | Acted | Examined) -> AnyTimed:
    """Count the seconds that have gone by."""
    by = _gone_by(state, event)
    silence = {TargetUid(each.uid): state.silence.get(TargetUid(each.uid), 0.0) + by for each in _held(state)}
    rests = {name: max(left - by, 0.0) for name, left in state.rests.items()}
    left, ticks = state.left - by, event.ticks
    return replace(state, left=left, last=event.at, ticks=ticks, most=0.0, silence=silence, rests=rests)


def _asking(state: Running) -> dict[str, Any]:
    return {**carried_on(state), "most": timing.RENEW_SECS}


def _resting(state: Running, commands: Commands, *, soon: bool = False) -> Step:
    """Wait for the next round, or begin it at once."""
    pause = 0.0 if soon else timing.rest(state.left)
    return replace(state, most=pause), (*commands, Wake(pause))
