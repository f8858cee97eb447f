"""From what was seen to a status: counts, conditions, and the sentence that says what is going on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fabgitops_core.api.argo.kinds import ARGO_ROLLOUT
from fabgitops_core.api.conditions import ConditionStatus, conditions_of, renewed
from fabgitops_core.api.rollout.marks import ROLLOUT as LABEL
from fabgitops_core.api.rollout.status import Why
from fabgitops_core.api.rollout.strategies import BlueGreen
from fabgitops_core.control.moments import second
from fabgitops_core.control.rollout import holding
from fabgitops_core.control.rollout.judging import judges
from fabgitops_core.control.rollout.saying import lacking
from fabgitops_core.control.rollout.saying.deciding import brief, noticed
from fabgitops_core.control.rollout.saying.reasons import RolloutReason
from fabgitops_core.control.rollout.saying.shares import weight_of
from fabgitops_core.control.rollout.saying.situations import (
    ABORTED,
    ABORTING,
    COMPLETED,
    CONFLICT,
    CONTENDED,
    HEALING,
    INITIALIZING,
    NOT_FOUND,
    OVERDUE,
    PAUSED,
    PREVIEW,
    PROGRESSING,
    REFUSED,
    STABLE_LOST,
    WAITING,
    Situation,
)
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.traffic import arriving, claiming, contending, leaving, reaching
from fabgitops_core.control.rollout.traffic import standing as traffic
from fabgitops_core.control.rollout.traffic.rerouting import problem, routed, routes_there
from fabgitops_core.control.rollout.traffic.routes import not_accepted
from fabgitops_core.control.rollout.view import Look
from fabgitops_core.control.rollout.ways import bluegreen, canary
from fabgitops_core.control.rollout.ways.deadline import overdue
from fabgitops_core.control.rollout.ways.experiment import situation_of


def said(look: Look, state: RolloutState) -> RolloutState:
    """Return the state with how it stands after a look in its status."""
    state = state.with_status(**_seen(look, state))
    situation, note = _standing(look, state)
    note += leaving.waits(look, state) + arriving.waits(look)
    if (reason := _TOLD.get(situation)) is not None and brief(note) != state.status.message:
        state = noticed(state, reason, note)
    if state.request is not None:
        state = state.with_status(last_handled_reconcile_at=state.request.token)._replace(request=None)
    return situated(state, situation, note, look.at)


_TOLD = {
    NOT_FOUND: RolloutReason.NOT_FOUND,
    CONFLICT: RolloutReason.CONFLICT,
    STABLE_LOST: RolloutReason.STABLE_LOST,
}
"""Situations that people are told of each time that something else is in the way."""


def standing(state: RolloutState, at: datetime) -> RolloutState:
    """Return the state with the trouble in its status that keeps a pass from going on."""
    return situated(state, REFUSED if state.refused else WAITING, state.trouble, at)


def situated(state: RolloutState, situation: Situation, note: str, at: datetime) -> RolloutState:
    """Return the state with the conditions and the message of a situation."""
    message = brief(note)
    held = {
        "Ready": situation.ready,
        "Reconciling": ConditionStatus.of(situation.reconciling),
        "Stalled": ConditionStatus.of(situation.stalled),
        "Paused": ConditionStatus.of(situation.paused),
    }
    generation = max(state.generation, 0)
    found = conditions_of(held, situation.reason, message, second(at), generation)
    wanted = renewed(state.status.conditions, found)
    return state.with_status(phase=situation.phase, message=message, conditions=wanted, observed_generation=generation)


def _standing(look: Look, state: RolloutState) -> tuple[Situation, str]:
    """Return in which situation it is, the first that holds, and the sentence that says so."""
    status = state.status
    if state.trouble:
        return (REFUSED if state.refused else WAITING), state.trouble
    if look.taken:
        in_doubt = claiming.due(state, look.taken, look.at) is not None and not state.rivals
        return (INITIALIZING if in_doubt else CONFLICT), f"{next(iter(look.taken.values()))}{_given_up(state)}"
    if missing := problem(look):
        return NOT_FOUND, f"{missing}{_given_up(state)}"
    if why := holding.lost(look, state):
        return STABLE_LOST, _way_out(look, state, why)
    if status.abort:
        situation = ABORTED if _is_back(look, state) else ABORTING
        waits = _route(look, state) if situation is ABORTING else ""
        return situation, f"revision {status.revision} was given up: {status.cause}{waits}"
    if missing := reaching.why_not(look) or judges.why_not(look, state):
        return NOT_FOUND, missing
    if _is_lost(look, state):
        way_out = "declare a template whose pods come up, as that of before"
        return STABLE_LOST, f"{status.cause}, and {_pods(look, state)}: {way_out}"
    if overdue(look, state):
        secs = look.spec.progress_deadline_seconds
        waits = _route(look, state) or lacking.of_pods(look, state)
        return OVERDUE, f"no progress for {secs} s: {_pods(look, state)}{waits}"
    return _going(look, state)


def _given_up(state: RolloutState) -> str:
    """Return that a revision was given up which what is missing keeps from going back, for the end of a sentence."""
    status = state.status
    return f"; revision {status.revision} was given up: {status.cause}" if status.abort else ""


def _way_out(look: Look, state: RolloutState, why: str) -> str:
    """Return what is lost, and what somebody may do: all of it is theirs to decide."""
    status, name = state.status, look.key.name
    tool = "kubectl argo rollouts" if look.key.kind == ARGO_ROLLOUT.name else "fabctl rollout"
    bad = f" It was given up: {status.cause}." if status.abort else ""
    take = f"`{tool} promote {name} --full` takes revision {status.revision}, the declared one, for proven"
    if status.stable_rs == holding.UNKNOWN:
        return f"{why}: nothing goes on.{bad} {take}; for another one declare its template first"
    again = f"give it its label {LABEL}={name} again if it is there, or declare its template again"
    return f"{why}: nothing goes on.{bad} Either {again}; or {take}"


def _going(look: Look, state: RolloutState) -> tuple[Situation, str]:
    """Return the situation of what is neither given up nor kept from going on, and the sentence that says so."""
    status = state.status
    test = situation_of(look, state)
    if (why := waits_for(look, state)) is not None:
        is_of_test = test is not None and all(each.reason == Why.CANARY_STEP for each in status.pause_conditions)
        is_asked = state.asked_to_pause is not None
        situation = test if test is not None and is_of_test and not is_asked else PAUSED
        return situation, f"{why}{_gateway(look) or _short(look, state)}"
    if test is not None:
        return test, f"{_step(look, state)}{_pods(look, state)}{judges.going_on(look, state)}"
    if bluegreen.is_previewed(look, state):
        return PREVIEW, f"{_pods(look, state)}{judges.going_on(look, state)}"
    if status.stable_rs == look.hash:
        current = look.revision(look.hash)
        there = current is not None and current.available >= look.n and traffic.is_there(look, state)
        if fought := contending.fought(look, state):
            return CONTENDED, f"{_pods(look, state)}{fought}"
        situation = COMPLETED if there and not _others(look) else HEALING if status.finished_at else PROGRESSING
        return situation, f"{_pods(look, state)}{_route(look, state)}"
    if not status.stable_rs:
        return INITIALIZING, f"{_pods(look, state)}{_route(look, state)}"
    return PROGRESSING, f"{_step(look, state)}{_pods(look, state)}{_route(look, state)}{judges.going_on(look, state)}"


def waits_for(look: Look, state: RolloutState) -> str | None:
    """Return why it waits for somebody or for a time, in a sentence; None where it does not."""
    status = state.status
    if status.stable_rs == look.hash:
        return None
    if state.asked_to_pause is not None:
        return state.asked_to_pause
    if not status.pause_conditions:
        return None
    until = canary.pause_over(look, state) or bluegreen.pause_over(look, state)
    if until is not None and all(canary.pause_of(state, each) is None for each in (Why.INCONCLUSIVE, Why.CONTENDED)):
        return f"{_step(look, state)}paused until {until:%Y-%m-%d %H:%M:%S} UTC"
    reasons = ", ".join(each.reason for each in status.pause_conditions)
    return f"{_step(look, state)}paused ({reasons}) until somebody promotes it{_undecided(look, state)}"


def _undecided(look: Look, state: RolloutState) -> str:
    """Return what could not tell, for the end of a sentence: nothing else says why it waits."""
    found = judges.undecided(look, state) if canary.pause_of(state, Why.INCONCLUSIVE) is not None else None
    return "" if found is None else f": {found[1]}"


def _gateway(look: Look) -> str:
    """Return which gateway has not taken a route, which may be so while it waits, too, for the end of a sentence."""
    return next((f"; {why}" for each in routes_there(look) if (why := not_accepted(each))), "")


def _short(look: Look, state: RolloutState) -> str:
    """Return which revision lacks pods for a weight that was not waited for any longer, for the end of a sentence."""
    if routed(look) is None or traffic.is_there(look, state) or not traffic.in_force(look, state):
        return ""
    short = lacking.of_weights(look, state)
    return f"; its weight waits for available pods{short}" if short else ""


def _route(look: Look, state: RolloutState) -> str:
    """Return what is still waited for until requests go where they are to go, for the end of a sentence."""
    if routed(look) is None or traffic.is_there(look, state):
        return ""
    if why := traffic.waits(look, state):
        return f"; {why}"
    until = traffic.in_force_at(look, state)
    if until is not None and look.at < until:
        return f"; its weight is taken to be in force at {until:%H:%M:%S} UTC"
    return f"; its weight waits for available pods{lacking.of_weights(look, state)}"


def _is_lost(look: Look, state: RolloutState) -> bool:
    """Return whether the proven revision was taken away, and the declared one has no pod yet that could serve."""
    current = look.revision(look.hash)
    is_lost = bool(state.status.cause) and not state.status.stable_rs
    return is_lost and bool(look.n) and (current is None or not current.available)


def _is_back(look: Look, state: RolloutState) -> bool:
    if isinstance(look.way, BlueGreen):
        return bluegreen.is_back(look, state)
    if routed(look) is not None:
        return traffic.is_there(look, state) and _has_all(look, state)
    stable = look.revision(state.status.stable_rs)
    current = look.revision(look.hash)
    return stable is not None and stable.available >= look.n and (current is None or current is stable or current.gone)


def _has_all(look: Look, state: RolloutState) -> bool:
    stable = look.revision(state.status.stable_rs)
    return stable is not None and stable.available >= look.n


def _others(look: Look) -> bool:
    return any(not each.gone for each in look.revisions if each.hash != look.hash and each.down_at is None)


def _step(look: Look, state: RolloutState) -> str:
    index = state.status.current_step_index
    if index is None or index >= len(look.steps):
        return ""
    return f"step {index + 1} of {len(look.steps)}: "


def _pods(look: Look, state: RolloutState) -> str:
    status = state.status
    return f"{status.updated_replicas} of {look.n} pods are of this revision, {status.available_replicas} are available"


def _seen(look: Look, state: RolloutState) -> Mapping[str, Any]:
    current, index = look.revision(look.hash), state.status.current_step_index
    steps = len(look.steps)
    total = sum(each.replicas for each in look.revisions)
    return {
        "replicas": total,
        "hpa_replicas": total,
        "updated_replicas": current.replicas if current else 0,
        "ready_replicas": sum(each.ready for each in look.revisions),
        "available_replicas": sum(each.available for each in look.revisions),
        "selector": look.spec.selects.text(),
        "progress": f"{min(index, steps)}/{steps}" if steps and index is not None else "",
        "weight": weight_of(look, state),
    }
