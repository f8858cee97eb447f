"""What AnalysisRuns are called, and by what they are known: as Argo Rollouts has it."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import count

from fabgitops_core.api.analysis.status import AnalysisStatus
from fabgitops_core.api.argo.runs import ANALYSIS_RUN
from fabgitops_core.api.meta import rfc3339
from fabgitops_core.api.rollout.status import RolloutStatus
from fabgitops_core.api.rollout.strategies import BlueGreen, Canary
from fabgitops_core.control.commands import Apply, Command
from fabgitops_core.control.rollout.judging.judges import BACKGROUND, BEFORE
from fabgitops_core.control.rollout.runs import records

TYPE, STEP_INDEX = "rollout-type", "step-index"
"""Labels of an AnalysisRun: what it is for, and at which step it stands."""


def token_of(hash_: str, status: AnalysisStatus) -> str:
    """Return what tells an analysis from any other of its Rollout: a retry has another one of the same number."""
    return f"{hash_}/{status.wave}/{rfc3339(status.started_at)}"


def labels_of(way: Canary | BlueGreen, number: int) -> Mapping[str, str]:
    """Return the labels that say what an analysis is for, by its number."""
    if isinstance(way, BlueGreen):
        return {TYPE: "PrePromotion" if number == BEFORE else "PostPromotion"}
    return {TYPE: "Background"} if number == BACKGROUND else {TYPE: "Step", STEP_INDEX: str(number - 1)}


def with_label(command: Command, name: str, value: str) -> Command:
    """Return a command in which an AnalysisRun that is made carries a label besides; any other as it is."""
    if not isinstance(command, Apply) or not ANALYSIS_RUN.matches(command.object):
        return command
    metadata = command.object["metadata"]
    body = {**command.object, "metadata": {**metadata, "labels": {**metadata["labels"], name: value}}}
    return replace(command, object=body)


def named(
    rollout: str, way: Canary | BlueGreen, status: RolloutStatus, runs: records.Runs, taken: Collection[str]
) -> Mapping[int, str]:
    """Return by number what the run of each analysis is called: as it is there, or as it is going to be.

    Args:
        rollout: The name of the Rollout.
        way: How it goes from one version to the next.
        status: How it stands.
        runs: The runs that are there.
        taken: Names that others have.
    """
    known = {child.facts.get(records.ANALYSIS_OF, ""): key.name for key, child in runs.items() if not child.leaving}
    used = {*taken, *(key.name for key in runs)}
    names: dict[int, str] = {}
    for each in status.analyses:
        infix = _infix(way, each.wave)
        base = "-".join(filter(None, (rollout, status.current_pod_hash, str(status.revision), infix)))
        names[each.wave] = known.get(token_of(status.current_pod_hash, each)) or _free(base, used)
    return names


def _infix(way: Canary | BlueGreen, number: int) -> str:
    if isinstance(way, BlueGreen):
        return "pre" if number == BEFORE else "post"
    return "" if number == BACKGROUND else str(number - 1)


def _free(base: str, used: Collection[str]) -> str:
    return next(name for number in count() if (name := f"{base}.{number}" if number else base) not in used)
