"""How a rollout of set-points stands: all that it goes on from after a restart, beside what its PLCs say themselves."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from fabgitops_core.api.analysis.status import AnalysisStatus, Count, Measurement, MetricStatus
from fabgitops_core.api.conditions import Condition
from fabgitops_core.api.meta import ApiModel, Time
from fabgitops_core.api.setpoint.waves import MAX_WAVES

__all__ = [
    "MAX_DECISIONS",
    "MAX_JOINED",
    "MAX_NAMED",
    "MAX_OUTBOX",
    "AnalysisStatus",
    "Decision",
    "Failing",
    "Measurement",
    "Members",
    "MetricStatus",
    "PausedBy",
    "Pending",
    "Phase",
    "Plan",
    "PlannedWave",
    "SetpointRolloutStatus",
]

MAX_NAMED = 20
"""How many PLCs a list names; the others are counted."""
MAX_DECISIONS = 50
MAX_OUTBOX = 16
MAX_JOINED = 100
"""How many PLCs that came later are known by name; more take the place that their names give them."""


class Phase(StrEnum):
    """Where a rollout stands, in one word."""

    WATCHING = "Watching"
    """All PLCs hold what Git wants, or it was just made."""
    PLANNING = "Planning"
    """Git wants something else: it waits until that stands still, for a yes, or for the end of a freeze window."""
    RELEASING = "Releasing"
    """PLCs of the wave are let go over to it, written and read back."""
    BAKING = "Baking"
    """The wave is proven, and watched."""
    ANALYSING = "Analysing"
    """The wave has baked, and its own analyses have not ended."""
    PAUSED = "Paused"
    """It waits for somebody's word."""
    RESTORING = "Restoring"
    """What was released is put back."""
    ABORTED = "Aborted"
    """It was given up: this revision is not released any more, until Git changes or somebody retries."""
    DONE = "Done"
    """All PLCs that could be were released, and the last wave has baked."""


class PausedBy(StrEnum):
    """Whose word it waits for."""

    ASKED = "Asked"
    """Somebody paused it: until they let it go on."""
    WAVE = "Wave"
    """The wave ends with a pause: until a promotion, or for its time."""
    FAILURE = "Failure"
    """It has failed, and failurePolicy is Pause: until a promotion, an abort, or a retry."""
    INCONCLUSIVE = "Inconclusive"
    """An analysis could not tell: until a promotion, or an abort."""


class PlannedWave(ApiModel):
    """One wave of a plan."""

    wave: Annotated[int, Field(ge=1)]
    """Its number."""
    members: Count
    """How many PLCs it releases, without those of the waves before."""
    total: Count
    """How many have been released when it is done."""
    names: Annotated[tuple[str, ...], Field(max_length=MAX_NAMED)] = ()
    """The first of its PLCs, in their order."""


class Plan(ApiModel):
    """What a change is going to do, before it is begun."""

    hash: str
    """Names revision, waves and order: what somebody agrees to by the annotation fabgitops.io/approve."""
    size: Count
    """How many PLCs there were when it began: what percentages are of."""
    changes: Count
    """How many of them do not hold what Git wants."""
    waves: tuple[PlannedWave, ...] = ()
    """The waves."""
    since: Time
    """Since when it is just this."""
    approved_by: str | None = None
    """Who agreed to it."""


class Members(ApiModel):
    """How many PLCs stand how; each is counted in `total`, and in as many of the others as hold of it."""

    total: Count = 0
    """How many are selected."""
    released: Count = 0
    """How many may hold what Git wants."""
    proven: Count = 0
    """How many were read back to hold it."""
    held: Count = 0
    """How many are held at what they had."""
    restored: Count = 0
    """How many were put back to what they held before."""
    unreachable: Count = 0
    """How many are away."""
    skipped: Count = 0
    """How many that are away were passed over, and will be caught up."""
    failed: Count = 0
    """How many have failed in this round."""
    drifting: Count = 0
    """How many do not hold what they must now."""


class Failing(ApiModel):
    """A PLC that keeps a wave from being done, and why."""

    name: str
    """Its name."""
    why: str
    """What is wrong with it, in a few words."""


