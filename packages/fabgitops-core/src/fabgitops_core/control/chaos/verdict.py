"""What an experiment showed."""

from fabgitops_core.api.chaos.status import ChaosExperimentStatus, TargetRecord, Verdict
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
    return target.injected_at is not None and target.confirmed is True and target.effective is not False
