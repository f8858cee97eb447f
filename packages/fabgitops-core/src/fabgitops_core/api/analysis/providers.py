"""Where what is measured comes from."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.refusals import Problem, refuse
from fabgitops_core.api.schema import LINES, UNSTORED, Rule, rules, unstored

Text = Annotated[str, Field(min_length=1, max_length=4096, json_schema_extra=LINES)]
Url = Annotated[str, Field(min_length=1, max_length=2048, pattern=r"^(https?://|\{\{)\S*$")]
Seconds = Annotated[int, Field(ge=1, le=60, strict=True, json_schema_extra=UNSTORED)]


class PrometheusProvider(ApiModel):
    """A query of Prometheus, or of what answers as it does; the result is a list of numbers, of a scalar one number."""

    address: Url | None = None
    """URL of the server; the first that the operator is told of where it is left out."""
    query: Text
    """What is asked, in PromQL, for the moment of the measurement."""
    timeout: Seconds = 10
    """Seconds that an answer may take; 10 when not given."""


@unstored
class Header(ApiModel):
    """A header of a request."""

    key: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][-A-Za-z0-9]*$")]
    """Its name."""
    value: Annotated[str, Field(max_length=1024, pattern=r"^[ -~]*$")]
    """Its value."""


class WebProvider(ApiModel):
    """A JSON document from a web server, by GET; the result is what is at jsonPath."""

    url: Url
    """Where the document is."""
    json_path: Annotated[str, Field(max_length=512, json_schema_extra=UNSTORED)] = "{$}"
    """What of it is the result: {$.data.errors}, {$.items[*].age}; all of it when not given."""
    headers: Annotated[tuple[Header, ...], Field(max_length=16)] = ()
    """Headers that are sent."""
    timeout_seconds: Seconds = 10
    """Seconds that an answer may take; 10 when not given."""


class RegistersProvider(ApiModel):
    """Registers of PLCs of the namespace, as they were read last; what is not fresh is NoData."""

    expression: Annotated[str, Field(min_length=1, max_length=1024, json_schema_extra=LINES)]
    """The result, in CEL: `plc["press-4"].temp` is a register of a PLC, in engineering units.

    `members` are the names of the PLCs that are led, `released` of those that may hold what Git wants:
    `released.map(m, plc[m].temp)`.
    """


class Which(StrEnum):
    """Which PLCs are counted."""

    RELEASED = "Released"
    """Those that may hold what Git wants."""
    ALL = "All"
    """All that are led."""


class FleetProvider(ApiModel):
    """How many PLCs of the rollout stand how.

    The result has total, released, inSync, reachable, proven, held, failed and corrections.
    """

    of: Annotated[Which, Field(json_schema_extra=UNSTORED)] = Which.RELEASED
    """Which PLCs are counted: Released, as when not given, or All."""


_ONE = Rule(
    "(has(self.prometheus) ? 1 : 0) + (has(self.web) ? 1 : 0) + (has(self.registers) ? 1 : 0)"
    " + (has(self.fleet) ? 1 : 0) == 1",
    "say where the metric comes from by exactly one of prometheus, web, registers and fleet",
)


@rules(_ONE)
class Provider(ApiModel):
    """Where a metric comes from: one of these."""

    prometheus: PrometheusProvider | None = None
    """Prometheus."""
    web: WebProvider | None = None
    """A web server."""
    registers: RegistersProvider | None = None
    """Registers of PLCs."""
    fleet: FleetProvider | None = None
    """The PLCs of the rollout."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        given = [each for each in (self.prometheus, self.web, self.registers, self.fleet) if each is not None]
        if len(given) != 1:
            refuse("Provider", [Problem((), {}, _ONE.message)])
        return self
