"""Conditions of an experiment, made of the rest of its status."""

from collections.abc import Iterator
from datetime import datetime

from fabgitops_core.api.chaos.status import ChaosExperimentStatus, Phase, TargetRecord, Verdict
from fabgitops_core.api.conditions import Condition, ConditionStatus, renewed
from fabgitops_core.control.chaos.reasons import Reason

TRUE, FALSE, UNKNOWN = ConditionStatus.TRUE, ConditionStatus.FALSE, ConditionStatus.UNKNOWN


def situated(status: ChaosExperimentStatus, at: datetime) -> tuple[Condition, ...]:
    """Return the conditions that a status has, each with the time since when it is so."""
    current = [
        Condition(
            type=name,
            status=held,
            reason=status.reason or Reason.DECLARED,
            message=status.message,
            observed_generation=status.observed_generation,
            last_transition_time=at,
        )
        for name, held in _held(status)
    ]
    return renewed(status.conditions, current)


def _held(status: ChaosExperimentStatus) -> Iterator[tuple[str, ConditionStatus]]:
    phase = status.phase
    passed = phase is Phase.COMPLETED and status.verdict is Verdict.PASSED
    yield "Ready", ConditionStatus.of(passed)
    yield "Reconciling", ConditionStatus.of(not phase.final)
    yield "Stalled", ConditionStatus.of(phase is Phase.FAILED)
    yield "Selected", _selected(status)
    yield "SteadyState", _steady(status)
    yield "Injected", _all(status, tuple(each.injected_at is not None for each in status.targets))
    yield "Recovered", _recovered(status.targets)


def _selected(status: ChaosExperimentStatus) -> ConditionStatus:
    if status.targets:
        return TRUE
    return FALSE if status.reason == Reason.NO_TARGETS else UNKNOWN


def _steady(status: ChaosExperimentStatus) -> ConditionStatus:
    verdicts = {each.verdict for each in status.probes}
    if Verdict.FAILED in verdicts:
        return FALSE
    asked = any(each.passed for each in status.probes)
    return TRUE if asked and Verdict.INCONCLUSIVE not in verdicts else UNKNOWN


def _all(status: ChaosExperimentStatus, held: tuple[bool, ...]) -> ConditionStatus:
    return ConditionStatus.of(all(held)) if status.targets else UNKNOWN


def _recovered(targets: tuple[TargetRecord, ...]) -> ConditionStatus:
    """Return whether nothing is left, which nobody can say of what was never there."""
    if not targets:
        return UNKNOWN
    return ConditionStatus.of(all(each.recovered_at is not None and each.confirmed is not False for each in targets))
