"""The end: what it showed is said, and then the experiment is let go."""

from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from fabgitops_core.api.chaos.status import Phase, Verdict
from fabgitops_core.control.chaos.events import Looked, Released
from fabgitops_core.control.chaos.probing import lacking
from fabgitops_core.control.chaos.reasons import ChaosNotice, Reason
from fabgitops_core.control.chaos.requests import Release
from fabgitops_core.control.chaos.saying import said
from fabgitops_core.control.chaos.states import (
    Aborted,
    Completed,
    Ending,
    Failed,
    Final,
    Known,
    Step,
    Wanted,
    carried,
)
from fabgitops_core.control.chaos.verdict import showing_nothing, verdict
from fabgitops_core.control.commands import Commands, Notice, Wake
from fabgitops_core.control.events import Faulted
from fabgitops_core.control.moments import pause_after, second

AnyEnd = TypeVar("AnyEnd", bound=Final)

_BY_CAUSE: dict[Reason, tuple[type[Completed | Failed | Aborted], Phase, ChaosNotice]] = {
    Reason.ELAPSED: (Completed, Phase.COMPLETED, ChaosNotice.EXPERIMENT_COMPLETED),
    Reason.ABORTED: (Aborted, Phase.ABORTED, ChaosNotice.EXPERIMENT_ABORTED),
    Reason.PROBE_FAILED: (Aborted, Phase.ABORTED, ChaosNotice.EXPERIMENT_ABORTED),
    Reason.NOT_ALLOWED: (Aborted, Phase.ABORTED, ChaosNotice.EXPERIMENT_ABORTED),
}
_ELSE = (Failed, Phase.FAILED, ChaosNotice.EXPERIMENT_FAILED)


def finished(state: Ending, at: datetime) -> Step:
    """Say how it ended, when nothing of it is left."""
    lacks = _lacking(state)
    shown = verdict(state.status, state.cause, lacks)
    lacks = lacks or showing_nothing(state.status.targets)
    told = lacks and state.cause is Reason.ELAPSED and shown is Verdict.INCONCLUSIVE
    return _final(state, state.cause, f"{state.why}; {lacks}" if told else state.why, shown, at)


def _lacking(state: Ending) -> str:
    """Return what was not measured that was to be, which a spec that is not understood does not say."""
    if state.plan is None:
        return "what it asks of probes is not known any more"
    return lacking(state.status.probes, state.plan.spec.probes)


def given_up(state: Wanted | Ending, cause: Reason, why: str, at: datetime, shown: Verdict | None = None) -> Step:
    """Say why it does not begin; nothing was touched."""
    return _final(state, cause, why, shown or Verdict.INCONCLUSIVE, at)


def _final(state: Known, cause: Reason, why: str, shown: Verdict, at: datetime) -> Step:
    kind, phase, notice = _BY_CAUSE.get(cause, _ELSE)
    final, commands = said(
        kind(**carried(state), asked=True),
        at,
        phase=phase,
        verdict=shown,
        reason=cause.value,
        message=why,
        finished_at=second(at),
    )
    return final, (*commands, Notice(notice, f"{shown}: {why}"), Wake(None), Release())


def let_go(state: AnyEnd, event: Looked) -> tuple[AnyEnd, Commands]:
    """Ask again for the finalizer to go."""
    del event
    return (state, ()) if state.released else asked(state)


def asked(state: AnyEnd) -> tuple[AnyEnd, Commands]:
    """Ask for the finalizer to go, unless that is being asked for."""
    return (state, ()) if state.asked else (replace(state, asked=True), (Release(),))


def released(state: AnyEnd, event: Released) -> tuple[AnyEnd, Commands]:
    """Rest, when it is gone; try again else."""
    if not event.why:
        return replace(state, asked=False, released=True, tries=0), (Wake(None),)
    tries = state.tries + 1
    return replace(state, asked=False, tries=tries), (Wake(pause_after(tries)),)


def faulted(state: AnyEnd, event: Faulted) -> tuple[AnyEnd, Commands]:
    """Try again after a fault of our own."""
    return released(state, Released(event.at, event.cause))
