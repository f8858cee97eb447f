"""Permits: which are given next, one by one, and what becomes of those that could not be given."""

from datetime import datetime, timedelta

from fabgitops_core.api.meta import Key
from fabgitops_core.api.setpoint.marks import PERMIT
from fabgitops_core.api.setpoint.permits import Permit
from fabgitops_core.control.commands import Annotate, Measure, Wake
from fabgitops_core.control.events import Annotated, AnnotateFailed, Measured, MeasureFailed, Mustered
from fabgitops_core.control.members import Facts
from fabgitops_core.control.moments import pause_after
from fabgitops_core.control.objects import ObjectFailureKind
from fabgitops_core.control.setpoint import analysing
from fabgitops_core.control.setpoint.look import Look
from fabgitops_core.control.setpoint.member import RESTORE
from fabgitops_core.control.setpoint.state import MEMBER, Given, Giving, SetpointState, Step
from fabgitops_core.control.setpoint.view import Some

HEARD_WITHIN = timedelta(seconds=30)
"""A permit that its member does not act on so long is given once more: somebody may have taken it away."""

AGAIN_AFTER = timedelta(seconds=60)
"""What was refused is asked for again after that: whoever refuses may have been told."""

SOON_SECS = 1.0

AT_ONCE = 20
"""How many permits are given before the fleet is looked at again: what fails meanwhile stops the others."""

ADOPTING = 0
"""The round of permits by which PLCs are adopted: they are part of no change, and no rollback."""


def released(look: Look, names: list[str], room: int, round_: int) -> tuple[Giving, ...]:
    """Return the permits by which the first of some members go over to what Git wants of them now."""
    return tuple(
        Giving(name, facts.uid, str(Permit(look.state.uid, round_, facts.wanted).after(facts.spent)))
        for name in names[: min(max(room, 0), AT_ONCE)]
        for facts in (look.members[name],)
    )


def restored(look: Look, room: int) -> tuple[Giving, ...]:
    """Return the permits by which the next members are put back: last first."""
    uid, round_ = look.state.uid, look.state.status.round
    found: list[Giving] = []
    for name in look.view.back:
        given = look.state.given.get(name)
        if given is not None and (given.permit.endswith(RESTORE) or given.refused):
            continue
        if len(found) >= min(room, AT_ONCE):
            break
        facts = look.members[name]
        permit = Permit(uid, round_, facts.released or facts.wanted, restore=True)
        found.append(Giving(name, facts.uid, str(permit)))
    return tuple(found)


def not_back(look: Look) -> Some:
    """Return who is not back yet, and why: also who has not acted on its permit, or has none."""
    view, given = look.view, look.state.given
    found = Some(view.not_back.count, list(view.not_back.named))
    for name in view.back:
        found.add(name, _why_not_back(look.members[name], given.get(name)))
    for each in view.asleep.named:
        found.add(each.name, each.why)
    found.count += view.asleep.count - len(view.asleep.named)
    return found


def _why_not_back(facts: Facts, given: Given | None) -> str:
    if given is not None and given.refused:
        return given.refused
    if given is not None and given.permit.endswith(RESTORE):
        return f"it has its permit to go back, and has not acted on it{f': {facts.why}' if facts.why else ''}"
    return "it is next"


def not_adopted(look: Look) -> Some:
    """Return whose permit to be adopted is refused, and why."""
    found = Some()
    for name, given in look.state.given.items():
        if given.refused and given.permit.startswith(f"{look.state.uid}/{ADOPTING}/"):
            found.add(name, given.refused)
    return found


def remembered(state: SetpointState, event: Mustered) -> SetpointState:
    """Forget permits that their members have acted on, and those that have to be given anew."""
    if not state.given:
        return state
    kept = {name: given for name, given in state.given.items() if _is_open(name, given, event)}
    return state if len(kept) == len(state.given) else state._replace(given=kept)


def _is_open(name: str, given: Given, event: Mustered) -> bool:
    facts = event.members.get(name)
    if facts is None or facts.permit == given.permit:
        return False
    if not given.permit.endswith(RESTORE) and f"/{facts.wanted}" not in given.permit:
        return False
    age = event.at - given.at
    return timedelta(0) <= age < (AGAIN_AFTER if given.refused else HEARD_WITHIN)


def begun(state: SetpointState, queue: tuple[Giving, ...], at: datetime, measure: Measure | None = None) -> Step:
    """Measure what is to be measured first, and give the first permits of a pass."""
    state = state._replace(queue=queue, inputs=_inputs(state))
    return (state, (measure,)) if measure is not None else _next(state, at)


def measured(state: SetpointState, event: Measured | MeasureFailed) -> Step:
    """Take what a metric says, and give the permits of the pass: what it means is decided at the next look."""
    return went_on(analysing.measured(state, event), event.at)


def annotated(state: SetpointState, event: Annotated) -> Step:
    """Note that a permit is given, and give the next."""
    giving = _first(state, event.key)
    if giving is None:
        return state, ()
    given = {**state.given, giving.name: Given(giving.permit, event.at)}
    state = state._replace(given=given, queue=state.queue[1:], tries=0)
    return went_on(state, event.at)


def annotate_failed(state: SetpointState, event: AnnotateFailed) -> Step:
    """Decide what a failure means for the permit, and for the pass."""
    giving = _first(state, event.key)
    if giving is None:
        return state, ()
    kind = event.failure.kind
    if kind is ObjectFailureKind.REFUSED:
        given = Given(giving.permit, event.at, f"its permit is refused: {event.failure.message}")
        return went_on(state._replace(given={**state.given, giving.name: given}, queue=state.queue[1:]), event.at)
    state = state._replace(queue=(), inputs=())
    if kind is ObjectFailureKind.HELD:
        return state, ()
    if kind is ObjectFailureKind.AWAY:
        tries = state.tries + 1
        return state._replace(tries=tries), (Wake(max(pause_after(tries), event.failure.retry_after)),)
    return state, (Wake(SOON_SECS),)


def went_on(state: SetpointState, at: datetime) -> Step:
    """Give the next permit; a pass that began with other wishes than there are now is over."""
    if not state.queue:
        return state._replace(inputs=()), (Wake(0.0),)
    if state.inputs != _inputs(state):
        return state._replace(queue=(), inputs=()), (Wake(0.0),)
    return _next(state, at)


def _next(state: SetpointState, at: datetime) -> Step:
    """Give the first permit of the queue, in step with those before it however long each takes."""
    if not state.queue:
        return state, ()
    first, beat = state.queue[0], timedelta(seconds=1.0 / state.pace.permits_per_second)
    key = Key(MEMBER, state.key.namespace, first.name)
    due = min(max(state.permit_due or at, at), at + beat)
    request = Annotate(key, first.uid, {PERMIT: first.permit}, after=(due - at).total_seconds())
    return state._replace(permit_due=due + beat), (request,)


def _first(state: SetpointState, key: Key) -> Giving | None:
    """Return the permit that is being given, if it is for this member."""
    return state.queue[0] if state.queue and state.queue[0].name == key.name else None


def _inputs(state: SetpointState) -> tuple[object, ...]:
    return state.uid, state.generation, state.words, state.leaving, state.fault
