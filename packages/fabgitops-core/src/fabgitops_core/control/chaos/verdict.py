"""What an experiment showed."""

from collections.abc import Iterable

from fabgitops_core.api.chaos.status import ChaosExperimentStatus, TargetRecord, TargetState, Verdict
from fabgitops_core.control.chaos.reasons import Reason


def verdict(status: ChaosExperimentStatus, cause: Reason, lacking: str = "") -> Verdict:
    """Return Failed where a probe failed, Passed where all went as planned, and Inconclusive for anything else.

    What is `lacking` to have measured all that was to be measured is not as planned.
    """
    probes = [each.verdict for each in status.probes]
    if Verdict.FAILED in probes:
        return Verdict.FAILED
    as_planned = cause is Reason.ELAPSED and bool(status.targets) and all(map(_as_planned, status.targets))
    return Verdict.PASSED if as_planned and not any(probes) and not lacking else Verdict.INCONCLUSIVE


def _as_planned(target: TargetRecord) -> bool:
    return target.injected_at is not None and target.confirmed is True and not unlike(target)


def unlike(target: TargetRecord) -> str:
    """Return what one whose end is confirmed shows nothing by: it was gone too early, or nothing came of it."""
    if target.state is TargetState.GONE:
        return f"{target.name} was gone before its time was over"
    return f"it had no effect on {target.name}" if target.effective is False else ""


def showing_nothing(targets: Iterable[TargetRecord]) -> str:
    """Return the first of what they show nothing by; "" where there is nothing."""
    return next(filter(None, map(unlike, targets)), "")
