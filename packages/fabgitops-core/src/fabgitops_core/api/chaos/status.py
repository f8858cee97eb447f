"""How an experiment stands: the record that is stored before anything is done, and what it showed."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from fabgitops_core.api.conditions import Condition
from fabgitops_core.api.meta import ApiModel, Time

Count = Annotated[int, Field(ge=0)]


class Phase(StrEnum):
    """Whether it runs, in one word."""

    PENDING = "Pending"
    """Nothing was touched."""
    RUNNING = "Running"
    """Something may be injected."""
    RECOVERING = "Recovering"
    """It is over, and what was injected is being ended."""
    COMPLETED = "Completed"
    """It ran for its whole time; nothing of it is left."""
    FAILED = "Failed"
    """It did not begin, or could not go on; nothing of it is left."""
    ABORTED = "Aborted"
    """Somebody, or a probe, ended it; nothing of it is left."""

    @property
    def final(self) -> bool:
        """Return whether it never changes again."""
        return self in {Phase.COMPLETED, Phase.FAILED, Phase.ABORTED}


class Verdict(StrEnum):
    """What it showed."""

    PASSED = "Passed"
    """All that was planned was injected and had effect, every probe held, and everything is known to be over."""
    FAILED = "Failed"
    """A probe failed."""
    INCONCLUSIVE = "Inconclusive"
    """It shows nothing: it did not run as planned, or a probe could not be asked."""


class TargetState(StrEnum):
    """How one target stands."""

    INJECTING = "Injecting"
    """It may be injected, or not: this is recorded before it is asked for."""
    INJECTED = "Injected"
    GONE = "Gone"
    """What was chosen is not there any more; what has its name now is another."""
    RECOVERED = "Recovered"
    """Nothing of the experiment is left in it."""


class TargetRecord(ApiModel):
    """One target: chosen once, by name and uid."""

    name: str
    """Its name."""
    uid: str
    """Its uid: whatever else has its name is another."""
    node: str = ""
    """Whose agent injects, or nothing."""
    id: str = ""
    """Names the injection: the same for each request about it."""
    state: TargetState = TargetState.INJECTING
    """How it stands."""
    before: str = ""
    """What the target had before, where that is put back."""
    injected_at: Time | None = None
    """When it is known to have been injected."""
    recovered_at: Time | None = None
    """Since when nothing of the experiment is left in it."""
    confirmed: bool | None = None
    """Whether somebody said so; false where nobody did: a lease is over by then, what plcDrift set may stay."""
    effective: bool | None = None
    """Whether anything came of it, as packets that were held; nothing where nobody can tell."""
    message: str = ""
    """What else there is to say."""


class ProbeRecord(ApiModel):
    """How one probe was answered."""

    name: str
    """Its name."""
    passed: Count = 0
    """How many answers held."""
    failed: Count = 0
    """How many did not."""
    unknown: Count = 0
    """How often it could not be asked."""
    in_row: Count = 0
    """How many in a row did not hold last."""
    verdict: Verdict | None = None
    """Failed once it has failed, Inconclusive once it could not be asked where it counted."""
    last: str = ""
    """What it was answered last."""
    ended: bool = False
    """Whether it was asked for the last time: everything of the experiment was over by then."""


class ChaosExperimentStatus(ApiModel):
    """How it stands; what is injected stands here before."""

    phase: Phase = Phase.PENDING
    """Whether it runs, in one word."""
    verdict: Verdict | None = None
    """What it showed; nothing until it is over."""
    reason: str = ""
    """Why it stands where it does, as one word for programs."""
    message: str = ""
    """The same as a sentence."""
    started_at: Time | None = None
    """When the first target was recorded."""
    ends_at: Time | None = None
    """When it ends by itself."""
    finished_at: Time | None = None
    """When it was over."""
    selected: str = ""
    """How many were chosen of how many that could be, for people: 2/5."""
    targets: tuple[TargetRecord, ...] = ()
    """What was chosen."""
    probes: tuple[ProbeRecord, ...] = ()
    """How its probes were answered."""
    conditions: tuple[Condition, ...] = ()
    """Ready (it has completed, and passed), Reconciling, Stalled, and Selected, SteadyState, Injected, Recovered."""
    observed_generation: Count = 0
    """The metadata.generation that this was said of."""
