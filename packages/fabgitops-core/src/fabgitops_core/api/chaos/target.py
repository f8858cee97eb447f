"""To what something is done: which pods or PLCs, and how many of them."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.refusals import Problem, refuse
from fabgitops_core.api.schema import Rule, rules
from fabgitops_core.api.selecting import Selector

MAX_TARGETS = 50
"""More than so many are never chosen: each has a record in the status."""


class TargetKind(StrEnum):
    """What targets are."""

    PODS = "pods"
    PLCS = "plcs"
    """IndustrialPLCs."""


class Mode(StrEnum):
    """How many of what is selected."""

    ONE = "one"
    ALL = "all"
    FIXED = "fixed"
    """As many as value says."""
    FIXED_PERCENT = "fixedPercent"
    """As many of a hundred as value says, rounded down, but one at least."""
    RANDOM_MAX_PERCENT = "randomMaxPercent"
    """By the seed, from one to as many of a hundred as value says."""

    @property
    def takes_value(self) -> bool:
        """Return whether it needs a number."""
        return self not in {Mode.ONE, Mode.ALL}

    @property
    def is_share(self) -> bool:
        """Return whether its number is a percentage."""
        return self in {Mode.FIXED_PERCENT, Mode.RANDOM_MAX_PERCENT}


_VALUE = Rule(
    "has(self.value) == (self.mode in ['fixed', 'fixedPercent', 'randomMaxPercent'])",
    "fixed, fixedPercent and randomMaxPercent take a value, one and all take none",
    field=".value",
)
_SHARE = Rule(
    "!has(self.value) || !(self.mode in ['fixedPercent', 'randomMaxPercent']) || self.value <= 100",
    "a percentage is at most 100",
    field=".value",
)


@rules(_VALUE, _SHARE)
class Target(ApiModel):
    """Which, and how many: chosen once, by name and uid, when the experiment begins."""

    kind: TargetKind
    """pods or plcs."""
    namespace: Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")] | None = (
        None
    )
    """Where they are; the namespace of the experiment when not given."""
    label_selector: Selector
    """Which of them, by their labels."""
    mode: Mode = Mode.ONE
    """How many of them: one when not given, all, fixed, fixedPercent or randomMaxPercent."""
    value: Annotated[int, Field(ge=1, le=1000, strict=True)] | None = None
    """How many, or how many of a hundred."""
    seed: Annotated[str, Field(max_length=63, pattern=r"^[A-Za-z0-9_.-]*$")] = ""
    """Of which the choice is made: with the same the same pods are chosen. The experiment's uid when not given."""

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        refuse("Target", self._problems())
        return self

    def _problems(self) -> Iterator[Problem]:
        if (self.value is not None) != self.mode.takes_value:
            yield Problem(("value",), self.value, _VALUE.message)
        elif self.value is not None and self.mode.is_share and self.value > 100:
            yield Problem(("value",), self.value, _SHARE.message)