class Decision(ApiModel):
    """One decision, and what it was made by."""

    at: Time
    """When."""
    stage: Phase
    """Where the rollout stood."""
    wave: Count = 0
    """In which wave."""
    input: str
    """What it was told, in a few words."""
    rule: str
    """Which rule applied, as one word for programs."""
    outcome: str
    """What follows, in a sentence."""
    revision: str = ""
    """Of which revision."""


class Pending(ApiModel):
    """An event that the sink has not taken yet, with all that is told of it: told again it says the same."""

    id: str
    """Its id, the same when it is sent again."""
    type: str
    """What has happened, as the word by which the event is made again."""
    at: Time
    """When."""
    wave: Count = 0
    """In which wave."""
    revision: str = ""
    """Of which revision."""
    round: Count = 0
    """In which round."""
    waves: Count = 0
    """How many waves there were to be."""
    released: Count = 0
    """How many PLCs had been released."""
    total: Count = 0
    """Of how many."""
    verdict: str = ""
    """What an analysis came to."""
    text: str = ""
    """What else is told of it."""


class SetpointRolloutStatus(ApiModel):
    """How it stands; written when something has changed, once a second at most."""

    phase: Phase = Phase.WATCHING
    """Where it stands, in one word."""
    message: str = ""
    """What is going on, in one sentence."""
    revision: str = ""
    """Names what Git wants of all PLCs together: the revision that is on its way, or was last."""
    round: Count = 0
    """Counts the changes that were begun from rest: what PLCs held before is kept for one round."""
    wave: Count = 0
    """The wave that is under way, 0 before the first."""
    waves: Count = 0
    """How many there are."""
    progress: str = ""
    """Both, for people: 2/4."""
    released_text: str = ""
    """How many of the PLCs that are selected hold what Git wants, for people: 25/250."""
    members: Members = Members()
    """How many PLCs stand how."""
    plan: Plan | None = None
    """What the change is going to do, or has done."""
    waiting_for: Annotated[tuple[Failing, ...], Field(max_length=MAX_NAMED)] = ()
    """What the wave waits for."""
    failed: Annotated[tuple[Failing, ...], Field(max_length=MAX_NAMED)] = ()
    """What has failed in this round."""
    skipped: Annotated[tuple[str, ...], Field(max_length=MAX_NAMED)] = ()
    """PLCs that were away and passed over."""
    rejected: str = ""
    """The revision that was given up."""
    given_up: str = ""
    """The rule by which it has failed or was given up, as its decision says it."""
    cause: str = ""
    """The same as a sentence."""
    supersedes: str = ""
    """The revision in whose place this one came while it was under way."""
    fingerprint: str = ""
    """Names what Git wants of the PLCs that there are now; by that a restart knows whether Git has changed."""
    joined: Annotated[tuple[str, ...], Field(max_length=MAX_JOINED)] = ()
    """PLCs that came after the change was begun: they are the last."""
    paused_by: PausedBy | None = None
    """Whose word it waits for."""
    paused_for: str = ""
    """Why it waits for somebody's word."""
    paused_since: Time | None = None
    """Since when a pause, a freeze window or another rollout keeps it; the deadline does not count that."""
    resume_phase: Phase | None = None
    """Where it goes on from a pause."""
    wanted_since: Time | None = None
    """Since when Git wants just this."""
    started_at: Time | None = None
    """When the change was begun."""
    wave_started_at: Time | None = None
    """When the wave was begun; moved on by as long as a pause or a freeze window has lasted."""
    baking_since: Time | None = None
    """Since when the wave is proven."""
    finished_at: Time | None = None
    """When the change was done, or given up."""
    promoted: str = ""
    """The last promotion that was carried out."""
    heard: Annotated[tuple[str, ...], Field(max_length=4)] = ()
    """Words of people in its annotations that were carried out, or were for something else: once each."""
    tolerated: Count = 0
    """How many had failed when it went on all the same: only what fails beyond is a failure again."""
    accepted: Annotated[tuple[Count, ...], Field(max_length=MAX_WAVES + 2)] = ()
    """Analyses, by wave, that do not count any more: somebody let it go on, or failurePolicy did; 0 is the whole."""
    tolerated_away: Count = 0
    """How many were away when it went on all the same."""
    overdue: Count = 0
    """The last wave that went on although it was not proven within its deadline."""
    analyses: tuple[AnalysisStatus, ...] = ()
    """What judges the change."""
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
    """Ready, Reconciling, Stalled and Paused, by the Kubernetes API conventions."""
