"""Somebody else sets weights or selectors that are held: it is put right, counted, and at last people are asked."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout.marks import ACTIVE_STEP, PREVIEW_STEP
from fabgitops_core.api.rollout.status import CanaryStatus, Contention, PauseCondition, Why
from fabgitops_core.control.moments import second
from fabgitops_core.control.rollout.differing import key_of
from fabgitops_core.control.rollout.kinds import SERVICE
from fabgitops_core.control.rollout.looking import routes_of
from fabgitops_core.control.rollout.saying.deciding import decided, noticed
from fabgitops_core.control.rollout.saying.reasons import RolloutReason
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.traffic import selecting
from fabgitops_core.control.rollout.traffic.rerouting import Routed, differences, routed
from fabgitops_core.control.rollout.traffic.standing import recorded
from fabgitops_core.control.rollout.view import Look

WINDOW = timedelta(minutes=10)
"""For so long it is counted."""

MOST = 3
"""So often within that time is no accident: a split that does not hold is no basis for a judgement."""

PAST = "past"
"""Where a blue-green is between the wait of its preview and the switch."""

BREATH = timedelta(seconds=15)
"""So long it is waited from there on before it is put right once more: two who fight load an API server."""


def contended(look: Look, state: RolloutState) -> RolloutState | None:
    """Count what somebody else has changed of what we hold; None where nobody has."""
    by, weights = routed(look), state.status.canary.weights
    if by is None:
        return _of_selectors(look, state)
    if weights is None:
        return None
    wrong = {key_of(doing.request) for doing in differences(look, recorded(state))}
    whole = weights.accepted_at is not None and state.status.observed_generation == look.generation
    held = frozenset((look.generation, key) for key in _keys(look, by) if key not in wrong)
    touched = [key for key in _keys(look, by) if key in wrong and (whole or (look.generation, key) in state.held)]
    if touched:
        return _counted(look, state._replace(held=held, resisting=True), touched)
    after = state._replace(held=held, resisting=state.resisting and bool(wrong))
    return None if after == state else after


def _of_selectors(look: Look, state: RolloutState) -> RolloutState | None:
    """Count Services that selected the revision that they are to select, and do not any more."""
    there = tuple(selecting.standing(look, state))
    steady = frozenset((key, hash_) for key, hash_, is_so in there if is_so)
    touched = [key for key, hash_, is_so in there if not is_so and (key, hash_) in state.steady]
    if touched:
        return _counted(look, state._replace(steady=steady, resisting=True), touched)
    wrong = any(not is_so for _, _, is_so in there)
    after = state._replace(steady=steady, resisting=state.resisting and wrong)
    return None if after == state else after


def is_paused(state: RolloutState) -> bool:
    """Return whether it waits for people because somebody else sets what is held."""
    return any(each.reason == Why.CONTENDED for each in state.status.pause_conditions)


def resumed(look: Look, state: RolloutState) -> RolloutState:
    """Go on with the same step, as somebody wants it to."""
    rest = tuple(each for each in state.status.pause_conditions if each.reason != Why.CONTENDED)
    contention = Contention(since=second(look.at), accepted=_place(state))
    state = state.with_status(pause_conditions=rest, controller_pause=bool(rest), contention=contention)
    outcome = "it goes on, though somebody else has set what is held"
    return decided(state, look.at, "somebody promoted it", "Promote", outcome, RolloutReason.RESUMED)


def rests_until(look: Look, state: RolloutState) -> datetime | None:
    """Return until when nothing is put right that somebody else goes on changing; None where it is at once."""
    contention = state.status.contention
    if contention is None or not state.resisting or contention.count <= MOST:
        return None
    until = contention.since + BREATH * (contention.count - MOST)
    return until if until > look.at else None


def fought(look: Look, state: RolloutState) -> str:
    """Return what somebody else sets, and when that is put right, for the end of a sentence; "" where nobody does."""
    if not state.resisting:
        return ""
    if routed(look) is None:
        keys = [key for key, _, is_so in selecting.standing(look, state) if not is_so]
    else:
        keys = [key for doing in differences(look, recorded(state)) if (key := key_of(doing.request)) is not None]
    until = rests_until(look, state)
    when = f" again at {until:%H:%M:%S} UTC" if until else ""
    return f"; somebody else has changed {_named(keys)}: it is put right{when}" if keys else ""


def _named(keys: Iterable[Key]) -> str:
    return ", ".join(f"{key.kind} {key.name}" for key in keys)


def _keys(look: Look, by: Routed) -> Iterator[Key]:
    yield from (each.key for each in routes_of(look.key, by.way))
    yield from (Key(SERVICE.name, look.key.namespace, name) for name in (by.pair.stable, by.pair.canary))


def _counted(look: Look, state: RolloutState, touched: list[Key]) -> RolloutState:
    before, weights = state.status.contention, state.status.canary.weights
    since = before.since if before is not None and look.at - before.since <= WINDOW else second(look.at)
    count = before.count + 1 if before is not None and before.since == since else 1
    accepted = before.accepted if before is not None else ""
    if weights is not None:
        weights = weights.model_copy(update={"accepted_at": None})
    contention = Contention(since=since, count=count, accepted=accepted)
    state = state.with_status(contention=contention, canary=CanaryStatus(weights=weights))
    given = f"somebody else has changed {_named(touched)}"
    state = decided(state, look.at, given, "Contended", f"it is put right: {count} times since {since:%H:%M:%S} UTC")
    return _paused(look, state, given) if count >= MOST and not is_paused(state) else state


def _place(state: RolloutState) -> str:
    """Return what names where it is: somebody who lets it go on in spite of a fight means it for there."""
    status, known = state.status, state.status.blue_green
    is_over = known.active_selector == status.current_pod_hash
    stage = ACTIVE_STEP if is_over else PAST if known.scale_up_preview_check_point else PREVIEW_STEP
    index = status.current_step_index
    return f"{status.current_pod_hash}/{stage if index is None else index}"


def _paused(look: Look, state: RolloutState, given: str) -> RolloutState:
    """Let people decide, where a new version is on its way; else only tell them.

    Who has promoted this step has decided that it goes on in spite of it.
    """
    status = state.status
    decided_already = status.contention is not None and status.contention.accepted == _place(state)
    told = f"{given}, {MOST} times or more within {WINDOW.seconds // 60} minutes: see who else applies it"
    is_resting = not status.stable_rs or status.stable_rs == look.hash or status.abort or status.promote_full
    if decided_already or is_resting:
        is_news = status.contention is not None and status.contention.count == MOST
        return noticed(state, RolloutReason.CONTENDED, told) if is_news else state
    condition = PauseCondition(reason=Why.CONTENDED, start_time=second(look.at))
    state = state.with_status(pause_conditions=(*status.pause_conditions, condition), controller_pause=True)
    return decided(state, look.at, told, "ContendedRoute", "it waits for a promotion", RolloutReason.CONTENDED)
