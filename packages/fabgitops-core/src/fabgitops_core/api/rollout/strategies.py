"""The ways in which a workload goes from one version to the next."""

from typing import Annotated, Self

from pydantic import Field, StrictBool, model_validator
from pydantic.alias_generators import to_camel

from fabgitops_core.api.analysis.refs import Analyses
from fabgitops_core.api.meta import ApiModel, ObjectName
from fabgitops_core.api.refusals import Problem, refuse
from fabgitops_core.api.rollout.amounts import Amount, Length
from fabgitops_core.api.rollout.judged import of_nothing
from fabgitops_core.api.rollout.steps import MAX_STEPS, CanaryStep, HeaderMatch
from fabgitops_core.api.rollout.traffic import TrafficRouting
from fabgitops_core.api.schema import UNSTORED, Rule, rules, unstored

Delay = Annotated[int, Field(ge=0, le=30 * 86400, strict=True)]
Replicas = Annotated[int, Field(ge=0, le=100_000, strict=True)]
_SOME_PODS = "not both may be 0: no pod could be replaced"


@unstored
class Surge(ApiModel):
    """How many pods more, and how many fewer than spec.replicas there may be."""

    max_surge: Amount = "25%"
    """How many more, a share rounded up; 25% when not given."""
    max_unavailable: Amount = "25%"
    """How many fewer may be available, a share rounded down; 25% when not given."""

    @model_validator(mode="after")
    def _can_replace(self) -> Self:
        if {str(each).removesuffix("%") for each in (self.max_surge, self.max_unavailable)} == {"0"}:
            refuse(type(self).__name__, [Problem(("maxUnavailable",), self.max_unavailable, _SOME_PODS)])
        return self


class Simple(Surge):
    """Pods are replaced a few at a time, as a Deployment does it."""

    analysis: Analyses | None = None
    """What judges it while it goes on."""


class BackgroundAnalysis(Analyses):
    """What judges a canary from a step to its end."""

    starting_step: Annotated[int, Field(ge=0, le=MAX_STEPS, strict=True, json_schema_extra=UNSTORED)] = 0
    """The number of the step at which it begins, the first is 0; 0 when not given."""


_SERVICES = Rule(
    "!has(self.trafficRouting) || (has(self.canaryService) && has(self.stableService))",
    "trafficRouting needs canaryService and stableService",
    field=".trafficRouting",
)
_DIFFER = Rule(
    "!has(self.canaryService) || !has(self.stableService) || self.canaryService != self.stableService",
    "canaryService and stableService must be two",
    field=".canaryService",
)


@rules(_SERVICES, _DIFFER)
@unstored
class Canary(Surge):
    """The new version gets a share that grows step by step."""

    steps: Annotated[tuple[CanaryStep, ...], Field(max_length=MAX_STEPS)] = ()
    """The steps, in order; without any all goes over at once, a few pods at a time."""
    stable_service: ObjectName | None = None
    """The Service of the version that is proven: its selector is held at it."""
    canary_service: ObjectName | None = None
    """The Service of the new version."""
    traffic_routing: TrafficRouting | None = None
    """Who shares out the requests; without it a share of the pods is a share of the requests."""
    analysis: BackgroundAnalysis | None = None
    """What judges it while it goes on."""
    dynamic_stable_scale: StrictBool = False
    """With trafficRouting: the stable version has only the pods that its share needs."""
    min_pods_per_replica_set: Annotated[int, Field(ge=1, le=100_000, strict=True)] = 1
    """With trafficRouting: a version that has any has at least so many pods; 1 when not given."""
    scale_down_delay_seconds: Delay | None = None
    """With trafficRouting: how long after a promotion the old pods stay; 30 when not given."""
    abort_scale_down_delay_seconds: Delay = 30
    """With trafficRouting: how long after an abort the new pods stay; 30 when not given, 0 for ever."""

    @property
    def old_stays(self) -> int:
        """Return how many seconds the old pods stay after a promotion."""
        if self.traffic_routing is None or self.dynamic_stable_scale:
            return 0
        return 30 if self.scale_down_delay_seconds is None else self.scale_down_delay_seconds

    @model_validator(mode="after")
    def _fits(self) -> Self:
        refuse(
            "Canary",
            [*self._services(), *self._alone(), *self._headers(), *of_nothing(self.steps, self.traffic_routing)],
        )
        return self

    def _services(self) -> list[Problem]:
        both = self.canary_service is not None and self.stable_service is not None
        if self.traffic_routing is not None and not both:
            return [Problem(("trafficRouting",), None, _SERVICES.message)]
        if both and self.canary_service == self.stable_service:
            return [Problem(("canaryService",), self.canary_service, _DIFFER.message)]
        return []

    def _alone(self) -> list[Problem]:
        if self.traffic_routing is not None:
            if self.dynamic_stable_scale and self.scale_down_delay_seconds is not None:
                why = "dynamicStableScale leaves no old pods that could stay: leave one of the two out"
                return [Problem(("scaleDownDelaySeconds",), self.scale_down_delay_seconds, why)]
            return []
        why = "only with trafficRouting"
        steps = [
            Problem(("steps", place, to_camel(field)), None, why)
            for place, step in enumerate(self.steps)
            for field in ("set_canary_scale", "set_header_route")
            if getattr(step, field) is not None
        ]
        own = [
            Problem((to_camel(field),), getattr(self, field), why)
            for field in ("scale_down_delay_seconds", "dynamic_stable_scale")
            if getattr(self, field)
        ]
        return [*steps, *own]

    def _headers(self) -> list[Problem]:
        managed = {each.name for each in self.traffic_routing.managed_routes} if self.traffic_routing else set()
        return [
            Problem(("steps", place, "setHeaderRoute", "name"), step.set_header_route.name, _UNMANAGED)
            for place, step in enumerate(self.steps)
            if step.set_header_route is not None and self.traffic_routing is not None
            if step.set_header_route.name not in managed
        ]


