"""What becomes of a pass when an object could not be applied: the next, the same by force, or all of it later."""

from dataclasses import replace

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rack.rack import Heal
from fabgitops_core.control.events import ApplyFailed, Event
from fabgitops_core.control.objects import Child, ObjectFailure, ObjectFailureKind
from fabgitops_core.control.rack.adopting import Whose, in_the_way, labelled, whose
from fabgitops_core.control.rack.ending import ended
from fabgitops_core.control.rack.passing import go_on
from fabgitops_core.control.rack.pausing import put_off
from fabgitops_core.control.rack.plan import Plan
from fabgitops_core.control.rack.reasons import RackReason
from fabgitops_core.control.rack.records import ADOPT
from fabgitops_core.control.rack.state import RackState, Step, Trouble, Why, Work

MOST_REFUSED = 20
"""After so many refusals in a row, of different objects, the others are not tried: it is no matter of one object."""

SOON_SECS = 2.0
"""When something has changed under a pass, and nobody may tell of it."""


def apply_failed(state: RackState, event: ApplyFailed) -> Step:
    """Decide what a failure means for the object, and for the pass."""
    going = state.going
    work = going.queue[going.at] if going.at < len(going.queue) else None
    if going.plan is None or work is None or work.key != event.key:
        return state, ()
    failure = event.failure
    if failure.kind in {ObjectFailureKind.AWAY, ObjectFailureKind.HELD}:
        return put_off(state, failure, event)
    if failure.kind is ObjectFailureKind.CONFLICT:
        return _contested(state, work, failure, event)
    if failure.kind is ObjectFailureKind.TAKEN:
        return _taken(state, work, failure, event)
    if failure.kind in {ObjectFailureKind.GONE, ObjectFailureKind.CHANGED}:
        return _next(state, event, again=SOON_SECS)
    return _refused(state, going.plan, failure, event)


def _contested(state: RackState, work: Work, failure: ObjectFailure, event: Event) -> Step:
    """Put a field of ours back that somebody else has changed, unless that is only to be told."""
    report = state.going.plan is not None and state.going.plan.spec.heal is Heal.REPORT
    if work.force or report or work.why is Why.GIVEN:
        reason = RackReason.NAME_TAKEN if work.why is Why.GIVEN else RackReason.CHILD_DIFFERS
        return _next(state, event, Trouble(reason, failure.message))
    return _instead(state, work._replace(force=True, why=_forced(work.why), by=failure.manager), event)


def _forced(why: Why) -> Why:
    return Why.CORRECTED if why is Why.DIFFERS else why


def _taken(state: RackState, work: Work, failure: ObjectFailure, event: Event) -> Step:
    """Look at what has the name: what is ours is put right, what was given to us taken over, all else left alone."""
    stands = failure.stands
    if stands is None or work.uid == stands.uid:
        return _next(state, event, Trouble(RackReason.NAME_TAKEN, failure.message))
    if stands.leaving:
        return _next(state, event, again=SOON_SECS)
    belongs = whose(stands, state.key, state.uid)
    if belongs is Whose.OTHERS:
        return _next(state, event, Trouble(RackReason.NAME_TAKEN, in_the_way(stands)))
    why = Why.GIVEN if _given(stands, state.key) else Why.ADOPTED if belongs is Whose.LEFT else Why.DIFFERS
    return _instead(state, work._replace(uid=stands.uid, why=why), event)


def _given(stands: Child, rack: Key) -> bool:
    """Return whether somebody has given us what was never ours."""
    return not stands.owner and not labelled(stands, rack) and stands.facts.get(ADOPT) == "true"


def _refused(state: RackState, plan: Plan, failure: ObjectFailure, event: Event) -> Step:
    going = state.going
    trouble = Trouble(RackReason.CHILD_REFUSED, failure.message)
    if going.refused + 1 < MOST_REFUSED:
        return _next(state._replace(going=replace(going, refused=going.refused + 1)), event, trouble)
    state = state._replace(going=replace(going, troubles=(*going.troubles, trouble), at=len(going.queue), going=()))
    return ended(state, plan, event.at)


def _instead(state: RackState, work: Work, event: Event) -> Step:
    going = state.going
    queue = (*going.queue[: going.at], work, *going.queue[going.at + 1 :])
    return go_on(state._replace(going=replace(going, queue=queue)), event)


def _next(state: RackState, event: Event, trouble: Trouble | None = None, again: float | None = None) -> Step:
    going = state.going
    troubles = (*going.troubles, trouble) if trouble else going.troubles
    sooner = again if going.again is None else min(going.again, again or going.again)
    return go_on(state._replace(going=replace(going, at=going.at + 1, troubles=troubles, again=sooner)), event)
