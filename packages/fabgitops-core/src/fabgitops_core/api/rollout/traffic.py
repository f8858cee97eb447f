"""Who sends requests where: routes of the Gateway API (gateway.networking.k8s.io/v1)."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, WithJsonSchema, model_validator

from fabgitops_core.api.meta import ApiModel, ObjectName
from fabgitops_core.api.refusals import Problem, refuse
from fabgitops_core.api.schema import KEYED_BY_NAME, UNSTORED, Rule, rules

Open = Annotated[dict[str, Any], WithJsonSchema({"type": "object", "x-kubernetes-preserve-unknown-fields": True})]
"""A part of another API, as it is: who serves that API checks it."""


class RouteKind(StrEnum):
    """Which kind of route."""

    HTTP = "HTTPRoute"
    GRPC = "GRPCRoute"


_ONE_FORM = Rule(
    "(has(self.name) ? 1 : 0) + (has(self.template) ? 1 : 0) == 1",
    "say either name, for a route that is there, or template, for one that is made",
)


@rules(_ONE_FORM)
class Route(ApiModel):
    """A route whose weights are moved."""

    kind: Annotated[RouteKind, Field(json_schema_extra=UNSTORED)] = RouteKind.HTTP
    """HTTPRoute when not given, or GRPCRoute."""
    name: ObjectName | None = None
    """A route that is there: of one rule of it only the weights of two backends are changed, and nothing else."""
    rule: Annotated[str, Field(min_length=1, max_length=253)] | None = None
    """Which rule of it, by name; when not given the only one that has both Services among its backends."""
    template: Open | None = None
    """The spec of a route that is made for the Rollout, named as it is, and is its own: the recommended form.

    Rules without backendRefs get both Services. Nobody else may change it, so nobody fights over weights.
    """

    @model_validator(mode="after")
    def _has_one_form(self) -> Self:
        if (self.name is None) == (self.template is None):
            refuse("Route", [Problem((), {}, _ONE_FORM.message)])
        return self


class GatewayAPI(ApiModel):
    """Routes of the Gateway API."""

    routes: Annotated[tuple[Route, ...], Field(min_length=1, max_length=8)]
    """The routes, all of which carry the same weights."""
    propagation_seconds: Annotated[int, Field(ge=0, le=3600, strict=True, json_schema_extra=UNSTORED)] = 5
    """How long after a route was accepted its weights are taken to be in force: 5 when not given."""


class ManagedRoute(ApiModel):
    """A route that steps may make."""

    name: Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    """Its name."""


class TrafficRouting(ApiModel):
    """How requests are shared out between canary and stable."""

    gateway_api: Annotated[GatewayAPI, Field(alias="gatewayAPI")]
    """By routes of the Gateway API."""
    managed_routes: Annotated[tuple[ManagedRoute, ...], Field(max_length=8, json_schema_extra=KEYED_BY_NAME)] = ()
    """Header routes that steps may make, first the one that goes before the others."""
    max_traffic_weight: Annotated[int, Field(ge=1, le=1_000_000, strict=True, json_schema_extra=UNSTORED)] = 100
    """What the weights add up to: 100 when not given."""
