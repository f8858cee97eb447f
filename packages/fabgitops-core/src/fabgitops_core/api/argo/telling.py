"""How a Rollout stands, in the words of Argo Rollouts: its phases, its conditions, its analyses.

Argo CD and the kubectl plugin show the phase and the message as they are. What else they look at: whether the
generation is observed (a text), pause conditions, controllerPause with none of them ("waiting for rollout to unpause"),
an analysis that is Inconclusive (promote then goes past the step), and the hashes for marks of revisions.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

from fabgitops_core.api.analysis.status import AnalysisStatus
from fabgitops_core.api.argo.runs import phase_of as phase_of_run
from fabgitops_core.api.argo.status import (
    ArgoBlueGreen,
    ArgoCanary,
    ArgoCondition,
    ArgoRolloutStatus,
    ArgoWeights,
    RunStatus,
)
from fabgitops_core.api.rollout.status import Phase, RolloutStatus, Weights

HEALTHY, PROGRESSING, PAUSED, DEGRADED = "Healthy", "Progressing", "Paused", "Degraded"
INVALID = "InvalidSpec"
OVERDUE = "ProgressDeadlineExceeded"
PAUSED_AT_REST = "spec.paused is true"

_PHASES = {Phase.COMPLETED: HEALTHY, Phase.FAILED: DEGRADED, Phase.PAUSED: PAUSED, Phase.CONCLUDED: PAUSED}
NO_RUNS: Mapping[int, str] = MappingProxyType({})
_OURS = ("Ready", "Reconciling", "Stalled")
_SAME = (
    "message",
    "current_pod_hash",
    "stable_rs",
    "current_step_index",
    "current_step_hash",
    "abort",
    "aborted_at",
    "promote_full",
    "replicas",
    "updated_replicas",
    "ready_replicas",
    "available_replicas",
    "hpa_replicas",
    "selector",
)
"""Fields that are the same in both."""


def told(
    status: RolloutStatus,
    desired: int,
    before: Iterable[ArgoCondition],
    at: datetime,
    runs: Mapping[int, str] = NO_RUNS,
    *,
    paused: bool = False,
) -> ArgoRolloutStatus:
    """Return a status as Argo Rollouts has it, with all of ours in a field of its own.

    Args:
        status: How it stands.
        desired: How many pods there are to be.
        before: The conditions that were said last: one whose status is the same keeps its time.
        at: When this is said.
        runs: By number what the AnalysisRuns are called that tell of its analyses.
        paused: Whether people have paused it. That is shown also where nothing is under way.
    """
    whole = status
    if paused and phase_of(status) == HEALTHY:
        status = status.model_copy(update={"phase": Phase.PAUSED, "message": f"{PAUSED_AT_REST}: {status.message}"})
    held = _held(status, desired)
    return ArgoRolloutStatus(
        **{name: getattr(status, name) for name in _SAME},
        phase=phase_of(status),
        observed_generation=str(status.observed_generation),
        pause_conditions=status.pause_conditions or None,
        controller_pause=bool(status.pause_conditions),
        collision_count=status.collision_count or None,
        canary=_canary(status, runs),
        blue_green=_blue_green(status, runs),
        conditions=_conditions([*held, *_kept(status)], before, at),
        fabgitops=whole,
    )


def phase_of(status: RolloutStatus) -> str:
    """Return the phase: what has failed goes before what waits, and that before what is at work."""
    if status.phase is not Phase.FAILED and status.pause_conditions:
        return PAUSED
    return _PHASES.get(status.phase, PROGRESSING)


_Held = tuple[str, str, str, str]
"""Type, status, reason and message of a condition."""


def _held(status: RolloutStatus, desired: int) -> Iterator[_Held]:
    """Yield the conditions that Argo Rollouts has."""
    phase, message = phase_of(status), status.message
    yield _word("Available", status.available_replicas >= desired, "AvailableReason", message)
    yield _progressing(status, phase)
    yield _word("Paused", phase == PAUSED, "RolloutPaused", message)
    done = bool(status.stable_rs) and status.stable_rs == status.current_pod_hash
    yield _word("Completed", done, "RolloutCompleted", message)
    yield _word("Healthy", phase == HEALTHY, "RolloutHealthy", message)
    if _reason(status) == INVALID:
        yield _word(INVALID, True, INVALID, message)


def _word(name: str, holds: bool, reason: str, message: str) -> _Held:
    return name, str(holds), reason, message


def _progressing(status: RolloutStatus, phase: str) -> _Held:
    """Return whether there is progress, with the reason by which older tools know what has failed."""
    name, message = "Progressing", status.message
    if status.abort:
        return name, "False", "RolloutAborted", message
    if phase == DEGRADED:
        return name, "False", _reason(status) or "ReconciliationError", message
    if phase == PAUSED:
        return name, "Unknown", "RolloutPaused", message
    return name, "True", "NewReplicaSetAvailable" if phase == HEALTHY else "ReplicaSetUpdated", message


def _reason(status: RolloutStatus) -> str:
    """Return the reason of Ready, which says in which situation it is."""
    return next((each.reason for each in status.conditions if each.type == "Ready"), "")


def _kept(status: RolloutStatus) -> Iterator[_Held]:
    """Yield conditions of ours that Argo Rollouts does not have: kstatus reads them of every kind."""
    for each in status.conditions:
        if each.type in _OURS:
            yield each.type, str(each.status), each.reason, each.message


def _conditions(held: Iterable[_Held], before: Iterable[ArgoCondition], at: datetime) -> tuple[ArgoCondition, ...]:
    said = {(each.type, each.status): each for each in before}
    return tuple(_condition(each, said.get(each[:2]), at) for each in held)


def _condition(held: _Held, before: ArgoCondition | None, at: datetime) -> ArgoCondition:
    name, holds, reason, message = held
    if before is not None and (before.reason, before.message) == (reason, message):
        return before
    since = at if before is None else before.last_transition_time
    return ArgoCondition(
        type=name, status=holds, reason=reason, message=message, last_update_time=at, last_transition_time=since
    )


def _canary(status: RolloutStatus, runs: Mapping[int, str]) -> ArgoCanary:
    if status.blue_green.active_selector:
        return ArgoCanary()
    step = 0 if status.current_step_index is None else status.current_step_index + 1
    return ArgoCanary(
        weights=_weights(status.canary.weights),
        current_step_analysis_run_status=_run(status, step, runs) if step else None,
        current_background_analysis_run_status=_run(status, 0, runs),
    )


def _weights(weights: Weights | None) -> ArgoWeights | None:
    if weights is None:
        return None
    return ArgoWeights(canary=weights.canary, stable=weights.stable, verified=weights.accepted_at is not None)


def _blue_green(status: RolloutStatus, runs: Mapping[int, str]) -> ArgoBlueGreen:
    found = status.blue_green
    blue = bool(found.active_selector)
    return ArgoBlueGreen(
        active_selector=found.active_selector,
        preview_selector=found.preview_selector,
        scale_up_preview_check_point=found.scale_up_preview_check_point,
        pre_promotion_analysis_run_status=_run(status, 1, runs) if blue else None,
        post_promotion_analysis_run_status=_run(status, 2, runs) if blue else None,
    )


def _run(status: RolloutStatus, wave: int, runs: Mapping[int, str]) -> RunStatus | None:
    """Return how the analysis of this number stands, the last of them."""
    found: AnalysisStatus | None = next((each for each in reversed(status.analyses) if each.wave == wave), None)
    if found is None:
        return None
    name = runs.get(wave, f"{status.current_pod_hash}-{wave}")
    return RunStatus(name=name, status=phase_of_run(found.verdict), message=found.message)
