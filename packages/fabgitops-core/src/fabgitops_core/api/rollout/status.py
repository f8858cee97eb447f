"""How a Rollout stands: all that it goes on from after a restart, beside the objects themselves.

Fields that Argo Rollouts has are called as there and mean the same.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from fabgitops_core.api.analysis.status import AnalysisStatus, Count
from fabgitops_core.api.conditions import Condition
from fabgitops_core.api.meta import ApiModel, Time
from fabgitops_core.api.rollout.steps import HeaderRoute

MAX_DECISIONS = 50
MAX_OUTBOX = 16
MAX_PROVEN = 100
MAX_LOST = 8


class Phase(StrEnum):
    """Where a Rollout stands, in one word."""

    INITIALIZING = "Initializing"
    """The first version comes up."""
    PROGRESSING = "Progressing"
    """A new version is on its way."""
    PAUSED = "Paused"
    """It waits for somebody's word, or for a time."""
    PREVIEW = "Preview"
    """Blue-green: the new version stands beside the old one, and gets no requests of users."""
    EXPERIMENTING = "Experimenting"
    """A/B: some users get the new version."""
    CONCLUDED = "Concluded"
    """A/B: the time is over, and it waits for a promotion or an abort."""
    COMPLETED = "Completed"
    """All pods are of the version that is declared."""
    FAILED = "Failed"
    """It was given up, it makes no progress, or it is not valid."""


class Why(StrEnum):
    """Why it waits: reasons of pause conditions."""

    CANARY_STEP = "CanaryPauseStep"
    """A step of the canary is a pause."""
    BLUE_GREEN = "BlueGreenPause"
    """The new version waits to become the active one."""
    INCONCLUSIVE = "InconclusiveAnalysisRun"
    """An analysis could not tell."""
    CONTENDED = "ContendedRoute"
    """Somebody else sets weights or selectors again and again."""


class PauseCondition(ApiModel):
    """One reason why it waits."""

    reason: str
    """Why."""
    start_time: Time
    """Since when."""


class WeightStatus(ApiModel):
    """The weight of one side."""

    weight: Count = 0
    """How much it has, of trafficRouting.maxTrafficWeight."""
    service_name: str = ""
    """Its Service."""
    pod_template_hash: str = ""
    """Its revision."""


class Weights(ApiModel):
    """The weights that routes have."""

    canary: WeightStatus = WeightStatus()
    """Of the new version."""
    stable: WeightStatus = WeightStatus()
    """Of the proven one."""
    headers: Annotated[tuple[HeaderRoute, ...], Field(max_length=8)] = ()
    """Requests with certain headers that go to the new version besides, the first goes before the others."""
    accepted_at: Time | None = None
    """Since when every gateway has accepted them; none while one has not."""


class CanaryStatus(ApiModel):
    """What a canary goes on from."""

    weights: Weights | None = None
    """The weights of its routes."""


class BlueGreenStatus(ApiModel):
    """What a blue-green goes on from."""

    active_selector: str = ""
    """The revision that the active Service is to select."""
    preview_selector: str = ""
    """The revision that the preview Service is to select."""
    previous_selector: str = ""
    """The revision that the active Service selected before: its pods stay for a while."""
    scale_up_preview_check_point: bool = False
    """The new version was let past its wait, and gets all its pods."""


class HeldRoute(ApiModel):
    """A route of somebody else's whose weights it sets: one that is named no more is put back, and let go."""

    kind: str
    """HTTPRoute or GRPCRoute."""
    name: str
    """Its name."""
    rule: str = ""
    """Which rule of it; none for the only one."""
    stable_service: str
    """The Service that all of its requests go to in the end."""
    canary_service: str
    """The one that some of them go to meanwhile."""
    headers: Annotated[tuple[HeaderRoute, ...], Field(max_length=8)] = ()
    """The header routes that it had when it was left."""
    propagation_seconds: Count = 0
    """How long after a gateway has accepted it that is taken to be in force."""
    left_at: Time | None = None
    """Since when it is named no more."""
    back_at: Time | None = None
    """Since when it is as it is to be left: whoever changes it from then on may."""
    accepted_at: Time | None = None
    """Since when every gateway has accepted that."""


class Contention(ApiModel):
    """How often somebody else set what we hold, within ten minutes."""

    since: Time
    """Since when it is counted."""
    count: Count = 0
    """How often."""
    accepted: str = ""
    """At which revision and step, as HASH/STEP, somebody has let it go on in spite of that."""


class Ceiling(ApiModel):
    """The most that a new version may have while it is held: what it had when that began."""

    revision: str
    """Its hash."""
    replicas: Count = 0
    """How many pods were wanted of all versions."""
    pods: Count = 0
    """How many its ReplicaSet was told to have."""
    weight: Count = 0
    """How much weight all of its routes gave it."""
    max_weight: Annotated[int, Field(ge=1)] = 100
    """Of how much."""
    selected: bool = False
    """The canary Service, or that of the preview, selected it."""
    headers: Annotated[tuple[str, ...], Field(max_length=8)] = ()
    """The names of the header routes that led to it."""