_UNMANAGED = "it is not in trafficRouting.managedRoutes"


@unstored
class BlueGreen(ApiModel):
    """The new version stands beside the old one, whole, and then all requests go over at once."""

    active_service: ObjectName
    """The Service that users reach: its selector is moved when the new version is proven."""
    preview_service: ObjectName | None = None
    """A Service of the new version, from its beginning."""
    preview_replica_count: Annotated[int, Field(ge=1, le=100_000, strict=True)] | None = None
    """How many pods the new version has until it becomes the active one; as many as spec.replicas when not given."""
    auto_promotion_enabled: StrictBool = True
    """Whether it goes over by itself; else it waits for a promotion."""
    auto_promotion_seconds: Delay = 0
    """How long it waits before that."""
    scale_down_delay_seconds: Delay = 30
    """How long the old pods stay after that; 30 when not given."""
    abort_scale_down_delay_seconds: Delay = 30
    """How long after an abort the new pods stay; 30 when not given, 0 for ever."""
    pre_promotion_analysis: Analyses | None = None
    """What judges it before it goes over."""
    post_promotion_analysis: Analyses | None = None
    """What judges it afterwards, before it counts as proven: else requests go back to the old version."""

    @model_validator(mode="after")
    def _two_services(self) -> Self:
        if self.active_service == self.preview_service:
            why = "activeService and previewService must be two"
            refuse("BlueGreen", [Problem(("previewService",), self.preview_service, why)])
        return self


class Cookie(ApiModel):
    """A cookie of a request."""

    name: Annotated[str, Field(min_length=1, max_length=240, pattern=r"^[A-Za-z0-9!#$%&'*+\-.^_|~]+$")]
    """Its name."""
    value: Annotated[str, Field(min_length=1, max_length=240, pattern=r"^[A-Za-z0-9!#$%&'()*+\-./:<=>?@\[\]^_`{|}~]+$")]
    """Its value."""


_BY = Rule("has(self.cookie) != has(self.headers)", "say who takes part by exactly one of headers and cookie")


@rules(_BY)
class Who(ApiModel):
    """Which requests take part."""

    headers: Annotated[tuple[HeaderMatch, ...], Field(min_length=1, max_length=16)] | None = None
    """Those with these headers, all of them."""
    cookie: Cookie | None = None
    """Those with this cookie."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.headers is None) == (self.cookie is None):
            refuse("Who", [Problem((), {}, _BY.message)])
        return self


@unstored
class ABTesting(ApiModel):
    """Some users get the new version and all others the old one, until it is known which is better."""

    stable_service: ObjectName
    """The Service of the version that is proven."""
    canary_service: ObjectName
    """The Service of the new version."""
    traffic_routing: TrafficRouting
    """Who sends requests to the one or the other."""
    match: Who
    """Whose requests get the new version."""
    replicas: Annotated[int, Field(ge=1, le=100_000, strict=True)] | None = None
    """How many pods the new version has meanwhile; as many as spec.replicas when not given."""
    duration: Length | None = None
    """For how long at least; when not given until somebody promotes or aborts."""
    auto_promotion_enabled: StrictBool = False
    """Whether it goes over by itself when the time is over and the analysis speaks for it; else it waits."""
    analysis: Analyses | None = None
    """What judges it: give its metrics a minimum of samples."""

    @model_validator(mode="after")
    def _two_services(self) -> Self:
        if self.stable_service == self.canary_service:
            refuse("ABTesting", [Problem(("canaryService",), self.canary_service, _DIFFER.message)])
        return self


_WAYS = ("simple", "canary", "blue_green", "ab_testing")
_WAY = Rule(
    "(has(self.simple) ? 1 : 0) + (has(self.canary) ? 1 : 0) + (has(self.blueGreen) ? 1 : 0)"
    " + (has(self.abTesting) ? 1 : 0) == 1",
    "say the way by exactly one of simple, canary, blueGreen and abTesting",
)


@rules(_WAY)
class Strategy(ApiModel):
    """The way: one of these."""

    simple: Simple | None = None
    """A few pods at a time."""
    canary: Canary | None = None
    """A share that grows."""
    blue_green: BlueGreen | None = None
    """All at once."""
    ab_testing: Annotated[ABTesting | None, Field(alias="abTesting")] = None
    """Some users first."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if len([each for each in _WAYS if getattr(self, each) is not None]) != 1:
            refuse("Strategy", [Problem((), {}, _WAY.message)])
        return self
