"""The record is stored, and only then each target is injected: once."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from fabgitops_core.api.chaos.probes import When
from fabgitops_core.api.chaos.status import Phase, TargetRecord, TargetState
from fabgitops_core.control.chaos import timing
from fabgitops_core.control.chaos.deeds import Clock, Deed, Delete, Evict, Lease, Leased, MockSet
from fabgitops_core.control.chaos.events import Acted, Unrecorded
from fabgitops_core.control.chaos.ids import ExperimentUid, TargetUid, injection_id
from fabgitops_core.control.chaos.outcomes import UNANSWERED, Outcome, Place, Result
from fabgitops_core.control.chaos.plan import Plan
from fabgitops_core.control.chaos.reasons import ChaosNotice, Reason
from fabgitops_core.control.chaos.recovering import recover
from fabgitops_core.control.chaos.requests import Act
from fabgitops_core.control.chaos.saying import said
from fabgitops_core.control.chaos.selecting import Choice
from fabgitops_core.control.chaos.states import (
    Examining,
    Injecting,
    Pending,
    Running,
    Step,
    carried,
    carried_on,
)
from fabgitops_core.control.commands import Notice, Wake
from fabgitops_core.control.events import Faulted, fault_message
from fabgitops_core.control.moments import second

_MOST_NAMED = 3


def planned_records(uid: ExperimentUid, choice: Choice) -> tuple[TargetRecord, ...]:
    """Return the records of what was chosen, as they are stored before anything is done."""
    return tuple(
        TargetRecord(name=each.name, uid=each.uid, node=each.node, id=injection_id(uid, each.place or each.uid))
        for each in choice.chosen
    )


def inject(state: Examining, places: Mapping[TargetUid, Place], at: datetime) -> Step:
    """Record each target, and ask for its injection when that is stored."""
    records = tuple(
        each.model_copy(update={"before": places[TargetUid(each.uid)].before})
        for each in planned_records(state.uid, state.choice)
    )
    injecting = Injecting(**carried(state), plan=state.plan, left=_duration(state), last=at, most=timing.RENEW_SECS)
    injecting = replace(injecting, clocks={uid: place.clock for uid, place in places.items() if place.clock})
    injecting, commands = said(injecting, at, **_begun(state, records, at))
    deeds = tuple(_deed(state.plan, each, injecting.clocks) for each in records)
    started = Notice(ChaosNotice.EXPERIMENT_STARTED, f"{state.plan.scenario.name} for {_duration(state):g} s")
    return injecting, (*commands, started, Wake(None), Act(deeds, recorded=True, caps=state.choice.caps))


def _duration(state: Examining) -> float:
    return float(state.plan.spec.duration_secs)


def _begun(state: Examining, records: tuple[TargetRecord, ...], at: datetime) -> dict[str, object]:
    return {
        "phase": Phase.RUNNING,
        "reason": Reason.RUNNING.value,
        "message": f"{state.plan.scenario.name} in {_named(records)}",
        "started_at": second(at),
        "ends_at": second(at + timedelta(seconds=_duration(state))),
        "selected": f"{len(records)}/{state.choice.eligible}",
        "targets": records,
    }


def _named(records: tuple[TargetRecord, ...]) -> str:
    """Return the first few by name: the sentence stands in each condition, too."""
    others = len(records) - _MOST_NAMED
    more = f" and {others} more" if others > 0 else ""
    return ", ".join(each.name for each in records[:_MOST_NAMED]) + more


def _deed(plan: Plan, record: TargetRecord, clocks: Mapping[TargetUid, Clock]) -> Deed:
    deed = plan.deed(record)
    if not isinstance(deed, Leased | MockSet):
        return deed
    return deed.until(lease(clocks[TargetUid(record.uid)], float(plan.spec.duration_secs)))


def lease(clock: Clock, left: float) -> Lease:
    """Return a lease that nobody takes who is asked too late, or is another than the one who told the clock."""
    cap = left + timing.CAP_SPARE_SECS
    return Lease(clock.instance, clock.now + timing.AHEAD_SECS, timing.LEASE_SECS, cap)


def injected(state: Injecting, event: Acted) -> Step:
    """Run, when all are injected or gone; else it is over: what is not known to be injected is undone, not repeated."""
    outcomes = {each.uid: event.outcomes.get(TargetUid(each.uid), UNANSWERED) for each in state.status.targets}
    records = tuple(_recorded(each, outcomes[each.uid], event.at, state.plan) for each in state.status.targets)
    told = {uid: each.clock for uid, each in event.outcomes.items() if each.clock}
    by = timing.elapsed(state.last, event.at, state.most)
    running = Running(**{**carried_on(state), "left": state.left - by, "last": event.at, "most": 0.0})
    running = replace(running, ticks=event.ticks)
    running, commands = said(replace(running, clocks={**state.clocks, **told}), event.at, targets=records)
    if why := _failed(records, outcomes):
        step, more = recover(running, state.plan, Reason.INJECT_FAILED, why, event.at)
        return step, (*commands, *more)
    pause = 0.0 if running.unwanted else _first_rest(running)
    done = Notice(ChaosNotice.TARGETS_INJECTED, f"{running.status.selected} injected")
    return replace(running, most=timing.RENEW_SECS), (*commands, done, Wake(pause))


def _first_rest(running: Running) -> float:
    """Return the seconds until the first round: what is to hold meanwhile is asked before the time is over."""
    probed = bool(running.plan.probes(When.DURING))
    return timing.rest(running.left / 2 if probed else running.left)


def _recorded(record: TargetRecord, outcome: Outcome, at: datetime, plan: Plan) -> TargetRecord:
    if outcome.result is Result.DONE:
        fields = {"state": TargetState.INJECTED, "injected_at": second(at), "effective": outcome.effective}
        if _changes_nothing(plan.deed(record), record, outcome):
            fields |= {"effective": False, "message": f"it had {record.before} already"}
        return record.model_copy(update=fields)
    known: dict[str, object] = {"state": TargetState.GONE} if outcome.result is Result.GONE else {}
    if outcome.result is Result.REFUSED and isinstance(plan.deed(record), _NEVER_BEGUN):
        known = {"state": TargetState.RECOVERED, "recovered_at": second(at), "confirmed": True}
    return record.model_copy(update={**known, "message": outcome.message})


_NEVER_BEGUN = Evict | Delete | MockSet
"""What leaves all as it was where it is refused. What has a lease is ended all the same: no holder refuses that."""


def _changes_nothing(deed: Deed, record: TargetRecord, outcome: Outcome) -> bool:
    """Return whether a register was set to what it had, or to what it makes the same of, as by its scale."""
    same = bool(record.before) and isinstance(deed, MockSet) and bool(json.loads(record.before) == deed.value)
    return isinstance(deed, MockSet) and (same or outcome.effective is False)


def _failed(records: tuple[TargetRecord, ...], outcomes: Mapping[str, Outcome]) -> str:
    """Return which target is not injected that should be, or that none is."""
    for each in records:
        if each.state in {TargetState.INJECTING, TargetState.RECOVERED}:
            return f"{each.name} was not injected: {outcomes[each.uid].message or 'nobody says why'}"
    return "" if any(each.state is TargetState.INJECTED for each in records) else "all targets were gone"


def unrecorded(state: Injecting, event: Unrecorded) -> Step:
    """Wait, and begin anew: nothing was done, as nothing could be recorded."""
    pending = Pending(**carried(state), plan=state.plan)
    blank = {"targets": (), "started_at": None, "ends_at": None, "selected": ""}
    reason = Reason.API_UNAVAILABLE.value
    pending, commands = said(pending, event.at, phase=Phase.PENDING, reason=reason, message=event.why, **blank)
    return pending, (*commands, Wake(timing.RENEW_SECS))


def faulted(state: Injecting, event: Faulted) -> Step:
    """Undo after a fault of our own: nobody knows whether something was injected."""
    return recover(state, None, Reason.INTERRUPTED, fault_message(event.cause), event.at)
