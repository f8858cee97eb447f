"""The status of a Rollout as Argo Rollouts has it, which its kubectl plugin and Argo CD read and patch.

All that we go on from stands in one field of ours beside it: a status that says something else than that field has
been patched by somebody, and what they changed is what they want.
"""

from typing import Annotated

from pydantic import Field

from fabgitops_core.api.analysis.status import Count
from fabgitops_core.api.meta import ApiModel, Time
from fabgitops_core.api.rollout.status import PauseCondition, RolloutStatus, WeightStatus


class ArgoCondition(ApiModel):
    """One observation about a Rollout; of our own types, too, as kstatus reads them."""

    type: str
    """What is observed."""
    status: str
    """Whether it holds: True, False or Unknown."""
    reason: str = ""
    """Why, as one word for programs."""
    message: str = ""
    """Why, as a sentence for people."""
    last_update_time: Time
    """When it was said last."""
    last_transition_time: Time
    """When its status last changed."""


class RunStatus(ApiModel):
    """How an analysis stands."""

    name: str
    """The AnalysisRun that tells of it."""
    status: str
    """Running, Successful, Failed, Inconclusive or Error."""
    message: str = ""
    """Why it has ended so."""


class ArgoWeights(ApiModel):
    """The weights that routes have."""

    canary: WeightStatus = WeightStatus()
    """Of the new version."""
    stable: WeightStatus = WeightStatus()
    """Of the proven one."""
    verified: bool | None = None
    """Whether every gateway has accepted them."""


class ArgoCanary(ApiModel):
    """How a canary stands."""

    weights: ArgoWeights | None = None
    """The weights of its routes."""
    current_step_analysis_run_status: RunStatus | None = None
    """The analysis that is a step."""
    current_background_analysis_run_status: RunStatus | None = None
    """The analysis that goes on meanwhile."""


class ArgoBlueGreen(ApiModel):
    """How a blue-green stands."""

    active_selector: str = ""
    """The revision that the active Service selects."""
    preview_selector: str = ""
    """The revision that the preview Service selects."""
    scale_up_preview_check_point: bool = False
    """The new version was let past its wait, and gets all its pods."""
    pre_promotion_analysis_run_status: RunStatus | None = None
    """The analysis before it goes over."""
    post_promotion_analysis_run_status: RunStatus | None = None
    """The analysis afterwards."""


class ArgoRolloutStatus(ApiModel):
    """How a Rollout stands."""

    phase: str = ""
    """Healthy, Progressing, Paused or Degraded."""
    message: str = ""
    """What is going on, in one sentence."""
    observed_generation: str = ""
    """The metadata.generation of the spec that this speaks of, as a text."""
    workload_observed_generation: str = ""
    """What an annotation of Argo Rollouts says of what `workloadRef` names: Argo CD waits until both agree."""
    current_pod_hash: str = ""
    """The revision of the template that is declared."""
    stable_rs: Annotated[str, Field(alias="stableRS")] = ""
    """The revision that is proven."""
    current_step_index: int | None = None
    """Which step is under way. Somebody who makes it the next one goes past the step."""
    current_step_hash: str = ""
    """Names the steps."""
    pause_conditions: tuple[PauseCondition, ...] | None = None
    """Why it waits; none where it does not: Argo CD takes an empty list for "not paused", whatever the spec says.
    Somebody who takes them away promotes it."""
    controller_pause: bool = False
    """It waits by pause conditions."""
    restarted_at: Time | None = None
    """Which spec.restartAt Argo Rollouts has carried out; another one is refused."""
    abort: bool = False
    """It was given up. Somebody who makes it true gives it up, who takes it away retries."""
    aborted_at: Time | None = None
    """When."""
    promote_full: bool = False
    """All that is left is skipped: somebody wanted that by making it true."""
    replicas: Count = 0
    """How many pods there are, of all revisions."""
    updated_replicas: Count = 0
    """How many of the revision that is declared."""
    ready_replicas: Count = 0
    """How many are ready."""
    available_replicas: Count = 0
    """How many are available."""
    hpa_replicas: Annotated[Count, Field(alias="HPAReplicas")] = 0
    """How many a HorizontalPodAutoscaler counts."""
    selector: str = ""
    """The selector of its pods as a text, for the scale subresource."""
    collision_count: int | None = None
    """How often a name that was to be given stood for something else."""
    canary: ArgoCanary = ArgoCanary()
    """How a canary stands."""
    blue_green: ArgoBlueGreen = ArgoBlueGreen()
    """How a blue-green stands."""
    conditions: tuple[ArgoCondition, ...] = ()
    """Available, Progressing, Paused, Completed, Healthy and InvalidSpec; and Ready, Reconciling and Stalled."""
    fabgitops: RolloutStatus | None = None
    """All that the operator goes on from, as it was said last; in the fields above people may have changed it."""
