"""The way of a canary: from step to step, until the new version is the one that is proven.

The other strategies that share out a share are canaries, too: a simple one has no steps, an A/B test has three.
"""

from datetime import datetime, timedelta

from fabgitops_core.api.rollout.status import PauseCondition, Why
from fabgitops_core.api.rollout.steps import CanaryStep
from fabgitops_core.api.rollout.strategies import Canary
from fabgitops_core.control.moments import second
from fabgitops_core.control.rollout import holding
from fabgitops_core.control.rollout.judging import judges
from fabgitops_core.control.rollout.pods.counts import split
from fabgitops_core.control.rollout.pods.reached import reached
from fabgitops_core.control.rollout.pods.sides import NOBODY
from fabgitops_core.control.rollout.saying.deciding import decided
from fabgitops_core.control.rollout.saying.reasons import RolloutReason
from fabgitops_core.control.rollout.saying.shares import weight_of
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.traffic import contending, reaching
from fabgitops_core.control.rollout.traffic import standing as traffic
from fabgitops_core.control.rollout.traffic.rerouting import problem, routed
from fabgitops_core.control.rollout.view import Look
from fabgitops_core.control.rollout.ways import settling
from fabgitops_core.control.rollout.ways.deadline import overdue
from fabgitops_core.control.rollout.ways.sofar import ALL, share


def step_of(look: Look, state: RolloutState) -> CanaryStep | None:
    """Return the step that is under way; None where all are done, or there is none."""
    index = state.status.current_step_index
    return look.steps[index] if index is not None and index < len(look.steps) else None


def is_at_a_pause(look: Look, state: RolloutState) -> bool:
    """Return whether the step that is under way is a pause: who promotes it goes past it."""
    step = step_of(look, state)
    return step is not None and step.pause is not None


def advanced(look: Look, state: RolloutState) -> RolloutState | None:
    """Go one step on; None where there is nothing to do but to wait."""
    status = state.status
    if status.abort or not isinstance(look.way, Canary) or status.stable_rs in {"", look.hash}:
        return None
    if holding.why(look, state) or judges.held(look, state) or contending.is_paused(state):
        return None
    if problem(look) or reaching.why_not(look):
        return None
    step = step_of(look, state)
    if step is None or status.promote_full:
        return settling.proven(look, state) if carries(look, state, ALL) else None
    if step.pause is not None:
        return _paused(look, state, step.pause.seconds)
    if _is_done(look, state, step):
        return next_step(look, state, _told(look, state, step), "StepDone")
    return None


def carries(look: Look, state: RolloutState, weight: int) -> bool:
    """Return whether the new version has a share: its pods are available, and no others have what is its own.

    Where it makes no progress it is not waited for proven pods any more that do not come up. What is held has not
    what it is to have.
    """
    if holding.why(look, state):
        return False
    late = overdue(look, state) and not look.spec.progress_deadline_abort
    if (by := routed(look)) is not None:
        return traffic.carries(look, state, by, waits_for_stable=not late)
    current, stable = look.revision(look.hash), look.revision(state.status.stable_rs)
    if current is None:
        return False
    others = tuple(each.side for each in look.older(state.status.stable_rs))
    wanted = split(look.n, weight, look.limits)
    return reached(wanted, current.side, stable.side if stable else NOBODY, others, waits_for_stable=not late)


def _is_done(look: Look, state: RolloutState, step: CanaryStep) -> bool:
    if step.set_canary_scale is not None or step.set_header_route is not None:
        return carries(look, state, share(look, state))
    return step.set_weight is not None and carries(look, state, step.set_weight)


def _paused(look: Look, state: RolloutState, seconds: float | None) -> RolloutState | None:
    """Begin a pause, or end one whose time is over."""
    since = pause_of(state, Why.CANARY_STEP)
    if since is None:
        waits = "until somebody promotes it" if seconds is None else f"for {seconds:g} s"
        return paused(look, state, Why.CANARY_STEP, f"step {_number(state)} is a pause", f"it waits {waits}")
    if seconds is None or look.at < since + timedelta(seconds=seconds):
        return None
    return next_step(look, state, f"a pause of {seconds:g} s is over", "PauseOver")


def pause_over(look: Look, state: RolloutState) -> datetime | None:
    """Return when the pause that is under way is over by itself; None where none is."""
    step, since = step_of(look, state), pause_of(state, Why.CANARY_STEP)
    if step is None or step.pause is None or step.pause.seconds is None or since is None:
        return None
    return since + timedelta(seconds=step.pause.seconds)


def pause_of(state: RolloutState, why: Why) -> datetime | None:
    """Return since when it waits for a reason; None where it does not."""
    return next((each.start_time for each in state.status.pause_conditions if each.reason == why), None)


def paused(look: Look, state: RolloutState, why: Why, given: str, outcome: str) -> RolloutState:
    """Let it wait for a reason."""
    condition = PauseCondition(reason=why, start_time=second(look.at))
    state = state.with_status(pause_conditions=(*state.status.pause_conditions, condition), controller_pause=True)
    return decided(state, look.at, given, why, outcome, RolloutReason.PAUSED)


def next_step(look: Look, state: RolloutState, given: str, rule: str) -> RolloutState:
    """Go to the next step; what it waited for is over."""
    index, last = (state.status.current_step_index or 0) + 1, len(look.steps)
    state = state.with_status(
        current_step_index=index, pause_conditions=(), controller_pause=False, step_started_at=second(look.at)
    )
    outcome = f"step {index + 1} of {last} begins" if index < last else "all steps are done: it is promoted"
    return decided(state, look.at, given, rule, outcome, RolloutReason.STEP_DONE)


def _number(state: RolloutState) -> int:
    return (state.status.current_step_index or 0) + 1


def _told(look: Look, state: RolloutState, step: CanaryStep) -> str:
    if step.set_header_route is not None:
        return f"header route {step.set_header_route.name} is {'there' if step.set_header_route.match else 'gone'}"
    if step.set_canary_scale is not None:
        return "the new version has the pods that it is to have"
    share_now = weight_of(look, state)
    nearest = "" if share_now == step.set_weight else f": so near to {step.set_weight} % its pods and weights come"
    return f"the new version has a share of {share_now} %{nearest}"
