"""A pass: the fleet is looked at, the rollout moves on as far as it can, says so, and gives the next permits."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from fabgitops_core.api.setpoint.setpointrollout import Adoption, SetpointRolloutSpec
from fabgitops_core.api.setpoint.status import Members, Phase
from fabgitops_core.control.commands import Command, Wake
from fabgitops_core.control.events import Mustered
from fabgitops_core.control.moments import second
from fabgitops_core.control.setpoint import (
    analysing,
    failing,
    pausing,
    permitting,
    planning,
    releasing,
    resting,
    restoring,
    words,
)
from fabgitops_core.control.setpoint.deciding import decided
from fabgitops_core.control.setpoint.fleet import fleet_of
from fabgitops_core.control.setpoint.freezing import frozen
from fabgitops_core.control.setpoint.look import Look, Move
from fabgitops_core.control.setpoint.reasons import SetpointReason
from fabgitops_core.control.setpoint.reporting import said
from fabgitops_core.control.setpoint.revision import compared
from fabgitops_core.control.setpoint.situations import OVERLAP
from fabgitops_core.control.setpoint.state import UNDER_WAY, Giving, SetpointState, Step, with_clock
from fabgitops_core.control.setpoint.superseding import taken_up
from fabgitops_core.control.setpoint.telling import handed_over
from fabgitops_core.control.setpoint.view import Frame, View, view_of

MOVES: Mapping[Phase, Callable[[Look], Move]] = {
    Phase.WATCHING: resting.watching,
    Phase.PLANNING: planning.planning,
    Phase.RELEASING: releasing.releasing,
    Phase.BAKING: releasing.baking,
    Phase.ANALYSING: releasing.analysing,
    Phase.PAUSED: pausing.paused,
    Phase.RESTORING: restoring.restoring,
    Phase.ABORTED: restoring.aborted,
    Phase.DONE: resting.done,
}
"""What follows from a look, by where the rollout stands."""

MOST_MOVES = 100
"""Moves of one pass: more than there are waves, each of which may have nothing to do."""

ANY_WAVE = 1_000_000
"""Further than any wave goes."""

_SIZED = {*UNDER_WAY, Phase.RESTORING, Phase.ABORTED, Phase.DONE}
"""Phases in which the size of the fleet is that of the plan."""


def mustered(state: SetpointState, event: Mustered) -> Step:
    """Look at the fleet, and do what follows."""
    spec = state.spec
    if state.leaving or not state.uid or spec is None or state.fault:
        return state, ()
    state = with_clock(permitting.remembered(state._replace(queue=(), inputs=()), event), event.at)
    look = _looked(state, spec, event)
    if event.rivals:
        return _contested(look, event)
    look = taken_up(look)
    look = replace(look, state=words.pruned(look.state))
    move = Move(look.state, again=True)
    for _ in range(MOST_MOVES):
        look = _anew(look, move.state)
        move = words.followed(look) or MOVES[look.state.phase](look)
        if not move.again:
            break
        look = replace(look, git=look.git._replace(changed=False, joined=()))
    return _concluded(look, move)


def _looked(state: SetpointState, spec: SetpointRolloutSpec, event: Mustered) -> Look:
    git = compared(state.wants, state.fingerprint, event.members, state.status)
    return Look(state, spec, event.members, event.offers, git, View(), event.at)


def _anew(look: Look, state: SetpointState) -> Look:
    """Look at the fleet, from where the rollout stands now."""
    status, spec = state.status, look.spec
    size = status.plan.size if status.plan and state.phase in _SIZED else len(look.members)
    fleet = fleet_of(state.fleet, look.members, spec, size, status.joined)
    state = state._replace(fleet=fleet)
    frame = Frame(
        own=state.own_permit(),
        wave=ANY_WAVE if state.phase is Phase.DONE else status.wave,
        policy=spec.on_unreachable,
        given=state.given,
        overdue=status.overdue,
        adopts=spec.adoption is Adoption.ENFORCE,
    )
    view = view_of(fleet, look.members, frame)
    state = failing.eased(state.with_status(members=Members(**view.counts)), view)
    return replace(look, state=state, view=view)


def _concluded(look: Look, move: Move) -> Step:
    """Say how it stands, and give the next permits."""
    state = words.stale(replace(look, state=move.state))
    adopted, move = _adopted(look, move)
    if adopted:
        outcome = f"{len(adopted)} PLCs are adopted as Git wants them: {adopted[0].name}"
        state = decided(state, look.at, "adoption is Enforce", "Adopted", outcome, SetpointReason.ADOPTED)
    state, commands = said(look, move._replace(state=state))
    state, told = handed_over(state)
    look = replace(look, state=state)
    measure = analysing.due(look) if state.phase in UNDER_WAY else None
    state, requests = permitting.begun(state, (*adopted, *move.giving)[: permitting.AT_ONCE], look.at, measure)
    wakes = [each.after for each in commands if isinstance(each, Wake) and each.after is not None]
    next_in = analysing.next_in(look) if state.phase in UNDER_WAY else None
    wakes += [next_in] if next_in is not None else []
    wakes += [move.wake] if move.wake is not None else []
    wakes += [permitting.HEARD_WITHIN.total_seconds()] if state.given else []
    wakes += [0.0] if move.again else []
    kept: list[Command] = [each for each in commands if not isinstance(each, Wake)]
    return state, (*kept, *told, Wake(max(min(wakes), 0.0) if wakes else None), *requests)


def _adopted(look: Look, move: Move) -> tuple[tuple[Giving, ...], Move]:
    """Return permits for those who were never released, where they do not wait for a wave; it is said what keeps them.

    They are part of no change, but what Git wants of them is: what is given up is not let go by that.
    """
    if (refused := permitting.not_adopted(look)).count:
        move = move._replace(note=f"{move.note}; not adopted: {refused}")
    new, state = look.view.unknown, move.state
    closed = frozen(look) if new else None
    why = state.asked_to_pause or (closed.why if closed else "")
    if new and state.phase in {Phase.RESTORING, Phase.ABORTED}:
        why = f"revision {state.status.revision} is given up"
    if not new or not why:
        return permitting.released(look, new, look.spec.max_parallel, permitting.ADOPTING), move
    waits = f"{len(new)} PLCs are to be adopted, and wait: {why}"
    wakes = [each for each in (move.wake, closed.left if closed else None) if each is not None]
    return (), move._replace(note=f"{move.note}; {waits}" if move.note else waits, wake=min(wakes, default=None))


def _contested(look: Look, event: Mustered) -> Step:
    """Say that another rollout leads some of the members: nothing is released and nothing put back by either."""
    look = _anew(look, look.state)
    state = look.state
    if state.phase in UNDER_WAY and state.status.paused_since is None:
        state = state.with_status(paused_since=second(look.at))
    first, more = min(event.rivals.items()), len(event.rivals) - 1
    others = f" and {more} more" if more else ""
    note = f"SetpointRollout {first[1]} selects {first[0]}{others} as well: nothing is released or put back by either"
    before = {each.message for each in state.said.conditions}
    if note not in before:
        state = decided(state, look.at, f"{first[0]}: {first[1]}", "Overlap", note, SetpointReason.OVERLAP)
    state, commands = said(look, Move(state, note, situation=OVERLAP))
    state, told = handed_over(state)
    return state, (*(each for each in commands if not isinstance(each, Wake)), *told, Wake(None))
