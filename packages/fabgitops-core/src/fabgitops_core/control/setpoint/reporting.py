"""From what was seen to a status: counts, conditions, and the sentence that says what is going on."""

from datetime import datetime
from typing import Any

from fabgitops_core.api.conditions import Condition, ConditionStatus, conditions_of, renewed
from fabgitops_core.api.setpoint.status import MAX_NAMED, Members, Phase
from fabgitops_core.control.commands import Wake
from fabgitops_core.control.moments import second
from fabgitops_core.control.setpoint.deciding import brief
from fabgitops_core.control.setpoint.look import Look, Move
from fabgitops_core.control.setpoint.permitting import not_back
from fabgitops_core.control.setpoint.situations import OF_PHASE, Situation
from fabgitops_core.control.setpoint.state import UNDER_WAY, SetpointState, Step, published

PROGRESS_SECS = 1.0
"""While nothing changes but counts, a status is made known so often at most."""

_MOVES = ("members", "released_text", "message", "waiting_for", "failed", "last_update", "conditions")


def said(look: Look, move: Move) -> Step:
    """Say how the rollout stands after a look."""
    state = move.state
    situation = move.situation or OF_PHASE[state.phase]
    if state.request is not None:
        state = state.with_status(last_handled_reconcile_at=state.request.token)._replace(request=None)
    state = situated(state.with_status(**_seen(look, state)), situation, move.note, look.at)
    if _only_counts(state) and _is_soon(state, look.at):
        return state, (Wake(PROGRESS_SECS),)
    return published(state, look.at)


def situated(state: SetpointState, situation: Situation, note: str, at: datetime) -> SetpointState:
    """Return the state with the conditions and the message of a situation."""
    message = brief(note)
    wanted = renewed(state.status.conditions, _conditions(state, situation, message, at))
    return state.with_status(message=message, conditions=wanted, observed_generation=max(state.generation, 0))


def _seen(look: Look, state: SetpointState) -> dict[str, Any]:
    status, view = state.status, look.view
    waits = not_back(look) if state.phase in {Phase.RESTORING, Phase.ABORTED} else view.waits
    if state.phase is Phase.BAKING:
        waits = view.unsettled
    lasting = [name for name in status.skipped if name in view.new or name in view.skipped]
    more = [name for name in view.skipped if name not in lasting]
    waves = status.waves if state.phase is Phase.WATCHING else len(state.fleet.bounds)
    return {
        "members": Members(**view.counts),
        "released_text": f"{view.counts['released']}/{view.counts['total']}",
        "waves": waves,
        "progress": f"{status.wave}/{waves}" if status.wave else "",
        "waiting_for": tuple(waits.named) if state.phase in _AT_WORK else (),
        "failed": tuple(view.failed.named),
        "skipped": tuple([*lasting, *more][:MAX_NAMED]) if state.phase in {*UNDER_WAY, Phase.DONE} else (),
    }


_AT_WORK = {*UNDER_WAY, Phase.RESTORING, Phase.ABORTED}


def _only_counts(state: SetpointState) -> bool:
    """Return whether nothing has changed since the last status but counts, and what they are told by."""
    if state.notices or _situation(state.status.conditions) != _situation(state.said.conditions):
        return False
    same = {name: getattr(state.said, name) for name in _MOVES}
    return state.status.model_copy(update=same) == state.said


def _situation(conditions: tuple[Condition, ...]) -> list[tuple[str, ConditionStatus, str, int]]:
    return [(each.type, each.status, each.reason, each.observed_generation) for each in conditions]


def _is_soon(state: SetpointState, at: datetime) -> bool:
    return state.published is not None and 0 <= (at - state.published).total_seconds() < PROGRESS_SECS


def _conditions(state: SetpointState, situation: Situation, message: str, at: datetime) -> tuple[Condition, ...]:
    held = {
        "Ready": situation.ready,
        "Reconciling": ConditionStatus.of(situation.reconciling),
        "Stalled": ConditionStatus.of(situation.stalled),
        "Paused": ConditionStatus.of(situation.paused),
    }
    return conditions_of(held, situation.reason, message, second(at), max(state.generation, 0))