class Decision(ApiModel):
    """One decision, and what it was made by."""

    at: Time
    """When."""
    stage: Phase
    """Where it stood."""
    step: int | None = None
    """At which step."""
    input: str
    """What it was told, in a few words."""
    rule: str
    """Which rule applied, as one word for programs."""
    outcome: str
    """What follows, in a sentence."""
    revision: str = ""
    """Of which revision: its hash."""


class Pending(ApiModel):
    """An event that the sink has not taken yet, with all that is told of it: told again it says the same."""

    id: str
    """Its id, the same when it is sent again."""
    type: str
    """What has happened, as the word by which the event is made again."""
    at: Time
    """When."""
    revision: str = ""
    """Of which revision: its hash."""
    number: Count = 0
    """The number of the revision."""
    attempt: Count = 0
    """Which attempt at it."""
    analysis: int | None = None
    """Of which analysis, by its number."""
    step: int | None = None
    """At which step."""
    steps: Count = 0
    """Of how many."""
    weight: Count = 0
    """The share of the new version."""
    images: tuple[str, ...] = ()
    """The images of the revision."""
    verdict: str = ""
    """What an analysis came to."""
    text: str = ""
    """What else is told of it."""


class RolloutStatus(ApiModel):
    """How it stands; written when something has changed."""

    phase: Phase = Phase.INITIALIZING
    """Where it stands, in one word."""
    message: str = ""
    """What is going on, in one sentence."""
    current_pod_hash: str = ""
    """The revision of the template that is declared."""
    stable_rs: Annotated[str, Field(alias="stableRS")] = ""
    """The revision that is proven: what an abort goes back to; `unknown` where the status was lost that said it."""
    revision: Count = 0
    """The number of the revision that is declared."""
    attempt: Count = 0
    """Which attempt at it, the first is 1: one that was given up and is begun once more is another."""
    collision_count: Count = 0
    """How often a name that was to be given stood for something else."""
    proven: Annotated[tuple[str, ...], Field(max_length=MAX_PROVEN)] = ()
    """Revisions that were proven before that one, the last of them at the end: the ways back. One that was given up
    since is none."""
    lost: Annotated[tuple[str, ...], Field(max_length=MAX_LOST)] = ()
    """Revisions that were proven and are gone, and that somebody did without: a Service that is named no more and still
    selects one of them selects all pods again."""
    current_step_index: int | None = None
    """Which step is under way, the first is 0; as many as there are when all are done."""
    current_step_hash: str = ""
    """Names the steps: others begin anew."""
    progress: str = ""
    """Step and how many there are, for people: 2/5."""
    weight: Count = 0
    """The share of requests, or of pods, that the new version has, of a hundred."""
    step_started_at: Time | None = None
    """When the step was begun."""
    pause_conditions: tuple[PauseCondition, ...] = ()
    """Why it waits."""
    controller_pause: bool = False
    """It waits by a word of ours, not of its manifest."""
    abort: bool = False
    """It was given up, until the template changes or somebody retries."""
    aborted_at: Time | None = None
    """When."""
    cause: str = ""
    """Why, in a sentence."""
    ceiling: Ceiling | None = None
    """The most that it may have while somebody pauses it, or while the proven revision is lost."""
    promote_full: bool = False
    """All that is left is skipped."""
    heard: Annotated[tuple[str, ...], Field(max_length=4)] = ()
    """Words of people in its annotations that were carried out, or were for something else: once each."""
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
    canary: CanaryStatus = CanaryStatus()
    """What a canary goes on from."""
    blue_green: BlueGreenStatus = BlueGreenStatus()
    """What a blue-green goes on from."""
    services: Annotated[tuple[str, ...], Field(max_length=8)] = ()
    """Services whose selectors it holds: one that is named no more is let go."""
    routes: Annotated[tuple[HeldRoute, ...], Field(max_length=16)] = ()
    """Routes of others that it sets: one that is named no more is put back and let go."""
    contention: Contention | None = None
    """How often somebody else set what we hold."""
    progressed_at: Time | None = None
    """When there was progress last: the deadline counts from there."""
    progress_mark: str = ""
    """Names how far it was then."""
    started_at: Time | None = None
    """When the revision was begun."""
    finished_at: Time | None = None
    """When it was done, or given up."""
    analyses: tuple[AnalysisStatus, ...] = ()
    """What judges it: 0 in the background, N+1 at step N; of a blue-green 1 before and 2 after it goes over."""
    accepted: tuple[Count, ...] = ()
    """The numbers of analyses that could not tell, and that somebody has gone past: they count no more."""
    decisions: Annotated[tuple[Decision, ...], Field(max_length=MAX_DECISIONS)] = ()
    """The last decisions, oldest first."""
    outbox: Annotated[tuple[Pending, ...], Field(max_length=MAX_OUTBOX)] = ()
    """Events that are not told for good yet."""
    untold: Count = 0
    """Events that were dropped, for too many were not taken."""
    observed_generation: Count = 0
    """The metadata.generation of the spec that this status speaks of."""
    last_handled_reconcile_at: str | None = None
    """The last reconcile.fabgitops.io/requestedAt that was carried out."""
    last_update: Time | None = None
    """When this status was written last."""
    conditions: tuple[Condition, ...] = ()
    """Ready, Reconciling, Stalled, Paused and Available, by the Kubernetes API conventions."""
