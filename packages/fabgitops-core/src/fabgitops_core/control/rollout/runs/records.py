"""AnalysisRuns as small records: of which analysis each is, and what it says by now."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fabgitops_core.api.argo.runs import ANALYSIS_RUN
from fabgitops_core.api.meta import GROUP, Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.control.objects import Child, Children
from fabgitops_core.control.rollout.records import child_of, mapping_of, text_of

ANALYSIS = f"rollout.{GROUP}/analysis"
"""Annotation of an AnalysisRun: which analysis it is, by its revision, its number there and when it was begun."""

TOLD = f"rollout.{GROUP}/told"
"""Annotation of an AnalysisRun: names what was told by it last."""

HASH, ANALYSIS_OF, SAID, PHASE, COMPLETED, TERMINATE = "hash", "analysis", "said", "phase", "completed", "terminate"
"""Names of facts."""

Runs = Mapping[Key, Child]

NO_RUNS: Runs = MappingProxyType({})


def analysis_run(body: Mapping[str, Any]) -> Child:
    """Return the record of an AnalysisRun."""
    metadata, spec, status = (mapping_of(body.get(name)) for name in ("metadata", "spec", "status"))
    annotations, labels = mapping_of(metadata.get("annotations")), mapping_of(metadata.get("labels"))
    facts = {
        HASH: text_of(labels.get(marks.HASH)),
        ANALYSIS_OF: text_of(annotations.get(ANALYSIS)),
        SAID: text_of(annotations.get(TOLD)),
        PHASE: text_of(status.get("phase")),
        COMPLETED: text_of(status.get("completedAt")),
        TERMINATE: "true" if spec.get("terminate") is True else "",
    }
    return child_of(ANALYSIS_RUN.name, metadata, {name: text for name, text in facts.items() if text})


def runs_in(children: Children, uid: str) -> Runs:
    """Return the AnalysisRuns that a Rollout of this uid manages, those that are being deleted as well."""
    return {key: each for key, each in children.items() if key.kind == ANALYSIS_RUN.name and each.owner == uid}


def terminated(runs: Runs, token: str) -> str:
    """Return by which run somebody has terminated an analysis; "" where nobody has."""
    found = (key.name for key, child in runs.items() if child.facts.get(ANALYSIS_OF) == token and _is_ended(child))
    return next(found, "")


def _is_ended(child: Child) -> bool:
    return child.facts.get(TERMINATE) == "true"
