"""Rollout: a workload, and how it goes from one version to the next.

The fields are those of Argo Rollouts (argoproj.io/v1alpha1) where that has them, with the same meaning and defaults.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, StrictBool, model_validator

from fabgitops_core.api.kinds import Column, Kind, Scale
from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.refusals import Problem, refuse
from fabgitops_core.api.rollout.marks import ABORT, HASH, PAUSE, PROMOTE, RETRY
from fabgitops_core.api.rollout.status import RolloutStatus
from fabgitops_core.api.rollout.strategies import Delay, Replicas, Strategy
from fabgitops_core.api.rollout.traffic import Open
from fabgitops_core.api.rollout.workload import WorkloadRef
from fabgitops_core.api.schema import UNSTORED, Rule, on_field, rules
from fabgitops_core.api.selecting import Selector

_ONE_TEMPLATE = Rule(
    "has(self.template) != has(self.workloadRef)",
    "say either template, or workloadRef for a Deployment that says it",
)
_SELECTOR = Rule("has(self.selector) || has(self.workloadRef)", "say which pods are its own, by labels of the template")
_KEPT = Rule("self == oldSelf", "it cannot be changed: make another Rollout")


class RollbackWindow(ApiModel):
    """How far back a version is taken for proven."""

    revisions: Annotated[int, Field(ge=0, le=1000, strict=True)]
    """Going back to one of so many revisions before skips steps and analyses."""


@rules(_ONE_TEMPLATE, _SELECTOR)
class RolloutSpec(ApiModel):
    """A workload, and how it goes from one version to the next."""

    replicas: Replicas = 1
    """How many pods; 1, which is stored, when not given: a HorizontalPodAutoscaler begins from there."""
    selector: Annotated[Selector | None, Field(json_schema_extra=on_field(_KEPT))] = None
    """Which pods are its own: labels that the template gives them. It cannot be changed. It may be left out
    beside workloadRef: then that of the Deployment holds."""
    template: Open | None = None
    """The pods, as a Deployment has them (PodTemplateSpec)."""
    workload_ref: WorkloadRef | None = None
    """The Deployment that says instead what the pods are; a change of its template is a new version."""
    strategy: Strategy
    """The way from one version to the next."""
    min_ready_seconds: Annotated[Delay, Field(json_schema_extra=UNSTORED)] = 0
    """How many seconds a pod must have been ready to count as available; 0 when not given."""
    progress_deadline_seconds: Annotated[Delay, Field(json_schema_extra=UNSTORED)] = 600
    """After how many seconds without progress it is Degraded; 600 when not given. Waits and analyses do not count."""
    progress_deadline_abort: StrictBool = False
    """Whether it is given up then."""
    revision_history_limit: Annotated[Replicas, Field(json_schema_extra=UNSTORED)] = 10
    """How many old ReplicaSets are kept, so that one can go back to them; 10 when not given."""
    paused: StrictBool = False
    """Whether it goes no further; what is there is still healed."""
    rollback_window: RollbackWindow | None = None
    """How far back a version is taken for proven."""

    @model_validator(mode="after")
    def _can_run(self) -> Self:
        refuse("RolloutSpec", [*self._said(), *self.unfit(), *self._in_time()])
        return self

    @property
    def pods(self) -> Mapping[str, Any]:
        """Return the template of its pods, as far as it stands here."""
        return self.template or {}

    @property
    def selects(self) -> Selector:
        """Return which pods are its own, as far as it stands here."""
        return self.selector or Selector.model_construct()

    def unfit(self) -> list[Problem]:
        """Return what keeps pods from being made of a template that stands here; nothing where none does."""
        return [] if self.template is None else [*self._unmatched(), *self._reserved()]

    def _said(self) -> list[Problem]:
        """Return whether the pods are not said by exactly one of two, or nobody says which are its own."""
        found = []
        if (self.template is None) == (self.workload_ref is None):
            found.append(Problem(("template",), None, _ONE_TEMPLATE.message))
        if self.selector is None and self.workload_ref is None:
            found.append(Problem(("selector",), None, _SELECTOR.message))
        return found

    @property
    def labels(self) -> Mapping[str, str]:
        """Return the labels that the template gives pods."""
        metadata = self.pods.get("metadata")
        labels = metadata.get("labels") if isinstance(metadata, Mapping) else None
        return labels if isinstance(labels, Mapping) else {}

    def _unmatched(self) -> list[Problem]:
        if self.selects.matches(self.labels):
            return []
        why = "spec.selector does not select the pods that it makes: give them its labels"
        return [Problem(("template", "metadata", "labels"), dict(self.labels), why)]

    def _reserved(self) -> list[Problem]:
        if HASH not in self.labels and HASH not in (self.selects.match_labels or {}):
            return []
        return [Problem(("template", "metadata", "labels", HASH), None, "this label is given by the operator")]

    def _in_time(self) -> list[Problem]:
        if self.progress_deadline_seconds > self.min_ready_seconds:
            return []
        why = "it must be longer than minReadySeconds, or no pod could ever be in time"
        return [Problem(("progressDeadlineSeconds",), self.progress_deadline_seconds, why)]


def containers(spec: RolloutSpec) -> list[tuple[str, str]]:
    """Return name and image of each container of the template, as far as it has them."""
    inner: Any = spec.pods.get("spec")
    found = inner.get("containers") if isinstance(inner, Mapping) else None
    rows = found if isinstance(found, list) else []
    return [(str(each.get("name", "")), str(each.get("image", ""))) for each in rows if isinstance(each, Mapping)]


ROLLOUT = Kind(
    name="Rollout",
    plural="rollouts",
    singular="rollout",
    short_names=("fgro",),
    description="A workload, and how it goes from one version to the next: judged, and taken back when it fails.",
    spec=RolloutSpec,
    status=RolloutStatus,
    annotations=(PAUSE, PROMOTE, ABORT, RETRY),
    scale=Scale(".spec.replicas", ".status.HPAReplicas", ".status.selector"),
    columns=(
        Column("Phase", "string", ".status.phase", "Where it stands."),
        Column("Step", "string", ".status.progress", "Which step of how many."),
        Column("Weight", "integer", ".status.weight", "The share of requests, or of pods, that the new version has."),
        Column("Desired", "integer", ".spec.replicas", "How many pods there are to be."),
        Column("Available", "integer", ".status.availableReplicas", "How many are available."),
        Column("Revision", "integer", ".status.revision", "The number of the newest version.", priority=1),
        Column("Age", "date", ".metadata.creationTimestamp", "Time since it was made."),
        Column("Message", "string", ".status.message", "What is going on.", priority=1),
    ),
)
