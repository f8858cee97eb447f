"""What must hold before, during and after an experiment."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from fabgitops_core.api.analysis.providers import Text, Url
from fabgitops_core.api.chaos.choosing import check_one, exactly_one
from fabgitops_core.api.conditions import ConditionStatus
from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.refusals import Problem, refuse
from fabgitops_core.api.schema import LINES, Rule, rules, unstored
from fabgitops_core.api.selecting import Selector
from fabgitops_core.expressions.conditions import Unfit, compiled

MAX_PROBES = 16
MOST_TIMEOUT_SECS = 5
"""An answer is waited for no longer than that: the experiment's leases are renewed in between."""


@unstored
class PlcProbe(ApiModel):
    """How IndustrialPLCs of the target's namespace say that they stand; none that is selected is a failure."""

    label_selector: Selector
    """Which, by their labels."""
    condition: Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[A-Za-z][A-Za-z0-9]*$")] = "InSync"
    """Which condition of their status; InSync when not given."""
    status: ConditionStatus = ConditionStatus.TRUE
    """What it must be; True when not given."""
    for_secs: Annotated[int, Field(ge=0, le=3600, strict=True)] = 0
    """Seconds for which it must have been so; 0 when not given."""


@unstored
class PrometheusProbe(ApiModel):
    """What a query of Prometheus comes to."""

    address: Url | None = None
    """URL of the server; the first that the operator is told of where it is left out."""
    query: Text
    """What is asked, in PromQL."""
    condition: Annotated[str, Field(min_length=1, max_length=1024, json_schema_extra=LINES)]
    """When it holds, in CEL over `result`: `result[0] < 0.05`."""

    @model_validator(mode="after")
    def _can_be_judged(self) -> Self:
        try:
            compiled(self.condition, "result")
        except Unfit as error:
            refuse("PrometheusProbe", [Problem(("condition",), self.condition, str(error))])
        return self


@unstored
class HttpProbe(ApiModel):
    """How a web server answers a GET; redirects are not followed.

    Only servers are asked that the operator's settings name (--analysis-source).
    """

    url: Annotated[str, Field(min_length=1, max_length=2048, pattern=r"^https?://\S+$")]
    """Which is asked."""
    status: Annotated[int, Field(ge=100, le=599, strict=True)] = 200
    """With which status it must answer; 200 when not given."""


@unstored
class PodsProbe(ApiModel):
    """How many pods of the target's namespace are ready."""

    label_selector: Selector
    """Which, by their labels."""
    min_ready: Annotated[int, Field(ge=1, le=10_000, strict=True)] = 1
    """How many must be ready; 1 when not given."""


class When(StrEnum):
    """When a probe is asked."""

    START = "start"
    """Before anything is touched: what does not hold then keeps the experiment from beginning (NotSteady)."""
    DURING = "during"
    END = "end"
    """When everything of the experiment is over."""


class OnFailure(StrEnum):
    """What becomes of a probe that fails during the experiment."""

    ABORT = "abort"
    """The experiment ends at once."""
    RECORD = "record"
    """It goes on, and its verdict is Failed."""


_WHAT = ("plc", "prometheus", "http", "pods")
_ONE = exactly_one(_WHAT, "say what is asked by exactly one of plc, prometheus, http and pods")
_WITHIN = Rule(
    "!has(self.withinSecs) || !has(self.when) || 'end' in self.when",
    "withinSecs is about the end: add end to when, or leave it out",
    field=".withinSecs",
)


@rules(_ONE, _WITHIN)
@unstored
class Probe(ApiModel):
    """One thing that must hold."""

    name: Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    """Its name."""
    when: Annotated[tuple[When, ...], Field(min_length=1, max_length=3)] = (When.START, When.DURING, When.END)
    """When it is asked: start, during and end when not given."""
    every_secs: Annotated[int, Field(ge=1, le=3600, strict=True)] = 10
    """Seconds after an answer until it is asked again during the experiment; 10 when not given."""
    timeout_secs: Annotated[int, Field(ge=1, le=MOST_TIMEOUT_SECS, strict=True)] = 3
    """Seconds that an answer may take; 3 when not given."""
    fail_after: Annotated[int, Field(ge=1, le=100, strict=True)] = 1
    """After how many answers in a row that do not hold it has failed during the experiment; 1 when not given."""
    within_secs: Annotated[int, Field(ge=1, le=3600, strict=True)] | None = None
    """Seconds for which it is asked again at the end until it holds; asked once when not given.

    A PLC that was away is asked again after up to 60 s and its pollIntervalSecs.
    """
    on_failure: OnFailure = OnFailure.ABORT
    """What becomes of one that fails during the experiment: abort when not given, or record."""
    plc: PlcProbe | None = None
    """A condition of PLCs."""
    prometheus: PrometheusProbe | None = None
    """A query of Prometheus."""
    http: HttpProbe | None = None
    """An answer of a web server."""
    pods: PodsProbe | None = None
    """Pods that are ready."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        check_one(self, _WHAT, _ONE.message)
        refuse("Probe", self._problems())
        return self

    def _problems(self) -> Iterator[Problem]:
        if self.within_secs is not None and When.END not in self.when:
            yield Problem(("withinSecs",), self.within_secs, _WITHIN.message)
