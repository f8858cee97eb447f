"""A Rollout of Argo Rollouts (argoproj.io/v1alpha1) as one of ours, or all that we do not do of what it says."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from fabgitops_core.api.argo.reading import Hashes, Place, Table, Told, each, fields, kept, refused, within
from fabgitops_core.api.argo.strategies import strategy
from fabgitops_core.api.refusals import Problem, problems_of, refuse
from fabgitops_core.api.rollout.rollout import RolloutSpec

_DEPLOYMENT = "pods are taken from a Deployment (apps/v1) alone: refer to one, or say them in template"
_RESTART_AT = (
    "pods are not restarted at a time: take it away, and change the template instead, say by an annotation with the"
    " time"
)

_HOW_MANY = "it must be a number of AnalysisRuns, 0 or more"


def _limit(at: Place, raw: Any) -> dict[str, Any]:
    fits = isinstance(raw, int) and not isinstance(raw, bool) and raw >= 0
    return kept(at, raw) if fits else at.refuse(raw, _HOW_MANY)


_REF: Table = {"apiVersion": kept, "kind": kept, "name": kept, "scaleDown": kept}


def _workload_ref(at: Place, raw: Any) -> dict[str, Any]:
    """Take the Deployment that says what the pods are."""
    made = fields(at, raw, _REF)
    what = made.get("apiVersion"), made.get("kind")
    return {at.name: made} if what == ("apps/v1", "Deployment") or not made else at.refuse(raw, _DEPLOYMENT)


_REQUIREMENT: Table = {"key": kept, "operator": kept, "values": kept}
_SPEC: Table = {
    "replicas": kept,
    "selector": within({"matchLabels": kept, "matchExpressions": each(_REQUIREMENT)}),
    "template": kept,
    "strategy": strategy,
    "minReadySeconds": kept,
    "progressDeadlineSeconds": kept,
    "progressDeadlineAbort": kept,
    "revisionHistoryLimit": kept,
    "paused": kept,
    "rollbackWindow": within({"revisions": kept}),
    "analysis": within({"successfulRunHistoryLimit": _limit, "unsuccessfulRunHistoryLimit": _limit}),
    "workloadRef": _workload_ref,
    "restartAt": refused(_RESTART_AT),
}


class RunLimits(NamedTuple):
    """How many AnalysisRuns are kept of those that are over, of which there are still pods of their revision."""

    successful: int = 5
    unsuccessful: int = 5


class Taken(NamedTuple):
    """A Rollout as one of ours.

    `cluster_templates` are those of the templates it names that are cluster-wide, `limits` say how many runs are kept.
    With `by_hash` its strategy speaks of revisions: it is another one with other hashes; with `by_field` of metadata.
    """

    spec: RolloutSpec
    cluster_templates: frozenset[str]
    limits: RunLimits = RunLimits()
    by_hash: bool = False
    by_field: bool = False


def taken(spec: Any, metadata: Mapping[str, Any], hashes: Hashes | None = None, *, symbolic: bool = False) -> Taken:
    """Return the spec of a Rollout of Argo Rollouts as one of ours.

    Args:
        spec: As it stands in the manifest.
        metadata: Of the object; arguments of analyses may speak of it, and routes must be in its namespace.
        hashes: The revisions that arguments of analyses may speak of, of its status: they change, and the spec with
            them. None where they are not known.
        symbolic: Whether what it speaks of stands in it by its name, not by its value: so it is the same for as long as
            the manifest is.

    Raises:
        ValidationError: Something of it is not done here, or is not valid; each by the path in the manifest, with the
            reason and what to use instead.
    """
    told = Told(metadata, hashes, symbolic=symbolic)
    made = fields(Place(told), spec, _SPEC)
    refuse("Rollout", told.problems)
    limits = _limits(made.pop("analysis", {}))
    try:
        model = RolloutSpec.model_validate(made)
    except ValidationError as error:
        refuse("Rollout", _where_it_stands(error, told))
        raise
    wide = frozenset(name for name, wide in told.templates.items() if wide)
    return Taken(model, wide, limits, told.by_hash, told.by_field)


def _limits(made: Mapping[str, int]) -> RunLimits:
    fields = {"successful": "successfulRunHistoryLimit", "unsuccessful": "unsuccessfulRunHistoryLimit"}
    return RunLimits(**{ours: made[theirs] for ours, theirs in fields.items() if theirs in made})


def _where_it_stands(error: ValidationError, told: Told) -> list[Problem]:
    """Return the problems of a model of ours, each where the manifest has it."""
    return [Problem(told.origin(each.path), each.value, each.reason) for each in problems_of(error)]
