"""AnalysisTemplate: what a change is judged by, written once for any number of changes.

Its fields are those of Argo Rollouts' where that has them. `{{args.name}}` stands for the value of an argument in
queries, URLs, headers, paths, expressions and conditions.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from fabgitops_core.api.analysis.arguments import filled, names_in
from fabgitops_core.api.analysis.metrics import Metric
from fabgitops_core.api.analysis.refs import ArgumentName
from fabgitops_core.api.conditions import Condition
from fabgitops_core.api.kinds import Column, Kind
from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.refusals import Problem, refuse
from fabgitops_core.api.schema import KEYED_BY_NAME, unstored

MAX_METRICS = 20


@unstored
class TemplateArgument(ApiModel):
    """An argument that the template takes."""

    name: ArgumentName
    """Its name, as in {{args.name}}."""
    value: Annotated[str, Field(max_length=1024)] | None = None
    """Its value where the change gives none; without one each change must."""


class AnalysisTemplateSpec(ApiModel):
    """What is measured, and how that is judged.

    Raises:
        ValidationError: A condition is none, or names an argument that there is not.
    """

    args: Annotated[tuple[TemplateArgument, ...], Field(max_length=32, json_schema_extra=KEYED_BY_NAME)] = ()
    """Arguments that it takes."""
    metrics: Annotated[
        tuple[Metric, ...], Field(max_length=MAX_METRICS, json_schema_extra={"minItems": 1, **KEYED_BY_NAME})
    ]
    """What is measured: all of it must pass."""

    @model_validator(mode="after")
    def _knows_its_arguments(self) -> Self:
        nothing = [] if self.metrics else [Problem(("metrics",), None, "it must have at least one")]
        refuse("AnalysisTemplateSpec", [*nothing, *self._twice(), *self._unknown()])
        return self

    def values(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return the values of its arguments: those given, or else its own; one that has neither is missing."""
        own = {each.name: each.value for each in self.args if each.value is not None}
        return own | {each.name: given[each.name] for each in self.args if each.name in given}

    def missing(self, given: Mapping[str, str]) -> list[str]:
        """Return the names of arguments that have no value."""
        values = self.values(given)
        return [each.name for each in self.args if each.name not in values]

    def resolved(self, metric: Metric, given: Mapping[str, str]) -> Metric:
        """Return a metric of it with its arguments filled in.

        Raises:
            ValidationError: It is none with these, or an argument is left in it.
        """
        values = self.values(given)
        found = metric.filled(lambda text: filled(text, values))
        left = ((path, text, names_in(text)) for path, text in found.texts)
        refuse("Metric", [Problem(path, text, f"{names[0]} has no value") for path, text, names in left if names])
        return found

    def _twice(self) -> Iterator[Problem]:
        for field, names in (("args", [each.name for each in self.args]), ("metrics", [m.name for m in self.metrics])):
            for place, name in enumerate(names):
                if name in names[:place]:
                    yield Problem((field, place, "name"), name, "it is there twice")

    def _unknown(self) -> Iterator[Problem]:
        known = {each.name for each in self.args}
        for place, metric in enumerate(self.metrics):
            for path, text in metric.texts:
                for name in names_in(text):
                    if name not in known:
                        yield Problem(("metrics", place, *path), text, f"the template has no argument {name}")


class AnalysisTemplateStatus(ApiModel):
    """Whether a template is valid; written when that has changed."""

    observed_generation: Annotated[int, Field(ge=0)] = 0
    """The metadata.generation of the spec that this status speaks of."""
    conditions: tuple[Condition, ...] = ()
    """Ready and Stalled, by the Kubernetes API conventions."""


ANALYSIS_TEMPLATE = Kind(
    name="AnalysisTemplate",
    plural="analysistemplates",
    singular="analysistemplate",
    short_names=("fat",),
    description="What a change is judged by: metrics of Prometheus, of web servers, of PLCs and of the fleet.",
    spec=AnalysisTemplateSpec,
    status=AnalysisTemplateStatus,
    columns=(
        Column(
            "Ready",
            "string",
            '.status.conditions[?(@.type=="Ready")].status',
            "The template is valid: changes can be judged by it.",
        ),
        Column("Age", "date", ".metadata.creationTimestamp", "Time since it was made."),
        Column(
            "Message",
            "string",
            '.status.conditions[?(@.type=="Ready")].message',
            "Why it is not valid.",
            priority=1,
        ),
    ),
)
