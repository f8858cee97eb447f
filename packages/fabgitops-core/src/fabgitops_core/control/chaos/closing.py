"""When nothing is injected any more: whether all is as it was."""

from dataclasses import replace
from datetime import datetime

from fabgitops_core.api.chaos.probes import Probe, When
from fabgitops_core.api.chaos.status import ProbeRecord
from fabgitops_core.control.chaos import timing
from fabgitops_core.control.chaos.events import Acted, Looked
from fabgitops_core.control.chaos.finishing import finished
from fabgitops_core.control.chaos.guards import SWITCH, against
from fabgitops_core.control.chaos.outcomes import Answer
from fabgitops_core.control.chaos.probing import noted
from fabgitops_core.control.chaos.reasons import Reason
from fabgitops_core.control.chaos.requests import Act
from fabgitops_core.control.chaos.saying import said
from fabgitops_core.control.chaos.states import Closing, Ending, Judging, Step, carried_over
from fabgitops_core.control.commands import Wake
from fabgitops_core.control.events import Faulted


def close(state: Ending, at: datetime) -> Step:
    """Ask the probes of the end, if there are any: nobody waits for an experiment that is to be deleted."""
    closing = Closing(**{**carried_over(state), "waited": 0.0, "last": at, "most": 0.0})
    return _asked(closing, at)


def looked(state: Closing, event: Looked) -> Step:
    """Ask again what did not hold: for the last time, where it is answered that chaos is switched off."""
    by = timing.elapsed(state.last, event.at, state.most)
    off = against(state.plan, event.facts, event.at, SWITCH) if state.plan and event.facts.answered else ""
    return _asked(replace(state, waited=state.waited + by, last=event.at, switched_off=off), event.at)


def _asked(state: Closing, at: datetime) -> Step:
    probes = _open(state)
    if not probes or state.leaving:
        return finished(state, at)
    judging = Judging(**{**carried_over(state), "last": at, "most": timing.RENEW_SECS})
    namespace = state.plan.namespace if state.plan else state.key.namespace
    return judging, (Wake(None), Act((), probes, namespace=namespace))


def judged(state: Judging, event: Acted) -> Step:
    """Note what was answered; ask again for as long as a probe has time, and end then."""
    waited = state.waited + timing.elapsed(state.last, event.at, state.most)
    holding = {each.name for each in event.answers if each.holds}
    again = tuple(each for each in _open(state) if each.name not in holding and (each.within_secs or 0) > waited)
    settled = tuple(each for each in _open(state) if each not in again)
    answers = tuple(each for each in event.answers if each.name in {probe.name for probe in settled})
    records = noted(state.status.probes, settled, answers, When.END)
    resting, commands = said(_resting(state, event.at, waited), event.at, probes=_marked(records, settled))
    if not again or resting.unwanted:
        step, more = finished(_cut_short(resting, again), event.at)
        return step, (*commands, *more)
    return resting, (*commands, Wake(timing.RENEW_SECS))


def _cut_short(state: Closing, left: tuple[Probe, ...]) -> Closing:
    """Say that it was ended while it waited for probes to hold, where nothing else ended it before."""
    if not left or state.leaving or state.cause is not Reason.ELAPSED:
        return state
    before = f"before the probe {left[0].name} held"
    if state.switched_off:
        return replace(state, cause=Reason.NOT_ALLOWED, why=f"it was ended {before}: {state.switched_off}")
    return replace(state, cause=Reason.ABORTED, why=f"it was ended by spec.abort {before}")


def faulted(state: Judging, event: Faulted) -> Step:
    """Go on after a fault of our own as if no probe had answered."""
    none = tuple(Answer(each.name, None, "a fault of the operator's own") for each in _open(state))
    return judged(state, Acted(event.at, {}, none))


def _resting(state: Judging, at: datetime, waited: float) -> Closing:
    return Closing(**{**carried_over(state), "waited": waited, "last": at, "most": timing.RENEW_SECS})


def _open(state: Ending) -> tuple[Probe, ...]:
    """Return the probes of the end that have not ended."""
    if state.plan is None:
        return ()
    ended = {each.name for each in state.status.probes if each.ended}
    return tuple(each for each in state.plan.probes(When.END) if each.name not in ended)


def _marked(records: tuple[ProbeRecord, ...], settled: tuple[Probe, ...]) -> tuple[ProbeRecord, ...]:
    names = {each.name for each in settled}
    return tuple(each.model_copy(update={"ended": True}) if each.name in names else each for each in records)
