"""ChaosPolicy: what is allowed at all; without the one that is called default nothing is."""

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import Field, StrictBool, model_validator

from fabgitops_core.api.chaos.experiment import MAX_DURATION_SECS
from fabgitops_core.api.chaos.target import MAX_TARGETS
from fabgitops_core.api.kinds import Column, Kind
from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.refusals import Problem, refuse
from fabgitops_core.api.schema import Rule
from fabgitops_core.api.windows import MAX_WINDOWS, Span, WindowType

NAME = "default"
"""The one name that a policy may have."""

ScenarioName = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z][A-Za-z0-9]*$")]


class ChaosWindow(Span):
    """A time that comes again and again, in which experiments may be, or may not."""

    type: WindowType
    """allow or deny; deny wins, and where there is any allow no experiment is outside all of those."""


class ChaosPolicySpec(ApiModel):
    """Whether there is chaos, and how much at most. It is asked for as long as an experiment runs."""

    enabled: StrictBool = False
    """Whether any experiment may run; false ends all that do."""
    scenarios: Annotated[tuple[ScenarioName, ...], Field(max_length=64)] = ()
    """What may be done: podKiller, cpuStress, … and names of extensions; nothing when not given."""
    max_duration_secs: Annotated[int, Field(ge=1, le=MAX_DURATION_SECS, strict=True)] = 600
    """Seconds that an experiment may last; 600 when not given."""
    max_targets: Annotated[int, Field(ge=1, le=MAX_TARGETS, strict=True)] = 5
    """How many targets there may be of what its selector matches, with those that others have; 5 when not given."""
    max_percent: Annotated[int, Field(ge=1, le=100, strict=True)] = 50
    """How many of a hundred that match, with those that others have; 50 when not given. One is always allowed."""
    min_ready_left: Annotated[int, Field(ge=0, le=1000, strict=True)] = 1
    """How many that are ready, and match, pods or PLCs, it and others leave alone when it begins; 1 when not given."""
    windows: Annotated[tuple[ChaosWindow, ...], Field(max_length=MAX_WINDOWS)] = ()
    """When experiments may be; at any time when not given. One that runs when its window closes ends."""
    real_plcs: StrictBool = False
    """Whether packets from the operator to real PLCs may be late or lost; nothing is ever written to one."""
    allow_self: StrictBool = False
    """Whether our own pods may be targets; their packets are held by no experiment on pods all the same."""

    @model_validator(mode="after")
    def _says_each_once(self) -> Self:
        refuse("ChaosPolicySpec", self._doubled())
        return self

    def _doubled(self) -> Iterator[Problem]:
        for place, name in enumerate(self.scenarios):
            if name in self.scenarios[:place]:
                yield Problem(("scenarios", place), name, "it is named twice")


CHAOS_POLICY = Kind(
    name="ChaosPolicy",
    plural="chaospolicies",
    singular="chaospolicy",
    short_names=(),
    description="What chaos experiments are allowed in this cluster: without one that is called default, none.",
    spec=ChaosPolicySpec,
    status=None,
    namespaced=False,
    rules=(Rule(f"self.metadata.name == '{NAME}'", f"there is one ChaosPolicy: call it {NAME}"),),
    columns=(
        Column("Enabled", "boolean", ".spec.enabled", "Whether any experiment may run."),
        Column("Age", "date", ".metadata.creationTimestamp", "Time since it was made."),
    ),
)
