"""One metric of an analysis: what is measured, how often, and how the measurements are judged."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from fabgitops_core.api.analysis.arguments import PLAIN, filled, foreign_in, names_in
from fabgitops_core.api.analysis.jsonpath import parsed
from fabgitops_core.api.analysis.providers import Provider
from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.refusals import Path, Problem, refuse
from fabgitops_core.api.schema import LINES, Rule, rules, unstored
from fabgitops_core.api.windows import Duration, length_of
from fabgitops_core.expressions.conditions import Unfit, compiled

OF_A_RESULT = ("result",)
"""What a condition may speak of."""

OF_REGISTERS = ("plc", "members", "released")
"""What an expression over registers may speak of."""

Expression = Annotated[str, Field(min_length=1, max_length=1024, json_schema_extra=LINES)]
Limit = Annotated[int, Field(ge=-1, le=1_000_000, strict=True)]

_INTERVAL = Rule(
    "!has(self.count) || self.count == 1 || has(self.interval)",
    "a metric that is measured more than once needs an interval",
    field=".interval",
)
_COUNT = Rule(
    "!has(self.count) || ((!has(self.failureLimit) || self.failureLimit <= self.count)"
    " && (!has(self.inconclusiveLimit) || self.inconclusiveLimit <= self.count))",
    "count must be at least failureLimit and inconclusiveLimit, or they are never reached",
    field=".count",
)


@rules(_INTERVAL, _COUNT)
@unstored
class Metric(ApiModel):
    """What is measured, and how that is judged."""

    name: Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-zA-Z0-9]([-_.a-zA-Z0-9]*[a-zA-Z0-9])?$")]
    """Its name."""
    interval: Duration | None = None
    """How long after a measurement the next is made: 1m30s; without one it is measured once."""
    count: Annotated[int, Field(ge=1, le=1_000_000, strict=True)] | None = None
    """After how many measurements it has passed; a metric that has an interval and no count goes on to the end."""
    initial_delay: Duration | None = None
    """How long after the beginning it is measured for the first time."""
    warmup: Duration | None = None
    """How long after the beginning what is measured is still about what was before: the window of the query.

    It is measured for the first time after both this and initialDelay.
    """
    success_condition: Expression | None = None
    """When a measurement is a success, in CEL over `result`: `result[0] < 0.95`."""
    failure_condition: Expression | None = None
    """When it is a failure, whatever successCondition says; where neither holds it is inconclusive."""
    failure_limit: Limit = 0
    """How many measurements may fail; 0 when not given, -1 for any number."""
    inconclusive_limit: Limit = 0
    """How many may be inconclusive; 0 when not given, -1 for any number."""
    consecutive_error_limit: Annotated[int, Field(ge=0, le=1_000_000, strict=True)] = 4
    """How many in a row may not be made; 4 when not given. Each is tried again after 10 s, and counts for nothing."""
    no_data_limit: Limit = 4
    """How many in a row may have nothing to be judged by; 4 when not given, -1 for any number.

    None of them is a success, or counts for anything. Beyond the limit the metric ends as NoData, and the analysis as
    Inconclusive.
    """
    provider: Provider
    """Where it comes from."""

    @model_validator(mode="after")
    def _can_be_judged(self) -> Self:
        refuse("Metric", [*self._misplaced(), *self._unfit()])
        return self

    @property
    def times(self) -> int | None:
        """Return after how many measurements it has passed; None where it goes on."""
        return self.count or (None if self.interval else 1)

    @property
    def texts(self) -> Iterator[tuple[Path, str]]:
        """Yield what may hold arguments, each with its path."""
        given = self.provider
        if given.prometheus:
            yield ("provider", "prometheus", "address"), given.prometheus.address or ""
            yield ("provider", "prometheus", "query"), given.prometheus.query
        if given.web:
            yield ("provider", "web", "url"), given.web.url
            yield ("provider", "web", "jsonPath"), given.web.json_path
            for place, header in enumerate(given.web.headers):
                yield ("provider", "web", "headers", place, "value"), header.value
        if given.registers:
            yield ("provider", "registers", "expression"), given.registers.expression
        yield ("successCondition",), self.success_condition or ""
        yield ("failureCondition",), self.failure_condition or ""

    def filled(self, values: Callable[[str], str]) -> "Metric":
        """Return it with each of its texts as a function makes it.

        Raises:
            ValidationError: It is none then.
        """
        body = self.model_dump(by_alias=True, exclude_unset=True)
        for path, text in self.texts:
            *before, last = path
            inner: Any = body
            for step in before:
                inner = inner[step]
            if text:
                inner[last] = values(text)
        return Metric.model_validate(body)

    def _misplaced(self) -> Iterator[Problem]:
        if (self.count or 1) > 1 and self.interval is None:
            yield Problem(("interval",), self.interval, _INTERVAL.message)
        if self.interval is not None and not length_of(self.interval):
            yield Problem(("interval",), self.interval, "it must be longer than nothing: 1m30s")
        if self.count and max(self.failure_limit, self.inconclusive_limit) > self.count:
            yield Problem(("count",), self.count, _COUNT.message)

    def _unfit(self) -> Iterator[Problem]:
        """Yield what cannot be evaluated; what an argument stands for is looked at when it has a value."""
        for path, text in self.texts:
            if foreign := foreign_in(text):
                yield Problem(path, text, f"{foreign} is no argument: write {{{{args.NAME}}}}")
            elif text and (why := _why_unfit(path, _plain(text))):
                yield Problem(path, text, why)


def _plain(text: str) -> str:
    return filled(text, dict.fromkeys(names_in(text), PLAIN))


def _why_unfit(path: Path, text: str) -> str:
    try:
        if path[-1] in ("successCondition", "failureCondition"):
            compiled(text, *OF_A_RESULT)
        elif path[-1] == "expression":
            compiled(text, *OF_REGISTERS)
        elif path[-1] == "jsonPath":
            parsed(text)
    except (Unfit, ValueError) as error:
        return str(error)
    return ""
