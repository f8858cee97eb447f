"""What is too much goes: in small batches, each of which stands in the status before anything of it is deleted.

After a batch all is looked at anew: somebody may have begun to use what is left.
"""

from dataclasses import replace
from datetime import datetime

from fabgitops_core.control.commands import Delete, Wake
from fabgitops_core.control.events import Deleted, DeleteFailed
from fabgitops_core.control.objects import Child, ObjectFailureKind
from fabgitops_core.control.rack import judging
from fabgitops_core.control.rack.conditions import say
from fabgitops_core.control.rack.ending import ended
from fabgitops_core.control.rack.pausing import put_off
from fabgitops_core.control.rack.plan import Plan
from fabgitops_core.control.rack.situations import PROVISIONING, PRUNING
from fabgitops_core.control.rack.state import REST, RackState, Stage, Step
from fabgitops_core.control.rack.telling import record_of, tell_of_end, with_pending, without_pending

BATCH = 16

SOON_SECS = 2.0
"""When it is looked again at what was changed just then, where no news of it comes before."""


def remove_next(state: RackState, plan: Plan, at: datetime) -> Step:
    """Delete the next; before the first, say which of them are to go."""
    going = state.going
    said: Step = (state, ())
    if state.stage is not Stage.PRUNING:
        state = with_pending(state._replace(stage=Stage.PRUNING), going.going[:BATCH])
        whole = not going.troubles and not going.awaited
        said = say(
            state,
            PRUNING if whole else PROVISIONING,
            f"{len(going.going)} parts go",
            at,
            up_to_date=judging.up_to_date(going, over=False),
            plcs_in_sync=judging.plcs(going, plan),
            **judging.fields(state, plan),
        )
        state = said[0]
    child = going.going[0]
    return state, (*said[1], Delete(child.key, child.uid, version=child.version))


def deleted(state: RackState, event: Deleted) -> Step:
    """Count and tell what has gone."""
    child = _under_way(state, event)
    if child is None:
        return state, ()
    going = state.going
    state = state._replace(
        tries=0,
        going=replace(
            going, removed=(*going.removed, child.key.name), totals=going.totals.without(state.key.name, child)
        ),
    )
    state, told = tell_of_end(state, record_of(child), event.at)
    state, commands = _next(state, event.at)
    return state, (*told, *commands)


def delete_failed(state: RackState, event: DeleteFailed) -> Step:
    """Decide what a failure means for what should go, and for the rest."""
    child = _under_way(state, event)
    if child is None:
        return state, ()
    kind = event.failure.kind
    if kind is ObjectFailureKind.GONE:
        return deleted(state, Deleted(event.at, child.key, child.uid))
    if kind in {ObjectFailureKind.AWAY, ObjectFailureKind.HELD}:
        return put_off(state, event.failure, event)
    state = without_pending(state, child.uid)
    if kind is ObjectFailureKind.CHANGED:  # somebody may use it by now: look again before anything else goes
        state = state._replace(going=replace(state.going, deletes=BATCH, again=SOON_SECS))
    elif kind is not ObjectFailureKind.TAKEN:
        state = state._replace(going=replace(state.going, kept=(*state.going.kept, event.failure.message)))
    return _next(state, event.at)


def _next(state: RackState, at: datetime) -> Step:
    going = state.going
    done = going.deletes + 1
    state = state._replace(going=replace(going, going=going.going[1:], deletes=done))
    plan = state.going.plan
    if plan is None or going.inputs != state.inputs:
        return state._replace(stage=Stage.IDLE, going=REST), (Wake(0.0),)
    if state.going.going and done < BATCH:
        return remove_next(state, plan, at)
    return ended(state, plan, at)


def _under_way(state: RackState, event: Deleted | DeleteFailed) -> Child | None:
    child = state.going.going[0] if state.going.going else None
    return child if child is not None and child.key == event.key else None
