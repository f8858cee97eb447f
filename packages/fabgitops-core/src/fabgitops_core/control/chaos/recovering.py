"""What was injected is ended: asked for until somebody says so, and over by itself after 30 s of silence."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from fabgitops_core.api.chaos.status import Phase, TargetRecord, TargetState
from fabgitops_core.control.chaos import timing
from fabgitops_core.control.chaos.closing import close
from fabgitops_core.control.chaos.deeds import AgentRemove, Deed
from fabgitops_core.control.chaos.events import Acted, Looked
from fabgitops_core.control.chaos.ids import TargetUid
from fabgitops_core.control.chaos.outcomes import Outcome, Result
from fabgitops_core.control.chaos.plan import Plan, spot
from fabgitops_core.control.chaos.reasons import ChaosNotice, Reason
from fabgitops_core.control.chaos.requests import Act
from fabgitops_core.control.chaos.saying import said
from fabgitops_core.control.chaos.states import (
    Ending,
    Known,
    Recovering,
    Step,
    Undoing,
    carried,
    carried_over,
)
from fabgitops_core.control.commands import Commands, Notice, Wake
from fabgitops_core.control.events import Faulted
from fabgitops_core.control.moments import second

ENDED = frozenset({Result.DONE, Result.GONE, Result.LOST})
"""After these nothing of the injection is left: it was ended, or is not there and does not come back."""

AnyEnding = TypeVar("AnyEnding", bound=Ending)

_LONGEST_PAUSE_SECS = 5.0
_SILENT = "nobody has said that it ended; the time of its lease is over by now"
_SET = "nobody has said that it was put back: what was set may still be there, it has no lease"


def recover(state: Known, plan: Plan | None, cause: Reason, why: str, at: datetime, tries: int = 0) -> Step:
    """End what was injected, for a cause: nothing that could begin or renew anything is sent from here on.

    `tries` says how often that may have been asked for before.
    """
    ending = Recovering(**carried(state), plan=plan, cause=cause, why=why, last=at, tries=tries)
    ending, commands = said(ending, at, phase=Phase.RECOVERING, reason=cause.value, message=why)
    return _after(commands, undo(ending, at))


def looked(state: Recovering, event: Looked) -> Step:
    """Ask again, or count it as over."""
    return undo(_waited(state, event.at), event.at)


def undo(state: Recovering, at: datetime) -> Step:
    """Ask for what is left to be ended; what was done once and leaves nothing is over already."""
    if state.waited >= timing.SILENCE_SECS:
        return _over_by_itself(state, at)
    deeds = {each.uid: _undoing(state, each) for each in _left(state)}
    state, commands = _over(state, _leaving_nothing(state, deeds), at)
    if not _left(state):
        return _after(commands, _closed(state, at))
    asked = tuple(deed for deed in deeds.values() if deed is not None)
    if not asked:
        return replace(state, last=at, most=_LONGEST_PAUSE_SECS), (*commands, Wake(_LONGEST_PAUSE_SECS))
    state = replace(state, last=at, most=timing.RENEW_SECS)
    return Undoing(**carried_over(state), tries=state.tries), (*commands, Wake(None), Act(asked))


def undone(state: Undoing, event: Acted) -> Step:
    """Note what is over; ask again in a moment for the rest."""
    tries = state.tries + 1
    resting = Recovering(**carried_over(_waited(state, event.at)), tries=tries)
    ended = {uid for uid, outcome in event.outcomes.items() if outcome.result in ENDED}
    resting, lost = _lost(resting, event) if state.tries == 0 else (resting, ())
    resting, commands = _over(resting, ended, event.at, event.outcomes)
    commands = (*lost, *commands)
    if not _left(resting):
        return _after(commands, _closed(resting, event.at))
    pause = min(float(tries), _LONGEST_PAUSE_SECS)
    return replace(resting, last=event.at, most=pause), (*commands, Wake(pause))


def faulted(state: Undoing, event: Faulted) -> Step:
    """Go on after a fault of our own as if nobody had answered."""
    return undone(state, Acted(event.at))


def faulted_at_rest(state: Recovering, event: Faulted) -> Step:
    """Go on by the record alone after a fault of our own: its scenario may be what cannot say how it is undone."""
    del event
    return replace(state, plan=None, most=_LONGEST_PAUSE_SECS), (Wake(_LONGEST_PAUSE_SECS),)


def _lost(state: Recovering, event: Acted) -> tuple[Recovering, Commands]:
    """Say what had ended already when its end was asked for the first time: it was not injected for its whole time."""
    leased = state.cause is Reason.ELAPSED and state.plan is not None and state.plan.leased
    lost = [each for each in _left(state) if _result(each, event) is Result.LOST and each.injected_at]
    if not leased or not lost:
        return state, ()
    why = f"the injection in {lost[0].name} had ended by itself before its time was over"
    return said(replace(state, cause=Reason.LOST, why=why), event.at, reason=Reason.LOST.value, message=why)


def _result(record: TargetRecord, event: Acted) -> Result | None:
    outcome = event.outcomes.get(TargetUid(record.uid))
    return outcome.result if outcome else None


def _leaving_nothing(state: Recovering, deeds: Mapping[str, Deed | None]) -> set[TargetUid]:
    """Return where something was done once that nothing is left of; what may yet be done is waited for."""
    known = {each.uid: each.state is not TargetState.INJECTING for each in _left(state)}
    return {TargetUid(uid) for uid, deed in deeds.items() if deed is None and state.plan is not None and known[uid]}


def _over_by_itself(state: Recovering, at: datetime) -> Step:
    """Count what nobody has confirmed as over: a lease is, whoever is away; what was set is waited for no longer."""
    silent = _SET if any(each.before for each in _left(state)) else _SILENT
    state, commands = said(state, at, targets=tuple(_recovered(each, at, False, silent) for each in _targets(state)))
    warned = Notice(ChaosNotice.RECOVERY_UNCONFIRMED, f"{state.why}; {silent}")
    return _after((*commands, warned), close(state, at))


def _closed(state: Recovering, at: datetime) -> Step:
    return _after((Notice(ChaosNotice.RECOVERED, f"nothing of it is left: {state.why}"),), close(state, at))


def _over(
    state: Recovering,
    uids: set[TargetUid],
    at: datetime,
    outcomes: Mapping[TargetUid, Outcome] | None = None,
) -> tuple[Recovering, Commands]:
    """Note where it is over, what was said of that, and whether it had an effect: the last word of who held it."""
    told = {uid: outcome.message for uid, outcome in (outcomes or {}).items()}
    held = {uid: outcome.effective for uid, outcome in (outcomes or {}).items() if outcome.effective is not None}
    changed = tuple(
        _recovered(_held(each, held), at, True, told.get(TargetUid(each.uid), each.message))
        if each.uid in uids
        else each
        for each in _targets(state)
    )
    return said(state, at, targets=changed)


def _held(record: TargetRecord, told: Mapping[TargetUid, bool]) -> TargetRecord:
    """Return a record with what was told of its effect; what was injected at no time had none to tell of."""
    effective = told.get(TargetUid(record.uid))
    known = effective is not None and record.recovered_at is None and record.injected_at is not None
    return record.model_copy(update={"effective": effective}) if known else record


def _recovered(record: TargetRecord, at: datetime, confirmed: bool, message: str) -> TargetRecord:
    if record.recovered_at is not None:
        return record
    ended = record.state if record.state is TargetState.GONE else TargetState.RECOVERED
    return record.model_copy(
        update={"state": ended, "recovered_at": second(at), "confirmed": confirmed, "message": message}
    )


def _undoing(state: Recovering, record: TargetRecord) -> Deed | None:
    """Return what ends an injection; where the spec is not understood any more, by its record alone."""
    if state.plan is not None:
        return state.plan.undoing(record)
    return AgentRemove(spot(state.key.namespace, record)) if record.node and record.id else None


def _waited(state: AnyEnding, at: datetime) -> AnyEnding:
    return replace(state, waited=state.waited + timing.elapsed(state.last, at, state.most), last=at, most=0.0)


def _left(state: Ending) -> tuple[TargetRecord, ...]:
    return tuple(each for each in _targets(state) if each.recovered_at is None)


def _targets(state: Ending) -> tuple[TargetRecord, ...]:
    return state.status.targets


def _after(before: Commands, step: Step) -> Step:
    state, commands = step
    return state, (*before, *commands)
