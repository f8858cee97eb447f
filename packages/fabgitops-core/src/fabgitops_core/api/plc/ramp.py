"""How far one write may go: a set-point that jumps is as good as a blow to a machine that cannot follow."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.refusals import Problem, refuse
from fabgitops_core.api.schema import Rule, rules

_NOWHERE = "maxStep must be above 0: whether a step goes up or down follows from value"


@rules(Rule("self.maxStep > 0.0", _NOWHERE, field=".maxStep"))
class Ramp(ApiModel):
    """In which steps a register goes to its value."""

    max_step: Annotated[float, Field(ge=0, strict=True, allow_inf_nan=False)]
    """The furthest that one write may be from what was read before it, in engineering units; above 0."""
    step_interval_secs: Annotated[int, Field(ge=1, le=3600, strict=True)]
    """Seconds between two writes of the register."""

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if not self.max_step:
            refuse("Ramp", [Problem(("maxStep",), self.max_step, _NOWHERE)])
        return self
