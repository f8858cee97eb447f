"""The kinds of Argo Rollouts as they are looked at here: whole specs, of which nothing is pruned, and its statuses."""

from typing import Any

from pydantic import ConfigDict

from fabgitops_core.api.argo.owning import DEFAULT_ID, INSTANCE_ID
from fabgitops_core.api.argo.status import ArgoRolloutStatus
from fabgitops_core.api.kinds import Column, Kind, Scale
from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.rollout.marks import ABORT, PAUSE, PROMOTE, RETRY
from fabgitops_core.api.schema import Rule

GROUP, VERSION = "argoproj.io", "v1alpha1"


def _whole(schema: dict[str, Any]) -> None:
    """Let the API server keep all fields: what it prunes, nobody could refuse."""
    schema.pop("additionalProperties", None)
    schema["x-kubernetes-preserve-unknown-fields"] = True


class Manifest(ApiModel):
    """A spec as it is written, with all its fields: what of them is done here is found out by who reads it."""

    model_config = ConfigDict(extra="allow", json_schema_extra=_whole)

    @property
    def fields(self) -> dict[str, Any]:
        """Return the fields."""
        return dict(self.model_extra or {})


ARGO_ROLLOUT = Kind(
    name=f"Rollout.{GROUP}",
    kind="Rollout",
    group=GROUP,
    version=VERSION,
    plural="rollouts",
    singular="rollout",
    short_names=("ro",),
    description="A workload, and how it goes from one version to the next, as Argo Rollouts has it.",
    spec=Manifest,
    status=ArgoRolloutStatus,
    shared_status=True,
    scale=Scale(".spec.replicas", ".status.HPAReplicas", ".status.selector"),
    label=(INSTANCE_ID, DEFAULT_ID),
    described=True,
    annotations=(PAUSE, PROMOTE, ABORT, RETRY),
    columns=(
        Column("Desired", "integer", ".spec.replicas", "How many pods there are to be."),
        Column("Current", "integer", ".status.replicas", "How many there are, of all revisions."),
        Column("Up-to-date", "integer", ".status.updatedReplicas", "How many are of the declared revision."),
        Column("Available", "integer", ".status.availableReplicas", "How many are available."),
        Column("Age", "date", ".metadata.creationTimestamp", "Time since it was made."),
        Column("Phase", "string", ".status.phase", "Where it stands.", priority=1),
        Column("Message", "string", ".status.message", "What is going on.", priority=1),
    ),
)

_AGE = Column("Age", "date", ".metadata.creationTimestamp", "Time since it was made.")

ARGO_TEMPLATE = Kind(
    name=f"AnalysisTemplate.{GROUP}",
    kind="AnalysisTemplate",
    group=GROUP,
    version=VERSION,
    plural="analysistemplates",
    singular="analysistemplate",
    short_names=("at",),
    description="What a change is judged by, as Argo Rollouts has it.",
    spec=Manifest,
    status=None,
    columns=(_AGE,),
)

CLUSTER_TEMPLATE = Kind(
    name="ClusterAnalysisTemplate",
    group=GROUP,
    version=VERSION,
    plural="clusteranalysistemplates",
    singular="clusteranalysistemplate",
    short_names=("cat",),
    description="What changes are judged by in any namespace, as Argo Rollouts has it.",
    spec=Manifest,
    status=None,
    columns=(_AGE,),
    optional=True,
    namespaced=False,
)

_NOT_RUN = (
    "experiments are not run here: use the strategy abTesting of fabgitops.io/v1 Rollout, or an analysis as a step"
)

ARGO_EXPERIMENT = Kind(
    name=f"Experiment.{GROUP}",
    kind="Experiment",
    group=GROUP,
    version=VERSION,
    plural="experiments",
    singular="experiment",
    short_names=("exp",),
    description="What nobody runs here. It is defined because the kubectl plugin of Argo Rollouts waits until it is.",
    spec=Manifest,
    status=None,
    columns=(_AGE,),
    rules=(Rule("false", _NOT_RUN),),
)
