"""Tells the analyses of a Rollout of Argo Rollouts by AnalysisRuns, and takes those away that are too many.

Nothing follows from an object: it says what the status says, whatever somebody makes of it. One that nobody tells of
any more, for another revision began or a retry, is over without a verdict.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

from fabgitops_core.api.analysis.status import AnalysisStatus
from fabgitops_core.api.analysis.template import ANALYSIS_TEMPLATE, AnalysisTemplateSpec
from fabgitops_core.api.argo.kinds import ARGO_ROLLOUT
from fabgitops_core.api.argo.runs import ANALYSIS_RUN, INCONCLUSIVE, RUNNING, SUCCESSFUL, names_of, phase_of, told_run
from fabgitops_core.api.meta import rfc3339
from fabgitops_core.api.rollout import marks
from fabgitops_core.control.analysis.judging import Verdict
from fabgitops_core.control.commands import Apply, Delete
from fabgitops_core.control.moments import second
from fabgitops_core.control.objects import Child
from fabgitops_core.control.rollout.differing import Doing, Steps, patch_of
from fabgitops_core.control.rollout.judging.judges import analyses_of
from fabgitops_core.control.rollout.kinds import REPLICA_SET
from fabgitops_core.control.rollout.owners import owner
from fabgitops_core.control.rollout.runs import records
from fabgitops_core.control.rollout.runs.naming import labels_of, named, token_of
from fabgitops_core.control.rollout.saying.reasons import RolloutReason
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.view import Look

PENDING = "Pending"
"""How a run stands that Argo Rollouts has made and not begun."""

SUPERSEDED = "it was ended without a verdict: what it judged is not on its way any more"


def next_of(look: Look, state: RolloutState) -> Doing | None:
    """Return what is to be told next; None where all is told, or nobody knows what was."""
    if look.key.kind != ARGO_ROLLOUT.name or ANALYSIS_RUN.name in look.unseen:
        return None
    return next(_differences(look, state), None)


def _differences(look: Look, state: RolloutState) -> Iterator[Doing]:
    names = named(look.key.name, look.way, state.status, look.runs, state.taken_names)
    there = [each for each in look.runs.values() if not each.leaving]
    known = {child.facts.get(records.ANALYSIS_OF, ""): child for child in there}
    current = {token_of(state.status.current_pod_hash, each): each for each in state.status.analyses}
    for token, status in current.items():
        if (child := known.get(token)) is not None:
            yield from _told(look, status, child)
        elif (name := names.get(status.wave)) is not None and (status.metrics or status.verdict == Verdict.RUNNING):
            yield Doing(Apply(_body(look, state, status, name), recorded=True), RolloutReason.RUN, "")
    past = [each for each in there if not any(known.get(token) is each for token in current)]
    for child in past:
        if child.facts.get(records.PHASE) in {RUNNING, PENDING}:
            yield Doing(patch_of(child, _closing(look.at)), RolloutReason.RUN, "")
    for child in _too_many(look, state, past):
        yield Doing(Delete(child.key, child.uid, version=child.version), RolloutReason.RUN, "")


def _told(look: Look, status: AnalysisStatus, child: Child) -> Iterator[Doing]:
    """Let a run say how its analysis stands; of one that is over the metrics may be in the run alone by now."""
    phase, stands = phase_of(status.verdict), child.facts.get(records.PHASE, "")
    is_said = child.facts.get(records.SAID) == _digest(status) or (not status.metrics and phase != RUNNING)
    if is_said and stands in {phase, ""}:  # "" is what a definition makes of it that drops the status
        return
    body = _status(status, look.at, child)
    steps: Steps = (
        {"op": "add", "path": "/status", "value": body},
        {"op": "add", "path": f"/metadata/annotations/{_escaped(records.TOLD)}", "value": _digest(status)},
    )
    yield Doing(patch_of(child, steps), RolloutReason.RUN, "")


def _closing(at: datetime) -> Steps:
    said = {"phase": INCONCLUSIVE, "message": SUPERSEDED, "completedAt": rfc3339(second(at))}
    return tuple({"op": "add", "path": f"/status/{field}", "value": text} for field, text in said.items())


def _too_many(look: Look, state: RolloutState, past: list[Child]) -> Iterator[Child]:
    """Yield the runs that go: those of revisions that are gone, and the oldest of the others beyond what is kept."""
    if REPLICA_SET.name in look.unseen:
        return  # so it is not known which revisions are gone
    hashes = {each.hash for each in look.revisions}
    left = {True: state.run_limits.successful, False: state.run_limits.unsuccessful}
    for child in sorted(past, key=lambda each: (each.created, each.key.name), reverse=True):
        is_good = child.facts.get(records.PHASE) == SUCCESSFUL
        kept = child.facts.get(records.HASH) in hashes
        left[is_good] -= kept
        if not kept or left[is_good] < 0:
            yield child


def _body(look: Look, state: RolloutState, status: AnalysisStatus, name: str) -> Mapping[str, Any]:
    """Return the run of an analysis: what it is measured by, as the templates say that now, and how it stands."""
    annotations = {
        marks.REVISION: str(state.status.revision),
        records.ANALYSIS: token_of(state.status.current_pod_hash, status),
        records.TOLD: _digest(status),
    }
    return {
        "apiVersion": ANALYSIS_RUN.api_version,
        "kind": ANALYSIS_RUN.kind,
        "metadata": {
            "name": name,
            "namespace": look.key.namespace,
            "labels": {
                **(look.spec.selects.match_labels or {}),
                **labels_of(look.way, status.wave),
                marks.HASH: state.status.current_pod_hash,
                marks.ROLLOUT: look.key.name,
            },
            "annotations": annotations,
            "ownerReferences": [owner(look.key, look.uid, blocks=False)],
        },
        "spec": _spec(look, status),
        "status": _status(status, look.at),
    }


def _spec(look: Look, status: AnalysisStatus) -> Mapping[str, Any]:
    names, analyses = names_of(each.name for each in status.metrics), analyses_of(look.way).get(status.wave)
    given = {each.name: each.value for each in (analyses.args if analyses else ())}
    metrics: list[Mapping[str, Any]] = []
    values: dict[str, str] = {}
    for whole, name in names.items():
        template, _, own = whole.partition("/")
        spec, _ = look.offers.get((ANALYSIS_TEMPLATE.name, template), (None, ""))
        found = spec if isinstance(spec, AnalysisTemplateSpec) else None
        values |= found.values(given) if found else {}
        said = next((each for each in found.metrics if each.name == own), None) if found else None
        body = said.model_dump(mode="json", by_alias=True, exclude_unset=True) if said else {"provider": {}}
        metrics.append({**body, "name": name})
    args = [{"name": name, "value": value} for name, value in sorted(values.items())]
    return {"metrics": metrics, **({"args": args} if args else {})}


def _status(status: AnalysisStatus, at: datetime, child: Child | None = None) -> Mapping[str, Any]:
    body: dict[str, Any] = told_run(status).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if status.verdict != Verdict.RUNNING:
        body["completedAt"] = (child and child.facts.get(records.COMPLETED)) or rfc3339(second(at))
    return body


def _digest(status: AnalysisStatus) -> str:
    """Return what names how an analysis stands."""
    text = told_run(status).model_dump_json(by_alias=True, exclude_defaults=True)
    return blake2b(json.dumps(text).encode(), digest_size=8).hexdigest()


def _escaped(annotation: str) -> str:
    return annotation.replace("~", "~0").replace("/", "~1")
