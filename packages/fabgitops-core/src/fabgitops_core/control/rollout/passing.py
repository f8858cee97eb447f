"""A pass: a look at what is there, a status that goes on by what follows from it, and the first difference put right.

One request is made a pass, and another look follows on it: so each is decided by what is there then, and from whatever
a look shows the same end comes.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial

from fabgitops_core.api.argo.kinds import ARGO_ROLLOUT
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout.marks import HASH
from fabgitops_core.api.rollout.marks import ROLLOUT as LABEL
from fabgitops_core.api.rollout.rollout import RolloutSpec
from fabgitops_core.api.rollout.strategies import Canary
from fabgitops_core.control.commands import Commands, Draft, Notice, Wake
from fabgitops_core.control.events import (
    Applied,
    ApplyFailed,
    Deleted,
    DeleteFailed,
    Drafted,
    DraftFailed,
    Patched,
    PatchFailed,
    Surveyed,
)
from fabgitops_core.control.moments import pause_after
from fabgitops_core.control.objects import ObjectFailure, ObjectFailureKind
from fabgitops_core.control.rollout import aiming
from fabgitops_core.control.rollout.declaring import rested
from fabgitops_core.control.rollout.differing import Doing
from fabgitops_core.control.rollout.doing import next_of
from fabgitops_core.control.rollout.judging import analysing, judges
from fabgitops_core.control.rollout.kinds import REPLICA_SET, SERVICE
from fabgitops_core.control.rollout.looking import regarded
from fabgitops_core.control.rollout.obeying import obeyed
from fabgitops_core.control.rollout.pods.limits import limits
from fabgitops_core.control.rollout.records import CONTENT, selector_of
from fabgitops_core.control.rollout.revisions import adopting
from fabgitops_core.control.rollout.revisions.referring import resolved
from fabgitops_core.control.rollout.revisions.revising import mark_in, revised
from fabgitops_core.control.rollout.revisions.templates import hash_of
from fabgitops_core.control.rollout.runs import informing
from fabgitops_core.control.rollout.runs.records import runs_in
from fabgitops_core.control.rollout.saying import telling
from fabgitops_core.control.rollout.saying.deciding import brief
from fabgitops_core.control.rollout.saying.reasons import RolloutReason
from fabgitops_core.control.rollout.saying.reporting import said, standing
from fabgitops_core.control.rollout.saying.situations import NOT_FOUND
from fabgitops_core.control.rollout.state import TOLD, RolloutState, Stage, Step, published
from fabgitops_core.control.rollout.traffic import arriving, claiming, contending, leaving
from fabgitops_core.control.rollout.traffic import standing as traffic
from fabgitops_core.control.rollout.traffic.releasing import held
from fabgitops_core.control.rollout.view import Look, own_routes, revisions_of, seen
from fabgitops_core.control.rollout.ways import bluegreen, canary, pausing, settling
from fabgitops_core.control.rollout.ways.changing import changed
from fabgitops_core.control.rollout.ways.choosing import way_of
from fabgitops_core.control.rollout.ways.deadline import timed

MOVES: Sequence[Callable[[Look, RolloutState], RolloutState | None]] = (
    held,
    leaving.noted,
    settling.forgotten,
    revised,
    changed,
    pausing.noted,
    obeyed,
    settling.first,
    contending.contended,
    traffic.accepted,
    traffic.rerouted,
    analysing.judged,
    canary.advanced,
    bluegreen.advanced,
    settling.finished,
    timed,
)
"""What may follow from a look, the first that does first; after each they are all asked again."""

MOST_MOVES = 250
"""So many follow from one look at most: a hundred steps that have nothing to wait for are no more than that."""

SOON_SECS = 1.0
"""When something has changed under a request: the watch tells of it sooner than this, or never."""


def surveyed(state: RolloutState, event: Surveyed) -> Step:
    """Begin a pass with all that is there."""
    state = state._replace(stage=Stage.IDLE, inputs=())
    if state.leaving or not state.uid or state.spec is None or state.fault:
        return state, ()
    spec = resolved(state, state.spec, event)
    if isinstance(spec, str):
        state = state._replace(trouble="", refused=False)
        return rested(state, NOT_FOUND, spec, RolloutReason.NOT_FOUND, event)
    state = state if state.begun_at else state._replace(begun_at=event.at)
    look = arriving.without(look_of(state, spec, event), state)
    if (unknown := adopting.next_of(look, state)) is not None:
        return _acting(state, unknown)
    state = moved(look, adopting.taken_over(look, state))
    aims = aiming.aims_of(look, state)
    if (doing := next_of(look, aims)) is None:
        state = state._replace(trouble="", refused=False)  # whatever could not be done need not be done any more
    state, commands = published(telling.asked_to_wait(said(look, state), look.at), look.at)
    if (doing is None or state.tries) and (untold := informing.next_of(look, state)) is not None:
        state, asked = _acting(state, untold)
        return state, (*commands, *asked)
    if (measure := analysing.due(look, state)) is not None and (doing is None or state.tries):
        return state._replace(stage=Stage.MEASURING, inputs=state.declared), (*commands, measure)
    if doing is None:
        dues = (aims.due, claiming.due(state, look.taken, look.at), analysing.next_at(look, state), state.untold.until)
        due = min((each for each in dues if each is not None), default=None)
        left = None if due is None else max((due - look.at).total_seconds(), 0.0)
        return state._replace(tries=0), (*commands, Wake(left))
    state, asked = _acting(state, doing)
    return state, (*commands, *asked)


def _acting(state: RolloutState, doing: Doing) -> Step:
    """Ask for something to be done."""
    notice = Notice(doing.reason, doing.told) if doing.told and not isinstance(doing.request, Draft) else None
    return state._replace(stage=Stage.ACTING, inputs=state.declared, telling=notice), (doing.request,)


def look_of(state: RolloutState, spec: RolloutSpec, event: Surveyed) -> Look:
    """Return what a pass is decided by."""
    revisions, way = revisions_of(event.children, state.uid), way_of(spec)
    hash_ = mark_in(revisions, spec.pods, state.status.collision_count)
    hashes = frozenset((hash_, *(each.hash for each in revisions)))
    taken = claiming.taken(state, event.children, hashes, event.at)
    surge = (way.max_surge, way.max_unavailable) if isinstance(way, Canary) else ("100%", 0)
    return Look(
        at=event.at,
        key=state.key,
        uid=state.uid,
        generation=state.generation,
        spec=spec,
        way=way,
        words=state.words,
        limits=limits(spec.replicas, *surge),
        revisions=revisions,
        others=seen(event.children, regarded(state) - taken.keys()),
        taken=taken,
        offers=event.offers,
        hash=hash_,
        least_number=state.status.revision + (hash_ != state.status.current_pod_hash),
        unseen=event.unseen,
        problems=cache(partial(judges.problems, way, event.offers, event.at)),
        own=own_routes(event.children, state.uid),
        runs=runs_in(event.children, state.uid),
        symbolic=way_of(state.symbolic) if state.symbolic else None,
    )


def moved(look: Look, state: RolloutState) -> RolloutState:
    """Return the state after all that follows from a look."""
    for _ in range(MOST_MOVES):
        after = next((found for move in MOVES if (found := move(look, state)) is not None), None)
        if after is None:
            return state
        state = telling.noted(look, state, after)
    return state


def done(state: RolloutState, event: Applied | Patched | Deleted) -> Step:
    """Tell of what was done, and look again."""
    if state.stage is not Stage.ACTING:
        return state, ()
    if informing.is_of_a_run(event):
        return state._replace(stage=Stage.IDLE, inputs=(), telling=None, untold=TOLD), (Wake(0.0),)
    told: Commands = () if state.telling is None else (state.telling,)
    state = state._replace(stage=Stage.IDLE, inputs=(), telling=None, tries=0, trouble="", refused=False)
    if not isinstance(event, Deleted) and state.status.canary.weights is not None:
        state = state._replace(held=state.held | {(state.generation, event.child.key)})
    elif not isinstance(event, Deleted) and event.child.key.kind == SERVICE.name:
        hash_ = selector_of(event.child).get(HASH, "")
        state = state._replace(steady=state.steady | {(event.child.key, hash_)})
    return state, (*told, Wake(0.0))


def drafted(state: RolloutState, event: Drafted) -> Step:
    """Note what an API server makes of the template that is declared, and look again."""
    if state.stage is not Stage.ACTING or state.spec is None:
        return state, ()
    if state.inputs == state.declared:  # else it may be of a template of before
        state = state._replace(drafted=(hash_of(state.spec.pods), event.child.facts.get(CONTENT, "")))
    return state._replace(stage=Stage.IDLE, inputs=(), tries=0, trouble="", refused=False), (Wake(0.0),)


def failed(state: RolloutState, event: ApplyFailed | DraftFailed | PatchFailed | DeleteFailed) -> Step:
    """Look again: soon where something has changed under us, later where nothing may be sent, or was refused."""
    if state.stage is not Stage.ACTING:
        return state, ()
    is_moot = state.inputs != state.declared
    state, failure = state._replace(stage=Stage.IDLE, inputs=(), telling=None), event.failure
    if is_moot and failure.kind is ObjectFailureKind.HELD:
        return state, (Wake(0.0),)  # people want something else by now, and nothing was sent: that is no trouble
    if informing.is_of_a_run(event):
        return informing.in_vain(state, event)
    is_taken = failure.kind is ObjectFailureKind.TAKEN
    is_others = is_taken and _is_others(state, failure)
    if is_others and event.key.kind == REPLICA_SET.name:
        state = state.with_status(collision_count=state.status.collision_count + 1)
        return state, (Wake(SOON_SECS),)
    if failure.kind in _CHANGED and not is_others:
        if not is_taken or state.tries < MOST_UNSEEN:
            return state._replace(tries=state.tries + is_taken), (Wake(SOON_SECS),)
        failure = replace(failure, message=_unseen(state, event.key, failure))
    refused = failure.kind is ObjectFailureKind.REFUSED or (is_taken and not _is_leaving(failure))
    held = failure.kind is ObjectFailureKind.HELD
    tries = state.tries if held else state.tries + 1
    told: Commands = ()
    if refused and failure.message != state.trouble:
        told = (Notice(RolloutReason.REFUSED, brief(failure.message)),)
    state = state._replace(tries=tries, trouble=failure.message, refused=refused)
    state, commands = published(standing(state, event.at), event.at)
    wake: Commands = () if held else (Wake(max(pause_after(tries), failure.retry_after)),)
    return state, (*commands, *told, *wake)


MOST_UNSEEN = 5
"""So often it is looked again at once for what stands there already and is ours: the watch may be late with it."""


def _unseen(state: RolloutState, key: Key, failure: ObjectFailure) -> str:
    """Return why what is ours is not seen, though its name is taken by it."""
    if _is_leaving(failure):
        return f"the {key.kind} {key.name} is still being deleted: what holds it stands in its finalizers"
    is_by_hash = key.kind == REPLICA_SET.name and state.key.kind == ARGO_ROLLOUT.name
    label = HASH if is_by_hash else f"{LABEL}={state.key.name}"
    return f"the {key.kind} {key.name} is there, and is not seen: does it have the label {label}? Give it that again"


def _is_leaving(failure: ObjectFailure) -> bool:
    """Return whether what has the name goes by itself: somebody need do something only when that takes long."""
    return failure.stands is not None and failure.stands.leaving


_CHANGED = {
    ObjectFailureKind.CHANGED,
    ObjectFailureKind.GONE,
    ObjectFailureKind.CONFLICT,
    ObjectFailureKind.TAKEN,
}


def _is_others(state: RolloutState, failure: ObjectFailure) -> bool:
    """Return whether the name that a ReplicaSet was to have is another's, so that it needs another name."""
    return failure.stands is not None and failure.stands.owner != state.uid and not failure.stands.leaving
