"""From what is declared to what is about to be injected: nothing is touched on this way."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from fabgitops_core.api.chaos.policy import ChaosPolicySpec
from fabgitops_core.api.chaos.probes import When
from fabgitops_core.api.chaos.status import Phase, Verdict
from fabgitops_core.control.chaos import timing
from fabgitops_core.control.chaos.events import Acted, Examined, Held, Looked, Selected
from fabgitops_core.control.chaos.finishing import given_up
from fabgitops_core.control.chaos.guards import against
from fabgitops_core.control.chaos.ids import TargetUid
from fabgitops_core.control.chaos.injecting import inject, planned_records
from fabgitops_core.control.chaos.outcomes import Place
from fabgitops_core.control.chaos.probing import noted, unfit
from fabgitops_core.control.chaos.reasons import ChaosNotice, Reason
from fabgitops_core.control.chaos.requests import Act, Examine, Hold, Select
from fabgitops_core.control.chaos.saying import said
from fabgitops_core.control.chaos.selecting import Candidate, Choice, caps, chosen, sparing, why_not
from fabgitops_core.control.chaos.states import (
    Examining,
    Holding,
    Pending,
    Selecting,
    Steadying,
    Step,
    Wanted,
    carried,
)
from fabgitops_core.control.commands import Notice, Wake
from fabgitops_core.control.events import Faulted
from fabgitops_core.control.moments import pause_after

_LONGEST_PAUSE_SECS = 10.0


def looked(state: Pending, event: Looked) -> Step:
    """Begin, unless something speaks against it."""
    if state.unwanted:
        return given_up(state, Reason.ABORTED, "it was ended before it began", event.at)
    if _overdue(state, event.at):
        return given_up(state, _waited_for(state), f"not begun in time: {state.status.message}", event.at)
    if why := against(state.plan, event.facts, event.at):
        return waiting(state, Reason.DENIED, why, event.at, state.tries)
    return Holding(**carried(state), plan=state.plan, tries=state.tries), (Wake(None), Hold())


def held(state: Holding, event: Held) -> Step:
    """Look for targets, now that the experiment cannot vanish."""
    if event.why:
        return waiting(state, Reason.API_UNAVAILABLE, event.why, event.at, state.tries)
    selecting = Selecting(**carried(state), plan=state.plan, tries=state.tries)
    return selecting, (_selection(selecting),)


def _selection(state: Selecting | Steadying) -> Select:
    """Return what looks at what there is to choose from; what takes mocks only proves each by itself."""
    plan = state.plan
    return Select(plan.namespace, plan.spec.target, told_apart="mock" not in plan.scenario.needs)


def selected(state: Selecting, event: Selected) -> Step:
    """Choose; with nothing to choose from it is over at once, and never on others instead."""
    if event.why:
        return waiting(state, Reason.API_UNAVAILABLE, event.why, event.at, state.tries)
    if why := against(state.plan, event.facts, event.at):
        return waiting(state, Reason.DENIED, why, event.at, state.tries)
    choice = _choice(state, event)
    if not choice.chosen:
        return given_up(state, Reason.NO_TARGETS, f"no target: {choice.counts}", event.at)
    if busy := _busy(choice.chosen):
        return waiting(state, Reason.TARGET_BUSY, busy, event.at, state.tries)
    if choice.refusal:
        return waiting(state, Reason.DENIED, choice.refusal, event.at, state.tries)
    return _steadied(state, choice, event.at)


def _choice(state: Selecting, event: Selected) -> Choice:
    policy = _policy(state, event)
    if policy is None:  # `against` has refused that
        return Choice()
    return chosen(state.plan.spec.target, event.candidates, policy, state.uid)


def _policy(state: Selecting | Examining, event: Selected | Examined) -> ChaosPolicySpec | None:
    policy, plan = event.facts.policy, state.plan
    return policy and sparing(policy, plan.spec.target, plan.scenario.needs)


def _busy(chosen_ones: Iterable[Candidate]) -> str:
    for each in chosen_ones:
        if each.claimed_by:
            return f"{each.name} is a target of {each.claimed_by}"
        if each.moved_by:
            return f"{each.name} is being changed by {each.moved_by}"
    return ""


def _steadied(state: Selecting, choice: Choice, at: datetime) -> Step:
    steadying = Steadying(**carried(state), plan=state.plan, choice=choice, tries=state.tries)
    probes = state.plan.probes(When.START)
    return (steadying, (Act((), probes, namespace=state.plan.namespace),)) if probes else probed(steadying, Acted(at))


def probed(state: Steadying, event: Acted) -> Step:
    """Go on only where all is as it should be: what is not steady before shows nothing."""
    records = noted((), state.plan.probes(When.START), event.answers, When.START)
    state, commands = said(state, event.at, probes=records)
    if why := unfit(records):
        failed = any(each.verdict is Verdict.FAILED for each in records)
        shown = Verdict.FAILED if failed else Verdict.INCONCLUSIVE
        step, more = given_up(state, Reason.NOT_STEADY, f"not steady before it began: {why}", event.at, shown)
        return step, (*commands, *more)
    deeds = tuple(map(state.plan.deed, planned_records(state.uid, state.choice)))
    examining = Examining(**carried(state), plan=state.plan, choice=state.choice, tries=state.tries)
    return examining, (*commands, Examine(deeds, _selection(state)))


def examined(state: Examining, event: Examined) -> Step:
    """Inject, if it still may be, and each place is there and can do it."""
    if state.unwanted:
        return given_up(state, Reason.ABORTED, "it was ended before it began", event.at)
    if why := against(state.plan, event.facts, event.at):
        return waiting(state, Reason.DENIED, why, event.at, state.tries)
    state = _counted(state, event)
    if changed := _changed(state, event):
        return waiting(state, *changed, event.at, state.tries)
    if why := _real(state, event.places):
        return given_up(state, Reason.NOT_A_MOCK, why, event.at)
    if why := _unfit(state, event.places):
        return given_up(state, Reason.INVALID, why, event.at)
    if why := _incapable(state, event.places):
        return given_up(state, Reason.NOT_CAPABLE, why, event.at)
    if why := _away(state, event.places):
        return waiting(state, Reason.AGENT_UNAVAILABLE, why, event.at, state.tries)
    return inject(state, event.places, event.at)


def _counted(state: Examining, event: Examined) -> Examining:
    """Count anew how many there may be of what was chosen: others may have come, and there may be fewer."""
    policy = _policy(state, event)
    if event.candidates is None or policy is None:
        return state
    now = caps(state.plan.spec.target, state.choice.chosen, event.candidates, policy)
    return replace(state, choice=replace(state.choice, caps=now))


def _changed(state: Examining, event: Examined) -> tuple[Reason, str] | None:
    """Return what has become of what was chosen, by which it must not be hit any more; None for nothing."""
    if event.why:
        return Reason.API_UNAVAILABLE, event.why
    policy = _policy(state, event)
    if event.candidates is None or policy is None:  # `against` has refused the latter
        return None
    now = {each.uid: each for each in event.candidates}
    for each in state.choice.chosen:
        there = now.get(each.uid)
        if why := why_not(there, state.plan.spec.target, policy) if there else "gone":
            return Reason.TARGET_BUSY, f"{each.name} was chosen, and is {why} by now"
        if there and there.place != each.place:
            return Reason.TARGET_BUSY, f"{each.name} is another operator's by now"
    if busy := _busy(now[each.uid] for each in state.choice.chosen):
        return Reason.TARGET_BUSY, busy
    return (Reason.DENIED, state.choice.refusal) if state.choice.refusal else None


def _real(state: Examining, places: Mapping[TargetUid, Place]) -> str:
    """Return why a target is not known to be a mock, where it has to be one."""
    found = ((each.name, places.get(each.uid)) for each in state.choice.chosen)
    return next((f"{name}: {place.why}" for name, place in found if place and place.real), "")


def _unfit(state: Examining, places: Mapping[TargetUid, Place]) -> str:
    """Return what of the spec a target can never take, however long it is waited for."""
    found = ((each.name, places.get(each.uid)) for each in state.choice.chosen)
    where = f"spec.scenario.{state.plan.scenario.name}"
    return next((f"{where}: {name}: {place.why}" for name, place in found if place and place.unfit), "")


def _incapable(state: Examining, places: Mapping[TargetUid, Place]) -> str:
    """Return what a place that is there cannot do."""
    for each in state.choice.chosen:
        place = places.get(each.uid)
        if place and not place.why and (missing := state.plan.scenario.needs - place.can):
            where = f"the agent of the node {each.node}" if each.node else each.name
            return f"{where} cannot do {', '.join(sorted(missing))}"
        if place and (why := _too_long(state, place)):
            return f"the agent of the node {each.node} {why}"
    return ""


def _too_long(state: Examining, place: Place) -> str:
    """Return that something would be asked for that is held for longer than a place holds anything."""
    secs, most = state.plan.spec.duration_secs, place.most_secs
    if most is None or not state.plan.leased or secs + timing.CAP_SPARE_SECS <= most:
        return ""
    longest = f"durationSecs {secs} may be at most {most - timing.CAP_SPARE_SECS:.0f} there"
    return f"holds nothing for more than {most:.0f} s, and {timing.CAP_SPARE_SECS:.0f} s are to spare: {longest}"


def _away(state: Examining, places: Mapping[TargetUid, Place]) -> str:
    for each in state.choice.chosen:
        place = places.get(each.uid, Place(why="nobody answers for it"))
        if place.why or (state.plan.leased and place.clock is None):
            return f"{each.name}: {place.why or 'nobody tells the time there'}"
    return ""


def waiting(state: Wanted, reason: Reason, why: str, at: datetime, tries: int) -> Step:
    """Wait for what speaks against it to be over, and say what that is."""
    news = state.status.reason != reason or state.status.message != why
    pending = Pending(**carried(state), plan=state.plan, tries=tries + 1)
    pending, commands = said(
        pending, at, phase=Phase.PENDING, reason=reason.value, message=why, targets=(), started_at=None, ends_at=None
    )
    told = (Notice(ChaosNotice.SCENARIO_DENIED, why),) if news and reason is Reason.DENIED else ()
    return pending, (*commands, *told, Wake(min(pause_after(tries + 1), _LONGEST_PAUSE_SECS)))


def faulted(state: Holding | Selecting | Steadying | Examining, event: Faulted) -> Step:
    """Begin anew after a fault of our own: nothing was touched."""
    return waiting(state, Reason.API_UNAVAILABLE, event.cause, event.at, state.tries)


def _overdue(state: Pending, at: datetime) -> bool:
    return at > state.created + timedelta(seconds=state.plan.spec.start_deadline_secs)


def _waited_for(state: Pending) -> Reason:
    waited = {Reason.DENIED, Reason.TARGET_BUSY, Reason.AGENT_UNAVAILABLE, Reason.API_UNAVAILABLE}
    return next((each for each in waited if each == state.status.reason), Reason.DENIED)
