"""A Rollout of Argo Rollouts (argoproj.io/v1alpha1) as one of ours, or all that we do not do of what it says."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from fabgitops_core.api.argo.reading import Hashes, Place, Table, Told, each, fields, kept, met, refused, within
from fabgitops_core.api.argo.strategies import strategy
from fabgitops_core.api.refusals import Problem, problems_of, refuse
from fabgitops_core.api.rollout.rollout import RolloutSpec

_WORKLOAD_REF = (
    "pods are not taken from another object: say them here in template, and delete that object when those of the"
    " Rollout are available"
)
_RESTART_AT = (
    "pods are not restarted at a time: take it away, and change the template instead, say by an annotation with the"
    " time"
)

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
    "analysis": within({"successfulRunHistoryLimit": met, "unsuccessfulRunHistoryLimit": met}),
    "workloadRef": refused(_WORKLOAD_REF),
    "restartAt": refused(_RESTART_AT),
}
"""Its analysis limits how many AnalysisRuns are kept; ours stand in the status, and there are none."""


class Taken(NamedTuple):
    """A Rollout as one of ours, and which of the templates that it names are cluster-wide."""

    spec: RolloutSpec
    cluster_templates: frozenset[str]


def taken(spec: Any, metadata: Mapping[str, Any], hashes: Hashes | None = None) -> Taken:
    """Return the spec of a Rollout of Argo Rollouts as one of ours.

    Args:
        spec: As it stands in the manifest.
        metadata: Of the object; arguments of analyses may speak of it, and routes must be in its namespace.
        hashes: The revisions that arguments of analyses may speak of, of its status: they change, and the spec with
            them. None where they are not known.

    Raises:
        ValidationError: Something of it is not done here, or is not valid; each by the path in the manifest, with the
            reason and what to use instead.
    """
    told = Told(metadata, hashes)
    made = fields(Place(told), spec, _SPEC)
    refuse("Rollout", told.problems)
    made.pop("analysis", None)
    try:
        model = RolloutSpec.model_validate(made)
    except ValidationError as error:
        refuse("Rollout", _where_it_stands(error, told))
        raise
    return Taken(model, frozenset(name for name, wide in told.templates.items() if wide))


def _where_it_stands(error: ValidationError, told: Told) -> list[Problem]:
    """Return the problems of a model of ours, each where the manifest has it."""
    return [Problem(told.origin(each.path), each.value, each.reason) for each in problems_of(error)]
