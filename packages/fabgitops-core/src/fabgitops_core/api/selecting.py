"""What something is about, by labels: selectors as Kubernetes has them (labels.Selector, metav1.LabelSelector)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.refusals import Problem, refuse
from fabgitops_core.api.schema import Rule, rules

LabelKey = Annotated[
    str,
    Field(
        min_length=1,
        max_length=317,
        pattern=r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$",
    ),
]
LabelValue = Annotated[str, Field(max_length=63, pattern=r"^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$")]
Labels = Annotated[dict[LabelKey, LabelValue], Field(min_length=1, max_length=32)]


class Operator(StrEnum):
    """How a label is compared."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"

    @property
    def takes_values(self) -> bool:
        """Return whether it compares with values."""
        return self in {Operator.IN, Operator.NOT_IN}


_VALUES = Rule(
    "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
    "In and NotIn take values, Exists and DoesNotExist take none",
)


@rules(_VALUES)
class Requirement(ApiModel):
    """What one label must be."""

    key: LabelKey
    """Which label."""
    operator: Operator
    """In, NotIn, Exists or DoesNotExist."""
    values: Annotated[tuple[LabelValue, ...], Field(max_length=64)] = ()
    """What it is compared with."""

    @model_validator(mode="after")
    def _takes_values(self) -> Self:
        if self.operator.takes_values != bool(self.values):
            refuse("Requirement", [Problem(("values",), list(self.values), _VALUES.message)])
        return self

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Return whether labels are as it says; a label that is missing is in no values, and so in NotIn."""
        if self.operator is Operator.IN:
            return labels.get(self.key) in self.values
        if self.operator is Operator.NOT_IN:
            return labels.get(self.key) not in self.values
        return (self.key in labels) == (self.operator is Operator.EXISTS)

    def text(self) -> str:
        """Return it as a part of a query (labels.Requirement as a text)."""
        values = f"({','.join(sorted(self.values))})"
        texts = {
            Operator.IN: f"{self.key} in {values}",
            Operator.NOT_IN: f"{self.key} notin {values}",
            Operator.EXISTS: self.key,
            Operator.DOES_NOT_EXIST: f"!{self.key}",
        }
        return texts[self.operator]


_SOME = Rule(
    "has(self.matchLabels) || has(self.matchExpressions)",
    "an empty selector selects nothing here: say matchLabels or matchExpressions",
)


@rules(_SOME)
class Selector(ApiModel):
    """Which PLCs of the namespace: those that all of it holds of."""

    match_labels: Labels | None = None
    """Labels that they carry."""
    match_expressions: Annotated[tuple[Requirement, ...], Field(min_length=1, max_length=32)] | None = None
    """What else must be so of their labels."""

    @model_validator(mode="after")
    def _selects(self) -> Self:
        if self.match_labels is None and self.match_expressions is None:
            refuse("Selector", [Problem((), {}, _SOME.message)])
        return self

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Return whether an object with these labels is selected."""
        wanted = (self.match_labels or {}).items()
        return all(labels.get(key) == value for key, value in wanted) and all(
            each.holds(labels) for each in self.match_expressions or ()
        )

    def text(self) -> str:
        """Return it as a query and the scale subresource have it (labels.Selector as a text)."""
        equal = [f"{key}={value}" for key, value in sorted((self.match_labels or {}).items())]
        return ",".join([*equal, *(each.text() for each in self.match_expressions or ())])
