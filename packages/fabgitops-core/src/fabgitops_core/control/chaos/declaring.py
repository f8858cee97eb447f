"""What is declared, anew or changed; after a restart the status says where an experiment stands."""

from dataclasses import replace
from datetime import datetime
from typing import TypeAlias, TypeVar

from fabgitops_core.api.chaos.experiment import ChaosExperimentSpec
from fabgitops_core.api.chaos.marks import CHAOS
from fabgitops_core.api.chaos.status import ChaosExperimentStatus, Phase, TargetState
from fabgitops_core.control.chaos import timing
from fabgitops_core.control.chaos.finishing import asked, given_up
from fabgitops_core.control.chaos.ids import ExperimentUid
from fabgitops_core.control.chaos.plan import Plan, planned
from fabgitops_core.control.chaos.reasons import Reason
from fabgitops_core.control.chaos.recovering import recover
from fabgitops_core.control.chaos.states import (
    Aborted,
    Closing,
    Completed,
    Ending,
    Failed,
    Final,
    Known,
    Pending,
    Running,
    Step,
    Undeclared,
    Wanted,
    carried,
)
from fabgitops_core.control.commands import Commands, Wake
from fabgitops_core.control.events import Declared, Faulted, fault_message

Declaration: TypeAlias = Declared[ChaosExperimentSpec, ChaosExperimentStatus]

AnyWanted = TypeVar("AnyWanted", bound=Wanted)
AnyEnding = TypeVar("AnyEnding", bound=Ending)
AnyFinal = TypeVar("AnyFinal", bound=Final)

_FINAL: dict[Phase, type[Completed | Failed | Aborted]] = {
    Phase.COMPLETED: Completed,
    Phase.FAILED: Failed,
    Phase.ABORTED: Aborted,
}


def first(state: Undeclared, event: Declaration) -> Step:
    """Go on from the status that is stored: what may be injected is undone where that is not known."""
    known = _known(state, event)
    if known.status.phase in _FINAL:
        return _left(_FINAL[known.status.phase](**carried(known)), held=CHAOS in event.finalizers)
    plan, problem = _plan(state, event)
    if known.status.phase is Phase.RECOVERING:
        cause = next((each for each in Reason if each == known.status.reason), Reason.INTERRUPTED)
        return recover(known, plan, cause, known.status.message, event.at, tries=1)
    if known.status.phase is Phase.RUNNING:
        return _running(known, plan, problem, event.at)
    if plan is None:
        return given_up(_unplanned(known, problem, event.at), Reason.INVALID, problem, event.at)
    return Pending(**carried(known), plan=plan), (Wake(0.0),)


def unreadable(state: Undeclared, event: Faulted) -> Step:
    """Undo by the record alone what cannot be gone on with for a fault of our own."""
    if not isinstance(event.failed, Declared):
        return state, ()
    return first(state, replace(event.failed, spec=None, problem=fault_message(event.cause)))


def _running(known: Known, plan: Plan | None, problem: str, at: datetime) -> Step:
    """Undo what is not known to be injected, and never repeat it; else go on, at once."""
    if plan is None:
        return recover(known, None, Reason.INVALID, problem, at)
    if any(each.state is TargetState.INJECTING for each in known.status.targets):
        why = "the operator ended while it was not known whether something was injected"
        return recover(known, plan, Reason.INTERRUPTED, why, at)
    left, most = _left_secs(known, plan, at), timing.RENEW_SECS
    return Running(**carried(known), plan=plan, left=left, last=at, most=most), (Wake(0.0),)


def _left_secs(known: Known, plan: Plan, at: datetime) -> float:
    """Return for how long it goes on, by a wall clock that may have jumped meanwhile."""
    ends = known.status.ends_at
    left = (ends - at).total_seconds() if ends else 0.0
    return min(max(left, 0.0), float(plan.spec.duration_secs))


def _known(state: Undeclared, event: Declaration) -> Known:
    return Known(
        key=state.key,
        uid=ExperimentUid(event.uid),
        generation=event.generation,
        created=datetime.fromisoformat(event.created) if event.created else event.at,
        status=event.status or ChaosExperimentStatus(),
        leaving=event.leaving,
    )


def _plan(state: Undeclared, event: Declaration) -> tuple[Plan | None, str]:
    if event.spec is None:
        return None, event.problem
    try:
        return planned(event.spec, state.key.namespace, state.known), ""
    except ValueError as error:
        return None, str(error)


def _unplanned(known: Known, problem: str, at: datetime) -> Ending:
    return Closing(**carried(known), plan=None, cause=Reason.INVALID, why=problem, last=at)


def _left(state: Completed | Failed | Aborted, *, held: bool) -> Step:
    """Let it go, where who led it before has not come to that."""
    return asked(state) if held or state.leaving else (state, (Wake(None),))


def resting(state: Pending | Running, event: Declaration) -> Step:
    """Look at once, when somebody has ended it or takes it away."""
    changed = _changed(state, event)
    return changed, (Wake(0.0),) if changed.unwanted and not state.unwanted else ()


def busy(state: AnyWanted, event: Declaration) -> tuple[AnyWanted, Commands]:
    """Note it, for when the request is answered that is under way."""
    return _changed(state, event), ()


def ending(state: AnyEnding, event: Declaration) -> tuple[AnyEnding, Commands]:
    """Note whether somebody waits for it to be over, or gone."""
    plan = state.plan
    if plan and event.spec is not None and event.spec.abort:
        plan = plan.ended()
    return replace(state, generation=event.generation, leaving=event.leaving, plan=plan), ()


def closing(state: Closing, event: Declaration) -> Step:
    """Look at once, when somebody has ended it or takes it away, and wait for no probe any more."""
    changed, _ = ending(state, event)
    return changed, (Wake(0.0),) if changed.unwanted and not state.unwanted else ()


def final(state: AnyFinal, event: Declaration) -> tuple[AnyFinal, Commands]:
    """Let it go, when it is deleted."""
    state = replace(state, generation=event.generation, leaving=event.leaving)
    return asked(state) if state.leaving else (state, ())


def _changed(state: AnyWanted, event: Declaration) -> AnyWanted:
    """Return it as it is wanted now: nothing of a run can change but that it is to end."""
    state = replace(state, generation=event.generation, leaving=event.leaving)
    ended = event.spec is not None and event.spec.abort
    return replace(state, plan=state.plan.ended()) if ended and not state.plan.spec.abort else state
