"""In which waves a change goes over a fleet."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from fabgitops_core.api.analysis.refs import Analyses
from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.refusals import Problem, refuse
from fabgitops_core.api.schema import Rule, rules, unstored
from fabgitops_core.api.selecting import Labels

MAX_WAVES = 32
DAY = 86400
_ONE = Rule(
    "(has(self.percent) ? 1 : 0) + (has(self.count) ? 1 : 0) + (has(self.matchLabels) ? 1 : 0) == 1",
    "say how far the wave goes by exactly one of percent, count and matchLabels",
)


@unstored
class Pause(ApiModel):
    """A wait for somebody's word, or for a time."""

    duration_seconds: Annotated[int, Field(ge=1, le=7 * DAY, strict=True)] | None = None
    """After how many seconds it goes on by itself; when not given it waits for a promotion."""


@rules(_ONE)
@unstored
class Wave(ApiModel):
    """How far the change has gone when the wave is done: all waves before it are part of that."""

    percent: Annotated[int, Field(ge=1, le=100, strict=True)] | None = None
    """Up to this share of the PLCs that there were when the change began, rounded up."""
    count: Annotated[int, Field(ge=1, le=100_000, strict=True)] | None = None
    """Up to so many PLCs."""
    match_labels: Labels | None = None
    """Those before it, and all that carry these labels."""
    bake_seconds: Annotated[int, Field(ge=0, le=7 * DAY, strict=True)] = 60
    """How long all that is written must have held, read back and judged, before the wave is done; 60 when not given."""
    pause: Pause | None = None
    """What it waits for when it has baked."""
    analysis: Analyses | None = None
    """What judges it once more when it has baked, beside what judges the whole change."""

    @model_validator(mode="after")
    def _goes_somewhere(self) -> Self:
        given = [each for each in (self.percent, self.count, self.match_labels) if each is not None]
        if len(given) != 1:
            refuse("Wave", [Problem((), {}, _ONE.message)])
        return self


DEFAULT_WAVES = (Wave(count=1), Wave(percent=10), Wave(percent=50), Wave(percent=100))
