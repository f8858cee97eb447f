"""How often a register may be written: the memory behind it wears out."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from fabgitops_core.api.meta import ApiModel, Time
from fabgitops_core.api.refusals import Problem, refuse
from fabgitops_core.api.schema import Rule, rules, unstored

_NOTHING = "a budget without a number bounds nothing: give perHour, perDay, or both"


@unstored
@rules(Rule("has(self.perHour) || has(self.perDay)", _NOTHING))
class WriteBudget(ApiModel):
    """How many writes each register may get, whatever comes of them."""

    per_hour: Annotated[int, Field(ge=1, le=3600, strict=True)] | None = None
    """Writes of one register within an hour, which begins with the first of them; any number when not given."""
    per_day: Annotated[int, Field(ge=1, le=86400, strict=True)] | None = None
    """Writes of one register within a day of 24 hours, which begins with the first of them; any when not given."""

    @model_validator(mode="after")
    def _bounds_something(self) -> Self:
        if self.per_hour is None and self.per_day is None:
            refuse("WriteBudget", [Problem((), {}, _NOTHING)])
        return self


class Writes(ApiModel):
    """How often a register was written, whatever came of it."""

    total: Annotated[int, Field(ge=0)] = 0
    """Writes since the register has a budget."""
    hour: Annotated[int, Field(ge=0)] = 0
    """Writes in the hour that began at hourSince."""
    hour_since: Time | None = None
    """When that hour began, with the first write in it."""
    day: Annotated[int, Field(ge=0)] = 0
    """Writes in the day that began at daySince."""
    day_since: Time | None = None
    """When that day began, with the first write in it."""
