"""The steps of a canary."""

from typing import Annotated, Self

from pydantic import Field, StrictBool, model_validator

from fabgitops_core.api.analysis.refs import Analyses
from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.refusals import Problem, refuse
from fabgitops_core.api.rollout.amounts import Length, seconds_of
from fabgitops_core.api.schema import Rule, rules, unstored

MAX_STEPS = 100
Weight = Annotated[int, Field(ge=0, le=100, strict=True)]
Text = Annotated[str, Field(min_length=1, max_length=1024)]

_VALUE = Rule(
    "(has(self.exact) ? 1 : 0) + (has(self.prefix) ? 1 : 0) + (has(self.regex) ? 1 : 0) == 1",
    "say what the header must be by exactly one of exact, prefix and regex",
)


@rules(_VALUE)
class HeaderValue(ApiModel):
    """What the value of a header must be: one of these."""

    exact: Text | None = None
    """Just this."""
    prefix: Text | None = None
    """Begin with this."""
    regex: Text | None = None
    """Match this as a whole (RE2); what else a gateway takes differs from one to the other."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if len([each for each in (self.exact, self.prefix, self.regex) if each is not None]) != 1:
            refuse("HeaderValue", [Problem((), {}, _VALUE.message)])
        return self


class HeaderMatch(ApiModel):
    """One header of a request."""

    header_name: Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[A-Za-z0-9!#$%&'*+\-.^_|~]+$")]
    """Its name."""
    header_value: HeaderValue
    """What its value must be."""


@unstored
class Pause(ApiModel):
    """A wait for a promotion, or for a time."""

    duration: Length | None = None
    """After how long it goes on by itself: 30, "30" or "1h30m"; when not given it waits for a promotion."""

    @property
    def seconds(self) -> float | None:
        """Return the seconds that it waits; None for somebody's word."""
        return None if self.duration is None else seconds_of(self.duration)


_SCALE = Rule(
    "(has(self.weight) ? 1 : 0) + (has(self.replicas) ? 1 : 0)"
    " + (has(self.matchTrafficWeight) && self.matchTrafficWeight ? 1 : 0) == 1",
    "say how many canary pods by exactly one of weight, replicas and matchTrafficWeight",
)


@rules(_SCALE)
@unstored
class CanaryScale(ApiModel):
    """How many canary pods there are, whatever weight they get."""

    weight: Weight | None = None
    """This share of spec.replicas, rounded up."""
    replicas: Annotated[int, Field(ge=0, le=100_000, strict=True)] | None = None
    """So many."""
    match_traffic_weight: StrictBool = False
    """As many as the weight asks for, again."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.weight is not None) + (self.replicas is not None) + self.match_traffic_weight != 1:
            refuse("CanaryScale", [Problem((), {}, _SCALE.message)])
        return self


class HeaderRoute(ApiModel):
    """Requests with these headers go to the canary; without a match the route is taken away."""

    name: Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    """Its name, one of trafficRouting.managedRoutes."""
    match: Annotated[tuple[HeaderMatch, ...], Field(max_length=16)] = ()
    """Headers that a request must have, all of them."""


_ONE = Rule(
    "(has(self.setWeight) ? 1 : 0) + (has(self.pause) ? 1 : 0) + (has(self.setCanaryScale) ? 1 : 0)"
    " + (has(self.setHeaderRoute) ? 1 : 0) + (has(self.analysis) ? 1 : 0) == 1",
    "a step does exactly one of setWeight, pause, setCanaryScale, setHeaderRoute and analysis",
)


@rules(_ONE)
class CanaryStep(ApiModel):
    """One step: exactly one of these."""

    set_weight: Weight | None = None
    """The canary gets this share of the requests; without trafficRouting, of the pods."""
    pause: Pause | None = None
    """It waits: {} for a promotion, {duration: 1h} for a time."""
    set_canary_scale: CanaryScale | None = None
    """So many canary pods, with trafficRouting only; an abort ends it."""
    set_header_route: HeaderRoute | None = None
    """Requests with certain headers go to the canary, with trafficRouting only."""
    analysis: Analyses | None = None
    """It waits for the end of this analysis."""

    @model_validator(mode="after")
    def _does_one(self) -> Self:
        did = (self.set_weight, self.pause, self.set_canary_scale, self.set_header_route, self.analysis)
        if len([each for each in did if each is not None]) != 1:
            refuse("CanaryStep", [Problem((), {}, _ONE.message)])
        return self
